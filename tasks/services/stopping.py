"""What a moderator may do to an open batch after a report: let it rest, open it again, stop it (charter W7, P10)."""

from django.db import transaction

from marketplace.base import audit, clock, notices
from marketplace.base.models import User
from payments.services import earnings
from tasks.models import Assignment, Batch

from . import claims, closing, screenouts

State = Batch.State


def rest(*, batch: Batch, moderator: User) -> bool:
    """Stop new claims until a moderator opens the batch again; False when it has ended. What is in hand goes on."""
    live = Batch.objects.filter(pk=batch.pk, state__in=Batch.LIVE)
    changed = live.update(state=State.PAUSED, paused_for=Batch.PausedFor.REPORT, updated_at=clock.now())
    _record(batch, "rest", moderator, bool(changed))
    return bool(changed)


def open_again(*, batch: Batch, moderator: User) -> bool:
    """Open a batch that rested for a report; False when it did not."""
    resting = Batch.objects.filter(pk=batch.pk, state=State.PAUSED, paused_for=Batch.PausedFor.REPORT)
    changed = resting.update(state=State.PUBLISHED, paused_for="", updated_at=clock.now())
    if changed:
        _record(batch, "open_again", moderator, True)
    return bool(changed)


@transaction.atomic
def stop(*, batch: Batch, moderator: User) -> int:
    """Close a batch for good, and pay those who have a task of it in hand for their time; micros paid to them.

    What was answered is reviewed and paid as always. The time comes out of what the batch holds for the very task, at
    the worker's floor and at most its reward; the remainder goes back to the requester. A batch that has ended
    already is left as it is. Locks batch, assignments, accounts.
    """
    found = Batch.objects.select_for_update(no_key=True, of=("self",)).get(pk=batch.pk)
    if found.state not in Batch.LIVE:
        return 0
    rows = Assignment.objects.select_for_update(no_key=True, of=("self",)).order_by("pk")
    held = rows.filter(batch=found, state=Assignment.State.CLAIMED)
    list(held.values_list("pk"))  # before the tasks, as everywhere: somebody may be giving one back just now
    closing.close(batch=found, actor=moderator)
    paid = 0
    for row in held:
        paid += _compensate(found, row, moderator)
    closing.settle(batch=found)
    _record(batch, "stop", moderator, True)
    return paid


def _compensate(batch: Batch, row: Assignment, moderator: User) -> int:
    due = screenouts.owed(row)
    Assignment.objects.filter(pk=row.pk).update(state=Assignment.State.COMPENSATED, ended_at=clock.now())
    claims.give_back([row.pk])
    earnings.compensate(
        reference=row.public_id,
        worker_id=row.worker_id,
        cap_year=row.cap_year,
        parts=[(earnings.holding(batch.public_id), due)],
    )
    audit.record(
        "tasks:assignment:compensate", row.public_id, actor=moderator,
        organisation_id=batch.organisation_id, micros=due,
    )  # fmt: skip
    notices.tell(row.worker_id, "stopped_paid", row.public_id, batch=batch.public_id, micros=due)
    return due


def _record(batch: Batch, act: str, moderator: User, changed: bool) -> None:
    audit.record(
        f"tasks:batch:{act}", batch.public_id, actor=moderator, organisation_id=batch.organisation_id,
        changed=changed,
    )  # fmt: skip
