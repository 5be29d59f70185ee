"""Payout files when several people, processes and statements act at once, or one dies in the middle."""

import time

import pytest

from marketplace.base.errors import Lost, Refusal
from payments.bank_errors import DraftOpen, KnownStatement, NothingToPay, SamePerson
from payments.models import BankLine, Payout, PayoutRun, RunState, Transaction
from payments.services import checks, given_up, payees, payouts, run_books, run_files, runs, statements_in
from tests import bank_files
from tests.bank_files import camt, entry, statement
from tests.payments_helpers import DETAILS, EUR, earn, together
from tests.personas import make_worker

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def bank_is_set_up(settings, transactional_db):
    for name, value in bank_files.SETTINGS.items():
        setattr(settings, name, value)


def waiting(atelier, count=3):
    for place in range(count):
        worker = make_worker(f"payee{place}")
        payees.save(user=worker, details=DETAILS, actor=worker)
        earn(worker, 10 * EUR, atelier, reference=f"asg_{place}")
        payouts.request(user=worker, actor=worker)


def broken():
    return [(check.name, check.ids) for check in checks.broken()]


def kinds(results):
    return sorted(type(result).__name__ for result in results)


def test_two_drafts_at_once_are_one(atelier, erin):
    waiting(atelier)
    results = together(3, lambda _n: runs.draft(gateway="bank", actor=erin))
    refused = [result for result in results if isinstance(result, DraftOpen | NothingToPay)]
    assert len(refused) == 2 and PayoutRun.objects.count() == 1
    assert broken() == []


def test_one_person_in_two_windows_is_one_person(atelier, erin):
    waiting(atelier)
    run = runs.draft(gateway="bank", actor=erin)
    results = together(2, lambda _n: runs.release(run=PayoutRun.objects.get(pk=run.pk), actor=erin))
    assert kinds(results) == ["PayoutRun", "SamePerson"] and any(isinstance(r, SamePerson) for r in results)
    run.refresh_from_db()
    assert run.state == RunState.DRAFT


def test_two_second_releases_at_once_send_once(atelier, erin, dana, dora):
    waiting(atelier)
    run = runs.draft(gateway="bank", actor=erin)
    runs.release(run=run, actor=erin)
    people = (dana, dora)
    results = together(2, lambda n: runs.release(run=PayoutRun.objects.get(pk=run.pk), actor=people[n]))
    assert kinds(results) == ["Lost", "PayoutRun"]
    assert set(Payout.objects.values_list("state", "tries")) == {("sent", 1)}


def test_a_hold_and_the_second_release_at_once_leave_one_of_the_two(atelier, erin, dana, dora):
    waiting(atelier)
    run = runs.draft(gateway="bank", actor=erin)
    runs.release(run=run, actor=erin)
    one = Payout.objects.order_by("pk").first()

    def act(n):
        if n == 0:
            return runs.release(run=PayoutRun.objects.get(pk=run.pk), actor=dana)
        return payouts.hold(payout=Payout.objects.get(pk=one.pk), actor=dora, reason="A look first.")

    results = together(2, act)
    assert sum(isinstance(result, Refusal) for result in results) == 1, results
    one.refresh_from_db()
    run.refresh_from_db()
    assert (one.state, run.state) in {("sent", "released"), ("held", "draft")}
    assert broken() == []


def test_a_cancel_and_the_second_release_at_once_leave_one_of_the_two(atelier, erin, dana):
    waiting(atelier)
    run = runs.draft(gateway="bank", actor=erin)
    runs.release(run=run, actor=erin)
    acts = (
        lambda: runs.release(run=PayoutRun.objects.get(pk=run.pk), actor=dana),
        lambda: runs.cancel(run=PayoutRun.objects.get(pk=run.pk), actor=erin),
    )
    results = together(2, lambda n: acts[n]())
    assert sum(isinstance(result, Lost) for result in results) == 1, results
    assert broken() == []


def released(atelier, erin, dana, count=3):
    waiting(atelier, count)
    run = runs.draft(gateway="bank", actor=erin)
    runs.release(run=run, actor=erin)
    return runs.release(run=run, actor=dana)


def told(run, ref="A1"):
    line = entry(f"-{run.amount_micros // EUR}.00", ref=ref, batch=run_files.carried(run.public_id))
    return camt(statement(line, opening="1000.00"))


def test_the_same_statement_from_two_people_at_once_is_read_once(atelier, erin, dana):
    run = released(atelier, erin, dana)
    people = (erin, dana)
    results = together(2, lambda n: statements_in.read(told(run), actor=people[n]))
    assert sum(isinstance(result, KnownStatement) for result in results) == 1, results
    statements_in.follow()
    assert BankLine.objects.filter(taken_as="run").count() == 1
    assert Transaction.objects.filter(kind="payout_paid").count() == 3
    assert broken() == []


def test_a_process_that_dies_between_chunks_leaves_what_the_next_one_finishes(
    atelier, erin, dana, monkeypatch
):
    run = released(atelier, erin, dana, count=12)
    monkeypatch.setattr(run_books, "CHUNK", 2)
    chunk, done = run_books.settle_chunk, []

    def dies(of):
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(chunk(of))
        return done[-1]

    monkeypatch.setattr(run_books, "settle_chunk", dies)
    with pytest.raises(KeyboardInterrupt):
        statements_in.read(told(run), actor=erin)
    assert Payout.objects.filter(state="paid").count() == 6
    assert broken() == [], "half a file is booked soundly too"
    monkeypatch.setattr(run_books, "settle_chunk", chunk)
    together(2, lambda _n: statements_in.follow())
    statements_in.follow()
    assert Transaction.objects.filter(kind="payout_paid").count() == 12
    run.refresh_from_db()
    assert run.state == RunState.BOOKED and broken() == []


def test_a_file_is_given_up_or_taken_by_the_bank_never_both(atelier, erin, dana, monkeypatch):
    waiting(atelier)
    run = runs.draft(gateway="bank", actor=erin)
    runs.release(run=run, actor=dana)
    runs.release(run=run, actor=erin)
    given_up.propose(run=run, actor=erin, reason="The portal refused it.")
    looked = run_books.has_left

    def slowly(row):
        found = looked(row)
        time.sleep(1)  # the bank's line is read between the look and the decision
        return found

    monkeypatch.setattr(run_books, "has_left", slowly)

    def work(place):
        if place == 0:
            return given_up.confirm(run=PayoutRun.objects.get(pk=run.pk), actor=dana)
        time.sleep(0.3)
        line = entry("-30.00", ref="A1", batch=run_files.carried(run.public_id))
        return statements_in.read(camt(statement(line, opening="100.00")), actor=erin)

    results = together(2, work)
    assert not [result for result in results if isinstance(result, Exception)], results
    run.refresh_from_db()
    taken = BankLine.objects.filter(taken_as="run").exists()
    assert (run.state, taken) == (RunState.CANCELLED, False)
    assert broken() == []
