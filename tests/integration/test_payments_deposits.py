"""Deposits: started here, paid on the gateway's page, in the funds exactly once."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import translation

from marketplace.base import switches
from marketplace.base.errors import Lost, SwitchedOff
from marketplace.base.models import Notice
from payments.errors import AmountTooLarge, AmountTooSmall, GatewayAway, NotWholeCents
from payments.gateways import simulated
from payments.models import AccountKind, Deposit, DepositState, ExternalEvent
from payments.services import checks, deposits, events, holdings, ledger
from tests.payments_helpers import EUR, forget_behaviours
from tests.personas import join, make_organisation, make_person


@pytest.fixture(autouse=True)
def gateway(db):
    forget_behaviours()
    yield
    forget_behaviours()


@pytest.fixture
def deposit(atelier, alice):
    return deposits.start(organisation=atelier, amount_micros=50 * EUR, actor=alice)


def wrong_in_the_books():
    return [(check.name, check.ids) for check in checks.broken()]


class TestStarting:
    def test_a_deposit_starts_with_a_page_to_pay_on(self, deposit, atelier):
        assert deposit.state == DepositState.STARTED
        assert deposit.pay_url == reverse("simulated-pay", args=[deposit.public_id])
        assert holdings.available(atelier) == 0
        assert wrong_in_the_books() == []

    @pytest.mark.parametrize(
        ("micros", "refusal"),
        [(EUR - 10_000, AmountTooSmall), (50_001 * EUR, AmountTooLarge), (EUR + 1, NotWholeCents)],
    )
    def test_amounts_a_bank_would_not_take_are_refused(self, atelier, alice, micros, refusal):
        with pytest.raises(refusal):
            deposits.start(organisation=atelier, amount_micros=micros, actor=alice)
        assert not Deposit.objects.exists()

    def test_the_switch_stops_new_ones(self, atelier, alice, erin):
        switches.turn("deposits", on=False, actor=erin, reason="test")
        with pytest.raises(SwitchedOff):
            deposits.start(organisation=atelier, amount_micros=EUR, actor=alice)

    @pytest.mark.parametrize("behaviour", [simulated.TIMEOUT_BEFORE, simulated.TIMEOUT_AFTER])
    def test_a_lost_answer_is_said_and_the_page_can_be_asked_for_again(self, atelier, alice, behaviour):
        simulated.behave("deposit", behaviour)
        with pytest.raises(GatewayAway):
            deposits.start(organisation=atelier, amount_micros=EUR, actor=alice)
        deposit = Deposit.objects.get()
        assert deposit.state == DepositState.STARTED
        assert deposits.open_page(deposit).pay_url
        simulated.press(deposit.public_id, "pay")
        deposits.refresh(deposit)
        assert holdings.available(atelier) == EUR

    def test_a_clear_no_ends_it(self, atelier, alice):
        simulated.behave("deposit", simulated.REFUSE)
        with pytest.raises(GatewayAway):
            deposits.start(organisation=atelier, amount_micros=EUR, actor=alice)
        assert Deposit.objects.get().state == DepositState.FAILED


class TestSettling:
    def test_what_was_paid_is_in_the_funds_once_however_often_we_look(self, deposit, atelier, alice):
        assert simulated.press(deposit.public_id, "pay")
        for _ in range(3):
            deposits.refresh(Deposit.objects.get(pk=deposit.pk))
        assert deposits.settle(deposit) is False or deposit.state == DepositState.SETTLED
        assert holdings.available(atelier) == 50 * EUR
        assert ledger.total(AccountKind.GATEWAY_CLEARING) == -50 * EUR
        assert Notice.objects.filter(user=alice, kind="deposit_settled").count() == 1
        assert wrong_in_the_books() == []

    def test_what_was_declined_brings_nothing(self, deposit, atelier):
        simulated.press(deposit.public_id, "decline")
        assert deposits.refresh(deposit).state == DepositState.FAILED
        assert deposit.failure_code == "card_declined"
        assert holdings.available(atelier) == 0
        with pytest.raises(Lost):
            deposits.settle(deposit)
        assert wrong_in_the_books() == []

    def test_what_comes_later_is_found_by_the_clock(self, deposit, atelier, clock):
        simulated.press(deposit.public_id, "later")
        assert deposits.refresh_started() == {"looked_at": 1, "settled": 0}
        clock.forward(minutes=3)
        assert deposits.refresh_started() == {"looked_at": 1, "settled": 1}
        assert deposits.refresh_started() == {"looked_at": 0, "settled": 0}
        assert holdings.available(atelier) == 50 * EUR

    def test_a_page_nobody_paid_on_is_cancelled_after_a_day(self, deposit, clock):
        deposits.refresh_started()
        assert Deposit.objects.get().state == DepositState.STARTED
        clock.forward(hours=25)
        deposits.refresh_started()
        assert Deposit.objects.get().state == DepositState.CANCELLED
        assert not simulated.press(deposit.public_id, "pay"), "the page has run out"

    def test_news_of_the_gateway_is_taken_in_once(self, deposit, atelier):
        simulated.press(deposit.public_id, "pay")
        assert events.poll() == 1
        assert events.poll() == 0
        assert events.handle_waiting() == 1
        assert events.handle_waiting() == 0
        assert holdings.available(atelier) == 50 * EUR
        assert ExternalEvent.objects.get().handled_at is not None

    def test_news_about_nothing_of_ours_is_put_aside(self, db):
        for kind, ref in [("payout", "pay_nonsense"), ("deposit", "dep_0000000000000"), ("refund", "x")]:
            events.receive(gateway="simulated", external_id=ref, kind=kind, object_ref=ref)
        assert events.handle_waiting() == 3

    def test_an_event_is_stored_once(self, db):
        event = {"gateway": "simulated", "external_id": "e1", "kind": "deposit", "object_ref": "dep_x"}
        assert events.receive(**event) is True
        assert events.receive(**event) is False
        with pytest.raises(IntegrityError, match="external_event_once"), transaction.atomic():
            ExternalEvent.objects.create(**event)


class TestTheRules:
    @pytest.mark.parametrize(
        ("name", "change"),
        [
            ("deposit_amount_above_zero", {"amount_micros": 0}),
            ("deposit_amount_is_whole_cents", {"amount_micros": EUR + 1}),
            ("deposit_state_known", {"state": "lost", "ended_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}),
            ("deposit_ended_when_it_is_over", {"state": "settled"}),
            ("deposit_ended_when_it_is_over", {"ended_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}),
        ],
    )
    def test_a_row_that_can_not_be_is_refused(self, deposit, name, change):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Deposit.objects.filter(pk=deposit.pk).update(**change)

    def test_the_gateways_name_for_a_deposit_is_there_once(self, deposit, atelier, alice):
        with pytest.raises(IntegrityError, match="deposit_external_ref_once"), transaction.atomic():
            Deposit.objects.create(
                organisation=atelier, amount_micros=EUR, gateway="simulated",
                external_ref=deposit.external_ref, created_by=alice,
            )  # fmt: skip


class TestThePayPage:
    def page(self, client, deposit, **data):
        address = reverse("simulated-pay", args=[deposit.public_id])
        return client.post(address, data) if data else client.get(address)

    def test_it_shows_the_amount_and_three_buttons(self, deposit, alice, client_of):
        page = self.page(client_of(alice), deposit).content.decode()
        assert "€50.00" in page
        assert all(f'value="{button}"' in page for button in ("pay", "decline", "later"))

    def test_the_button_is_a_verb_in_french(self):
        with translation.override("fr"):
            assert translation.pgettext("button", "Pay") == "Payer"

    @pytest.mark.parametrize(
        ("button", "state"), [("pay", "settled"), ("decline", "failed"), ("later", "started")]
    )
    def test_a_button_does_what_it_says_and_leads_to_the_funds(
        self, deposit, alice, client_of, button, state
    ):
        answer = self.page(client_of(alice), deposit, button=button)
        assert (answer.status_code, answer["Location"]) == (302, reverse("funds"))
        deposit.refresh_from_db()
        assert deposit.state == state

    def test_a_button_pressed_twice_settles_once(self, deposit, alice, atelier, client_of):
        client = client_of(alice)
        for _ in range(2):
            self.page(client, deposit, button="pay")
        assert holdings.available(atelier) == 50 * EUR
        assert 'value="pay"' not in self.page(client, deposit).content.decode()

    def test_an_unknown_button_changes_nothing(self, deposit, alice, client_of):
        assert self.page(client_of(alice), deposit, button="steal").status_code == 400
        deposit.refresh_from_db()
        assert deposit.state == DepositState.STARTED

    def test_a_member_without_the_right_to_funds_may_not_pay(self, deposit, atelier, client_of):
        editor = make_person("ed")
        join(atelier, editor, "editor")
        assert self.page(client_of(editor), deposit, button="pay").status_code == 403
        deposit.refresh_from_db()
        assert deposit.state == DepositState.STARTED

    def test_for_others_it_is_not_there(self, deposit, charlie, client_of, client):
        other = make_person("oda")
        make_organisation("Other", owner=other)
        assert self.page(client_of(other), deposit, button="pay").status_code == 404
        assert self.page(client, deposit, button="pay").status_code == 302, "a visitor is asked to log in"
        missing = reverse("simulated-pay", args=["dep_nonsense"])
        assert client_of(other).get(missing).status_code == 404
        deposit.refresh_from_db()
        assert deposit.state == DepositState.STARTED
