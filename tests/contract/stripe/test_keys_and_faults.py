"""Idempotency keys as Stripe keeps them, and every way in which a call can go wrong."""

import threading
from typing import Any

import pytest
import stripe

from tests.contract.stripe import faults, steps
from tests.stripe_world import Refused, StripeWorld

TRANSFERS = "/v1/transfers"


@pytest.fixture
def client(stripe_world: StripeWorld) -> stripe.StripeClient:
    stripe_world.topup(100_000)
    return stripe_world.client()


@pytest.fixture
def to(stripe_world: StripeWorld) -> str:
    return steps.worker(stripe_world)


def test_the_same_key_does_nothing_new_and_answers_the_same(
    stripe_world: StripeWorld, client: stripe.StripeClient, to: str
) -> None:
    first, again = (steps.transfer(client, to, key="k") for _ in range(2))
    assert first.to_dict() == again.to_dict()
    assert first.last_response is not None and again.last_response is not None
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert (stripe_world.calls(TRANSFERS, key="k"), stripe_world.effects(TRANSFERS, key="k")) == (2, 1)


def test_the_same_key_with_other_parameters_is_refused(
    stripe_world: StripeWorld, client: stripe.StripeClient, to: str
) -> None:
    steps.transfer(client, to, 500, key="k")
    with pytest.raises(stripe.IdempotencyError, match="same parameters"):
        steps.transfer(client, to, 501, key="k")
    assert stripe_world.effects(TRANSFERS) == 1


def test_a_key_is_forgotten_after_a_day(
    stripe_world: StripeWorld, client: stripe.StripeClient, to: str
) -> None:
    first = steps.transfer(client, to, key="k")
    stripe_world.forward(hours=23, minutes=59)
    assert steps.transfer(client, to, key="k").id == first.id
    stripe_world.forward(minutes=2)
    assert steps.transfer(client, to, key="k").id != first.id


def test_a_key_that_is_in_use_is_a_conflict(
    stripe_world: StripeWorld, client: stripe.StripeClient, to: str
) -> None:
    stripe_world.fault("slow", TRANSFERS, seconds=0.6)
    slow = threading.Thread(target=steps.transfer, args=(stripe_world.client(), to), kwargs={"key": "k"})
    slow.start()
    while not stripe_world.calls(TRANSFERS):
        pass
    with pytest.raises(stripe.APIError) as refusal:
        steps.transfer(client, to, key="k")
    slow.join()
    assert refusal.value.http_status == 409
    assert refusal.value.error is not None and refusal.value.error.code == "idempotency_key_in_use"
    assert stripe_world.effects(TRANSFERS) == 1


def test_a_refusal_is_remembered_under_its_key(
    stripe_world: StripeWorld, client: stripe.StripeClient
) -> None:
    late = steps.account(client).id
    for _ in range(2):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            steps.transfer(client, late, key="k")
        assert refusal.value.code == "insufficient_capabilities_for_transfer"
        stripe_world.onboard(late)
    steps.transfer(client, late, key="another")


def test_a_refused_shape_is_not_remembered(stripe_world: StripeWorld, client: stripe.StripeClient) -> None:
    to = steps.worker(stripe_world)
    with pytest.raises(stripe.InvalidRequestError):
        steps.transfer(client, to, 500, key="k", colour="red")
    steps.transfer(client, to, 500, key="k")


@pytest.mark.parametrize(
    ("mode", "error", "status", "done", "again"),
    [
        ("timeout_before", stripe.APIConnectionError, None, 0, "done"),
        ("timeout_after", stripe.APIConnectionError, None, 1, "done"),
        ("conflict", stripe.APIError, 409, 0, "done"),
        ("rate_limit", stripe.RateLimitError, 429, 0, "done"),
        ("garbled", stripe.APIError, 502, 1, "done"),
        ("error_before", stripe.APIError, 500, 0, "done"),
        ("error_saved", stripe.APIError, 500, 0, "broken"),
        ("error_after", stripe.APIError, 500, 1, "broken"),
    ],
)
def test_each_fault_does_what_it_says_and_the_same_key_is_safe_after_it(
    stripe_world: StripeWorld,
    client: stripe.StripeClient,
    to: str,
    mode: str,
    error: type[stripe.StripeError],
    status: int | None,
    done: int,
    again: str,
) -> None:
    stripe_world.fault(mode, TRANSFERS)
    with pytest.raises(error) as failure:
        steps.transfer(client, to, key="k", transfer_group="payout_1")
    assert failure.value.http_status == status
    if mode == "rate_limit":
        assert failure.value.headers is not None and failure.value.headers["Retry-After"] == "1"
    assert stripe_world.effects(TRANSFERS) == done
    assert len(client.v1.transfers.list({"transfer_group": "payout_1"}).data) == done
    if again == "done":
        steps.transfer(client, to, key="k", transfer_group="payout_1")
        assert stripe_world.effects(TRANSFERS) == 1
    else:  # as Stripe does: a 500 stays under its key, and says that trying again is no use
        with pytest.raises(stripe.APIError) as same:
            steps.transfer(client, to, key="k", transfer_group="payout_1")
        assert same.value.headers is not None and same.value.headers["Stripe-Should-Retry"] == "false"
        assert stripe_world.effects(TRANSFERS) == done
    assert {fault["met"] for fault in stripe_world.look("faults")} == {1}


def test_a_fault_waits_for_its_turn_and_for_its_path(
    stripe_world: StripeWorld, client: stripe.StripeClient, to: str
) -> None:
    stripe_world.fault("error_before", "/v1/transfers/{id}/reversals", times=1, skip=1)
    made = steps.transfer(client, to)
    client.v1.transfers.reversals.create(made.id, {"amount": 1})
    with pytest.raises(stripe.APIError):
        client.v1.transfers.reversals.create(made.id, {"amount": 1})
    client.v1.transfers.reversals.create(made.id, {"amount": 1})


def test_chance_is_the_same_for_the_same_seed(
    stripe_world: StripeWorld, client: stripe.StripeClient, to: str
) -> None:
    def history(seed: int) -> list[bool]:
        stripe_world.do("reset")
        stripe_world.fault("error_before", "/v1/balance", probability=0.3, seed=seed)
        return [_fails(client) for _ in range(40)]

    first = history(7)
    assert history(7) == first
    assert history(8) != first
    assert 3 <= sum(first) <= 24


def _fails(client: stripe.StripeClient) -> bool:
    try:
        client.v1.balance.retrieve()
    except stripe.APIError:
        return True
    return False


def test_the_client_s_own_retries_get_through(stripe_world: StripeWorld, to: str) -> None:
    stripe_world.topup(1_000)
    stripe_world.fault("timeout_after", TRANSFERS)
    stripe_world.fault("conflict", TRANSFERS)
    patient = stripe_world.client(retries=2)
    steps.transfer(patient, to)
    assert (stripe_world.calls(TRANSFERS), stripe_world.effects(TRANSFERS)) == (3, 1)


def test_a_fault_that_there_is_not_is_refused(stripe_world: StripeWorld) -> None:
    with pytest.raises(Refused, match="no such fault"):
        stripe_world.fault("explode")
    assert set(faults.MODES) >= {"timeout_before", "timeout_after", "conflict", "rate_limit", "slow"}


def test_nothing_is_lost_when_the_process_is_killed(
    stripe_world: StripeWorld, client: stripe.StripeClient, to: str
) -> None:
    made = steps.transfer(client, to, key="k")
    stripe_world.fault("timeout_after", TRANSFERS)
    with pytest.raises(stripe.APIConnectionError):
        steps.transfer(client, to, key="lost")
    before = stripe_world.events()
    stripe_world.restart()
    assert steps.transfer(client, to, key="k").to_dict() == made.to_dict()
    steps.transfer(client, to, key="lost")
    assert stripe_world.effects(TRANSFERS) == 2
    assert [event["payload"] for event in stripe_world.events()] == [event["payload"] for event in before]


def test_many_callers_with_one_key_make_one_transfer(stripe_world: StripeWorld, to: str) -> None:
    stripe_world.topup(10_000)
    outcomes: list[Any] = []

    def call() -> None:
        try:
            outcomes.append(steps.transfer(stripe_world.client(), to, key="k").id)
        except stripe.APIError as error:
            outcomes.append(error.http_status)

    callers = [threading.Thread(target=call) for _ in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert len({outcome for outcome in outcomes if outcome != 409}) == 1
    assert stripe_world.effects(TRANSFERS) == 1
