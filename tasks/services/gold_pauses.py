"""The pause of one worker's claims in one batch after missed check questions (docs/adr/0042; charter M1 to M5).

It touches nothing else: not what was done, not its pay, not other batches. It ends by itself at a shown date, when a
question turns out to have been unfair, with a training passed, or because a person looked.
"""

import datetime as dt
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from marketplace.base import audit, clock, notices
from marketplace.base.errors import Forbidden, Invalid, Lost, NotFound
from marketplace.base.models import User
from tasks.errors import ChecksMissed, IllegalMove, TooLate
from tasks.models import Batch, BatchPause, GoldScore

from . import conflicts, gold

# Why a rule lifted a pause: what `BatchPause.lifted_because` holds, in words. A moderator's own words stand there too.
BECAUSE: dict[str, Any] = {
    "unfair": _lazy("A check question behind it was unfair."),
    "trained": _lazy("You passed the training."),
}
RULE = 1  # version of the rule in the public register; raise it with every change of `is_convincing`
MOST_TEXT = 5_000  # characters of what a worker asks a person to look at
DOUBT = 0.1  # how often, at most, somebody as good as `good` is paused by bad luck, however long they work


@dataclass(frozen=True)
class Tally:
    """Check questions of one worker that count: how many, and how many of them were right."""

    asked: int
    right: int


def good(mark: float) -> float:
    """The share of somebody who must not be paused by bad luck: halfway from the pass mark to all right."""
    return min((1 + mark) / 2, 0.99)


def bad(mark: float) -> float:
    """The share that the rule looks for: as far under the mark as `good` is above it."""
    return max(0.01, mark - max(good(mark) - mark, 0.05))


def is_convincing(asked: int, right: int, mark: float) -> bool:
    """Whether so few right ones are convincing: the rule of the pause, for a pass mark from 0 to 1.

    From `settings.GOLD_LEAST` questions on, fewer right than the mark asks for, and 1 / DOUBT times as likely for
    somebody right in a share `bad` of all as for somebody right in a share `good`. That is Wald's sequential test
    (1945) with its upper bound alone; by Ville's inequality it stops people as good as `good` with a probability of at
    most DOUBT over all the questions they will ever meet. The tables are in docs/adr/0042.
    """
    if asked < settings.GOLD_LEAST or right >= mark * asked:
        return False
    high, low = good(mark), bad(mark)
    evidence = right * math.log(low / high) + (asked - right) * math.log((1 - low) / (1 - high))
    return evidence >= math.log(1 / DOUBT)


# --- the rule at work -----------------------------------------------------------------------------------------


def consider(batch: Batch, workers: Iterable[int]) -> None:
    """Pause the claims of those of `workers` whose scores say so. With the batch's gold lock held."""
    for worker in workers:
        if in_force(batch.pk, worker) is not None:
            continue
        count = counted(batch, worker, since=_last_end(batch, worker))
        if is_convincing(count.asked, count.right, batch.gold_pass):
            _pause(batch, worker, count)


def _pause(batch: Batch, worker: int, count: Tally) -> None:
    now = clock.now()
    made = BatchPause.objects.create(
        batch=batch, worker_id=worker, asked=count.asked, right=count.right, starts_at=now,
        ends_at=now + dt.timedelta(hours=settings.GOLD_PAUSE_HOURS),
    )  # fmt: skip
    audit.record(
        "tasks:pause:start", made.public_id, actor=None, organisation_id=batch.organisation_id,
        batch=batch.public_id, asked=count.asked, right=count.right, rule=RULE,
    )  # fmt: skip
    notices.tell(worker, "gold_paused", made.public_id, pause=made.public_id)


def counted(
    batch: Batch, worker: int, *, since: dt.datetime | None = None, until: dt.datetime | None = None
) -> Tally:
    """The scores of a worker in a batch that count, after `since` and up to `until` (UTC): none set aside."""
    rows = scores(batch, worker, since=since, until=until)
    found = rows.aggregate(asked=Count("pk"), right=Count("pk", filter=Q(right=True)))
    return Tally(found["asked"], found["right"])


def scores(
    batch: Batch, worker: int, *, since: dt.datetime | None = None, until: dt.datetime | None = None
) -> QuerySet[GoldScore]:
    """The scores behind `counted`."""
    rows = GoldScore.objects.filter(batch=batch, worker_id=worker, gold__aside="")
    if since is not None:
        rows = rows.filter(scored_at__gt=since)
    return rows.filter(scored_at__lte=until) if until is not None else rows


def _last_end(batch: Batch, worker: int, before: dt.datetime | None = None) -> dt.datetime | None:
    """When the last pause of this worker in this batch ended: the count begins anew then."""
    rows = BatchPause.objects.filter(batch=batch, worker_id=worker)
    if before is not None:
        rows = rows.filter(starts_at__lt=before)
    ends = [min(each.ends_at, each.lifted_at or each.ends_at) for each in rows]
    return max(ends, default=None)


def since(pause: BatchPause) -> dt.datetime | None:
    """From when on the scores behind a pause were counted; None: from the first."""
    return _last_end(pause.batch, pause.worker_id, pause.starts_at)


def in_force(batch_id: int, worker_id: int) -> BatchPause | None:
    """The pause that keeps this worker from claiming in this batch now."""
    return (
        BatchPause.objects.filter(
            batch_id=batch_id, worker_id=worker_id, lifted_at__isnull=True, ends_at__gt=clock.now()
        )
        .order_by("-ends_at")
        .first()
    )


def refusal(user: User, batch: Batch) -> ChecksMissed | None:
    """Why a worker can't claim in a batch just now, where a pause is the reason; for pages."""
    return ChecksMissed() if batch.gold_rate and in_force(batch.pk, user.pk) else None


def resting(user: User) -> set[int]:
    """The numbers of the batches in which the claims of this worker rest now. One query."""
    rows = BatchPause.objects.filter(worker=user, lifted_at__isnull=True, ends_at__gt=clock.now())
    return set(rows.values_list("batch_id", flat=True))


# --- ending one -----------------------------------------------------------------------------------------------


def look_again(batch: Batch, workers: Sequence[int], *, actor: User | None) -> int:
    """Lift the pauses of these workers that no longer stand, since a question was unfair. Returns how many.

    Also those that have ended: the record is put right (charter M5). With the batch's gold lock held.
    """
    lifted = 0
    rows = BatchPause.objects.filter(batch=batch, worker_id__in=workers, lifted_at__isnull=True)
    for pause in rows.order_by("pk"):
        count = counted(batch, pause.worker_id, since=since(pause), until=pause.starts_at)
        if not is_convincing(count.asked, count.right, batch.gold_pass):
            lifted += lift(pause, because="unfair", actor=actor)
    return lifted


def trained(*, worker: User, batch: Batch) -> int:
    """End the pauses of a worker in a batch who passed its training. Returns how many."""
    with transaction.atomic():
        gold.lock(batch)
        rows = BatchPause.objects.filter(
            batch=batch, worker=worker, lifted_at__isnull=True, ends_at__gt=clock.now()
        )
        return sum(lift(pause, because="trained", actor=None) for pause in rows)


def lift(pause: BatchPause, *, because: str, actor: User | None) -> bool:
    """End one pause before its time, and tell the worker. False: it was lifted before."""
    now = clock.now()
    if not BatchPause.objects.filter(pk=pause.pk, lifted_at__isnull=True).update(
        lifted_at=now, lifted_by=actor, lifted_because=because
    ):
        return False
    audit.record(
        "tasks:pause:lift", pause.public_id, actor=actor, organisation_id=pause.batch.organisation_id,
        batch=pause.batch.public_id,
    )  # fmt: skip
    notices.tell(pause.worker_id, "gold_lifted", pause.public_id, pause=pause.public_id)
    return True


# --- a person looks -------------------------------------------------------------------------------------------


@transaction.atomic
def ask(*, pause: BatchPause, worker: User, text: str) -> BatchPause:
    """Ask a person to look at a pause, once, within `settings.APPEAL_DAYS` (charter M2, M4).

    Raises NotFound, Invalid, IllegalMove (asked before, or lifted), TooLate.
    """
    if pause.worker_id != worker.pk:
        raise NotFound
    if not text.strip():
        raise Invalid(fields={"text": [_("Say in a sentence or two what a person should look at.")]})
    if len(text) > MOST_TEXT or "\x00" in text:
        raise Invalid(fields={"text": [_("Keep it under %(most)s characters.") % {"most": MOST_TEXT}]})
    now = clock.now()
    if now > pause.starts_at + dt.timedelta(days=settings.APPEAL_DAYS):
        raise TooLate
    changed = BatchPause.objects.filter(pk=pause.pk, review_asked_at__isnull=True, lifted_at__isnull=True)
    if not changed.update(review_asked_at=now, review_text=text.strip()):
        raise IllegalMove(state=_("asked about, or lifted"))
    audit.record(
        "tasks:pause:ask", pause.public_id, actor=worker, organisation_id=pause.batch.organisation_id
    )
    pause.refresh_from_db()
    return pause


def decide_by(pause: BatchPause) -> dt.datetime:
    """By when a person has promised to look."""
    assert pause.review_asked_at is not None
    return pause.review_asked_at + dt.timedelta(days=settings.DECISION_DAYS)


@transaction.atomic
def decide(*, pause: BatchPause, moderator: User, lifts: bool, reason: str) -> BatchPause:
    """A moderator lifts a pause or lets it stand, in writing. Raises Forbidden, ConflictOfInterest, Invalid, Lost."""
    check_moderator(pause, moderator)
    if not reason.strip():
        raise Invalid(fields={"reason": [_("Write the reason; the worker will read it.")]})
    gold.lock(pause.batch)
    changed = BatchPause.objects.filter(
        pk=pause.pk, review_asked_at__isnull=False, reviewed_at__isnull=True
    ).update(reviewed_at=clock.now(), reviewed_by=moderator, review_reason=reason.strip())
    if not changed:
        raise Lost
    if lifts:
        now = clock.now()
        BatchPause.objects.filter(pk=pause.pk, lifted_at__isnull=True).update(
            lifted_at=now, lifted_by=moderator, lifted_because=reason.strip()
        )
    audit.record(
        f"tasks:pause:{'lift' if lifts else 'keep'}", pause.public_id, actor=moderator,
        organisation_id=pause.batch.organisation_id, batch=pause.batch.public_id,
    )  # fmt: skip
    notices.tell(pause.worker_id, "pause_reviewed", pause.public_id, pause=pause.public_id)
    pause.refresh_from_db()
    return pause


def check_moderator(pause: BatchPause, moderator: User) -> None:
    """Raises Forbidden for who does not moderate, ConflictOfInterest for who is part of the case."""
    if not moderator.is_moderator:
        raise Forbidden
    conflicts.require_none(
        kind="pse", number=pause.pk, moderator=moderator, people=[pause.worker_id],
        organisation_id=pause.batch.organisation_id,
    )  # fmt: skip
