"""The self-check finds what is wrong with bank lines and payout files, whoever wrote it."""

import pytest
from django.db import transaction

from payments.models import AccountKind, BankLine, Payout, PayoutRun
from payments.services import checks_bank, ledger, payees, payouts, run_files, runs, statements_in
from tests import bank_files
from tests.bank_files import camt, detail, entry, statement
from tests.payments_helpers import DETAILS, EUR, earn


@pytest.fixture(autouse=True)
def bank_is_set_up(settings, db):
    for name, value in bank_files.SETTINGS.items():
        setattr(settings, name, value)


@pytest.fixture
def run(bob, bea, atelier, dana, erin):
    for worker in (bob, bea):
        payees.save(user=worker, details=DETAILS, actor=worker)
        earn(worker, 30 * EUR, atelier, reference=f"asg_{worker.pk}")
        payouts.request(user=worker, actor=worker)
    drafted = runs.draft(gateway="bank", actor=erin)
    runs.release(run=drafted, actor=dana)
    return runs.release(run=drafted, actor=erin)


def wrong():
    return {name: ids for name, ids in checks_bank.found().items() if ids}


def post(kind, reference, *entries):
    with transaction.atomic():
        ledger.post(kind, reference, list(entries))


def bank_account():
    return ledger.account(AccountKind.GATEWAY_CLEARING, gateway="bank")


def test_a_sound_market_has_nothing_to_say(run, erin):
    line = entry("-60.00", ref="A", batch=run_files.carried(run.public_id))
    statements_in.read(camt(statement(line, opening="100.00")), actor=erin)
    assert wrong() == {}


def test_a_movement_at_the_bank_without_a_line(erin):
    post(
        "bank_line", "bln_0000000000000", (bank_account(), -EUR), (ledger.account(AccountKind.SUSPENSE), EUR)
    )
    assert wrong() == {
        "bank_lines_are_booked_once": ["bln_0000000000000"],
        "suspense_is_the_lines_to_explain": ["suspense"],
    }


def test_a_line_that_moved_nothing(erin):
    statements_in.read(camt(statement(entry("1.00", ref="A"))), actor=erin)
    first = BankLine.objects.get()
    added = BankLine.objects.create(
        statement=first.statement,
        external_id="x",
        amount_micros=EUR,
        booked_on=first.booked_on,
        taken_as="fee",
    )
    assert wrong() == {"bank_lines_are_booked_once": [added.public_id]}


def test_a_line_called_explained_whose_money_still_lies_in_suspense(erin):
    statements_in.read(camt(statement(entry("1.00", ref="A"))), actor=erin)
    BankLine.objects.update(taken_as="own")
    assert wrong() == {"suspense_is_the_lines_to_explain": ["suspense"]}


def test_a_payout_that_slipped_out_of_a_released_file(run):
    Payout.objects.filter(pk=run.lines.first().pk).update(run=None)
    assert wrong() == {"payout_files_are_the_sum_of_what_is_in_them": [run.public_id]}


def test_a_file_called_booked_of_which_money_is_left(run, erin):
    one = run.lines.order_by("pk").first()
    line = entry("-30.00", detail(e2e=run_files.carried(one.public_id), came_in=False), ref="A")
    statements_in.read(camt(statement(line, opening="100.00")), actor=erin)
    assert wrong() == {}
    other = run.lines.order_by("pk").last()
    with transaction.atomic():
        runs_account = ledger.account(AccountKind.GATEWAY_CLEARING, gateway="runs")
        transit = ledger.account(AccountKind.PAYOUT_IN_TRANSIT, user=other.user)
        ledger.post("payout_paid", other.public_id, [(transit, -30 * EUR), (runs_account, 30 * EUR)])
    assert wrong() == {}, "a file that is under way may hold something"
    PayoutRun.objects.update(state="booked")
    assert wrong() == {"booked_files_leave_nothing_behind": [run.public_id]}
