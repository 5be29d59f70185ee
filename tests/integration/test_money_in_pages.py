"""The pages of money that comes in and goes back: what can be typed, who may, and what they say."""

import pytest
from django.urls import reverse

from marketplace.base.errors import Lost
from payments.gateways import simulated
from payments.models import (
    AccountKind,
    AutoTopUp,
    Chargeback,
    Deposit,
    DepositState,
    Refund,
    RefundState,
)
from payments.services import checks, frozen, holdings, ledger, refunds
from tests.market import fund
from tests.payments_helpers import EUR, forget_behaviours
from tests.personas import log_in
from tests.stripe_deposits import broken, use

# What is typed: (micros, or None when it is refused)
TYPED = [
    ("0", None), ("-1", None), ("−1", None), ("0.001", None), ("1e9", None), ("1000000000", None), ("NaN", None),
    ("inf", None), ("1,500", None), ("", None), ("abc", None), ("1.5.0", None), ("0,009", None),
    ("1,50", 1_500_000), ("1.50", 1_500_000), ("１", 1_000_000), ("1 0", None), ("20", 20 * EUR), ("€ 20", 20 * EUR),
]  # fmt: skip


@pytest.fixture(autouse=True)
def gateway(db):
    forget_behaviours()
    yield
    forget_behaviours()


@pytest.fixture
def page(alice, atelier):
    return log_in(alice)


class TestRefunds:
    @pytest.mark.parametrize(("typed", "micros"), TYPED)
    def test_every_amount_is_read_right_or_refused_with_a_sentence(self, page, atelier, typed, micros):
        fund(atelier, 100)
        answer = page.post(reverse("refunds"), {"amount": typed})
        if micros is None:
            assert answer.status_code in {400, 409}
            assert f'value="{typed}"' in answer.content.decode() or not typed
            assert "invalid" in answer.content.decode() or "error" in answer.content.decode()
            assert not Refund.objects.exists()
        else:
            assert answer.status_code == 302
            assert Refund.objects.get().amount_micros == micros
        assert broken() == []

    def test_what_is_asked_is_paid_back_and_shown(self, page, atelier):
        fund(atelier, 100)
        shown = page.post(reverse("refunds"), {"amount": "40"}, follow=True).content.decode()
        assert "€40.00 was paid back" in shown
        assert "Up to €60.00" in shown
        assert holdings.available(atelier) == 60 * EUR
        funds = page.get(reverse("funds")).content.decode()
        assert "Went back" in funds
        assert "Paid back to you" in funds

    @pytest.mark.parametrize(
        ("behaviour", "state"),
        [
            (simulated.REFUSE, RefundState.FAILED),
            (simulated.FAIL, RefundState.FAILED),
            (simulated.LATE, RefundState.STARTED),
            (simulated.TIMEOUT_BEFORE, RefundState.STARTED),
            (simulated.TIMEOUT_AFTER, RefundState.STARTED),
        ],
    )
    def test_the_simulated_bank_can_be_any_bank(self, page, atelier, behaviour, state):
        fund(atelier, 100)
        simulated.behave("refund", behaviour)
        page.post(reverse("refunds"), {"amount": "40"})
        assert Refund.objects.get().state == state
        assert page.get(reverse("refunds")).status_code == 200
        assert broken() == []

    def test_money_that_came_back_later_is_in_the_funds_again(self, atelier, alice, clock):
        fund(atelier, 100)
        simulated.behave("refund", simulated.RETURN)
        (refund,) = refunds.start(organisation=atelier, amount_micros=40 * EUR, actor=alice)
        assert refund.state == RefundState.SETTLED
        clock.forward(days=2)
        assert refunds.refresh(refund).state == RefundState.FAILED
        assert holdings.available(atelier) == 100 * EUR
        with pytest.raises(Lost):
            refunds.settle(refund)
        assert broken() == []

    def test_a_refund_of_a_bank_deposit_waits_for_a_file(self, atelier, alice, page):
        fund(atelier, 100)
        Deposit.objects.update(gateway="bank", created_by=None)
        (row,) = Deposit.objects.all()
        refund = refunds._make(atelier, 40 * EUR, alice)[0]
        assert (refund.gateway, refund.tried_at, refund.deposit) == ("bank", None, row)
        refunds.settle(refund, clearing="runs")
        runs = ledger.account(AccountKind.GATEWAY_CLEARING, gateway="runs")
        assert ledger.balance(runs) == 40 * EUR


class TestDeposits:
    @pytest.mark.parametrize(("typed", "micros"), TYPED)
    def test_every_amount_is_read_right_or_refused_with_a_sentence(self, page, typed, micros):
        answer = page.post(reverse("deposit"), {"amount": typed})
        if micros is None:
            assert answer.status_code == 400
            assert f'value="{typed}"' in answer.content.decode() or not typed
            assert not Deposit.objects.exists()
        else:
            assert answer.status_code == 302
            assert Deposit.objects.get().amount_micros == micros

    def test_coming_back_proves_nothing_and_asks(self, page, atelier):
        page.post(reverse("deposit"), {"amount": "20"})
        deposit = Deposit.objects.get()
        back = f"{reverse('funds')}?paid={deposit.public_id}"
        assert "still waits for you" in page.get(back, follow=True).content.decode()
        assert holdings.available(atelier) == 0
        simulated.press(deposit.public_id, "pay")
        assert "The payment arrived" in page.get(back, follow=True).content.decode()
        assert holdings.available(atelier) == 20 * EUR

    @pytest.mark.parametrize("key", ["dep_nothing", "x", "1"])
    def test_coming_back_with_somebody_elses_key_finds_nothing(self, page, key):
        assert page.get(f"{reverse('funds')}?paid={key}").status_code == 404

    def test_a_page_that_never_came_can_be_asked_for_again(self, page):
        simulated.behave("deposit", simulated.TIMEOUT_BEFORE)
        page.post(reverse("deposit"), {"amount": "20"})
        deposit = Deposit.objects.get()
        assert reverse("deposit-go", args=[deposit.public_id]) in page.get(reverse("funds")).content.decode()
        answer = page.post(reverse("deposit-go", args=[deposit.public_id]))
        assert answer.url == reverse("simulated-pay", args=[deposit.public_id])

    def test_with_bank_transfers_alone_nothing_is_started(self, page, settings):
        settings.DEPOSIT_GATEWAYS = []
        assert "Deposits come by bank transfer" in page.get(reverse("funds")).content.decode()
        assert page.post(reverse("deposit"), {"amount": "20"}).status_code == 400

    def test_among_several_ways_one_is_chosen(self, page, stripe_world, settings):
        use(stripe_world, settings)
        settings.DEPOSIT_GATEWAYS = ["simulated", "stripe"]
        assert "How you pay" in page.get(reverse("funds")).content.decode()
        answer = page.post(reverse("deposit"), {"amount": "20", "gateway": "stripe"})
        assert answer.url.startswith(stripe_world.url)
        assert page.post(reverse("deposit"), {"amount": "20", "gateway": "paypal"}).status_code == 400
        assert Deposit.objects.get().gateway == "stripe"


class TestDisputes:
    def test_the_page_says_what_is_kept_and_that_people_are_paid(self, page, atelier):
        fund(atelier, 100)
        Chargeback.objects.create(
            deposit=Deposit.objects.get(), gateway="simulated", external_ref="du_1", amount_micros=60 * EUR
        )
        assert frozen.absorb(atelier) == 60 * EUR
        shown = page.get(reverse("funds")).content.decode()
        assert "A payment of €60.00 is disputed" in shown
        assert "are paid for it" in shown
        assert "nothing is paid back" in page.get(reverse("refunds")).content.decode()
        assert page.post(reverse("refunds"), {"amount": "1"}).status_code == 409


class TestTopUps:
    WISH = {"below": "50", "amount": "100", "month_most": "250"}

    @pytest.fixture(autouse=True)
    def stripe(self, stripe_world, settings):
        return use(stripe_world, settings)

    def test_it_is_off_until_an_owner_asks_and_waits_for_a_way_to_pay(self, page):
        assert (
            "Off. Funds are added only when somebody adds them."
            in page.get(reverse("top-ups")).content.decode()
        )
        shown = page.post(reverse("top-ups"), self.WISH, follow=True).content.decode()
        assert "Waiting for a way to pay" in shown
        assert "Keep this way to pay" in page.get(reverse("funds")).content.decode()
        page.post(reverse("deposit"), {"amount": "20", "keep": "on"})
        assert Deposit.objects.get().keeps_method
        page.post(reverse("top-ups-off"))
        assert not AutoTopUp.objects.exists()

    @pytest.mark.parametrize("name", ["below", "amount", "month_most"])
    @pytest.mark.parametrize("typed", [typed for typed, micros in TYPED if micros is None and typed != "0"])
    def test_amounts_that_are_none_are_refused_and_stay(self, page, name, typed):
        answer = page.post(reverse("top-ups"), self.WISH | {name: typed})
        if typed == "1000000000" and name != "amount":
            return  # a great deal, but an amount
        if typed in {"0.001", "0,009"} and name == "below":
            return  # funds are counted in micros, so this is a mark like any other
        assert answer.status_code == 400
        assert f'value="{typed}"' in answer.content.decode() or not typed
        assert not AutoTopUp.objects.exists()


class TestBrokenBooks:
    """Each invariant of money in is broken once, and found."""

    @pytest.fixture
    def refund(self, atelier, alice):
        fund(atelier, 100)
        return refunds.start(organisation=atelier, amount_micros=40 * EUR, actor=alice)[0]

    def found(self):
        return {check.name: check.ids for check in checks.broken()}

    def test_a_refund_whose_row_says_another_thing(self, refund):
        Refund.objects.update(state=RefundState.FAILED)
        assert self.found() == {"refunds_are_in_the_ledger_as_their_state_says": [refund.public_id]}

    def test_a_fee_that_was_not_booked(self, refund):
        Deposit.objects.update(fee_micros=1)
        name = "fees_of_deposits_are_in_the_ledger"
        assert self.found() == {name: [refund.deposit.public_id]}

    def test_a_freeze_that_is_none(self, refund, atelier):
        Chargeback.objects.create(
            deposit=refund.deposit, gateway="simulated", external_ref="du_1", amount_micros=5, frozen_micros=5
        )
        assert self.found() == {"disputes_freeze_and_owe_what_their_rows_say": [atelier.public_id]}

    def test_a_deposit_in_the_books_is_settled(self, refund):
        assert self.found() == {}
        assert refund.deposit.state == DepositState.SETTLED
