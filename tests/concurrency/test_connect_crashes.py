"""The process that sends payouts is killed, by the system and for good, at the worst moments: one transfer each.

Real children by `fork`, really killed (SIGKILL), against a Stripe of its own process and a PostgreSQL that both see.
"""

import os
import signal
import uuid
from collections import Counter

import pytest
from django.db import connections

from payments import gateways
from payments.gateways import Status, stripe_client
from payments.models import AccountKind, PartState, Payout, PayoutPart
from payments.services import ledger, sending, transfers
from tests.connect_market import Market, broken

TIMES = 50
TRANSFERS = "/v1/transfers"


@pytest.fixture
def market(transactional_db: None, connect_market: Market) -> Market:
    return connect_market


def die(*_args: object, **_rest: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def before_the_call(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(type(gateways.by_name("stripe")), "send_part", die)


def after_the_call(patch: pytest.MonkeyPatch) -> None:
    real = gateways.by_name("stripe").send_part

    def send(_self: object, **given: object) -> None:
        real(**given)
        die()

    patch.setattr(type(gateways.by_name("stripe")), "send_part", send)


def before_the_commit(patch: pytest.MonkeyPatch) -> None:
    """Everything of the answer is written, and not committed."""
    real = transfers._finish

    def finish(payout: Payout, **given: str) -> None:
        real(payout, **given)
        die()

    patch.setattr(transfers, "_finish", finish)


POINTS = [before_the_call, after_the_call, before_the_commit]


def killed(point) -> None:
    """Run the job that sends payouts in a child that meets its end at `point`."""
    connections.close_all()  # a connection can't be shared with a child
    child = os.fork()
    if child == 0:
        try:
            stripe_client._client.cache_clear()
            with pytest.MonkeyPatch.context() as patch:
                point(patch)
                sending.send_pending()
        finally:
            os._exit(7)  # it was not killed: nothing of the test's own clearing up may run twice
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def prepared(market: Market, worker, number: int) -> list[Payout]:
    market.deposit(number * 6)
    market.deposit(number * 6)
    market.worker(worker)
    return [market.payout(worker, 5) for _ in range(number)]


def made(market: Market) -> Counter[str]:
    return Counter(transfer["metadata"]["key"] for transfer in market.world.objects("transfer"))


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_killed_fifty_times_there_is_exactly_one_transfer_each(market, bob, clock, point):
    payouts = prepared(market, bob, TIMES)
    for _ in range(TIMES):
        killed(point)
    states = Counter(PayoutPart.objects.values_list("state", flat=True))
    assert states[PartState.SENT] == TIMES, "each child marked one part, and died"
    assert len(made(market)) == (0 if point is before_the_call else TIMES)
    assert broken() == []
    clock.forward(minutes=5)
    sending.reconcile()
    sending.send_pending()
    assert {Payout.objects.get(pk=payout.pk).state for payout in payouts} == {"paid"}
    wanted = Counter(part.key for part in PayoutPart.objects.select_related("payout"))
    assert made(market) == wanted
    assert sum(transfer["amount"] for transfer in market.world.objects("transfer")) == TIMES * 500
    assert market.world.effects(TRANSFERS) == sum(wanted.values())
    assert ledger.balance(ledger.account(AccountKind.PAYOUT_IN_TRANSIT, user=bob)) == 0
    assert broken() == []


def test_control_under_new_keys_and_without_looking_first_a_crash_pays_twice(market, bob, clock, monkeypatch):
    market.deposit(100)  # so that Stripe's own limit, the charge, does not save us
    prepared(market, bob, 3)
    for _ in range(3):
        killed(after_the_call)
    clock.forward(minutes=5)
    stripe = type(gateways.by_name("stripe"))
    real = stripe.send_part

    def careless(self, **given):
        return real(self, **given | {"key": f"{given['key']}:{uuid.uuid4()}"})

    monkeypatch.setattr(stripe, "send_part", careless)
    monkeypatch.setattr(stripe, "part_status", lambda self, **given: Status("unknown"))
    sending.reconcile()
    keys = Counter(key.rpartition(":")[0] if key.count(":") == 2 else key for key in made(market).elements())
    assert max(keys.values()) == 2
