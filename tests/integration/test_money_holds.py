"""What somebody tries who is after the money: each of these once worked."""

import dataclasses

import pytest

from payments import gateways
from payments.models import ConnectedAccount
from payments.services import connected, iban, payees, payout_rules, sending
from tests import bank_files
from tests.connect_market import BACK
from tests.payments_helpers import DETAILS

ELSEWHERE = iban.make("DE", "370400440532013000")


def told(worker, country, **values):
    return payees.save(
        user=worker, details=dataclasses.replace(DETAILS, country=country, **values), actor=worker
    )


def begun(worker):
    connected.onboarding(user=worker, actor=worker, return_url=BACK, again_url=BACK)
    return ConnectedAccount.objects.get(user=worker)


class TestRestAfterAnotherWay:
    """Whoever got into an account may move its money by moving its country: that rests like a change of IBAN."""

    @pytest.fixture(autouse=True)
    def two_ways(self, connect_settings, settings):
        for name, value in bank_files.SETTINGS.items():
            setattr(settings, name, value)
        settings.STRIPE_PAYOUT_COUNTRIES = frozenset({"IT", "ES"})
        settings.PAYOUT_GATEWAYS = ["stripe", "bank"]

    def test_from_an_iban_to_an_account_at_the_provider(self, bob):
        assert payout_rules.change_ends(told(bob, "FR")) is None
        assert payout_rules.change_ends(told(bob, "IT")) is not None

    def test_from_an_account_at_the_provider_to_an_iban(self, bob):
        told(bob, "IT", iban="")
        begun(bob)
        assert payout_rules.change_ends(told(bob, "DE", iban=ELSEWHERE)) is not None

    def test_to_an_account_in_another_country(self, bob):
        told(bob, "IT", iban="")
        begun(bob)
        assert payout_rules.change_ends(told(bob, "ES", iban="")) is not None
        assert not connected.has_account(bob.pk)

    def test_the_first_way_rests_for_nobody(self, bob):
        told(bob, "IT", iban="")
        assert payout_rules.change_ends(told(bob, "DE", iban=ELSEWHERE)) is None


class TestAnAccountAtTheProvider:
    def test_one_that_is_made_anew_rests_also_for_what_waited(self, connect_market, bob):
        connect_market.deposit(100)
        account = connect_market.worker(bob)
        payout = connect_market.payout(bob, 30)
        ConnectedAccount.objects.update(disabled_reason=connected.GONE)
        account = begun(bob)
        connect_market.world.onboard(account.account_ref)
        connected.refresh(account)
        sending.send_pending()
        payout.refresh_from_db()
        assert (payout.state, payout.held_rule) == ("held", payout_rules.CHANGED)

    def test_an_answer_that_says_nothing_of_it_closes_none(self, connect_market, bob, monkeypatch):
        account = connect_market.worker(bob)

        def strange(self, *, account_ref):
            raise gateways.GatewayRefused("parameter_unknown")

        monkeypatch.setattr(type(gateways.by_name("stripe")), "account_status", strange)
        connected.refresh(account)
        account.refresh_from_db()
        assert account.can_be_paid and account.disabled_reason == ""
