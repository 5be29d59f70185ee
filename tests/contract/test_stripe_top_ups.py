"""Deposits that make themselves: only for who asked, only below their mark, never past the most of a month."""

import pytest

from marketplace.base.errors import Forbidden
from marketplace.base.models import Notice
from payments.errors import AmountTooSmall, TopUpUnclear
from payments.models import AutoTopUp, Deposit, DepositState
from payments.services import chargebacks, deposits, holdings, top_ups_auto
from tests.personas import join
from tests.stripe_deposits import EUR, broken, paid, started, use

INTENTS = "/v1/payment_intents"
WISH = top_ups_auto.Wish(below=50 * EUR, amount=100 * EUR, month_most=250 * EUR)


@pytest.fixture(autouse=True)
def stripe(stripe_world, settings, db):
    return use(stripe_world, settings)


@pytest.fixture
def wish(stripe, atelier, alice):
    """On: a card was kept from a deposit of 20 € whose payer agreed, after an owner asked."""
    top_ups_auto.ask(organisation=atelier, wish=WISH, actor=alice)
    paid(stripe, atelier, alice, 20, keep_method=True)
    assert top_ups_auto.keep_methods() == 1
    return AutoTopUp.objects.get()


def by_itself():
    return Deposit.objects.filter(created_by=None).order_by("pk")


class TestAsking:
    def test_it_begins_with_a_deposit_whose_payer_lets_the_card_be_kept(self, stripe, wish, atelier):
        assert wish.is_on
        assert wish.method_label == "visa …4242"
        assert stripe.objects("payment_method")[0]["customer"] == wish.customer_ref

    def test_without_consent_nothing_is_kept(self, stripe, atelier, alice):
        top_ups_auto.ask(organisation=atelier, wish=WISH, actor=alice)
        paid(stripe, atelier, alice, 20)
        assert top_ups_auto.run() == {"kept": 0, "stopped": 0, "resumed": 0, "made": 0}
        assert not AutoTopUp.objects.get().is_on
        assert stripe.objects("payment_method")[0]["customer"] is None

    def test_consent_to_an_earlier_wish_does_not_hold_for_a_new_one(self, stripe, wish, atelier, alice):
        top_ups_auto.turn_off(organisation=atelier, actor=alice)
        top_ups_auto.ask(organisation=atelier, wish=WISH, actor=alice)
        assert top_ups_auto.keep_methods() == 0
        assert not AutoTopUp.objects.get().is_on

    @pytest.mark.parametrize("role", ["finance", "editor", "viewer"])
    def test_only_owners_ask_and_turn_off(self, atelier, charlie, role):
        join(atelier, charlie, role)
        with pytest.raises(Forbidden):
            top_ups_auto.ask(organisation=atelier, wish=WISH, actor=charlie)
        with pytest.raises(Forbidden):
            top_ups_auto.turn_off(organisation=atelier, actor=charlie)

    def test_amounts_that_make_no_sense_are_refused(self, atelier, alice):
        for wish, refusal in (
            (top_ups_auto.Wish(0, 100 * EUR, 99 * EUR), TopUpUnclear),
            (top_ups_auto.Wish(0, 0, 99 * EUR), AmountTooSmall),
        ):
            with pytest.raises(refusal):
                top_ups_auto.ask(organisation=atelier, wish=wish, actor=alice)
        assert not AutoTopUp.objects.exists()


class TestCharging:
    def test_below_the_mark_the_card_is_charged_and_booked_as_any_deposit(self, stripe, wish, atelier, alice):
        assert top_ups_auto.run()["made"] == 1
        row = by_itself().get()
        assert (row.state, row.method, row.amount_micros) == (DepositState.SETTLED, "card", 100 * EUR)
        assert row.fee_micros == 1_750_000
        assert holdings.available(atelier) == 120 * EUR
        assert Notice.objects.filter(user=alice, kind="deposit_settled").count() == 2
        assert top_ups_auto.run()["made"] == 0, "enough is there"
        assert broken() == []

    def test_never_more_than_the_most_of_a_month(self, stripe, wish, atelier, alice, clock):
        for number in range(4):
            top_ups_auto.run()
            holdings.set_aside(
                organisation=atelier, batch_ref="bat_x", amount_micros=holdings.available(atelier),
                reference=f"x{number}", actor=alice,
            )  # fmt: skip
        assert by_itself().count() == 2
        assert top_ups_auto.spent_this_month(atelier) == 200 * EUR
        clock.forward(days=32)
        assert top_ups_auto.run()["made"] == 1

    def test_one_at_a_time(self, stripe, wish, atelier):
        stripe.fault("timeout_before", INTENTS, method="POST")
        assert top_ups_auto.run()["made"] == 1
        assert top_ups_auto.run()["made"] == 0
        assert by_itself().count() == 1

    def test_a_declined_card_turns_it_off_and_tells_who_asked(self, stripe, wish, alice):
        stripe.behave(wish.method_ref, "card_declined")
        top_ups_auto.run()
        assert by_itself().get().state == DepositState.FAILED
        wish.refresh_from_db()
        assert (wish.is_on, wish.stopped_code, wish.method_ref) == (False, "generic_decline", "")
        assert Notice.objects.filter(user=alice, kind="top_up_stopped").count() == 1
        assert top_ups_auto.run() == {"kept": 0, "stopped": 0, "resumed": 0, "made": 0}
        assert stripe.calls(INTENTS) == 1

    def test_it_begins_anew_with_a_card_that_works(self, stripe, wish, atelier, alice):
        stripe.behave(wish.method_ref, "card_declined")
        top_ups_auto.run()
        paid(stripe, atelier, alice, 10, keep_method=True)
        figures = top_ups_auto.run()
        assert (figures["kept"], figures["stopped"], figures["made"]) == (1, 0, 1)
        assert holdings.available(atelier) == 130 * EUR

    def test_a_disputed_organisation_is_not_charged(self, stripe, wish, atelier):
        charge = Deposit.objects.get().charge_ref
        chargebacks.refresh(gateway="stripe", external_ref=stripe.dispute(charge))
        assert top_ups_auto.run()["made"] == 0

    @pytest.mark.parametrize(
        "mode", ["timeout_before", "timeout_after", "conflict", "rate_limit", "error_before"]
    )
    def test_a_charge_without_an_answer_is_finished_later_with_one_effect(
        self, stripe, wish, atelier, clock, mode
    ):
        stripe.fault(mode, INTENTS, method="POST")
        top_ups_auto.run()
        row = by_itself().get()
        assert row.state == DepositState.STARTED
        clock.forward(minutes=3)
        top_ups_auto.run()
        row.refresh_from_db()
        assert row.state == DepositState.SETTLED
        assert stripe.effects(INTENTS) == 1
        assert len(stripe.objects("charge")) == 2

    def test_after_a_day_it_is_looked_for_and_not_charged_again(self, stripe, wish, clock):
        stripe.fault("timeout_before", INTENTS, method="POST")
        top_ups_auto.run()
        AutoTopUp.objects.update(month_most_micros=100 * EUR)
        clock.forward(hours=23, minutes=30)
        stripe.forward(hours=23, minutes=30)
        top_ups_auto.run()
        assert stripe.calls(INTENTS) == 1
        clock.forward(hours=1)
        deposits.refresh_started()
        assert by_itself().get().state == DepositState.CANCELLED


def test_a_debit_that_is_kept_is_charged_and_waited_for(stripe, atelier, alice):
    top_ups_auto.ask(organisation=atelier, wish=WISH, actor=alice)
    first = started(atelier, alice, 20, keep_method=True)
    stripe.pay(first.external_ref, "sepa_debit")
    assert top_ups_auto.keep_methods() == 0, "not before it is paid"
    stripe.settle(first.external_ref)
    deposits.refresh(first)
    assert top_ups_auto.run()["made"] == 1
    row = by_itself().get()
    assert row.state == DepositState.STARTED
    assert row.external_ref
    stripe.fail(row.external_ref)
    deposits.refresh_started()
    assert top_ups_auto.run()["stopped"] == 1
    assert broken() == []
