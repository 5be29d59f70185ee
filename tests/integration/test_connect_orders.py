"""The webhooks of a payout in any order, late, and each one twice: the books end the same (ADR 51).

One history is played at Stripe's stand-in, and what it answers about each object is kept after every step. Two hundred
orders of its events are then heard, each event at some moment after it happened, while the answers are those of that
moment: news that comes early, late, or behind newer news meets the state that it would meet.
"""

import datetime as dt
import json
import random

import pytest
from django.db import transaction

from marketplace.base.models import Notice
from payments import gateways
from payments.gateways import stripe_events, stripe_out
from payments.models import ConnectedAccount, Entry, ExternalEvent, Payout, PayoutPart
from payments.services import connected, events, parts, transfers
from tests.connect_market import broken

ORDERS = 200
FACTS = ("transaction__kind", "transaction__reference", "account__kind", "account__user_id", "amount")


class History:
    """What Stripe would answer about each object after each step, and the events with the step that made them."""

    def __init__(self, market, keys, account):
        self.market, self.keys, self.account = market, keys, account
        self.answers, self.events = [], []
        self.now = 0

    def step(self):
        stripe = gateways.by_name("stripe")
        seen = {key: stripe.part_status(key=key, group=key.partition(":")[0]) for key in self.keys}
        seen[self.account] = stripe.account_status(account_ref=self.account)
        self.events += [(len(self.answers), event) for event in self.market.news()]
        self.answers.append(seen)

    def heard(self, chance):
        """The events in an order of chance, each twice: (moment, event), by moment."""
        last = len(self.answers) - 1
        told = [(chance.randint(step, last), chance.random(), event) for step, event in self.events * 2]
        return [(moment, event) for moment, _order, event in sorted(told, key=lambda each: each[:2])]


@pytest.fixture
def history(connect_market, bob, monkeypatch):
    """Two transfers whose answers were lost; a bank that takes a payout and sends it back; new bank details; one
    transfer taken back; the capability lost."""
    market = connect_market
    market.deposit(20)
    market.deposit(50)
    account = market.worker(bob)
    payout = market.payout(bob, 30)
    market.news()
    market.world.fault("timeout_after", "/v1/transfers", method="POST", times=2)
    transfers.run("stripe")
    played = History(market, [part.key for part in payout.parts.all()], account.account_ref)
    first, second = market.world.objects("transfer")
    played.step()
    market.world.forward(days=10)
    sent = market.world.payout(account.account_ref, cents=1500)
    played.step()
    market.world.pay_payout(sent)
    played.step()
    market.world.fail_payout(sent, "account_closed")
    played.step()
    market.world.onboard(account.account_ref)
    played.step()
    market.world.client().v1.transfers.reversals.create(second["id"])
    played.step()
    market.world.restrict(account.account_ref, due=["individual.verification.document"], transfers="inactive")
    played.step()
    assert first["amount"] != second["amount"]

    def asked(_self, *, key="", account_ref="", group=""):
        return played.answers[played.now][key or account_ref]

    monkeypatch.setattr(stripe_out.StripeOut, "part_status", asked)
    monkeypatch.setattr(stripe_out.StripeOut, "account_status", asked)
    monkeypatch.setattr(connected.clock, "now", ticking(connected.clock.now()))
    return played


def ticking(moment):
    """Each look a moment later: two answers of one instant could not be told apart."""
    state = {"now": moment}

    def now():
        state["now"] += dt.timedelta(milliseconds=1)
        return state["now"]

    return now


def hear(history, told):
    for moment, event in told:
        history.now = moment
        news = stripe_events.news(event)
        if news.kind:
            events.receive(
                gateway="stripe", external_id=news.external_id, kind=news.kind, object_ref=news.key
            )
        events.handle_waiting()


def books():
    return {
        "ledger": sorted(Entry.objects.values_list(*FACTS), key=str),
        "payouts": list(Payout.objects.order_by("pk").values_list("state", "back_micros", "waits_for")),
        "parts": list(PayoutPart.objects.order_by("pk").values_list("position", "state", "external_ref")),
        "accounts": list(
            ConnectedAccount.objects.values_list(
                "transfers_active", "payouts_enabled", "requirements_due", "last_bank_failure"
            )
        ),
    }


@pytest.mark.slow
def test_two_hundred_orders_each_doubled_end_in_the_same_books(history):
    kinds = {event["type"] for _step, event in history.events}
    wanted = {"transfer.created", "transfer.reversed", "account.updated", "capability.updated"}
    assert wanted | {"payout.failed", "payout.paid"} <= kinds
    ended = []
    for seed in range(ORDERS):
        before = transaction.savepoint()
        hear(history, history.heard(random.Random(seed)))
        ended.append(json.dumps(books(), default=str, sort_keys=True))
        if seed % 50 == 0:
            assert broken() == []
            assert not ExternalEvent.objects.filter(handled_at__isnull=True).exists()
            assert Notice.objects.filter(kind__in=["payout_paid", "payout_part_back"]).count() == 2
        transaction.savepoint_rollback(before)
    assert len(set(ended)) == 1
    last = json.loads(ended[0])
    assert [state for _position, state, _ref in last["parts"]] == ["done", "reversed"]
    assert last["payouts"] == [["paid", 10_000_000, ""]]
    assert last["accounts"][0][:2] == [False, True]


def test_control_believing_the_event_instead_of_asking_ends_in_many_books(history, monkeypatch):
    """What an event says of a transfer, taken as it is: the last one heard wins."""

    def believe(seed):
        told = history.heard(random.Random(seed))
        words = [
            event["data"]["object"].get("reversed") for _moment, event in told if "transfer" in event["type"]
        ]
        return words[-1]

    assert len({believe(seed) for seed in range(20)}) > 1


def test_news_before_the_answer_of_the_call_itself_books_the_transfer_once(connect_market, bob, monkeypatch):
    """Stripe tells of the transfer while our call still waits for its answer."""
    market = connect_market
    market.deposit(100)
    market.worker(bob)
    payout = market.payout(bob, 30)
    market.news()
    real = stripe_out.StripeOut.send_part

    def send(self, **given):
        answer = real(self, **given)
        market.hear()
        assert PayoutPart.objects.get().state == "done"
        return answer

    monkeypatch.setattr(stripe_out.StripeOut, "send_part", send)
    transfers.run("stripe")
    payout.refresh_from_db()
    assert (payout.state, parts.left()) == ("paid", 70_000_000)
    assert broken() == []
