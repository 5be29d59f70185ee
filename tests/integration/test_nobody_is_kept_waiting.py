"""One thing that fails, or takes long, keeps nothing else waiting."""

import pytest
from django.db import connection

from marketplace.base import clockwork, outbox
from marketplace.base.models import OutboxEvent
from marketplace.delivery import jobs, relay
from payments.models import Deposit, DepositState, ExternalEvent, Payout, PayoutState
from payments.services import deposits, events, payees, payouts, sending
from tests.market import EUR
from tests.payments_helpers import DETAILS, earn
from tests.personas import make_worker


def test_news_that_cannot_be_followed_keep_no_other_news_waiting(atelier, alice, monkeypatch):
    rows = [
        Deposit.objects.create(organisation=atelier, amount_micros=EUR, gateway="simulated", created_by=alice)
        for _ in range(2)
    ]
    for row in rows:
        events.receive(
            gateway="simulated", external_id=row.public_id, kind="deposit", object_ref=row.public_id
        )

    def follow(deposit):
        if deposit.pk == rows[0].pk:
            raise LookupError("a fault of ours")
        return deposit

    monkeypatch.setattr(deposits, "refresh", follow)
    with pytest.raises(LookupError):
        events.handle_waiting()
    assert ExternalEvent.objects.get(handled_at__isnull=True).object_ref == rows[0].public_id


def test_pages_that_nobody_pays_do_not_keep_a_paid_deposit_waiting(atelier, alice, monkeypatch):
    rows = [
        Deposit.objects.create(organisation=atelier, amount_micros=EUR, gateway="simulated", created_by=alice)
        for _ in range(4)
    ]

    def follow(deposit):
        if deposit.pk == rows[3].pk:
            Deposit.objects.filter(pk=deposit.pk).update(
                state=DepositState.FAILED, ended_at=deposit.created_at
            )
        return deposit

    monkeypatch.setattr(deposits, "refresh", follow)
    for _ in range(200):
        deposits.refresh_started(limit=1)
    assert Deposit.objects.get(pk=rows[3].pk).state == DepositState.FAILED


@pytest.mark.django_db(transaction=True)
def test_payouts_that_take_days_do_not_keep_others_from_being_asked_about(atelier, monkeypatch):
    for number in range(4):
        worker = make_worker(f"paid{number}")
        payees.save(user=worker, details=DETAILS, actor=worker)
        earn(worker, 30 * EUR, atelier, reference=f"asg_{number}")
        payouts.request(user=worker, actor=worker)
    monkeypatch.setattr(sending, "_call", lambda payout, *_rest: payout)
    sending.send_pending()
    assert Payout.objects.filter(state=PayoutState.SENT).count() == 4
    asked = set()

    def ask(payout):
        asked.add(payout.pk)
        return payout

    monkeypatch.setattr(sending, "refresh", ask)
    for _ in range(200):
        sending.reconcile(limit=1)
    assert len(asked) == 4


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("name", "job"), [("relay", jobs.relay), ("relay-slow", jobs.relay_slow)])
def test_while_one_process_carries_out_the_outbox_the_others_do_other_work(name, job, alice, monkeypatch):
    monkeypatch.setitem(outbox.handlers, "test.promise", lambda event: None)
    monkeypatch.setattr(relay, "SLOW", {"test.promise"} if name == "relay-slow" else set())
    monkeypatch.setattr(jobs.relay_slow, "apply_async", lambda **_: None)
    outbox.emit("test.promise", "1")
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [f"job:{name}"])
        job()
        assert OutboxEvent.objects.filter(kind="test.promise", done_at__isnull=True).count() == 1
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [f"job:{name}"])
    finally:
        other.close()
    with clockwork.alone(name) as ours:
        assert ours
    job()
    assert OutboxEvent.objects.filter(kind="test.promise", done_at__isnull=False).count() == 1
