"""A posting that the gateway does not know is taken back by a person: by new entries, once, where it can be."""

import datetime as dt
import threading

import pytest
from django.db import connection, transaction

from marketplace.base.errors import Forbidden, Invalid, Lost
from marketplace.base.models import AuditEvent, Notice
from marketplace.base.texts import read
from payments.gateways import Movement, Simulated, simulated
from payments.models import AccountKind, Deposit, Difference, Entry, PayoutState, RefundState, Transaction
from payments.services import (
    checks,
    deposits,
    ledger,
    payees,
    payouts,
    reconcile,
    refunds,
    sending,
    taking_back,
)
from tests.payments_helpers import DETAILS, EUR, earn, forget_behaviours
from tests.personas import log_in

pytestmark = pytest.mark.django_db(transaction=True)
WHY = "The provider says in writing that it never happened."


@pytest.fixture(autouse=True)
def gateway():
    forget_behaviours()
    yield
    forget_behaviours()


@pytest.fixture
def deposit(atelier, alice):
    row = deposits.start(organisation=atelier, amount_micros=50 * EUR, actor=alice)
    simulated.press(row.public_id, "pay")
    return deposits.refresh(row)


@pytest.fixture
def unknown(monkeypatch, clock):
    """The gateway lists nothing; what our books know becomes differences. Calls with movements, gives them by kind."""

    def look(*movements):
        monkeypatch.setattr(Simulated, "movements", lambda self, *, since: [*movements])
        clock.forward(days=2)
        reconcile.run()
        rows = Difference.objects.filter(ended_at__isnull=True, transaction__isnull=False)
        return {row.transaction.kind: row for row in rows.select_related("transaction")}

    return look


def assert_books_are_right():
    assert [f"{check.name}: {check.ids}" for check in checks.broken()] == []


def funds(organisation):
    return ledger.balance(ledger.account(AccountKind.ORGANISATION_AVAILABLE, organisation=organisation))


def test_a_deposit_that_never_came_is_taken_out_of_the_funds_and_its_requester_told(
    deposit, atelier, alice, erin, unknown
):
    found = unknown()["deposit"]
    before = list(Entry.objects.order_by("pk").values_list("pk", "amount"))
    held = funds(atelier)
    taking_back.take_back(difference=found, actor=erin, reason=WHY)
    assert funds(atelier) == held - 50 * EUR
    assert (
        list(Entry.objects.order_by("pk").values_list("pk", "amount"))[: len(before)] == before
    )  # it only grew
    back = Transaction.objects.get(kind="deposit_taken_back")
    assert (back.reverses.kind, back.actor_id, back.reference) == ("deposit", erin.pk, deposit.public_id)
    found.refresh_from_db()
    assert (found.ended_by, found.note) == (erin, WHY)
    assert AuditEvent.objects.filter(tag="payments:difference:take_back", actor_id=erin.pk).exists()
    notice = Notice.objects.get(user=alice, kind="deposit_taken_back")
    assert "was taken out of your funds again" in str(read([notice])[0][1])
    assert unknown() == {}  # neither the posting nor the one that takes it back is missed outside
    assert_books_are_right()
    page = log_in(alice).get("/funds/").content.decode()
    assert "this deposit never came" in page


def test_a_payout_that_never_left_is_due_to_its_worker_again(bob, atelier, erin, unknown):
    payees.save(user=bob, details=DETAILS, actor=bob)
    earn(bob, 30 * EUR, atelier, reference="asg_1")
    payout = sending.send(payouts.request(user=bob, actor=bob))
    assert payout.state == PayoutState.PAID
    taking_back.take_back(difference=unknown()["payout_paid"], actor=erin, reason=WHY)
    payout.refresh_from_db()
    assert (payout.state, payout.failure_code) == (PayoutState.RETURNED, "never_left")
    assert ledger.balance(ledger.account(AccountKind.WORKER_PAYABLE, user=bob)) == 30 * EUR
    told = read([Notice.objects.get(user=bob, kind="payout_returned")])[0][1]
    assert "could not leave" in told.subject and "You need to do nothing" in " ".join(told.lines)
    assert "payout_paid" not in unknown()
    assert payouts.run_due()["made"] == 1, "it leaves again without their doing anything"
    assert_books_are_right()


def test_what_never_came_is_sent_back_to_nobody(deposit, atelier, alice, erin, unknown):
    taking_back.take_back(difference=unknown()["deposit"], actor=erin, reason=WHY)
    real = deposits.start(organisation=atelier, amount_micros=50 * EUR, actor=alice)
    simulated.press(real.public_id, "pay")
    real = deposits.refresh(real)
    assert refunds.refundable([deposit, real]) == {deposit.pk: 0, real.pk: 50 * EUR}
    made = refunds.start(organisation=atelier, amount_micros=50 * EUR, actor=alice)
    assert [refund.deposit_id for refund in made] == [real.pk]


def test_a_refund_that_never_left_is_in_the_funds_again(deposit, atelier, alice, erin, unknown):
    refund = refunds.start(organisation=atelier, amount_micros=20 * EUR, actor=alice)[0]
    refund.refresh_from_db()
    if refund.state == RefundState.STARTED:
        refunds.settle(refund)
    held = funds(atelier)
    taking_back.take_back(difference=unknown()["refund_paid"], actor=erin, reason=WHY)
    refund.refresh_from_db()
    assert refund.state == RefundState.FAILED and funds(atelier) == held + 20 * EUR
    assert_books_are_right()


def test_a_fee_is_taken_back_and_once_more_when_the_gateway_lists_it_after_all(deposit, erin, unknown, clock):
    costs = ledger.account(AccountKind.GATEWAY_COSTS, gateway="simulated")
    clearing = ledger.account(AccountKind.GATEWAY_CLEARING, gateway="simulated")
    with transaction.atomic():
        ledger.post("gateway_fee", deposit.public_id, [(costs, -EUR), (clearing, EUR)])
    Deposit.objects.filter(pk=deposit.pk).update(fee_micros=EUR)
    taking_back.take_back(difference=unknown()["gateway_fee"], actor=erin, reason=WHY)
    assert ledger.balance(costs) == 0
    late = Movement("fee1", "fee", -EUR, clock.now(), deposit.public_id)
    found = unknown(late)
    assert "gateway_fee" not in found and "gateway_fee_taken_back" in found
    taking_back.take_back(difference=found["gateway_fee_taken_back"], actor=erin, reason="It came late.")
    assert ledger.balance(costs) == -EUR
    assert not {"gateway_fee", "gateway_fee_taken_back", "gateway_fee_again"} & set(unknown(late))
    assert_books_are_right()


def test_what_was_spent_meanwhile_stays_and_says_what_to_do(deposit, atelier, alice, erin, unknown):
    found = unknown()["deposit"]
    over = funds(atelier) - 10 * EUR
    other = ledger.account(AccountKind.OWN_MONEY)
    available = ledger.account(AccountKind.ORGANISATION_AVAILABLE, organisation=atelier)
    with transaction.atomic():
        ledger.post("spent", "test", [(available, -over), (other, over)])
    assert "do not hold so much" in taking_back.why_not(found)
    with pytest.raises(taking_back.NotTakenBack, match="do not hold so much"):
        taking_back.take_back(difference=found, actor=erin, reason=WHY)
    assert not Transaction.objects.filter(kind="deposit_taken_back").exists()


def test_what_cannot_be_taken_back_says_why(deposit, erin, unknown, monkeypatch, clock):
    found = unknown(Movement("x1", "charge", 5 * EUR, clock.now() - dt.timedelta(days=3), ""))
    outside = Difference.objects.get(kind="only_outside")
    with pytest.raises(taking_back.NotTakenBack, match="does not list"):
        taking_back.take_back(difference=outside, actor=erin, reason=WHY)
    fact = found["deposit"].transaction
    for kind, words in (("bank_line", "line of a bank statement"), ("dispute_taken", "how a dispute goes")):
        fact.kind = kind
        found["deposit"].transaction = fact
        assert words in taking_back.why_not(found["deposit"])


def test_it_takes_an_administrator_a_reason_and_a_difference_that_is_open(deposit, erin, dana, unknown):
    found = unknown()["deposit"]
    with pytest.raises(Forbidden):
        taking_back.take_back(difference=found, actor=dana, reason=WHY)
    with pytest.raises(Invalid):
        taking_back.take_back(difference=found, actor=erin, reason="  ")
    assert not Transaction.objects.filter(kind="deposit_taken_back").exists()
    taking_back.take_back(difference=found, actor=erin, reason=WHY)
    with pytest.raises(Lost):
        taking_back.take_back(difference=found, actor=erin, reason=WHY)
    assert Transaction.objects.filter(kind="deposit_taken_back").count() == 1


def test_of_two_at_once_one_takes_it_back(deposit, erin, unknown):
    found, ended = unknown()["deposit"], []

    def act():
        try:
            taking_back.take_back(difference=found, actor=erin, reason=WHY)
            ended.append("done")
        except Lost:
            ended.append("lost")
        finally:
            connection.close()

    threads = [threading.Thread(target=act) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == ["done", "lost"]
    assert Transaction.objects.filter(kind="deposit_taken_back").count() == 1


def test_the_page_has_the_button_and_says_where_it_has_none(deposit, erin, unknown):
    found = unknown()["deposit"]
    browser, address = log_in(erin), f"/console/books/differences/{found.public_id}/"
    assert 'value="take_back"' in browser.get(address).content.decode()
    assert browser.post(address, {"action": "take_back", "note": " "}).status_code == 400
    assert browser.post(address, {"action": "take_back", "note": WHY}).status_code == 302
    page = browser.get(address).content.decode()
    assert 'value="take_back"' not in page and WHY in page
    other = Difference.objects.create(
        gateway="bank", kind="only_inside", amount_micros=EUR,
        transaction=Transaction.objects.get(kind="deposit_taken_back"),
    )  # fmt: skip
    page = browser.get(f"/console/books/differences/{other.public_id}/").content.decode()
    assert 'value="take_back"' not in page and "takes another one back" in page
