"""Figures of objections, decisions and answers: how they ended, and whether they came as promised (charter P5 to P7,
M2 to M5, W7; Regulation (EU) 2022/2065, article 15; Directive (EU) 2024/2831, article 17)."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from tasks.models import Report
from tasks.services.screening import RULES

from . import sql
from .shapes import Column, Counted, Span, Table

_CONTESTS = """
SELECT CASE WHEN c.withdrawn_at IS NOT NULL THEN 'withdrawn' WHEN d.outcome = 'approve' THEN 'paid'
            WHEN d.outcome = 'reject' THEN 'refused' WHEN d.id IS NOT NULL THEN 'moderator'
            WHEN a.state = 'approved' THEN 'redone' ELSE 'open' END,
       count(DISTINCT a.worker_id) AS people, count(*) AS cases
FROM tasks_contest c JOIN tasks_assignment a ON a.id = c.assignment_id
     LEFT JOIN tasks_dispute d ON d.assignment_id = a.id AND NOT d.is_appeal
WHERE c.opened_at >= %(start)s AND c.opened_at < %(end)s
GROUP BY GROUPING SETS ((1), ())
"""
ENDS = {
    "withdrawn": _("taken back by the requester: paid"),
    "redone": _("redone and approved: paid"),
    "paid": _("a moderator decided: paid"),
    "refused": _("a moderator decided: not paid"),
    "moderator": _("with a moderator"),
    "open": _("with the worker or the requester"),
}


def contests(span: Span) -> Counted:
    """What became of the objections to answers that were opened in the span."""
    return sql.counted(sql.rows(_CONTESTS, span), list(ENDS))


_PEOPLE_AND_CASES = (Column("cases", _("Cases"), "cases"), Column("people", _("People"), "people"))
CONTESTS = Table(
    "contests",
    _("Objections to answers"),
    _("What became of them"),
    _PEOPLE_AND_CASES,
    contests,
    says=_("Objections opened in this time, as they stood when this was counted."),
    names=ENDS,
)

_APPEALS = """
SELECT CASE d.outcome WHEN 'approve' THEN 'won' WHEN 'reject' THEN 'lost' ELSE 'open' END,
       count(DISTINCT a.worker_id) AS people, count(*) AS cases
FROM tasks_dispute d JOIN tasks_assignment a ON a.id = d.assignment_id
WHERE d.is_appeal AND d.opened_at >= %(start)s AND d.opened_at < %(end)s
GROUP BY GROUPING SETS ((1), ())
"""
APPEAL_ENDS = {
    "won": _("the worker is paid after all"),
    "lost": _("the decision stands"),
    "open": _("not decided yet"),
}


def appeals(span: Span) -> Counted:
    """What became of appeals against decisions not to pay."""
    return sql.counted(sql.rows(_APPEALS, span), list(APPEAL_ENDS))


APPEALS = Table(
    "appeals",
    _("Appeals"),
    _("What became of them"),
    _PEOPLE_AND_CASES,
    appeals,
    names=APPEAL_ENDS,
)

# Every promise of an answer to somebody: when asked, by when, when given; the kinds of `tasks.services.overdue`, and
# what requesters answer. What has no date of its own has the promise of disputes. Not here: batches and rows that wait
# for a moderator, which the tables of screening count, and requests that were taken back.
_PROMISES = """
SELECT sort, count(*) AS cases, count(*) FILTER (WHERE given <= due) AS in_time,
       count(*) FILTER (WHERE given > due) AS late,
       count(*) FILTER (WHERE given IS NULL AND due < %(now)s) AS overdue,
       count(*) FILTER (WHERE given > due OR (given IS NULL AND due < %(now)s)) AS broken,
       round(count(*) FILTER (WHERE given <= due)::numeric
             / nullif(count(*) FILTER (WHERE given IS NOT NULL OR due < %(now)s), 0), 4) AS share
FROM (
    SELECT CASE WHEN is_appeal THEN 'appeal' ELSE 'dispute' END AS sort, opened_at AS asked, decide_by AS due,
           decided_at AS given FROM tasks_dispute
    UNION ALL SELECT 'report', received_at, decide_by, decided_at FROM tasks_report
    UNION ALL SELECT 'report_complaint', made_at, decide_by, decided_at FROM tasks_reportcomplaint
    UNION ALL SELECT 'complaint', made_at, decide_by, decided_at FROM workers_complaint
    UNION ALL SELECT 'check', opened_at, opened_at + make_interval(days => %(days)s), decided_at
              FROM tasks_goldcontest
    UNION ALL SELECT 'award', opened_at, opened_at + make_interval(days => %(days)s), decided_at
              FROM workers_awardcontest
    UNION ALL SELECT CASE WHEN rating_id IS NULL THEN 'messages' ELSE 'rating' END, made_at, decide_by, decided_at
              FROM tasks_objection
    UNION ALL SELECT 'objection_complaint', complained_at, complaint_by, last_decided_at
              FROM tasks_objection WHERE complained_at IS NOT NULL
    UNION ALL SELECT 'pause', review_asked_at, review_asked_at + make_interval(days => %(days)s), reviewed_at
              FROM tasks_batchpause WHERE review_asked_at IS NOT NULL
    UNION ALL SELECT 'grant', created_at, created_at + make_interval(days => %(days)s), ended_at
              FROM payments_helpgrant WHERE state <> 'withdrawn'
    UNION ALL SELECT 'centre', asked_at, asked_at + make_interval(days => %(days)s), checked_at FROM workers_centre
    UNION ALL SELECT 'person', objected_at, objected_at + make_interval(days => %(days)s), decided_at
              FROM payments_personpair WHERE objected_at IS NOT NULL
) found
WHERE asked >= %(start)s AND asked < %(end)s GROUP BY sort
"""
PROMISES_OF = {
    "dispute": _("Disputes"),
    "appeal": _("Appeals"),
    "report": _("Reports"),
    "report_complaint": _("Complaints about what became of a report"),
    "complaint": _("Complaints about other decisions"),
    "check": _("Contests of check questions"),
    "award": _("Contests of qualifications taken back"),
    "rating": _("Objections to ratings"),
    "messages": _("Objections to messages"),
    "objection_complaint": _("Complaints about what became of an objection"),
    "pause": _("Pauses after check questions that a person was asked to look at"),
    "grant": _("Requests to the help fund"),
    "centre": _("Work centres to be checked"),
    "person": _("Objections to being counted as one person with another account"),
}


def promises(span: Span) -> Counted:
    """Whether what was asked in the span was answered by the date that was promised."""
    found = sql.rows(_PROMISES, span, days=settings.DECISION_DAYS)
    zero = {"cases": 0, "in_time": 0, "late": 0, "overdue": 0, "broken": 0, "share": None}
    return Counted({key: found.get(key) or dict(zero) for key in PROMISES_OF}, None)


PROMISES = Table(
    "promises",
    _("Answers as promised"),
    _("Asked"),
    (
        Column("cases", _("Cases"), "cases", "", "cases"),
        Column("share", _("Answered in time"), "share", _("of those that were due or answered"), "broken"),
        Column("broken", _("Late"), "cases", _("answered late, or overdue"), "broken"),
    ),
    promises,
    says=_(
        "By the date that each person was told when they asked; the dates stand in the charter. Every kind of question"
        " that a person is promised an answer to is a row here. Batches that wait for somebody to look at them are"
        " counted further down."
    ),
    names=PROMISES_OF,
    chart="share",
)

_REPORTS = """
SELECT reason, count(*) AS cases FROM tasks_report
WHERE received_at >= %(start)s AND received_at < %(end)s GROUP BY GROUPING SETS ((reason), ())
"""
_REPORT_ENDS = """
SELECT coalesce(nullif(outcome, ''), 'open'), count(*) AS cases FROM tasks_report
WHERE received_at >= %(start)s AND received_at < %(end)s GROUP BY GROUPING SETS ((1), ())
"""
_CASES = (Column("cases", _("Cases"), "cases", "", "cases"),)
REPORT_ENDS = {**dict(Report.Outcome.choices), "open": _("Not decided yet")}


def reports(span: Span) -> Counted:
    """Reports by what was reported."""
    return sql.counted(sql.rows(_REPORTS, span), list(Report.Reason.values))


def report_ends(span: Span) -> Counted:
    """Reports by what became of them."""
    return sql.counted(sql.rows(_REPORT_ENDS, span), list(REPORT_ENDS))


REPORTS = Table(
    "reports",
    _("What was reported"),
    _("Reason"),
    _CASES,
    reports,
    says=_(
        "Anybody can report a batch, with or without an account. A person decides, and both sides may complain."
    ),
    names=dict(Report.Reason.choices),
)
REPORT_OUTCOMES = Table(
    "report_outcomes",
    _("What became of reports"),
    _("Outcome"),
    _CASES,
    report_ends,
    says=_("As they stood when this was counted; complaints decided since may have changed it."),
    names=REPORT_ENDS,
)

# The audit tells each decision once, whatever became of the batch later.
_SCREENED = """
SELECT CASE tag WHEN 'tasks:batch:screening_pass' THEN 'passed' ELSE 'refused' END, count(*) AS cases
FROM base_auditevent
WHERE tag IN ('tasks:batch:screening_pass', 'tasks:batch:screening_refuse') AND at >= %(start)s AND at < %(end)s
GROUP BY GROUPING SETS ((1), ())
"""
_RULES_MET = """
SELECT reason, count(*) AS cases FROM tasks_batch b, unnest(b.screening_reasons) AS reason
WHERE b.screened_at >= %(start)s AND b.screened_at < %(end)s GROUP BY reason
"""
SCREEN_ENDS = {"passed": _("opened"), "refused": _("handed back with reasons")}


def screened(span: Span) -> Counted:
    """What people decided about batches that waited for them."""
    return sql.counted(sql.rows(_SCREENED, span), list(SCREEN_ENDS))


def rules_met(span: Span) -> Counted:
    """Why batches waited for a person; one may have met several rules, so there is no sum."""
    return Counted(dict(sorted(sql.rows(_RULES_MET, span).items())), None)


SCREENED = Table(
    "screening",
    _("Batches looked at before they opened"),
    _("What a person decided"),
    _CASES,
    screened,
    says=_("Rules only point people to a batch; people decide. No program hands a batch back or stops it."),
    names=SCREEN_ENDS,
)
RULES_MET = Table(
    "screening_rules",
    _("Why they were looked at"),
    _("Rule"),
    _CASES,
    rules_met,
    says=_("Batches by the rule they met; one batch can have met several."),
    names=RULES,
)
