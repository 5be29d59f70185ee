"""Review: approve in sets, by a person or by the clock, or object once with a reason (DESIGN §6.6, §6.7)."""

import datetime as dt
import math
import statistics
from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock, clockwork, notices, outbox
from marketplace.base.errors import Invalid, Lost
from marketplace.base.models import User
from payments.services import earnings
from tasks.errors import AlreadyContested, IllegalMove, TooFastNotShown
from tasks.models import Assignment, Batch, Contest

from . import disputes, prices, written

SET = 1000  # assignments approved in one transaction
LATER = 5000  # and in one run of the job


def approve(*, batch: Batch, assignments: Iterable[int], actor: User | None) -> int:
    """Approve the submitted ones among `assignments` (row numbers) and pay them, in sets of SET.

    `actor` is None when the clock approves. What is not waiting for review is left alone, so a list may be
    sent twice. Returns how many were approved now.
    """
    numbers = sorted(set(assignments))
    done = 0
    for start in range(0, len(numbers), SET):
        with transaction.atomic():
            done += len(pay(batch, numbers[start : start + SET], actor, sources=[Assignment.State.SUBMITTED]))
    return done


def approve_later(*, batch: Batch, assignments: Sequence[int], actor: User) -> int:
    """Promise to approve many answers: a job does it in sets, whatever becomes of the page that asked.

    What somebody decides in the meantime is left alone. Returns how many were promised.
    """
    with transaction.atomic():
        for start in range(0, len(assignments), LATER):
            numbers = list(assignments[start : start + LATER])
            outbox.emit(
                "review.approve",
                f"{batch.public_id}:{numbers[0]}:{numbers[-1]}:{clock.now().isoformat()}",
                batch_id=batch.pk,
                actor_id=actor.pk,
                assignments=numbers,
            )
    return len(assignments)


def pay(
    batch: Batch, numbers: Sequence[int], actor: User | None, *, sources: Sequence[str]
) -> list[Assignment]:
    """Move assignments of one batch from `sources` to approved and post reward, fee and VAT.

    Must run in the caller's transaction. Locks assignments in id order, then caps, then accounts.
    """
    rows = list(
        Assignment.objects.filter(batch=batch, pk__in=numbers, state__in=sources)
        .order_by("pk")
        .select_for_update(no_key=True)
        .only("pk", "worker_id", "reward_micros", "cap_year", "batch_id", "state")
    )
    if not rows:
        return []
    Assignment.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=Assignment.State.APPROVED, reviewed_at=clock.now(), reviewed_by=actor
    )
    rates = prices.rates(batch)
    fees = [rates.fee_of(row.reward_micros) for row in rows]
    earnings.approve_set(
        organisation=batch.organisation,
        batch_ref=batch.public_id,
        items=[
            earnings.Approved(row.public_id, row.worker_id, row.reward_micros, row.cap_year) for row in rows
        ],
        fee_micros=sum(fees),
        vat_micros=sum(rates.vat_of(fee) for fee in fees),
        fees_reference=f"{batch.public_id}:fees:{rows[0].public_id}",
        actor=actor,
        help_rate=rates.help_fund,
    )
    if actor is not None:
        audit.record(
            "tasks:assignment:approve", batch.public_id, actor=actor, organisation_id=batch.organisation_id,
            count=len(rows), first=rows[0].public_id,
        )  # fmt: skip
    return rows


def auto_approve(most: int = 20_000) -> int:
    """Approve what nobody reviewed in `settings.AUTO_APPROVE_DAYS`: silence pays (charter P8). Returns how many."""
    due = (
        Assignment.objects.filter(state=Assignment.State.SUBMITTED, review_due_at__lte=clock.now())
        .order_by("review_due_at")
        .values_list("batch_id", "pk")[:most]
    )
    by_batch: dict[int, list[int]] = {}
    for batch_id, number in due:
        by_batch.setdefault(batch_id, []).append(number)
    return clockwork.each(
        list(Batch.objects.select_related("organisation").filter(pk__in=by_batch)),
        lambda batch: approve(batch=batch, assignments=by_batch[batch.pk], actor=None),
    )


@transaction.atomic
def contest(*, assignment: Assignment, actor: User, reason: str, evidence: str) -> Contest:
    """Object to a submission: the worker may redo it or reply, for at least `settings.REDO_DAYS` (charter P7).

    Raises AlreadyContested, Invalid for a reason outside the closed list or evidence that says nothing,
    TooFastNotShown, IllegalMove.
    """
    if Contest.objects.filter(assignment=assignment).exists():
        raise AlreadyContested
    fields: dict[str, list[Any]] = {}
    if reason not in Contest.Reason.values:
        fields["reason"] = [_("Choose one of the reasons.")]
    if not evidence.strip():
        fields["evidence"] = [_("Show what is wrong: quote the answer and the instruction it misses.")]
    elif written.says_nothing(evidence):
        sentence = _(
            "The worker can't answer so few words. Quote the answer and the instruction it misses: at least"
            " %(least)s characters."
        )
        fields["evidence"] = [sentence % {"least": written.LEAST}]
    if fields:
        raise Invalid(fields=fields)
    if reason == Contest.Reason.TOO_FAST and not is_too_fast(assignment):
        raise TooFastNotShown
    move(assignment, Assignment.State.SUBMITTED, Assignment.State.CONTESTED)
    assignment.refresh_from_db()
    now = clock.now()
    row = Contest.objects.create(
        assignment=assignment,
        reason=reason,
        evidence=evidence.strip(),
        opened_by=actor,
        opened_at=now,
        reply_due_at=now + dt.timedelta(days=settings.REDO_DAYS),
        contested_answer=assignment.answer,
    )
    _audit("contest", assignment, actor, reason=reason)
    notices.tell(assignment.worker_id, "contested", assignment.public_id, assignment=assignment.public_id)
    return row


def is_too_fast(assignment: Assignment) -> bool:
    """Below mean − 3 σ of the logarithms of the batch's times, from 30 answers on (charter P6)."""
    seconds = list(
        Assignment.objects.filter(batch_id=assignment.batch_id, worked_seconds__isnull=False)
        .exclude(pk=assignment.pk)
        .values_list("worked_seconds", flat=True)
    )
    if len(seconds) < 30 or assignment.worked_seconds is None:
        return False
    logs = [math.log(max(1, value)) for value in seconds if value is not None]
    return math.log(max(1, assignment.worked_seconds)) < statistics.fmean(logs) - 3 * statistics.stdev(logs)


@transaction.atomic
def withdraw(*, assignment: Assignment, actor: User) -> None:
    """Take an objection back: the answer is approved and paid. Raises IllegalMove."""
    if not pay(assignment.batch, [assignment.pk], actor, sources=[Assignment.State.CONTESTED]):
        assignment.refresh_from_db()
        raise IllegalMove(state=assignment.get_state_display())
    Contest.objects.filter(assignment=assignment).update(withdrawn_at=clock.now(), withdrawn_by=actor)
    _audit("withdraw", assignment, actor)
    notices.tell(
        assignment.worker_id, "contest_withdrawn", assignment.public_id, assignment=assignment.public_id
    )


@transaction.atomic
def hand_over(*, assignment: Assignment, actor: User) -> None:
    """After a redo that still does not satisfy, a moderator decides. Raises IllegalMove without a redo before."""
    if not Contest.objects.filter(assignment=assignment, redone_at__isnull=False).exists():
        raise IllegalMove(state=assignment.get_state_display())
    move(assignment, Assignment.State.SUBMITTED, Assignment.State.DISPUTED)
    disputes.open_dispute(assignment)
    _audit("hand_over", assignment, actor)


def move(assignment: Assignment, old: str, new: str, **changes: object) -> None:
    """Compare-and-swap of one assignment's state. Raises IllegalMove, or Lost when the move itself is unknown."""
    if new not in Assignment.MOVES[old]:
        raise Lost
    if not Assignment.objects.filter(pk=assignment.pk, state=old).update(state=new, **changes):
        assignment.refresh_from_db()
        raise IllegalMove(state=assignment.get_state_display())


def _audit(action: str, assignment: Assignment, actor: User, **data: object) -> None:
    audit.record(
        f"tasks:assignment:{action}",
        assignment.public_id,
        actor=actor,
        organisation_id=assignment.batch.organisation_id,
        **data,
    )
