"""Stripe Connect: workers' accounts, transfers out of the charges of deposits, and every movement of our balance.

Separate charges and transfers: a payment belongs to the platform; a transfer then moves a part of one charge to one
worker's account (`source_transaction`), from where Stripe pays the worker's bank. Found again by `transfer_group` (the
payout) and the metadata `key` (the part).
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import stripe
from django.conf import settings

from .base import (
    ACCOUNT_NOT_READY,
    SOURCE_SHORT,
    Account,
    Destination,
    GatewayRefused,
    Movement,
    MovementKind,
    News,
    PayoutStyle,
    Status,
)
from .stripe_client import PAGE, answers, cents, client, error_code, id_of, micros, moment, plain

# What people do here, said once, so that Stripe asks no worker for a web site.
_BUSINESS = "Paid microtasks on the platform"
# Refusals of a transfer that lie with the account it goes to.
_ACCOUNT_CODES = {
    "account_invalid",
    "insufficient_capabilities_for_transfer",
    "transfers_not_allowed",
    "resource_missing:destination",
}
_SOURCE_CODES = {"balance_insufficient", "insufficient_funds"}

# Stripe's type of a balance transaction: our word. `adjustment` is a dispute's where its source says so.
_KINDS: dict[str, MovementKind] = {
    "charge": "charge",
    "payment": "charge",
    "refund": "refund",
    "payment_refund": "refund",
    "refund_failure": "refund_back",
    "payment_refund_failure": "refund_back",
    "transfer": "transfer",
    "transfer_refund": "transfer_back",
    "transfer_cancel": "transfer_back",
    "transfer_failure": "transfer_back",
    "payout": "gateway_payout",
    "payout_cancel": "gateway_payout",
    "payout_failure": "gateway_payout",
    "topup": "gateway_payout",
    "topup_reversal": "gateway_payout",
    "stripe_fee": "fee",
    "tax_fee": "fee",
    "network_cost": "fee",
    "stripe_fx_fee": "fee",
}


class StripeOut:
    """The half of the gateway that money leaves by. Amounts in micros; calls as in `base.Transfers`."""

    payout_style: PayoutStyle = "parts"

    def pays_out_to(self, country: str) -> bool:
        return country in settings.STRIPE_PAYOUT_COUNTRIES

    # --- Workers' accounts ------------------------------------------------------------------------------------

    def open_account(self, *, key: str, country: str) -> str:
        params: Any = {
            "country": country,
            "business_type": "individual",
            "business_profile": {"product_description": _BUSINESS},
            "capabilities": {"transfers": {"requested": True}},
            # The platform pays Stripe's fees and answers for what an account can't pay back; Stripe itself asks the
            # worker what it must know, so that identity papers never come near us.
            "controller": {
                "fees": {"payer": "application"},
                "losses": {"payments": "application"},
                "requirement_collection": "stripe",
                "stripe_dashboard": {"type": "express"},
            },
            "metadata": {"key": key},
        }
        with answers():
            return client().v1.accounts.create(params, {"idempotency_key": key}).id

    def account_page(self, *, account_ref: str, return_url: str, again_url: str) -> str:
        with answers():
            made = client().v1.account_links.create(
                {
                    "account": account_ref,
                    "type": "account_onboarding",
                    "return_url": return_url,
                    "refresh_url": again_url,
                    "collection_options": {"fields": "eventually_due"},
                }
            )
        return made.url

    def account_status(self, *, account_ref: str) -> Account:
        whose: Any = {"stripe_account": account_ref}
        with answers():
            found = plain(client().v1.accounts.retrieve(account_ref))
            balance = plain(client().v1.balance.retrieve(options=whose))
            payouts = plain(client().v1.payouts.list({"limit": 1}, whose))["data"]
        asked = found.get("requirements") or {}
        due = [*(asked.get("past_due") or []), *(asked.get("currently_due") or [])]
        deadline = asked.get("current_deadline")
        failed = next((payout for payout in payouts if payout["status"] == "failed"), None)
        return Account(
            country=found["country"],
            transfers_active=found["capabilities"].get("transfers") == "active",
            payouts_enabled=bool(found["payouts_enabled"]),
            disabled_reason=asked.get("disabled_reason") or "",
            requirements_due=tuple(dict.fromkeys(due)),
            requirements_deadline=moment(deadline) if deadline else None,
            under_review=bool(asked.get("pending_verification")),
            below_zero_micros=_below_zero(balance),
            bank_failure=(failed.get("failure_code") or "could_not_process") if failed else "",
            bank_failure_ref=failed["id"] if failed else "",
        )

    # --- Transfers -----------------------------------------------------------------------------------------------

    def send_part(
        self, *, key: str, group: str, amount_micros: int, account_ref: str, charge_ref: str
    ) -> Status:
        params: Any = {
            "amount": cents(amount_micros),
            "currency": "eur",
            "destination": account_ref,
            "source_transaction": charge_ref,
            "transfer_group": group,
            "metadata": {"key": key},
        }
        with answers(), _our_words():
            made = plain(client().v1.transfers.create(params, {"idempotency_key": key}))
        return _status(made)

    def part_status(self, *, key: str, group: str) -> Status:
        with answers():
            listed = client().v1.transfers.list({"transfer_group": group, "limit": PAGE})
            found = next(
                (
                    each
                    for each in map(plain, listed.auto_paging_iter())
                    if each["metadata"].get("key") == key
                ),
                None,
            )
        return _status(found) if found else Status("unknown")

    def send_payout(self, *, key: str, amount_micros: int, destination: Destination) -> Status:
        """Payouts leave in parts alone (`send_part`)."""
        raise GatewayRefused("leaves_in_parts")

    def payout_status(self, *, key: str) -> Status:
        """Of a part, by its key."""
        return self.part_status(key=key, group=key.partition(":")[0])

    # --- All that moves --------------------------------------------------------------------------------------------

    def movements(self, *, since: dt.datetime) -> Iterator[Movement]:
        """The balance transactions since then, oldest first; a fee that was kept back is a movement of its own."""
        query: Any = {
            "created": {"gte": max(0, int(since.timestamp()))},
            "currency": "eur",
            "limit": PAGE,
            "expand": ["data.source"],
        }
        with answers():
            listed = client().v1.balance_transactions.list(query)
            lines = [_keep(plain(line)) for line in listed.auto_paging_iter()]
        for line in reversed(lines):  # Stripe tells the newest first
            yield from _moved(line)


def payout_news(event: Mapping[str, Any]) -> News | None:
    """What an event of Stripe's says about the way out; None when it is about something else."""
    kind, found = event["type"], event["data"]["object"]
    if kind.startswith("transfer."):
        return News(event["id"], "payout", str((found.get("metadata") or {}).get("key", "")))
    account = event.get("account") or (found.get("id") if kind.startswith("account.") else "")
    if account and kind.startswith(("account.", "capability.", "payout.")):
        return News(event["id"], "account", str(account))
    return None


@contextmanager
def _our_words() -> Iterator[None]:
    """Refusals of a transfer whose cause we act on, told by Stripe's code or by the parameter it complains of."""
    try:
        yield
    except stripe.StripeError as error:
        said = {error_code(error), f"{error_code(error)}:{getattr(error, 'param', '')}"}
        if error.http_status in {400, 402, 403, 404}:
            if getattr(error, "param", "") == "source_transaction" or said & _SOURCE_CODES:
                raise GatewayRefused(SOURCE_SHORT) from None
            if said & _ACCOUNT_CODES:
                raise GatewayRefused(ACCOUNT_NOT_READY) from None
        raise


def _status(transfer: Mapping[str, Any]) -> Status:
    """A transfer that was taken back in part is still there: what came back is told by the movements."""
    return Status("returned" if transfer["reversed"] else "done", str(transfer["id"]))


def _below_zero(balance: Mapping[str, Any]) -> int:
    """By how much an account's euros, coming ones included, are under nothing (micros)."""
    lines = [*balance["available"], *balance["pending"]]
    total = sum(line["amount"] for line in lines if line["currency"] == "eur")
    return micros(max(0, -total))


def _keep(line: dict[str, Any]) -> dict[str, Any]:
    """Of a balance transaction, what a movement needs: a year of them must fit in memory."""
    source = line["source"]
    of = source if isinstance(source, dict) else {}
    key = (of.get("metadata") or {}).get("key") or of.get("transfer") or id_of(source)
    wanted = ("id", "type", "amount", "fee", "created", "reporting_category")
    return {"key": key, "dispute": of.get("object") == "dispute"} | {name: line.get(name) for name in wanted}


def _moved(line: Mapping[str, Any]) -> Iterator[Movement]:
    at, amount, fee = moment(line["created"]), line["amount"], line["fee"]
    kind: MovementKind = _KINDS.get(line["type"], "other")
    if line["type"] == "adjustment" and (line["dispute"] or "dispute" in (line["reporting_category"] or "")):
        kind = "dispute" if amount < 0 else "dispute_back"
    if amount:
        yield Movement(line["id"], kind, micros(amount), at, line["key"])
    if fee:
        named: MovementKind = "dispute_fee" if kind in {"dispute", "dispute_back"} else "fee"
        yield Movement(f"{line['id']}:fee", named, -micros(fee), at, line["key"])
