"""Deposits by Stripe: credited when they are really paid, once, with their fee; whatever is lost on the way."""

import pytest

from marketplace.base.models import Notice
from payments import gateways
from payments.errors import GatewayAway
from payments.models import AccountKind, Deposit, DepositState, GatewayCustomer
from payments.services import deposits, holdings, ledger
from tests.personas import log_in
from tests.stripe_deposits import EUR, books, broken, paid, started, use

SESSIONS, CUSTOMERS = "/v1/checkout/sessions", "/v1/customers"


@pytest.fixture(autouse=True)
def stripe(stripe_world, settings, db):
    return use(stripe_world, settings)


def fees():
    return -ledger.total(AccountKind.GATEWAY_COSTS)


class TestPaying:
    def test_a_session_carries_our_key_and_the_amount(self, stripe, atelier, alice):
        deposit = started(atelier, alice)
        session = stripe.objects("checkout.session")[0]
        assert deposit.pay_url == session["url"]
        assert deposit.external_ref == session["id"]
        assert (session["client_reference_id"], session["metadata"]["key"]) == (deposit.public_id,) * 2
        assert session["amount_total"] == 10_000
        assert GatewayCustomer.objects.get().customer_ref == session["customer"]
        assert stripe.objects("customer")[0]["email"] is None, "nobody's name is told before they pay"

    def test_a_card_is_credited_at_once_with_its_fee_in_one_commit(self, stripe, atelier, alice):
        deposit = paid(stripe, atelier, alice)
        assert (deposit.state, deposit.method) == (DepositState.SETTLED, "card")
        charge = stripe.objects("charge")[0]
        assert deposit.charge_ref == charge["id"]
        assert charge["metadata"]["key"] == deposit.public_id
        assert deposit.fee_micros == fees() == 1_750_000
        assert holdings.available(atelier) == 100 * EUR
        # What lies at Stripe is what came less what Stripe kept.
        assert ledger.total(AccountKind.GATEWAY_CLEARING) == -98_250_000
        assert broken() == []

    def test_looking_again_changes_nothing(self, stripe, atelier, alice):
        deposit = paid(stripe, atelier, alice)
        before = books()
        deposits.follow(deposit, gateways.by_name("stripe").deposit_status(
            key=deposit.public_id, external_ref=deposit.external_ref
        ))  # fmt: skip
        assert books() == before

    @pytest.mark.parametrize(
        ("method", "name"), [("sepa_debit", "sepa_debit"), ("customer_balance", "bank_transfer")]
    )
    def test_money_on_its_way_is_not_there_yet(self, stripe, atelier, alice, method, name):
        deposit = started(atelier, alice)
        assert stripe.pay(deposit.external_ref, method) == "unpaid"
        assert deposits.refresh(deposit).state == DepositState.STARTED
        assert holdings.available(atelier) == 0
        stripe.settle(deposit.external_ref)
        assert deposits.refresh(deposit).state == DepositState.SETTLED
        assert deposit.method == name
        assert holdings.available(atelier) == 100 * EUR
        assert broken() == []

    def test_a_debit_that_its_bank_refuses_brings_nothing_and_is_told(self, stripe, atelier, alice):
        deposit = started(atelier, alice)
        stripe.pay(deposit.external_ref, "sepa_debit")
        stripe.fail(deposit.external_ref)
        assert deposits.refresh(deposit).state == DepositState.FAILED
        assert deposit.failure_code == "insufficient_funds"
        assert Notice.objects.filter(user=alice, kind="deposit_failed").exists()
        assert holdings.available(atelier) == 0

    def test_a_declined_card_leaves_the_page_open_for_another(self, stripe, atelier, alice):
        deposit = started(atelier, alice)
        assert stripe.pay(deposit.external_ref, does="card_declined") == "card_declined"
        assert deposits.refresh(deposit).state == DepositState.STARTED
        assert stripe.pay(deposit.external_ref) == "paid"
        assert deposits.refresh(deposit).state == DepositState.SETTLED

    def test_a_page_that_ran_out_is_cancelled_at_once(self, stripe, atelier, alice):
        deposit = started(atelier, alice)
        stripe.forward(hours=25)
        assert deposits.refresh(deposit).state == DepositState.CANCELLED

    def test_a_transfer_that_takes_days_is_waited_for(self, stripe, atelier, alice, clock):
        deposit = started(atelier, alice)
        stripe.pay(deposit.external_ref, "customer_balance")
        page = deposits.refresh(deposit).pay_url
        assert "/instructions/" in page, "who chose a transfer can read again where to send it"
        clock.forward(days=5)
        stripe.forward(days=5)
        assert deposits.refresh(deposit).state == DepositState.STARTED
        stripe.settle(deposit.external_ref)
        assert deposits.refresh(deposit).state == DepositState.SETTLED

    def test_a_fee_that_is_told_later_is_booked_later(self, stripe, atelier, alice):
        stripe.fees_later()
        deposit = paid(stripe, atelier, alice)
        assert (deposit.state, deposit.fee_pending, fees()) == (DepositState.SETTLED, True, 0)
        assert deposits.refresh_fees() == 0
        stripe.book_fees()
        assert deposits.refresh_fees() == 1
        assert deposits.refresh_fees() == 0
        deposit.refresh_from_db()
        assert (deposit.fee_pending, deposit.fee_micros, fees()) == (False, 1_750_000, 1_750_000)
        assert broken() == []

    def test_another_amount_than_was_asked_is_never_credited(self, stripe, atelier, alice):
        deposit = started(atelier, alice)
        Deposit.objects.filter(pk=deposit.pk).update(amount_micros=10_000 * EUR)
        stripe.pay(deposit.external_ref)
        assert deposits.refresh(Deposit.objects.get()).state == DepositState.STARTED
        assert holdings.available(atelier) == 0


class TestWhatIsLost:
    """No answer is never a failure, and nothing is made twice."""

    @pytest.mark.parametrize(
        "mode", ["timeout_before", "timeout_after", "conflict", "rate_limit", "error_before"]
    )
    @pytest.mark.parametrize("path", [CUSTOMERS, SESSIONS])
    def test_a_start_that_is_lost_is_said_and_made_again_with_one_effect(
        self, stripe, atelier, alice, mode, path
    ):
        stripe.fault(mode, path, method="POST")
        with pytest.raises(GatewayAway):
            started(atelier, alice)
        deposit = Deposit.objects.get()
        assert deposit.state == DepositState.STARTED
        assert deposits.open_page(deposit).pay_url
        assert stripe.effects(SESSIONS) == stripe.effects(CUSTOMERS) == 1
        stripe.pay(deposit.external_ref)
        assert deposits.refresh(deposit).state == DepositState.SETTLED

    @pytest.mark.parametrize("mode", ["timeout_before", "timeout_after", "rate_limit", "error_before"])
    def test_no_answer_about_a_payment_changes_nothing(self, stripe, atelier, alice, mode):
        deposit = started(atelier, alice)
        stripe.pay(deposit.external_ref)
        stripe.fault(mode, "/v1/checkout/sessions/{session}", method="GET")
        assert deposits.refresh(deposit).state == DepositState.STARTED
        assert deposits.refresh(deposit).state == DepositState.SETTLED
        assert holdings.available(atelier) == 100 * EUR

    def test_after_a_day_nothing_is_made_again_it_is_looked_for(self, stripe, atelier, alice, clock):
        stripe.fault("timeout_after", SESSIONS, method="POST")
        with pytest.raises(GatewayAway):
            started(atelier, alice)
        clock.forward(hours=23, minutes=30)
        stripe.forward(hours=23, minutes=30)
        deposit = Deposit.objects.get()
        assert deposits.open_page(deposit).pay_url == stripe.objects("checkout.session")[0]["url"]
        assert stripe.calls(SESSIONS) == 1
        stripe.pay(deposit.external_ref)
        assert deposits.refresh(deposit).state == DepositState.SETTLED

    def test_what_never_arrived_is_cancelled_after_a_day(self, stripe, atelier, alice, clock):
        stripe.fault("timeout_before", SESSIONS, method="POST")
        with pytest.raises(GatewayAway):
            started(atelier, alice)
        deposit = Deposit.objects.get()
        assert deposits.refresh(deposit).state == DepositState.STARTED
        clock.forward(hours=23, minutes=30)
        with pytest.raises(GatewayAway):
            deposits.open_page(deposit)
        clock.forward(hours=1)
        assert deposits.refresh(deposit).state == DepositState.CANCELLED
        assert stripe.calls(SESSIONS) == 1

    def test_a_wrong_key_of_ours_is_nobodys_failure(self, stripe, settings, atelier, alice):
        deposit = started(atelier, alice)
        settings.STRIPE_SECRET_KEY = "sk_test_another"
        assert deposits.refresh(deposit).state == DepositState.STARTED

    def test_a_process_that_was_killed_between_the_row_and_the_call_goes_on(self, stripe, atelier, alice):
        row = Deposit.objects.create(
            organisation=atelier, amount_micros=20 * EUR, gateway="stripe", created_by=alice
        )
        assert deposits.open_page(row).pay_url
        assert stripe.effects(SESSIONS) == 1


def test_who_chose_a_transfer_is_told_that_it_is_still_to_be_sent(stripe, atelier, alice):
    deposit = started(atelier, alice)
    stripe.pay(deposit.external_ref, "customer_balance")
    page = log_in(alice).get(f"/funds/?paid={deposit.public_id}", follow=True).content.decode()
    assert "This payment still waits for you" in page and "on its way: a card" not in page
    assert "/instructions/" in page and "Go on paying" in page


def test_the_history_says_how_each_deposit_was_paid(stripe, atelier, alice):
    paid(stripe, atelier, alice, 40)
    by_itself = paid(stripe, atelier, alice, 60)
    Deposit.objects.filter(pk=by_itself.pk).update(created_by=None, method="sepa_debit")
    page = log_in(alice).get("/funds/").content.decode()
    assert "Deposit · by card" in page and "Automatic top-up · by direct debit" in page


def test_to_add_funds_comes_before_the_history_on_a_phone_too(stripe, atelier, alice):
    page = log_in(alice).get("/funds/").content.decode()
    assert page.index("<h2>Add funds") < page.index("<h2>History")
