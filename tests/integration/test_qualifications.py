"""Qualifications: tests and trainings are taken, paid, judged and renewed; grants by hand and taking back."""

import datetime as dt
import io
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from marketplace.base.errors import Forbidden, Invalid, Lost, NotFound
from marketplace.base.ids import worker_seen_by
from marketplace.base.models import Notice
from payments.models import Account, AccountKind
from tasks import errors
from tasks.errors import CapReached, NotReady
from tasks.models import Assignment, Attempt, AttemptQuestion, Batch, BatchPause, Gold, Task
from tasks.services import (
    batches,
    claims,
    closing,
    imports,
    qualification_attempts,
    qualification_questions,
    qualifications,
)
from tasks.services import submissions as submitting
from tests import market, qualifying
from tests.personas import make_organisation, make_worker
from workers.models import Award, AwardContest
from workers.services import awards

pytestmark = pytest.mark.django_db


@pytest.fixture
def given(atelier, alice):
    return qualifying.qualification(atelier, alice)


@pytest.fixture
def test(given, atelier, alice):
    return qualifying.open_test(given, atelier, alice, batch={"overlap": 5})


def told(worker, kind):
    return Notice.objects.filter(user=worker, kind=kind).count()


def payable(worker):
    return Account.objects.get(user=worker, kind=AccountKind.WORKER_PAYABLE).balance


# --- taking one -------------------------------------------------------------------------------------------------


def test_who_answers_enough_questions_right_holds_the_qualification_and_every_answer_is_paid(
    test, bob, given
):
    attempt = qualifying.take(bob, test, "1110")
    assert attempt.passed and attempt.right == 3 and attempt.finished_at is not None
    award = awards.held(bob.pk).get()
    assert award.qualification == given and award.score == 0.75 and attempt.award == award
    assert payable(bob) == 4 * 650_000
    assert set(Assignment.objects.values_list("state", flat=True)) == {"approved"}
    assert told(bob, "attempt_passed") == 1
    market.assert_sound()


def test_P11_who_fails_is_paid_all_the_same_and_learns_when_to_try_again(test, bob, clock):
    attempt = qualifying.take(bob, test, "1100")
    assert not attempt.passed and not awards.held(bob.pk).exists()
    assert payable(bob) == 4 * 650_000 and told(bob, "attempt_failed") == 1
    with pytest.raises(errors.TooSoonAgain):
        qualification_attempts.begin(worker=bob, batch=test.batch)
    clock.forward(hours=25)
    with pytest.raises(errors.PoolUsedUp):  # every question of this test was seen
        qualification_attempts.begin(worker=bob, batch=test.batch)
    market.assert_sound()


def test_a_retry_draws_questions_that_were_not_seen_and_ends_with_the_last_try(
    given, atelier, alice, bob, clock
):
    test = qualifying.open_test(given, atelier, alice, rows=9, questions=3)
    qualifying.take(bob, test, "000")
    clock.forward(hours=25)
    qualifying.take(bob, test, "000")
    seen = list(AttemptQuestion.objects.filter(attempt__worker=bob).values_list("task", flat=True))
    assert len(seen) == len(set(seen)) == 6
    clock.forward(hours=25)
    with pytest.raises(errors.NoTriesLeft):
        qualification_attempts.begin(worker=bob, batch=test.batch)


def test_a_question_is_claimed_within_a_running_attempt_only_one_at_a_time_and_no_more_than_were_drawn(
    given, atelier, alice, bob
):
    test = qualifying.open_test(given, atelier, alice, rows=5, questions=2)
    with pytest.raises(errors.NoAttempt):
        claims.claim(worker=bob, batch=test.batch)
    qualification_attempts.begin(worker=bob, batch=test.batch)
    with pytest.raises(errors.AttemptRunning):
        qualification_attempts.begin(worker=bob, batch=test.batch)
    held = market.claimed(bob, test.batch)
    with pytest.raises(errors.QuestionInHand):
        claims.claim(worker=bob, batch=test.batch)
    done = submitting.submit(assignment=held, worker=bob, answer={"same": "1"}, next=True)
    assert done.state == "approved" and done.next is not None
    last = Assignment.objects.get(pk=done.next.assignment_id)
    done = submitting.submit(assignment=last, worker=bob, answer={"same": "1"}, next=True)
    assert done.next is None and done.next_refused.code == "no_attempt"
    assert Attempt.objects.get().passed
    with pytest.raises(errors.AlreadyQualified):
        qualification_attempts.begin(worker=bob, batch=test.batch)


def test_a_named_task_of_a_test_that_was_not_drawn_is_not_given(given, atelier, alice, bob):
    test = qualifying.open_test(given, atelier, alice, rows=5, questions=2)
    qualification_attempts.begin(worker=bob, batch=test.batch)
    drawn = AttemptQuestion.objects.values_list("task_id", flat=True)
    other = Task.objects.filter(batch=test.batch).exclude(pk__in=list(drawn)).first()
    with pytest.raises(errors.NoAttempt):
        claims.claim(worker=bob, batch=test.batch, task=other)


def test_a_skipped_question_costs_nothing_counts_as_unanswered_and_leaves_its_place_to_others(test, bob):
    qualification_attempts.begin(worker=bob, batch=test.batch)
    for _ in range(3):
        market.submitted(bob, test.batch)
    claims.release(assignment=market.claimed(bob, test.batch), worker=bob)
    with pytest.raises(errors.AttemptOver):
        claims.claim(worker=bob, batch=test.batch)
    attempt = Attempt.objects.get()
    assert attempt.right == 3 and attempt.passed
    assert payable(bob) == 3 * 650_000
    market.assert_sound()


def test_an_answer_can_not_be_changed_once_it_is_judged(test, bob):
    qualification_attempts.begin(worker=bob, batch=test.batch)
    row = market.submitted(bob, test.batch, "0")
    assert submitting.submit(assignment=row, worker=bob, answer={"same": "0"}).outcome == "same"
    with pytest.raises(errors.NotEditable):
        submitting.submit(assignment=row, worker=bob, answer={"same": "1"})
    assert AttemptQuestion.objects.get(assignment=row).right is False


def test_after_an_answer_to_a_training_the_next_question_waits_until_it_is_asked_for(
    given, atelier, alice, bob
):
    test = qualifying.open_test(given, atelier, alice, role="training")
    qualification_attempts.begin(worker=bob, batch=test.batch)
    done = submitting.submit(
        assignment=market.claimed(bob, test.batch), worker=bob, answer={"same": "1"}, next=True
    )
    assert done.next is None and done.next_refused is None
    assert market.claimed(bob, test.batch)


# --- the clock --------------------------------------------------------------------------------------------------


def test_when_the_time_is_over_the_attempt_ends_and_a_late_answer_is_paid_and_does_not_count(
    given, atelier, alice, bob, clock
):
    test = qualifying.open_test(given, atelier, alice, time_limit_seconds=3 * 4 * 180)
    qualification_attempts.begin(worker=bob, batch=test.batch)
    for _ in range(2):
        market.submitted(bob, test.batch)
    held = market.claimed(bob, test.batch)
    clock.forward(seconds=3 * 4 * 180)
    Assignment.objects.filter(pk=held.pk).update(lease_until=clock.now() + dt.timedelta(minutes=5))
    done = submitting.submit(assignment=held, worker=bob, answer={"same": "1"})
    assert done.state == "approved"
    attempt = Attempt.objects.get()
    assert attempt.right == 2 and not attempt.passed and attempt.finished_at == attempt.ends_at
    assert payable(bob) == 3 * 650_000
    with pytest.raises(errors.NoAttempt):
        claims.claim(worker=bob, batch=test.batch)
    market.assert_sound()


def test_the_clock_ends_what_nobody_comes_back_to_and_once_only(test, bob, clock):
    qualifying.take(bob, test, "11")
    assert qualification_questions.finish_due() == 0
    clock.forward(days=7, seconds=1)
    assert qualification_questions.finish_due() == 1
    assert qualification_questions.finish_due() == 0
    assert told(bob, "attempt_failed") == 1


def test_an_attempt_whose_time_is_over_does_not_stand_in_the_way_of_the_next(
    given, atelier, alice, bob, clock
):
    test = qualifying.open_test(given, atelier, alice, rows=8, questions=4, retry_after_hours=0)
    qualification_attempts.begin(worker=bob, batch=test.batch)
    clock.forward(days=8)
    assert qualification_attempts.begin(worker=bob, batch=test.batch).number == 2


def test_a_qualification_ends_by_its_date_and_is_renewed_within_the_last_month(atelier, alice, bob, clock):
    given = qualifying.qualification(atelier, alice, valid_days=90)
    test = qualifying.open_test(given, atelier, alice, rows=8, questions=4)
    qualifying.take(bob, test, "1111")
    first = awards.held(bob.pk).get()
    clock.forward(days=59)
    with pytest.raises(errors.AlreadyQualified):
        qualification_attempts.begin(worker=bob, batch=test.batch)
    clock.forward(days=2)
    qualifying.take(bob, test, "1111")
    first.refresh_from_db()
    renewed = awards.held(bob.pk).get()
    assert renewed != first and first.superseded_at is not None and renewed.expires_at > first.expires_at
    clock.forward(days=91)
    assert not awards.held(bob.pk).exists()


# --- places and money ---------------------------------------------------------------------------------------------


def test_each_place_is_paid_for_and_when_they_are_used_up_it_is_said(given, atelier, alice, bob, bea, ben):
    test = qualifying.open_test(given, atelier, alice, batch={"overlap": 2})
    assert qualification_attempts.places_left(test) == 2
    qualifying.take(bob, test, "1111")
    qualification_attempts.begin(worker=bea, batch=test.batch)  # keeps its place without an answer yet
    assert qualification_attempts.places_left(test) == 0
    with pytest.raises(errors.PoolUsedUp):
        qualification_attempts.begin(worker=ben, batch=test.batch)
    market.assert_sound()


def test_a_pool_of_questions_is_used_evenly(given, atelier, alice):
    test = qualifying.open_test(given, atelier, alice, rows=6, questions=3, batch={"overlap": 2})
    for name in ("ida", "jon", "kim", "lea"):
        assert qualifying.take(make_worker(name), test, "111").passed
    assert not Task.objects.filter(batch=test.batch, is_open=True).exists()
    market.assert_sound()


def test_a_closed_batch_breaks_an_attempt_off_and_it_is_none_of_the_tries(test, bob, alice):
    qualifying.take(bob, test, "11")
    closing.close(batch=test.batch, actor=alice)
    assert qualification_questions.finish_due() == 1
    attempt = Attempt.objects.get()
    assert not attempt.counts and not attempt.passed and told(bob, "attempt_broken_off") == 1
    assert payable(bob) == 2 * 650_000
    market.assert_sound()


def test_an_attempt_that_its_requester_paused_on_the_way_is_none_of_the_tries(
    given, atelier, alice, bob, clock
):
    test = qualifying.open_test(given, atelier, alice, rows=4, questions=2, time_limit_seconds=1200)
    qualifying.take(bob, test, "1")
    clock.forward(minutes=15)
    batches.pause(batch=test.batch, actor=alice)
    clock.forward(minutes=4)
    test.batch.refresh_from_db()
    batches.resume(batch=test.batch, actor=alice)
    clock.forward(minutes=2)
    assert qualification_questions.finish_due() == 1
    attempt = Attempt.objects.get()
    assert not attempt.counts and told(bob, "attempt_broken_off") == 1
    again = qualification_attempts.begin(worker=bob, batch=test.batch)
    clock.forward(minutes=25)
    assert qualification_questions.finish_due() == 1  # nobody paused this one
    again.refresh_from_db()
    assert again.counts and told(bob, "attempt_failed") == 1


def test_an_attempt_answered_to_its_end_counts_whatever_was_paused(test, bob, alice):
    qualifying.take(bob, test, "00")
    batches.pause(batch=test.batch, actor=alice)
    test.batch.refresh_from_db()
    batches.resume(batch=test.batch, actor=alice)
    market.submitted(bob, test.batch, "0")
    market.submitted(bob, test.batch, "0")
    attempt = Attempt.objects.get()
    assert attempt.finished_at and attempt.counts and not attempt.passed


def test_an_attempt_that_the_yearly_limit_cut_off_is_none_of_the_tries(
    test, bob, alice, atelier, settings, clock
):
    settings.CAP_EUR = Decimal(3)
    other = market.open_batch(atelier, alice)
    attempt = qualifying.take(bob, test, "0")
    for _place in range(3):  # other work takes what was left of the year
        market.submitted(bob, other)
    with pytest.raises(CapReached):
        market.claimed(bob, test.batch)
    clock.forward(days=8)
    assert qualification_questions.finish_due() == 1
    attempt.refresh_from_db()
    assert not attempt.counts and told(bob, "attempt_broken_off") == 1


def test_a_question_set_aside_is_replaced_by_another_or_the_attempt_is_shorter(
    given, atelier, alice, bob, bea
):
    test = qualifying.open_test(given, atelier, alice, rows=4, questions=3, batch={"overlap": 5})
    attempt = qualification_attempts.begin(worker=bob, batch=test.batch)
    first = attempt.drawn.order_by("position").first()
    Gold.objects.filter(task=first.task).update(aside="taken_back", aside_at=attempt.started_at)
    Task.objects.filter(pk=first.task_id).update(is_open=False)
    for _ in range(3):
        market.submitted(bob, test.batch)
    attempt.refresh_from_db()
    assert attempt.passed and attempt.questions == 3
    shorter = qualification_attempts.begin(worker=bea, batch=test.batch)
    Gold.objects.filter(task=shorter.drawn.first().task).update(
        aside="taken_back", aside_at=attempt.started_at
    )
    Task.objects.filter(pk=shorter.drawn.first().task_id).update(is_open=False)
    for _ in range(2):
        market.submitted(bea, test.batch)
    shorter.refresh_from_db()
    assert shorter.passed and shorter.questions == 2


def test_a_question_that_was_unfair_is_put_right_also_for_attempts_that_are_over(test, bob):
    attempt = qualifying.take(bob, test, "1100")
    assert not attempt.passed
    wrong = AttemptQuestion.objects.filter(right=False).first()
    Gold.objects.filter(task=wrong.task_id).update(answers=[{"same": "1"}, {"same": "0"}])
    assert qualification_questions.judge_anew(wrong.task) == 1
    attempt.refresh_from_db()
    assert attempt.passed and attempt.right == 3 and awards.held(bob.pk).get().score == 0.75
    assert qualification_questions.judge_anew(wrong.task) == 0
    market.assert_sound()


# --- publishing ---------------------------------------------------------------------------------------------------


def test_a_test_is_not_published_before_each_question_has_a_known_answer(given, atelier, alice):
    test = qualifying.draft_test(given, atelier, alice)
    Gold.objects.filter(batch=test.batch).first().delete()
    with pytest.raises(NotReady) as refused:
        batches.publish(batch=test.batch, actor=alice)
    assert "known" in refused.value.fields


@pytest.mark.parametrize(
    ("values", "batch"),
    [({"questions": 5}, {}), ({"time_limit_seconds": 600}, {}), ({}, {"overlap_most": 5, "confidence": 0.9})],
)
def test_a_test_is_not_published_when_it_can_not_be_taken_without_hurry_or_surprise(
    given, atelier, alice, values, batch
):
    test = qualifying.draft_test(given, atelier, alice, **values)
    Batch.objects.filter(pk=test.pk).update(**batch)
    test.batch.refresh_from_db()
    with pytest.raises(NotReady) as refused:
        batches.publish(batch=test.batch, actor=alice)
    assert "test" in refused.value.fields


def test_a_test_is_made_of_a_draft_of_the_same_organisation(given, alice, charlie):
    other = make_organisation("Other", owner=charlie)
    foreign = market.draft(other, charlie)
    with pytest.raises(NotFound):
        qualifications.make_test(qualification=given, batch=foreign, actor=charlie, role="test")


def test_names_and_bounds_are_checked_with_a_sentence_each(given, atelier, alice):
    with pytest.raises(Invalid) as refused:
        qualifying.qualification(atelier, alice, name="sees DOUBLES", description=" ", valid_days=0)
    assert set(refused.value.fields) == {"name", "description", "valid_days"}
    draft = market.draft(atelier, alice)
    with pytest.raises(Invalid) as refused:
        qualifications.make_test(
            qualification=given, batch=draft, actor=alice, role="training", questions=0, pass_mark=1.5,
            time_limit_seconds=60, attempts=99, retry_after_hours=-1,
        )  # fmt: skip
    assert set(refused.value.fields) == {
        "questions", "pass_mark", "time_limit_seconds", "attempts", "retry_after_hours",
    }  # fmt: skip


def test_a_qualification_is_retired_once_none_of_its_tests_is_open(test, given, alice, bob):
    with pytest.raises(errors.IllegalMove):
        qualifications.retire(qualification=given, actor=alice)
    qualifying.take(bob, test, "1111")
    closing.close(batch=test.batch, actor=alice)
    qualifications.retire(qualification=given, actor=alice)
    assert given.retired_at is not None and awards.held(bob.pk).exists()


# --- by hand, and back ------------------------------------------------------------------------------------------


@pytest.fixture
def known_bob(atelier, alice, bob):
    """Bob, who has worked for the organisation, as it knows him."""
    market.submitted(bob, market.open_batch(atelier, alice))
    return worker_seen_by(bob.pk, atelier.pk)


def test_a_grant_by_hand_has_a_reason_that_the_person_reads_and_needs_leave(atelier, alice, bob, known_bob):
    given = qualifying.qualification(atelier, alice, by_hand=True)
    assert (
        qualifications.grant(qualification=given, actor=alice, people=f"{known_bob}\n", reason="Good work.")
        == 1
    )
    award = awards.held(bob.pk).get()
    assert award.score is None and award.granted_by == alice and award.reason == "Good work."
    assert told(bob, "award_granted") == 1
    with pytest.raises(Invalid):
        qualifications.grant(qualification=given, actor=alice, people=known_bob, reason=" ")
    strict = qualifying.qualification(atelier, alice, name="By test only")
    with pytest.raises(awards.NotByHand):
        qualifications.grant(qualification=strict, actor=alice, people=known_bob, reason="Good work.")


def test_only_people_who_worked_for_the_organisation_can_be_named(atelier, alice, bea, known_bob):
    given = qualifying.qualification(atelier, alice, by_hand=True)
    stranger = worker_seen_by(bea.pk, atelier.pk)
    with pytest.raises(Invalid) as refused:
        qualifications.grant(
            qualification=given, actor=alice, people=f"{known_bob}, {stranger}\nsomebody", reason="x"
        )
    assert len(refused.value.fields["people"]) == 2 and not Award.objects.exists()


def test_what_is_taken_back_is_said_with_a_reason_contested_once_and_decided_by_a_moderator(
    test, bob, alice, dana, clock
):
    award = qualifying.take(bob, test, "1111").award
    with pytest.raises(Invalid):
        qualifications.revoke(award=award, actor=alice, reason="")
    qualifications.revoke(award=award, actor=alice, reason="The photos were somebody else's.")
    assert not awards.held(bob.pk).exists() and told(bob, "award_revoked") == 1
    with pytest.raises(Lost):
        qualifications.revoke(award=award, actor=alice, reason="Once more.")
    award.refresh_from_db()
    row = awards.contest(award=award, user=bob, text="They were mine.")
    with pytest.raises(awards.NotToContest):
        awards.contest(award=Award.objects.get(), user=bob, text="Again.")
    with pytest.raises(Forbidden):
        awards.decide(row=row, moderator=alice, outcome="restored", reason="x")
    awards.decide(row=row, moderator=dana, outcome="restored", reason="The files show it.")
    assert awards.held(bob.pk).get() == award and told(bob, "award_decided") == 1
    with pytest.raises(Lost):
        awards.decide(row=row, moderator=dana, outcome="kept", reason="x")


def test_a_revocation_can_be_contested_for_half_a_year_and_by_its_holder_alone(test, bob, bea, alice, clock):
    award = qualifying.take(bob, test, "1111").award
    qualifications.revoke(award=award, actor=alice, reason="A reason.")
    award.refresh_from_db()
    with pytest.raises(awards.NotToContest):
        awards.contest(award=award, user=bea, text="For Bob.")
    clock.forward(days=184)
    with pytest.raises(awards.NotToContest):
        awards.contest(award=award, user=bob, text="Too late.")


def test_the_questions_of_an_open_test_are_fixed(test, alice):
    upload = io.BytesIO(b"name\nAnother\n")
    with pytest.raises(imports.NotNow) as refused:
        imports.start(batch=test.batch, actor=alice, upload=upload, filename="rows.csv")
    assert "fixed" in refused.value.message


def test_a_training_passed_ends_the_pause_of_the_work_that_asks_for_it(
    given, atelier, alice, bob, bea, clock
):
    work = market.open_batch(atelier, alice)
    other = market.open_batch(atelier, alice)
    asked = {"all": [{"fact": "qualification", "op": "=", "value": given.public_id}]}
    Batch.objects.filter(pk=work.pk).update(conditions=asked)
    now = clock.now()
    for batch in (work, other):
        BatchPause.objects.create(
            batch=batch, worker=bob, asked=5, right=1, starts_at=now, ends_at=now + dt.timedelta(days=2)
        )
    training = qualifying.open_test(given, atelier, alice, role="training", batch={"overlap": 3})
    qualifying.take(bea, training, "1111")
    assert BatchPause.objects.filter(lifted_at__isnull=True).count() == 2
    qualifying.take(bob, training, "1111")
    assert set(BatchPause.objects.filter(lifted_at__isnull=True).values_list("batch", flat=True)) == {
        other.pk
    }


# --- rules that SQL keeps ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [{"right": True}, {"answered_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}])
def test_a_question_is_judged_when_it_is_answered_and_not_otherwise(test, bob, wrong):
    qualification_attempts.begin(worker=bob, batch=test.batch)
    with pytest.raises(IntegrityError, match="attempt_question_judged_when_answered"), transaction.atomic():
        AttemptQuestion.objects.update(**wrong)


def test_an_award_hangs_on_an_attempt_that_was_passed(test, bob):
    attempt = qualifying.take(bob, test, "1111")
    with pytest.raises(IntegrityError, match="attempt_award_when_passed"), transaction.atomic():
        Attempt.objects.filter(pk=attempt.pk).update(passed=False)


def test_a_contest_of_a_revocation_says_why_and_is_decided_by_a_person(test, bob, alice, clock):
    award = qualifying.take(bob, test, "1111").award
    now = clock.now()
    with pytest.raises(IntegrityError, match="award_contest_says_why"), transaction.atomic():
        AwardContest.objects.create(award=award, text="", opened_at=now)
    with pytest.raises(IntegrityError, match="award_contest_decided_by_a_person"), transaction.atomic():
        AwardContest.objects.create(award=award, text="x", opened_at=now, outcome="kept", decided_at=now)
