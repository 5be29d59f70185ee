"""The calls that are played, and the parameters of each that mean something here.

Stripe knows more parameters than Tessera sends. One that its document allows and this table does not name is refused,
so that nobody relies on what is not played.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from .document import pattern
from .objects import (
    accounts,
    balance,
    charges,
    checkout,
    customers,
    disputes,
    events,
    intents,
    lists,
    payouts,
    refunds,
    transfers,
)
from .store import Body

_PAGE = "limit starting_after ending_before created"


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str
    run: Callable[..., Body]
    means: frozenset[str]
    regex: re.Pattern[str]
    connected: bool  # whether a connected account may be meant (header Stripe-Account)


def _route(
    method: str, path: str, run: Callable[..., Body], means: str = "", *, connected: bool = False
) -> Route:
    path = f"/v1/{path}"
    return Route(method, path, run, frozenset(means.split()) | {"expand"}, pattern(path), connected)


_INTENT = (
    "amount currency customer payment_method metadata description transfer_group setup_future_usage off_session "
    "confirm allowed_payment_method_types automatic_payment_methods statement_descriptor_suffix receipt_email "
    "return_url error_on_requires_action mandate_data payment_method_options"
)
_SESSION = (
    "mode line_items success_url cancel_url customer customer_email customer_creation client_reference_id metadata "
    "payment_intent_data allowed_payment_method_types excluded_payment_method_types payment_method_options expires_at "
    "locale submit_type billing_address_collection custom_text"
)
_ACCOUNT = "email business_type business_profile metadata capabilities settings"

# The first that fits is taken: fixed words stand before variables.
ROUTES = (
    _route("POST", "checkout/sessions", checkout.create, _SESSION),
    _route("GET", "checkout/sessions", checkout.page, f"{_PAGE} customer payment_intent status"),
    _route("GET", "checkout/sessions/{session}", checkout.retrieve),
    _route("POST", "checkout/sessions/{session}/expire", checkout.expire),
    _route("GET", "checkout/sessions/{session}/line_items", checkout.line_items, _PAGE),
    _route("POST", "payment_intents", intents.create, _INTENT),
    _route("GET", "payment_intents", intents.page, f"{_PAGE} customer"),
    _route("GET", "payment_intents/search", intents.search, "query limit page"),
    _route("GET", "payment_intents/{intent}", intents.retrieve),
    _route(
        "POST", "payment_intents/{intent}/confirm", intents.confirm, "payment_method off_session return_url"
    ),
    _route("POST", "payment_intents/{intent}/cancel", intents.cancel, "cancellation_reason"),
    _route("GET", "charges", charges.page, f"{_PAGE} customer payment_intent transfer_group", connected=True),
    _route("GET", "charges/search", charges.search, "query limit page"),
    _route("GET", "charges/{charge}", charges.retrieve, connected=True),
    _route("GET", "balance", balance.retrieve, connected=True),
    _route(
        "GET",
        "balance_transactions",
        lists.lines,
        f"{_PAGE} type source payout currency",
        connected=True,
    ),
    _route("GET", "balance_transactions/{id}", balance.retrieve_line, connected=True),
    _route("POST", "refunds", refunds.create, "charge payment_intent amount reason metadata"),
    _route("GET", "refunds", refunds.page, f"{_PAGE} charge payment_intent"),
    _route("GET", "refunds/{refund}", refunds.retrieve),
    _route("GET", "disputes", disputes.page, f"{_PAGE} charge payment_intent"),
    _route("GET", "disputes/{dispute}", disputes.retrieve),
    _route(
        "POST",
        "customers",
        customers.create,
        "name email phone description address metadata preferred_locales tax_exempt",
    ),
    _route("GET", "customers", customers.page, f"{_PAGE} email"),
    _route("GET", "customers/search", customers.search, "query limit page"),
    _route("GET", "customers/{customer}", customers.retrieve),
    _route("GET", "customers/{customer}/payment_methods", customers.methods_of, f"{_PAGE} type"),
    _route("GET", "customers/{customer}/payment_methods/{payment_method}", customers.retrieve_method_of),
    _route("GET", "payment_methods", customers.methods, f"{_PAGE} type customer"),
    _route("GET", "payment_methods/{payment_method}", customers.retrieve_method),
    _route("POST", "accounts", accounts.create, f"{_ACCOUNT} type country controller"),
    _route("GET", "accounts", accounts.page, _PAGE),
    _route("GET", "accounts/{account}", accounts.retrieve),
    _route("POST", "accounts/{account}", accounts.update, _ACCOUNT),
    _route(
        "POST",
        "account_links",
        accounts.create_link,
        "account type refresh_url return_url collection_options",
    ),
    _route(
        "POST",
        "transfers",
        transfers.create,
        "amount currency destination source_transaction transfer_group description metadata source_type",
    ),
    _route("GET", "transfers", transfers.page, f"{_PAGE} destination transfer_group"),
    _route("GET", "transfers/{transfer}", transfers.retrieve),
    _route("POST", "transfers/{id}/reversals", transfers.reverse, "amount metadata description"),
    _route("GET", "transfers/{id}/reversals", transfers.reversals, _PAGE),
    _route("GET", "transfers/{transfer}/reversals/{id}", transfers.retrieve_reversal),
    _route("GET", "payouts", payouts.page, f"{_PAGE} status destination", connected=True),
    _route("GET", "payouts/{payout}", payouts.retrieve, connected=True),
    _route("GET", "events", events.page, f"{_PAGE} type types", connected=True),
    _route("GET", "events/{id}", events.retrieve, connected=True),
)


def find(method: str, path: str) -> tuple[Route, dict[str, str]] | None:
    for route in ROUTES:
        if route.method == method and (match := route.regex.match(path)):
            return route, match.groupdict()
    return None
