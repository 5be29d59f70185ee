"""A batch that asks for more while people work, give back and run out of time, while it is fitted, reviewed and closed:
no slot is lost or given twice, and every cent is somewhere."""

import random
import threading
import time

import pytest
from django.db import connection

from marketplace.base.errors import Refusal
from payments.services import holdings
from tasks.models import Assignment, Batch, Task
from tasks.services import aggregation, batches, claims, closing, growth, prices, reviews, submissions
from tests import market
from tests.personas import make_worker

pytestmark = pytest.mark.django_db(transaction=True)
EUR = market.EUR
TERMS = {"overlap": 2, "overlap_most": 5, "confidence": 0.9, "reward_micros": EUR, "estimated_seconds": 60}


@pytest.fixture
def crew(db):
    return [make_worker(f"crew{number}") for number in range(24)]


class Together:
    """Threads that each do one thing again and again until all of the work is done; what went wrong is kept."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.errors: list[BaseException] = []
        self.threads: list[threading.Thread] = []

    def again(self, act) -> None:
        def loop() -> None:
            try:
                while not self.over.is_set():
                    act()
                    time.sleep(0.01)
            except BaseException as error:
                self.errors.append(error)
            finally:
                connection.close()

        self.threads.append(threading.Thread(target=loop))

    def run(self, done, seconds: float = 90) -> None:
        for thread in self.threads:
            thread.start()
        until = time.monotonic() + seconds
        while not done() and not self.errors and time.monotonic() < until:
            time.sleep(0.2)
        self.over.set()
        for thread in self.threads:
            thread.join(60)
        assert not self.errors, self.errors
        assert done(), "the work was not done in time"


def some_of(crew, batch, seed):
    """Each in turn claims a task; gives it back, lets it run out, or answers as the others do three times in four."""
    luck = random.Random(seed)

    def act() -> None:
        worker = luck.choice(crew)
        try:
            claim = claims.claim(worker=worker, batch=Batch.objects.get(pk=batch.pk))
        except Refusal:
            time.sleep(0.05)
            return
        held = Assignment.objects.select_related("batch", "task").get(pk=claim.assignment_id)
        chance = luck.random()
        if chance < 0.1:
            claims.release(assignment=held, worker=worker)
        elif chance < 0.2:
            Assignment.objects.filter(pk=held.pk).update(lease_until=held.claimed_at)
        else:
            answer = "1" if luck.random() < 0.75 else "0"
            submissions.submit(assignment=held, worker=worker, answer={"same": answer})

    return act


def clockwork_of(batch, alice):
    def approve() -> None:
        found = batch.assignments.filter(state="submitted").values_list("pk", flat=True)[:3]
        reviews.approve(batch=Batch.objects.get(pk=batch.pk), assignments=list(found), actor=alice)

    return [
        aggregation.validate,
        lambda: aggregation.refit(Batch.objects.get(pk=batch.pk)),
        claims.expire,
        approve,
        closing.complete_finished,
    ]


def ended(batch) -> bool:
    return Batch.objects.get(pk=batch.pk).settled_at is not None


def spent(batch) -> int:
    """Micros that a batch cost in the end: reward, fee and VAT of each approved answer."""
    rewards = batch.assignments.filter(state="approved").values_list("reward_micros", flat=True)
    return sum(prices.unit_micros(batch, reward) for reward in rewards)


def test_a_batch_that_grows_under_a_crowd_ends_with_every_slot_and_every_cent_in_its_place(
    atelier, alice, crew
):
    batch = market.open_batch(atelier, alice, rows=8, **TERMS)
    before = holdings.available(atelier) + holdings.held(batch.public_id)
    together = Together()
    for number in range(6):
        together.again(some_of(crew[number::6], batch, number))
    for act in clockwork_of(batch, alice):
        together.again(act)
    together.run(lambda: ended(batch))
    batch.refresh_from_db()
    assert batch.state == "completed"
    assert holdings.available(atelier) == before - spent(batch)
    answers = batch.assignments.filter(state="approved").count()
    assert answers == sum(Task.objects.filter(batch=batch).values_list("overlap", flat=True))
    assert 16 < answers <= 40
    assert not Task.objects.filter(batch=batch, most__isnull=False).exists()
    market.assert_sound()


def test_a_batch_that_grows_is_raised_paused_and_closed_early_and_stays_sound(atelier, alice, crew):
    batch = market.open_batch(atelier, alice, rows=40, **TERMS)
    before = holdings.available(atelier) + holdings.held(batch.public_id)
    together = Together()
    for number in range(6):
        together.again(some_of(crew[number::6], batch, number + 100))
    for act in clockwork_of(batch, alice):
        together.again(act)
    started = time.monotonic()
    steps = iter(
        [
            (1.0, lambda: batches.raise_price(batch=batch, actor=alice, reward_micros=2 * EUR)),
            (2.0, lambda: batches.pause(batch=batch, actor=alice)),
            (2.5, lambda: batches.resume(batch=batch, actor=alice)),
            (4.0, lambda: closing.close(batch=batch, actor=alice)),
        ]
    )
    at, act = next(steps)

    def lead() -> None:
        nonlocal at, act
        if act is not None and time.monotonic() - started > at:
            act()
            at, act = next(steps, (0.0, None))

    together.again(lead)
    together.run(lambda: ended(batch))
    batch.refresh_from_db()
    assert batch.state == "cancelled"
    assert not Task.objects.filter(batch=batch, is_open=True).exists()
    assert holdings.held(batch.public_id) == 0
    assert holdings.available(atelier) == before - spent(batch)
    market.assert_sound()


def closed_while_it_grows(atelier, alice, crew, monkeypatch):
    """A task grows in a transaction that is not over when the batch is closed; somebody holds another task."""
    batch = market.open_batch(atelier, alice, rows=2, **TERMS)
    first, second = Task.objects.filter(batch=batch).order_by("pk")
    for worker, answer in zip(crew[:2], "10", strict=True):
        claim = claims.claim(worker=worker, batch=batch, task=first)
        held = Assignment.objects.select_related("batch").get(pk=claim.assignment_id)
        submissions.submit(assignment=held, worker=worker, answer={"same": answer})
    claims.claim(worker=crew[2], batch=batch, task=second)
    plain = growth.ask_for_more
    grown, go_on = threading.Event(), threading.Event()

    def slow(*args):
        count = plain(*args)
        grown.set()
        go_on.wait(2)
        return count

    monkeypatch.setattr(growth, "ask_for_more", slow)

    def validate() -> None:
        try:
            aggregation.validate()
        finally:
            connection.close()

    thread = threading.Thread(target=validate)
    thread.start()
    assert grown.wait(30)
    closing.close(batch=batch, actor=alice)
    go_on.set()
    thread.join(30)
    first.refresh_from_db()
    return first


def test_a_task_that_grows_while_its_batch_is_closed_is_closed_with_it(atelier, alice, crew, monkeypatch):
    task = closed_while_it_grows(atelier, alice, crew, monkeypatch)
    assert not task.is_open
    market.assert_sound()


def test_the_control_without_holding_the_batch_leaves_a_task_open_in_a_closed_one(
    atelier, alice, crew, monkeypatch
):
    monkeypatch.setattr(growth, "hold", lambda batch: None)
    assert closed_while_it_grows(atelier, alice, crew, monkeypatch).is_open
