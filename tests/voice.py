"""Ratings, conversations and objections in the state that a test needs, through the services."""

from typing import Any

from tests import market
from tests.personas import make_worker


def paid(worker: Any, batch: Any, actor: Any) -> Any:
    """An answer of `worker` that `actor` approved."""
    from tasks.services import reviews

    row = market.submitted(worker, batch)
    reviews.approve(batch=batch, assignments=[row.pk], actor=actor)
    row.refresh_from_db()
    return row


def raters(batch: Any, actor: Any, marks: list[tuple[int, int, int]], words: str = "") -> list[Any]:
    """As many workers as there are marks, each paid once and with a rating that is not shown yet."""
    from tasks.services import ratings

    people = []
    for number, (pay, clarity, fairness) in enumerate(marks):
        person = make_worker(f"rater{number}")
        paid(person, batch, actor)
        ratings.rate(
            worker=person, organisation=batch.organisation, pay=pay, clarity=clarity, fairness=fairness,
            words=f"{words} {number}".strip() if words else "",
        )  # fmt: skip
        people.append(person)
    return people


def show(clock: Any) -> int:
    """Shown: two months later, as the clock does it. Returns how many were."""
    from tasks.services import ratings

    clock.forward(days=62)
    return ratings.show_due()


def rated(worker: Any, organisation: Any) -> Any:
    """A rating of `worker`, who was paid by the organisation; not shown yet."""
    from tasks.services import ratings

    return ratings.rate(worker=worker, organisation=organisation, pay=4, clarity=4, fairness=4)
