"""Submitting: the answer is cleaned by its widgets, stored once, and the next task claimed in the same request."""

import datetime as dt
import json
import logging
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, transaction

from marketplace.base import clock, duties
from marketplace.base.errors import NotFound, Refusal
from marketplace.base.models import User
from tasks.errors import IllegalMove, LeaseOver, NoneLeft, NotEditable, ScreenedOut
from tasks.forms import compile_form
from tasks.models import Assignment, Batch, Draft

from . import answer_files, claims, eligibility, pilot, qualification_questions, screenouts, tries

log = logging.getLogger(__name__)

STORED = frozenset({"submitted", "same", "replaced"})


@dataclass(frozen=True)
class Submitted:
    """What became of a submission: its state, whether it was stored just now, and the next task if asked for."""

    state: str
    outcome: str  # submitted | same | replaced | screened_out, and inside this module what `tasks_submit` says besides
    next: claims.Claim | None = None
    next_refused: Refusal | None = None
    paid_micros: int | None = None  # for the time it took, where the task ended as a screen-out


def submit(
    *,
    assignment: Assignment,
    worker: User,
    answer: Mapping[str, Any],
    paused_seconds: int = 0,
    next: bool = False,
    standing: eligibility.Standing | None = None,
) -> Submitted:
    """Store the answer of an assignment; with `next`, claim another task of the batch in the same transaction.

    `standing` is the worker's, where the caller has just read it (`access.in_hand`).

    The same answer again changes nothing; another one before review replaces it and the first is kept. After
    the lease ran out the task is claimed again if it still can be. `paused_seconds` were reported by the page.

    An answer that screens the worker out is not stored: the task ends and its time is paid (`screenouts`).

    Raises BadAnswer (with `fields`), TooManyTries, NotEditable, LeaseOver, IllegalMove, NotFound.
    """
    if assignment.worker_id != worker.pk:
        raise NotFound
    form = compile_form(assignment.batch.form)
    if form.screened_out(answer):
        micros = screenouts.screen_out(assignment=assignment, worker=worker)
        refused = ScreenedOut() if next else None
        return Submitted(Assignment.State.COMPENSATED, "screened_out", None, refused, micros)
    clean = tries.clean(assignment=assignment, form=form, answer=answer)
    answer_files.name_in_answer(assignment=assignment, form=form, answer=clean)
    now = clock.now()
    storing = [
        assignment.pk,
        worker.pk,
        now,
        json.dumps(clean),
        max(0, paused_seconds),
        now + dt.timedelta(days=settings.AUTO_APPROVE_DAYS),
    ]
    if assignment.batch.role != Batch.Role.WORK:
        done = _question(storing, assignment, worker, clean, next=next)
    elif next:
        done = _step(storing, assignment, standing or eligibility.standing(worker), now, duties.owed(worker))
    else:
        done = _store(storing)
    if done.outcome in STORED:
        return done
    if done.outcome == "late":
        return _after_expiry(assignment, worker, answer, clean, next=next)
    raise _refused(done.outcome, assignment)


def _store(storing: list[Any]) -> Submitted:
    with connection.cursor() as cursor:  # one statement, which is a transaction by itself
        cursor.execute("SELECT outcome, state FROM tasks_submit(%s, %s, %s, %s::jsonb, %s, %s)", storing)
        outcome, state = cursor.fetchone()
    return Submitted(state, outcome)


def _question(
    storing: list[Any], assignment: Assignment, worker: User, clean: dict[str, Any], *, next: bool
) -> Submitted:
    """Store, pay and judge the answer to a question of a test; claim the next one.

    After an answer to a training its explanation is read first: the next question waits until it is asked for.
    """
    with transaction.atomic():
        qualification_questions.lock(worker, assignment.batch)
        stored = _store(storing)
        if stored.outcome == "submitted":
            qualification_questions.answered(assignment, clean)
            stored = replace(stored, state=Assignment.State.APPROVED)
    if not next or stored.outcome not in STORED or assignment.batch.role == Batch.Role.TRAINING:
        return stored
    try:
        return replace(stored, next=claims.claim(worker=worker, batch=assignment.batch))
    except Refusal as refusal:
        return replace(stored, next_refused=refusal)


def _step(
    storing: list[Any],
    assignment: Assignment,
    who: eligibility.Standing,
    now: dt.datetime,
    refused: Refusal | None,
) -> Submitted:
    """Store, and claim the next of the batch, in one statement; who may not claim any more still has it stored."""
    refused = (
        refused or eligibility.refusal(who, assignment.batch) or eligibility.screened(who, assignment.batch)
    )
    if refused is not None:
        return replace(_store(storing), next_refused=refused)
    try:
        with _apart(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT outcome, state, next_outcome, assignment_id, task_id, data, lease_until, reward"
                " FROM tasks_step(%s, %s, %s, %s::jsonb, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                [*storing, assignment.batch_id, *claims.terms(who, now)],
            )
            outcome, state, next_outcome, *row = cursor.fetchone()
    except DatabaseError as error:
        # The answer matters more than the next task: what went wrong there must not lose it.
        log.warning(
            "submit_and_next_failed",
            extra={"assignment": assignment.public_id, "error": type(error).__name__},
        )
        return _store(storing)
    stored = Submitted(state, outcome)
    if outcome not in STORED:
        return stored
    try:
        return replace(stored, next=claims.made(next_outcome, row, (who.user_id, assignment.batch_id)))
    except NoneLeft as none:
        return _next_of_pilot(stored, assignment.batch, who, none)
    except Refusal as refusal:
        return replace(stored, next_refused=refusal)


def _next_of_pilot(stored: Submitted, batch: Batch, who: eligibility.Standing, none: NoneLeft) -> Submitted:
    """This answer may have been the last one of the batch's pilot: then more is open now (charter W2)."""
    if not pilot.goes_on(batch.pk):
        return replace(stored, next_refused=none)
    try:
        return replace(stored, next=claims.take(who, batch, None))
    except Refusal as refusal:
        return replace(stored, next_refused=refusal)


def _apart() -> AbstractContextManager[Any]:
    """Alone, a statement is a transaction by itself; inside somebody's, a savepoint lets it fail alone."""
    return transaction.atomic() if connection.in_atomic_block else nullcontext()


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
