"""Whole-batch fits: what each worker's answers are worth, results that follow, and how often a batch is looked at."""

import random

import pytest
from django.db import connection

from tasks.models import Assignment, BatchModel, Gold, Result
from tasks.services import aggregation, claims, exports, fits, gold_questions, reviews, submissions
from tests import market
from tests.personas import make_worker

pytestmark = pytest.mark.django_db
OPTIONS = [{"value": value, "label": value.upper()} for value in "abc"]
FORM = {
    "show": [{"as": "text", "column": "name", "label": "Name"}],
    "fields": [
        {"name": "same", "widget": "choice", "label": "Which?", "required": True, "options": OPTIONS},
        {"name": "sure", "widget": "choice", "label": "Sure?", "options": OPTIONS},
        {"name": "words", "widget": "text", "label": "Why?"},
    ],
}
SKILLS = {"w0": 0.95, "w1": 0.9, "w2": 0.9, "x0": 0.1, "x1": 0.1}


def answered(atelier, alice, rows=30, seed=1, **terms):
    """A batch that five people answered: three good ones, and two who mostly name the option before the true one."""
    batch = market.open_batch(
        atelier,
        alice,
        rows=rows,
        overlap=5,
        form=FORM,
        **{"reward_micros": 650_000, "estimated_seconds": 60, **terms},
    )
    luck = random.Random(seed)
    truth = {task.pk: luck.choice("abc") for task in batch.tasks.order_by("pk")}
    for name, skill in SKILLS.items():
        worker = make_worker(name)
        for task, true in truth.items():
            right = luck.random() < skill
            give(worker, batch, task, true if right else "abc"["abc".index(true) - 1])
    return batch, truth


def give(worker, batch, task, answer):
    from tasks.models import Task

    claim = claims.claim(worker=worker, batch=batch, task=Task(pk=task))
    held = Assignment(pk=claim.assignment_id, worker=worker, batch=batch, task_id=task)
    submissions.submit(assignment=held, worker=worker, answer={"same": answer, "words": "so"})


def right(batch, truth):
    rows = Result.objects.filter(batch=batch).values_list("pk", "values")
    return sum(values["same"]["value"] == truth[task] for task, values in rows) / len(truth)


@pytest.fixture
def quick(monkeypatch):
    """Tests write thirty rows in one request of a worker; leases are not what they are about."""
    from django.conf import settings

    monkeypatch.setattr(settings, "MAX_OPEN_ASSIGNMENTS", 1_000)


def test_a_fit_says_what_each_worker_is_worth_and_results_follow(atelier, alice, quick):
    batch, truth = answered(atelier, alice)
    aggregation.validate()
    assert set(Result.objects.filter(batch=batch).values_list("method", flat=True)) == {"prior"}
    before = right(batch, truth)
    assert aggregation.refit(batch) > 0
    model = BatchModel.objects.get(batch=batch, field="same")
    assert (model.labels, model.answers) == (150, 150)
    assert model.method in {"dawid-skene", "one-coin", "majority"} and model.why and model.took_ms >= 0
    assert -1 <= model.alpha <= 1
    assert right(batch, truth) >= max(before, 0.9)
    assert not BatchModel.objects.filter(batch=batch).exclude(field="same").exists()
    judge = fits.judges_of(batch)["same"]
    accuracy = dict(zip(judge.model.workers, judge.model.accuracy, strict=True))
    people = dict(Assignment.objects.filter(batch=batch).values_list("worker__name", "worker_id").distinct())
    assert accuracy[people["W0"]] > accuracy[people["X0"]]


def test_a_second_fit_of_the_same_answers_moves_nothing(atelier, alice, quick):
    batch, _ = answered(atelier, alice, rows=20)
    aggregation.validate()
    aggregation.refit(batch)
    assert aggregation.refit(batch) == 0


def test_confidence_is_a_probability_and_not_a_share_of_votes(atelier, alice, quick):
    batch, truth = answered(atelier, alice, rows=40)
    aggregation.validate()
    aggregation.refit(batch)
    rows = list(Result.objects.filter(batch=batch))
    assert all(0 < row.values["same"]["confidence"] <= 1 for row in rows)
    mean = sum(row.values["same"]["confidence"] for row in rows) / len(rows)
    assert abs(mean - right(batch, truth)) < 0.12
    assert {row.values["sure"]["value"] for row in rows} == {None}
    assert all(row.confidence == min(each["confidence"] for each in row.values.values()) for row in rows)


def test_a_validated_answer_is_judged_by_the_fit_before_it(atelier, alice, quick):
    batch, _ = answered(atelier, alice)
    aggregation.validate()
    aggregation.refit(batch)
    Assignment.objects.filter(batch=batch).update(validated_at=None)
    kept = dict(Result.objects.filter(batch=batch).values_list("pk", "values"))
    aggregation.validate()
    again = dict(Result.objects.filter(batch=batch).values_list("pk", "values"))
    assert {task: values["same"]["value"] for task, values in again.items()} == {
        task: values["same"]["value"] for task, values in kept.items()
    }


def test_known_answers_of_check_questions_say_who_is_right(atelier, alice, quick):
    """Everybody agrees on what is wrong; only known answers can say so."""
    batch = market.draft(
        atelier,
        alice,
        rows=24,
        overlap=2,
        form=FORM,
        reward_micros=650_000,
        estimated_seconds=60,
        gold_rate=0.5,
    )
    tasks = list(batch.tasks.order_by("pk"))
    for task in tasks[:12]:
        question = gold_questions.Question([{"same": "a"}], "It is known.")
        gold_questions.of_row(task=task, actor=alice, question=question)
    from tasks.services import batches

    market.fund(atelier)
    from marketplace.base import clock

    atelier.trusted_at = clock.now()
    atelier.save(update_fields=["trusted_at"])
    batch = batches.publish(batch=batch, actor=alice)
    good, off = make_worker("good"), make_worker("off")
    for task in tasks:
        give(good, batch, task.pk, "a")
        give(off, batch, task.pk, "b")
    aggregation.validate()
    assert fits._known(batch, fits.fields_of(batch)[0]) == {task.pk: ["a"] for task in tasks[:12]}
    aggregation.refit(batch)
    asked = Result.objects.filter(batch=batch, task__is_gold=False)
    assert {row.values["same"]["value"] for row in asked} == {"a"}
    Gold.objects.filter(batch=batch).update(aside="taken_back", aside_at=clock.now())
    assert fits._known(batch, fits.fields_of(batch)[0]) == {}


def test_few_answers_are_not_fitted(atelier, alice, quick):
    batch, _ = answered(atelier, alice, rows=3)
    aggregation.validate()
    assert aggregation.refit(batch) == 0
    assert not BatchModel.objects.filter(batch=batch).exists()


def test_a_batch_is_fitted_once_a_minute_at_most_and_only_for_new_answers(atelier, alice, quick, clock):
    batch, _ = answered(atelier, alice, rows=10)
    aggregation.validate()
    aggregation.refresh(batch)
    assert aggregation.refit_all()["batches"] == 1
    first = BatchModel.objects.get().fitted_at
    clock.forward(seconds=61)
    assert aggregation.refit_all() == {}  # nothing is new
    market.add_rows(batch, 0)
    BatchModel.objects.update(answers=49)
    assert aggregation.refit_all()["batches"] == 1
    second = BatchModel.objects.get().fitted_at
    assert second > first
    BatchModel.objects.update(answers=49)
    clock.forward(seconds=30)
    assert aggregation.refit_all() == {}
    clock.forward(seconds=31)
    BatchModel.objects.update(took_ms=60_000)
    assert aggregation.refit_all() == {}  # what took a minute rests for twenty
    clock.forward(seconds=1200)
    assert aggregation.refit_all()["batches"] == 1


def test_a_batch_that_somebody_else_fits_is_left_alone(atelier, alice, quick):
    import threading

    batch, _ = answered(atelier, alice, rows=5)
    held, over = threading.Event(), threading.Event()

    def hold():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [f"job:fit:{batch.public_id}"])
            held.set()
            over.wait(30)
        connection.close()

    thread = threading.Thread(target=hold)
    thread.start()
    assert held.wait(30)
    try:
        assert aggregation.refit(batch) == 0
        assert not BatchModel.objects.exists()
    finally:
        over.set()
        thread.join(30)


def test_files_weigh_the_workers_and_hold_approved_answers_alone(atelier, alice, quick):
    batch, _ = answered(atelier, alice, rows=20)
    aggregation.validate()
    aggregation.refit(batch)
    text = b"".join(exports.results(batch, "csv").chunks).decode()
    assert text.splitlines()[1].endswith(",0")  # nothing is approved yet
    numbers = list(batch.assignments.values_list("pk", flat=True))
    reviews.approve(batch=batch, assignments=numbers, actor=alice)
    lines = b"".join(exports.results(batch, "csv").chunks).decode().splitlines()
    head = lines[0].split(",")
    stored = {
        row.task.row_number: row.values["same"]
        for row in Result.objects.filter(batch=batch).select_related("task")
    }
    for number, line in enumerate(lines[1:], start=1):
        cells = dict(zip(head, line.split(","), strict=True))
        assert cells["same"] == stored[number]["value"]
        assert float(cells["same_confidence"]) == pytest.approx(stored[number]["confidence"], abs=fits.MOVED)


def test_agreement_is_the_share_of_answers_that_say_the_same_and_no_probability(atelier, alice, quick):
    batch = market.open_batch(atelier, alice, rows=1, overlap=3)
    for name, answer in (("one", "1"), ("two", "1"), ("three", "0")):
        market.submitted(make_worker(name), batch, answer)
    aggregation.validate()
    assert aggregation.compute(batch).agreement == pytest.approx(2 / 3)
    assert Result.objects.get().confidence != pytest.approx(2 / 3)
