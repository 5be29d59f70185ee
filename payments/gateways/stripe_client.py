"""Stripe's client, made in one place, and its answers in our words.

Our own rows try again, so the client never does: one call of ours is one request. What is no clear no is no answer
(GatewayUnreachable), and says nothing about whether the thing was done.
"""

import datetime as dt
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import stripe
from django.conf import settings
from stripe import StripeClient, StripeObject

from marketplace.base import money

from .base import GatewayRefused, GatewayUnreachable

log = logging.getLogger(__name__)

NAME = "stripe"
# The version that this code and its tests were written for; raised together with the package, never by itself.
API_VERSION = "2026-10-28.endive"
CONNECT_SECONDS, READ_SECONDS = 5, 30
# Stripe forgets a key after 24 hours. Older than this, nothing is sent again: it is looked for.
KEYS_LIVE = dt.timedelta(hours=23)
PAGE = 100  # objects of a list that are asked for at once: the most there can be


def client() -> StripeClient:
    """The client of the present settings. Raises GatewayUnreachable when no key is set."""
    if not settings.STRIPE_SECRET_KEY:
        raise GatewayUnreachable("no key is set")
    return _client(settings.STRIPE_SECRET_KEY, settings.STRIPE_API_BASE)


@cache
def _client(key: str, base: str) -> StripeClient:
    return StripeClient(
        key,
        stripe_version=API_VERSION,
        max_network_retries=0,
        base_addresses={"api": base} if base else None,
        http_client=stripe.RequestsClient(timeout=(CONNECT_SECONDS, READ_SECONDS)),
    )


@contextmanager
def answers() -> Iterator[None]:
    """Around calls of the client: its exceptions become GatewayUnreachable, or GatewayRefused with Stripe's code."""
    try:
        yield
    except stripe.StripeError as error:
        status, code = error.http_status, error_code(error)
        # 401 and most of 403 say that our key is wrong: nobody else is to blame, and nothing is decided by it.
        if status in {400, 402, 404} or code == "account_invalid":
            raise GatewayRefused(code) from None
        level = logging.ERROR if status in {401, 403} else logging.WARNING
        log.log(level, "stripe_no_answer", extra={"status": status, "code": code})
        raise GatewayUnreachable(code) from None


def error_code(error: stripe.StripeError) -> str:
    """Stripe's most telling word for what went wrong, at most 60 letters."""
    said = plain(error.error) if error.error else {}
    word = said.get("decline_code") or said.get("code") or error.code or said.get("type")
    return str(word or type(error).__name__)[:60]


def plain(found: StripeObject) -> dict[str, Any]:
    """An answer as dictionaries and lists: a StripeObject is no dict."""
    return found.to_dict()


def cents(micros: int) -> int:
    """Whole cents of an amount in micros. Raises ValueError when there is a rest."""
    if micros % money.CENT:
        raise ValueError("Stripe moves whole cents only")
    return micros // money.CENT


def micros(cents_: int) -> int:
    """Micros of an amount in cents, with its sign."""
    return cents_ * money.CENT


def moment(seconds: int) -> dt.datetime:
    """The moment of one of Stripe's time stamps."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC)


def id_of(found: Any) -> str:
    """The id of a field that holds an id, or the whole object when it was expanded; "" when it holds nothing."""
    return str(found["id"] if isinstance(found, dict) else found or "")
