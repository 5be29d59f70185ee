"""The fake's money adds up, and it refuses what Stripe refuses."""

import random
from typing import Any

import pytest
import stripe

from tests.contract.stripe import steps
from tests.stripe_world import Method, Refused, StripeWorld


@pytest.fixture
def client(stripe_world: StripeWorld) -> stripe.StripeClient:
    return stripe_world.client()


@pytest.mark.parametrize(
    ("method", "cents", "fee"),
    [
        ("card", 10_000, 175),
        ("card", 333, 30),  # 4.995 and 25 cents
        ("sepa_debit", 10_000, 35),
        ("customer_balance", 10_000, 50),
        ("customer_balance", 500_000, 500),  # 25 euro, but 5 at most
    ],
)
def test_a_charge_brings_its_amount_less_the_fee_of_its_way(
    stripe_world: StripeWorld, client: stripe.StripeClient, method: Method, cents: int, fee: int
) -> None:
    charge = steps.paid(stripe_world, cents, method=method)
    if method != "card":
        intent = client.v1.payment_intents.list().data[0]
        stripe_world.settle(intent.id)
        intent = client.v1.payment_intents.retrieve(
            intent.id, {"expand": ["latest_charge.balance_transaction"]}
        )
        assert intent.status == "succeeded"
        charge = intent.latest_charge  # type: ignore[assignment]
    line: Any = charge.balance_transaction
    assert (line.amount, line.fee, line.net) == (cents, fee, cents - fee)
    assert line.source == charge.id
    assert steps.balance(client) == (0, cents - fee)
    stripe_world.forward(days=3)
    assert steps.balance(client) == (cents - fee, 0)
    assert client.v1.balance_transactions.retrieve(line.id).status == "available"


def test_a_debit_on_its_way_is_no_money_and_may_still_fail(
    stripe_world: StripeWorld, client: stripe.StripeClient
) -> None:
    session = client.v1.checkout.sessions.create(steps.session_params())
    assert stripe_world.pay(session.id, "sepa_debit") == "unpaid"
    session = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    intent: Any = session.payment_intent
    assert (session.status, session.payment_status) == ("complete", "unpaid")
    assert (intent.status, intent.latest_charge.status) == ("processing", "pending")
    assert intent.latest_charge.balance_transaction is None
    stripe_world.fail(session.id)
    session = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    intent = session.payment_intent
    assert (session.payment_status, intent.status, intent.latest_charge.status) == (
        "unpaid",
        "requires_payment_method",
        "failed",
    )
    assert steps.lines(client) == []
    assert [event["type"] for event in stripe_world.events()][-1] == "checkout.session.async_payment_failed"


def test_a_bank_transfer_may_come_in_parts(stripe_world: StripeWorld, client: stripe.StripeClient) -> None:
    steps.paid(stripe_world, 10_000, method="customer_balance")
    intent: Any = client.v1.payment_intents.list().data[0]
    assert (intent.status, intent.latest_charge) == ("requires_action", None)
    stripe_world.settle(intent.id, cents=4_000)
    intent = client.v1.payment_intents.retrieve(intent.id)
    assert intent.status == "requires_action"
    assert intent.next_action.display_bank_transfer_instructions.amount_remaining == 6_000
    assert steps.balance(client) == (0, 0)
    stripe_world.settle(intent.id, cents=6_000)
    assert client.v1.checkout.sessions.list().data[0].payment_status == "paid"
    assert steps.balance(client) == (0, 9_950)


def test_a_declined_card_leaves_the_session_open_for_another(
    stripe_world: StripeWorld, client: stripe.StripeClient
) -> None:
    session = client.v1.checkout.sessions.create(steps.session_params())
    assert stripe_world.pay(session.id, does="insufficient_funds") == "card_declined"
    assert client.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert stripe_world.pay(session.id) == "paid"
    charges = client.v1.charges.list({"payment_intent": stripe_world.objects("payment_intent")[0]["id"]}).data
    assert [charge.status for charge in charges] == ["succeeded", "failed"]


def test_transfers_take_no_more_than_their_charge_holds(
    stripe_world: StripeWorld, client: stripe.StripeClient
) -> None:
    charge, to = steps.paid(stripe_world, 1_000), steps.worker(stripe_world)
    first = steps.transfer(client, to, 600, source_transaction=charge.id)
    assert first.transfer_group == f"group_{charge.payment_intent}"
    with pytest.raises(stripe.InvalidRequestError, match="must not exceed the source amount") as refusal:
        steps.transfer(client, to, 401, source_transaction=charge.id)
    assert refusal.value.param == "source_transaction"
    client.v1.refunds.create({"charge": charge.id, "amount": 100})
    with pytest.raises(stripe.InvalidRequestError, match="must not exceed"):
        steps.transfer(client, to, 301, source_transaction=charge.id)
    client.v1.transfers.reversals.create(first.id, {"amount": 50})
    steps.transfer(client, to, 350, source_transaction=charge.id)
    with pytest.raises(stripe.InvalidRequestError, match="must not exceed"):
        steps.transfer(client, to, 1, source_transaction=charge.id)


def test_money_from_a_charge_becomes_available_with_it(
    stripe_world: StripeWorld, client: stripe.StripeClient
) -> None:
    charge, to = steps.paid(stripe_world, 1_000), steps.worker(stripe_world)
    steps.transfer(client, to, 600, source_transaction=charge.id)
    assert steps.balance(client, to) == (0, 600)
    stripe_world.forward(days=3)
    assert steps.balance(client, to) == (600, 0)


def test_without_a_charge_a_transfer_needs_what_is_available(
    stripe_world: StripeWorld, client: stripe.StripeClient
) -> None:
    steps.paid(stripe_world, 1_000)
    to = steps.worker(stripe_world)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        steps.transfer(client, to, 500)
    assert refusal.value.code == "balance_insufficient"
    stripe_world.forward(days=3)
    steps.transfer(client, to, 500)
    assert steps.balance(client, to) == (500, 0)


def test_a_payment_that_has_not_come_pays_nobody(
    stripe_world: StripeWorld, client: stripe.StripeClient
) -> None:
    charge, to = steps.paid(stripe_world, method="sepa_debit"), steps.worker(stripe_world)
    with pytest.raises(stripe.InvalidRequestError, match="has not succeeded"):
        steps.transfer(client, to, 500, source_transaction=charge.id)


def test_a_transfer_can_be_reversed_only_while_the_money_is_there(
    stripe_world: StripeWorld, client: stripe.StripeClient
) -> None:
    stripe_world.topup(1_000)
    to = steps.worker(stripe_world)
    made = steps.transfer(client, to, 600)
    client.v1.transfers.reversals.create(made.id, {"amount": 100})
    with pytest.raises(stripe.InvalidRequestError, match="greater than unreversed"):
        client.v1.transfers.reversals.create(made.id, {"amount": 501})
    stripe_world.payout(to)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.transfers.reversals.create(made.id)
    assert refusal.value.code == "balance_insufficient"
    made = client.v1.transfers.retrieve(made.id)
    assert (made.amount_reversed, made.reversed, len(made.reversals.data)) == (100, False, 1)
    assert [one.amount for one in client.v1.transfers.reversals.list(made.id).data] == [100]


def test_a_payout_that_fails_gives_the_money_back_and_loses_the_bank_account(
    stripe_world: StripeWorld, client: stripe.StripeClient
) -> None:
    stripe_world.topup(1_000)
    to = steps.worker(stripe_world)
    steps.transfer(client, to, 600)
    payout = stripe_world.payout(to)
    held = client.v1.balance_transactions.list({"payout": payout}, {"stripe_account": to}).data
    assert sorted(line.amount for line in held) == [-600, 600]
    stripe_world.pay_payout(payout)
    stripe_world.fail_payout(payout, "account_closed")
    failed = client.v1.payouts.retrieve(payout, None, {"stripe_account": to})
    assert (failed.status, failed.failure_code) == ("failed", "account_closed")
    assert steps.balance(client, to) == (600, 0)
    assert client.v1.accounts.retrieve(to).payouts_enabled is False
    assert [one.id for one in client.v1.payouts.list({"status": "failed"}, {"stripe_account": to}).data] == [
        payout
    ]


def test_a_dispute_takes_the_money_and_its_fee_and_may_bring_it_back(
    stripe_world: StripeWorld, client: stripe.StripeClient
) -> None:
    lost, won = steps.paid(stripe_world, 1_000), steps.paid(stripe_world, 1_000)
    before = sum(steps.balance(client))
    first, second = stripe_world.dispute(lost.id, fee=1_500), stripe_world.dispute(won.id, fee=2_000)
    assert sum(steps.balance(client)) == before - 1_000 - 1_500 - 1_000 - 2_000
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.refunds.create({"charge": lost.id})
    assert refusal.value.code == "charge_disputed"
    stripe_world.close_dispute(first, won=False)
    stripe_world.close_dispute(second, won=True, fee_back=2_000)
    assert sum(steps.balance(client)) == before - 1_000 - 1_500
    assert client.v1.disputes.retrieve(first).status == "lost"
    assert [one.status for one in client.v1.disputes.list({"charge": won.id}).data] == ["won"]


def test_a_refund_without_money_waits_for_it(stripe_world: StripeWorld, client: stripe.StripeClient) -> None:
    charge, to = steps.paid(stripe_world, 1_000), steps.worker(stripe_world)
    steps.transfer(client, to, 900, source_transaction=charge.id)
    refund = client.v1.refunds.create({"charge": charge.id, "amount": 100})
    assert (refund.status, refund.balance_transaction) == ("pending", None)
    assert refund.to_dict()["pending_reason"] == "insufficient_funds"
    stripe_world.topup(100)
    assert client.v1.refunds.retrieve(refund.id).status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError, match="greater than unrefunded"):
        client.v1.refunds.create({"charge": charge.id, "amount": 901})


def test_a_refund_that_a_bank_sends_back_is_on_the_balance_again(
    stripe_world: StripeWorld, client: stripe.StripeClient
) -> None:
    charge = steps.paid(stripe_world, 1_000)
    before = sum(steps.balance(client))
    refund = client.v1.refunds.create({"payment_intent": str(charge.payment_intent), "amount": 400})
    assert sum(steps.balance(client)) == before - 400
    stripe_world.fail_refund(refund.id)
    assert sum(steps.balance(client)) == before
    assert client.v1.charges.retrieve(charge.id).amount_refunded == 0


def test_a_saved_card_is_charged_with_nobody_there_until_it_is_declined(
    stripe_world: StripeWorld, client: stripe.StripeClient
) -> None:
    customer = client.v1.customers.create({"name": "Atelier"})
    data = {"setup_future_usage": "off_session"}
    session = client.v1.checkout.sessions.create(
        steps.session_params(customer=customer.id, payment_intent_data=data)
    )
    stripe_world.pay(session.id)
    method = client.v1.customers.payment_methods.list(customer.id).data[0]
    order: Any = {
        "amount": 5_000,
        "currency": "eur",
        "customer": customer.id,
        "payment_method": method.id,
        "off_session": True,
        "confirm": True,
        "metadata": {"topup": "t1"},
    }
    assert client.v1.payment_intents.create(order).status == "succeeded"
    stripe_world.behave(method.id, "authentication_required")
    with pytest.raises(stripe.CardError) as refusal:
        client.v1.payment_intents.create(order)
    assert refusal.value.code == "authentication_required"
    assert refusal.value.error is not None
    left: Any = refusal.value.error.payment_intent
    declined = client.v1.payment_intents.retrieve(left.id)
    assert declined.status == "requires_payment_method"


def test_the_search_learns_of_things_a_minute_later(
    stripe_world: StripeWorld, client: stripe.StripeClient
) -> None:
    made = client.v1.payment_intents.create(
        {"amount": 500, "currency": "eur", "metadata": {"deposit": "dep_1"}}
    )
    query: Any = {"query": "metadata['deposit']:'dep_1' AND status:'requires_payment_method'"}
    assert client.v1.payment_intents.search(query).data == []
    stripe_world.forward(seconds=61)
    assert [one.id for one in client.v1.payment_intents.search(query).data] == [made.id]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_after_any_history_balances_are_the_sum_of_their_lines(
    stripe_world: StripeWorld, client: stripe.StripeClient, seed: int
) -> None:
    """Sixty random steps; what leaves one account arrives in another, and each list shows all of it."""
    chance, workers = random.Random(seed), [steps.worker(stripe_world) for _ in range(3)]
    for _ in range(60):
        _random_step(stripe_world, client, chance, workers)
    for account in ["", *workers]:
        assert sum(line.net for line in steps.lines(client, account)) == sum(steps.balance(client, account))
    outside = sum(line.amount for line in steps.lines(client) if line.type in {"transfer", "transfer_refund"})
    inside = sum(
        line.amount
        for account in workers
        for line in steps.lines(client, account)
        if line.type in {"payment", "payment_refund"}
    )
    assert outside == -inside != 0
    for charge in stripe_world.objects("charge"):
        taken = [t for t in stripe_world.objects("transfer") if t["source_transaction"] == charge["id"]]
        assert sum(t["amount"] - t["amount_reversed"] for t in taken) <= charge["amount"]


def _random_step(
    world: StripeWorld, client: stripe.StripeClient, chance: random.Random, workers: list[str]
) -> None:
    charges = [c for c in world.objects("charge") if c["payment_intent"] and c["status"] == "succeeded"]
    transfers = world.objects("transfer")
    move = chance.choice(["pay", "transfer", "transfer", "reverse", "refund", "dispute", "payout", "wait"])
    to = chance.choice(workers)
    try:
        if move == "pay" or not charges:
            steps.paid(world, chance.randint(50, 5_000))
        elif move == "transfer":
            steps.transfer(
                client, to, chance.randint(1, 900), source_transaction=chance.choice(charges)["id"]
            )
        elif move == "reverse" and transfers:
            client.v1.transfers.reversals.create(
                chance.choice(transfers)["id"], {"amount": chance.randint(1, 300)}
            )
        elif move == "refund":
            client.v1.refunds.create(
                {"charge": chance.choice(charges)["id"], "amount": chance.randint(1, 900)}
            )
        elif move == "dispute":
            world.dispute(chance.choice(charges)["id"])
        elif move == "payout":
            payout = world.do("payout", account=to)["id"]
            world.do(chance.choice(["pay_payout", "fail_payout"]), payout=payout)
            world.onboard(to)
        elif move == "wait":
            world.forward(days=chance.randint(1, 3))
    except (stripe.InvalidRequestError, Refused):
        pass  # what it can't do changes nothing, which is what the sums show
