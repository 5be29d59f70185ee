"""What Stripe's events are about: only the kind of thing and our key are taken from an event, the rest is fetched."""

import json
from collections.abc import Callable
from typing import Any

import stripe

from . import stripe_out
from .base import News

Body = dict[str, Any]
MOST = 80  # letters of a reference that is kept


def _key(body: Body) -> str:
    return str((body.get("metadata") or {}).get("key", ""))


def _reference(session: Body) -> str:
    return str(session.get("client_reference_id") or "")


def _id(body: Body) -> str:
    return str(body["id"])


# type of the event: (our kind of news, how the object is named)
OF_TYPE: dict[str, tuple[str, Callable[[Body], str]]] = {
    "checkout.session.completed": ("deposit", _reference),
    "checkout.session.async_payment_succeeded": ("deposit", _reference),
    "checkout.session.async_payment_failed": ("deposit", _reference),
    "checkout.session.expired": ("deposit", _reference),
    "payment_intent.succeeded": ("deposit", _key),
    "payment_intent.payment_failed": ("deposit", _key),
    "charge.updated": ("deposit", _key),  # what it cost is known now
    "refund.created": ("refund", _key),
    "refund.updated": ("refund", _key),
    "refund.failed": ("refund", _key),
    "charge.dispute.created": ("dispute", _id),
    "charge.dispute.updated": ("dispute", _id),
    "charge.dispute.funds_withdrawn": ("dispute", _id),
    "charge.dispute.funds_reinstated": ("dispute", _id),
    "charge.dispute.closed": ("dispute", _id),
}


class NotFromStripe(Exception):
    """The signature is wrong, or too old, or what it signs is no event."""


def read(raw: bytes, signature: str, secret: str) -> News:
    """What a webhook says, once the signature over its very bytes is checked. Raises NotFromStripe."""
    try:
        stripe.WebhookSignature.verify_header(
            raw, signature, secret, tolerance=stripe.Webhook.DEFAULT_TOLERANCE
        )
        return news(json.loads(raw))
    except (stripe.SignatureVerificationError, ValueError, KeyError, TypeError, AttributeError):
        raise NotFromStripe from None


def news(event: Body) -> News:
    """What an event is about; `kind` is empty for one that is of no matter, or about nothing of ours."""
    out = stripe_out.payout_news(event)
    if out is not None:
        return out if out.key and len(out.key) <= MOST else News(event["id"], "", "")
    known = OF_TYPE.get(event["type"])
    key = known[1](event["data"]["object"]) if known else ""
    if known is None or not key or len(key) > MOST:
        return News(event["id"], "", "")
    return News(event["id"], known[0], key)
