"""The fake keeps to Stripe's document, and the document to the SDK that is pinned."""

import importlib
from typing import Any

import pytest
import stripe

from tests.contract.stripe import document, routes, shapes, steps
from tests.contract.stripe.objects import balance
from tests.contract.stripe.refusals import Shapeless
from tests.stripe_world import StripeWorld

# Of the SDK's own, never sent as parameters or shown as fields.
_OPTIONS = {
    "api_key",
    "content_type",
    "headers",
    "idempotency_key",
    "max_network_retries",
    "stripe_account",
    "stripe_context",
    "stripe_version",
}
_KINDS = {
    "checkout.session": stripe.checkout.Session,
    "payment_intent": stripe.PaymentIntent,
    "charge": stripe.Charge,
    "balance_transaction": stripe.BalanceTransaction,
    "refund": stripe.Refund,
    "dispute": stripe.Dispute,
    "customer": stripe.Customer,
    "payment_method": stripe.PaymentMethod,
    "account": stripe.Account,
    "account_link": stripe.AccountLink,
    "transfer": stripe.Transfer,
    "payout": stripe.Payout,
    "balance": stripe.Balance,
    "event": stripe.Event,
}
# Fields of the newer version that this fake never shows, and that are therefore not patched in.
_NOT_SHOWN = {
    "payment_intent": {"payment_record", "source"},
    "charge": {"authorization_code", "level3", "source"},
    "refund": {"customer_account"},
    "payment_method": {"paypay", "sequra"},
}
_PARAMETERS = {
    "/v1/checkout/sessions": ("checkout", "SessionCreateParams"),
    "/v1/payment_intents": ("", "PaymentIntentCreateParams"),
    "/v1/payment_intents/{intent}/confirm": ("", "PaymentIntentConfirmParams"),
    "/v1/payment_intents/{intent}/cancel": ("", "PaymentIntentCancelParams"),
    "/v1/refunds": ("", "RefundCreateParams"),
    "/v1/accounts": ("", "AccountCreateParams"),
    "/v1/account_links": ("", "AccountLinkCreateParams"),
    "/v1/transfers": ("", "TransferCreateParams"),
}


def test_the_sdk_speaks_the_version_that_the_document_was_brought_to() -> None:
    assert stripe.api_version == document.VERSION


@pytest.mark.parametrize("path", _PARAMETERS)
def test_the_patched_parameters_are_those_of_the_sdk(path: str) -> None:
    package, name = _PARAMETERS[path]
    module = importlib.import_module(f"stripe.params.{package}".rstrip("."))
    known = set(document.operation("POST", path).request["properties"])
    assert set(getattr(module, name).__annotations__) - _OPTIONS == known


@pytest.mark.parametrize("kind", _KINDS)
def test_the_patched_fields_are_those_of_the_sdk(kind: str) -> None:
    shape = document.of_object(kind)
    assert shape is not None
    shown = set(_KINDS[kind].__annotations__) - {"OBJECT_NAME", "_inner_class_types", "deleted"}
    assert shown - set(shape["properties"]) == _NOT_SHOWN.get(kind, set())
    assert set(shape["properties"]) - shown == set()


@pytest.mark.parametrize("route", routes.ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_every_call_that_is_played_is_stripe_s(route: routes.Route) -> None:
    operation = document.operation(route.method, route.path)
    known = set(operation.request.get("properties", {}))
    assert route.means - {"expand", *["limit", "starting_after", "ending_before", "created"]} <= known


def test_an_answer_that_does_not_keep_to_the_document_is_found() -> None:
    shape: document.Schema = {"$ref": "#/components/schemas/account_link"}
    right = {"object": "account_link", "created": 1, "expires_at": 2, "url": "https://stripe.example"}
    assert list(shapes.problems(shape, right)) == []
    for wrong, problem in [
        ({**right, "colour": "red"}, ".colour: unknown"),
        ({**right, "created": "1"}, ".created: '1' is no integer"),
        ({**right, "created": True}, ".created: True is no integer"),
        ({**right, "object": "link"}, ".object: 'link' is none of ['account_link']"),
        ({**right, "url": None}, ".url: null"),
        ({name: value for name, value in right.items() if name != "url"}, ".url: missing"),
    ]:
        assert list(shapes.problems(shape, wrong)) == [problem]


def test_a_fake_that_breaks_its_word_fails_the_test_that_saw_it(
    stripe_world: StripeWorld, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    """In this process: an answer with a wrong field is noted."""
    from tests.contract.stripe.api import Api, Request
    from tests.contract.stripe.store import Store

    api = Api(Store(tmp_path / "own.sqlite"), key="k", base="http://127.0.0.1")
    headers = {"Authorization": "Bearer k", "Stripe-Version": document.VERSION}
    answer = api.answer(Request("GET", "/v1/balance", "", "", headers))
    assert (answer.status, api.problems) == (200, [])
    route = next(route for route in routes.ROUTES if route.path == "/v1/balance")
    broken = routes.Route(**{field: getattr(route, field) for field in route.__slots__} | {"run": _wrong})
    monkeypatch.setattr(routes, "ROUTES", (broken,))
    api.answer(Request("GET", "/v1/balance", "", "", headers))
    assert api.problems == ["GET /v1/balance.livemode: 'no' is no boolean"]


def _wrong(call: Any) -> Any:
    return {**balance.retrieve(call), "livemode": "no"}


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"amount": 0}, "parameter_invalid_integer", "amount"),
        ({"amount": -1}, "parameter_invalid_integer", "amount"),
        ({"amount": "1.5"}, "parameter_invalid_integer", "amount"),
        ({"amount": "１"}, "parameter_invalid_integer", "amount"),
        ({"amount": "NaN"}, "parameter_invalid_integer", "amount"),
        ({"amount": ""}, "parameter_invalid_integer", "amount"),
        ({"amount": 10**9}, "amount_too_large", "amount"),
        ({"amount": None}, "parameter_missing", "amount"),
        ({"destination": None}, "parameter_missing", "destination"),
        ({"destination": "acct_nobody"}, "resource_missing", "destination"),
        ({"source_transaction": "ch_none"}, "resource_missing", "source_transaction"),
        ({"currency": "usd"}, None, "currency"),
        ({"colour": "red"}, "parameter_unknown", "colour"),
        ({"metadata": {"a": {"b": "c"}}}, None, "metadata[a]"),
        ({"source_type": "gold"}, None, "source_type"),
    ],
)
def test_a_transfer_that_makes_no_sense_is_refused(
    stripe_world: StripeWorld, params: dict[str, Any], code: str | None, param: str
) -> None:
    order: Any = {"amount": 500, "currency": "eur", "destination": steps.worker(stripe_world), **params}
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        order = {name: value for name, value in order.items() if value is not None}
        stripe_world.client().v1.transfers.create(order)
    assert (refusal.value.http_status, refusal.value.code, refusal.value.param) == (400, code, param)
    assert stripe_world.effects("/v1/transfers") == 0


@pytest.mark.parametrize(
    ("more", "param"),
    [
        ({"line_items": []}, "line_items"),
        ({"mode": "subscription"}, "mode"),
        ({"payment_method_types": ["card"]}, "payment_method_types"),  # gone with the version
        ({"allowed_payment_method_types": ["paypal"]}, "allowed_payment_method_types"),
        (
            {"allowed_payment_method_types": ["customer_balance"], "payment_method_options": steps.TRANSFER},
            "customer",
        ),
        ({"expires_at": 1}, "expires_at"),
        ({"customer": "cus_nobody"}, "customer"),
        ({"automatic_tax": {"enabled": True}}, "automatic_tax"),  # Stripe would; here it is not played
    ],
)
def test_a_session_that_makes_no_sense_is_refused(
    stripe_world: StripeWorld, more: dict[str, Any], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        stripe_world.client().v1.checkout.sessions.create(steps.session_params(**more))
    assert refusal.value.param == param


@pytest.mark.parametrize("cents", [0, 49, -100, 100_000_000])
def test_a_session_about_too_little_or_too_much_is_refused(stripe_world: StripeWorld, cents: int) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        stripe_world.client().v1.checkout.sessions.create(steps.session_params(cents))


def test_strangers_and_old_versions_are_turned_away(stripe_world: StripeWorld) -> None:
    with pytest.raises(stripe.AuthenticationError):
        stripe_world.client(key="sk_test_wrong").v1.balance.retrieve()
    with pytest.raises(stripe.InvalidRequestError, match="is spoken here"):
        stripe_world.client().v1.balance.retrieve(None, {"stripe_version": "2025-01-27.acacia"})
    with pytest.raises(stripe.PermissionError) as refusal:
        stripe_world.client().v1.balance.retrieve(None, {"stripe_account": "acct_nobody"})
    assert refusal.value.error is not None and refusal.value.error.code == "account_invalid"
    with pytest.raises(stripe.PermissionError):
        stripe_world.client().v1.accounts.retrieve("acct_nobody")
    gone = steps.worker(stripe_world)
    stripe_world.deauthorize(gone)
    with pytest.raises(stripe.PermissionError):
        stripe_world.client().v1.accounts.retrieve(gone)


def test_a_call_that_names_no_version_is_refused(stripe_world: StripeWorld) -> None:
    import requests

    url, key = f"{stripe_world.url}/v1/balance", {"Authorization": f"Bearer {stripe_world.key}"}
    assert requests.get(url, headers=key, timeout=5).status_code == 400
    assert requests.get(f"{stripe_world.url}/v1/nothing", headers=key, timeout=5).status_code == 400


def test_one_account_s_objects_are_not_another_s(stripe_world: StripeWorld) -> None:
    client = stripe_world.client()
    stripe_world.topup(1_000)
    one, two = steps.worker(stripe_world), steps.worker(stripe_world)
    payment = str(steps.transfer(client, one).destination_payment)
    assert client.v1.charges.retrieve(payment, None, {"stripe_account": one}).amount == 500
    for options in ({}, {"stripe_account": two}):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            client.v1.charges.retrieve(payment, None, options)  # type: ignore[arg-type]
        assert refusal.value.http_status == 404


def test_a_form_that_is_two_things_at_once_is_refused() -> None:
    assert shapes.parse("a[b]=1&a[c][0]=2&d[]=3") == {"a": {"b": "1", "c": {"0": "2"}}, "d": {"0": "3"}}
    with pytest.raises(Shapeless):
        shapes.parse("a=1&a[b]=2")
