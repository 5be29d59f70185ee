"""Check questions: tasks with known answers, mixed in at a rate and paid like any other (docs/adr/0042)."""

from collections.abc import Sequence

from django.db.models import F

from tasks.models import Batch, Gold, Task

MOST_ANSWERS = 32_000  # to one check question; a smallint holds it


def allot(batch: Batch, units: int) -> None:
    """Open the check questions of a batch that is being published, `units` being all answers of its quote.

    Shared out evenly; who met a question does not meet it again, so many questions are better than few.
    """
    questions = _questions(batch)
    ordinary = batch.tasks.filter(is_gold=False).count() * batch.most_answers
    Task.objects.filter(pk__in=[task.pk for task in questions]).update(overlap=0, open_slots=0)
    _share_out(questions, units - ordinary)


def open_more(batch: Batch, answers: int) -> None:
    """Add `answers` to the check questions of a live batch, whose price has just been set aside."""
    if answers:
        _share_out(_questions(batch), answers)


def _questions(batch: Batch) -> list[Task]:
    aside = Gold.objects.filter(batch=batch).exclude(aside="")
    return list(
        Task.objects.filter(batch=batch, is_gold=True).exclude(pk__in=aside.values("pk")).order_by("pk")
    )


def _share_out(questions: Sequence[Task], answers: int) -> None:
    for place, task in enumerate(questions):
        share = answers // len(questions) + (place < answers % len(questions))
        slots = min(share, MOST_ANSWERS - task.overlap)
        if slots:
            Task.objects.filter(pk=task.pk).update(
                overlap=F("overlap") + slots, open_slots=F("open_slots") + slots, is_open=True, funded=True
            )
