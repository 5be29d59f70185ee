"""Refunds of charges."""

from ..call import Call, euros, need_amount
from ..refusals import Refused
from ..store import Body
from . import balance, lists


def create(call: Call) -> Body:
    charge = _charge(call)
    if charge["status"] != "succeeded":
        raise Refused("This charge has not succeeded: there is nothing to refund.", param="charge")
    if charge["disputed"]:
        raise Refused("This charge has been charged back.", code="charge_disputed", param="charge")
    left = charge["amount"] - charge["amount_refunded"]
    if left <= 0:
        raise Refused(
            f"Charge {charge['id']} has already been refunded.",
            code="charge_already_refunded",
            param="charge",
        )
    amount = need_amount(call.params.get("amount", left))
    if amount > left:
        raise Refused(
            f"Refund amount ({euros(amount)}) is greater than unrefunded amount on charge ({euros(left)})",
            param="amount",
        )
    return _new(call, charge, amount)


def _charge(call: Call) -> Body:
    params = call.params
    if ("charge" in params) == ("payment_intent" in params):
        raise Refused("Please provide one of: charge, payment_intent.", code="parameter_missing")
    if "charge" in params:
        return call.get("charge", params["charge"], param="charge", status=404)
    intent = call.get("payment_intent", params["payment_intent"], param="payment_intent", status=404)
    if intent["status"] != "succeeded":
        raise Refused(
            "This PaymentIntent does not have a successful charge to refund.",
            code="payment_intent_unexpected_state",
        )
    return call.get("charge", intent["latest_charge"])


def _new(call: Call, charge: Body, amount: int) -> Body:
    method = call.store.hidden(charge["id"])["method"]
    body: Body = {
        "id": call.store.new_id("re" if method == "card" else "pyr"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "created": call.now,
        "currency": "eur",
        "metadata": call.metadata(),
        "payment_intent": charge["payment_intent"],
        "reason": call.params.get("reason"),
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "pending",
        "transfer_reversal": None,
    }
    call.store.add(body, account=call.account, hidden={"method": method})
    refunded = charge["amount_refunded"] + amount
    call.change(charge, amount_refunded=refunded, refunded=refunded == charge["amount"])
    if sum(call.store.sums(call.account, call.now)) < amount:
        call.change(body, pending_reason="insufficient_funds")
    else:
        start(call, body)
    call.emit("refund.created", body)
    call.emit("charge.refunded", charge)
    return body


def start(call: Call, refund: Body) -> None:
    """Take the money from the balance. A card's refund is done with that; a bank takes its time."""
    card = call.store.hidden(refund["id"])["method"] == "card"
    line = balance.book(
        call,
        type="refund" if card else "payment_refund",
        amount=-refund["amount"],
        source=refund["id"],
        description="REFUND",
    )
    refund.pop("pending_reason", None)
    call.change(refund, balance_transaction=line["id"])
    if card:
        call.change(refund, status="succeeded")
    else:
        call.change(refund, pending_reason="processing")


def settle(call: Call, refund: Body) -> Body:
    """The bank has the money."""
    _need_pending(refund)
    refund.pop("pending_reason", None)
    return call.change(refund, "refund.updated", status="succeeded")


def fail(call: Call, refund: Body, reason: str) -> Body:
    """The money could not be given back, and is on the balance again. Also a card's refund can fail later."""
    if refund["status"] == "failed" or refund["balance_transaction"] is None:
        raise Refused("Only a refund whose money has left can fail.")
    line = balance.book(
        call,
        type="refund_failure",
        amount=refund["amount"],
        source=refund["id"],
        description="REFUND FAILURE",
    )
    charge = call.get("charge", refund["charge"])
    call.change(
        charge, "charge.updated", amount_refunded=charge["amount_refunded"] - refund["amount"], refunded=False
    )
    refund.pop("pending_reason", None)
    call.change(refund, status="failed", failure_reason=reason, failure_balance_transaction=line["id"])
    call.emit("refund.updated", refund, before={"status": "pending"})
    call.emit("refund.failed", refund)
    return refund


def _need_pending(refund: Body) -> None:
    if refund["status"] != "pending":
        raise Refused(f"This refund is {refund['status']}.")


def retry_waiting(call: Call) -> None:
    """Refunds that waited for money, oldest first."""
    for refund in call.store.find("refund", where={"status": "pending"}, oldest_first=True):
        if refund.get("pending_reason") != "insufficient_funds":
            continue
        if sum(call.store.sums("", call.now)) < refund["amount"]:
            return
        start(call, refund)
        call.emit("refund.updated", refund, before={"balance_transaction": None})


def retrieve(call: Call, refund: str) -> Body:
    return call.get("refund", refund)


def page(call: Call) -> Body:
    return lists.page(call, "refund", "/v1/refunds", "charge", "payment_intent")
