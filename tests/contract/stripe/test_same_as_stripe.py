"""The same calls to the fake and, where there is a key, to Stripe's test mode: what holds for one holds for the other.

    STRIPE_TEST_KEY      a secret key of the test mode, of a platform with Connect in a country of the euro
    STRIPE_TEST_ACCOUNT  a connected account of it that can receive transfers; onboarding needs hands on a page

Only what needs nobody at a page is called. Stripe's own ways of paying for tests (pm_card_visa and others) are known to
both sides.
"""

import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import stripe

from tests.contract.stripe import steps
from tests.stripe_world import StripeWorld

KEY = os.environ.get("STRIPE_TEST_KEY", "")
ACCOUNT = os.environ.get("STRIPE_TEST_ACCOUNT", "")

BOTH = [
    "fake",
    pytest.param(
        "stripe",
        marks=[
            pytest.mark.skipif(not KEY, reason="STRIPE_TEST_KEY is not set: Stripe's test mode is not asked"),
            pytest.mark.enable_socket,
        ],
    ),
]


@dataclass
class Side:
    """One of the two: its client, and an account that can be paid (None where there is none)."""

    client: stripe.StripeClient
    worker: Callable[[], str]


@pytest.fixture(params=BOTH)
def side(request: pytest.FixtureRequest) -> Iterator[Side]:
    if request.param == "stripe":
        assert KEY.startswith(("sk_test_", "rk_test_")), "STRIPE_TEST_KEY must be a key of the test mode"
        yield Side(stripe.StripeClient(KEY, max_network_retries=2), _their_worker)
    else:
        world: StripeWorld = request.getfixturevalue("stripe_world")
        yield Side(world.client(), lambda: steps.worker(world))


def _their_worker() -> str:
    if not ACCOUNT:
        pytest.skip("STRIPE_TEST_ACCOUNT is not set: no account of the test mode can receive transfers")
    return ACCOUNT


def unique() -> str:
    """A key, or a group, that no earlier run used."""
    return f"tessera-{uuid.uuid4().hex}"


def charged(side: Side, cents: int = 2_000, *, method: str = "pm_card_bypassPending") -> stripe.PaymentIntent:
    """A payment by a card of the test mode whose money is available at once."""
    order: Any = {
        "amount": cents,
        "currency": "eur",
        "payment_method": method,
        "allowed_payment_method_types": ["card"],
        "confirm": True,
        "metadata": {"key": unique()},
        "expand": ["latest_charge.balance_transaction"],
    }
    return side.client.v1.payment_intents.create(order)


def refused(call: Callable[[], Any]) -> stripe.StripeError:
    with pytest.raises(stripe.StripeError) as refusal:
        call()
    return refusal.value


# --- Paying in ----------------------------------------------------------------------------------------------


def test_a_session_is_open_until_it_is_expired(side: Side) -> None:
    params = steps.session_params(
        12_345, client_reference_id="dep_1", metadata={"key": "dep_1"}, allowed_payment_method_types=["card"]
    )
    made = side.client.v1.checkout.sessions.create(params)
    session = side.client.v1.checkout.sessions.retrieve(made.id, {"expand": ["line_items"]})
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert (session.amount_total, session.currency, session.client_reference_id) == (12_345, "eur", "dep_1")
    assert session.metadata is not None and session.metadata["key"] == "dep_1"
    assert session.url and session.payment_method_types == ["card"]
    assert session.line_items is not None and session.line_items.data[0].amount_total == 12_345
    assert side.client.v1.checkout.sessions.expire(made.id).status == "expired"
    again = refused(lambda: side.client.v1.checkout.sessions.expire(made.id))
    assert (type(again), again.http_status) == (stripe.InvalidRequestError, 400)


@pytest.mark.parametrize("cents", [0, -100, 10, 100_000_000])
def test_a_session_about_too_little_or_too_much_is_refused(side: Side, cents: int) -> None:
    refusal = refused(lambda: side.client.v1.checkout.sessions.create(steps.session_params(cents)))
    assert refusal.http_status == 400


def test_a_bank_transfer_needs_a_customer_and_its_country(side: Side) -> None:
    params = steps.session_params(allowed_payment_method_types=["customer_balance"])
    assert refused(lambda: side.client.v1.checkout.sessions.create(params)).http_status == 400
    customer = side.client.v1.customers.create({"name": "Atelier"})
    params = steps.session_params(
        allowed_payment_method_types=["customer_balance"],
        customer=customer.id,
        payment_method_options=steps.TRANSFER,
    )
    assert side.client.v1.checkout.sessions.create(params).status == "open"


def test_a_charge_brings_its_amount_less_a_fee(side: Side) -> None:
    intent = charged(side)
    charge: Any = intent.latest_charge
    line = charge.balance_transaction
    assert (intent.status, charge.status, charge.amount, charge.paid) == (
        "succeeded",
        "succeeded",
        2_000,
        True,
    )
    assert (line.amount, line.amount - line.fee, line.type) == (2_000, line.net, "charge")
    assert line.fee > 0 and line.source == charge.id and line.status == "available"
    assert sum(detail.amount for detail in line.fee_details) == line.fee
    listed = side.client.v1.charges.list({"payment_intent": intent.id}).data
    assert [one.id for one in listed] == [charge.id]


def test_a_declined_card_leaves_an_intent_that_can_be_asked_about(side: Side) -> None:
    refusal: Any = refused(lambda: charged(side, method="pm_card_visa_chargeDeclined"))
    assert isinstance(refusal, stripe.CardError)
    assert (refusal.http_status, refusal.code) == (402, "card_declined")
    error: Any = refusal.error
    left = side.client.v1.payment_intents.retrieve(error.payment_intent.id)
    assert left.status == "requires_payment_method"
    assert left.last_payment_error is not None and left.last_payment_error.code == "card_declined"


def test_a_kept_card_is_charged_with_nobody_there(side: Side) -> None:
    customer = side.client.v1.customers.create({"name": "Atelier"})
    order: Any = {
        "amount": 500,
        "currency": "eur",
        "customer": customer.id,
        "payment_method": "pm_card_visa",
        "allowed_payment_method_types": ["card"],
        "setup_future_usage": "off_session",
        "confirm": True,
    }
    assert side.client.v1.payment_intents.create(order).status == "succeeded"
    kept = side.client.v1.customers.payment_methods.list(customer.id).data
    assert len(kept) == 1 and kept[0].customer == customer.id
    del order["setup_future_usage"]
    later: Any = {**order, "payment_method": kept[0].id, "off_session": True}
    assert side.client.v1.payment_intents.create(later).status == "succeeded"
    stranger: Any = {name: value for name, value in later.items() if name != "customer"}
    assert refused(lambda: side.client.v1.payment_intents.create(stranger)).http_status == 400


def test_a_refund_gives_back_no_more_than_was_paid(side: Side) -> None:
    charge: Any = charged(side).latest_charge
    refund = side.client.v1.refunds.create({"charge": charge.id, "amount": 500, "metadata": {"key": "r"}})
    assert (refund.status, refund.amount, refund.charge) == ("succeeded", 500, charge.id)
    line = side.client.v1.balance_transactions.retrieve(str(refund.balance_transaction))
    assert (line.amount, line.type, line.source) == (-500, "refund", refund.id)
    assert side.client.v1.charges.retrieve(charge.id).amount_refunded == 500
    too_much = refused(lambda: side.client.v1.refunds.create({"charge": charge.id, "amount": 1_501}))
    assert too_much.http_status == 400
    side.client.v1.refunds.create({"charge": charge.id})
    nothing_left = refused(lambda: side.client.v1.refunds.create({"charge": charge.id}))
    assert nothing_left.code == "charge_already_refunded"
    assert len(side.client.v1.refunds.list({"charge": charge.id}).data) == 2


# --- Paying out ---------------------------------------------------------------------------------------------


def test_a_new_account_can_t_be_paid_yet(side: Side) -> None:
    account = steps.account(side.client, metadata={"worker": "w1"})
    known = side.client.v1.accounts.retrieve(account.id)
    assert known.controller is not None and known.controller.losses is not None
    assert known.controller.losses.payments == "application"
    assert known.capabilities is not None and known.capabilities.transfers == "inactive"
    assert (known.payouts_enabled, known.details_submitted) == (False, False)
    assert known.requirements is not None and known.requirements.currently_due
    assert known.requirements.disabled_reason
    links: Any = {"refresh_url": "https://tessera.example/r", "return_url": "https://tessera.example/b"}
    link = side.client.v1.account_links.create({"account": account.id, "type": "account_onboarding", **links})
    assert link.url and link.expires_at > link.created
    charge: Any = charged(side).latest_charge
    refusal = refused(lambda: steps.transfer(side.client, account.id, source_transaction=charge.id))
    assert (refusal.http_status, refusal.code) == (400, "insufficient_capabilities_for_transfer")


def test_transfers_out_of_a_charge_are_bounded_and_can_be_listed_and_reversed(side: Side) -> None:
    to, group = side.worker(), unique()
    charge: Any = charged(side, 1_000).latest_charge
    more = {"source_transaction": charge.id, "transfer_group": group, "metadata": {"key": group}}
    made = steps.transfer(side.client, to, 700, key=group, **more)
    assert steps.transfer(side.client, to, 700, key=group, **more).id == made.id
    assert (made.source_transaction, made.transfer_group, made.reversed) == (charge.id, group, False)
    assert made.destination_payment
    refusal = refused(lambda: steps.transfer(side.client, to, 301, **more))
    assert refusal.http_status == 400
    assert [one.id for one in side.client.v1.transfers.list({"transfer_group": group}).data] == [made.id]
    line = side.client.v1.balance_transactions.retrieve(str(made.balance_transaction))
    assert (line.amount, line.fee, line.type) == (-700, 0, "transfer")
    back = side.client.v1.transfers.reversals.create(made.id, {"amount": 200})
    assert side.client.v1.transfers.retrieve(made.id).amount_reversed == 200
    assert [one.id for one in side.client.v1.transfers.reversals.list(made.id).data] == [back.id]
    theirs: Any = {"stripe_account": to}
    assert side.client.v1.balance.retrieve(None, theirs).object == "balance"
    assert len(side.client.v1.payouts.list({"limit": 1}, theirs).data) <= 1


def test_parts_of_one_charge_go_to_several_groups(side: Side) -> None:
    """Tessera's payouts are groups, and a deposit pays many: no charge belongs to a group of its own."""
    to, groups = side.worker(), [unique(), unique()]
    charge: Any = charged(side, 1_000).latest_charge
    for group in groups:
        steps.transfer(side.client, to, 300, source_transaction=charge.id, transfer_group=group)
    for group in groups:
        assert len(side.client.v1.transfers.list({"transfer_group": group}).data) == 1


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"amount": -1}, "parameter_invalid_integer", "amount"),
        ({"amount": "1.5"}, "parameter_invalid_integer", "amount"),
        ({"destination": None}, "parameter_missing", "destination"),
        ({"destination": "acct_1nobodynobodyno"}, "resource_missing", "destination"),
        ({"colour": "red"}, "parameter_unknown", "colour"),
    ],
)
def test_a_transfer_that_makes_no_sense_is_refused(
    side: Side, params: dict[str, Any], code: str, param: str
) -> None:
    account = steps.account(side.client).id
    order: Any = {"amount": 500, "currency": "eur", "destination": account, **params}
    order = {name: value for name, value in order.items() if value is not None}
    refusal: Any = refused(lambda: side.client.v1.transfers.create(order))
    assert (refusal.http_status, refusal.code, refusal.param) == (400, code, param)


# --- Of every call ------------------------------------------------------------------------------------------


def test_a_key_does_one_thing_once(side: Side) -> None:
    key: Any = {"idempotency_key": unique()}
    made = side.client.v1.customers.create({"name": "Atelier"}, key)
    again = side.client.v1.customers.create({"name": "Atelier"}, key)
    assert again.id == made.id
    assert again.last_response is not None
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    other = refused(lambda: side.client.v1.customers.create({"name": "Other"}, key))
    assert (type(other), other.http_status) == (stripe.IdempotencyError, 400)


def test_a_refusal_is_remembered_under_its_key(side: Side) -> None:
    account, key = steps.account(side.client).id, unique()
    for replayed in (None, "true"):
        refusal = refused(lambda: steps.transfer(side.client, account, key=key))
        assert refusal.http_status == 400
        assert refusal.headers is not None and refusal.headers.get("Idempotent-Replayed") == replayed


def test_what_is_not_there_is_not_found(side: Side) -> None:
    v1 = side.client.v1
    unknown: list[Callable[[], Any]] = [
        lambda: v1.checkout.sessions.retrieve("cs_test_nobody"),
        lambda: v1.payment_intents.retrieve("pi_nobody"),
        lambda: v1.charges.retrieve("ch_nobody"),
        lambda: v1.transfers.retrieve("tr_nobody"),
        lambda: v1.refunds.retrieve("re_nobody"),
        lambda: v1.customers.retrieve("cus_nobody"),
        lambda: v1.disputes.retrieve("du_nobody"),
    ]
    for call in unknown:
        refusal = refused(call)
        assert (refusal.http_status, refusal.code) == (404, "resource_missing")
    closed: list[Callable[[], Any]] = [
        lambda: v1.accounts.retrieve("acct_1nobodynobodyno"),
        lambda: v1.balance.retrieve(None, {"stripe_account": "acct_1nobodynobodyno"}),
    ]
    for call in closed:
        assert isinstance(refused(call), stripe.PermissionError)


def test_the_books_can_be_read_page_by_page(side: Side) -> None:
    charged(side)
    page = side.client.v1.balance_transactions.list({"limit": 1, "expand": ["data.source"]})
    assert page.data[0].object == "balance_transaction" and page.data[0].currency == "eur"
    assert side.client.v1.balance.retrieve().available[0].currency
    events = side.client.v1.events.list(
        {"limit": 5, "types": ["charge.succeeded", "payment_intent.succeeded"]}
    )
    assert {event.type for event in events.data} <= {"charge.succeeded", "payment_intent.succeeded"}
    assert events.data[0].api_version
