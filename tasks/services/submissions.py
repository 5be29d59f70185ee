"""Submitting: the answer is cleaned by its widgets, stored once, and the next task claimed in the same request."""

import datetime as dt
import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from marketplace.base import clock
from marketplace.base.errors import NotFound, Refusal
from marketplace.base.models import User
from tasks.errors import IllegalMove, LeaseOver, NotEditable
from tasks.forms import compile_form
from tasks.models import Assignment, Draft

from . import claims, eligibility

log = logging.getLogger(__name__)

STORED = frozenset({"submitted", "same", "replaced"})


@dataclass(frozen=True)
class Submitted:
    """What became of a submission: its state, whether it was stored just now, and the next task if asked for."""

    state: str
    outcome: str  # submitted | same | replaced
    next: claims.Claim | None = None
    next_refused: Refusal | None = None


def submit(
    *, assignment: Assignment, worker: User, answer: Mapping[str, Any], paused_seconds: int = 0, next: bool = False
) -> Submitted:
    """Store the answer of an assignment; with `next`, claim another task of the batch in the same transaction.

    The same answer again changes nothing; another one before review replaces it and the first is kept. After
    the lease ran out the task is claimed again if it still can be. `paused_seconds` were reported by the page.

    Raises BadAnswer (with `fields`), NotEditable, LeaseOver, IllegalMove, NotFound.
    """
    if assignment.worker_id != worker.pk:
        raise NotFound
    clean = compile_form(assignment.batch.form).clean(answer)
    try:
        with transaction.atomic():
            outcome, state = _store(assignment, worker, clean, paused_seconds)
            if outcome in STORED:
                stored = Submitted(state, outcome)
                return _with_next(assignment, worker, stored) if next else stored
    except DatabaseError as error:
        if not next:
            raise
        # The answer matters more than the next task: what went wrong there must not lose it.
        log.warning("submit_and_next_failed", extra={"assignment": assignment.public_id, "error": type(error).__name__})
        return submit(assignment=assignment, worker=worker, answer=answer, paused_seconds=paused_seconds)
    if outcome == "late":
        return _after_expiry(assignment, worker, answer, clean, next=next)
    raise _refused(outcome, assignment)


def _store(assignment: Assignment, worker: User, clean: dict[str, Any], paused_seconds: int) -> tuple[str, str]:
    now = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT outcome, state FROM tasks_submit(%s, %s, %s, %s::jsonb, %s, %s)",
            [
                assignment.pk,
                worker.pk,
                now,
                json.dumps(clean),
                max(0, paused_seconds),
                now + dt.timedelta(days=settings.AUTO_APPROVE_DAYS),
            ],
        )
        outcome, state = cursor.fetchone()
    return outcome, state


def _with_next(assignment: Assignment, worker: User, stored: Submitted) -> Submitted:
    try:
        claim = claims.claim(worker=worker, batch=assignment.batch, standing=eligibility.standing(worker))
    except Refusal as refused:
        return replace(stored, next_refused=refused)
    return replace(stored, next=claim)


def _after_expiry(
    assignment: Assignment, worker: User, answer: Mapping[str, Any], clean: dict[str, Any], *, next: bool
) -> Submitted:
    """Keep what was typed, then try to get the task back and submit."""
    claims.expire_one(assignment)
    Draft.objects.update_or_create(
        assignment=assignment, defaults={"answer": clean, "updated_at": clock.now()}
    )
    try:
        claims.claim(worker=worker, batch=assignment.batch, task=assignment.task)
    except Refusal as refused:
        raise LeaseOver from refused
    assignment.refresh_from_db()
    return submit(assignment=assignment, worker=worker, answer=answer, next=next)


def _refused(outcome: str, assignment: Assignment) -> Refusal:
    if outcome == "not_yours":
        return NotFound()
    if outcome == "final":
        return NotEditable()
    assignment.refresh_from_db()
    return IllegalMove(state=assignment.get_state_display())
