"""Months of the books: a trial balance that sums to zero, a close that nothing gets past, an accountant's journal."""

import csv
import datetime as dt
import hashlib
import io
import re
import threading
import time
from collections import defaultdict
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction

from marketplace.base import clock as house_clock
from marketplace.base import spreadsheet
from payments.errors import (
    BooksBroken,
    DifferencesOpen,
    EarlierMonthOpen,
    MonthClosed,
    MonthNotOver,
    NothingToClose,
)
from payments.gateways import simulated
from payments.models import AccountKind, Difference, Invoice, Period, PeriodBalance
from payments.services import checks, deposits, fec, journal, ledger, months, periods, trial_balance
from payments.services.months import Month
from tests import market
from tests.payments_helpers import EUR, earn, forget_behaviours, fund, without

pytestmark = pytest.mark.django_db(transaction=True)
OCTOBER, NOVEMBER = Month(2026, 10), Month(2026, 11)


@pytest.fixture(autouse=True)
def gateway():
    forget_behaviours()
    yield
    forget_behaviours()


@pytest.fixture
def books(atelier, bob, clock):
    """Two months of books: money came in and a worker earned in October, more in November; it is December."""
    clock.set(dt.datetime(2026, 10, 5, 12, tzinfo=dt.UTC))
    earn(bob, 30 * EUR + 5_000, atelier, reference="asg_1")
    clock.set(dt.datetime(2026, 11, 30, 22, 59, 59, tzinfo=dt.UTC))  # the last second of November in Paris
    earn(bob, 7 * EUR, atelier, reference="asg_2")
    clock.set(dt.datetime(2026, 12, 3, 12, tzinfo=dt.UTC))
    fund(atelier, 3 * EUR, "dep_december")
    return clock


def close(month=OCTOBER, **values):
    return periods.close(month=month, actor=None, **values)


def raw_posting(at):
    """A posting by plain SQL, dated `at`."""
    with transaction.atomic(), connection.cursor() as cursor:
        accounts = [
            ledger.account(AccountKind.SUSPENSE).pk,
            ledger.account(AccountKind.PLATFORM_COSTS).pk,
        ]
        cursor.execute(
            "INSERT INTO payments_transaction (kind, reference, created_at) VALUES ('raw', %s, %s) RETURNING id",
            [f"raw_{at:%s}", at],
        )
        number = cursor.fetchone()[0]
        cursor.execute(
            "INSERT INTO payments_entry (transaction_id, account_id, amount) VALUES (%s, %s, 5), (%s, %s, -5)",
            [number, accounts[0], number, accounts[1]],
        )


class TestMonths:
    def test_a_month_goes_from_midnight_to_midnight_in_paris(self):
        assert NOVEMBER.start == dt.datetime(2026, 10, 31, 23, tzinfo=dt.UTC)
        assert NOVEMBER.end == dt.datetime(2026, 11, 30, 23, tzinfo=dt.UTC)
        assert (Month(2026, 12).next, Month(2026, 1).before) == (Month(2027, 1), Month(2025, 12))
        assert months.of(dt.datetime(2026, 12, 31, 23, 30, tzinfo=dt.UTC)) == Month(2027, 1)
        assert NOVEMBER.last_day == dt.date(2026, 11, 30)

    @pytest.mark.parametrize(
        "text", ["2026-13", "2026-00", "26-11", "2026-1", "２０２６-１１", "x", "2026-11-01", "0001-01"]
    )
    def test_what_is_no_month_is_not_found(self, text):
        with pytest.raises(Exception, match="nothing here"):
            months.parse(text)


class TestTrialBalance:
    def test_it_sums_to_zero_and_carries_on_from_month_to_month(self, books, bob):
        october, november = trial_balance.rows(OCTOBER), trial_balance.rows(NOVEMBER)
        assert trial_balance.is_sound(october) and trial_balance.is_sound(november)
        assert {row.account_id: row.closing for row in october if row.closing} == {
            row.account_id: row.opening for row in november if row.opening
        }
        kinds = {row.kind: row for row in trial_balance.by_kind(november)}
        payable = kinds["worker_payable"]
        assert (payable.opening, payable.added, payable.taken, payable.closing) == (
            30 * EUR + 5_000, 7 * EUR, 0, 37 * EUR + 5_000,
        )  # fmt: skip

    def test_a_closed_month_shows_what_was_kept_and_the_next_one_starts_there(self, books):
        before = trial_balance.counted(NOVEMBER)
        period = close()
        assert trial_balance.rows(OCTOBER) == trial_balance.counted(OCTOBER)
        assert trial_balance.counted(NOVEMBER) == before
        assert PeriodBalance.objects.filter(period=period).count() == len(trial_balance.rows(OCTOBER))

    def test_a_statement_runs_from_the_opening_to_the_closing_balance(self, books, bob):
        account = ledger.account(AccountKind.WORKER_PAYABLE, user=bob)
        row = next(each for each in trial_balance.rows(NOVEMBER) if each.account_id == account.pk)
        lines = trial_balance.statement(account.pk, NOVEMBER, opening=row.opening, limit=10)
        assert [line.entry.amount for line in lines] == [7 * EUR]
        assert lines[-1].balance == row.closing


class TestClosing:
    def test_a_closed_month_has_its_balances_its_digest_and_takes_nothing_more(self, books, atelier):
        period = close()
        text = "".join(journal.csv_text(OCTOBER))
        assert period.sha256 == hashlib.sha256(text.encode()).hexdigest()
        assert period.transactions == 3
        for at in (OCTOBER.start, OCTOBER.end - dt.timedelta(microseconds=1)):
            with pytest.raises(IntegrityError, match="transaction_month_is_open|is closed"):
                raw_posting(at)
        raw_posting(OCTOBER.end)  # the first moment of November is open
        books.set(OCTOBER.end - dt.timedelta(hours=1))
        with pytest.raises(DatabaseError, match="is closed"):
            fund(atelier, EUR, "dep_late")

    def test_without_the_trigger_it_would_be_taken(self, books):
        close()
        name = "transaction_month_is_open"
        with without(
            f"ALTER TABLE payments_transaction DISABLE TRIGGER {name}",
            f"ALTER TABLE payments_transaction ENABLE TRIGGER {name}",
        ):
            raw_posting(OCTOBER.start)

    def test_what_was_kept_stays_as_it_is(self, books):
        close()
        for row in (Period.objects.get(), PeriodBalance.objects.first()):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                type(row).objects.filter(pk=row.pk)._raw_delete("default")
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                row.save()

    def test_a_month_that_is_not_over_is_not_closed(self, books):
        close()
        close(NOVEMBER)
        with pytest.raises(MonthNotOver):
            close(Month(2026, 12))
        books.set(Month(2026, 12).end)
        close(Month(2026, 12))

    def test_months_are_closed_in_their_order_and_once(self, books):
        with pytest.raises(EarlierMonthOpen) as refusal:
            close(NOVEMBER)
        assert "2026-10" in refusal.value.message
        with pytest.raises(NothingToClose):
            close(Month(2026, 9))
        close()
        with pytest.raises(MonthClosed):
            close()
        assert periods.next_to_close() == NOVEMBER

    def test_an_open_difference_keeps_a_month_open(self, books):
        row = Difference.objects.create(
            gateway="simulated", kind="only_outside", external_id="x", amount_micros=5
        )
        with pytest.raises(DifferencesOpen):
            close()
        Difference.objects.filter(pk=row.pk).update(ended_at=house_clock.now())
        close()

    def test_a_broken_check_keeps_a_month_open(self, books):
        with pytest.raises(BooksBroken) as refusal:
            close(look=lambda: [checks.Check("the_sun_rises", False)])
        assert "the_sun_rises" in refusal.value.message
        assert not Period.objects.exists()

    def test_a_month_without_a_transaction_is_closed_too(self, books, clock):
        close()
        close(NOVEMBER)
        clock.set(dt.datetime(2027, 2, 2, tzinfo=dt.UTC))
        close(Month(2026, 12))
        period = close(Month(2027, 1))
        assert period.transactions == 0
        assert all(row.added == row.taken == 0 for row in trial_balance.rows(Month(2027, 1)))

    def test_the_command_closes_or_says_why_not(self, atelier, alice, clock):
        clock.set(dt.datetime(2026, 10, 5, 12, tzinfo=dt.UTC))
        row = deposits.start(organisation=atelier, amount_micros=50 * EUR, actor=alice)
        simulated.press(row.public_id, "pay")
        deposits.refresh(row)
        with pytest.raises(CommandError, match="not over"):
            call_command("close_month", "2026", "10", stdout=io.StringIO())
        clock.set(dt.datetime(2026, 11, 2, tzinfo=dt.UTC))
        out = io.StringIO()
        call_command("close_month", "2026", "10", stdout=out)
        assert "2026-10 is closed: 1 transactions" in out.getvalue()
        assert re.search(r"gateway_clearing +0.00 +0.00 +50.00 +-50.00", out.getvalue())
        with pytest.raises(CommandError, match="closed already"):
            call_command("close_month", "2026", "10", stdout=io.StringIO())
        with pytest.raises(CommandError, match="Name a month"):
            call_command("close_month", "2026", "13", stdout=io.StringIO())


class TestRaces:
    def test_a_close_waits_for_a_posting_under_way_and_has_it_in_its_balances(self, books, atelier):
        books.set(OCTOBER.end - dt.timedelta(seconds=1))
        posted, go_on = threading.Event(), threading.Event()

        def post():
            try:
                with transaction.atomic():
                    fund(atelier, EUR, "dep_slow")
                    posted.set()
                    go_on.wait(10)
            finally:
                connection.close()

        poster = threading.Thread(target=post)
        poster.start()
        assert posted.wait(10)
        books.set(OCTOBER.end + dt.timedelta(days=1))
        found = []

        def close_now():
            try:
                found.append(close())
            finally:
                connection.close()

        closer = threading.Thread(target=close_now)
        closer.start()
        time.sleep(0.5)
        assert not found  # it waits
        go_on.set()
        poster.join(10)
        closer.join(20)
        (period,) = found
        funds = ledger.account(AccountKind.ORGANISATION_AVAILABLE, organisation=atelier)
        assert PeriodBalance.objects.get(period=period, account=funds).closing_micros == EUR
        assert period.sha256 == journal.digest(OCTOBER).sha256
        assert period.transactions == 4

    def test_a_posting_that_comes_during_a_close_waits_and_is_refused_where_it_is_dated_in_the_month(
        self, books, atelier
    ):
        refused = []

        def post_late():
            try:
                fund(atelier, EUR, "dep_late")
            except DatabaseError as error:
                refused.append(error)
            finally:
                connection.close()

        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(hashtext('payments_period'))")
            books.set(OCTOBER.end - dt.timedelta(seconds=1))
            poster = threading.Thread(target=post_late)
            poster.start()
            time.sleep(0.3)
            assert poster.is_alive()
            Period.objects.create(year=2026, month=10, transactions=3, sha256="0" * 64)
        poster.join(10)
        assert "is closed" in str(refused[0])

    def test_two_closes_at_once_close_it_once(self, books):
        from tests.payments_helpers import together

        answers = together(2, lambda _index: close())
        assert sum(isinstance(each, Period) for each in answers) == 1
        assert any(isinstance(each, MonthClosed) for each in answers)


def rows(month):
    return list(csv.DictReader(io.StringIO("".join(journal.csv_text(month)))))


class TestJournal:
    def test_its_sums_are_those_of_the_trial_balance_to_the_micro(self, books):
        for month in (OCTOBER, NOVEMBER):
            credit, debit = defaultdict(Decimal), defaultdict(Decimal)
            for row in rows(month):
                credit[row["account"]] += Decimal(row["credit"] or 0)
                debit[row["account"]] += Decimal(row["debit"] or 0)
            from payments.services import chart

            found = trial_balance.by_kind(trial_balance.rows(month))
            expected = {
                chart.number_of(row.kind): (row.added, row.taken) for row in found if row.added or row.taken
            }
            assert {
                number: (int(credit[number] * EUR), int(debit[number] * EUR)) for number in credit
            } == expected
            assert sum(credit.values()) == sum(debit.values()) > 0

    def test_a_line_names_no_person_and_no_organisation(self, books, bob, atelier):
        text = "".join(journal.csv_text(OCTOBER))
        assert bob.name not in text and atelier.name not in text and bob.email not in text
        assert bob.public_id in text and atelier.public_id in text
        assert rows(OCTOBER)[0]["date"] == "2026-10-05"

    def test_no_cell_is_a_formula_and_none_is_harmless_by_chance_only(self, books, monkeypatch):
        seen = []
        monkeypatch.setattr(spreadsheet, "safe", lambda cell: seen.append(cell) or cell)
        cells = sum(len(row) for row in rows(OCTOBER))
        assert len(seen) == cells > 0

    def test_it_reads_the_same_in_every_language(self, books):
        from django.utils import translation

        english = "".join(journal.csv_text(OCTOBER))
        with translation.override("fr"):
            assert "".join(journal.csv_text(OCTOBER)) == english

    def test_every_kind_of_account_has_a_number(self):
        from payments.services import chart

        assert all(chart.number_of(kind).isdigit() for kind in AccountKind.values)

    def test_account_numbers_by_setting(self, books, settings):
        settings.ACCOUNT_NUMBERS = ["worker_payable=467999", "gateway_clearing:stripe=517300"]
        assert "467999" in {row["account"] for row in rows(OCTOBER)}
        settings.ACCOUNT_NUMBERS = ["no_such_kind=1"]
        with pytest.raises(Exception, match="ACCOUNT_NUMBERS"):
            rows(OCTOBER)

    def test_fees_carry_the_treatment_of_their_invoice_and_a_later_one_changes_no_closed_month(
        self, atelier, alice, bob, clock
    ):
        clock.set(dt.datetime(2026, 10, 5, 12, tzinfo=dt.UTC))
        batch = market.open_batch(atelier, alice)
        given = market.submitted(bob, batch)
        from tasks.services import reviews

        reviews.approve(batch=batch, assignments=[given.pk], actor=alice)
        clock.set(dt.datetime(2026, 11, 2, tzinfo=dt.UTC))
        assert {row["vat_treatment"] for row in rows(OCTOBER)} == {""}
        values = {
            "kind": "invoice", "organisation": atelier, "year": 2026, "number": 1, "period_year": 2026,
            "period_month": 10, "treatment": "domestic", "vat_rate": "0.2000", "net_micros": EUR,
            "vat_micros": 200_000, "customer": {}, "seller": {}, "lines": [],
        }  # fmt: skip
        Invoice.objects.create(**values, issued_at=house_clock.now())
        taxed = {row["account"]: row["vat_treatment"] for row in rows(OCTOBER)}
        assert taxed["706000"] == taxed["445710"] == "domestic"
        period = close(look=list)  # an invoice of one euro is more than the fee that was earned
        Invoice.objects.create(
            **values | {"number": 2, "vat_rate": "0.1000"}, issued_at=house_clock.now() + dt.timedelta(days=1)
        )
        assert journal.digest(OCTOBER).sha256 == period.sha256


class TestFec:
    def test_it_has_eighteen_columns_numbers_without_a_gap_and_commas(self, books):
        close()
        close(NOVEMBER)
        lines = "".join(fec.text(2026)).split("\r\n")
        assert lines.pop() == ""
        head, *body = [line.split("\t") for line in lines]
        assert head == list(fec.COLUMNS) and len(head) == 18
        assert {len(line) for line in body} == {18}
        numbers = [int(line[2]) for line in body]
        assert sorted(set(numbers)) == list(range(1, 7)) and numbers == sorted(numbers)
        assert body[0][3] == "20261005" and body[0][15] == "20261203"
        debit = sum(Decimal(line[11].replace(",", ".")) for line in body)
        credit = sum(Decimal(line[12].replace(",", ".")) for line in body)
        assert debit == credit > 0
        assert all("." not in line[11] + line[12] for line in body)

    def test_only_closed_months_are_in_it(self, books):
        assert "".join(fec.text(2026)).count("\r\n") == 1
        close()
        dates = {line.split("\t")[3][:6] for line in "".join(fec.text(2026)).split("\r\n")[1:-1]}
        assert dates == {"202610"}

    def test_the_name_says_who_and_the_end_of_the_year(self, settings):
        settings.SELLER_VAT_NUMBER = "FR40303265045"
        assert fec.file_name(2026) == "303265045FEC20261231.txt"
        settings.SELLER_VAT_NUMBER = ""
        assert fec.file_name(2026) == "000000000FEC20261231.txt"
