"""What the export says of somebody's work: answers, files, drafts, invitations, shares, weeks, outages, signals."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from marketplace.base import ids, money
from marketplace.base.models import User
from tasks.models import (
    AnswerFile,
    Assignment,
    Attempt,
    BatchGuest,
    Draft,
    GuaranteedWeek,
    InterruptedTask,
    Share,
    Signal,
)
from workers.models import Award, Restriction
from workers.services import certificates as signed

Row = dict[str, Any]


def assignments(user: User) -> Iterator[Row]:
    rows = Assignment.objects.filter(worker=user).select_related("batch__organisation", "task").order_by("pk")
    rows = rows.defer("batch__form", "batch__instructions")
    for row in rows.iterator(chunk_size=500):
        yield {
            "id": row.public_id, "task": row.task_public_id, "batch": row.batch.public_id, "title": row.batch.title,
            "requester": row.batch.organisation.name, "state": row.state, "shown": row.task.data,
            "answer": row.answer, "first_answer": row.first_answer, "claimed_at": row.claimed_at,
            "submitted_at": row.submitted_at, "reviewed_at": row.reviewed_at, "ended_at": row.ended_at,
            "worked_seconds": row.worked_seconds, "paused_seconds": row.paused_seconds, "country": row.country,
            "reward": money.to_string(row.reward_micros), "topped_up": money.to_string(row.topped_up_micros),
        }  # fmt: skip


def drafts(user: User) -> Iterator[Row]:
    for row in Draft.objects.filter(assignment__worker=user).select_related("assignment").iterator():
        yield {"assignment": row.assignment.public_id, "answer": row.answer, "updated_at": row.updated_at}


def sent_files(user: User) -> Iterator[Row]:
    """Photos and recordings, each with the address at which its sender sees it when logged in."""
    rows = AnswerFile.objects.filter(assignment__worker=user).select_related("assignment").order_by("pk")
    for row in rows.iterator():
        yield {
            "id": row.public_id, "assignment": row.assignment.public_id, "kind": row.kind, "bytes": row.size,
            "sent_at": row.created_at, "first_named_at": row.named_at,
            "address": settings.BASE_URL + reverse("answer-media", args=[row.public_id]),
        }  # fmt: skip


def invitations(user: User) -> Iterator[Row]:
    """Invitations to private batches that reached the person, and what they said; a list still being written reaches
    nobody."""
    mine = Q(worker=user) | Q(email=user.email, worker__isnull=True) & ~Q(email="")
    known = Q(told_at__isnull=False) | Q(accepted_at__isnull=False) | Q(declined_at__isnull=False)
    rows = BatchGuest.objects.filter(mine & known).select_related("batch__organisation")
    for row in rows.order_by("pk").iterator():
        yield {
            "batch": row.batch.public_id, "title": row.batch.title, "requester": row.batch.organisation.name,
            "by": "link" if row.link_id else "list", "address": row.email or None, "invited_at": row.invited_at,
            "accepted_at": row.accepted_at, "declined_at": row.declined_at, "ended_at": row.removed_at,
        }  # fmt: skip


def shares(user: User) -> Iterator[Row]:
    """How much of a batch the person took, while shares and runs are counted (charter C4)."""
    for row in Share.objects.filter(worker=user).select_related("batch").order_by("pk").iterator():
        yield {
            "batch": row.batch.public_id, "taken": row.taken, "run_tasks": row.run_tasks, "run_from": row.run_from,
        }  # fmt: skip


def weeks(user: User) -> Iterator[Row]:
    """Weeks that were held against the floor, and what was added."""
    for row in GuaranteedWeek.objects.filter(worker=user).order_by("monday").iterator():
        yield {
            "monday": row.monday, "seconds": row.seconds, "paid": money.to_string(row.paid_micros),
            "floor": money.to_string(row.floor_micros), "added": money.to_string(row.added_micros),
            "checked_at": row.checked_at,
        }  # fmt: skip


def outages(user: User) -> Iterator[Row]:
    """Tasks of the person that a failure of ours interrupted."""
    rows = InterruptedTask.objects.filter(assignment__worker=user).select_related("outage", "assignment")
    for row in rows.order_by("pk").iterator():
        yield {
            "assignment": row.assignment.public_id, "began_at": row.outage.began_at, "ended_at": row.outage.ended_at,
            "reason": row.outage.reason, "settled_at": row.ended_at,
        }  # fmt: skip


def signals(user: User) -> Iterator[Row]:
    """What rules found unusual about the person's answers; a moderator may look at it, and it does nothing else."""
    for row in Signal.objects.filter(worker=user).select_related("batch").order_by("pk").iterator():
        yield {
            "id": row.public_id, "batch": row.batch.public_id, "kind": row.kind, "evidence": row.evidence,
            "first_at": row.first_at, "last_at": row.last_at, "seen_at": row.seen_at, "note": row.note,
        }  # fmt: skip


def certificates(user: User) -> Iterator[Row]:
    for row in signed.of(user).iterator():
        yield {
            "id": str(row.pk), "qualification": row.award.qualification.name, "name": row.name,
            "issued_at": row.issued_at, "withdrawn_at": row.withdrawn_at, "token": row.token,
        }  # fmt: skip


def qualifications(user: User) -> Iterator[Row]:
    rows = (
        Award.objects.filter(user=user)
        .select_related("qualification__organisation", "contest")
        .order_by("pk")
    )
    for row in rows.iterator():
        by, contest = row.qualification.organisation, getattr(row, "contest", None)
        yield {
            "id": row.public_id, "name": row.qualification.name, "by": by.name if by else "Tessera",
            "score": row.score, "granted_at": row.granted_at, "granted_because": row.reason,
            "expires_at": row.expires_at, "replaced_at": row.superseded_at, "revoked_at": row.revoked_at,
            "revoked_because": row.revoked_because, "your_words": contest.text if contest else "",
            "decided": contest.outcome if contest else "", "decided_because": contest.reason if contest else "",
        }  # fmt: skip


def attempts(user: User) -> Iterator[Row]:
    rows = Attempt.objects.filter(worker=user).select_related("test__qualification").order_by("pk")
    for row in rows.iterator():
        asked = row.drawn.filter(assignment__isnull=False).values_list("assignment_id", flat=True)
        yield {
            "id": row.public_id, "test": ids.encode("bat", row.test_id), "name": row.test.qualification.name,
            "number": row.number, "questions": row.questions, "right": row.right, "passed": row.passed,
            "counts": row.counts, "started_at": row.started_at, "ends_at": row.ends_at,
            "finished_at": row.finished_at, "assignments": [ids.encode("asg", number) for number in asked],
        }  # fmt: skip


def restrictions(user: User) -> Iterator[Row]:
    rows = Restriction.objects.filter(user=user).select_related("decided_by").order_by("pk")
    for row in rows.iterator():
        yield {
            "id": row.public_id, "what": row.scope, "rests_on": row.ground, "noticed_by": row.source,
            "reason": row.reason, "decided_by": row.decided_by.name, "starts_at": row.starts_at,
            "ends_at": row.ends_at, "lifted_at": row.lifted_at, "taken_back_at": row.overturned_at,
        }  # fmt: skip
