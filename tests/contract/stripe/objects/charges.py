"""Charges: what a payment intent makes when it is paid."""

from ..call import Call
from ..store import Body
from . import balance, lists
from .customers import CARD, SEPA

_DETAILS = {
    "card": {
        "brand": "visa",
        "exp_month": CARD["exp_month"],
        "exp_year": CARD["exp_year"],
        "last4": CARD["last4"],
    },
    "sepa_debit": {**SEPA, "mandate": None},
    "customer_balance": {},
}


# Fields that mean nothing here, and are there all the same.
_EMPTY: Body = {
    **dict.fromkeys(
        [
            "application",
            "application_fee",
            "application_fee_amount",
            "calculated_statement_descriptor",
            "failure_balance_transaction",
            "on_behalf_of",
            "outcome",
            "receipt_email",
            "receipt_number",
            "receipt_url",
            "review",
            "shipping",
            "source_transfer",
            "statement_descriptor",
            "statement_descriptor_suffix",
            "transfer_data",
        ]
    ),
    "fraud_details": {},
}


def new(call: Call, intent: Body, method: Body, status: str, *, failure: str | None = None) -> Body:
    type = method["type"]
    body: Body = {
        "id": call.store.new_id("ch" if type == "card" else "py"),
        "object": "charge",
        **_EMPTY,
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "captured": False,
        "created": call.now,
        "currency": "eur",
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_code": failure,
        "failure_message": "Your card was declined." if failure else None,
        "livemode": False,
        "metadata": intent["metadata"],
        "paid": False,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {"type": type, type: _DETAILS[type]},
        "refunded": False,
        "status": status,
        "transfer_group": intent["transfer_group"],
    }
    return call.store.add(body, account=call.account, hidden={"method": type, "transferred": 0})


def succeed(call: Call, charge: Body, method: str, *, at_once: bool = False) -> Body:
    """The money has come; the fee is known at once, or with the next `charge.updated` (setting `fees_later`)."""
    later = bool(call.store.meta("fees_later"))
    call.change(
        charge,
        paid=True,
        captured=True,
        amount_captured=charge["amount"],
        status="succeeded",
        hidden={"at_once": at_once, "fee_open": later},
    )
    if later:
        call.emit("charge.succeeded", charge)
    else:
        book_fee(call, charge, method, at_once=at_once)
        call.emit("charge.succeeded", charge)
    return charge


def book_fee(call: Call, charge: Body, method: str, *, at_once: bool = False) -> Body:
    line = balance.book(
        call,
        type="charge" if method == "card" else "payment",
        amount=charge["amount"],
        source=charge["id"],
        fee=balance.fee_of(method, charge["amount"]),
        available_on=call.now + (0 if at_once else balance.DELAY[method] * balance.DAY),
        description=charge["description"],
    )
    return call.change(charge, balance_transaction=line["id"], hidden={"fee_open": False})


def fail(call: Call, charge: Body, code: str) -> Body:
    return call.change(
        charge,
        "charge.failed",
        status="failed",
        paid=False,
        failure_code=code,
        failure_message="The payment failed.",
    )


def retrieve(call: Call, charge: str) -> Body:
    return call.get("charge", charge)


def page(call: Call) -> Body:
    return lists.page(call, "charge", "/v1/charges", "customer", "payment_intent", "transfer_group")


def search(call: Call) -> Body:
    return lists.search(call, "charge", "/v1/charges/search")
