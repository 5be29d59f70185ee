"""Figures of pay: what was earned, against the floor, held up week by week, and when it arrived (charter P1 to P14)."""

import datetime as dt

from django.utils.translation import gettext_lazy as _

from marketplace.base import countries, formats
from payments.services import floor
from tasks.services.guarantee import COUNTED

from . import sql
from .shapes import Column, Counted, Row, Span, Table

# Seconds count as everywhere (DESIGN §4): at most three times what the batch says or was measured to take.
_SECONDS = (
    "least(a.worked_seconds, %(counted)s * greatest(b.estimated_seconds, coalesce(b.measured_seconds, 0)))"
)
_EARNED = f"""
WITH work AS (
    SELECT a.worker_id, a.country, count(*) AS n, sum({_SECONDS}) AS seconds,
           sum(a.reward_micros + a.topped_up_micros) AS micros,
           count(*) FILTER (WHERE a.topped_up_micros > 0) AS topups, sum(a.topped_up_micros) AS added
    FROM tasks_assignment a JOIN tasks_batch b ON b.id = a.batch_id
    WHERE a.state = 'approved' AND a.reviewed_at >= %(start)s AND a.reviewed_at < %(end)s
    GROUP BY a.worker_id, a.country
), whole AS (
    SELECT max(n) AS n, max(seconds) AS seconds, max(micros) AS micros, max(topups) AS topups, max(added) AS added
    FROM (SELECT sum(n) AS n, sum(seconds) AS seconds, sum(micros) AS micros, sum(topups) AS topups,
                 sum(added) AS added FROM work GROUP BY worker_id) one
)
SELECT country, count(DISTINCT worker_id) AS people, sum(n) AS answers, sum(micros) AS earned,
       round(sum(seconds) / 3600.0, 1) AS hours,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY micros * 3600.0 / greatest(seconds, 1))) AS median_hourly,
       sum(topups) AS topups, sum(added) AS topped_up, count(DISTINCT worker_id) FILTER (WHERE topups > 0) AS topped,
       round(sum(topups) / sum(n), 4) AS under_before, sum(seconds) AS seconds,
       CASE WHEN grouping(country) = 1 THEN (SELECT n FROM whole) ELSE max(n) END AS top_answers,
       CASE WHEN grouping(country) = 1 THEN (SELECT micros FROM whole) ELSE max(micros) END AS top_earned,
       CASE WHEN grouping(country) = 1 THEN (SELECT seconds FROM whole) ELSE max(seconds) END AS top_seconds,
       CASE WHEN grouping(country) = 1 THEN (SELECT topups FROM whole) ELSE max(topups) END AS top_topups,
       CASE WHEN grouping(country) = 1 THEN (SELECT added FROM whole) ELSE max(added) END AS top_topped_up
FROM work GROUP BY GROUPING SETS ((country), ()) ORDER BY country
"""  # noqa: S608 - made of constants
# Answers of batches whose time was measured, by what decides whether they reach the floor of their country.
_MEASURED = """
SELECT row_number() OVER (), a.country, greatest(b.estimated_seconds, b.measured_seconds) AS seconds,
       a.reward_micros + a.topped_up_micros AS micros, count(*) AS n
FROM tasks_assignment a JOIN tasks_batch b ON b.id = a.batch_id
WHERE a.state = 'approved' AND a.reviewed_at >= %(start)s AND a.reviewed_at < %(end)s
  AND b.measured_seconds IS NOT NULL
GROUP BY a.country, 3, 4
"""


def earned(span: Span) -> Counted:
    """By country of the worker: people, answers, pay, hours, the middle of their €/h, top-ups."""
    found = sql.counted(sql.rows(_EARNED, span, counted=COUNTED))
    after = _under_after(span)
    for key, row in found.rows.items():
        row["under_after"] = _share(after.get(key, 0), row["answers"])
    if found.total is not None and found.total["answers"]:
        found.total["under_after"] = _share(sum(after.values()), found.total["answers"])
        return found
    return Counted(found.rows, {"people": 0})


def _under_after(span: Span) -> dict[str, int]:
    """How many answers a country still has under its floor for the measured time, all top-ups counted."""
    found: dict[str, int] = {}
    with sql.connection.cursor() as cursor:
        cursor.execute(_MEASURED, {"start": span.start, "end": span.end})
        for _number, country, seconds, micros, count in cursor.fetchall():
            if micros < floor.price_needed(seconds, country):
                found[country] = found.get(country, 0) + count
    return found


def _share(part: int, whole: float | None) -> float | None:
    return round(part / whole, 4) if whole else None


def country_name(code: str) -> str:
    """The name of a country in the active language."""
    return countries.name(code)


EARNED = Table(
    "pay",
    _("Pay by country"),
    _("Country"),
    (
        Column("people", _("People"), "people", _("who had an answer approved")),
        Column("answers", _("Answers"), "cases", _("approved"), part=("answers", "top_answers"), adds=True),
        Column(
            "earned",
            _("Earned"),
            "eur",
            _("rewards and top-ups of these answers"),
            part=("earned", "top_earned"),
            adds=True,
        ),
        Column(
            "hours",
            _("Hours"),
            "hours",
            _("counted time, as for the floor"),
            part=("seconds", "top_seconds"),
            adds=True,
        ),
        Column("median_hourly", _("€/h"), "eur_per_hour", _("half of the people earned more an hour")),
        Column(
            "under_before",
            _("Under the floor before"),
            "share",
            _("answers that needed a top-up"),
            "topped",
            part=("topups", "top_topups"),
        ),
        Column(
            "topups",
            _("Topped up"),
            "cases",
            _("answers"),
            "topped",
            part=("topups", "top_topups"),
            adds=True,
        ),
        Column(
            "topped_up", _("Top-ups"), "eur", "", "topped", part=("topped_up", "top_topped_up"), adds=True
        ),
        Column("under_after", _("Under the floor after"), "share", _("answers whose top-up is not paid yet")),
    ),
    earned,
    says=_(
        "By the country the worker lived in when claiming. An hour is what a person earned with all their answers over"
        " all the time they counted. A price is held against the floor for the time measured over the whole batch, so a"
        " slow person can earn less in one batch; the weekly guarantee below is for that."
    ),
    name=country_name,
    chart="median_hourly",
)

_BY_SORT = """
WITH due AS (
    SELECT CASE WHEN t.kind IN ('approval', 'late_approval') THEN 'work'
                WHEN t.kind = 'topup' AND t.reference LIKE '%%:week:%%' THEN 'week'
                WHEN t.kind IN ('topup', 'compensation', 'bonus', 'help_grant') THEN t.kind ELSE 'other' END AS sort,
           c.user_id, count(DISTINCT t.id) AS n, sum(e.amount) AS micros
    FROM payments_entry e JOIN payments_transaction t ON t.id = e.transaction_id
         JOIN payments_account c ON c.id = e.account_id
    WHERE c.kind = 'worker_payable' AND t.cap_year IS NOT NULL AND e.amount > 0
      AND t.created_at >= %(start)s AND t.created_at < %(end)s
    GROUP BY 1, 2
), whole AS (
    SELECT max(n) AS n, max(micros) AS micros
    FROM (SELECT sum(n) AS n, sum(micros) AS micros FROM due GROUP BY user_id) one
)
SELECT sort, count(DISTINCT user_id) AS people, sum(n) AS payments, sum(micros) AS micros,
       CASE WHEN grouping(sort) = 1 THEN (SELECT n FROM whole) ELSE max(n) END AS top_payments,
       CASE WHEN grouping(sort) = 1 THEN (SELECT micros FROM whole) ELSE max(micros) END AS top_micros
FROM due GROUP BY GROUPING SETS ((sort), ())
"""
SORTS = {
    "work": _("Work approved"),
    "topup": _("Top-ups of single answers"),
    "week": _("Weekly guarantee"),
    "compensation": _("Time lost by a failure of ours, or by work that was closed"),
    "bonus": _("Bonuses of requesters"),
    "help_grant": _("Grants of the help fund"),
}


def by_sort(span: Span) -> Counted:
    """What the books credited to workers, by what for."""
    found = sql.rows(_BY_SORT, span)
    total = found.pop(sql.ALL, {"people": 0, "payments": 0, "micros": 0})
    zero: Row = {"people": 0, "payments": 0, "micros": 0}
    order = [*SORTS, *sorted(set(found) - set(SORTS))]
    return Counted({key: found.get(key, dict(zero)) for key in order}, _plain_total(total))


def _plain_total(row: Row) -> Row:
    return {key: value or 0 for key, value in row.items()}


SORTS_TABLE = Table(
    "paid_for",
    _("What it was for"),
    _("For"),
    (
        Column("people", _("People"), "people"),
        Column("payments", _("Entries of the books"), "cases", part=("payments", "top_payments"), adds=True),
        Column("micros", _("Sum"), "eur", part=("micros", "top_micros"), adds=True),
    ),
    by_sort,
    says=_(
        "Read from the ledger: all that became due to workers. It leaves for their bank when they ask, and once a"
        " month by itself."
    ),
    names={**SORTS, "other": _("Other")},
    covers=False,  # work, top-ups, weeks and grants stand in tables of their own
)

_WEEKS = """
WITH found AS (
    SELECT monday, worker_id, added_micros,
           sum(added_micros) OVER (PARTITION BY worker_id) AS to_one,
           count(*) OVER (PARTITION BY worker_id) AS of_one,
           count(*) FILTER (WHERE added_micros > 0) OVER (PARTITION BY worker_id) AS helped_of_one
    FROM tasks_guaranteedweek
    WHERE (monday::timestamp AT TIME ZONE 'Europe/Paris') >= %(start)s
      AND (monday::timestamp AT TIME ZONE 'Europe/Paris') < %(end)s
)
SELECT monday, count(*) AS people, count(DISTINCT worker_id) AS workers,
       count(*) FILTER (WHERE added_micros > 0) AS helped,
       count(DISTINCT worker_id) FILTER (WHERE added_micros > 0) AS helped_workers, sum(added_micros) AS added,
       round(count(*) FILTER (WHERE added_micros = 0)::numeric / nullif(count(*), 0), 4) AS above,
       CASE WHEN grouping(monday) = 1 THEN max(to_one) ELSE max(added_micros) END AS top_added,
       CASE WHEN grouping(monday) = 1 THEN max(of_one) ELSE 1 END AS top_people,
       CASE WHEN grouping(monday) = 1 THEN max(helped_of_one) ELSE max(least(helped_of_one, 1)) END AS top_helped
FROM found
GROUP BY GROUPING SETS ((monday), ()) ORDER BY monday
"""


def weeks(span: Span) -> Counted:
    """Week by week: whose week of work was held against the floor, and what was added (charter P14)."""
    found = sql.counted(sql.rows(_WEEKS, span))
    if found.total is None or not found.total["people"]:
        return Counted(found.rows, {"people": 0, "helped": 0, "added": 0, "above": None})
    return found


def week_name(monday: str) -> str:
    """The week of a Monday, in the active language."""
    return formats.day(dt.date.fromisoformat(monday))


WEEKS = Table(
    "guarantee",
    _("Weeks held against the floor"),
    _("Week from"),
    (
        Column(
            "people",
            _("Weeks of people"),
            "people",
            _("one for each person who worked in a week"),
            "workers",
            part=("people", "top_people"),
        ),
        Column(
            "above",
            _("At or above the floor"),
            "share",
            _("before anything was added"),
            "helped_workers",
            part=("helped", "top_helped"),
        ),
        Column("helped", _("Topped up"), "people", "", "helped_workers", part=("helped", "top_helped")),
        Column("added", _("Added"), "eur", "", "helped_workers", part=("added", "top_added"), adds=True),
    ),
    weeks,
    says=_(
        "A person's week over all their batches; when it fell under the floor of their country, we added what was"
        " missing. We want at least 90 % at or above the floor before that."
    ),
    name=week_name,
    chart="above",
)

_TIMES = """
SELECT sort, count(DISTINCT person) AS people, count(*) AS cases, max(of_one) AS top_cases,
       round(percentile_cont(0.5) WITHIN GROUP (ORDER BY seconds)) AS median,
       round(percentile_cont(0.9) WITHIN GROUP (ORDER BY seconds)) AS most
FROM (SELECT *, count(*) OVER (PARTITION BY sort, person) AS of_one FROM (
    SELECT 'approval' AS sort, worker_id AS person, extract(epoch FROM reviewed_at - submitted_at) AS seconds
    FROM tasks_assignment
    WHERE state = 'approved' AND reviewed_at >= %(start)s AND reviewed_at < %(end)s
    UNION ALL
    SELECT 'payout', user_id, extract(epoch FROM paid_at - created_at) FROM payments_payout
    WHERE state = 'paid' AND paid_at >= %(start)s AND paid_at < %(end)s
    UNION ALL
    SELECT CASE WHEN d.is_appeal THEN 'appeal' ELSE 'dispute' END, a.worker_id,
           extract(epoch FROM d.decided_at - d.opened_at)
    FROM tasks_dispute d JOIN tasks_assignment a ON a.id = d.assignment_id
    WHERE d.decided_at >= %(start)s AND d.decided_at < %(end)s
) one) found GROUP BY sort
"""


def times(span: Span) -> Counted:
    """How long an approval, a payout, a dispute, an appeal took."""
    found = sql.rows(_TIMES, span)
    empty: Row = {"people": 0, "cases": 0, "median": None, "most": None}
    return Counted({key: found.get(key) or dict(empty) for key in TIMES.names or ()}, None)


TIMES = Table(
    "times",
    _("How long it took"),
    _("From … to …"),
    (
        Column("cases", _("Cases"), "cases", part=("cases", "top_cases"), adds=True),
        Column("median", _("Half took less than"), "seconds"),
        Column("most", _("Nine of ten took less than"), "seconds"),
    ),
    times,
    names={
        "approval": _("from an answer to its approval"),
        "payout": _("from a payout to the bank account"),
        "dispute": _("from a dispute to its decision"),
        "appeal": _("from an appeal to its decision"),
    },
)
