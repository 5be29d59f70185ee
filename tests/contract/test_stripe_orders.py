"""The same final books, in whatever order news comes: 200 orders of the webhooks of deposits, refunds and disputes.

Each scene is played once while its news comes as it likes: some at once, some late, all of it at the end, so that what
is asked is as it is at that moment. Then the books are put back, and the same news comes in other orders. In every
other order each event comes twice.
"""

import random
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from payments.models import DepositState
from payments.services import deposits, events, holdings, refunds
from tests.personas import make_organisation
from tests.stripe_deposits import EUR, books, broken, paid, post, started, use

SCENES, ORDERS = 20, 10


@pytest.fixture
def stripe(stripe_world, settings, db):
    return use(stripe_world, settings)


class Scene:
    """What has begun before the news starts to come, and what then happens at Stripe, step by step."""

    def __init__(self, stripe, alice) -> None:
        self.stripe = stripe
        self.kept, self.won, self.lost = (
            make_organisation(name, owner=alice) for name in ("Kept", "Won", "Lost")
        )
        # Waits for its fee, for its bank, for a card; and one whose page nobody will ever pay.
        stripe.fees_later()
        self.by_card = started(self.kept, alice, 100)
        self.by_debit = started(self.kept, alice, 50)
        self.by_transfer = started(self.kept, alice, 25)
        self.refused = started(self.kept, alice, 20)
        self.unpaid = started(self.kept, alice, 10)
        # Money for an organisation whose other payment is being disputed: it may come before or after we hear of that.
        self.for_the_loss = started(self.lost, alice, 40)
        self.paid = [paid(stripe, whose, alice, 80) for whose in (self.kept, self.won, self.lost)]
        stripe.book_fees()
        deposits.refresh_fees()
        (self.back,) = refunds.start(organisation=self.kept, amount_micros=30 * EUR, actor=alice)
        (self.refused_back,) = refunds.start(organisation=self.kept, amount_micros=7 * EUR, actor=alice)
        holdings.set_aside(
            organisation=self.lost, batch_ref="bat_x", amount_micros=65 * EUR, reference="x", actor=alice
        )
        self.disputes: dict[str, str] = {}

    def steps(self):
        do, kept = self.stripe, self
        return [
            lambda: do.pay(kept.by_card.external_ref, "card", does="card_declined"),
            lambda: do.pay(kept.by_debit.external_ref, "sepa_debit"),
            lambda: do.pay(kept.by_transfer.external_ref, "customer_balance"),
            lambda: do.pay(kept.refused.external_ref, "sepa_debit"),
            lambda: do.pay(kept.by_card.external_ref),
            lambda: self.dispute("won", self.paid[1]),
            lambda: do.fail_refund(kept.refused_back.external_ref),
            lambda: do.pay(kept.for_the_loss.external_ref),
            lambda: do.settle(kept.by_debit.external_ref),
            lambda: self.dispute("lost", self.paid[2]),
            lambda: do.fail(kept.refused.external_ref),
            lambda: do.book_fees(),
            lambda: do.settle(kept.by_transfer.external_ref),
            lambda: do.close_dispute(self.disputes["won"], won=True, fee_back=2_000),
            lambda: do.close_dispute(self.disputes["lost"], won=False),
            lambda: do.client().v1.checkout.sessions.expire(self.unpaid.external_ref),
        ]

    def dispute(self, name, deposit):
        self.disputes[name] = self.stripe.dispute(deposit.charge_ref)


def play(scene, dice, *, doubled):
    """Let it all happen while news comes as the dice fall."""
    delivered: set[int] = set()
    for step in scene.steps():
        step()
        deliver(scene.stripe.events(), delivered, dice, share=dice.random() / 2)
        if dice.random() < 0.5:
            events.handle_waiting()
    finish(scene.stripe.events(), delivered, dice, doubled=doubled)


def finish(news, delivered, dice, *, doubled):
    """All that is missing comes, and perhaps all of it once more; now and then some is followed meanwhile."""
    for _time in range(4):
        deliver(news, delivered, dice, share=0.4)
        events.handle_waiting(limit=dice.randrange(1, 20))
    deliver(news, delivered, dice, share=1)
    if doubled:
        deliver(news, set(), dice, share=1)
    events.handle_waiting()


def deliver(news, delivered, dice, *, share):
    """Bring some of what did not come yet, in any order."""
    waiting = [number for number in range(len(news)) if number not in delivered]
    dice.shuffle(waiting)
    for number in waiting[: round(len(waiting) * share)]:
        assert post(news[number]) == 200
        delivered.add(number)


@contextmanager
def put_back():
    """What is written inside is tested as at a commit, and then was never written."""
    before = transaction.savepoint()  # no atomic(): what must be committed by itself may not stand in one
    yield
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    transaction.savepoint_rollback(before)


def sums(found):
    """Without what differs from scene to scene: names and numbers of deposits, refunds and disputes."""
    accounts = {key: value for key, value in found.items() if key.startswith("(")}
    return accounts | {"rows": sorted(str(value[0]) for key, value in found.items() if "_" in key[:4])}


@pytest.mark.slow
def test_two_hundred_orders_and_doubles_end_in_the_same_books(stripe, alice):
    shapes = []
    for number in range(SCENES):
        stripe.do("reset")
        with put_back():
            shapes.append(sums(one_scene(stripe, alice, number)))
    assert all(shape == shapes[0] for shape in shapes)


def one_scene(stripe, alice, number):
    """One scene in ORDERS orders; its books, the same in all of them."""
    scene, found = Scene(stripe, alice), []
    for order in range(ORDERS):
        dice = random.Random(f"{number}:{order}")
        with put_back():
            if order == 0:
                play(scene, dice, doubled=number % 2 == 0)
            else:
                finish(stripe.events(), set(), dice, doubled=order % 2 == 0)
            found.append(books())
            assert broken() == []
            assert found[-1] == found[0], f"order {number}:{order}"
    return found[0]


def test_the_scene_ends_as_it_should(stripe, alice):
    """What the 200 orders are held against is itself right."""
    scene = Scene(stripe, alice)
    play(scene, random.Random(0), doubled=True)
    for each in (scene.by_card, scene.by_debit, scene.by_transfer, scene.refused, scene.unpaid):
        each.refresh_from_db()
    settled = {scene.by_card.state, scene.by_debit.state, scene.by_transfer.state}
    assert settled == {DepositState.SETTLED}
    assert (scene.refused.state, scene.unpaid.state) == (DepositState.FAILED, DepositState.CANCELLED)
    # 80 + 100 + 50 + 25 came, 30 went back, 7 went and returned.
    assert holdings.available(scene.kept) == 225 * EUR
    assert holdings.available(scene.won) == 80 * EUR
    found = books()
    # 65 of 80 were set aside and stay so; 15 were free, 40 came: 25 are owed.
    assert found["('losses', 'Lost', '', '')"] == -25 * EUR
    assert "('losses', None, '', '')" not in found
    assert found["('batch_holding', 'Lost', '', 'bat_x')"] == 65 * EUR
    fees = {key: value for key, value in found.items() if "gateway_costs" in key}
    assert sum(fees.values()) < 0
    assert broken() == []
