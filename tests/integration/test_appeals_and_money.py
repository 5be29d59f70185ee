"""What a refusal leaves set aside, for how long, and who pays when it is reversed."""

import datetime as dt

import pytest

from marketplace.base.clock import now
from payments.services import earnings, holdings
from tasks.models import Assignment
from tasks.services import closing, disputes, reviews
from tests import market

EUR = market.EUR
UNIT = 1_240_000  # reward, fee, and VAT on the fee


@pytest.fixture
def refused(atelier, alice, bob, dana):
    batch = market.open_batch(atelier, alice, rows=2, reward_micros=EUR)
    return refuse(market.submitted(bob, batch), alice, bob, dana)


def refuse(answer, alice, bob, dana):
    reviews.contest(assignment=answer, actor=alice, reason="wrong_answer", evidence="See rule 2.")
    answer.refresh_from_db()
    disputes.reply(assignment=answer, worker=bob, text="I followed rule 2.")
    disputes.decide(dispute=answer.disputes.get(), moderator=dana, outcome="reject", reason="It does not.")
    answer.refresh_from_db()
    return answer


def test_an_appeal_made_in_time_keeps_the_reward_set_aside_until_it_is_decided(
    atelier, alice, bob, dora, refused, clock
):
    closing.close(batch=refused.batch, actor=alice)
    clock.forward(days=29)
    appeal = disputes.appeal(assignment=refused, worker=bob, text="Look again.")
    clock.forward(days=5)
    closing.complete_finished()
    assert holdings.held(refused.batch.public_id) == UNIT
    market.assert_sound()
    disputes.decide(dispute=appeal, moderator=dora, outcome="approve", reason="It does, see rule 2.")
    closing.complete_finished()
    assert earnings.summary(bob).payable == EUR
    assert holdings.available(atelier) == 1000 * EUR - UNIT  # the requester paid, not the platform
    market.assert_sound()


def test_an_appeal_that_is_lost_gives_the_reward_back(atelier, alice, bob, dora, refused, clock):
    closing.close(batch=refused.batch, actor=alice)
    appeal = disputes.appeal(assignment=refused, worker=bob, text="Look again.")
    clock.forward(days=31)
    disputes.decide(dispute=appeal, moderator=dora, outcome="reject", reason="It does not.")
    closing.complete_finished()
    assert holdings.available(atelier) == 1000 * EUR
    market.assert_sound()


def test_an_appeal_is_paid_by_the_platform_when_a_changed_setting_gave_the_reward_back(
    atelier, alice, bob, dora, refused, settings
):
    settings.REJECTED_HOLD_DAYS = 0
    closing.close(batch=refused.batch, actor=alice)
    assert holdings.held(refused.batch.public_id) == 0
    settings.REJECTED_HOLD_DAYS = 30
    appeal = disputes.appeal(assignment=refused, worker=bob, text="Look again.")
    disputes.decide(dispute=appeal, moderator=dora, outcome="approve", reason="It does, see rule 2.")
    assert earnings.summary(bob).payable == EUR
    market.assert_sound()


def test_an_appeal_never_takes_what_is_set_aside_for_somebody_else(
    atelier, alice, bob, bea, dora, refused, settings
):
    other = market.submitted(bea, refused.batch)
    settings.REJECTED_HOLD_DAYS = 0
    closing.close(batch=refused.batch, actor=alice)
    settings.REJECTED_HOLD_DAYS = 30
    appeal = disputes.appeal(assignment=refused, worker=bob, text="Look again.")
    disputes.decide(dispute=appeal, moderator=dora, outcome="approve", reason="It does, see rule 2.")
    market.assert_sound()
    assert reviews.approve(batch=refused.batch, assignments=[other.pk], actor=alice) == 1
    assert earnings.summary(bea).payable == earnings.summary(bob).payable == EUR
    market.assert_sound()


def test_time_worked_before_a_lease_ran_out_counts_when_the_task_is_claimed_again(atelier, alice, bob, clock):
    from tasks.services import claims, submissions

    batch = market.open_batch(atelier, alice, time_limit_seconds=1800)
    slow = market.claimed(bob, batch)
    clock.forward(minutes=31)
    claims.expire()
    clock.forward(hours=3)
    submissions.submit(assignment=slow, worker=bob, answer={"same": "1"})
    found = Assignment.objects.get(pk=slow.pk)
    assert found.state == "submitted" and 1800 <= found.worked_seconds <= 1810
    assert found.claimed_at < found.submitted_at < now() + dt.timedelta(seconds=5)
