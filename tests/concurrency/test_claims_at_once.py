"""A hundred people at once: on the last slot, on one worker's cap, on one batch's money. Each with its control.

The control does the same work the naive way (read, then write) and must show the race; otherwise the test
above it would prove nothing.
"""

import threading
from collections import Counter
from collections.abc import Callable

import pytest
from django.db import close_old_connections, connection, transaction

from marketplace.base.errors import Refusal
from payments.models import Cap
from payments.services import earnings, holdings
from tasks.models import Assignment, Task
from tasks.services import batches, claims, reviews, submissions
from tests import market
from tests.personas import make_worker

pytestmark = pytest.mark.django_db(transaction=True)
CROWD = 100


def at_once(jobs: list[Callable[[], object]]) -> Counter[str]:
    """Run all jobs in threads that start together; counts what they returned, or the code of their refusal."""
    outcomes: Counter[str] = Counter()
    gate = threading.Barrier(len(jobs))
    lock = threading.Lock()

    def run(job: Callable[[], object]) -> None:
        try:
            connection.ensure_connection()
            gate.wait(60)
            try:
                said = str(job())
            except Refusal as refusal:
                said = refusal.code
            except Exception as error:  # counted, so that a test sees it
                said = type(error).__name__
            with lock:
                outcomes[said] += 1
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    close_old_connections()
    return outcomes


@pytest.fixture
def crew(db):
    return [make_worker(f"crew{number}") for number in range(20)]


def claim(worker, batch) -> Callable[[], str]:
    return lambda: "claimed" if claims.claim(worker=worker, batch=batch) else ""


def test_a_hundred_claims_on_one_last_slot_give_it_to_one(atelier, alice, crew):
    batch = market.open_batch(atelier, alice, rows=1)
    outcomes = at_once([claim(crew[number % len(crew)], batch) for number in range(CROWD)])
    assert outcomes == {"claimed": 1, "none_left": CROWD - 1}
    assert Task.objects.get().open_slots == 0
    market.assert_sound()


def test_the_control_without_the_lock_gives_the_last_slot_away_more_than_once(atelier, alice, crew):
    batch = market.open_batch(atelier, alice, rows=1)
    task = Task.objects.get()
    together = threading.Barrier(len(crew), timeout=30)

    def naive(worker):
        def job():
            with transaction.atomic():
                slots = Task.objects.values_list("open_slots", flat=True).get(pk=task.pk)
                together.wait()  # everybody has read before anybody writes
                if slots < 1:
                    return "none"
                Assignment.objects.create(
                    task=task, batch=batch, worker=worker, state="claimed", claimed_at=batch.created_at,
                    lease_until=batch.created_at, reward_micros=1, country="FR", cap_year=2026,
                )  # fmt: skip
                Task.objects.filter(pk=task.pk).update(open_slots=slots - 1, is_open=slots > 1)
                return "claimed"

        return job

    outcomes = at_once([naive(worker) for worker in crew])
    assert outcomes["claimed"] > 1


def test_a_hundred_claims_on_one_cap_stay_within_it(atelier, alice, bob, settings):
    settings.MAX_OPEN_ASSIGNMENTS = 1000
    settings.CAP_EUR = settings.CAP_EUR * 0 + 7
    batch = market.open_batch(atelier, alice, rows=150, reward_micros=650_000)
    outcomes = at_once([claim(bob, batch) for _ in range(CROWD)])
    assert outcomes == {"claimed": 10, "cap_reached": CROWD - 10}
    assert Cap.objects.get(user=bob).reserved_micros == 6_500_000
    market.assert_sound()


def test_the_control_without_the_lock_passes_the_cap(bob):
    cap = Cap.objects.create(user=bob, year=2030, cap_micros=7_000_000)
    reserved: list[int] = []
    together = threading.Barrier(20, timeout=30)

    def naive():
        standing = Cap.objects.get(pk=cap.pk)
        together.wait()
        if standing.reserved_micros + 650_000 > standing.cap_micros:
            return "refused"
        reserved.append(650_000)
        return "reserved"

    at_once([naive] * 20)
    assert sum(reserved) > 7_000_000


def test_one_worker_at_once_never_holds_more_than_allowed(atelier, alice, bob, settings):
    settings.MAX_OPEN_ASSIGNMENTS = 3
    batch = market.open_batch(atelier, alice, rows=150)
    outcomes = at_once([claim(bob, batch) for _ in range(30)])
    assert outcomes == {"claimed": 3, "too_many_open": 27}
    market.assert_sound()


def test_the_same_submission_a_hundred_times_is_stored_once(atelier, alice, bob):
    assignment = market.claimed(bob, market.open_batch(atelier, alice))

    def job():
        return submissions.submit(assignment=assignment, worker=bob, answer={"same": "1"}).outcome

    assert at_once([job] * 50) == {"submitted": 1, "same": 49}
    market.assert_sound()


def test_approvals_of_the_same_answers_at_once_pay_each_once(atelier, alice, crew):
    batch = market.open_batch(atelier, alice, rows=40)
    done = [market.submitted(crew[number % 20], batch).pk for number in range(40)]
    outcomes = at_once([lambda: reviews.approve(batch=batch, assignments=done, actor=alice)] * 20)
    assert outcomes == {"40": 1, "0": 19}
    assert sum(earnings.summary(worker).payable for worker in crew) == 40 * 650_000
    market.assert_sound()


def test_publications_at_once_never_set_aside_more_than_there_is(atelier, alice):
    market.fund(atelier, 10)
    atelier.trusted_at = alice.date_joined
    atelier.save()
    drafts = [market.draft(atelier, alice, rows=2) for _ in range(40)]  # 1.872 € each

    def publish(batch):
        return lambda: batches.publish(batch=batch, actor=alice).state

    outcomes = at_once([publish(batch) for batch in drafts])
    assert outcomes == {"published": 5, "insufficient_funds": 35}
    assert holdings.available(atelier) == 10_000_000 - 5 * 1_872_000
    market.assert_sound()


def test_one_draft_is_published_once(atelier, alice):
    market.fund(atelier)
    batch = market.draft(atelier, alice)
    outcomes = at_once([lambda: batches.publish(batch=batch, actor=alice).state] * 20)
    assert outcomes == {"screening": 1, "not_a_draft": 19}
    market.assert_sound()


def test_claims_submissions_releases_expiry_and_approvals_at_once_end_sound(atelier, alice, crew):
    """No deadlock and no drift when everything happens together."""
    batch = market.open_batch(atelier, alice, rows=30, overlap=3)

    def work(worker):
        def job():
            for _ in range(6):
                try:
                    held = market.claimed(worker, batch)
                except Refusal:
                    return "done"
                if held.pk % 3 == 0:
                    claims.release(assignment=held, worker=worker)
                else:
                    submissions.submit(assignment=held, worker=worker, answer={"same": "1"}, next=False)
            return "done"

        return job

    def approve():
        for _ in range(10):
            rows = list(
                Assignment.objects.filter(batch=batch, state="submitted").values_list("pk", flat=True)
            )
            reviews.approve(batch=batch, assignments=rows, actor=alice)
        return "done"

    outcomes = at_once([*(work(worker) for worker in crew), approve, approve, claims.expire, claims.expire])
    assert set(outcomes) <= {"done", "0"}, outcomes
    market.assert_sound()
