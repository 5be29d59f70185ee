"""Workers' accounts at Stripe: made once, looked at again, told about (ADR 51)."""

import pytest

from payments import gateways
from payments.gateways import stripe_out
from payments.services import connected, payees
from tests.connect_market import EUR
from tests.payments_helpers import DETAILS


@pytest.fixture
def market(connect_market):
    return connect_market


class TestAccounts:
    def test_two_links_are_one_account_and_coming_back_proves_nothing(self, market, bob):
        account = market.worker(bob, onboarded=False)
        connected.onboarding(
            user=bob, actor=bob, return_url="https://x.example/", again_url="https://x.example/"
        )
        [made] = market.world.objects("account")
        assert made["id"] == account.account_ref
        assert made["controller"]["losses"] == {"payments": "application"}
        assert made["controller"]["fees"] == {"payer": "application"}
        assert not connected.look(account).can_be_paid

    def test_an_answer_that_was_lost_makes_no_second_account(self, market, bob):
        payees.save(user=bob, details=DETAILS, actor=bob)
        market.world.fault("timeout_after", "/v1/accounts", method="POST", times=1)
        with pytest.raises(Exception, match="provider"):
            connected.onboarding(
                user=bob, actor=bob, return_url="https://x.example/", again_url="https://x.example/"
            )
        market.worker(bob)
        assert len(market.world.objects("account")) == 1

    def test_another_country_needs_another_account(self, market, bob):
        account = market.worker(bob)
        payee = payees.of(bob)
        payee.country = "DE"
        payee.save()
        connected.prepare(payee=payee)
        account.refresh_from_db()
        assert (account.country, account.account_ref, account.can_be_paid) == ("DE", None, False)
        connected.onboarding(
            user=bob, actor=bob, return_url="https://x.example/", again_url="https://x.example/"
        )
        assert [made["country"] for made in market.world.objects("account")] == ["FR", "DE"]

    def test_lost_news_are_made_up_for_by_the_clock(self, market, bob, clock):
        account = market.worker(bob, onboarded=False)
        market.world.onboard(account.account_ref)
        clock.forward(hours=2)
        assert connected.refresh_due() == {"looked_at": 1, "ready": 1}
        clock.forward(hours=2)
        assert connected.refresh_due() == {"looked_at": 0, "ready": 0}

    def test_a_balance_below_zero_is_known(self, market, bob, monkeypatch):
        account = market.worker(bob)
        lines = [{"amount": -2500, "currency": "eur"}, {"amount": 9900, "currency": "usd"}]
        below = stripe_out._below_zero({"available": lines, "pending": [{"amount": 500, "currency": "eur"}]})
        assert below == 20 * EUR
        now = gateways.Account("FR", True, True, below_zero_micros=below)
        monkeypatch.setattr(stripe_out.StripeOut, "account_status", lambda *_args, **_rest: now)
        connected.refresh(account)
        assert (account.below_zero_micros, account.can_be_paid) == (20 * EUR, True)
