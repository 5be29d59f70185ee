"""What a worker got and what for: statements that equal the ledger, to the micro, and are one's own alone."""

import csv
import datetime as dt
import io
import itertools
import random

import pytest
from django.urls import reverse

from marketplace.base import clock as house_clock
from payments.models import AccountKind, Entry, Payout
from payments.services import earnings, ledger, payees, payout_rules, payouts, sending, statements
from tests.api_client import Program
from tests.payments_helpers import DETAILS, EUR, earn, forget_behaviours
from tests.personas import make_worker


@pytest.fixture(autouse=True)
def gateway(db):
    forget_behaviours()
    yield
    forget_behaviours()


def topped(worker, micros, reference):
    source = [(earnings.platform_costs(), micros)]
    earnings.top_up(reference=reference, worker_id=worker.pk, cap_year=2026, parts=source)


def compensated(worker, micros, reference):
    source = [(earnings.platform_costs(), micros)]
    earnings.compensate(reference=reference, worker_id=worker.pk, cap_year=2026, parts=source)


def read(made):
    return list(csv.reader(io.StringIO("".join(statements.to_csv(made)))))


@pytest.fixture
def year_of_work(bob, atelier, clock):
    """A random year: work, top-ups, compensations, payouts that arrive, fail and come back."""
    payees.save(user=bob, details=DETAILS, actor=bob)
    chance = random.Random(7)
    for month in range(1, 13):
        for turn in range(4):
            clock.set(dt.datetime(2027, month, 2 + 6 * turn, 12, tzinfo=dt.UTC))
            name = f"asg_{month}x{turn}"
            earn(bob, chance.randrange(1, 9 * EUR), atelier, reference=name, year=2027)
            if chance.random() < 0.5:
                topped(bob, chance.randrange(1, EUR), f"{name}:topup:1")
            if chance.random() < 0.3:
                compensated(bob, chance.randrange(1, EUR), f"{name}c")
            if chance.random() < 0.5:
                take_out(bob, chance)
    return bob


def take_out(worker, chance):
    from payments.errors import BelowPayoutMinimum

    try:
        payout = payouts.request(user=worker, actor=worker)
    except BelowPayoutMinimum:
        return
    payout = sending.send(payout)
    if payout.state == "sent" and chance.random() < 0.4:
        sending.fail(payout, code="closed")
    elif chance.random() < 0.4:
        sending.take_back(payout, code="closed")


class TestEqualTheLedger:
    def test_months_follow_each_other_and_make_the_year(self, year_of_work):
        months = [statements.of_month(year_of_work, 2027, month) for month in range(1, 13)]
        year = statements.of_year(year_of_work, 2027)
        assert months[0].opening == 0 == year.opening
        for before, after in itertools.pairwise(months):
            assert before.closing == after.opening
        payable = ledger.account(AccountKind.WORKER_PAYABLE, user=year_of_work)
        assert months[-1].closing == year.closing == ledger.balance(payable)
        assert sum(month.gross for month in months) == year.gross
        assert year.lines == [line for month in months for line in month.lines]
        assert len(year.lines) == Entry.objects.filter(account=payable).count()

    def test_the_year_is_what_the_earnings_page_says(self, year_of_work):
        summary, year = earnings.summary(year_of_work), statements.of_year(year_of_work, 2027)
        assert sum(month.earned for month in summary.months) == year.sum_of(statements.WORK)
        extra = year.sum_of(statements.TOPUP, statements.COMPENSATION)
        assert sum(month.topups for month in summary.months) == extra
        assert year.fees == 0 and year.net == year.gross

    def test_payouts_follow_each_other_and_each_takes_what_it_says(self, year_of_work):
        rows = list(Payout.objects.filter(user=year_of_work).order_by("pk"))
        made = [statements.of_payout(row) for row in rows]
        assert len(made) > 5 and {row.state for row in rows} >= {"paid", "returned"}
        for row, statement in zip(rows, made, strict=True):
            assert statement.lines[-1].micros == -row.amount_micros
            assert 0 <= statement.closing < 10_000, "less than a cent stays"
        for before, after in itertools.pairwise(made):
            assert before.closing == after.opening

    def test_the_table_adds_up_line_by_line(self, year_of_work):
        rows = read(statements.of_year(year_of_work, 2027))
        from decimal import Decimal

        balance = Decimal(rows[1][4])
        for _day, _what, reference, amount, after in rows[2:-1]:
            balance += Decimal(amount)
            assert balance == Decimal(after) and reference
        assert rows[-1][1] == "Closing balance" and Decimal(rows[-1][4]) == balance


class TestBorders:
    def test_midnight_in_paris_parts_the_years(self, bob, atelier, clock):
        clock.set(dt.datetime(2026, 12, 31, 23, 59, 50, tzinfo=house_clock.BOOKS))
        earn(bob, EUR, atelier, reference="asg_old")
        clock.set(dt.datetime(2027, 1, 1, 0, 0, 1, tzinfo=house_clock.BOOKS))
        earn(bob, 2 * EUR, atelier, reference="asg_new", year=2027)
        assert statements.of_year(bob, 2026).gross == EUR == statements.of_month(bob, 2026, 12).gross
        assert (statements.of_year(bob, 2027).opening, statements.of_year(bob, 2027).gross) == (EUR, 2 * EUR)

    def test_a_month_without_anything_is_an_empty_sheet(self, bob):
        made = statements.of_month(bob, 2027, 2)
        assert (made.opening, made.lines, made.closing) == (0, [], 0)
        assert statements.to_pdf(made, bob).startswith(b"%PDF")


class TestRunning:
    """A year or month that is not over says up to which day its figures go."""

    def test_a_running_year_goes_up_to_the_day_it_was_made(self, bob, atelier, clock):
        clock.set(dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC))
        earn(bob, EUR, atelier, reference="asg_1")
        for made in (statements.of_year(bob, 2026), statements.of_month(bob, 2026, 11)):
            assert made.is_running and made.last == made.made_at
            assert read(made)[-1][:2] == ["2026-11-22", "Closing balance"]
            assert statements.title(made).endswith("up to 22 November 2026")
            assert "22 November 2026" in statements._running(made)[0]

    def test_one_that_is_over_goes_to_its_last_day(self, bob, atelier, clock):
        clock.set(dt.datetime(2026, 12, 31, 22, 59, 59, tzinfo=dt.UTC))
        assert statements.of_year(bob, 2026).is_running
        clock.set(dt.datetime(2026, 12, 31, 23, 0, tzinfo=dt.UTC))
        made = statements.of_year(bob, 2026)
        assert not made.is_running and statements.title(made) == "Statement of 2026"
        assert read(made)[-1][0] == "2026-12-31" and statements._running(made) == []

    def test_the_page_of_the_year_says_it_too(self, bob, clock, client_of):
        clock.set(dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC))
        assert "Up to 22 November" in client_of(bob).get("/work/earnings/2026/").content.decode()
        clock.set(dt.datetime(2027, 1, 2, 12, tzinfo=dt.UTC))
        assert "Up to " not in client_of(bob).get("/work/earnings/2026/").content.decode()


class TestDownloads:
    @pytest.fixture
    def payout(self, bob, atelier):
        payees.save(user=bob, details=DETAILS, actor=bob)
        earn(bob, 30 * EUR, atelier, reference="asg_1")
        return payouts.request(user=bob, actor=bob)

    def test_pdf_and_csv_of_a_payout_a_month_and_a_year(self, bob, payout, client_of):
        client = client_of(bob)
        now = house_clock.today()
        places = [
            reverse("statement", args=[str(now.year), "pdf"]),
            reverse("statement", args=[f"{now:%Y-%m}", "pdf"]),
            reverse("payout-statement", args=[payout.public_id, "pdf"]),
        ]
        for place in places:
            answer = client.get(place)
            assert (
                answer.content.startswith(b"%PDF") and "attachment" in answer.headers["Content-Disposition"]
            )
            table = client.get(place.replace(".pdf", ".csv"))
            text = b"".join(table.streaming_content).decode()
            assert "asg_1" in text and "30.00" in text and "no-store" in table.headers["Cache-Control"]

    def test_they_are_in_ones_own_language(self, bob, payout, client_of):
        bob.locale = "fr"
        bob.save(update_fields=["locale"])
        place = reverse("statement", args=[str(house_clock.today().year), "csv"])
        assert client_of(bob).get(place).status_code == 200

    def test_what_has_not_begun_has_no_statement(self, bob, client_of, clock):
        clock.set(dt.datetime(2026, 11, 30, 12, tzinfo=dt.UTC))
        client = client_of(bob)
        assert client.get("/work/statements/2026-11.csv").status_code == 200
        assert client.get("/work/statements/2026-12.csv").status_code == 404
        assert client.get("/work/statements/2027.pdf").status_code == 404

    @pytest.mark.parametrize("period", ["1999", "2026-13", "2026-1", "x", "2026-11-01"])
    def test_no_such_period_is_no_page(self, bob, client_of, period):
        assert client_of(bob).get(f"/work/statements/{period}.pdf").status_code == 404
        assert client_of(bob).get("/work/statements/2026.xlsx").status_code == 404

    def test_nobody_gets_anothers(self, bea, payout, client_of):
        client = client_of(bea)
        assert client.get(reverse("payout", args=[payout.public_id])).status_code == 404
        assert client.get(reverse("payout-statement", args=[payout.public_id, "pdf"])).status_code == 404
        text = b"".join(client.get(f"/work/statements/{house_clock.today().year}.csv").streaming_content)
        assert b"asg_1" not in text

    def test_cells_never_run(self, bob):
        made = statements.Statement(
            "2027", house_clock.year_start(2027), house_clock.year_start(2028), 0,
            [statements.Line(house_clock.now(), statements.WORK, '=HYPERLINK("x")', 1)],
        )  # fmt: skip
        assert read(made)[2][2].startswith("'=")


class TestPages:
    def test_the_page_of_a_payout_says_who_holds_it_why_and_until_when(
        self, bob, bea, atelier, client_of, dana
    ):
        import dataclasses

        from payments.services import iban

        payees.save(user=bob, details=DETAILS, actor=bob)
        other = dataclasses.replace(DETAILS, iban=iban.make("FR", "30004000031234567890143"))
        payees.save(user=bob, details=other, actor=bob)
        earn(bob, 30 * EUR, atelier, reference="asg_1")
        client = client_of(bob)
        said = client.post(reverse("payout-request"), follow=True).content.decode()
        assert "rests until" in said and "Held by a published rule" in said
        payout = Payout.objects.get()
        text = client.get(reverse("payout", args=[payout.public_id])).content.decode()
        assert "Held by a published rule" in text and "Your payout details were changed" in text
        assert "It is let go by itself" in text and "#taxes" in text
        payouts.prolong(payout=payout, actor=dana, reason="We wait for your answer.")
        text = client.get(reverse("payout", args=[payout.public_id])).content.decode()
        assert "Held by Dana" in text and "We wait for your answer." in text
        assert "Until a moderator lets it go" in text

    def test_the_interface_says_the_same(self, bob, atelier, dana):
        payees.save(user=bob, details=DETAILS, actor=bob)
        earn(bob, 30 * EUR, atelier, reference="asg_1")
        payout = payouts.request(user=bob, actor=bob)
        call = Program(bob, "work")
        assert call.get("/work/earnings/")["held"] == []
        payouts.hold(payout=payout, actor=dana, reason="Look at it.")
        (held,) = call.get("/work/earnings/")["held"]
        assert held == {
            "id": payout.public_id, "amount": "30.00", "by": "Dana", "rule": "", "reason": "Look at it.",
            "until": None,
        }  # fmt: skip
        assert payout_rules.hold_of(Payout.objects.get()).who == "Dana"

    def test_the_year_shows_the_quarters_that_are_reported(self, bob, atelier, clock, client_of):
        clock.set(dt.datetime(2027, 2, 1, 12, tzinfo=dt.UTC))
        earn(bob, 30 * EUR, atelier, reference="asg_1", year=2027)
        topped(bob, EUR, "asg_1:topup:1")
        text = client_of(bob).get("/work/earnings/2027/").content.decode()
        assert "€31.00" in text and "What the tax office is told" in text
        assert client_of(bob).get("/work/earnings/2028/").status_code == 404


def test_a_crowd_of_lines_is_added_up_by_day(bob, atelier, monkeypatch):
    monkeypatch.setattr(statements, "MOST_LINES", 2)
    for number in range(4):
        earn(bob, EUR, atelier, reference=f"asg_{number}")
    made = statements.of_year(bob, house_clock.today().year)
    assert statements.to_pdf(made, bob).startswith(b"%PDF") and len(made.lines) == 4


def test_two_workers_never_mix(atelier, db):
    one, two = make_worker("one"), make_worker("two")
    earn(one, EUR, atelier, reference="asg_1")
    earn(two, 2 * EUR, atelier, reference="asg_2")
    year = house_clock.today().year
    assert [statements.of_year(worker, year).gross for worker in (one, two)] == [EUR, 2 * EUR]
