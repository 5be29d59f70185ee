"""Unspent money goes back to where it came from: once, whatever is lost, and to the funds when its bank refuses it."""

import pytest

from marketplace.base import switches
from marketplace.base.errors import SwitchedOff
from marketplace.base.models import Notice
from payments import gateways
from payments.errors import DisputeOpen, NothingToRefund, NotWholeCents
from payments.models import AccountKind, Refund, RefundState
from payments.services import chargebacks, holdings, ledger, refunds
from tests.stripe_deposits import EUR, broken, paid, started, use

REFUNDS = "/v1/refunds"


@pytest.fixture(autouse=True)
def stripe(stripe_world, settings, db):
    return use(stripe_world, settings)


@pytest.fixture
def deposit(stripe, atelier, alice):
    return paid(stripe, atelier, alice)


@pytest.fixture
def ask(atelier, alice):
    return lambda eur: refunds.start(organisation=atelier, amount_micros=int(eur * EUR), actor=alice)


def back(organisation):
    """(free, on its way back) in euros."""
    return (
        holdings.available(organisation) / EUR,
        ledger.balance(ledger.account(AccountKind.REFUND_IN_TRANSIT, organisation=organisation)) / EUR,
    )


class TestGoingBack:
    def test_it_is_paid_back_to_the_card_and_booked(self, stripe, deposit, atelier, alice, ask):
        (refund,) = ask(40)
        assert (refund.state, refund.amount_micros) == (RefundState.SETTLED, 40 * EUR)
        told = stripe.objects("refund")[0]
        assert (told["amount"], told["charge"], told["metadata"]["key"]) == (
            4_000, deposit.charge_ref, refund.public_id,
        )  # fmt: skip
        assert back(atelier) == (60, 0)
        assert Notice.objects.filter(user=alice, kind="refund_settled").count() == 1
        assert broken() == []

    def test_the_newest_deposits_pay_first_and_each_only_what_is_left_of_it(
        self, stripe, deposit, atelier, alice, ask
    ):
        newer = paid(stripe, atelier, alice, 30)
        ask(20)
        made = ask(50)
        assert [(r.deposit_id, r.amount_micros) for r in made] == [
            (newer.pk, 10 * EUR), (deposit.pk, 40 * EUR),
        ]  # fmt: skip
        assert refunds.most(atelier) == 60 * EUR
        assert broken() == []

    def test_never_more_than_is_free(self, stripe, deposit, atelier, alice, ask):
        holdings.set_aside(
            organisation=atelier, batch_ref="bat_x", amount_micros=70 * EUR, reference="x", actor=alice
        )
        with pytest.raises(NothingToRefund):
            ask(30.01)
        ask(30)
        assert back(atelier) == (0, 0)

    @pytest.mark.parametrize("micros", [0, -10_000, 1, 10_001])
    def test_amounts_no_bank_moves_are_refused(self, deposit, atelier, alice, micros):
        with pytest.raises(NotWholeCents):
            refunds.start(organisation=atelier, amount_micros=micros, actor=alice)

    def test_the_switch_stops_it(self, deposit, ask, erin):
        switches.turn("payouts", on=False, actor=erin, reason="test")
        with pytest.raises(SwitchedOff):
            ask(1)

    def test_a_disputed_organisation_gets_nothing_back(self, stripe, deposit, atelier, ask):
        chargebacks.refresh(gateway="stripe", external_ref=stripe.dispute(deposit.charge_ref, cents=1_000))
        assert refunds.most(atelier) == 0
        with pytest.raises(DisputeOpen):
            ask(1)

    def test_a_bank_takes_its_time_and_what_left_our_balance_is_booked_when_it_left(
        self, stripe, atelier, alice, ask
    ):
        deposit = started(atelier, alice)
        stripe.pay(deposit.external_ref, "sepa_debit")
        stripe.settle(deposit.external_ref)
        gateways.by_name("stripe")
        from payments.services import deposits

        deposits.refresh(deposit)
        (refund,) = ask(40)
        assert refund.state == RefundState.STARTED
        assert back(atelier) == (60, 0)
        assert ledger.known(["refund_paid"], [refund.public_id])
        assert broken() == []
        stripe.settle_refund(refund.external_ref)
        assert refunds.refresh(refund).state == RefundState.SETTLED
        assert broken() == []


class TestComingBack:
    @pytest.mark.parametrize("seen", [True, False])
    def test_a_refund_its_bank_refuses_is_in_the_funds_again(
        self, stripe, deposit, atelier, alice, ask, seen
    ):
        """The same books whether or not we saw it paid before."""
        if not seen:
            stripe.fault("timeout_after", REFUNDS, method="POST")
        (refund,) = ask(40)
        stripe.fail_refund(stripe.objects("refund")[0]["id"])
        assert refunds.refresh(refund).state == RefundState.FAILED
        assert refund.failure_code == "unknown"
        assert back(atelier) == (100, 0)
        names = ["refund", "refund_paid", "refund_paid_reversed", "refund_reversed"]
        assert all(ledger.known([name], [refund.public_id]) for name in names)
        assert Notice.objects.filter(user=alice, kind="refund_failed").count() == 1
        assert refunds.refresh(refund).state == RefundState.FAILED
        assert broken() == []
        assert ask(100), "and can be asked back again"

    def test_a_clear_no_gives_it_back_at_once(self, stripe, deposit, atelier, ask):
        stripe.dispute(deposit.charge_ref, cents=100)  # not known here yet
        (refund,) = ask(40)
        assert (refund.state, refund.failure_code) == (RefundState.FAILED, "charge_disputed")
        assert back(atelier) == (100, 0)
        assert broken() == []


class TestLost:
    @pytest.mark.parametrize(
        "mode", ["timeout_before", "timeout_after", "conflict", "rate_limit", "error_before"]
    )
    def test_a_call_without_an_answer_is_made_again_and_does_it_once(
        self, stripe, deposit, atelier, ask, clock, mode
    ):
        stripe.fault(mode, REFUNDS, method="POST")
        (refund,) = ask(40)
        assert (refund.state, back(atelier)) == (RefundState.STARTED, (60, 40))
        if mode != "timeout_after":
            refunds.refresh_started()
            assert stripe.calls(REFUNDS) == 1, "the first call may still be under way"
            clock.forward(minutes=3)
        refunds.refresh_started()
        refund.refresh_from_db()
        assert refund.state == RefundState.SETTLED
        assert stripe.effects(REFUNDS) == 1
        assert back(atelier) == (60, 0)
        assert broken() == []

    def test_two_at_once_make_one_call(self, stripe, deposit, ask, clock):
        stripe.fault("timeout_before", REFUNDS, method="POST")
        ask(40)
        clock.forward(minutes=3)
        first, second = Refund.objects.get(), Refund.objects.get()
        refunds.refresh(first)
        refunds.send(second)
        assert stripe.calls(REFUNDS) == 2 == Refund.objects.get().tries
        assert stripe.effects(REFUNDS) == 1

    def test_after_a_day_nothing_is_sent_again_and_the_money_is_free(
        self, stripe, deposit, atelier, ask, clock
    ):
        stripe.fault("timeout_before", REFUNDS, method="POST")
        (refund,) = ask(40)
        clock.forward(hours=24)
        stripe.forward(hours=24)
        assert refunds.refresh(refund).state == RefundState.FAILED
        assert refund.failure_code == "never_arrived"
        assert stripe.calls(REFUNDS) == 1
        assert back(atelier) == (100, 0)

    def test_after_a_day_what_was_done_is_found(self, stripe, deposit, atelier, ask, clock):
        stripe.fault("timeout_after", REFUNDS, method="POST")
        (refund,) = ask(40)
        clock.forward(hours=30)
        stripe.forward(hours=30)
        assert refunds.refresh(refund).state == RefundState.SETTLED
        assert (stripe.calls(REFUNDS), back(atelier)) == (1, (60, 0))

    def test_a_refusal_of_a_second_call_is_believed_only_if_nothing_was_done(
        self, stripe, deposit, atelier, ask, clock, monkeypatch
    ):
        stripe.fault("timeout_after", REFUNDS, method="POST")
        (refund,) = ask(40)
        clock.forward(minutes=3)

        def refuse(**_given):
            raise gateways.GatewayRefused("idempotency_error")

        monkeypatch.setattr(gateways.by_name("stripe"), "send_refund", refuse, raising=False)
        refunds.send(refund)
        refund.refresh_from_db()
        assert refund.state == RefundState.SETTLED

    def test_a_process_that_was_killed_before_the_call_goes_on(
        self, stripe, deposit, atelier, alice, monkeypatch
    ):
        monkeypatch.setattr(refunds, "send", lambda refund: refund)
        (refund,) = refunds.start(organisation=atelier, amount_micros=40 * EUR, actor=alice)
        monkeypatch.undo()
        use(stripe, __import__("django.conf").conf.settings)
        assert (refund.tried_at, back(atelier)) == (None, (60, 40))
        refunds.refresh_started()
        refund.refresh_from_db()
        assert refund.state == RefundState.SETTLED
