"""Disputes: a payer's bank takes a charge back, and perhaps gives it up again."""

from ..call import Call
from ..refusals import Refused
from ..store import Body
from . import balance, lists

_EVIDENCE = [
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
]


# Of a new dispute.
_NEW: Body = {
    "currency": "eur",
    **dict.fromkeys(["intended_submission_method", "network_reason_code"]),
    "enhanced_eligibility_types": [],
    "is_charge_refundable": False,
    "livemode": False,
    "metadata": {},
    "status": "needs_response",
}


def open_one(call: Call, charge: Body, *, amount: int | None, reason: str, fee: int) -> Body:
    """The payer's bank takes `amount` cents back (all of the charge by default), and Stripe its `fee`."""
    if charge["status"] != "succeeded" or charge["disputed"]:
        raise Refused("Only a paid charge that is not disputed yet can be disputed.")
    amount = charge["amount"] if amount is None else amount
    if not 0 < amount <= charge["amount"]:
        raise Refused("A dispute is about a part of the charge, or all of it.")
    id = call.store.new_id("du")
    line = balance.book(
        call,
        type="adjustment",
        amount=-amount,
        source=id,
        fee=fee,
        description=f"Chargeback withdrawal for {id}",
    )
    body: Body = {
        "id": id,
        "object": "dispute",
        **_NEW,
        "amount": amount,
        "balance_transactions": [line],
        "charge": charge["id"],
        "created": call.now,
        "evidence": {**dict.fromkeys(_EVIDENCE), "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": call.now + 9 * balance.DAY,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "payment_intent": charge["payment_intent"],
        "reason": reason,
    }
    call.store.add(body)
    call.change(charge, disputed=True)
    call.emit("charge.dispute.created", body)
    call.emit("charge.dispute.funds_withdrawn", body)
    return body


def close(call: Call, dispute: Body, *, won: bool, fee_back: int) -> Body:
    """Decide it. `fee_back`: what of its fee Stripe gives back with a dispute that is won, in cents."""
    if dispute["status"] not in {"needs_response", "under_review"}:
        raise Refused(f"This dispute is {dispute['status']}.")
    lines = dispute["balance_transactions"]
    if won:
        line = balance.book(
            call,
            type="adjustment",
            amount=dispute["amount"],
            source=dispute["id"],
            fee=-fee_back,
            description=f"Chargeback reversal for {dispute['id']}",
            reporting="dispute_reversal",
        )
        lines = [*lines, line]
    call.change(dispute, status="won" if won else "lost", balance_transactions=lines)
    if won:
        call.emit("charge.dispute.funds_reinstated", dispute)
    call.emit("charge.dispute.closed", dispute)
    return dispute


def retrieve(call: Call, dispute: str) -> Body:
    return call.get("dispute", dispute)


def page(call: Call) -> Body:
    return lists.page(call, "dispute", "/v1/disputes", "charge", "payment_intent")
