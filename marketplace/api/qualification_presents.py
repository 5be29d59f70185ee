"""Qualifications, tests and attempts as the plain objects that are sent. Each says what its shape says."""

from typing import Any

from marketplace.base import clock, ids, money
from marketplace.base.models import User
from tasks.models import Assignment, Attempt, Batch, QualificationTest
from tasks.selectors import qualifications as selector
from tasks.services import qualification_attempts
from workers.models import Award, Qualification

from . import errors
from .presents import moment


def qualification(row: Qualification) -> dict[str, Any]:
    """`row` as `selector.of` gives it; a new one has neither holders nor tests."""
    return {
        "id": row.public_id,
        "name": row.name,
        "description": row.description,
        "valid_days": row.valid_days,
        "by_hand": row.by_hand,
        "holders": getattr(row, "holders", 0),
        "tests_open": getattr(row, "tests_open", 0),
        "retired_at": moment(row.retired_at),
    }


def test(row: QualificationTest) -> dict[str, Any]:
    return {
        "batch": ids.encode("bat", row.pk),
        "qualification": ids.encode("qua", row.qualification_id),
        "role": row.batch.role,
        "questions": row.questions,
        "pass_mark": row.pass_mark,
        "time_limit_seconds": row.time_limit_seconds,
        "attempts": row.attempts,
        "retry_after_hours": row.retry_after_hours,
        "shows_answers": row.shows_answers,
    }


def holder(row: Award, organisation_id: int) -> dict[str, Any]:
    return {
        "worker": ids.worker_seen_by(row.user_id, organisation_id),
        "score": row.score,
        "granted_at": moment(row.granted_at),
        "expires_at": moment(row.expires_at),
    }


def award(row: Award) -> dict[str, Any]:
    by = row.qualification.organisation
    return {
        "id": row.public_id,
        "qualification": row.qualification.public_id,
        "name": row.qualification.name,
        "by": by.name if by else "Tessera",
        "score": row.score,
        "granted_at": moment(row.granted_at),
        "expires_at": moment(row.expires_at),
        "state": "held" if selector.holds(row, clock.now()) else "revoked" if row.revoked_at else "ended",
        "revoked_because": row.revoked_because,
    }


def offer(each: selector.Offer) -> dict[str, Any]:
    running, refusal = each.standing.running, each.standing.refusal
    return {
        **test(each.test),
        "name": each.test.qualification.name,
        "by": each.test.batch.organisation.name,
        "seconds": each.seconds,
        "pays": money.to_string(each.pay_micros),
        "hourly_rate": money.to_string(each.hourly_micros),
        "places": each.places,
        "tries_left": each.standing.tries_left,
        "attempt": running.public_id if running else None,
        "opens": [batch.public_id for batch in each.opens],
        "refused": errors.refused(refusal) if refusal else None,
    }


def attempt(row: Attempt) -> dict[str, Any]:
    over = row.finished_at is not None
    again = qualification_attempts.again_at(row) if over and not row.passed else None
    return {
        "id": row.public_id,
        "batch": ids.encode("bat", row.test_id),
        "qualification": ids.encode("qua", row.test.qualification_id),
        "questions": row.questions,
        "answered": row.drawn.filter(answered_at__isnull=False).count(),
        "started_at": moment(row.started_at),
        "ends_at": moment(row.ends_at),
        "finished_at": moment(row.finished_at),
        "right": row.right if over else None,
        "passed": row.passed if over else None,
        "again_at": moment(again),
    }


def after(user: User, assignment: Assignment) -> dict[str, Any]:
    """What an answer to a question says besides: the attempt, and in a training whether it was right, and why."""
    if assignment.batch.role == Batch.Role.WORK:
        return {}
    row = (
        Attempt.objects.select_related("test__batch", "test__qualification")
        .filter(worker=user, drawn__assignment=assignment.pk)
        .first()
    )
    if row is None:
        return {}
    said: dict[str, Any] = {"attempt": attempt(row)}
    for each in selector.explained(row, assignment.pk) if selector.is_explained(row) else []:
        said["feedback"] = {"right": each.right, "known": each.known, "explanation": each.explanation}
    return said
