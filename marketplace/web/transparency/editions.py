"""Editions of the public figures: one of each half-year for good, and before that one a week (charter D4).

What is published is stored, in `base.PublishedFigures`, with small numbers already hidden: pages and files read that
and never the books. A half-year is counted for good FIGURES_CLOSE_DAYS after its end, when its answers are decided, its
weeks held against the floor and its promises due. Until then it is published once a week: rounded, without what adds up
(amounts, hours, answers), and only when enough people worked since. The difference of two editions would tell what
single persons did between them (docs/adr/0068).
"""

import datetime as dt
from typing import Any

from django.db import connection, transaction
from django.db.models import Count

from marketplace.base import clock
from marketplace.base.models import PublishedFigures
from tasks.models import Assignment

from . import cases, pay, people, periods, privacy
from .shapes import Counted, Span, Table

JOB = "transparency"
WEEK = dt.timedelta(days=7)
TABLES: tuple[Table, ...] = (
    pay.EARNED, pay.SORTS_TABLE, pay.WEEKS, pay.TIMES,
    cases.CONTESTS, cases.APPEALS, cases.PROMISES,
    people.WORKERS, people.INCOME, people.CAP, people.MARKS, people.CENTRES,
    people.FUND, people.OUTAGES,
    cases.SCREENED, cases.RULES_MET, cases.REPORTS, cases.REPORT_OUTCOMES,
)  # fmt: skip
Figures = dict[str, Any]


def count(half: periods.HalfYear, *, for_good: bool) -> Figures:
    """Every table of a half-year as it may be published, by key: {rows: {row: {column: value}}, total}."""
    now = clock.now()
    span = Span(half.start, min(half.end, now), now)
    found: Figures = {}
    for table in TABLES:
        shown = privacy.protect(table.columns, table.count(span), covers=table.covers)
        if not for_good:
            shown = privacy.coarse(table.columns, shown)
        found[table.key] = _stored(shown)
    return found


def _stored(counted: Counted) -> Figures:
    return {"rows": [[key, row] for key, row in counted.rows.items()], "total": counted.total}


def publish() -> dict[str, int]:
    """Close the half-years that are due, and publish the running ones when their week is over; figures {closed, new}.

    Run twice, or by two at once, nothing is published twice.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('public figures', 0))")
        return _publish()


def _publish() -> dict[str, int]:
    now = clock.now()
    done = {"closed": 0, "new": 0}
    closed = set(PublishedFigures.objects.filter(is_closed=True).values_list("period", flat=True))
    for half in periods.until(first(), periods.of(now)):
        if half.name in closed:
            continue
        for_good = half.closes <= now
        if not for_good and not _is_due(half, now):
            continue
        PublishedFigures.objects.create(
            period=half.name, counted_at=now, is_closed=for_good, figures=count(half, for_good=for_good)
        )
        done["closed" if for_good else "new"] += 1
    return done


def first() -> periods.HalfYear:
    """The half-year in which the first task was taken here; the present one before that."""
    began = Assignment.objects.order_by("pk").values_list("claimed_at", flat=True).first()
    return min(periods.of(began or clock.now()), periods.of(clock.now()))


def _is_due(half: periods.HalfYear, now: dt.datetime) -> bool:
    """Whether a week is over since the last edition, and in it either nobody was paid for work, or enough people were
    and none of them for too much of it."""
    last = PublishedFigures.objects.filter(period=half.name).order_by("-counted_at").first()
    if last is None:
        return True
    if now - last.counted_at < WEEK:
        return False
    moved = Assignment.objects.filter(state=Assignment.State.APPROVED, reviewed_at__gte=last.counted_at)
    each = list(moved.values("worker_id").annotate(n=Count("pk")).values_list("n", flat=True))
    if not each:
        return True
    return len(each) >= privacy.least("people") and max(each) <= privacy.most_of_one() * sum(each)


def edition(half: periods.HalfYear) -> PublishedFigures | None:
    """The newest edition of a half-year, None before the first."""
    rows = PublishedFigures.objects.filter(period=half.name)
    return rows.order_by("-is_closed", "-counted_at").first()


def all_editions() -> list[PublishedFigures]:
    """The newest edition of every half-year, newest half-year first."""
    rows = PublishedFigures.objects.order_by("-period", "-is_closed", "-counted_at")
    return list(rows.distinct("period"))


def current() -> PublishedFigures | None:
    """The newest edition of the newest half-year."""
    return next(iter(all_editions()), None)
