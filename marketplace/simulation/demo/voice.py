"""What people of the demonstration say: a question and its answer, one that waits, and ratings not shown yet."""

from marketplace.base.models import User
from tasks.models import Assignment, Batch
from tasks.services import messages, ratings

from . import calendar

RATINGS = ((4, 5, 4, "The examples helped. Two rules contradict each other."), (3, 4, 5, ""))


def make(places: Batch, alice: User, crew: list[User], days: calendar.Calendar) -> None:
    """Conversations about the places, an answer shown to everybody, and marks of those who were paid."""
    asks, waits = crew[1], crew[2]
    done = (
        Assignment.objects.filter(batch=places, worker=asks, submitted_at__isnull=False)
        .order_by("pk")
        .first()
    )
    messages.send(
        batch=places, worker=asks, author=asks, assignment=done,
        text="Köln and Cologne: is that one place, or only when the countries agree too?",
    )  # fmt: skip
    days.pass_(4_000, 9_000)
    messages.send(
        batch=places, worker=asks, author=alice,
        text="One place. The country decides only when the names leave a doubt. Thank you for asking!",
    )  # fmt: skip
    messages.publish(
        batch=places, actor=alice, thread=messages.thread_of(places, asks.pk),
        question="Is a town one place when only its name differs by language?",
        answer="Yes. The country decides only when the names leave a doubt.",
    )  # fmt: skip
    messages.send(
        batch=places,
        worker=waits,
        author=waits,
        text="Row 40 names a river, not a town. Shall I say “unsure”?",
    )
    for worker, (pay, clarity, fairness, words) in zip(crew[:2], RATINGS, strict=True):
        ratings.rate(
            worker=worker, organisation=places.organisation, pay=pay, clarity=clarity, fairness=fairness,
            words=words,
        )  # fmt: skip
