"""What the export says of decisions: objections, disputes, check questions, pauses, reports and complaints."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q

from marketplace.base.models import User
from tasks.models import BatchPause, Contest, Dispute, Report
from tasks.selectors import gold

Row = dict[str, Any]


def objections(user: User) -> Iterator[Row]:
    rows = Contest.objects.filter(assignment__worker=user).select_related("assignment").order_by("pk")
    for row in rows.iterator():
        yield {
            "assignment": row.assignment.public_id, "reason": row.reason, "evidence": row.evidence,
            "contested_answer": row.contested_answer, "opened_at": row.opened_at, "reply": row.reply,
            "replied_at": row.replied_at, "redone_at": row.redone_at, "withdrawn_at": row.withdrawn_at,
        }  # fmt: skip


def decisions(user: User) -> Iterator[Row]:
    rows = (
        Dispute.objects.filter(assignment__worker=user)
        .select_related("assignment", "decided_by")
        .order_by("pk")
    )
    for row in rows.iterator():
        yield {
            "assignment": row.assignment.public_id, "appeal": row.is_appeal, "your_words": row.statement,
            "opened_at": row.opened_at, "decided_at": row.decided_at, "outcome": row.outcome, "reason": row.reason,
            "decided_by": row.decided_by.name if row.decided_by else None,
        }  # fmt: skip


def check_questions(user: User) -> Iterator[Row]:
    rows = gold.of_worker(user).order_by("scored_at")
    for row in rows.iterator(chunk_size=500):
        contest = getattr(row, "contest", None)
        yield {
            "assignment": row.assignment.public_id, "batch": row.batch.public_id, "right": row.right,
            "wrong_fields": row.wrong_fields, "scored_at": row.scored_at, "right_answers": row.gold.answers,
            "explanation": row.gold.explanation, "counts": not row.gold.aside,
            "your_words": contest.text if contest else None,
            "outcome": contest.outcome if contest else None, "reason": contest.reason if contest else None,
        }  # fmt: skip


def pauses(user: User) -> Iterator[Row]:
    rows = BatchPause.objects.filter(worker=user).select_related("batch", "reviewed_by").order_by("pk")
    for row in rows.iterator():
        yield {
            "id": row.public_id, "batch": row.batch.public_id, "asked": row.asked, "right": row.right,
            "starts_at": row.starts_at, "ends_at": row.ends_at, "lifted_at": row.lifted_at,
            "lifted_because": row.lifted_because, "your_words": row.review_text,
            "asked_at": row.review_asked_at, "reviewed_at": row.reviewed_at, "reason": row.review_reason,
            "reviewed_by": row.reviewed_by.name if row.reviewed_by else None,
        }  # fmt: skip


def reports(user: User) -> Iterator[Row]:
    """What the person reported, and what was decided; complaints of theirs about it."""
    mine = Q(reporter=user) | Q(complaints__made_by=user)
    rows = Report.objects.filter(mine).distinct().select_related("batch", "decided_by").order_by("pk")
    for row in rows.prefetch_related("complaints"):
        own = row.reporter_id == user.pk
        yield {
            "id": row.public_id, "batch": row.batch.public_id if row.batch else None, "reason": row.reason,
            "your_words": row.text if own else None, "page": row.page if own else None,
            "received_at": row.received_at, "outcome": row.outcome, "statement": row.statement,
            "decided_by": row.decided_by.name if row.decided_by else None, "decided_at": row.decided_at,
            "complaints": [
                {
                    "your_words": each.text, "made_at": each.made_at, "outcome": each.outcome,
                    "statement": each.statement, "decided_at": each.decided_at,
                }
                for each in row.complaints.all() if each.made_by_id == user.pk
            ],
        }  # fmt: skip
