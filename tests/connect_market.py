"""A market that is paid and pays through Stripe's stand-in: what the tests of the way out share."""

import json
import random
from typing import Any

import pytest
from django.db import transaction

from marketplace.base.models import Organisation, User
from payments.gateways import stripe_events
from payments.models import ConnectedAccount, Deposit, Payout
from payments.services import cap, checks, connected, deposits, earnings, events, holdings, payees, payouts
from tests.payments_helpers import DETAILS, approve
from tests.stripe_world import StripeWorld

EUR = 1_000_000
BACK = "https://tessera.example/back"


class Market:
    """Steps of payers, workers and the clock, each by the services that the pages call."""

    def __init__(self, world: StripeWorld, organisation: Organisation, owner: User) -> None:
        self.world, self.organisation, self.owner = world, organisation, owner
        self._seen: set[str] = set()
        self._number = 0

    def deposit(self, euros: int) -> Deposit:
        """A deposit that a card paid, received by us."""
        made = deposits.start(
            organisation=self.organisation, amount_micros=euros * EUR, actor=self.owner, gateway_name="stripe"
        )
        assert made.external_ref
        self.world.pay(made.external_ref)
        deposits.refresh(made)
        made.refresh_from_db()
        assert made.state == "settled" and made.charge_ref
        return made

    def worker(self, user: User, *, onboarded: bool = True) -> ConnectedAccount:
        """A worker with payout details and an account at Stripe."""
        payees.save(user=user, details=DETAILS, actor=user)
        connected.onboarding(user=user, actor=user, return_url=BACK, again_url=BACK)
        account = ConnectedAccount.objects.get(user=user)
        if onboarded:
            assert account.account_ref
            self.world.onboard(account.account_ref)
            connected.refresh(account)
        return account

    def earn(self, worker: User, euros: int) -> None:
        """An approved piece of work, paid out of the organisation's funds."""
        self._number += 1
        reference = f"asg_{self._number}"
        with transaction.atomic():
            holdings.set_aside(
                organisation=self.organisation,
                batch_ref=f"bat_{reference}",
                amount_micros=euros * EUR,
                reference=f"bat_{reference}",
                actor=None,
            )
            assert cap.reserve(worker_id=worker.pk, cap_year=2026, amount_micros=euros * EUR)
            done = earnings.Approved(reference, worker.pk, euros * EUR, 2026)
            approve(self.organisation, f"bat_{reference}", [done])

    def payout(self, worker: User, euros: int) -> Payout:
        """So much earned and asked for, not yet sent."""
        self.earn(worker, euros)
        return payouts.request(user=worker, actor=worker)

    def news(self) -> list[dict[str, Any]]:
        """Stripe's events that were not handed on yet, as they were sent."""
        fresh = [json.loads(event["payload"]) for event in self.world.events()]
        fresh = [event for event in fresh if event["id"] not in self._seen]
        self._seen.update(event["id"] for event in fresh)
        return fresh

    def hear(self, told: list[dict[str, Any]] | None = None, *, shuffle: random.Random | None = None) -> None:
        """Take in events, in an order of chance where one is given, and follow each."""
        told = self.news() if told is None else list(told)
        if shuffle:
            shuffle.shuffle(told)
        for event in told:
            news = stripe_events.news(event)
            if news.kind:
                events.receive(
                    gateway="stripe", external_id=news.external_id, kind=news.kind, object_ref=news.key
                )
            events.handle_waiting()


def broken() -> list[str]:
    return [f"{check.name} {check.ids}" for check in checks.broken()]


@pytest.fixture
def connect_settings(settings: Any, stripe_world: StripeWorld) -> StripeWorld:
    settings.STRIPE_SECRET_KEY = stripe_world.key
    settings.STRIPE_API_BASE = stripe_world.url
    settings.DEPOSIT_GATEWAYS = ["stripe"]
    settings.PAYOUT_GATEWAYS = ["stripe"]
    return stripe_world


@pytest.fixture
def connect_market(connect_settings: StripeWorld, atelier: Organisation, alice: User) -> Market:
    return Market(connect_settings, atelier, alice)
