"""Tests taken at once: one attempt of a person, one place of many, one answer judged and paid once."""

import threading
from unittest import mock

import pytest

from tasks.models import Assignment, Attempt, AttemptQuestion
from tasks.services import claims, qualification_attempts, qualification_questions, submissions
from tests import market, qualifying
from tests.concurrency.test_claims_at_once import at_once
from tests.personas import make_worker
from workers.models import Award

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def given(atelier, alice):
    return qualifying.qualification(atelier, alice)


def begin(worker, test):
    return lambda: "begun" if qualification_attempts.begin(worker=worker, batch=test.batch) else ""


def test_a_person_who_begins_many_times_at_once_begins_once(given, atelier, alice, bob):
    test = qualifying.open_test(given, atelier, alice, batch={"overlap": 20})
    assert at_once([begin(bob, test)] * 12) == {"begun": 1, "attempt_running": 11}
    assert AttemptQuestion.objects.count() == 4


def test_the_last_places_go_to_as_many_as_there_are(given, atelier, alice):
    test = qualifying.open_test(given, atelier, alice, batch={"overlap": 2})
    crew = [make_worker(f"crew{number}") for number in range(8)]
    assert at_once([begin(worker, test) for worker in crew]) == {"begun": 2, "pool_used_up": 6}
    for attempt in Attempt.objects.all():  # and everybody who began is asked every question
        for _ in range(4):
            market.submitted(attempt.worker, test.batch)
    assert Award.objects.count() == 2
    market.assert_sound()


def test_without_the_lock_of_the_test_more_begin_than_there_are_places(given, atelier, alice):
    """The control: two draws that read before either writes."""
    test = qualifying.open_test(given, atelier, alice, batch={"overlap": 1})
    crew = [make_worker(f"crew{number}") for number in range(2)]
    meet = threading.Barrier(2)
    drawn = qualification_questions.draw

    def slowly(*arguments):
        found = drawn(*arguments)
        meet.wait(30)
        return found

    def unlocked(batch):
        return type(test).objects.select_related("batch__organisation", "qualification").get(pk=batch.pk)

    with (
        mock.patch.object(qualification_questions, "draw", slowly),
        mock.patch.object(qualification_attempts, "_locked", unlocked),
    ):
        assert at_once([begin(worker, test) for worker in crew]) == {"begun": 2}


def test_the_same_answer_sent_many_times_at_once_is_judged_and_paid_once(given, atelier, alice, bob):
    test = qualifying.open_test(given, atelier, alice, rows=2)
    qualification_attempts.begin(worker=bob, batch=test.batch)
    held = market.claimed(bob, test.batch)

    def send():
        row = Assignment.objects.select_related("batch").get(pk=held.pk)
        return submissions.submit(assignment=row, worker=bob, answer={"same": "1"}, next=True).state

    assert at_once([send] * 8) == {"approved": 8}
    assert AttemptQuestion.objects.filter(right=True).count() == 1
    assert Assignment.objects.filter(state="claimed").count() == 1
    market.assert_sound()


def test_questions_claimed_at_once_are_one(given, atelier, alice, bob):
    test = qualifying.open_test(given, atelier, alice, rows=4)
    qualification_attempts.begin(worker=bob, batch=test.batch)
    claim = [lambda: "claimed" if claims.claim(worker=bob, batch=test.batch) else ""]
    assert at_once(claim * 6) == {"claimed": 1, "question_in_hand": 5}


def test_two_tests_of_one_qualification_passed_at_once_leave_one_award_in_force(given, atelier, alice, bob):
    tests = [qualifying.open_test(given, atelier, alice, rows=1) for _ in range(4)]
    for test in tests:
        qualification_attempts.begin(worker=bob, batch=test.batch)
    held = [market.claimed(bob, test.batch) for test in tests]

    def send(row):
        return lambda: submissions.submit(assignment=row, worker=bob, answer={"same": "1"}).state

    assert at_once([send(row) for row in held]) == {"approved": 4}
    assert Award.objects.count() == 4 and Award.objects.filter(superseded_at__isnull=True).count() == 1
    market.assert_sound()


def test_the_clock_and_the_last_answer_end_an_attempt_once(given, atelier, alice, bob, clock):
    test = qualifying.open_test(given, atelier, alice, rows=1, time_limit_seconds=600)
    qualification_attempts.begin(worker=bob, batch=test.batch)
    held = market.claimed(bob, test.batch)
    clock.forward(seconds=601)

    def send():
        row = Assignment.objects.select_related("batch").get(pk=held.pk)
        return submissions.submit(assignment=row, worker=bob, answer={"same": "1"}).state

    outcomes = at_once([send, qualification_questions.finish_due, qualification_questions.finish_due])
    assert outcomes["approved"] == 1
    qualification_questions.finish_due()
    attempt = Attempt.objects.get()
    assert attempt.finished_at == attempt.ends_at and not attempt.passed
    market.assert_sound()
