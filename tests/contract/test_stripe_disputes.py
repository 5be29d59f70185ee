"""A disputed payment freezes what is free of the organisation's funds. Whoever worked keeps what they earned."""

import pytest

from marketplace.base import outbox
from marketplace.base.models import Notice, OutboxEvent
from payments import gateways
from payments.errors import DisputeOpen, InsufficientFunds, LossOwed
from payments.gateways import Status
from payments.models import AccountKind, Chargeback, ChargebackState
from payments.services import chargebacks, debts, deposits, frozen, holdings, ledger, refunds
from tasks.errors import BatchRests
from tasks.models import Assignment, Batch
from tasks.services import batches, claims, payment_pauses, reviews, submissions
from tests.market import draft
from tests.personas import join
from tests.stripe_deposits import EUR, broken, paid, started, use


@pytest.fixture(autouse=True)
def stripe(stripe_world, settings, db):
    return use(stripe_world, settings)


@pytest.fixture
def deposit(stripe, atelier, alice):
    return paid(stripe, atelier, alice)


def look(dispute):
    return chargebacks.refresh(gateway="stripe", external_ref=dispute)


def held(organisation):
    """(free, frozen, owed for a lost payment) in euros."""
    kept = ledger.account(AccountKind.ORGANISATION_FROZEN, organisation=organisation)
    return (
        holdings.available(organisation) / EUR,
        ledger.balance(kept) / EUR,
        frozen.owed(organisation) / EUR,
    )


def workers_money():
    kinds = (AccountKind.WORKER_PAYABLE, AccountKind.PAYOUT_IN_TRANSIT, AccountKind.BATCH_HOLDING)
    return [ledger.total(kind) for kind in kinds]


def own_losses():
    return -ledger.balance(ledger.account(AccountKind.LOSSES)) / EUR


class TestOpening:
    def test_what_is_free_is_frozen_up_to_the_disputed_amount(self, stripe, deposit, atelier, alice):
        row = look(stripe.dispute(deposit.charge_ref, cents=6_000))
        assert (row.state, row.amount_micros, row.reason) == (ChargebackState.OPEN, 60 * EUR, "fraudulent")
        assert row.evidence_due is not None
        assert held(atelier) == (40, 60, 0)
        # What Stripe took is our loss until it is decided, and its fee is our cost.
        assert own_losses() == 60
        assert ledger.total(AccountKind.GATEWAY_COSTS) == -(1_750_000 + 20 * EUR)
        assert Notice.objects.filter(user=alice, kind="dispute_opened").count() == 1
        assert broken() == []

    def test_more_is_frozen_as_money_comes_back_to_the_funds(self, stripe, deposit, atelier, alice):
        holdings.set_aside(
            organisation=atelier, batch_ref="bat_x", amount_micros=80 * EUR, reference="x", actor=alice
        )
        look(stripe.dispute(deposit.charge_ref))
        assert held(atelier) == (0, 20, 0)
        holdings.give_back(organisation=atelier, batch_ref="bat_x", amount_micros=30 * EUR, reference="y")
        assert chargebacks.refresh_open()["moved_micros"] == 30 * EUR
        assert chargebacks.refresh_open()["moved_micros"] == 0
        assert held(atelier) == (0, 50, 0)
        paid(stripe, atelier, alice, 70)
        assert held(atelier) == (20, 100, 0), "a deposit is frozen in the commit that brings it"
        assert broken() == []

    def test_news_before_the_deposit_is_known_credits_it_first(self, stripe, atelier, alice):
        deposit = started(atelier, alice)
        stripe.pay(deposit.external_ref)
        look(stripe.dispute(stripe.objects("charge")[0]["id"]))
        assert held(atelier) == (0, 100, 0)
        assert broken() == []

    def test_a_dispute_of_nothing_of_ours_is_left_alone(self, stripe, atelier):
        from tests.contract.stripe import steps

        assert look(stripe.dispute(steps.paid(stripe).id)) is None
        assert not Chargeback.objects.exists()

    @pytest.mark.parametrize("mode", ["timeout_before", "timeout_after", "error_before"])
    def test_no_answer_changes_nothing(self, stripe, deposit, atelier, mode):
        dispute = stripe.dispute(deposit.charge_ref)
        stripe.fault(mode, "/v1/disputes/{dispute}", method="GET")
        with pytest.raises(gateways.GatewayUnreachable):
            look(dispute)
        assert held(atelier) == (100, 0, 0)
        look(dispute)
        assert held(atelier) == (0, 100, 0)


class TestClosing:
    def test_won_gives_everything_back(self, stripe, deposit, atelier, alice):
        dispute = stripe.dispute(deposit.charge_ref, cents=6_000)
        look(dispute)
        stripe.close_dispute(dispute, won=True, fee_back=2_000)
        assert look(dispute).state == ChargebackState.WON
        assert held(atelier) == (100, 0, 0)
        assert own_losses() == 0
        assert ledger.total(AccountKind.GATEWAY_COSTS) == -1_750_000, "the fee came back, too"
        assert Notice.objects.filter(user=alice, kind="dispute_won").count() == 1
        look(dispute)
        assert broken() == []

    def test_lost_is_paid_by_what_was_frozen(self, stripe, deposit, atelier):
        dispute = stripe.dispute(deposit.charge_ref, cents=6_000)
        look(dispute)
        stripe.close_dispute(dispute, won=False)
        assert look(dispute).state == ChargebackState.LOST
        assert held(atelier) == (40, 0, 0)
        assert own_losses() == 0
        assert debts.owed(atelier) == 0
        debts.require_none(atelier)
        assert broken() == []

    def test_what_that_does_not_cover_is_owed_until_money_comes(self, stripe, deposit, atelier, alice):
        holdings.set_aside(
            organisation=atelier, batch_ref="bat_x", amount_micros=80 * EUR, reference="x", actor=alice
        )
        dispute = stripe.dispute(deposit.charge_ref)
        stripe.close_dispute(dispute, won=False)
        look(dispute)
        assert held(atelier) == (0, 0, 80)
        assert debts.owed(atelier) == 80 * EUR
        with pytest.raises(LossOwed):
            debts.require_none(atelier)
        with pytest.raises(InsufficientFunds):
            debts.repay(organisation=atelier, reference="now", actor=alice)
        paid(stripe, atelier, alice, 50)
        assert held(atelier) == (0, 0, 30)
        paid(stripe, atelier, alice, 50)
        assert held(atelier) == (20, 0, 0)
        assert debts.repay(organisation=atelier, reference="now", actor=alice) == 0
        debts.require_none(atelier)
        assert broken() == []

    def test_lost_before_we_heard_of_it_ends_the_same(self, stripe, deposit, atelier):
        dispute = stripe.dispute(deposit.charge_ref)
        stripe.close_dispute(dispute, won=False)
        look(dispute)
        look(dispute)
        assert held(atelier) == (0, 0, 0)
        assert broken() == []

    def test_the_sweep_hears_of_a_decision_without_news(self, stripe, deposit, atelier):
        dispute = stripe.dispute(deposit.charge_ref)
        look(dispute)
        stripe.close_dispute(dispute, won=True)
        chargebacks.refresh_open()
        assert held(atelier) == (100, 0, 0)

    def test_won_waits_until_the_money_is_back(self, stripe, deposit, atelier):
        found = gateways.by_name("stripe").dispute(external_ref=stripe.dispute(deposit.charge_ref))
        early = type(found)(**{name: getattr(found, name) for name in found.__slots__} | {"state": "won"})
        assert chargebacks.follow(deposit, early).state == ChargebackState.OPEN
        assert held(atelier) == (0, 100, 0)


class TestWorkers:
    @pytest.fixture
    def batch(self, deposit, atelier, alice):
        atelier.trusted_at = deposit.created_at
        atelier.save()
        return batches.publish(batch=draft(atelier, alice), actor=alice)

    def carry(self):
        """What the outbox promised."""
        for event in OutboxEvent.objects.filter(kind="organisation.standing").order_by("pk"):
            outbox.handlers[event.kind](event)

    def test_live_batches_rest_and_what_is_in_hand_is_finished_and_paid(
        self, stripe, deposit, batch, atelier, alice, bob, bea
    ):
        in_hand = Assignment.objects.get(pk=claims.claim(worker=bob, batch=batch).assignment_id)
        before = workers_money()
        dispute = stripe.dispute(deposit.charge_ref)
        look(dispute)
        self.carry()
        batch.refresh_from_db()
        assert (batch.state, batch.paused_for) == (Batch.State.PAUSED, Batch.PausedFor.PAYMENT)
        with pytest.raises(BatchRests) as refused:
            claims.claim(worker=bea, batch=batch)
        assert "finished" in refused.value.message
        submissions.submit(assignment=in_hand, worker=bob, answer={"same": "1"})
        reviews.approve(batch=batch, assignments=[in_hand.pk], actor=alice)
        assert Assignment.objects.get(pk=in_hand.pk).state == Assignment.State.APPROVED
        assert ledger.total(AccountKind.WORKER_PAYABLE) == batch.reward_micros
        assert sum(workers_money()) <= sum(before)
        with pytest.raises(DisputeOpen):
            batches.resume(batch=batch, actor=alice)
        stripe.close_dispute(dispute, won=True)
        look(dispute)
        self.carry()
        batch.refresh_from_db()
        assert (batch.state, batch.paused_for) == (Batch.State.PUBLISHED, "")
        assert claims.claim(worker=bea, batch=batch)

    @pytest.mark.parametrize("won", [True, False])
    def test_nothing_of_theirs_moves_however_it_ends(self, stripe, deposit, batch, alice, bob, won):
        done = Assignment.objects.get(pk=claims.claim(worker=bob, batch=batch).assignment_id)
        submissions.submit(assignment=done, worker=bob, answer={"same": "1"})
        reviews.approve(batch=batch, assignments=[done.pk], actor=alice)
        before = workers_money()
        assert all(amount >= 0 for amount in before) and before[0] and before[2]
        dispute = stripe.dispute(deposit.charge_ref)
        look(dispute)
        assert workers_money() == before
        stripe.close_dispute(dispute, won=won)
        look(dispute)
        frozen.absorb(deposit.organisation)
        assert workers_money() == before
        assert broken() == []

    def test_nothing_new_is_published_while_one_is_open_or_owed(self, stripe, deposit, batch, atelier, alice):
        dispute = stripe.dispute(deposit.charge_ref)
        look(dispute)
        paid(stripe, atelier, alice, 500)
        with pytest.raises(DisputeOpen):
            batches.publish(batch=draft(atelier, alice), actor=alice)
        stripe.close_dispute(dispute, won=False)
        look(dispute)
        assert batches.publish(batch=draft(atelier, alice), actor=alice).state == Batch.State.PUBLISHED

    def test_a_batch_that_a_person_paused_stays_paused(self, stripe, deposit, batch, alice):
        batches.pause(batch=batch, actor=alice)
        dispute = stripe.dispute(deposit.charge_ref)
        look(dispute)
        self.carry()
        stripe.close_dispute(dispute, won=True)
        look(dispute)
        self.carry()
        batch.refresh_from_db()
        assert batch.state == Batch.State.PAUSED

    def test_a_batch_that_was_opened_meanwhile_is_found_by_the_sweep(self, stripe, deposit, batch, alice):
        look(stripe.dispute(deposit.charge_ref))
        assert payment_pauses.sweep() == 1
        assert payment_pauses.sweep() == 0
        batch.refresh_from_db()
        assert batch.paused_for == Batch.PausedFor.PAYMENT

    def test_those_who_handle_money_are_told(self, stripe, deposit, atelier, alice, charlie, bea):
        join(atelier, charlie, "finance")
        join(atelier, bea, "editor")
        look(stripe.dispute(deposit.charge_ref))
        told = Notice.objects.filter(kind="dispute_opened").values_list("user", flat=True)
        assert set(told) == {alice.pk, charlie.pk}


def test_money_that_was_paid_back_is_not_frozen_twice(stripe, deposit, atelier, alice):
    refunds.start(organisation=atelier, amount_micros=40 * EUR, actor=alice)
    look(stripe.dispute(deposit.charge_ref, cents=6_000))
    assert held(atelier) == (0, 60, 0)
    assert broken() == []


def test_a_deposit_never_becomes_free_beside_an_open_dispute(stripe, deposit, atelier, alice):
    look(stripe.dispute(deposit.charge_ref, cents=10_000))
    another = started(atelier, alice, 10)
    assert deposits.settle(another, paid=Status("done"))
    assert held(atelier) == (10, 100, 0)
