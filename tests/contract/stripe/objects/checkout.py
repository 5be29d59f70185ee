"""Checkout sessions: a page of Stripe's where somebody pays."""

from typing import Any

from ..call import Call, need_amount
from ..refusals import Refused, Shapeless
from ..store import Body
from . import customers, intents, lists
from .balance import DAY

_KINDS = ("card", "sepa_debit", "customer_balance")
TRANSFER_COUNTRIES = frozenset(["BE", "DE", "ES", "FR", "IE", "NL"])
SHORTEST = 30 * 60  # seconds a session is open at least; at most, and without saying, a day


def create(call: Call) -> Body:
    params = call.params
    if params.get("mode") != "payment":
        raise Shapeless("Only sessions that take a payment are used here.", param="mode")
    customer = params.get("customer")
    if customer:
        call.get("customer", customer, param="customer", status=400)
        if params.get("customer_email") or params.get("customer_creation"):
            raise Refused(
                "You may only specify one of these parameters: customer, customer_email.", param="customer"
            )
    lines = [_line(call, at, line) for at, line in enumerate(params.get("line_items") or [])]
    if not lines:
        raise Refused("You must provide line_items for a session that takes a payment.", param="line_items")
    amount = need_amount(sum(line["amount_total"] for line in lines), param="line_items", least=intents.LEAST)
    types = _types(params)
    if "customer_balance" in types and not customer:
        raise Refused("`customer_balance` can only be used with a `customer`.", param="customer")
    if not params.get("success_url"):
        raise Refused("Missing required param: success_url.", code="parameter_missing", param="success_url")
    return _new(call, amount, lines, types)


def _types(params: Body) -> list[str]:
    allowed = params.get("allowed_payment_method_types")
    unknown = [type for type in allowed or [] if type not in _KINDS]
    if unknown:
        raise Refused(
            f"The payment method type {unknown[0]} is not activated for this account.",
            param="allowed_payment_method_types",
        )
    instructed = _can_wait_for_transfer(params)
    if "customer_balance" in (allowed or []) and not instructed:
        raise Refused(
            "Bank transfers need `payment_method_options[customer_balance]` with `funding_type` bank_transfer and a "
            "`bank_transfer` of type eu_bank_transfer with its country.",
            code="parameter_missing",
            param="payment_method_options[customer_balance][funding_type]",
        )
    offered = allowed or ["card", "sepa_debit", *(["customer_balance"] if instructed else [])]
    return [type for type in offered if type not in params.get("excluded_payment_method_types", [])]


def _can_wait_for_transfer(params: Body) -> bool:
    """Whether the session says how a bank transfer is made. Raises Refused for a country without such accounts."""
    options = (params.get("payment_method_options") or {}).get("customer_balance") or {}
    transfer = options.get("bank_transfer") or {}
    if options.get("funding_type") != "bank_transfer" or transfer.get("type") != "eu_bank_transfer":
        return False
    country = (transfer.get("eu_bank_transfer") or {}).get("country")
    if country not in TRANSFER_COUNTRIES:
        raise Refused(
            f"Bank accounts for transfers are not in {country}, only in {', '.join(sorted(TRANSFER_COUNTRIES))}.",
            param="payment_method_options[customer_balance][bank_transfer][eu_bank_transfer][country]",
        )
    return True


def _line(call: Call, at: int, line: Body) -> Body:
    price, quantity = line.get("price_data"), line.get("quantity", 1)
    where = f"line_items[{at}]"
    if price is None or "product_data" not in price:
        raise Shapeless("Prices are always made with price_data and product_data here.", param=where)
    if price["currency"] != "eur":
        raise Shapeless("This account speaks euro only.", param=f"{where}[price_data][currency]")
    unit = need_amount(price.get("unit_amount"), param=f"{where}[price_data][unit_amount]")
    total = unit * need_amount(quantity, param=f"{where}[quantity]")
    return {
        "id": call.store.new_id("li"),
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": "eur",
        "description": price["product_data"]["name"],
        "metadata": {},
        "price": None,
        "quantity": quantity,
    }


_ALWAYS = {
    "custom_fields": [],
    "livemode": False,
    "mode": "payment",
    "shipping_options": [],
    "ui_mode": "hosted_page",
}
_NO_TAX = {"enabled": False, "liability": None, "provider": None, "status": None}
_NO_TEXT = dict.fromkeys(["after_submit", "shipping_address", "submit", "terms_of_service_acceptance"])


def _new(call: Call, amount: int, lines: list[Body], types: list[str]) -> Body:
    params, now = call.params, call.now
    expires = params.get("expires_at", now + DAY)
    if not now + SHORTEST - 60 <= expires <= now + DAY + 60:
        raise Refused(
            "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.",
            param="expires_at",
        )
    id = call.store.new_id("cs_test")
    body: Body = {
        "id": id,
        "object": "checkout.session",
        **_ALWAYS,
        **_said(params),
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "amount_subtotal": amount,
        "amount_total": amount,
        "automatic_tax": _NO_TAX,
        "created": now,
        "currency": "eur",
        "custom_text": {**_NO_TEXT, "submit": params.get("custom_text", {}).get("submit") or None},
        "customer": params.get("customer"),
        "customer_details": None,
        "expires_at": expires,
        "metadata": call.metadata(),
        "payment_intent": None,
        "payment_method_types": types,
        "payment_status": "unpaid",
        "status": "open",
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "url": f"{call.base}/pay/{id}",
    }
    items = {
        "object": "list",
        "data": lines,
        "has_more": False,
        "url": f"/v1/checkout/sessions/{id}/line_items",
    }
    hidden = {"line_items": items, "payment_intent_data": params.get("payment_intent_data") or {}}
    return call.store.add(body, account=call.account, hidden=hidden)


def _said(params: Body) -> dict[str, Any]:
    names = (
        "cancel_url",
        "client_reference_id",
        "customer_creation",
        "customer_email",
        "locale",
        "submit_type",
    )
    said = {name: params.get(name) for name in (*names, "success_url", "billing_address_collection")}
    if not params.get("customer") and said["customer_creation"] is None:
        said["customer_creation"] = "if_required"
    return said


def retrieve(call: Call, session: str) -> Body:
    return call.get("checkout.session", session)


def page(call: Call) -> Body:
    return lists.page(
        call, "checkout.session", "/v1/checkout/sessions", "customer", "payment_intent", "status"
    )


def line_items(call: Call, session: str) -> Body:
    call.get("checkout.session", session)
    items: Body = call.store.hidden(session)["line_items"]
    return items


def expire(call: Call, session: str) -> Body:
    body = call.get("checkout.session", session)
    if body["status"] != "open":
        raise Refused(
            f'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of'
            f" `{body['status']}`."
        )
    return close(call, body)


def close(call: Call, session: Body) -> Body:
    return call.change(session, "checkout.session.expired", status="expired", url=None)


def pay(call: Call, session: Body, method_type: str, *, does: str = "pay") -> str:
    """Somebody pays at the page. Returns "paid", "unpaid" (money is on its way) or the code of a declined card."""
    if session["status"] != "open":
        raise Refused(f"This session is {session['status']}.")
    if method_type not in session["payment_method_types"]:
        raise Refused(f"This session takes no {method_type}: {session['payment_method_types']}.")
    hidden = call.store.hidden(session["id"])
    customer = session["customer"]
    saves = bool(hidden["payment_intent_data"].get("setup_future_usage"))
    if customer is None and (saves or session["customer_creation"] == "always"):
        customer = _new_customer(call, session)
    if session["payment_intent"]:
        intent = call.get("payment_intent", session["payment_intent"])
    else:
        given = {
            **hidden["payment_intent_data"],
            "allowed_payment_method_types": session["payment_method_types"],
        }
        intent = intents.new(call, session["amount_total"], given, customer)
        call.change(session, payment_intent=intent["id"])
    method = customers.new_method(call, method_type, customer=None, does=does)
    refusal = intents.pay(call, intent, method)
    if refusal is not None:
        return str(refusal.body["error"]["code"])
    return _complete(call, session, intent)


def _new_customer(call: Call, session: Body) -> str:
    given = {"email": session["customer_email"]} if session["customer_email"] else {}
    inner = Call(call.store, given, call.base)
    customer = customers.create(inner)
    call.events += inner.events
    call.change(session, customer=customer["id"])
    return str(customer["id"])


def _complete(call: Call, session: Body, intent: Body) -> str:
    status = "paid" if intent["status"] == "succeeded" else "unpaid"
    details = {"address": None, "email": session["customer_email"], "name": None, "phone": None}
    call.change(
        session,
        "checkout.session.completed",
        status="complete",
        payment_status=status,
        url=None,
        customer_details={**details, "tax_exempt": "none", "tax_ids": []},
    )
    return status


def of_intent(call: Call, intent: str) -> Body | None:
    found = call.store.find("checkout.session", call.account, where={"payment_intent": intent}, limit=1)
    return found[0] if found else None


def settled(call: Call, intent: Body) -> None:
    """Money that was on its way has come, or will not come."""
    session = of_intent(call, intent["id"])
    if session is None or session["status"] != "complete" or session["payment_status"] == "paid":
        return
    if intent["status"] == "succeeded":
        call.change(session, "checkout.session.async_payment_succeeded", payment_status="paid")
    else:
        call.emit("checkout.session.async_payment_failed", session)
