"""The payout account's page says each state in plain words; no way out is told before any work."""

import datetime as dt

import pytest

from marketplace import health
from marketplace.base import clock as house_clock
from marketplace.web.views.connect import SIGN_IN
from payments import requirements
from payments.gateways import GatewayUnreachable, stripe_out
from payments.models import ConnectedAccount, Payee, Payout
from payments.services import connected, payees, ways
from tests.payments_helpers import DETAILS
from tests.personas import log_in

PAGE = "/work/account/"
STATES = [
    "new",
    "asked",
    "review",
    "ready",
    "ready_but_asked",
    "bank_failed",
    "below_zero",
    "gone",
    "rejected",
]


def put(account, **columns):
    ConnectedAccount.objects.filter(pk=account.pk).update(asked_at=house_clock.now(), **columns)


def into(state, market, worker):
    """Bring a worker's account into a state, as the gateway's answers would."""
    account = market.worker(worker, onboarded=False)
    ready = {"transfers_active": True, "payouts_enabled": True, "requirements_due": []}
    due = [
        "individual.verification.document",
        "external_account",
        "individual.dob.day",
        "individual.dob.year",
    ]
    if state == "new":
        put(account, account_ref=None)
    elif state == "asked":
        put(account, requirements_due=[*due, "made.up_code"], disabled_reason="requirements.past_due")
    elif state == "review":
        put(account, under_review=True, disabled_reason="requirements.pending_verification")
    elif state == "ready_but_asked":
        day = house_clock.now() + dt.timedelta(days=20)
        put(account, **ready | {"requirements_due": due, "requirements_deadline": day})
    elif state == "bank_failed":
        put(
            account,
            transfers_active=True,
            requirements_due=["external_account"],
            last_bank_failure="account_closed",
        )
    elif state == "below_zero":
        put(account, **ready, below_zero_micros=12_500_000)
    elif state == "gone":
        put(account, disabled_reason=connected.GONE)
    elif state == "rejected":
        put(account, disabled_reason="rejected.other")
    else:
        put(account, **ready)


SAID = {
    "new": ["One more step before your first payout", "Set up at Stripe"],
    "asked": ["Stripe needs something more", "A picture of your identity card", "Your date of birth.",
              "Go on at Stripe", "Something that only Stripe"],
    "review": ["Stripe is looking at what you gave", "nothing for you to do", "Look again"],
    "ready": ["Your payout account is ready", SIGN_IN],
    "ready_but_asked": ["Your payout account is ready", "What Stripe will need", "you are paid as before",
                        "Go on at Stripe"],
    "bank_failed": ["Your bank sent money back to Stripe", "The bank account is closed.", "Go on at Stripe"],
    "below_zero": ["€12.50 below zero", "Your payout account is ready"],
    "gone": ["Your payout account is closed", "You can open a new one here", "Set up at Stripe"],
    "rejected": ["Your payout account can't be used", "Stripe has refused the account"],
}  # fmt: skip


class TestThePage:
    @pytest.mark.parametrize("state", STATES)
    def test_each_state_says_what_is_so_and_what_to_do(self, connect_market, bob, state):
        into(state, connect_market, bob)
        answer = log_in(bob).get(PAGE)
        text = " ".join(answer.content.decode().split())
        assert answer.status_code == 200
        for words in SAID[state]:
            assert words in text, words
        assert text.count("Your date of birth.") <= 1

    def test_without_details_they_come_first(self, connect_market, bob):
        assert "Your payout details come first" in log_in(bob).get(PAGE).content.decode()

    def test_who_is_paid_another_way_needs_none_and_who_is_reached_by_none_is_told(
        self, connect_market, bob, settings
    ):
        connect_market.worker(bob, onboarded=False)
        settings.PAYOUT_GATEWAYS = ["simulated"]
        assert "You need no such account" in log_in(bob).get(PAGE).content.decode()
        settings.PAYOUT_GATEWAYS = ["stripe"]
        Payee.objects.update(country="SN")
        assert "pay to Senegal yet" in log_in(bob).get(PAGE).content.decode()

    def test_starting_leads_to_stripe_and_coming_back_asks_it_anew(self, connect_market, bob):
        account = connect_market.worker(bob, onboarded=False)
        client = log_in(bob)
        text = client.get(PAGE + "?look").content.decode()
        assert "Go on at Stripe" in text and "Your agreement with Stripe" in text
        assert "and is late" not in text and "Its day is over" not in text, (
            "nobody is late with what they just began"
        )
        answer = client.post(PAGE + "start/")
        assert answer.status_code == 200
        assert answer["Refresh"].startswith(f"0; url={connect_market.world.url}/connect/")
        assert "Stripe still needs something" in client.get(PAGE + "?back").content.decode()
        connect_market.world.onboard(account.account_ref)
        ConnectedAccount.objects.update(asked_at=house_clock.now() - dt.timedelta(minutes=1))
        assert "Your payout account is ready" in client.get(PAGE + "?back").content.decode()

    def test_stripe_that_does_not_answer_is_said_and_nothing_is_lost(self, connect_market, bob, monkeypatch):
        connect_market.worker(bob)
        ConnectedAccount.objects.update(asked_at=house_clock.now() - dt.timedelta(minutes=1))

        def away(*_args, **_rest):
            raise GatewayUnreachable

        monkeypatch.setattr(stripe_out.StripeOut, "account_status", away)
        monkeypatch.setattr(stripe_out.StripeOut, "account_page", away)
        client = log_in(bob)
        text = client.get(PAGE + "?look").content.decode()
        assert "Stripe does not answer just now" in text and "Your payout account is ready" in text
        assert client.post(PAGE + "start/").status_code == 503

    def test_an_account_that_was_closed_is_opened_anew(self, connect_market, bob):
        account = connect_market.worker(bob)
        connect_market.world.deauthorize(account.account_ref)
        connected.refresh(account)
        log_in(bob).post(PAGE + "start/")
        account.refresh_from_db()
        assert account.disabled_reason == ""
        assert len(connect_market.world.objects("account")) == 2


class TestBeforeWork:
    def test_a_payout_asked_for_too_early_is_refused_with_the_way_to_the_page(self, connect_market, bob):
        connect_market.deposit(100)
        connect_market.worker(bob, onboarded=False)
        connect_market.earn(bob, 30)
        answer = log_in(bob).post("/work/earnings/payout/")
        assert answer.status_code == 409
        assert PAGE in answer.content.decode()

    def test_earnings_and_details_say_before_anything_is_asked_for_what_is_missing(self, connect_market, bob):
        connect_market.worker(bob, onboarded=False)
        client = log_in(bob)
        for address in ("/work/earnings/", "/work/payee/"):
            text = client.get(address).content.decode()
            assert "Stripe needs something more from you" in text and PAGE in text

    def test_the_page_of_ways_lists_each_country_once(self, client, settings):
        settings.PAYOUT_GATEWAYS = ["simulated"]
        assert "demonstration" in client.get("/ways/").content.decode()
        assert ways.by_country()[1] == []

    def test_countries_go_to_the_first_way_that_reaches_them(self, connect_settings, client):
        reached, without = ways.by_country()
        assert [name for name, _codes in reached] == ["stripe"]
        assert "FR" in reached[0][1] and "SN" in without
        text = client.get("/ways/").content.decode()
        assert "Through Stripe" in text and "Senegal" in text

    def test_details_of_a_country_that_stripe_reaches_make_the_row_of_the_account(
        self, connect_settings, bob
    ):
        payees.save(user=bob, details=DETAILS, actor=bob)
        row = ConnectedAccount.objects.get(user=bob)
        assert (row.country, row.account_ref) == ("FR", None)


class TestWhoRunsThePlace:
    def test_the_console_and_the_metrics_say_what_waits_for_money(self, connect_market, bob, erin):
        connect_market.deposit(100)
        connect_market.worker(bob)
        payout = connect_market.payout(bob, 30)
        assert "Payouts wait for money" not in log_in(erin).get("/console/").content.decode()
        Payout.objects.update(waits_for="funds")
        text = log_in(erin).get("/console/").content.decode()
        assert "Payouts wait for money" in text and "€30.00" in text and "They hold €100.00." in text
        count, euros = health._Payouts().collect()
        assert {sample.labels["what"]: sample.value for sample in count.samples} == {"account": 0, "funds": 1}
        assert {sample.labels["what"]: sample.value for sample in euros.samples} == {
            "account": 0,
            "funds": 30,
        }
        client = log_in(bob)
        for address in ("/work/earnings/", f"/work/payouts/{payout.public_id}/"):
            assert "to bring to where payouts leave from" in client.get(address).content.decode()


class TestTheWords:
    @pytest.mark.parametrize(
        ("code", "words"),
        [
            ("external_account", "bank account"),
            ("individual.verification.document", "identity card"),
            ("individual.verification.additional_document", "second paper"),
            ("person_1A2b.first_name", "name"),
            ("individual.address.postal_code", "address"),
            ("individual.id_number", "tax number"),
            ("individual.ssn_last_4", "tax number"),
            ("individual.phone", "telephone"),
            ("tos_acceptance.date", "terms"),
            ("business_profile.mcc", "kind of work"),
            ("interv_1AbC.identity.form", "question"),
        ],
    )
    def test_each_family_of_codes_is_a_sentence(self, code, words):
        [said] = requirements.asked([code])
        assert words in str(said)

    def test_an_unknown_code_is_said_honestly_and_once(self):
        said = requirements.asked(["x.y", "z", "external_account"])
        assert len(said) == 2 and "only Stripe" in str(said[-1])

    @pytest.mark.parametrize(
        "reason", ["rejected.fraud", "requirements.past_due", "listed", "gone", "never_heard_of"]
    )
    def test_every_reason_has_words(self, reason):
        assert str(requirements.disabled(reason))
        assert str(requirements.bank(reason)) and requirements.bank("") == requirements.disabled("") == ""
