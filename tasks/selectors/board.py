"""What a person sees of the work there is: the board, a requester's record, tasks in hand.

The order of the board depends on the work alone: by what it is worth in an hour, then newest first. Nothing
about the person goes into it, so that complaining or skipping never changes what is offered (charter M8, C7).
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.db import connection
from django.db.models import Case, Count, Exists, Min, OuterRef, Q, QuerySet, Sum, When

from marketplace.base import clock, money
from marketplace.base.errors import Refusal
from marketplace.base.models import Organisation, User
from payments.models import Account, AccountKind
from payments.services import floor
from tasks.errors import ChecksMissed, Lack, YesAwaited
from tasks.models import Assignment, Batch, BatchFigures, BatchGuest, BatchPause, Contest
from tasks.services import audiences, conditions, distress, eligibility, rotation
from workers.services import admission

MOST = 500  # published batches that are looked at: the newest ones
PAGE = 24
CLOSED = 30  # batches that are not open to this person, as far as they are listed
PROBES = 500  # open tasks that are tried for one that the person has not had, as a claim does


@dataclass(frozen=True)
class Offer:
    """A published batch as it looks to one person; `refusal` is why it is not open to them."""

    batch: Batch
    figures: BatchFigures | None
    refusal: Refusal | None = None

    @property
    def seconds(self) -> int:
        return seconds(self.batch)

    @property
    def measured(self) -> bool:
        return self.batch.measured_seconds is not None

    @property
    def hourly_micros(self) -> int:
        """In whole cents, rounded down, so that it never looks like more than it is."""
        return money.whole_cents(hourly(self.batch))

    @property
    def left(self) -> int | None:
        """Tasks with an open answer, as of the last snapshot; None before the first one."""
        return self.figures.open_tasks if self.figures else None


@dataclass(frozen=True)
class Board:
    """One page of the board. `count` is how many batches the rules open to the person, on all pages."""

    invited: list[Offer]  # private ones that await the person's yes or no, on the first page
    offers: list[Offer]
    exhausted: list[Offer]  # open by the rules, but no task is left for this person just now
    closed: list[Offer]
    count: int
    number: int
    pages: int
    waits: bool  # the person is not let in yet (charter C4)

    @property
    def now(self) -> int:
        """How many batches the person can do now, as far as this page knows."""
        return self.count - len(self.exhausted)


@dataclass(frozen=True)
class Record:
    """What became of the answers that an organisation asked for, over all its batches."""

    approved: int
    contested: int
    refused: int
    median_hours: float | None  # from submission to payment: the median of its batches, by their answers


def seconds(batch: Batch) -> int:
    """What a task takes: as measured once it is, as the requester estimates before (charter P2)."""
    return max(1, batch.estimated_seconds if batch.measured_seconds is None else batch.measured_seconds)


def hourly(batch: Batch) -> int:
    """What the price is worth in an hour, in micros."""
    return floor.hourly(batch.reward_micros, seconds(batch))


def board(user: User, number: int = 1, size: int = PAGE) -> Board:
    """Page `number` of what `user` can do now, `size` batches a page. Four queries, however many there are, and
    one more where some ask for conditions, and where some are labelled."""
    who = eligibility.standing(user)
    found = sorted(_published(user), key=lambda batch: (-hourly(batch), -batch.pk))
    if any(batch.distress for batch in found):
        who = replace(who, distress=distress.chosen(user.pk))
    lacks = conditions.lacking(user.pk, [batch for batch in found if batch.conditions])
    turns = rotation.refusals(user.pk, found)
    offers = [
        Offer(batch, _figures(batch), _refusal(who, batch, lacks) or turns.get(batch.pk)) for batch in found
    ]
    able = [offer for offer in offers if offer.refusal is None]
    invited = [offer for offer in offers if isinstance(offer.refusal, YesAwaited)]
    closed = [offer for offer in offers if offer.refusal and not isinstance(offer.refusal, YesAwaited)]
    pages = max(1, -(-len(able) // size))
    number = min(max(1, number), pages)
    shown = able[(number - 1) * size : number * size]
    spent = without_task([offer.batch.pk for offer in shown], user)
    return Board(
        invited=invited[:CLOSED] if number == 1 else [],
        offers=[offer for offer in shown if offer.batch.pk not in spent],
        exhausted=[offer for offer in shown if offer.batch.pk in spent],
        closed=closed[:CLOSED] if number == 1 else [],
        count=len(able),
        number=number,
        pages=pages,
        waits=who.waits,
    )


def _refusal(who: eligibility.Standing, batch: Batch, lacks: Mapping[int, Sequence[Lack]]) -> Refusal | None:
    """Why a batch of `_published` is not open to the person; an invitation without an answer comes last."""
    out = batch.is_private and not batch.is_in  # type: ignore[attr-defined]
    closed = eligibility.refusal(who, batch, lacks) or (YesAwaited() if out else None)
    if closed is None and batch.ended_for_them:  # type: ignore[attr-defined]
        closed = eligibility.screened(who, batch)
    if closed is None and batch.rests:  # type: ignore[attr-defined]
        return ChecksMissed()
    return closed


def _published(user: User) -> QuerySet[Batch]:
    """The newest batches that the person may know of; a private one says as `is_in` whether they said yes, and each as
    `ended_for_them` whether a task of it ended without an answer: perhaps a screen-out, which its form tells. `rests`
    says whether a pause after missed check questions runs."""
    ended = Assignment.objects.filter(batch=OuterRef("pk"), worker=user, state=Assignment.State.COMPENSATED)
    rows = BatchGuest.objects.filter(batch=OuterRef("pk"))
    is_in = Exists(rows.filter(worker=user, accepted_at__isnull=False, removed_at__isnull=True))
    is_open = Q(audience=Batch.Audience.OPEN)
    rests = BatchPause.objects.filter(
        batch=OuterRef("pk"), worker=user, lifted_at__isnull=True, ends_at__gt=clock.now()
    )
    return (
        Batch.objects.filter(
            is_open | Exists(rows.filter(audiences.invited(user))),
            state=Batch.State.PUBLISHED,
            role=Batch.Role.WORK,  # tests have a page of their own
        )
        .annotate(
            is_in=Case(When(is_open, then=True), default=is_in),
            ended_for_them=Exists(ended),
            rests=Exists(rests),
        )
        .select_related("organisation", "figures")
        .defer("form", "instructions", "columns")
        .order_by("-published_at")[:MOST]
    )


def _figures(batch: Batch) -> BatchFigures | None:
    found: BatchFigures | None = getattr(batch, "figures", None)
    return found


def without_task(batches: Sequence[int], user: User) -> set[int]:
    """Those of `batches` in which no open task is left that the person has not had. One query."""
    if not batches:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT b.id FROM unnest(%s::bigint[]) AS b (id)"
            " LEFT JOIN LATERAL tasks_pick(b.id, %s, -2147483648, %s) p ON true WHERE p.task_id IS NULL",
            [list(batches), user.pk, PROBES],
        )
        return {number for (number,) in cursor.fetchall()}


def line(user: User, page: Board) -> admission.Place | None:
    """Where somebody who waits to begin stands (charter C4); None for who may work, at no query."""
    return admission.place(user) if page.waits else None


def in_hand(user: User) -> list[Assignment]:
    """The tasks a person holds, the one to end first on top; there are few (`settings.MAX_OPEN_ASSIGNMENTS`).

    One whose time ran out a moment ago still counts as held, and is marked `late`.
    """
    now = clock.now()
    return list(
        Assignment.objects.filter(worker=user, state=Assignment.State.CLAIMED)
        .annotate(late=Case(When(lease_until__lte=now, then=True), default=False))
        .select_related("batch")
        .defer("batch__form", "batch__instructions")
        .order_by("lease_until")
    )


def objected(user: User) -> tuple[int, dt.datetime | None]:
    """How many of a worker's answers were objected to and wait for the worker, and until when the first does."""
    found = Assignment.objects.filter(worker=user, state=Assignment.State.CONTESTED).aggregate(
        count=Count("pk"), until=Min("contest__reply_due_at")
    )
    return found["count"], found["until"]


def record(organisation: Organisation) -> Record:
    """An organisation's record with the people who worked for it. Two queries."""
    rows = list(
        BatchFigures.objects.filter(batch__organisation=organisation)
        .order_by("-batch_id")
        .values_list("approved", "rejected", "median_hours_to_pay")[:1000]
    )
    contested = Contest.objects.filter(assignment__batch__organisation=organisation).count()
    known = sorted((hours, approved) for approved, _, hours in rows if hours is not None and approved)
    half, median = sum(approved for _, approved in known) / 2, None
    for hours, approved in known:
        half -= approved
        if half <= 0:
            median = hours
            break
    return Record(sum(row[0] for row in rows), contested, sum(row[1] for row in rows), median)


def due(user: User) -> int:
    """What is due to a worker and not yet on its way, in micros."""
    kept = Account.objects.filter(user=user, kind=AccountKind.WORKER_PAYABLE).values_list(
        "balance", flat=True
    )
    return kept.first() or 0


def waiting(user: User, batch: Batch | None = None) -> dict[str, tuple[int, int]]:
    """Answers of a worker that are not decided yet: state → (how many, micros); of one batch, or of all."""
    rows = Assignment.objects.filter(worker=user, state__in=Assignment.UNDECIDED)
    if batch is not None:
        rows = rows.filter(batch=batch)
    sums = rows.values("state").annotate(count=Count("pk"), micros=Sum("reward_micros")).order_by("state")
    return {row["state"]: (row["count"], row["micros"]) for row in sums}
