"""Money that comes in by Stripe: Checkout, charges of a kept way to pay, refunds and disputes.

A deposit is a Checkout session, or a PaymentIntent where no person is there. Both carry our key as metadata, and the
session as `client_reference_id` too, so that what was made by a call without an answer can be found by the customer.
What a session says counts only when it was fetched; nothing is believed from an address somebody came back by.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.conf import settings
from django.urls import reverse

from . import stripe_events
from .base import (
    DepositStyle,
    Dispute,
    GatewayRefused,
    Movement,
    MovementKind,
    News,
    Page,
    Payer,
    SavedMethod,
    State,
    Status,
)
from .stripe_client import NAME, PAGE, answers, cents, client, id_of, micros, moment, plain

# How Checkout may be paid, of what the Stripe account has switched on. Others (instalments, wallets of one country) can
# be asked back for reasons that no dispute of ours could answer.
METHODS = ["card", "sepa_debit", "customer_balance"]
# Where the account number is that Stripe gives for bank transfers.
TRANSFER_COUNTRY = "FR"
_METHOD_NAMES = {"customer_balance": "bank_transfer"}
_CHARGE = "latest_charge.balance_transaction"

Body = dict[str, Any]


class StripeIn:
    name = NAME
    deposit_style: DepositStyle = "page"

    def new_customer(self, *, key: str) -> str:
        """No name and no address: what Stripe needs to know, it asks the person who pays."""
        with answers():
            made = client().v1.customers.create(
                params={"metadata": {"key": key}}, options={"idempotency_key": f"{key}:customer"}
            )
        return made.id

    def deposit_page(self, *, key: str, amount_micros: int, payer: Payer | None = None) -> Page:
        params = _session_params(key, amount_micros, payer)
        with answers():
            made = client().v1.checkout.sessions.create(params=params, options={"idempotency_key": key})  # type: ignore[arg-type]
        return Page(external_ref=made.id, url=made.url or "")

    def deposit_status(self, *, key: str, external_ref: str = "", payer: Payer | None = None) -> Status:
        if external_ref.startswith("pi_"):
            return _of_intent(_intent(external_ref))
        if external_ref:
            return _of_session(_session(external_ref))
        return _search(key, payer.customer_ref) if payer else Status("unknown")

    def charge(self, *, key: str, amount_micros: int, payer: Payer, method_ref: str) -> Status:
        """Charge a kept way to pay while nobody is there. Raises GatewayRefused with the bank's code."""
        with answers():
            made = client().v1.payment_intents.create(
                params={
                    "amount": cents(amount_micros),
                    "currency": "eur",
                    "customer": payer.customer_ref,
                    "payment_method": method_ref,
                    "allowed_payment_method_types": ["card", "sepa_debit"],
                    "off_session": True,
                    "confirm": True,
                    "description": key,
                    "metadata": {"key": key},
                    "expand": [_CHARGE],
                },
                options={"idempotency_key": key},
            )
        return _of_intent(plain(made))

    def saved_method(self, *, external_ref: str) -> SavedMethod | None:
        with answers():
            session = client().v1.checkout.sessions.retrieve(
                external_ref, params={"expand": ["payment_intent.payment_method"]}
            )
        intent = plain(session).get("payment_intent") or {}
        method = intent.get("payment_method")
        if intent.get("status") != "succeeded" or not method or not method.get("customer"):
            return None
        return SavedMethod(method["id"], _label(method))

    def send_refund(self, *, key: str, amount_micros: int, charge_ref: str) -> Status:
        with answers():
            made = client().v1.refunds.create(
                params={"charge": charge_ref, "amount": cents(amount_micros), "metadata": {"key": key}},
                options={"idempotency_key": key},
            )
        return _of_refund(plain(made))

    def refund_status(self, *, key: str, charge_ref: str, external_ref: str = "") -> Status:
        if external_ref:
            with answers():
                return _of_refund(plain(client().v1.refunds.retrieve(external_ref)))
        with answers():
            found = client().v1.refunds.list(params={"charge": charge_ref, "limit": PAGE})
            mine = _first(found.auto_paging_iter(), lambda refund: refund["metadata"].get("key") == key)
        return _of_refund(mine) if mine else Status("unknown")

    def dispute(self, *, external_ref: str) -> Dispute:
        with answers():
            found = plain(client().v1.disputes.retrieve(external_ref, params={"expand": ["charge"]}))
        return _of_dispute(found)

    def news(self, *, since: dt.datetime) -> Sequence[News]:
        with answers():
            found = client().v1.events.list(
                params={"created": {"gte": int(since.timestamp())}, "limit": PAGE}
            )
            told = [stripe_events.news(plain(event)) for event in found.auto_paging_iter()]
        return [news for news in reversed(told) if news.kind]


def _session_params(key: str, amount_micros: int, payer: Payer | None) -> Body:
    """The same for a key each time, whoever asks: Stripe refuses a key that comes back with other parameters."""
    back = settings.BASE_URL + reverse("funds")
    line: Body = {
        "price_data": {
            "currency": "eur",
            "unit_amount": cents(amount_micros),
            "product_data": {"name": f"Tessera {key}"},
        },
        "quantity": 1,
    }
    intent: Body = {"metadata": {"key": key}, "description": key}
    params: Body = {
        "mode": "payment",
        "line_items": [line],
        "client_reference_id": key,
        "metadata": {"key": key},
        "payment_intent_data": intent,
        "success_url": f"{back}?paid={key}",
        "cancel_url": back,
    }
    if payer is None:
        return {**params, "allowed_payment_method_types": METHODS[:2]}
    params |= {"customer": payer.customer_ref, "allowed_payment_method_types": METHODS}
    if payer.keep_method:
        intent["setup_future_usage"] = "off_session"
        return {**params, "allowed_payment_method_types": METHODS[:2]}
    transfer = {"type": "eu_bank_transfer", "eu_bank_transfer": {"country": TRANSFER_COUNTRY}}
    options = {"customer_balance": {"funding_type": "bank_transfer", "bank_transfer": transfer}}
    return {**params, "payment_method_options": options}


def _session(external_ref: str) -> Body:
    with answers():
        return plain(
            client().v1.checkout.sessions.retrieve(
                external_ref, params={"expand": [f"payment_intent.{_CHARGE}"]}
            )
        )


def _intent(external_ref: str) -> Body:
    with answers():
        return plain(client().v1.payment_intents.retrieve(external_ref, params={"expand": [_CHARGE]}))


def _search(key: str, customer_ref: str) -> Status:
    """What a call without an answer may have made, among all that this customer ever paid or was to pay."""
    with answers():
        sessions = client().v1.checkout.sessions.list(params={"customer": customer_ref, "limit": PAGE})
        session = _first(sessions.auto_paging_iter(), lambda found: found["client_reference_id"] == key)
        if session:
            return _of_session(_session(session["id"]))
        intents = client().v1.payment_intents.list(params={"customer": customer_ref, "limit": PAGE})
        intent = _first(intents.auto_paging_iter(), lambda found: found["metadata"].get("key") == key)
    return _of_intent(_intent(intent["id"])) if intent else Status("unknown")


def _first(found: Iterable[Any], fits: Any) -> Body | None:
    return next((body for body in _plain_all(found) if fits(body)), None)


def _plain_all(found: Iterable[Any]) -> Iterator[Body]:
    return (plain(each) for each in found)


def _of_session(session: Body) -> Status:
    """`paid` is the one word that means money; a session that is complete and unpaid waits for a bank."""
    if session["status"] == "open":
        return Status("open", session["id"], url=session.get("url") or "")
    if session["status"] == "expired":
        return Status("expired", session["id"])
    intent = session.get("payment_intent") or {}
    if session["payment_status"] == "paid":
        return _paid(session["id"], intent)
    return _of_intent(intent, external_ref=session["id"]) if intent else Status("processing", session["id"])


def _of_intent(intent: Body, *, external_ref: str = "") -> Status:
    ref = external_ref or intent["id"]
    if intent["status"] == "succeeded":
        return _paid(ref, intent)
    if intent["status"] in {"requires_payment_method", "canceled"}:
        error, charge = intent.get("last_payment_error") or {}, intent.get("latest_charge") or {}
        codes = (error.get("decline_code"), charge.get("failure_code"), error.get("code"), intent["status"])
        return Status("failed", ref, next(str(code) for code in codes if code)[:60])
    # Whoever chose a bank transfer has still to send it: this page of Stripe's says where to.
    action = (intent.get("next_action") or {}).get("display_bank_transfer_instructions") or {}
    return Status("processing", ref, url=action.get("hosted_instructions_url") or "")


def _paid(external_ref: str, intent: Body) -> Status:
    charge = intent.get("latest_charge") or {}
    line = charge.get("balance_transaction")
    kind = str((charge.get("payment_method_details") or {}).get("type") or "")
    return Status(
        "done",
        external_ref,
        method=_METHOD_NAMES.get(kind, kind)[:20],
        charge_ref=id_of(charge),
        fee_micros=micros(line["fee"]) if line else 0,
        fee_known=bool(line),
        paid_micros=micros(intent["amount_received"]),
    )


def _label(method: Body) -> str:
    """Words to know a way to pay by; at most the last four digits of it."""
    details = method.get(method["type"]) or {}
    name = details.get("brand") or method["type"].replace("_", " ")
    return f"{name} …{details.get('last4') or ''}"[:60]


_REFUNDS: dict[str, State] = {"succeeded": "done", "failed": "failed", "canceled": "failed"}


def _of_refund(refund: Body) -> Status:
    return Status(
        _REFUNDS.get(refund["status"], "processing"),
        refund["id"],
        code=str(refund.get("failure_reason") or "")[:60],
        taken=bool(refund.get("balance_transaction")),
        put_back=bool(refund.get("failure_balance_transaction")),
    )


# An inquiry (warning_…) takes no money and is none: it becomes a dispute, or goes away.
_DISPUTES = {"won": "won", "lost": "lost", "prevented": "won", "warning_closed": "won"}


def _of_dispute(found: Body) -> Dispute:
    if found["status"] in {"warning_needs_response", "warning_under_review"}:
        raise GatewayRefused("only_an_inquiry")
    due = (found.get("evidence_details") or {}).get("due_by")
    lines = found.get("balance_transactions") or []
    return Dispute(
        external_ref=found["id"],
        charge_ref=id_of(found["charge"]),
        deposit_key=(found["charge"].get("metadata") or {}).get("key", ""),
        amount_micros=micros(found["amount"]),
        state=_DISPUTES.get(found["status"], "open"),  # type: ignore[arg-type]
        reason=str(found.get("reason") or "")[:60],
        opened_at=moment(found["created"]),
        evidence_due=moment(due) if due else None,
        movements=tuple(move for line in lines for move in _of_line(line, found["id"])),
    )


def _of_line(line: Body, key: str) -> Iterator[Movement]:
    """A balance transaction of a dispute: what was taken or given back, and its fee; named as by `movements`."""
    at = moment(line["created"])
    if line["amount"]:
        kind: MovementKind = "dispute" if line["amount"] < 0 else "dispute_back"
        yield Movement(line["id"], kind, micros(line["amount"]), at, key)
    if line["fee"]:
        yield Movement(f"{line['id']}:fee", "dispute_fee", -micros(line["fee"]), at, key)
