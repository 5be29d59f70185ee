"""Who may begin a test or training, and beginning it (docs/adr/0043)."""

import datetime as dt
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from marketplace.base import audit, clock, duties, formats
from marketplace.base.errors import NotFound, Refusal
from marketplace.base.models import User
from payments.services import cap
from tasks.errors import (
    AlreadyQualified,
    AttemptRunning,
    CapReached,
    NoTriesLeft,
    PoolUsedUp,
    TooSoonAgain,
)
from tasks.models import Attempt, AttemptQuestion, Batch, QualificationTest
from workers.models import Award
from workers.services import awards

from . import audiences, eligibility
from . import qualification_questions as questions

UNHURRIED_DAYS = 7  # how long an attempt without a clock stays open: its places are kept that long
RENEW_DAYS = 30  # from when on before its end a qualification can be renewed


@dataclass(frozen=True)
class Standing:
    """How a person stands with a test. `refusal` is why they can't begin now; None when they can, or have begun."""

    test: QualificationTest
    award: Award | None  # what they hold, in force
    running: Attempt | None
    last: Attempt | None  # the last one that is finished
    tries_left: int
    again_at: dt.datetime | None  # when they may try again, after an attempt that was not passed
    refusal: Refusal | None


@transaction.atomic
def begin(*, worker: User, batch: Batch) -> Attempt:
    """Begin an attempt: its questions are drawn now, and their places kept until it ends.

    Raises those of `duties` and of `eligibility.check`, AttemptRunning, AlreadyQualified, NoTriesLeft, TooSoonAgain,
    PoolUsedUp, CapReached, and NotFound for a batch that is no test. Locks the test.
    """
    test = _locked(batch)
    _close_overdue(worker, batch)
    who = eligibility.standing(worker)
    refused = _refused(worker, who, test)
    if refused is not None:
        raise refused
    drawn = questions.draw(test, worker.pk, test.questions)
    if len(drawn) < test.questions:
        raise PoolUsedUp
    now = clock.now()
    attempt = Attempt.objects.create(
        test=test,
        worker=worker,
        number=Attempt.objects.filter(worker=worker, test=test).count() + 1,
        questions=len(drawn),
        started_at=now,
        ends_at=now + duration(test),
    )
    AttemptQuestion.objects.bulk_create(
        AttemptQuestion(attempt=attempt, task_id=task, position=place) for place, task in enumerate(drawn, 1)
    )
    audit.record(
        "tasks:attempt:begin", attempt.public_id, actor=worker, organisation_id=test.batch.organisation_id
    )
    return attempt


def duration(test: QualificationTest) -> dt.timedelta:
    """How long an attempt lasts at most."""
    if test.time_limit_seconds is None:
        return dt.timedelta(days=UNHURRIED_DAYS)
    return dt.timedelta(seconds=test.time_limit_seconds)


def standing(worker: User, test: QualificationTest, who: eligibility.Standing) -> Standing:
    """How a person stands with a test, for its page. Nothing is written."""
    mine = list(Attempt.objects.filter(worker=worker, test=test).order_by("-number"))
    ongoing = questions.running(worker, test.batch)
    award = awards.held(worker.pk).filter(qualification=test.qualification_id).first()
    refusal = None if ongoing else _refused(worker, who, test) or _pool(worker, test)
    last = next((each for each in mine if each.finished_at), None)
    tries = _tries_left(test, mine)
    return Standing(test, award, ongoing, last, tries, _again_at(test, mine), refusal)


def _pool(worker: User, test: QualificationTest) -> Refusal | None:
    fresh, _answers = questions.free_answers(test, worker.pk)
    return PoolUsedUp() if fresh < test.questions else None


def places_left(test: QualificationTest) -> int:
    """For how many more attempts the answers are paid for, of people who have seen no question yet."""
    fresh, answers = questions.free_answers(test, 0)
    return answers // test.questions if fresh >= test.questions else 0


def _refused(worker: User, who: eligibility.Standing, test: QualificationTest) -> Refusal | None:
    """The first reason why a person can't begin; the questions that are left are another matter.

    Who was granted the qualification by hand may take its test for a score, and a training may be gone through again.
    """
    refused = (
        duties.owed(worker) or eligibility.refusal(who, test.batch) or audiences.refusal(worker, test.batch)
    )
    if refused is not None:
        return refused
    award = awards.held(worker.pk).filter(qualification=test.qualification_id).first()
    if test.batch.role == Batch.Role.TEST and award is not None and award.score is not None:
        if award.expires_at is None:
            return AlreadyQualified(_("You hold this qualification already, for good."))
        renew_from = award.expires_at - dt.timedelta(days=RENEW_DAYS)
        if renew_from > clock.now():
            return AlreadyQualified(day=formats.day(renew_from))
    mine = list(Attempt.objects.filter(worker=worker, test=test).order_by("-number"))
    if mine and mine[0].finished_at is None:
        return AttemptRunning()
    if _tries_left(test, mine) <= 0:
        return NoTriesLeft(most=test.attempts)
    again = _again_at(test, mine)
    if again is not None and again > clock.now():
        return TooSoonAgain(moment=formats.exact(again))
    pay = test.questions * test.batch.reward_micros
    if cap.standing(worker).left < pay:
        return CapReached(cap=formats.eur(cap.limit()))
    return None


def _tries_left(test: QualificationTest, mine: list[Attempt]) -> int:
    """Tries since the last one that was passed: a renewal begins afresh."""
    used = 0
    for attempt in mine:
        if attempt.passed:
            break
        used += attempt.counts
    return max(0, test.attempts - used)


def _again_at(test: QualificationTest, mine: list[Attempt]) -> dt.datetime | None:
    last = next((each for each in mine if each.finished_at and each.counts), None)
    if last is None or last.passed or last.finished_at is None:
        return None
    return last.finished_at + dt.timedelta(hours=test.retry_after_hours)


def again_at(attempt: Attempt) -> dt.datetime | None:
    """From when on its person may try again after this attempt; None when it was the last try."""
    mine = list(Attempt.objects.filter(worker=attempt.worker_id, test=attempt.test_id).order_by("-number"))
    return _again_at(attempt.test, mine) if _tries_left(attempt.test, mine) else None


def _locked(batch: Batch) -> QualificationTest:
    found = (
        QualificationTest.objects.select_for_update(no_key=True, of=("self",))
        .select_related("batch__organisation", "qualification")
        .filter(pk=batch.pk)
        .first()
    )
    if found is None:
        raise NotFound
    return found


def _close_overdue(worker: User, batch: Batch) -> None:
    """End an attempt whose time is over and which the clock has not come by yet."""
    attempt = questions.lock(worker, batch)
    if attempt is not None and attempt.ends_at is not None and attempt.ends_at <= clock.now():
        questions.finish(attempt)
