"""What the tests of money that comes in by Stripe share: settings, a paid deposit, webhooks, and the books in short."""

from typing import Any

from django.db.models import Sum
from django.test import RequestFactory
from django.urls import resolve, reverse

from marketplace.base.errors import NotFound
from payments.models import Chargeback, Deposit, Entry, ExternalEvent, Refund
from payments.services import checks, deposits

EUR = 1_000_000


def use(world: Any, settings: Any) -> Any:
    """Let deposits go to the stand-in."""
    settings.STRIPE_SECRET_KEY = world.key
    settings.STRIPE_API_BASE = world.url
    settings.STRIPE_WEBHOOK_SECRET = world.platform_secret
    settings.STRIPE_CONNECT_WEBHOOK_SECRET = world.connect_secret
    settings.DEPOSIT_GATEWAYS = ["stripe"]
    return world


def started(organisation: Any, actor: Any, eur: int = 100, **more: Any) -> Deposit:
    return deposits.start(organisation=organisation, amount_micros=eur * EUR, actor=actor, **more)


def paid(world: Any, organisation: Any, actor: Any, eur: int = 100, **more: Any) -> Deposit:
    """A deposit that was paid by card and is in the funds."""
    deposit = started(organisation, actor, eur, **more)
    assert world.pay(deposit.external_ref) == "paid"
    return deposits.refresh(deposit)


def post(event: dict[str, Any], **headers: str) -> int:
    """Bring one event of the stand-in to our address; the status."""
    name = "webhook-stripe" if event["endpoint"] == "platform" else "webhook-stripe-connect"
    found = resolve(reverse(name))
    # Not through a Client: hundreds of times the whole chain of middleware would be loaded.
    request = RequestFactory().post(
        reverse(name),
        event["payload"],
        content_type="application/json",
        headers={"Stripe-Signature": event["signature"], **headers},
    )
    try:
        return int(found.func(request).status_code)
    except NotFound:
        return NotFound.status


def broken() -> list[str]:
    return [check.name for check in checks.broken()]


def books() -> dict[str, Any]:
    """Every account's sum, and the rows that money in has: the same books whatever order the news came in."""
    rows = Entry.objects.values_list(
        "account__kind", "account__organisation__name", "account__gateway", "account__reference"
    )
    found: dict[str, Any] = {
        str(tuple(key)): amount
        for *key, amount in rows.annotate(n=Sum("amount")).values_list(
            "account__kind", "account__organisation__name", "account__gateway", "account__reference", "n"
        )
        if amount
    }
    for deposit in Deposit.objects.order_by("pk"):
        found[deposit.public_id] = (deposit.state, deposit.method, deposit.charge_ref, deposit.fee_micros)
    for refund in Refund.objects.order_by("pk"):
        found[refund.public_id] = (refund.state, refund.external_ref, refund.amount_micros)
    for dispute in Chargeback.objects.all():
        found[dispute.external_ref] = (dispute.state, dispute.amount_micros, dispute.frozen_micros)
    found["waiting news"] = ExternalEvent.objects.filter(handled_at=None).count()
    return found
