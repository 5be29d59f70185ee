"""What the charter promises to somebody who works, in plain words; and everything stored about them (M7)."""

import json
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from marketplace.base import clock, ids, money
from marketplace.base.models import Notice, User
from marketplace.base.views import render, signed_in, worker_page
from payments import selectors
from payments.services import bonuses, cap, help_fund, payees
from tasks.models import AnswerFile, Assignment, Attempt, BatchGuest, BatchPause, Contest, Dispute, Draft
from tasks.selectors import board, gold
from tasks.views.board import floor_words
from workers.models import Award, Restriction, WorkerProfile
from workers.services import certificates

Row = dict[str, Any]


@require_safe
@worker_page
def rights(request: HttpRequest) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)
    country = WorkerProfile.objects.values_list("country", flat=True).get(user=user)
    context = {
        "floor": floor_words(country),
        "cap_micros": cap.limit(),
        "review_days": settings.AUTO_APPROVE_DAYS,
        "redo_days": settings.REDO_DAYS,
        "decision_days": settings.DECISION_DAYS,
        "appeal_months": round(settings.APPEAL_DAYS / 30.5),
        "payout_micros": money.from_decimal(settings.PAYOUT_MINIMUM_EUR),
        "due_micros": board.due(user),
    }
    return render(request, "web/worker/rights.html", context)


@require_safe
@signed_in
def data(request: HttpRequest) -> StreamingHttpResponse:
    """Everything as one JSON file, written while it is read: it may be long."""
    user = request.user
    assert isinstance(user, User)
    name = f"tessera-{user.public_id}-{clock.today():%Y-%m-%d}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "private, no-store"}
    return StreamingHttpResponse(
        _written(user), content_type="application/json; charset=utf-8", headers=headers
    )


def _written(user: User) -> Iterator[str]:
    """One JSON object; each list of it is read from the database row by row."""
    yield "{" + ",\n".join(f"{_json(name)}: {_json(part)}" for name, part in _person(user).items())
    for name, rows in _lists(user).items():
        yield f",\n{_json(name)}: ["
        for place, row in enumerate(rows):
            yield (",\n" if place else "\n") + _json(row)
        yield "]"
    yield "}\n"


def _json(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)


def _person(user: User) -> Row:
    profile = (
        WorkerProfile.objects.filter(user=user)
        .values("country", "languages", "birth_date", "created_at")
        .first()
    )
    payee = payees.of(user)
    kept = (
        "legal_name",
        "address",
        "postcode",
        "town",
        "country",
        "tax_residence",
        "tin",
        "account_holder",
        "iban",
        "mobile_number",
        "mobile_provider",
        "birth_date",
        "birth_place",
        "birth_country",
    )
    return {
        "made_at": clock.now(),
        "account": {
            "id": user.public_id, "email": user.email, "name": user.name, "language": user.locale,
            "time_zone": user.time_zone, "joined_at": user.date_joined,
        },
        "profile": profile,
        "payee": {name: getattr(payee, name) for name in kept} if payee else None,
    }  # fmt: skip


def _lists(user: User) -> dict[str, Iterator[Row]]:
    notices = Notice.objects.filter(user=user).order_by("pk")
    return {
        "assignments": _assignments(user),
        "drafts": _drafts(user),
        "sent_files": _sent_files(user),
        "invitations": _invitations(user),
        "objections": _objections(user),
        "decisions": _decisions(user),
        "check_questions": _check_questions(user),
        "pauses": _pauses(user),
        "qualifications": _qualifications(user),
        "attempts": _attempts(user),
        "restrictions": _restrictions(user),
        "payouts": _payouts(user),
        "bonuses": _bonuses(user),
        "help_requests": _help_requests(user),
        "certificates": _certificates(user),
        "notices": iter(notices.values("kind", "data", "created_at", "read_at").iterator()),
    }


def _assignments(user: User) -> Iterator[Row]:
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


def _drafts(user: User) -> Iterator[Row]:
    for row in Draft.objects.filter(assignment__worker=user).select_related("assignment").iterator():
        yield {"assignment": row.assignment.public_id, "answer": row.answer, "updated_at": row.updated_at}


def _sent_files(user: User) -> Iterator[Row]:
    """Photos and recordings, each with the address at which its sender sees it when logged in."""
    rows = AnswerFile.objects.filter(assignment__worker=user).select_related("assignment").order_by("pk")
    for row in rows.iterator():
        yield {
            "id": row.public_id, "assignment": row.assignment.public_id, "kind": row.kind, "bytes": row.size,
            "sent_at": row.created_at, "first_named_at": row.named_at,
            "address": settings.BASE_URL + reverse("answer-media", args=[row.public_id]),
        }  # fmt: skip


def _invitations(user: User) -> Iterator[Row]:
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


def _objections(user: User) -> Iterator[Row]:
    rows = Contest.objects.filter(assignment__worker=user).select_related("assignment").order_by("pk")
    for row in rows.iterator():
        yield {
            "assignment": row.assignment.public_id, "reason": row.reason, "evidence": row.evidence,
            "contested_answer": row.contested_answer, "opened_at": row.opened_at, "reply": row.reply,
            "replied_at": row.replied_at, "redone_at": row.redone_at, "withdrawn_at": row.withdrawn_at,
        }  # fmt: skip


def _decisions(user: User) -> Iterator[Row]:
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


def _check_questions(user: User) -> Iterator[Row]:
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


def _pauses(user: User) -> Iterator[Row]:
    rows = BatchPause.objects.filter(worker=user).select_related("batch", "reviewed_by").order_by("pk")
    for row in rows.iterator():
        yield {
            "id": row.public_id, "batch": row.batch.public_id, "asked": row.asked, "right": row.right,
            "starts_at": row.starts_at, "ends_at": row.ends_at, "lifted_at": row.lifted_at,
            "lifted_because": row.lifted_because, "your_words": row.review_text,
            "asked_at": row.review_asked_at, "reviewed_at": row.reviewed_at, "reason": row.review_reason,
            "reviewed_by": row.reviewed_by.name if row.reviewed_by else None,
        }  # fmt: skip


def _certificates(user: User) -> Iterator[Row]:
    for row in certificates.of(user).iterator():
        yield {
            "id": str(row.pk), "qualification": row.award.qualification.name, "name": row.name,
            "issued_at": row.issued_at, "withdrawn_at": row.withdrawn_at, "token": row.token,
        }  # fmt: skip


def _qualifications(user: User) -> Iterator[Row]:
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


def _attempts(user: User) -> Iterator[Row]:
    rows = Attempt.objects.filter(worker=user).select_related("test__qualification").order_by("pk")
    for row in rows.iterator():
        asked = row.drawn.filter(assignment__isnull=False).values_list("assignment_id", flat=True)
        yield {
            "id": row.public_id, "test": ids.encode("bat", row.test_id), "name": row.test.qualification.name,
            "number": row.number, "questions": row.questions, "right": row.right, "passed": row.passed,
            "counts": row.counts, "started_at": row.started_at, "ends_at": row.ends_at,
            "finished_at": row.finished_at, "assignments": [ids.encode("asg", number) for number in asked],
        }  # fmt: skip


def _restrictions(user: User) -> Iterator[Row]:
    rows = Restriction.objects.filter(user=user).select_related("decided_by").order_by("pk")
    for row in rows.iterator():
        yield {
            "reason": row.reason, "decided_by": row.decided_by.name, "starts_at": row.starts_at,
            "ends_at": row.ends_at, "lifted_at": row.lifted_at,
        }  # fmt: skip


def _payouts(user: User) -> Iterator[Row]:
    for row in selectors.payouts(user).iterator():
        yield {
            "id": row.public_id, "amount": money.to_string(row.amount_micros), "state": row.state,
            "asked_at": row.created_at, "sent_at": row.sent_at, "paid_at": row.paid_at,
            "held_reason": row.held_reason, "held_until": row.held_until,
        }  # fmt: skip


def _bonuses(user: User) -> Iterator[Row]:
    for row in bonuses.of_worker(user).iterator():
        yield {
            "id": row.public_id, "amount": money.to_string(row.amount_micros), "by": row.organisation.name,
            "reason": row.reason, "for": row.reference, "given_at": row.created_at,
        }  # fmt: skip


def _help_requests(user: User) -> Iterator[Row]:
    for row in help_fund.of_worker(user).iterator():
        granted = row.granted_micros
        yield {
            "id": row.public_id, "purpose": row.purpose, "asked": money.to_string(row.asked_micros),
            "your_words": row.words, "state": row.state, "granted": money.to_string(granted) if granted else None,
            "decision": row.decision, "decided_by": row.decided_by.name if row.decided_by else None,
            "asked_at": row.created_at, "ended_at": row.ended_at,
        }  # fmt: skip
