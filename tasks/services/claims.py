"""Claiming, releasing and renewing: the lease of one worker on one task (DESIGN §6.3)."""

import datetime as dt
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import DataError, connection, transaction

from marketplace.base import clock, duties, formats, ids, money
from marketplace.base.errors import Invalid, Lost, Refusal, SwitchedOff
from marketplace.base.models import User
from tasks.errors import (
    AlreadyYours,
    BatchNotOpen,
    CapReached,
    ChecksMissed,
    FirstRunFull,
    IllegalMove,
    NoneLeft,
    NotInvited,
    NotLetInYet,
    OnlyOwnLeft,
    OwnWork,
    Restricted,
    TaskTaken,
    TooManyOpen,
)
from tasks.models import Assignment, Batch, Draft, Task

from . import chains, eligibility, pilot, qualification_questions, rotation


@dataclass(frozen=True)
class Claim:
    """A task in a worker's hand: what the workbench and the REST answer need, from one round trip."""

    assignment_id: int
    task_id: int
    data: dict[str, Any]
    lease_until: dt.datetime
    reward_micros: int

    @property
    def public_id(self) -> str:
        return ids.encode("asg", self.assignment_id)

    @property
    def task_public_id(self) -> str:
        return ids.encode("tsk", self.task_id)


def claim(
    *, worker: User, batch: Batch, task: Task | None = None, standing: eligibility.Standing | None = None
) -> Claim:
    """Give `worker` an open task of `batch` that they have not had, at random; or `task`, where it is named.

    The reward is reserved against the cap of the year of this moment (charter C1, C3). Raises a Refusal:
    those of `eligibility.check`, ScreenedOut, NotInvited, NoneLeft, CapReached, TooManyOpen, AlreadyYours, TaskTaken,
    ChecksMissed, OwnWork, SwitchedOff, those of `duties`; for a question of a test NoAttempt, QuestionInHand,
    AttemptOver.
    """
    if task is None and batch.role == Batch.Role.WORK:  # one's own again and the next question were begun
        duties.require_none(worker)
    who = standing or eligibility.standing(worker)
    eligibility.check(who, batch)
    if screened := eligibility.screened(who, batch):
        raise screened
    if batch.role != Batch.Role.WORK:
        return _claim_question(who, worker, batch, task)
    try:
        return take(who, batch, task.pk if task else None)
    except NoneLeft:
        if task is not None or not pilot.goes_on(batch.pk):
            raise
    return take(who, batch, None)


def take(who: eligibility.Standing, batch: Batch, task_id: int | None) -> Claim:
    """The claim itself, of somebody whose standing was checked. Raises as `made`."""
    now = clock.now()
    with connection.cursor() as cursor:  # one statement, which is a transaction by itself
        cursor.execute(
            "SELECT outcome, assignment_id, task_id, data, lease_until, reward"
            " FROM tasks_claim(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [batch.pk, who.user_id, now, *terms(who, now), task_id],
        )
        outcome, *row = cursor.fetchone()
    return made(outcome, row, (who.user_id, batch.pk))


def _claim_question(who: eligibility.Standing, worker: User, batch: Batch, task: Task | None) -> Claim:
    """The next question of the worker's attempt at a test or training, or `task` again after its time ran out."""
    with transaction.atomic():
        question = qualification_questions.next_question(worker, batch, task)
        if not isinstance(question, Refusal):
            taken = take(who, batch, question.task_id)
            qualification_questions.keep(question, taken.assignment_id)
            return taken
    raise question


def terms(who: eligibility.Standing, now: dt.datetime) -> list[Any]:
    """What a claim is made on, in the order of the SQL functions: country, year, cap, most tasks in hand, first key,
    and the chance (0 to 1) that is held against the share of check questions."""
    return [
        who.country,
        clock.year_of(now),
        money.from_decimal(settings.CAP_EUR),
        settings.MAX_OPEN_ASSIGNMENTS,
        random.randint(-(2**31), 2**31 - 1),  # noqa: S311 - spreads claims, guards nothing
        random.random(),  # noqa: S311
    ]


def made(outcome: str, row: Sequence[Any], asked: tuple[int, int]) -> Claim:
    """The claim that `tasks_claim` answered (assignment, task, data, lease, reward), or its refusal, raised.

    `asked` is who claimed of which batch, by row numbers: what is open may be about their own answers.
    """
    if outcome == "none_left":
        raise _none_left(*asked)
    if outcome != "claimed":
        raise _refusal(outcome, asked[1])
    assignment_id, task_id, data, lease_until, reward = row
    return Claim(
        assignment_id, task_id, json.loads(data), lease_until, reward
    )  # raw cursors give jsonb as text


def _none_left(worker_id: int, batch_id: int) -> NoneLeft:
    if Batch.objects.filter(pk=batch_id, pilot__in=Batch.PILOTED).exists():
        return FirstRunFull()
    return OnlyOwnLeft() if chains.only_own_left(worker_id, batch_id) else NoneLeft()


def _refusal(outcome: str, batch_id: int) -> Refusal:
    if outcome == "cap_reached":
        return CapReached(cap=formats.eur(money.from_decimal(settings.CAP_EUR)))
    if outcome == "resting":
        return rotation.resting()
    if outcome == "share_reached":
        return rotation.share_reached(Batch.objects.only("rotation", "pilot").get(pk=batch_id))
    if outcome == "too_many_open":
        return TooManyOpen(most=settings.MAX_OPEN_ASSIGNMENTS)
    return {
        "none_left": NoneLeft,
        "not_open": BatchNotOpen,
        "already_yours": AlreadyYours,
        "taken": TaskTaken,
        "switched_off": SwitchedOff,
        "not_invited": NotInvited,
        "checks_missed": ChecksMissed,
        "own_work": OwnWork,
        "waits": NotLetInYet,
        "restricted": Restricted,
    }[outcome]()


def release(*, assignment: Assignment, worker: User) -> Assignment:
    """Give a task back: it costs nothing and no figure depends on it (charter C7). Raises IllegalMove."""
    with transaction.atomic():
        moved = Assignment.objects.filter(
            pk=assignment.pk, worker=worker, state=Assignment.State.CLAIMED
        ).update(state=Assignment.State.RELEASED, ended_at=clock.now())
        if not moved:
            assignment.refresh_from_db()
            raise IllegalMove(state=assignment.get_state_display())
        give_back([assignment.pk])
    assignment.refresh_from_db()
    return assignment


def renew(*, assignment: Assignment, worker: User) -> dt.datetime:
    """Prolong a lease that still runs, while the person works: to one full time limit from now.

    A lease lives at most `settings.LEASE_RENEWALS` time limits from the claim, so a page left open does not
    hold a task for ever. Returns the new end (UTC). Raises Lost when the lease is over.
    """
    now = clock.now()
    limit = dt.timedelta(seconds=assignment.batch.time_limit_seconds)
    until = min(now + limit, assignment.claimed_at + settings.LEASE_RENEWALS * limit)
    until = max(until, assignment.lease_until)
    changed = Assignment.objects.filter(
        pk=assignment.pk, worker=worker, state=Assignment.State.CLAIMED, lease_until__gt=now
    ).update(lease_until=until)
    if not changed:
        raise Lost
    return until


def pause(*, assignment: Assignment, worker: User, seconds: int) -> None:
    """The worker reports a pause of `seconds`; it does not count as work. Raises Lost if the task is not in hand."""
    away = max(
        0,
        min(seconds, int((clock.now() - assignment.claimed_at).total_seconds()) - assignment.paused_seconds),
    )
    changed = Assignment.objects.filter(
        pk=assignment.pk, worker=worker, state=Assignment.State.CLAIMED
    ).update(paused_seconds=assignment.paused_seconds + away)
    if not changed:
        raise Lost


def save_draft(*, assignment: Assignment, worker: User, answer: dict[str, Any]) -> None:
    """Keep what was typed so far, also after the lease ran out.

    Raises IllegalMove once it was answered, Invalid for what can't be stored, such as a null character.
    """
    if assignment.worker_id != worker.pk or assignment.state not in (
        Assignment.State.CLAIMED,
        Assignment.State.EXPIRED,
    ):
        raise IllegalMove(state=assignment.get_state_display())
    try:
        with transaction.atomic():
            Draft.objects.update_or_create(
                assignment=assignment, defaults={"answer": answer, "updated_at": clock.now()}
            )
    except DataError:
        raise Invalid from None


def expire(most: int = 10_000) -> int:
    """End the leases that ran out, in sets of a hundred; slots and reserved cap go back. Returns how many."""
    ended = 0
    while ended < most:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT tasks_expire(%s, 100)", [clock.now()])
            count = cursor.fetchone()[0]
        ended += count
        if count < 100:
            break
    return ended


def expire_one(assignment: Assignment) -> None:
    """End this one lease if it ran out and the sweep has not come by yet."""
    with transaction.atomic():
        moved = Assignment.objects.filter(
            pk=assignment.pk, state=Assignment.State.CLAIMED, lease_until__lte=clock.now()
        ).update(state=Assignment.State.EXPIRED, ended_at=clock.now())
        if moved:
            give_back([assignment.pk])


def give_back(assignments: list[int]) -> None:
    """Slots and reserved cap of assignments that ended unanswered. In the transaction of the move."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tasks_give_back(%s)", [assignments])
