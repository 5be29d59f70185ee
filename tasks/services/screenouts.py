"""Screen-outs: a task that ends because its first question says so, with the time it took paid (charter P10, P11).

The rule and its reasons are in docs/adr/0025-screen-outs-and-outside-work.md.
"""

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models import Case, F, QuerySet, Sum, When

from marketplace.base import audit, clock, notices
from marketplace.base.errors import Refusal
from marketplace.base.models import User
from payments.models import AccountKind, Entry
from payments.services import earnings, floor
from tasks.errors import IllegalMove, LeaseOver
from tasks.models import Assignment, Batch, Task

from . import claims, floors

State = Assignment.State


def screen_out(*, assignment: Assignment, worker: User) -> int:
    """End a task in hand without an answer and pay the time it took; micros paid.

    What is owed is `owed`. It comes from what the batch holds beyond its open and undecided answers. Where that does
    not suffice, the slot does not open again, and its own reward pays. Said once more, it changes nothing.

    Raises IllegalMove for a task that is not in hand, LeaseOver when its time ran out and others have it.
    Locks batch, assignment, task, cap, accounts.
    """
    _take_back_if_late(assignment, worker)
    with transaction.atomic():
        batch = (
            Batch.objects.select_for_update(no_key=True, of=("self",))
            .select_related("organisation")
            .get(pk=assignment.batch_id)
        )
        row = Assignment.objects.select_for_update(no_key=True).get(pk=assignment.pk, worker=worker)
        if row.state == State.COMPENSATED:
            return paid([row]).get(row.public_id, 0)
        if row.state != State.CLAIMED:
            raise IllegalMove(state=row.get_state_display())
        return _end(batch, row, worker)


def _end(batch: Batch, row: Assignment, worker: User) -> int:
    earlier = list(_earlier(row))
    seconds, due = _seconds(row, earlier), owed(row, earlier)
    Assignment.objects.filter(pk=row.pk).update(state=State.COMPENSATED, ended_at=clock.now())
    claims.give_back([row.pk])
    closed = floors.uncommitted(batch) < due and _close_slot(row.task_id)
    earnings.compensate(
        reference=row.public_id,
        worker_id=row.worker_id,
        cap_year=row.cap_year,
        parts=[(earnings.holding(batch.public_id), due)],
    )
    audit.record(
        "tasks:assignment:screen_out", row.public_id, actor=worker, organisation_id=batch.organisation_id,
        seconds=seconds, micros=due, slot_closed=closed,
    )  # fmt: skip
    if closed:
        notices.tell_member(
            batch.created_by_id, "screen_outs_take_answers", batch.public_id, batch=batch.public_id,
            organisation_id=batch.organisation_id,
        )  # fmt: skip
    return due


def owed(row: Assignment, earlier: Sequence[Assignment] = ()) -> int:
    """Micros for a task in hand that ends now: the time so far at the floor of the worker's country, at most the
    reward. A begun second counts, so that it is never nothing.

    `earlier` are screen-outs of the same worker and batch, of tasks that were in hand at once: an hour is paid once,
    and all of them together are worth one reward, and a second for each.
    """
    left = row.reward_micros - sum(paid(earlier).values())
    due = min(left, floor.price_needed(_seconds(row, earlier), row.country))
    return min(row.reward_micros, max(due, floor.price_needed(1, row.country)))


def _earlier(row: Assignment) -> QuerySet[Assignment]:
    return Assignment.objects.filter(
        batch_id=row.batch_id, worker_id=row.worker_id, state=State.COMPENSATED
    ).exclude(pk=row.pk)


def _seconds(row: Assignment, earlier: Sequence[Assignment]) -> int:
    """Seconds from the claim, and from the last screen-out of this batch, until now or until the lease ended, without
    reported pauses; at least one."""
    until = min(clock.now(), row.lease_until)
    seconds = int((until - row.claimed_at).total_seconds()) - row.paused_seconds
    since = [int((until - each.ended_at).total_seconds()) for each in earlier if each.ended_at]
    return max(1, min([seconds, *since]))


def _take_back_if_late(assignment: Assignment, worker: User) -> None:
    """As for an answer that comes late: the task is claimed again where it still can be."""
    row = Assignment.objects.get(pk=assignment.pk)
    in_time = row.state == State.CLAIMED and row.lease_until > clock.now()
    if in_time or row.state not in (State.CLAIMED, State.EXPIRED):
        return
    claims.expire_one(row)
    try:
        claims.claim(worker=worker, batch=assignment.batch, task=assignment.task)
    except Refusal as refused:
        raise LeaseOver from refused


def _close_slot(task_id: int) -> bool:
    """Take the slot that has just come back off the task: one answer less, also of those that it may grow to, and its
    money is free."""
    again = Case(When(is_open=True, open_slots__gt=1, then=True), default=False)
    slot = Task.objects.filter(pk=task_id, open_slots__gt=0)
    return bool(
        slot.update(
            open_slots=F("open_slots") - 1, overlap=F("overlap") - 1, most=F("most") - 1, is_open=again
        )
    )


def paid(rows: Iterable[Assignment]) -> dict[str, int]:
    """Micros that each of these was compensated with, by public id, from the ledger. One query, or none."""
    references = [row.public_id for row in rows if row.state == State.COMPENSATED]
    if not references:
        return {}
    entries = Entry.objects.filter(
        transaction__kind="compensation",
        transaction__reference__in=references,
        account__kind=AccountKind.WORKER_PAYABLE,
    )
    return dict(entries.values_list("transaction__reference").annotate(micros=Sum("amount")))
