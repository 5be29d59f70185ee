"""Customers, and the ways of paying that they leave for later."""

from typing import Any

from ..call import Call
from ..refusals import Refused, missing
from ..store import Body
from . import lists

CARD = {
    "brand": "visa",
    "country": "FR",
    "exp_month": 12,
    "exp_year": 2034,
    "funding": "credit",
    "last4": "4242",
}
SEPA = {"bank_code": "20041", "branch_code": "01005", "country": "FR", "fingerprint": "fake", "last4": "2606"}
# Ways of paying that Stripe's test mode has, too: (type, what becomes of a payment)
TEST_METHODS = {
    "pm_card_visa": ("card", "pay"),
    "pm_card_bypassPending": ("card", "pay_at_once"),
    "pm_card_visa_chargeDeclined": ("card", "card_declined"),
    "pm_card_authenticationRequired": ("card", "authentication_required"),
    "pm_sepaDebit": ("sepa_debit", "pay"),
}
DETAILS: dict[str, Body] = {"card": CARD, "sepa_debit": SEPA, "customer_balance": {}}


def create(call: Call) -> Body:
    given = call.take("name", "email", "phone", "description", "address", "preferred_locales")
    body: Body = {
        "id": call.store.new_id("cus"),
        "object": "customer",
        "address": given.get("address"),
        "balance": 0,
        "created": call.now,
        "currency": None,
        "default_source": None,
        "delinquent": False,
        "description": given.get("description"),
        "email": given.get("email"),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": call.metadata(),
        "name": given.get("name"),
        "phone": given.get("phone"),
        "preferred_locales": given.get("preferred_locales", []),
        "shipping": None,
        "tax_exempt": call.params.get("tax_exempt", "none"),
    }
    if isinstance(body["address"], dict):
        body["address"] = {key: body["address"].get(key) for key in ADDRESS}
    call.store.add(body, account=call.account)
    call.emit("customer.created", body)
    return body


ADDRESS = ("city", "country", "line1", "line2", "postal_code", "state")


def retrieve(call: Call, customer: str) -> Body:
    return call.get("customer", customer)


def page(call: Call) -> Body:
    return lists.page(call, "customer", "/v1/customers", "email")


def search(call: Call) -> Body:
    return lists.search(call, "customer", "/v1/customers/search")


def new_method(call: Call, type: str, *, customer: str | None, does: str = "pay") -> Body:
    """A way of paying; one without a customer can be used once."""
    body: Body = {
        "id": call.store.new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": {"address": None, "email": None, "name": None, "phone": None, "tax_id": None},
        "created": call.now,
        "customer": customer,
        "livemode": False,
        "metadata": {},
        "type": type,
        type: DETAILS[type],
    }
    call.store.add(body, account=call.account, hidden={"does": does})
    if customer:
        call.emit("payment_method.attached", body)
    return body


def attach(call: Call, method: Body, customer: str) -> None:
    if method["customer"] is None:
        call.change(method, "payment_method.attached", customer=customer)


def use_method(call: Call, id: str, customer: str | None) -> Body:
    """The way of paying with this id, or a new one like that of the test mode. Raises Refused."""
    if id in TEST_METHODS:
        type, does = TEST_METHODS[id]
        return new_method(call, type, customer=None, does=does)
    method = call.get("payment_method", id, param="payment_method", status=400)
    if method["customer"] is not None and method["customer"] != customer:
        raise Refused(
            "The payment method does not belong to the Customer you supplied."
            if customer
            else "The payment method you provided is attached to a customer so for security purposes you must provide "
            "the customer in the request.",
            param="payment_method",
        )
    return method


def methods_of(call: Call, customer: str) -> Body:
    call.get("customer", customer)
    return lists.page(
        call,
        "payment_method",
        f"/v1/customers/{customer}/payment_methods",
        "type",
        where={"customer": customer},
    )


def methods(call: Call) -> Body:
    where: dict[str, Any] = call.take("customer")
    if "customer" in where:
        call.get("customer", where["customer"], param="customer", status=400)
    return lists.page(call, "payment_method", "/v1/payment_methods", "type", where=where)


def retrieve_method(call: Call, payment_method: str) -> Body:
    return call.get("payment_method", payment_method)


def retrieve_method_of(call: Call, customer: str, payment_method: str) -> Body:
    found = call.get("payment_method", payment_method)
    if found["customer"] != customer:
        raise missing("payment_method", payment_method)
    return found
