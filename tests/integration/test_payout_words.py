"""What a worker reads about a payout is true of the way it takes, and names the account it goes to."""

import dataclasses

import pytest
from django.urls import reverse
from django.utils import timezone

from payments import texts
from payments.models import Payee, Payout
from payments.services import payees, payout_words, payouts, runs
from tests import bank_files
from tests.payments_helpers import DETAILS, EUR, earn
from tests.personas import log_in

MOBILE = dataclasses.replace(
    DETAILS, country="SN", town="Dakar", iban="", mobile_number="+221771234567", mobile_provider="Wave"
)


@pytest.fixture(autouse=True)
def bank_and_provider(settings, db):
    for name, value in bank_files.SETTINGS.items():
        setattr(settings, name, value)
    settings.PAYOUT_GATEWAYS = ["bank", "provider"]
    settings.PROVIDER_COUNTRIES = ["SN"]


@pytest.fixture
def payout(bob, atelier):
    payees.save(user=bob, details=DETAILS, actor=bob)
    earn(bob, 30 * EUR, atelier, reference="asg_1")
    return payouts.request(user=bob, actor=bob)


def now_is(payout, **columns):
    """The payout as its gateway's answers would have left it."""
    Payout.objects.filter(pk=payout.pk).update(**columns)
    payout.refresh_from_db()
    return payout


def pages(payout):
    """What the earnings page and the payout's own page say to its worker."""
    client = log_in(payout.user)
    addresses = (reverse("earnings"), reverse("payout", args=[payout.public_id]))
    return [client.get(address).content.decode() for address in addresses]


class TestWhereItGoes:
    def test_who_moved_to_mobile_money_reads_of_the_number_and_not_of_the_old_account(
        self, payout, bob, atelier
    ):
        payees.save(user=bob, details=MOBILE, actor=bob)
        earn(bob, 30 * EUR, atelier, reference="asg_2")
        payee = Payee.objects.get()
        assert payee.iban == DETAILS.iban and payees.ending(payee) == "4567" and payees.bank_of(payee) == ""
        for text in pages(payout):
            assert "ends in 4567" in text and "ends in 2606" not in text
        client = log_in(bob)
        assert "LA BANQUE POSTALE" not in client.get(reverse("payee")).content.decode()

    def test_saving_a_number_answers_with_no_bank(self, payout, bob):
        form = {name: value for name, value in dataclasses.asdict(MOBILE).items() if value and name != "iban"}
        said = log_in(bob).post(reverse("payee"), form, follow=True).content.decode()
        assert "Your payout details are saved." in said and "This is an account at" not in said

    def test_an_account_at_stripe_has_no_ending_that_we_know(self, payout, monkeypatch):
        monkeypatch.setattr(payees, "asks", lambda country: "connect")
        assert payees.ending(Payee.objects.get()) == ""
        for text in pages(payout):
            assert "ends in" not in text

    def test_who_releases_a_file_for_the_provider_sees_the_number_it_pays(self, bob, atelier, dana, erin):
        payees.save(user=bob, details=MOBILE, actor=bob)
        Payee.objects.update(iban=DETAILS.iban)
        earn(bob, 30 * EUR, atelier, reference="asg_1")
        payouts.request(user=bob, actor=bob)
        run = runs.draft(gateway="provider", actor=erin)
        text = log_in(dana).get(reverse("console-run", args=[run.public_id])).content.decode()
        assert "Wave …4567" in text and "2606" not in text


class TestWhatHappens:
    def test_what_leaves_in_a_file_is_not_promised_within_minutes(self, payout):
        for text in pages(payout):
            assert "It leaves with the next file" in text and "within minutes" not in text
        now_is(payout, gateway="stripe")
        for text in pages(payout):
            assert "within minutes" in text

    def test_asking_for_one_says_when_it_leaves(self, bob, atelier):
        payees.save(user=bob, details=DETAILS, actor=bob)
        earn(bob, 30 * EUR, atelier, reference="asg_1")
        said = log_in(bob).post(reverse("payout-request"), follow=True).content.decode()
        assert "A payout of €30.00 is made. It leaves with the next file" in said
        assert "on their way to your bank" not in said

    def test_money_on_an_account_at_stripe_has_not_arrived(self, payout):
        now_is(payout, gateway="stripe", state="paid", sent_at=timezone.now(), paid_at=timezone.now())
        for text in pages(payout):
            assert "Stripe passes it on to your bank by itself" in text and "Arrived" not in text
        data = {"kind": "payout_paid", "payout": payout.public_id, "amount": payout.amount_micros}
        lines = " ".join(str(line) for line in texts.payout_paid(data, {payout.public_id: payout}).lines)
        assert "On your account at Stripe" in lines and "Your bank has taken it" not in lines

    @pytest.mark.parametrize(
        ("gateway", "code", "why"),
        [
            ("bank", "AC04", "The account is closed."),
            ("provider", "Number <not> registered", "The reason: “Number &lt;not&gt; registered”."),
            ("stripe", "account_not_ready", ""),
        ],
    )
    def test_why_it_came_back_stands_where_the_payout_is(self, payout, gateway, code, why):
        ended = {"sent_at": timezone.now(), "reversed_at": timezone.now()}
        now_is(payout, gateway=gateway, state="failed", failure_code=code, **ended)
        for text in pages(payout):
            assert f"{why} The money is due to you again.".strip() in text
            assert code.isalpha() or code == "AC04" or code not in text

    def test_a_provider_is_not_called_a_bank_and_its_reason_is_told(self, payout):
        now_is(payout, gateway="provider", failure_code="Number not registered")
        data = {"kind": "payout_failed", "payout": payout.public_id, "amount": payout.amount_micros}
        said = texts.payout_back(data, {payout.public_id: payout})
        assert "mobile money provider" in said.subject and "bank" not in " ".join(map(str, said.lines[:-1]))
        assert any("Number not registered" in str(line) for line in said.lines)

    def test_every_state_has_words(self, payout):
        moment = timezone.now()
        for gateway in ("simulated", "bank", "provider", "stripe"):
            for state in ("pending", "sent", "paid", "failed", "returned"):
                for column, value in (
                    ("gateway", gateway),
                    ("state", state),
                    ("sent_at", moment),
                    ("paid_at", moment),
                ):
                    setattr(payout, column, value)
                assert payout_words.in_a_line(payout)
