"""Review, contest, redo, dispute, appeal: every way an answer can go, and the money with it."""

import pytest
from django.db import IntegrityError, transaction

from marketplace.base.errors import Forbidden, Invalid, Lost, NotFound
from marketplace.base.models import Notice
from payments.models import Cap
from payments.services import earnings, holdings
from tasks.errors import (
    AlreadyContested,
    AnotherModerator,
    ConflictOfInterest,
    IllegalMove,
    TooFastNotShown,
    TooLate,
)
from tasks.models import Assignment, Contest, Dispute
from tasks.services import closing, disputes, reviews
from tests import market

EUR = market.EUR


@pytest.fixture
def batch(atelier, alice):
    return market.open_batch(atelier, alice, rows=3, reward_micros=EUR)


@pytest.fixture
def submission(bob, batch):
    return market.submitted(bob, batch)


def contested(submission, alice):
    reviews.contest(assignment=submission, actor=alice, reason="wrong_answer", evidence="See rule 2.")
    submission.refresh_from_db()
    return submission


def disputed(submission, alice, bob):
    disputes.reply(assignment=contested(submission, alice), worker=bob, text="I followed rule 2.")
    submission.refresh_from_db()
    return submission.disputes.get()


def test_approval_pays_the_worker_and_recognises_the_fee(batch, submission, alice, bob):
    assert reviews.approve(batch=batch, assignments=[submission.pk], actor=alice) == 1
    assert reviews.approve(batch=batch, assignments=[submission.pk], actor=alice) == 0
    submission.refresh_from_db()
    assert (submission.state, submission.reviewed_by) == ("approved", alice)
    assert earnings.summary(bob).payable == EUR
    assert Cap.objects.values_list("reserved_micros", "earned_micros").get(user=bob) == (0, EUR)
    assert holdings.held(batch.public_id) == 3 * 1_440_000 - 1_240_000
    market.assert_sound()


def test_P8_silence_pays_after_seven_days(batch, submission, bob, clock):
    clock.forward(days=7, seconds=-60)
    assert reviews.auto_approve() == 0
    clock.forward(seconds=120)
    assert reviews.auto_approve() == 1
    submission.refresh_from_db()
    assert (submission.state, submission.reviewed_by) == ("approved", None)
    market.assert_sound()


def test_P6_a_contest_needs_a_reason_of_the_list_and_evidence(submission, alice):
    with pytest.raises(Invalid) as refused:
        reviews.contest(assignment=submission, actor=alice, reason="dislike", evidence=" ")
    assert set(refused.value.fields) == {"reason", "evidence"}
    contested(submission, alice)
    assert submission.state == "contested"
    assert Notice.objects.filter(user=submission.worker, kind="contested").exists()
    with pytest.raises(AlreadyContested):
        reviews.contest(assignment=submission, actor=alice, reason="wrong_answer", evidence="Again.")


def test_P6_too_fast_needs_thirty_answers_and_three_sigma(atelier, alice, bob, clock):
    batch = market.open_batch(atelier, alice, rows=40, reward_micros=700_000)
    first = market.submitted(bob, batch)
    with pytest.raises(TooFastNotShown):
        reviews.contest(assignment=first, actor=alice, reason="too_fast", evidence="One second.")
    for number in range(31):
        slow = market.submitted(bob, batch)
        Assignment.objects.filter(pk=slow.pk).update(worked_seconds=50 + number)
    reviews.contest(assignment=first, actor=alice, reason="too_fast", evidence="One second.")
    slow.refresh_from_db()
    with pytest.raises(TooFastNotShown):
        reviews.contest(assignment=slow, actor=alice, reason="too_fast", evidence="In one second.")


def test_a_withdrawn_contest_pays(batch, submission, alice, bob):
    reviews.withdraw(assignment=contested(submission, alice), actor=alice)
    submission.refresh_from_db()
    assert submission.state == "approved" and earnings.summary(bob).payable == EUR
    market.assert_sound()


def test_a_redo_goes_back_to_review_and_keeps_the_first_answer(batch, submission, alice, bob):
    contested(submission, alice)
    disputes.redo(assignment=submission, worker=bob, answer={"same": "0"})
    submission.refresh_from_db()
    assert (submission.state, submission.answer, submission.first_answer) == (
        "submitted",
        {"same": "0"},
        {"same": "1"},
    )
    with pytest.raises(AlreadyContested):
        reviews.contest(assignment=submission, actor=alice, reason="incomplete", evidence="Still.")
    reviews.hand_over(assignment=submission, actor=alice)
    submission.refresh_from_db()
    assert submission.state == "disputed"
    market.assert_sound()


def test_without_a_redo_nothing_is_handed_over(batch, submission, alice):
    with pytest.raises(IllegalMove):
        reviews.hand_over(assignment=submission, actor=alice)


def test_P7_after_five_silent_days_a_moderator_decides_not_the_clock(batch, submission, alice, clock):
    contested(submission, alice)
    clock.forward(days=4, hours=23)
    assert disputes.escalate_overdue() == 0
    clock.forward(hours=2)
    assert disputes.escalate_overdue() == 1
    submission.refresh_from_db()
    assert submission.state == "disputed"
    clock.forward(days=60)
    reviews.auto_approve()
    submission.refresh_from_db()
    assert submission.state == "disputed"


def test_a_moderator_who_approves_pays(batch, submission, alice, bob, dana):
    case = disputed(submission, alice, bob)
    disputes.decide(dispute=case, moderator=dana, outcome="approve", reason="Rule 2 was followed.")
    submission.refresh_from_db()
    assert (submission.state, submission.reviewed_by) == ("approved", dana)
    assert earnings.summary(bob).payable == EUR
    with pytest.raises(Lost):
        disputes.decide(dispute=case, moderator=dana, outcome="reject", reason="On second thought.")
    assert {"decided", "decided_requester"} <= set(Notice.objects.values_list("kind", flat=True))
    market.assert_sound()


def test_a_refusal_gives_the_cap_back_and_keeps_the_reward_set_aside(batch, submission, alice, bob, dana):
    disputes.decide(
        dispute=disputed(submission, alice, bob), moderator=dana, outcome="reject", reason="Rule 2 was not."
    )
    submission.refresh_from_db()
    assert submission.state == "rejected"
    assert Cap.objects.get(user=bob).reserved_micros == 0
    assert earnings.summary(bob).payable == 0
    closing.close(batch=batch, actor=alice)
    assert holdings.held(batch.public_id) == 1_240_000
    market.assert_sound()


def test_P5_nothing_but_a_decision_ends_in_rejection(submission):
    with pytest.raises(IntegrityError), transaction.atomic():
        Assignment.objects.filter(pk=submission.pk).update(
            state="rejected", reviewed_at=submission.submitted_at
        )
        with transaction.get_connection().cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_who_may_not_decide(batch, submission, alice, bob, dana, charlie):
    from tests.personas import join

    case = disputed(submission, alice, bob)
    with pytest.raises(Forbidden):
        disputes.decide(dispute=case, moderator=charlie, outcome="approve", reason="Rule 2 holds.")
    with pytest.raises(Invalid):
        disputes.decide(dispute=case, moderator=dana, outcome="perhaps", reason="")
    join(batch.organisation, dana, "viewer")
    with pytest.raises(ConflictOfInterest):
        disputes.decide(dispute=case, moderator=dana, outcome="approve", reason="Rule 2 holds.")


def test_M4_an_appeal_is_decided_by_another_moderator_and_restores_pay(
    batch, submission, alice, bob, dana, dora
):
    disputes.decide(
        dispute=disputed(submission, alice, bob), moderator=dana, outcome="reject", reason="See rule 2."
    )
    submission.refresh_from_db()
    with pytest.raises(NotFound):
        disputes.appeal(assignment=submission, worker=alice, text="Mine?")
    appeal = disputes.appeal(assignment=submission, worker=bob, text="Rule 2 has an exception.")
    with pytest.raises(AnotherModerator):
        disputes.decide(dispute=appeal, moderator=dana, outcome="reject", reason="It still is.")
    with pytest.raises(IllegalMove):
        disputes.appeal(assignment=submission, worker=bob, text="Twice.")
    disputes.decide(dispute=appeal, moderator=dora, outcome="approve", reason="The exception applies.")
    submission.refresh_from_db()
    assert submission.state == "approved" and earnings.summary(bob).payable == EUR
    assert Cap.objects.get(user=bob).extra_micros == EUR
    assert holdings.held(batch.public_id) == 3 * 1_440_000 - 1_240_000
    market.assert_sound()


def test_the_database_itself_refuses_the_same_moderator_for_the_appeal(batch, submission, alice, bob, dana):
    disputes.decide(
        dispute=disputed(submission, alice, bob), moderator=dana, outcome="reject", reason="See rule 2."
    )
    submission.refresh_from_db()
    appeal = disputes.appeal(assignment=submission, worker=bob, text="Please look again.")
    with pytest.raises(IntegrityError), transaction.atomic():
        Dispute.objects.filter(pk=appeal.pk).update(
            decided_at=appeal.opened_at, decided_by=dana, outcome="reject", reason="Again."
        )


def test_a_decision_is_never_rewritten(batch, submission, alice, bob, dana):
    case = disputed(submission, alice, bob)
    disputes.decide(dispute=case, moderator=dana, outcome="approve", reason="Rule 2 holds.")
    for change in (lambda: Dispute.objects.filter(pk=case.pk).update(outcome="reject"), case.delete):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


def test_an_appeal_won_late_is_paid_by_the_platform(batch, submission, alice, bob, dana, dora, clock):
    disputes.decide(
        dispute=disputed(submission, alice, bob), moderator=dana, outcome="reject", reason="See rule 2."
    )
    closing.close(batch=batch, actor=alice)
    clock.forward(days=31)
    closing.complete_finished()
    assert holdings.held(batch.public_id) == 0
    submission.refresh_from_db()
    appeal = disputes.appeal(assignment=submission, worker=bob, text="I was away.")
    disputes.decide(dispute=appeal, moderator=dora, outcome="approve", reason="It was right.")
    assert earnings.summary(bob).payable == EUR
    assert holdings.available(batch.organisation) == 1000 * EUR
    market.assert_sound()


def test_after_six_months_an_appeal_is_too_late(batch, submission, alice, bob, dana, clock):
    disputes.decide(
        dispute=disputed(submission, alice, bob), moderator=dana, outcome="reject", reason="See rule 2."
    )
    submission.refresh_from_db()
    clock.forward(days=184)
    with pytest.raises(TooLate):
        disputes.appeal(assignment=submission, worker=bob, text="Now?")


def test_a_reply_without_words_is_refused_and_nothing_moves(batch, submission, alice, bob):
    contested(submission, alice)
    with pytest.raises(Invalid):
        disputes.reply(assignment=submission, worker=bob, text="  ")
    submission.refresh_from_db()
    assert submission.state == "contested"


# --- words that say something ---------------------------------------------------------------------


@pytest.mark.parametrize("evidence", ["bad", "x" * 9, "  too   bad  ", "no\n\n\n\n\n\n\nno"])
def test_P6_evidence_that_nobody_could_answer_is_refused_with_what_to_write(submission, alice, evidence):
    with pytest.raises(Invalid) as refused:
        reviews.contest(assignment=submission, actor=alice, reason="wrong_answer", evidence=evidence)
    (said,) = refused.value.fields["evidence"]
    assert "at least 10 characters" in str(said) and "Quote the answer" in str(said)
    assert not Contest.objects.exists()


def test_a_decision_that_says_nothing_is_refused_with_what_to_write(submission, alice, bob, dana):
    case = disputed(submission, alice, bob)
    with pytest.raises(Invalid) as refused:
        disputes.decide(dispute=case, moderator=dana, outcome="reject", reason="Because.")
    assert "at least 10 characters" in str(refused.value.fields["reason"][0])
    case.refresh_from_db()
    assert case.decided_at is None
    disputes.decide(dispute=case, moderator=dana, outcome="reject", reason="See rule 2")


def test_a_second_objection_or_decision_is_told_so_whatever_it_says(submission, alice, bob, dana, dora):
    case = disputed(submission, alice, bob)
    with pytest.raises(AlreadyContested):
        reviews.contest(assignment=submission, actor=alice, reason="dislike", evidence="")
    disputes.decide(dispute=case, moderator=dana, outcome="reject", reason="See rule 2.")
    with pytest.raises(Lost):
        disputes.decide(dispute=case, moderator=dora, outcome="approve", reason="No.")
