"""Every movement at a gateway has one transaction, and back; what has not is a difference with an age and an owner."""

import datetime as dt
import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from marketplace.base import clock as house_clock
from marketplace.base.errors import Forbidden, Invalid, Lost
from marketplace.base.models import AuditEvent
from payments import gateways, jobs
from payments.gateways import GatewayUnreachable, Movement, Simulated, simulated
from payments.models import (
    AccountKind,
    BankLine,
    BankStatement,
    Difference,
    ExternalObject,
    PayoutState,
    Transaction,
)
from payments.services import (
    bank_lines,
    deposits,
    differences,
    events,
    ledger,
    movement_kinds,
    payees,
    payouts,
    reconcile,
    sending,
)
from tests.payments_helpers import DETAILS, EUR, earn, forget_behaviours

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def gateway():
    forget_behaviours()
    yield
    forget_behaviours()


@pytest.fixture
def deposit(atelier, alice):
    """50 € that came in."""
    row = deposits.start(organisation=atelier, amount_micros=50 * EUR, actor=alice)
    simulated.press(row.public_id, "pay")
    return deposits.refresh(row)


@pytest.fixture
def paid(bob, atelier):
    """30 € that went out to Bob."""
    payees.save(user=bob, details=DETAILS, actor=bob)
    earn(bob, 30 * EUR, atelier, reference="asg_1")
    return sending.send(payouts.request(user=bob, actor=bob))


def moved(monkeypatch, *movements):
    """Let the gateway say that exactly this moved."""
    monkeypatch.setattr(Simulated, "movements", lambda self, *, since: [*movements])


def _no_answer(*args, **kwargs):
    raise GatewayUnreachable


def _answer_lost(call):
    def lost(self, **values):
        call(self, **values)
        raise GatewayUnreachable

    return lost


def movement(external_id="x1", amount=5 * EUR, kind="charge", key="", days_ago=3):
    return Movement(external_id, kind, amount, house_clock.now() - dt.timedelta(days=days_ago), key)


def told():
    out, error = io.StringIO(), None
    try:
        call_command("reconcile", json=True, stdout=out)
    except CommandError as raised:
        error = raised
    return json.loads(out.getvalue()), error


class TestLinking:
    def test_a_deposit_and_a_payout_meet_their_transactions_once(self, deposit, paid, clock):
        found = reconcile.run()
        assert (found.looked_at, found.linked, found.opened) == (2, 2, 0)
        rows = {row.kind: row for row in ExternalObject.objects.select_related("transaction")}
        assert str(rows["charge"].transaction) == f"deposit {deposit.public_id}"
        assert str(rows["transfer"].transaction) == f"payout_paid {paid.public_id}"
        assert (rows["charge"].amount_micros, rows["transfer"].amount_micros) == (50 * EUR, -30 * EUR)
        clock.forward(days=2)
        again = reconcile.run()
        assert (again.looked_at, again.linked, again.opened, again.closed) == (2, 0, 0, 0)
        assert ExternalObject.objects.count() == 2 and again.ok

    def test_a_payout_that_came_back_moved_twice_whether_we_saw_it_paid_or_not(
        self, bob, atelier, clock, paid, monkeypatch
    ):
        simulated.behave("payout", simulated.RETURN)
        earn(bob, 30 * EUR, atelier, reference="asg_2")
        clock.forward(days=4)
        unseen = payouts.request(user=bob, actor=bob)
        with monkeypatch.context() as patch:
            patch.setattr(Simulated, "send_payout", _answer_lost(Simulated.send_payout))
            sending.send(unseen)
        assert unseen.state == PayoutState.SENT
        clock.forward(days=2)
        sending.refresh(unseen)
        assert unseen.state == PayoutState.RETURNED
        clock.forward(days=2)
        assert reconcile.run().ok
        kinds = {str(row.transaction).split()[0] for row in ExternalObject.objects.all()}
        assert kinds == {"payout_paid", "payout_paid_reversed"}

    def test_news_that_came_while_the_gateway_was_away_is_made_up_for(self, paid, bob, monkeypatch, clock):
        """The worker's money came back, and the one answer that said so was lost."""
        with simulated._outside() as cursor:
            cursor.execute("UPDATE payments_simulatedobject SET state = 'returned' WHERE kind = 'payout'")
        with monkeypatch.context() as patch:
            patch.setattr(Simulated, "payout_status", _no_answer)
            events.poll()
            events.handle_waiting()
        paid.refresh_from_db()
        assert paid.state == PayoutState.PAID
        reconcile.run()
        events.handle_waiting()
        paid.refresh_from_db()
        assert paid.state == PayoutState.RETURNED
        clock.forward(days=2)
        assert reconcile.run().ok

    def test_one_transaction_stands_for_one_movement_only(self, deposit, monkeypatch):
        key = deposit.public_id
        moved(monkeypatch, movement("a", 50 * EUR, key=key), movement("b", 50 * EUR, key=key))
        reconcile.run()
        (row,) = reconcile.open_differences()
        assert (row.kind, row.external_id, row.amount_micros) == ("only_outside", "b", 50 * EUR)

    def test_SQL_refuses_a_second_movement_of_a_transaction(self, deposit):
        reconcile.run()
        row = ExternalObject.objects.get()
        with pytest.raises(IntegrityError, match="external_object_one_per_transaction"), transaction.atomic():
            row.pk, row.external_id = None, "another"
            row.save(force_insert=True)

    def test_a_movement_of_another_kind_is_not_taken_for_it(self, deposit, monkeypatch):
        moved(monkeypatch, movement("a", 50 * EUR, kind="refund_back", key=deposit.public_id))
        assert reconcile.run().linked == 0

    def test_the_gateways_own_number_finds_the_row_where_it_carries_no_key(self, deposit, monkeypatch):
        moved(monkeypatch, movement(deposit.external_ref, 50 * EUR))
        assert reconcile.run().linked == 1

    def test_what_a_gateway_does_of_itself_is_booked_from_what_it_tells_once(self, monkeypatch, deposit):
        moved(
            monkeypatch,
            movement("txn_0", 50 * EUR, key=deposit.public_id),
            movement("txn_1", -20 * EUR, kind="gateway_payout", key="po_1"),
            movement("txn_2", -2 * EUR, kind="fee", key="fee_1"),
            movement(
                "txn_0:fee", -EUR, kind="fee", key=deposit.public_id
            ),  # booked with its deposit, some day
        )
        assert (reconcile.run().linked, reconcile.run().linked) == (3, 0)
        kinds = {str(row.transaction) for row in ExternalObject.objects.exclude(external_id="txn_0:fee")}
        assert kinds == {f"deposit {deposit.public_id}", "gateway_payout txn_1", "gateway_fee txn_2"}
        way = ledger.account(AccountKind.GATEWAY_CLEARING, gateway="gateway_bank")
        costs = ledger.account(AccountKind.GATEWAY_COSTS, gateway="simulated")
        assert (ledger.balance(way), ledger.balance(costs)) == (-20 * EUR, -2 * EUR)
        assert [row.external_id for row in reconcile.open_differences()] == ["txn_0:fee"]

    def test_lines_of_the_bank_are_movements_too_each_with_its_transaction(self, clock):
        statement = BankStatement.objects.create(account="FR76", statement_id="1", sha256="0" * 64)
        lines = [
            BankLine.objects.create(
                statement=statement, external_id=f"bank-{number}", amount_micros=number * EUR,
                booked_on=house_clock.today(), taken_as="suspense",
            )
            for number in (7, -2)
        ]  # fmt: skip
        with transaction.atomic():
            bank_lines.book(lines)
        report = reconcile.run()
        assert (report.linked, report.opened) == (2, 0)
        clock.forward(days=4)
        assert reconcile.run().ok
        rows = ExternalObject.objects.filter(gateway="bank")
        assert {str(row.transaction) for row in rows} == {f"bank_line {line.public_id}" for line in lines}

    def test_every_kind_of_movement_that_gateways_may_tell_has_its_line_in_the_table(self):
        from typing import get_args

        from payments.gateways.base import MovementKind

        assert {*get_args(MovementKind), movement_kinds.BANK_LINE} == {*movement_kinds.LEDGER_KINDS}


class TestDifferences:
    def test_what_only_the_gateway_knows_opens_after_the_time_of_grace_and_ends_by_itself(
        self, monkeypatch, atelier, settings, clock
    ):
        settings.RECONCILE_GRACE = dt.timedelta(hours=24)
        moved(monkeypatch, movement("x1", days_ago=0))
        assert reconcile.run().ok
        clock.forward(hours=25)
        assert reconcile.run().opened == 1
        assert reconcile.run().opened == 0  # the same one
        with transaction.atomic():
            clearing = ledger.account(AccountKind.GATEWAY_CLEARING, gateway="simulated")
            funds = ledger.account(AccountKind.ORGANISATION_AVAILABLE, organisation=atelier)
            ledger.post("deposit", "x1", [(clearing, -5 * EUR), (funds, 5 * EUR)])
        report = reconcile.run()
        assert (report.closed, report.ok) == (1, True)
        row = Difference.objects.get()
        assert row.ended_at and row.ended_by is None

    def test_what_only_our_books_know(self, deposit, monkeypatch, clock):
        moved(monkeypatch)
        assert reconcile.run().ok
        clock.forward(hours=25)
        reconcile.run()
        (row,) = reconcile.open_differences()
        assert (row.kind, str(row.transaction)) == ("only_inside", f"deposit {deposit.public_id}")
        assert row.amount_micros == -50 * EUR
        sides = differences.sides(row)
        assert (sides.outside, sides.inside_micros) == (None, 50 * EUR)

    def test_another_amount_and_the_gateways_later_word(self, deposit, monkeypatch):
        moved(monkeypatch, movement("a", 49 * EUR, key=deposit.public_id))
        reconcile.run()
        (row,) = reconcile.open_differences()
        assert (row.kind, row.amount_micros) == ("amount", -EUR)
        sides = differences.sides(row)
        assert (sides.outside.amount_micros, sides.inside_micros) == (49 * EUR, 50 * EUR)
        moved(monkeypatch, movement("a", 50 * EUR, key=deposit.public_id))
        assert reconcile.run().closed == 1

    def test_a_gateway_that_does_not_answer_opens_nothing_and_is_not_fine(self, deposit, monkeypatch, clock):
        monkeypatch.setattr(Simulated, "movements", _no_answer)
        clock.forward(days=3)
        report = reconcile.run()
        assert (report.unreachable, report.opened, report.ok) == (["simulated"], 0, False)

    def test_it_asks_again_for_the_last_days_only(self, deposit, monkeypatch):
        asked = []

        def since(self, *, since):
            asked.append(since)
            return [movement("a", 50 * EUR, key=deposit.public_id, days_ago=0)]

        monkeypatch.setattr(Simulated, "movements", since)
        reconcile.run()
        reconcile.run()
        assert asked[0] == reconcile.BEGINNING
        assert asked[1] == ExternalObject.objects.get().happened_at - reconcile.OVERLAP

    def test_restored_books_are_held_against_what_was_known_then(self, deposit, monkeypatch, clock):
        then = house_clock.now()
        moved(monkeypatch, movement("a", 50 * EUR, key=deposit.public_id, days_ago=0.01),
              movement("later", days_ago=-2))  # fmt: skip
        clock.forward(days=5)
        report = reconcile.run(until=then)
        assert (report.looked_at, report.linked, report.ok) == (1, 1, True)

    def test_two_at_once_do_not_reconcile(self, deposit):
        from tests.payments_helpers import together

        def slow(_index):
            return reconcile.run()

        answers = together(4, slow)
        done = [each for each in answers if isinstance(each, reconcile.Report)]
        assert done and all(isinstance(each, reconcile.Report | Lost) for each in answers)
        assert ExternalObject.objects.filter(transaction__isnull=False).count() == 1


class TestPeople:
    @pytest.fixture
    def difference(self, monkeypatch):
        moved(monkeypatch, movement("x1"))
        reconcile.run()
        return Difference.objects.get()

    def test_a_person_takes_it_on_notes_and_ends_it_with_a_reason(self, difference, erin):
        differences.own(difference=difference, actor=erin)
        assert difference.owner == erin
        differences.note(difference=difference, actor=erin, words=" asked the provider ")
        assert difference.note == "asked the provider" and not difference.ended_at
        with pytest.raises(Invalid):
            differences.end(difference=difference, actor=erin, reason=" ")
        differences.end(difference=difference, actor=erin, reason="a test charge")
        assert difference.ended_by == erin
        assert AuditEvent.objects.filter(subject=difference.public_id).count() == 3
        with pytest.raises(Lost):
            differences.own(difference=difference, actor=erin)

    def test_an_ended_one_comes_back_only_with_another_amount(self, difference, erin, monkeypatch):
        differences.end(difference=difference, actor=erin, reason="a test charge")
        assert reconcile.run().ok
        moved(monkeypatch, movement("x1", 6 * EUR))
        assert reconcile.run().opened == 1

    def test_nobody_else_may(self, difference, dana, alice):
        for person in (dana, alice):
            with pytest.raises(Forbidden):
                differences.end(difference=difference, actor=person, reason="because")

    def test_SQL_refuses_an_end_by_a_person_without_a_reason_and_two_of_the_same(self, difference, erin):
        with (
            pytest.raises(IntegrityError, match="difference_ended_by_a_person_says_why"),
            transaction.atomic(),
        ):
            Difference.objects.update(ended_by=erin, ended_at=house_clock.now())
        with pytest.raises(IntegrityError, match="difference_open_once"), transaction.atomic():
            difference.pk = None
            difference.save(force_insert=True)


class TestCommandAndClock:
    def test_the_command_prints_figures_and_ends_with_an_error_while_one_is_open(self, deposit, monkeypatch):
        found, error = told()
        assert found == {"ok": True, "differences": [], "looked_at": 1, "linked": 1, "unreachable": []}
        assert error is None
        moved(monkeypatch, movement("x1"))
        found, error = told()
        assert (found["ok"], len(found["differences"]), error is not None) == (False, 1, True)
        row = found["differences"][0]
        assert (row["kind"], row["external_id"], row["amount"]) == ("only_outside", "x1", "5.00")
        with pytest.raises(CommandError, match="1 differences"):
            call_command("reconcile", stdout=io.StringIO())

    def test_the_clock_does_it_too(self, deposit):
        assert jobs.hold_books_against_gateways.by_hand() == {"looked_at": 1, "linked": 1, "opened": 0}

    def test_reconciling_moves_no_money(self, deposit, paid):
        before = Transaction.objects.count()
        reconcile.run()
        assert Transaction.objects.count() == before

    def test_the_bank_is_always_looked_at(self):
        assert reconcile.known_gateways() == sorted({*gateways.names(), "bank"})
