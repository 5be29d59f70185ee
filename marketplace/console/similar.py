"""What was decided before for the same reason, so that like cases are decided alike. Nobody's name."""

import datetime as dt
from dataclasses import dataclass

from tasks.models import Dispute, Report

FEW = 5


@dataclass(frozen=True)
class Before:
    """Earlier decisions for the same reason: how many of each outcome, and the words of the latest ones."""

    reason: str
    counts: list[tuple[str, int]]
    latest: list[tuple[str, str, dt.datetime | None]]  # outcome, the reason given, when


def disputes(dispute: Dispute) -> Before:
    """Decided disputes whose requester gave the same reason."""
    contest = dispute.assignment.contest
    rows = Dispute.objects.filter(
        decided_at__isnull=False, assignment__contest__reason=contest.reason
    ).exclude(assignment_id=dispute.assignment_id)
    counts = [(str(label), rows.filter(outcome=value).count()) for value, label in Dispute.Outcome.choices]
    latest = [
        (row.get_outcome_display(), row.reason, row.decided_at) for row in rows.order_by("-decided_at")[:FEW]
    ]
    return Before(contest.get_reason_display(), counts, latest)


def reports(report: Report) -> Before:
    """Decided reports that gave the same reason."""
    rows = Report.objects.filter(decided_at__isnull=False, reason=report.reason).exclude(pk=report.pk)
    counts = [(str(label), rows.filter(outcome=value).count()) for value, label in Report.Outcome.choices]
    latest = [
        (row.get_outcome_display(), row.statement, row.decided_at)
        for row in rows.order_by("-decided_at")[:FEW]
    ]
    return Before(report.get_reason_display(), counts, latest)
