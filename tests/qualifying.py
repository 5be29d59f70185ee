"""Short ways to qualifications, tests and trainings in the state a test needs, through the services."""

from typing import Any

from tests import market


def qualification(organisation: Any, actor: Any, *, name: str = "Sees doubles", **values: Any) -> Any:
    from tasks.services import qualifications

    said = {"description": "Can tell whether two names mean the same.", **values}
    return qualifications.create(organisation=organisation, actor=actor, name=name, **said)


def draft_test(
    given: Any,
    organisation: Any,
    actor: Any,
    *,
    role: str = "test",
    rows: int = 4,
    batch: Any = None,
    **values: Any,
) -> Any:
    """A draft of a test, whose questions are all to be answered with “1”; the price of one is 0.65."""
    from tasks.models import Gold
    from tasks.services import qualifications

    made = market.draft(organisation, actor, rows=rows, title="Are they the same?", **(batch or {}))
    said = {"questions": rows, "pass_mark": 0.75, "attempts": 2, "retry_after_hours": 24, **values}
    test = qualifications.make_test(qualification=given, batch=made, actor=actor, role=role, **said)
    Gold.objects.bulk_create(
        Gold(
            task=task, batch=made, answers=[{"same": "1"}], explanation=f"It is written so in {task.data['name']}.",
            created_by=actor,
        )
        for task in made.tasks.all()
    )  # fmt: skip
    test.batch.refresh_from_db()
    return test


def open_test(given: Any, organisation: Any, actor: Any, **values: Any) -> Any:
    """A published test of a funded, trusted organisation."""
    from marketplace.base import clock
    from tasks.services import batches

    market.fund(organisation)
    organisation.trusted_at = clock.now()
    organisation.save(update_fields=["trusted_at"])
    test = draft_test(given, organisation, actor, **values)
    test.batch = batches.publish(batch=test.batch, actor=actor)
    return test


def take(worker: Any, test: Any, answers: str) -> Any:
    """An attempt of `worker`, whose questions are answered with the letters of `answers`, as far as they go."""
    from tasks.services import qualification_attempts

    attempt = qualification_attempts.begin(worker=worker, batch=test.batch)
    for answer in answers:
        market.submitted(worker, test.batch, answer)
    attempt.refresh_from_db()
    return attempt
