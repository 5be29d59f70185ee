"""Public figures: counted from the books, published by half-years, closed ones for good (charter D4, docs/adr/0068)."""

import csv
import datetime as dt
import io
import re

import pytest
from django.db import Error, IntegrityError, connection, transaction

from marketplace.base.models import PublishedFigures
from marketplace.web import jobs, transparency
from marketplace.web.transparency import cases, editions, pay, people, periods
from marketplace.web.transparency.shapes import Span
from tasks.models import Assignment, GuaranteedWeek, Outage
from tasks.services import reviews
from tests import market
from tests.personas import BORN, make_person, make_worker
from tests.sources import ROOT
from workers.models import WorkerProfile

pytestmark = pytest.mark.django_db
EUR = 1_000_000


def day(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def in_november(clock):
    clock.set(day("2026-11-10T12:00"))


@pytest.fixture
def span(clock):
    half = periods.named("2026-H2")
    return lambda: Span(half.start, half.end, clock.now())


@pytest.fixture
def busy(atelier, alice):
    """Twelve people in France each did a task of a euro in 180 s and are paid; two in Germany did too."""
    batch = market.open_batch(atelier, alice, rows=14, reward_micros=EUR)
    rows = [market.submitted(make_worker(f"w{number:02}"), batch) for number in range(12)]
    rows += [market.submitted(make_worker(f"d{number}", country="DE"), batch) for number in range(2)]
    Assignment.objects.filter(batch=batch).update(worked_seconds=180)
    reviews.approve(batch=batch, assignments=[row.pk for row in rows], actor=alice)
    return batch


# --- Counting -----------------------------------------------------------------------------------------


def test_D4_the_figures_are_those_of_the_books(busy, span):
    found = pay.earned(span())
    assert found.rows["FR"]["people"] == 12
    assert found.rows["FR"]["earned"] == 12 * EUR
    assert found.rows["DE"]["people"] == 2
    assert (found.total["people"], found.total["answers"], found.total["earned"]) == (14, 14, 14 * EUR)
    assert found.total["median_hourly"] == 20 * EUR
    assert (found.total["top_earned"], found.total["top_answers"], found.total["top_seconds"]) == (
        EUR,
        1,
        180,
    )
    assert found.total["hours"] == 0.7
    assert found.total["under_before"] == found.total["under_after"] == 0
    sorts = pay.by_sort(span())
    assert sorts.total == {
        "people": 14, "payments": 14, "micros": 14 * EUR, "top_payments": 1, "top_micros": EUR,
    }  # fmt: skip
    assert sorts.rows["work"]["micros"] == 14 * EUR
    times = pay.times(span()).rows["approval"]
    assert (times["cases"], times["top_cases"]) == (14, 1)
    assert times["median"] >= 0


def test_an_answer_whose_top_up_was_not_paid_is_under_the_floor_after(busy, span):
    Assignment.objects.filter(batch=busy, worker__email__startswith="w00").update(
        topped_up_micros=500_000, topups=1
    )
    busy.measured_seconds = 600  # needs 2.15 euros in France
    busy.save()
    found = pay.earned(span()).rows["FR"]
    assert found["topups"] == found["topped"] == 1
    assert found["topped_up"] == 500_000
    assert found["under_before"] == round(1 / 12, 4)
    assert found["under_after"] == 1


def test_what_happened_in_another_half_year_is_not_counted(busy, span):
    Assignment.objects.filter(batch=busy).update(reviewed_at=day("2026-06-30T21:59"))  # 23:59 in Paris
    assert pay.earned(span()).total == {"people": 0}
    Assignment.objects.filter(batch=busy).update(reviewed_at=day("2026-06-30T22:00"))
    assert pay.earned(span()).total["answers"] == 14


def test_P14_the_share_of_weeks_at_or_above_the_floor_is_published(span):
    for number in range(10):
        short = number == 0
        GuaranteedWeek.objects.create(
            worker=make_worker(f"g{number}"), monday=dt.date(2026, 10, 5), seconds=3600,
            paid_micros=10 * EUR if short else 20 * EUR, floor_micros=12 * EUR, added_micros=2 * EUR if short else 0,
        )  # fmt: skip
    found = pay.weeks(span())
    assert found.total == {
        "people": 10, "workers": 10, "helped": 1, "helped_workers": 1, "added": 2 * EUR, "above": 0.9,
        "top_added": 2 * EUR, "top_people": 1, "top_helped": 1,
    }  # fmt: skip
    assert list(found.rows) == ["2026-10-05"]


def test_objections_are_counted_by_what_became_of_them(contested, span):
    found = cases.contests(span())
    assert found.rows["open"] == {"people": 1, "cases": 1}
    assert found.total == {"people": 1, "cases": 1}


@pytest.fixture
def contested(atelier, alice, bob):
    batch = market.open_batch(atelier, alice, rows=2)
    row = market.submitted(bob, batch)
    reviews.contest(assignment=row, actor=alice, reason="wrong_answer", evidence="It says B.")
    return row


def test_an_answer_to_a_person_counts_as_late_from_its_date_on(contested, bob, span, clock):
    from tasks.services import disputes

    contested.refresh_from_db()
    disputes.reply(assignment=contested, worker=bob, text="I stand by it.")
    clock.forward(days=13)
    assert cases.promises(span()).rows["dispute"]["overdue"] == 0
    clock.forward(days=2)
    found = cases.promises(span()).rows["dispute"]
    assert (found["cases"], found["overdue"], found["broken"], found["share"]) == (1, 1, 1, 0)


def test_people_income_cap_and_outages_are_counted(busy, span, clock, dana):
    Outage.objects.create(
        began_at=clock.now() - dt.timedelta(hours=2), ended_at=clock.now() - dt.timedelta(hours=1),
        declared_by=dana, reason="power",
    )  # fmt: skip
    WorkerProfile.objects.create(
        user=make_person("late"), country="FR", languages=["fr"], birth_date=BORN, admitted_at=None
    )
    standing = people.status(span()).rows
    assert {key: row["people"] for key, row in standing.items()} == {
        "active": 14, "idle": 0, "waiting": 1, "restricted": 0, "closed": 0,
    }  # fmt: skip
    assert people.income(span()).rows["0"] == {"people": 14}
    assert people.cap(span()).rows["0"]["people"] == 14
    found = people.outages(span())
    assert found.rows["declared"]["seconds"] == found.total["seconds"] == 3600
    assert found.total["paid"] == 0
    assert people.fund(span()).rows["in"]["micros"] > 0


def test_every_table_can_be_counted_with_nothing_there():
    figures = transparency.count(periods.named("2026-H2"), for_good=True)
    assert set(figures) == {table.key for table in editions.TABLES}


# --- Editions -----------------------------------------------------------------------------------------


def test_figures_about_few_people_are_not_published(busy, client, clock):
    jobs.publish_figures.by_hand()
    stored = PublishedFigures.objects.get().figures["pay"]
    assert stored["total"]["people"] == 15  # fourteen, in fives
    page = client.get("/transparency/").content.decode()
    assert "too few to tell" in page and "figures are hidden" in page and "Not a fault" in page
    clock.set(day("2027-02-01T12:00"))
    transparency.publish()
    stored = PublishedFigures.objects.get(is_closed=True).figures["pay"]
    rows = dict(stored["rows"])
    assert rows["DE"]["earned"] is None
    assert rows["FR"]["earned"] is None  # or Germany's would be what is left of the sum
    assert stored["total"]["earned"] == 14 * EUR


AMOUNTS = {
    ("pay", "answers"), ("pay", "earned"), ("pay", "hours"), ("pay", "topups"), ("pay", "topped_up"),
    ("paid_for", "payments"), ("paid_for", "micros"), ("guarantee", "added"), ("times", "cases"), ("income", "people"),
    ("outages", "paid"),
}  # fmt: skip


def told(half, *, for_good):
    return {
        (key, name)
        for key, table in transparency.count(half, for_good=for_good).items()
        for row in [*(row for _key, row in table["rows"]), table["total"] or {}]
        for name in row
    }


def test_D4_what_somebodys_week_adds_to_is_published_once_when_the_half_year_is_counted_for_good(
    busy, client, clock
):
    half = periods.named("2026-H2")
    assert not told(half, for_good=False) & AMOUNTS
    assert told(half, for_good=True) >= {("pay", "earned"), ("paid_for", "micros"), ("times", "cases")}
    transparency.publish()
    page = client.get("/transparency/").content.decode()
    assert "are published once, on 1 February 2027" in page.replace("\u202f", " ").replace("\xa0", " ")
    assert "Earned" not in page.split('id="pay"')[1].split("</table>")[0]


def test_D4_a_row_that_stands_in_another_table_too_covers_nothing(busy, atelier, alice, span, clock):
    """Work and top-ups have tables of their own: one bonus beside them would be the total less those."""
    from marketplace.web.transparency import privacy
    from payments.services import bonuses

    row = Assignment.objects.filter(batch=busy).first()
    line = bonuses.Line(1, "b1", 1, row.worker_id, row.public_id, EUR, "Well done")
    assert bonuses.give(organisation=atelier, actor=alice, lines=[line]).total == EUR
    shown = privacy.protect(pay.SORTS_TABLE.columns, pay.by_sort(span()), covers=pay.SORTS_TABLE.covers)
    assert shown.rows["work"]["micros"] == 14 * EUR
    assert shown.rows["bonus"]["micros"] is None and shown.total["micros"] is None


def test_answers_as_promised_count_objections_to_ratings_and_messages(span):
    """Every kind that the clock holds late has a row; batches and rows to look at are counted by screening."""
    source = (ROOT / "tasks/services/overdue.py").read_text()
    kinds = set(re.findall(r'Promise\("([a-z_]+)"', source)) | {"dispute", "appeal"}
    assert len(kinds) > 10
    counted = set(cases.promises(span()).rows)
    assert kinds - {"screening", "rows", "objection"} <= counted
    assert {"rating", "messages"} <= counted  # what an objection is to


def test_the_page_reads_what_was_published_and_counts_nothing(busy, client, django_assert_max_num_queries):
    jobs.publish_figures.by_hand()
    with django_assert_max_num_queries(3):
        page = client.get("/transparency/").content.decode()
    assert "€20.00" in page  # an hour, in the middle
    Assignment.objects.filter(batch=busy).update(worked_seconds=360)
    assert client.get("/transparency/").content.decode().count("€20.00") == page.count("€20.00")


def test_a_running_half_year_is_published_once_a_week_and_only_when_enough_people_worked(
    busy, atelier, alice, clock
):
    assert transparency.publish() == {"closed": 0, "new": 1}
    assert transparency.publish() == {"closed": 0, "new": 0}
    clock.forward(days=7, seconds=1)
    Assignment.objects.filter(pk__in=busy.assignments.values("pk")[:9]).update(reviewed_at=clock.now())
    assert transparency.publish() == {"closed": 0, "new": 0}  # the difference would be about nine
    Assignment.objects.filter(batch=busy).update(reviewed_at=clock.now())
    assert transparency.publish() == {"closed": 0, "new": 1}


def test_a_half_year_is_closed_a_month_after_its_end_and_never_changes(busy, client, clock):
    transparency.publish()
    clock.set(day("2027-01-31T22:00"))  # still January in Paris
    transparency.publish()
    assert not PublishedFigures.objects.filter(is_closed=True).exists()
    clock.set(day("2027-01-31T23:00"))
    assert transparency.publish()["closed"] == 1
    before = client.get("/transparency/2026-H2.csv").content
    Assignment.objects.filter(batch=busy).update(worked_seconds=900)
    clock.forward(days=40)
    transparency.publish()
    assert client.get("/transparency/2026-H2.csv").content == before
    assert b"2026-H2,2027-02-01,yes,pay,total,people,people,14,no" in before  # exact now


def test_the_database_refuses_to_change_or_delete_or_follow_a_closed_edition(busy):
    row = PublishedFigures.objects.create(period="2026-H1", is_closed=True, figures={})
    for act in (
        lambda: PublishedFigures.objects.filter(pk=row.pk).update(figures={"x": 1}),
        lambda: PublishedFigures.objects.filter(pk=row.pk).delete(),
        lambda: PublishedFigures.objects.create(period="2026-H1", figures={}),
    ):
        with pytest.raises(Error), transaction.atomic():
            act()
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE base_publishedfigures")
    with pytest.raises(IntegrityError, match="figures_period_is_a_half_year"), transaction.atomic():
        PublishedFigures.objects.create(period="2026-Q1", figures={})


def test_half_years_that_nobody_counted_are_closed_late_and_not_left_out(busy, clock):
    clock.set(day("2028-03-01T12:00"))
    assert transparency.publish() == {"closed": 3, "new": 1}
    assert [row.period for row in transparency.all_editions()] == ["2028-H1", "2027-H2", "2027-H1", "2026-H2"]


# --- Files --------------------------------------------------------------------------------------------


def test_the_file_names_its_columns_and_holds_one_figure_a_line(busy, client, clock):
    clock.set(day("2027-02-01T12:00"))
    transparency.publish()
    answer = client.get("/transparency/2026-H2.csv")
    assert answer["Content-Type"].startswith("text/csv")
    lines = list(csv.DictReader(io.StringIO(answer.content.decode())))
    found = {(line["table"], line["row"], line["figure"]): line for line in lines}
    assert len(found) == len(lines)
    assert (found["pay", "DE", "earned"]["value"], found["pay", "DE", "earned"]["hidden"]) == ("", "yes")
    hourly = found["pay", "total", "median_hourly"]
    assert (hourly["value"], hourly["unit"], hourly["closed"]) == ("20", "EUR/h", "yes")


def test_the_json_says_the_same_by_name(busy, client, clock):
    clock.set(day("2027-01-10T12:00"))
    transparency.publish()
    found = client.get("/transparency/2026-H2.json").json()
    assert found["tables"]["pay"]["total"]["median_hourly"] == 20 and not found["closed"]
    assert "earned" not in found["tables"]["pay"]["total"]
    clock.set(day("2027-02-01T12:00"))
    transparency.publish()
    found = client.get("/transparency/2026-H2.json").json()
    assert found["tables"]["pay"]["total"]["median_hourly"] == 20
    assert found["tables"]["pay"]["rows"]["DE"]["earned"] is None
    assert client.get("/transparency/all.json").json()["half_years"][0] == found
    one = client.get("/transparency/2026-H2.csv").content
    assert client.get("/transparency/all.csv").content.startswith(one)


@pytest.mark.parametrize(
    "address", ["2026-H1/", "2026-H2.xml", "2026.csv", "all.txt", "x.csv", "2026-H3.json"]
)
def test_what_was_never_published_is_not_there(busy, client, address):
    transparency.publish()
    assert client.get(f"/transparency/{address}").status_code == 404


def test_before_the_first_count_the_page_says_so(client):
    assert "Nothing is published yet" in client.get("/transparency/").content.decode()


def test_a_half_year_that_was_never_counted_for_good_is_named_by_selfcheck(busy, clock):
    from marketplace.web.transparency import checks

    transparency.publish()
    clock.set(day("2027-02-01T12:00"))
    assert checks.run()[0].ok
    clock.forward(days=2)
    assert checks.run()[0].ids == ["2026-H2"]
    transparency.publish()
    assert checks.run()[0].ok
