"""A batch is claimed, given back, answered, approved, made dearer, measured and closed, all at the same time."""

import random

import pytest

from marketplace.base.errors import Refusal
from payments.services import holdings
from tasks.models import Assignment, Batch
from tasks.services import batches, claims, closing, floors, reviews, submissions
from tests import market
from tests.concurrency.test_claims_at_once import at_once
from tests.personas import make_worker

pytestmark = pytest.mark.django_db(transaction=True)
EUR = market.EUR


def test_prices_rise_while_tasks_are_taken_given_back_and_answered_and_every_answer_is_paid(
    atelier, alice, settings
):
    settings.RESERVE_RATE = settings.RESERVE_RATE * 0  # nothing to spare: a single missing reward shows
    crew = [make_worker(f"crew{number}") for number in range(8)]
    batch = market.open_batch(atelier, alice, rows=60, overlap=2, reward_micros=EUR, funds=100_000)

    def work(worker):
        choose = random.Random(worker.pk)

        def job():
            for _ in range(12):
                try:
                    task = claims.claim(worker=worker, batch=Batch.objects.get(pk=batch.pk))
                except Refusal:
                    continue
                row = Assignment.objects.select_related("batch").get(pk=task.assignment_id)
                if choose.random() < 0.5:
                    claims.release(assignment=row, worker=worker)
                else:
                    submissions.submit(assignment=row, worker=worker, answer={"same": "1"})
            return "worked"

        return job

    def dearer():
        for euros in range(2, 20):
            batches.raise_price(batch=batch, actor=alice, reward_micros=euros * EUR)
        return "raised"

    def measure():
        for _ in range(6):
            floors.measure(batch_id=batch.pk)
        return "measured"

    def approve():
        for _ in range(6):
            waiting = list(batch.assignments.filter(state="submitted").values_list("pk", flat=True))
            reviews.approve(batch=batch, assignments=waiting, actor=alice)
        return "approved"

    outcomes = at_once([*(work(worker) for worker in crew), dearer, measure, approve, approve])
    assert outcomes == {"worked": 8, "raised": 1, "measured": 1, "approved": 2}
    market.assert_sound()
    assert (
        at_once([lambda: closing.close(batch=batch, actor=alice).state, *(work(w) for w in crew)])["worked"]
        == 8
    )
    waiting = list(batch.assignments.filter(state="submitted").values_list("pk", flat=True))
    assert reviews.approve(batch=batch, assignments=waiting, actor=alice) == len(waiting)
    closing.complete_finished()
    batch.refresh_from_db()
    assert batch.settled_at and holdings.held(batch.public_id) == 0
    market.assert_sound()
