"""Check questions of the demonstration: made, answered, missed, contested, and a pause that a person is to look at."""

from marketplace.base.models import User
from marketplace.simulation import people
from tasks.models import Assignment, Batch, BatchPause, GoldScore, Task
from tasks.services import (
    aggregation,
    batches,
    claims,
    gold_contests,
    gold_pauses,
    gold_questions,
    submissions,
)

from . import calendar, content

RATE, PASS = 0.05, 0.6
FIRST, KNOWN = 360, 16  # of the pairs of places: the ordinary rows, then those whose answer is told


def make(places: Batch, alice: User) -> None:
    """Pairs of places with a known answer, for a draft."""
    batches.update_draft(batch=places, actor=alice, gold_rate=RATE, gold_pass=PASS)
    questions = [
        gold_questions.Question([{"same": same}], why(row, same), data=row)
        for row, same in content.places(FIRST + KNOWN)[FIRST:]
    ]
    gold_questions.add(batch=places, actor=alice, questions=questions)


def why(row: dict[str, str], same: str) -> str:
    """Why two names mean one town, or two."""
    if same == "yes":
        return f"GeoNames lists “{row['name_b']}” among the names of {row['name_a']}."
    return f"“{row['name_b']}” is a name of another town, in {row['where_b']}."


def work(places: Batch, bea: User, days: calendar.Calendar) -> None:
    """Bea misses one of four; Nadia misses all, says that one was unfair, and asks a person to look at her pause."""
    questions = list(Task.objects.filter(batch=places, is_gold=True, is_open=True).order_by("pk"))
    known = {task.pk: task.gold.answers[0]["same"] for task in questions}
    mine = [task for task in questions if not task.assignments.filter(worker=bea).exists()][:4]
    for place, task in enumerate(mine):
        _answer(bea, places, task, known[task.pk] if place else "unsure", days)
    nadia = people.worker(people.person("nadia@example.org", name="Nadia"), country="MA")
    for task in questions[:5]:
        _answer(nadia, places, task, "no" if known[task.pk] == "yes" else "yes", days)
    aggregation.validate()
    missed = GoldScore.objects.filter(worker=nadia, right=False, gold__answers=[{"same": "yes"}])
    score = missed.order_by("pk").first()
    pause = BatchPause.objects.filter(worker=nadia).first()
    assert score is not None and pause is not None
    days.pass_(600, 900)
    gold_contests.contest(
        score=score, worker=nadia,
        text="I found this spelling in no atlas and in no dictionary. How should anybody know it?",
    )  # fmt: skip
    gold_pauses.ask(
        pause=pause, worker=nadia,
        text="Some of these names are in no atlas I have. I answered with care, as the instructions say.",
    )  # fmt: skip


def _answer(worker: User, batch: Batch, task: Task, same: str, days: calendar.Calendar) -> None:
    claim = claims.claim(worker=worker, batch=batch, task=task)
    days.pass_(17, 41)
    held = Assignment.objects.select_related("batch__organisation", "task").get(pk=claim.assignment_id)
    submissions.submit(assignment=held, worker=worker, answer={"same": same})
    days.pass_(1, 9)
