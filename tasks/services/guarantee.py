"""The weekly guarantee: a week of work that fell under the floor over all batches is topped up (charter P14).

The measured floor (`floors`) holds for the middle of a batch; this one holds for each person. Counted is approved
work by the week it was sent in (Monday to Sunday, Europe/Paris), its seconds at most three times the batch's, as
everywhere (DESIGN §4). A week is held against the floor once, when there was time to decide about its answers.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from marketplace.base import clock, ids, money, notices
from payments.services import earnings, floor
from tasks.models import Assignment, GuaranteedWeek

SET = 500  # workers of one transaction
WEEK = dt.timedelta(days=7)
CAUGHT_UP = 8  # weeks
COUNTED = 3  # times the batch's seconds, at most


@dataclass(frozen=True, slots=True)
class Worked:
    """One worker's week: counted seconds, and micros paid for them and asked by the floor of where they lived."""

    worker_id: int
    seconds: int
    paid: int
    floor: int
    cap_year: int

    @property
    def short(self) -> int:
        return max(0, self.floor - self.paid)


def hold_weeks() -> dict[str, int]:
    """Hold the week that is due against the floor; figures {weeks, topups, micros}.

    Due is the newest week that ended `settings.GUARANTEE_AFTER_DAYS` ago, and those before it that the clock missed
    since the last one held, CAUGHT_UP weeks at most. Run twice, or by two at once, nothing is paid twice.
    """
    figures = {"weeks": 0, "topups": 0, "micros": 0}
    last = GuaranteedWeek.objects.order_by("-monday").values_list("monday", flat=True).first()
    monday = newest_due()
    first = max(last or dt.date.min, monday - CAUGHT_UP * WEEK)
    while first <= monday:
        for worked in _chunks(first):
            count, micros = _hold(first, worked)
            figures["weeks"] += len(worked)
            figures["topups"] += count
            figures["micros"] += micros
        first += WEEK
    return figures


def newest_due() -> dt.date:
    """The Monday of the newest week that is old enough to be held against the floor."""
    day = clock.today() - dt.timedelta(days=settings.GUARANTEE_AFTER_DAYS)
    return day - dt.timedelta(days=day.weekday()) - WEEK


def held_on(sent: dt.datetime) -> dt.date:
    """The first day on which the week of an answer sent in then is held against the floor."""
    day = sent.astimezone(clock.BOOKS).date()
    return day - dt.timedelta(days=day.weekday()) + WEEK + dt.timedelta(days=settings.GUARANTEE_AFTER_DAYS)


# Seconds are rounded up to the cent only in sum: a floor per answer would add a part of a cent to each.
_WORKED = """
SELECT a.worker_id, a.country, max(a.cap_year),
       sum(least(
           a.worked_seconds, %(counted)s * greatest(b.estimated_seconds, coalesce(b.measured_seconds, 0))
       ))::bigint,
       sum(a.reward_micros + a.topped_up_micros)::bigint
FROM tasks_assignment a JOIN tasks_batch b ON b.id = a.batch_id
WHERE a.state = %(approved)s AND a.submitted_at >= %(start)s AND a.submitted_at < %(end)s
  AND NOT EXISTS (SELECT FROM tasks_guaranteedweek w WHERE w.worker_id = a.worker_id AND w.monday = %(monday)s)
GROUP BY a.worker_id, a.country ORDER BY a.worker_id, a.country
"""


def of_week(monday: dt.date) -> list[Worked]:
    """What everybody worked in the week from `monday`, of those whose week was not held against the floor yet."""
    start = dt.datetime.combine(monday, dt.time(), tzinfo=clock.BOOKS)
    end = dt.datetime.combine(monday + WEEK, dt.time(), tzinfo=clock.BOOKS)
    values: dict[str, Any] = {
        "counted": COUNTED,
        "approved": Assignment.State.APPROVED,
        "start": start,
        "end": end,
        "monday": monday,
    }
    found: dict[int, Worked] = {}
    with connection.cursor() as cursor:
        cursor.execute(_WORKED, values)
        for worker_id, country, year, seconds, paid in cursor.fetchall():
            due = seconds * floor.floor_micros_per_hour(country)
            before = found.get(worker_id, Worked(worker_id, 0, 0, 0, year))
            found[worker_id] = Worked(
                worker_id,
                before.seconds + seconds,
                before.paid + paid,
                before.floor + -(-due // 3600),
                max(before.cap_year, year),
            )
    return list(found.values())


def _chunks(monday: dt.date) -> list[list[Worked]]:
    rows = of_week(monday)
    return [rows[start : start + SET] for start in range(0, len(rows), SET)]


@transaction.atomic
def _hold(monday: dt.date, rows: Sequence[Worked]) -> tuple[int, int]:
    """Write the weeks of some workers and pay what is short, to the cent above; (how many were paid, micros)."""
    made = []
    for row in rows:
        added = -money.whole_cents(-row.short)
        made.append(
            GuaranteedWeek(
                worker_id=row.worker_id,
                monday=monday,
                seconds=row.seconds,
                paid_micros=row.paid,
                floor_micros=row.paid + added if added else row.floor,
                added_micros=added,
            )
        )
    # The unique pair (worker, week) stops a second process here, before anything is paid.
    GuaranteedWeek.objects.bulk_create(made)
    years = {row.worker_id: row.cap_year for row in rows}
    short = [week for week in made if week.added_micros]
    earnings.top_up_set(
        [
            earnings.Extra(
                week.reference,
                week.worker_id,
                years[week.worker_id],
                [(earnings.platform_costs(), week.added_micros)],
            )
            for week in short
        ]
    )
    for week in short:
        notices.tell(
            week.worker_id,
            "week_guaranteed",
            week.reference,
            monday=monday.isoformat(),
            micros=week.added_micros,
            seconds=week.seconds,
            worker=ids.encode("usr", week.worker_id),
        )
    return len(short), sum(week.added_micros for week in short)
