"""Short ways to a market in the state a test needs, through the services wherever a rule is involved."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

EUR = 1_000_000
FORM = {
    "show": [{"as": "text", "column": "name", "label": "Name"}],
    "fields": [
        {
            "name": "same",
            "widget": "choice",
            "label": "The same?",
            "required": True,
            "options": [{"value": "1", "label": "Yes"}, {"value": "0", "label": "No"}],
        }
    ],
}


def fund(organisation: Any, eur: int = 1000) -> None:
    """Money in the organisation's account: a deposit that the simulated gateway received."""
    from payments.models import Deposit
    from payments.services import deposits

    owner = organisation.memberships.first().user
    row = Deposit.objects.create(
        organisation=organisation, amount_micros=eur * EUR, gateway="simulated", created_by=owner
    )
    assert deposits.settle(row)


def draft(organisation: Any, actor: Any, *, rows: int = 5, **values: Any) -> Any:
    """A draft batch with `rows` rows, ready to be published."""
    from tasks.services import batches

    batch = batches.create_draft(
        organisation=organisation,
        actor=actor,
        **{
            "title": "Is it the same?",
            "purpose": "A test of the market.",
            "instructions": "Look twice.",
            "form": FORM,
            "reward_micros": 650_000,
            "estimated_seconds": 180,
            **values,
        },
    )
    add_rows(batch, rows)
    return batch


def add_rows(batch: Any, rows: int, source: Any = None) -> None:
    from tasks.models import Batch, Task

    start = batch.tasks.count()
    Task.objects.bulk_create(
        Task(
            batch=batch, source=source, row_number=start + number, key=random.randint(-(2**31), 2**31 - 1),
            overlap=batch.overlap, open_slots=batch.overlap, is_open=False, funded=False,
            data={"name": f"row {start + number}"},
        )
        for number in range(1, rows + 1)
    )  # fmt: skip
    Batch.objects.filter(pk=batch.pk).update(columns=["name"])
    batch.refresh_from_db()


def open_batch(organisation: Any, actor: Any, *, rows: int = 5, funds: int = 1000, **values: Any) -> Any:
    """A published batch of a funded, trusted organisation."""
    from marketplace.base import clock
    from tasks.services import batches

    fund(organisation, funds)
    organisation.trusted_at = clock.now()
    organisation.save(update_fields=["trusted_at"])
    batch = draft(organisation, actor, rows=rows, **values)
    return batches.publish(batch=batch, actor=actor)


def claimed(worker: Any, batch: Any) -> Any:
    """An assignment in the hand of `worker`."""
    from tasks.models import Assignment
    from tasks.services import claims

    claim = claims.claim(worker=worker, batch=batch)
    return Assignment.objects.select_related("batch__organisation", "task", "worker").get(
        pk=claim.assignment_id
    )


def submitted(worker: Any, batch: Any, answer: str = "1") -> Any:
    """A submission of `worker`."""
    from tasks.services import submissions

    assignment = claimed(worker, batch)
    submissions.submit(assignment=assignment, worker=worker, answer={"same": answer})
    assignment.refresh_from_db()
    return assignment


def soon(days: float = 7) -> Any:
    """A moment to come, near enough for a restriction that one person may decide."""
    import datetime as dt

    from marketplace.base import clock

    return clock.now() + dt.timedelta(days=days)


def agreed(moderator: Any, second: Any, *, kind: str, number: int, act: str, until: Any = None) -> Any:
    """A second person's agreement to a heavy act of `moderator`, without an end unless `until` says one."""
    from marketplace.base import opinions

    row = opinions.ask(
        kind=kind, number=number, moderator=moderator, question="May I?", act=act, act_until=until
    )
    return opinions.answer(opinion=row, moderator=second, words="I looked too.", agrees=True)


@contextmanager
def without_triggers() -> Iterator[None]:
    """A transaction in which triggers sleep and constraints stand alone: as the owner, who may do that."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
        yield


def assert_sound() -> None:
    """Every invariant of the market holds."""
    from payments.services import checks as money
    from tasks.services import checks as core

    broken = [(check.name, check.ids) for check in [*money.run(), *core.run()] if not check.ok]
    assert not broken, broken
