"""Payment intents: from nothing to a charge."""

from typing import Any

from ..call import Call, need_amount, need_euro
from ..refusals import Refused
from ..store import Body
from . import charges, customers, lists

LEAST = 50  # cents: Stripe's least amount of a charge in euro
_ALL_TYPES = ["card", "sepa_debit", "customer_balance"]


def create(call: Call) -> Body:
    need_euro(call)
    amount = need_amount(call.params.get("amount"), least=LEAST)
    params = call.params
    if params.get("customer"):
        call.get("customer", params["customer"], param="customer", status=400)
    if (params.get("off_session") or params.get("error_on_requires_action")) and not params.get("confirm"):
        raise Refused(
            "You cannot set `off_session` without setting `confirm` to `true`.", param="off_session"
        )
    intent = new(call, amount, params, params.get("customer"))
    if params.get("payment_method"):
        method = customers.use_method(call, params["payment_method"], params.get("customer"))
        call.change(intent, payment_method=method["id"], status="requires_confirmation")
    return _confirm(call, intent) if params.get("confirm") else intent


# Of a new intent.
_EMPTY: Body = {
    **dict.fromkeys(
        [
            "application",
            "application_fee_amount",
            "canceled_at",
            "cancellation_reason",
            "last_payment_error",
            "latest_charge",
            "next_action",
            "on_behalf_of",
            "payment_method",
            "processing",
            "review",
            "shipping",
            "statement_descriptor",
            "transfer_data",
        ]
    ),
}


def new(call: Call, amount: int, given: Body, customer: str | None) -> Body:
    id = call.store.new_id("pi")
    allowed = given.get("allowed_payment_method_types")
    body: Body = {
        "id": id,
        "object": "payment_intent",
        **_EMPTY,
        "allowed_payment_method_types": allowed,
        "amount": amount,
        "amount_capturable": 0,
        "amount_received": 0,
        "automatic_payment_methods": None if allowed else {"allow_redirects": "always", "enabled": True},
        "capture_method": "automatic_async",
        "client_secret": f"{id}_secret_fake",
        "confirmation_method": "automatic",
        "created": call.now,
        "currency": "eur",
        "customer": customer,
        "description": given.get("description"),
        "livemode": False,
        "metadata": {key: value for key, value in (given.get("metadata") or {}).items() if value != ""},
        "payment_method_options": {},
        "payment_method_types": [type for type in _ALL_TYPES if type in (allowed or ["card", "sepa_debit"])],
        "receipt_email": given.get("receipt_email"),
        "setup_future_usage": given.get("setup_future_usage"),
        "statement_descriptor_suffix": given.get("statement_descriptor_suffix"),
        "status": "requires_payment_method",
        "transfer_group": given.get("transfer_group"),
    }
    call.store.add(body, account=call.account)
    call.emit("payment_intent.created", body)
    return body


def confirm(call: Call, intent: str) -> Body:
    body = call.get("payment_intent", intent)
    if body["status"] not in {"requires_payment_method", "requires_confirmation"}:
        raise Refused(
            f"You cannot confirm this PaymentIntent because it has already {body['status']}.",
            code="payment_intent_unexpected_state",
            payment_intent=body,
        )
    if call.params.get("payment_method"):
        method = customers.use_method(call, call.params["payment_method"], body["customer"])
        call.change(body, payment_method=method["id"])
    return _confirm(call, body)


def _confirm(call: Call, intent: Body) -> Body:
    if not intent["payment_method"]:
        raise Refused(
            "You cannot confirm this PaymentIntent because it's missing a payment method.",
            code="payment_intent_unexpected_state",
            payment_intent=intent,
        )
    method = call.get("payment_method", intent["payment_method"])
    if method["type"] not in intent["payment_method_types"]:
        raise Refused(
            f"The PaymentMethod provided ({method['type']}) is not allowed for this PaymentIntent.",
            param="payment_method",
        )
    refusal = pay(call, intent, method)
    if refusal is not None:
        raise refusal
    return intent


def pay(call: Call, intent: Body, method: Body) -> Refused | None:
    """Take the money, or begin to. A declined card leaves a failed charge, and comes back as the refusal."""
    does = call.store.hidden(method["id"]).get("does", "pay")
    if does in {"card_declined", "authentication_required", "insufficient_funds", "expired_card"}:
        return _decline(call, intent, method, does)
    if intent["setup_future_usage"] and intent["customer"]:
        customers.attach(call, method, intent["customer"])
    call.change(intent, payment_method=method["id"], last_payment_error=None)
    if method["type"] == "card":
        charge = charges.new(call, intent, method, "pending")
        succeed(call, intent, charge, at_once=does == "pay_at_once")
    elif method["type"] == "sepa_debit":
        charge = charges.new(call, intent, method, "pending")
        call.emit("charge.pending", charge)
        call.change(intent, "payment_intent.processing", status="processing", latest_charge=charge["id"])
    else:
        _await_transfer(call, intent)
    return None


def _await_transfer(call: Call, intent: Body) -> None:
    instructions: dict[str, Any] = {
        "amount_remaining": intent["amount"],
        "currency": "eur",
        "hosted_instructions_url": f"{call.base}/instructions/{intent['id']}",
        "reference": intent["id"][-10:].upper(),
        "type": "eu_bank_transfer",
    }
    call.change(
        intent,
        "payment_intent.requires_action",
        status="requires_action",
        next_action={
            "type": "display_bank_transfer_instructions",
            "display_bank_transfer_instructions": instructions,
        },
    )


def fund(call: Call, intent: Body, amount: int) -> bool:
    """A bank transfer of `amount` cents comes. Whether all is there now. Raises Refused for what is no such payment."""
    action = intent["next_action"]
    if action is None or amount < 1:
        raise Refused("Only a bank transfer comes in parts, of a cent at least.")
    instructions = action["display_bank_transfer_instructions"]
    left = max(0, instructions["amount_remaining"] - amount)
    if left:
        action = {**action, "display_bank_transfer_instructions": {**instructions, "amount_remaining": left}}
        call.change(intent, "payment_intent.partially_funded", next_action=action)
    return not left


def succeed(call: Call, intent: Body, charge: Body | None = None, *, at_once: bool = False) -> Body:
    """The money is there."""
    method = call.get("payment_method", intent["payment_method"])
    if charge is None and intent["latest_charge"] and intent["status"] == "processing":
        charge = call.get("charge", intent["latest_charge"])
    if charge is None:
        charge = charges.new(call, intent, method, "pending")
    charges.succeed(call, charge, method["type"], at_once=at_once)
    return call.change(
        intent,
        "payment_intent.succeeded",
        status="succeeded",
        amount_received=intent["amount"],
        latest_charge=charge["id"],
        next_action=None,
    )


def fail(call: Call, intent: Body, code: str) -> Body:
    """A debit or a bank transfer that did not come."""
    if intent["latest_charge"]:
        charges.fail(call, call.get("charge", intent["latest_charge"]), code)
    error = {"type": "card_error", "code": "payment_intent_payment_attempt_failed", "message": code}
    return call.change(
        intent,
        "payment_intent.payment_failed",
        status="requires_payment_method",
        payment_method=None,
        next_action=None,
        last_payment_error=error,
    )


def _decline(call: Call, intent: Body, method: Body, does: str) -> Refused:
    code = does if does in {"authentication_required", "expired_card"} else "card_declined"
    decline = does if does in {"authentication_required", "insufficient_funds"} else "generic_decline"
    charge = charges.new(call, intent, method, "failed", failure=code)
    call.emit("charge.failed", charge)
    error: Body = {
        "charge": charge["id"],
        "code": code,
        "decline_code": decline,
        "message": "Your card was declined.",
        "type": "card_error",
    }
    call.change(
        intent,
        "payment_intent.payment_failed",
        status="requires_payment_method",
        payment_method=None,
        latest_charge=charge["id"],
        last_payment_error={**error, "payment_method": method},
    )
    message = str(error.pop("message"))
    return Refused(
        message, status=402, keep=True, **error, payment_intent=dict(intent), payment_method=dict(method)
    )


def cancel(call: Call, intent: str) -> Body:
    body = call.get("payment_intent", intent)
    if body["status"] in {"succeeded", "canceled", "processing"}:
        raise Refused(
            f"You cannot cancel this PaymentIntent because it has a status of {body['status']}.",
            code="payment_intent_unexpected_state",
            payment_intent=body,
        )
    reason = call.params.get("cancellation_reason")
    return call.change(
        body,
        "payment_intent.canceled",
        status="canceled",
        canceled_at=call.now,
        cancellation_reason=reason,
        next_action=None,
    )


def retrieve(call: Call, intent: str) -> Body:
    return call.get("payment_intent", intent)


def page(call: Call) -> Body:
    return lists.page(call, "payment_intent", "/v1/payment_intents", "customer")


def search(call: Call) -> Body:
    return lists.search(call, "payment_intent", "/v1/payment_intents/search")
