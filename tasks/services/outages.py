"""Failures of ours: whoever had a task in hand gets the lost time back, and is paid if it is lost (charter P10).

The clock that ends leases notices when it stood still; what it can't see (pages that did not answer) a named person
declares. Either way the tasks in hand get the time that was left of them, counted from the end of the outage. Where
one then runs out unanswered, the time worked before the outage is paid by the platform, at the worker's floor.
"""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from marketplace.base import audit, clock, clockwork, errors, notices
from marketplace.base.models import JobRun, User
from payments.services import earnings, floor
from tasks.errors import NoSuchOutage
from tasks.models import Assignment, InterruptedTask, Outage

State = Assignment.State
HEARTBEAT = "expire-leases"  # the job whose runs say that the clock goes
LONGEST = dt.timedelta(days=7)  # what may be declared afterwards


def notice() -> Outage | None:
    """Called by the heartbeat before it ends any lease: the outage it slept through, None when there was none.

    Its own run of this moment is written already, so the one before it says when it last lived.
    """
    now = clock.now()
    runs = JobRun.objects.filter(name=HEARTBEAT).order_by("-slot")  # by the unique index of name and slot
    last_two = list(runs.values_list("started_at", flat=True)[:2])
    if len(last_two) < 2:
        return None
    began = last_two[1]
    if now - began < dt.timedelta(minutes=settings.OUTAGE_LEAST_MINUTES):
        return None
    return _record(began, now, None, "")


def declare(*, began_at: dt.datetime, ended_at: dt.datetime, reason: str, actor: User) -> Outage:
    """Declare an outage by a named administrator. Raises Forbidden, Invalid without a reason, NoSuchOutage for a time
    that is not over, does not begin before its end, or lies too far back."""
    if not actor.is_admin:
        raise errors.Forbidden
    if not reason.strip():
        raise errors.Invalid(fields={"reason": [errors.Invalid.detail]})
    now = clock.now()
    if not (now - LONGEST <= began_at < ended_at <= now):
        raise NoSuchOutage(days=LONGEST.days)
    return _record(began_at, ended_at, actor, reason.strip())


@transaction.atomic
def _record(began: dt.datetime, ended: dt.datetime, actor: User | None, reason: str) -> Outage:
    outage, new = Outage.objects.get_or_create(
        began_at=began, ended_at=ended, defaults={"declared_by": actor, "reason": reason}
    )
    if new:
        touched = _give_time_back(outage)
        audit.record("tasks:outage:record", outage.public_id, actor=actor, tasks=touched)
    return outage


# What was in hand at some moment of the outage: still claimed, or ended by the clock in it or right after it.
_INTERRUPTED = """
INSERT INTO tasks_interruptedtask (outage_id, assignment_id)
SELECT %(outage)s, a.id FROM tasks_assignment a
WHERE a.claimed_at < %(ended)s AND (
    (a.state = 'claimed' AND a.lease_until > %(began)s)
    OR (a.state = 'expired' AND a.ended_at >= %(began)s AND a.lease_until > %(began)s AND a.lease_until <= %(ended)s)
)
"""
_LONGER = """
UPDATE tasks_assignment a
SET lease_until = greatest(a.lease_until, %(ended)s + (a.lease_until - greatest(a.claimed_at, %(began)s)))
WHERE a.state = 'claimed' AND a.id IN (SELECT assignment_id FROM tasks_interruptedtask WHERE outage_id = %(outage)s)
"""


def _give_time_back(outage: Outage) -> int:
    values: dict[str, Any] = {"outage": outage.pk, "began": outage.began_at, "ended": outage.ended_at}
    with connection.cursor() as cursor:
        cursor.execute(_INTERRUPTED, values)
        touched = cursor.rowcount
        cursor.execute(_LONGER, values)
    return touched


def settle(*, limit: int = 1000) -> dict[str, int]:
    """Pay the time of interrupted tasks that ran out unanswered, and forget those that ended well.

    Figures {paid, micros}. Safe to repeat: a task is compensated by one move of its state.
    """
    figures = {"paid": 0, "micros": 0}
    over = InterruptedTask.objects.filter(ended_at__isnull=True).exclude(assignment__state=State.CLAIMED)
    numbers = list(over.order_by("pk").values_list("pk", flat=True)[:limit])

    def one(number: int) -> int:
        micros = _settle_one(number)
        figures["micros"] += micros
        return int(micros > 0)

    figures["paid"] = clockwork.each(numbers, one)
    return figures


@transaction.atomic
def _settle_one(number: int) -> int:
    """Micros paid for one interrupted task, 0 when it was answered or given back. Locks assignment, cap, accounts."""
    row = InterruptedTask.objects.select_related("outage").get(pk=number)
    work = Assignment.objects.select_for_update(no_key=True).get(pk=row.assignment_id)
    if work.state == State.CLAIMED:
        return 0  # claimed again in this instant
    if not InterruptedTask.objects.filter(pk=number, ended_at__isnull=True).update(ended_at=clock.now()):
        return 0
    if work.state != State.EXPIRED:
        return 0
    due = owed(work, row.outage)
    Assignment.objects.filter(pk=work.pk, state=State.EXPIRED).update(state=State.COMPENSATED)
    earnings.compensate(
        reference=work.public_id,
        worker_id=work.worker_id,
        cap_year=work.cap_year,
        parts=[(earnings.platform_costs(), due)],
    )
    audit.record(
        "tasks:assignment:compensate", work.public_id, actor=None, outage=row.outage.public_id, micros=due
    )
    notices.tell(work.worker_id, "interrupted_paid", work.public_id, batch=work.batch.public_id, micros=due)
    return due


def owed(work: Assignment, outage: Outage) -> int:
    """Micros for the time from the claim to the outage, without reported pauses, at the floor of the worker's country;
    at most the reward, and never nothing."""
    seconds = (
        int((max(work.claimed_at, outage.began_at) - work.claimed_at).total_seconds()) - work.paused_seconds
    )
    return min(work.reward_micros, floor.price_needed(max(1, seconds), work.country))
