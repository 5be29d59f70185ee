"""Figures of the people who work here: how many, with which income, how near to the cap, where, and what they say
(charter C1, D4, D5, M11; Directive (EU) 2024/2831, article 17)."""

from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock, formats
from payments.models import HelpGrant

from . import sql
from .pay import country_name
from .shapes import Column, Counted, Row, Span, Table

# Each person once: what weighs most for them comes first.
_STATUS = """
SELECT CASE WHEN NOT u.is_active THEN 'closed'
            WHEN EXISTS (SELECT FROM workers_restriction r WHERE r.user_id = u.id AND r.starts_at < %(now)s
                         AND r.lifted_at IS NULL AND (r.ends_at IS NULL OR r.ends_at > %(now)s)) THEN 'restricted'
            WHEN w.admitted_at IS NULL THEN 'waiting'
            WHEN EXISTS (SELECT FROM tasks_assignment a WHERE a.worker_id = u.id
                         AND a.submitted_at >= %(start)s AND a.submitted_at < %(end)s) THEN 'active'
            ELSE 'idle' END,
       count(*) AS people
FROM workers_workerprofile w JOIN base_user u ON u.id = w.user_id
WHERE w.created_at < %(end)s GROUP BY GROUPING SETS ((1), ())
"""
STATUS = {
    "active": _("answered a task in this time"),
    "idle": _("did not"),
    "waiting": _("wait until there is work for more people"),
    "restricted": _("may not take tasks for now, by a person's decision"),
    "closed": _("closed their account"),
}
_PEOPLE = (Column("people", _("People"), "people"),)


def status(span: Span) -> Counted:
    """People with a profile as somebody who works, by how they stand at the moment of the count."""
    return sql.counted(sql.rows(_STATUS, span), list(STATUS))


def status_name(key: str) -> str:
    """How a row of `WORKERS` is called; the one of the line at the door says so where there is none here (C4)."""
    said = str(STATUS.get(key, key))
    if key == "waiting" and not settings.ADMISSION:
        return gettext("%(row)s (off here: nobody has to)") % {"row": said}
    return said


WORKERS = Table(
    "workers",
    _("People who work here"),
    _("At the moment of the count"),
    _PEOPLE,
    status,
    name=status_name,
)

BANDS_EUR = (0, 50, 200, 500, 1000, 2000)
_INCOME = """
SELECT (SELECT max(low) FROM unnest(%(bands)s::bigint[]) AS low WHERE low * 1000000 <= found.micros)::text,
       count(*) AS people
FROM (
    SELECT c.user_id, sum(e.amount) AS micros
    FROM payments_entry e JOIN payments_transaction t ON t.id = e.transaction_id
         JOIN payments_account c ON c.id = e.account_id
    WHERE c.kind = 'worker_payable' AND t.cap_year IS NOT NULL AND e.amount > 0
      AND t.created_at >= %(start)s AND t.created_at < %(end)s
    GROUP BY c.user_id
) found GROUP BY GROUPING SETS ((1), ())
"""


def income(span: Span) -> Counted:
    """How many people earned how much in the span, over everything the books credited to them."""
    found = sql.rows(_INCOME, span, bands=list(BANDS_EUR))
    return sql.counted(found, [str(low) for low in BANDS_EUR])


def band_name(low: str) -> str:
    """The band that begins at so many euros."""
    said = formats.number(int(low))
    above = [each for each in BANDS_EUR if each > int(low)]
    if not above:
        return gettext("€%(low)s and more") % {"low": said}
    return gettext("€%(low)s to under €%(high)s") % {"low": said, "high": formats.number(above[0])}


INCOME = Table(
    "income",
    _("What people earned in the half-year"),
    _("Earned"),
    (Column("people", _("People"), "people", adds=True),),
    income,
    says=_("Everything that became due to a person in this time; most do this beside something else."),
    name=band_name,
    chart="people",
)

_CAP = """
SELECT CASE WHEN share >= 1 THEN '100' WHEN share >= 0.8 THEN '80' WHEN share >= 0.5 THEN '50'
            WHEN share >= 0.25 THEN '25' ELSE '0' END,
       count(*) AS people
FROM (SELECT (earned_micros + extra_micros)::numeric / nullif(cap_micros, 0) AS share FROM payments_cap
      WHERE year = %(year)s AND earned_micros + extra_micros > 0) found
GROUP BY GROUPING SETS ((1), ())
"""
CAP_BANDS = {
    "0": _("under a quarter"),
    "25": _("a quarter to a half"),
    "50": _("a half to 80 %"),
    "80": _("80 % to all of it"),
    "100": _("reached it"),
}


def cap(span: Span) -> Counted:
    """How much of the yearly cap people had earned at the moment of the count."""
    return sql.counted(sql.rows(_CAP, span, year=clock.year_of(span.start)), list(CAP_BANDS))


CAP = Table(
    "cap",
    _("How near to the yearly cap"),
    _("Of the cap of the year"),
    _PEOPLE,
    cap,
    says=_(
        "People who earned something in the year, from January on. Nobody loses what is over the cap: it waits."
    ),
    names=CAP_BANDS,
)

_FUND = """
SELECT coalesce(sum(e.amount) FILTER (WHERE e.amount > 0 AND t.kind <> 'left_to_fund'), 0)::bigint AS from_fees,
       coalesce(sum(e.amount) FILTER (WHERE t.kind = 'left_to_fund'), 0)::bigint AS left_behind
FROM payments_entry e JOIN payments_transaction t ON t.id = e.transaction_id
     JOIN payments_account c ON c.id = e.account_id
WHERE c.kind = 'help_fund' AND t.created_at >= %(start)s AND t.created_at < %(end)s
"""
_GRANTS = """
SELECT purpose, count(*) AS grants, sum(granted_micros) AS micros FROM payments_helpgrant
WHERE state = 'granted' AND ended_at >= %(start)s AND ended_at < %(end)s GROUP BY GROUPING SETS ((purpose), ())
"""


def fund(span: Span) -> Counted:
    """What the help fund received, and gave for what. Its account is public to the cent anyway (charter D5)."""
    with sql.connection.cursor() as cursor:
        cursor.execute(_FUND, {"start": span.start, "end": span.end})
        from_fees, left_behind = cursor.fetchone()
    found = sql.rows(_GRANTS, span)
    found.pop(sql.ALL, None)
    zero: Row = {"grants": 0, "micros": 0}
    grants = {key: found.get(key) or dict(zero) for key in HelpGrant.Purpose.values}
    came_in: dict[str, Row] = {
        "in": {"grants": None, "micros": from_fees},
        "left": {"grants": None, "micros": left_behind},
    }
    return Counted({**came_in, **grants}, None)


FUND = Table(
    "help_fund",
    _("Help fund of the workers"),
    _("In, and out"),
    (Column("grants", _("Grants"), "cases", "", ""), Column("micros", _("Sum"), "eur", "", "")),
    fund,
    says=_("Nothing is hidden or rounded here: the account of the fund is public, without names."),
    names={
        "in": _("came in from fees"),
        "left": _("was due to people who left without it"),
        **dict(HelpGrant.Purpose.choices),
    },
)

_OUTAGES = """
SELECT CASE WHEN o.declared_by_id IS NULL THEN 'noticed' ELSE 'declared' END, count(*) AS outages,
       round(sum(extract(epoch FROM o.ended_at - o.began_at))) AS seconds, sum(i.tasks) AS tasks
FROM tasks_outage o CROSS JOIN LATERAL (
    SELECT count(*) AS tasks FROM tasks_interruptedtask i WHERE i.outage_id = o.id
) i
WHERE o.began_at >= %(start)s AND o.began_at < %(end)s GROUP BY GROUPING SETS ((1), ())
"""
# What was paid for the time lost is in the audit, one event for each task.
_OUTAGES_PAID = """
SELECT NULL, count(*) AS paid FROM base_auditevent
WHERE tag = 'tasks:assignment:compensate' AND data ? 'outage' AND at >= %(start)s AND at < %(end)s
"""
OUTAGE_SORTS = {"noticed": _("noticed by the clock"), "declared": _("declared by a person")}


def outages(span: Span) -> Counted:
    """When this site did not work, whose tasks that interrupted, and what was paid for lost time (charter P10)."""
    found = sql.counted(sql.rows(_OUTAGES, span), list(OUTAGE_SORTS))
    paid = sql.rows(_OUTAGES_PAID, span)[sql.ALL]
    total: Row = {**(found.total or {}), "paid": paid["paid"] or 0}
    for key in ("outages", "seconds", "tasks"):
        total[key] = total.get(key) or 0
    return Counted(found.rows, total)


OUTAGES = Table(
    "outages",
    _("When this site did not work"),
    _("How it was known"),
    (
        Column("outages", _("Times"), "cases", "", ""),
        Column("seconds", _("Together"), "seconds", "", ""),
        Column("tasks", _("Tasks interrupted"), "cases", "", "tasks"),
        Column(
            "paid", _("Paid for lost time"), "cases", _("tasks that could not be finished"), "paid", adds=True
        ),
    ),
    outages,
    names=OUTAGE_SORTS,
)

_MARKS = """
SELECT mark::text, count(*) FILTER (WHERE sort = 'pay') AS pay, count(*) FILTER (WHERE sort = 'clarity') AS clarity,
       count(*) FILTER (WHERE sort = 'fairness') AS fairness
FROM tasks_rating r CROSS JOIN LATERAL (
    VALUES ('pay', r.pay), ('clarity', r.clarity), ('fairness', r.fairness)
) AS given (sort, mark)
WHERE r.shown_in IS NOT NULL AND r.hidden <> 'all' AND r.written_at >= %(start)s AND r.written_at < %(end)s
GROUP BY GROUPING SETS ((mark), ())
"""


def marks(span: Span) -> Counted:
    """How many ratings of requesters gave which mark, of those that are shown (charter M11)."""
    return sql.counted(sql.rows(_MARKS, span), ["5", "4", "3", "2", "1"])


def _mark(key: str, title: object) -> Column:
    return Column(key, title, "cases", "", key)


MARKS = Table(
    "ratings",
    _("How workers rate requesters"),
    _("Mark"),
    (_mark("pay", _("Pay")), _mark("clarity", _("Clarity")), _mark("fairness", _("Fairness"))),
    marks,
    says=_("5 is best. Only people whom a requester has paid can rate it, once in half a year."),
)

_CENTRES = """
SELECT c.country, count(DISTINCT c.id) AS centres, count(DISTINCT m.user_id) AS people
FROM workers_centre c LEFT JOIN workers_centremembership m
    ON m.centre_id = c.id AND m.accepted_at < %(end)s AND (m.ended_at IS NULL OR m.ended_at >= %(end)s)
WHERE c.state IN ('open', 'closed') AND c.checked_at < %(end)s AND (c.closed_at IS NULL OR c.closed_at >= %(end)s)
GROUP BY GROUPING SETS ((c.country), ()) ORDER BY c.country
"""


def centres(span: Span) -> Counted:
    """Work centres that were checked and are open, and their members, at the end of the span."""
    found = sql.counted(sql.rows(_CENTRES, span))
    return Counted(found.rows, found.total or {"centres": 0, "people": 0})


CENTRES = Table(
    "centres",
    _("Work centres"),
    _("Country"),
    (Column("people", _("Members"), "people"), Column("centres", _("Centres"), "cases", "", "")),
    centres,
    says=_("A centre lends rooms, devices and training. It takes nothing of its members' pay."),
    name=country_name,
)
