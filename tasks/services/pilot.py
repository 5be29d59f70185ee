"""The paid pilot: the first tasks of a batch run small and are measured; the rest opens by itself (charter W2).

A batch of at least PILOT_LEAST_SLOTS answers opens with its first PILOT_TASKS tasks, all of its money set aside. The
pilot is over once the floor is measured (`floors`), or when each of its slots is answered. Where the price meets the
floor then, the rest opens, in pieces; where not, it waits for a higher price, and nobody works below the floor in the
meantime (docs/adr/0062). Locks: the batch row, then tasks.
"""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, Max, QuerySet

from marketplace.base import audit, clock, clockwork, notices
from marketplace.base.models import User
from payments.services import floor
from tasks.errors import NotReviewed
from tasks.models import Assignment, Batch, Chain, Task

from . import floors, rotation

FIRST = 500  # rows that open in the transaction that decides, so that a small batch waits for no job
PIECE = 5_000  # rows that open in one transaction of the job
MOST_PIECES = 100  # of one batch in one run of the job, so that the next batch has its turn
Pilot = Batch.Pilot
# What a batch that is a draft again has: neither a pilot nor a reader.
NONE = {"pilot": "", "pilot_row": None, "pilot_countries": None, "reviewed_by": None, "reviewed_at": None}


@dataclass(frozen=True, slots=True)
class Report:
    """What a pilot has shown so far. Micros an hour are those of the median, or of the estimate before there is one."""

    tasks: int
    slots: int  # answers that the pilot asks for
    answers: int
    people: int
    median_seconds: int | None
    hourly_micros: int
    needed_micros: int  # the price at which the rest opens
    quiet: bool  # nobody has answered for settings.PILOT_QUIET_HOURS


# --- publishing -------------------------------------------------------------------------------------------------


def applies(batch: Batch) -> bool:
    """Whether publishing this draft begins with a pilot. A batch that another one feeds has none: its rows come few at
    a time, as the answers do that they are made of."""
    if not settings.PILOT or batch.role != Batch.Role.WORK:
        return False
    rows = Task.objects.filter(batch=batch, is_gold=False).count()
    fed = Chain.objects.filter(target=batch, ended_at__isnull=True).exists()
    return rows > settings.PILOT_TASKS and rows * batch.overlap >= settings.PILOT_LEAST_SLOTS and not fed


def review(batch: Batch, actor: User, *, reviewed: bool) -> None:
    """Note on a draft that `actor` has read it as people will see it. Raises NotReviewed where a pilot needs it.

    The caller stores the batch.
    """
    if not reviewed:
        if applies(batch):
            raise NotReviewed
        return
    batch.reviewed_by, batch.reviewed_at = actor, clock.now()


def begin(batch: Batch, rows: QuerySet[Task]) -> QuerySet[Task]:
    """Begin the pilot of a batch that is being published, where it has one. Returns those of `rows` that open now; the
    others are funded and stay shut. The caller stores the batch."""
    if not applies(batch):
        return rows
    numbers = rows.order_by("row_number").values_list("row_number", flat=True)
    batch.pilot, batch.pilot_row = Pilot.RUNNING, numbers[settings.PILOT_TASKS - 1]
    if batch.countries:
        batch.pilot_countries = floor.reach(batch.reward_micros, batch.estimated_seconds, batch.countries)
    shut = rows.filter(row_number__gt=batch.pilot_row)
    shut.update(
        overlap=batch.overlap,
        open_slots=batch.overlap,
        most=batch.overlap_most,
        is_open=False,
        funded=True,
    )
    return rows.filter(row_number__lte=batch.pilot_row)


# --- deciding ---------------------------------------------------------------------------------------------------


def needed(batch: Batch) -> int:
    """Micros at which the rest opens: the floor of every country that was named and met, for the seconds known now."""
    least = floor.absolute_price_needed(batch.seconds)
    if batch.pilot_countries is None:
        return least
    return max([least, *(floor.price_needed(batch.seconds, code) for code in batch.pilot_countries)])


def goes_on(batch_id: int) -> bool:
    """Somebody found no task in this batch: whether that is because its pilot has just ended, and more is open now.

    Asked on no other path of a claim; one short query for every other batch.
    """
    if not Batch.objects.filter(pk=batch_id, pilot=Pilot.RUNNING, state=Batch.State.PUBLISHED).exists():
        return False
    return look(batch_id=batch_id)


def look(*, batch_id: int) -> bool:
    """Measure a pilot and decide about the rest, once it can be. Returns whether the rest opens; looking twice, or two
    at once, opens it once."""
    found = Batch.objects.filter(pk=batch_id, pilot__in=Batch.SHUT, state__in=Batch.LIVE).first()
    if found is None or not _has_ended(found):
        return False
    floors.measure(batch_id=batch_id)
    with transaction.atomic():
        return decide(_locked(batch_id))


def decide(batch: Batch) -> bool:
    """Open the rest where the price meets the floor; else say to the requester what it takes. Returns whether it opens.

    In a transaction that holds the batch row.
    """
    if batch.state not in Batch.LIVE or batch.pilot not in Batch.SHUT or not _has_ended(batch):
        return False
    if batch.reward_micros < needed(batch):
        _hold(batch)
        return False
    _move(batch, Pilot.OPENING)
    rotation.widen(batch)
    notices.tell_member(
        batch.created_by_id, "pilot_opened", batch.public_id, organisation_id=batch.organisation_id,
        batch=batch.public_id, **_figures(batch),
    )  # fmt: skip
    _open_piece(batch, FIRST)
    return True


def _hold(batch: Batch) -> None:
    if batch.pilot == Pilot.HELD:
        return
    _move(batch, Pilot.HELD)
    notices.tell_member(
        batch.created_by_id, "pilot_held", batch.public_id, organisation_id=batch.organisation_id,
        batch=batch.public_id, **_figures(batch),
    )  # fmt: skip


def _move(batch: Batch, to: str) -> None:
    batch.pilot, batch.pilot_decided_at = to, clock.now()
    batch.save(update_fields=["pilot", "pilot_decided_at"])
    audit.record(
        f"tasks:pilot:{to}", batch.public_id, actor=None, organisation_id=batch.organisation_id,
        **_figures(batch),
    )  # fmt: skip


def _figures(batch: Batch) -> dict[str, int | bool]:
    found = report(batch)
    return {
        "answers": found.answers,
        "people": found.people,
        "seconds": batch.seconds,
        "measured": batch.measured_seconds is not None,
        "reward": batch.reward_micros,
        "needed": found.needed_micros,
    }


def _has_ended(batch: Batch) -> bool:
    """The floor can be measured, or each slot of the pilot is answered. Once held it has ended for good."""
    if batch.pilot == Pilot.HELD:
        return True
    done = Assignment.objects.filter(batch=batch, worked_seconds__isnull=False).aggregate(
        answers=Count("pk"), people=Count("worker", distinct=True)
    )
    if (
        done["answers"] >= settings.FLOOR_MEASURE_SUBMISSIONS
        and done["people"] >= settings.FLOOR_MEASURE_WORKERS
    ):
        return True
    first = Task.objects.filter(batch=batch, is_gold=False, row_number__lte=batch.pilot_row)
    in_hand = Assignment.objects.filter(batch=batch, state=Assignment.State.CLAIMED, task__is_gold=False)
    return not first.filter(open_slots__gt=0).exists() and not in_hand.exists()


# --- opening the rest -------------------------------------------------------------------------------------------

# By the rows' unique index, from the last one that is open: what a piece costs does not grow with the batch. Rows whose
# price is not set aside yet are passed over, and open by themselves when it is.
_PIECE = """
WITH piece AS (
    SELECT t.id, t.row_number, t.funded AND NOT t.is_open AND NOT t.is_gold AND t.open_slots > 0 AS opens
    FROM tasks_task t WHERE t.batch_id = %(batch)s AND t.row_number > %(after)s
    ORDER BY t.row_number LIMIT %(most)s
), opened AS (
    UPDATE tasks_task t SET is_open = true FROM piece p WHERE t.id = p.id AND p.opens
)
SELECT max(row_number), count(*) FROM piece
"""


def _open_piece(batch: Batch, most: int) -> bool:
    """Open up to `most` rows more; whether all are open now. In a transaction that holds the batch row."""
    with connection.cursor() as cursor:
        cursor.execute(_PIECE, {"batch": batch.pk, "after": batch.pilot_row, "most": most})
        last, count = cursor.fetchone()
    if last is not None:
        batch.pilot_row = last
    if count < most:
        batch.pilot = Pilot.OVER
    batch.save(update_fields=["pilot", "pilot_row"])
    return batch.pilot == Pilot.OVER


def _open_rest(batch_id: int) -> int:
    """Open what is left of a batch whose pilot is over, in pieces. Returns how many pieces."""
    for count in range(1, MOST_PIECES + 1):
        with transaction.atomic():
            batch = _locked(batch_id)
            if batch.pilot != Pilot.OPENING or batch.state not in Batch.LIVE:
                return count - 1
            if _open_piece(batch, PIECE):
                return count
    return MOST_PIECES


def run() -> dict[str, int]:
    """Look at every pilot, and open what may be open. Figures for the job's log."""
    waiting = Batch.objects.filter(pilot__in=Batch.PILOTED, state__in=Batch.LIVE).order_by("pk")
    shut = list(waiting.filter(pilot__in=Batch.SHUT).values_list("pk", flat=True))
    opened = clockwork.each(shut, lambda number: int(look(batch_id=number)))
    pieces = clockwork.each(
        list(waiting.filter(pilot=Pilot.OPENING).values_list("pk", flat=True)), _open_rest
    )
    quiet = clockwork.each(shut, _tell_if_quiet)
    return {"pilots": len(shut), "opened": opened, "pieces": pieces, "quiet": quiet}


@transaction.atomic
def _tell_if_quiet(batch_id: int) -> int:
    """Tell the requester, once, that nobody comes, and what can be done about it."""
    batch = Batch.objects.get(pk=batch_id)
    if batch.state != Batch.State.PUBLISHED or batch.pilot != Pilot.RUNNING or not report(batch).quiet:
        return 0
    notices.tell_member(
        batch.created_by_id, "pilot_quiet", batch.public_id, organisation_id=batch.organisation_id,
        batch=batch.public_id, hours=settings.PILOT_QUIET_HOURS,
    )  # fmt: skip
    return 1


def _locked(batch_id: int) -> Batch:
    return Batch.objects.select_for_update(no_key=True, of=("self",)).get(pk=batch_id)


# --- what it shows ----------------------------------------------------------------------------------------------


def report(batch: Batch) -> Report:
    """The figures of a pilot that runs or waits for a price; of check questions only the answers count."""
    given = Assignment.objects.filter(batch=batch, worked_seconds__isnull=False)
    found = given.aggregate(
        answers=Count("pk"), people=Count("worker", distinct=True), last=Max("submitted_at")
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY worked_seconds) FROM tasks_assignment"
            " WHERE batch_id = %s AND worked_seconds IS NOT NULL",
            [batch.pk],
        )
        (middle,) = cursor.fetchone()
    median = None if middle is None else round(middle)
    tasks = Task.objects.filter(batch=batch, is_gold=False, row_number__lte=batch.pilot_row or 0)
    count = tasks.aggregate(tasks=Count("pk"))["tasks"]
    since = max(filter(None, [found["last"], batch.published_at]), default=None)
    return Report(
        tasks=count,
        slots=count * batch.overlap,
        answers=found["answers"],
        people=found["people"],
        median_seconds=median,
        hourly_micros=floor.hourly(batch.reward_micros, max(1, median or batch.seconds)),
        needed_micros=needed(batch),
        quiet=since is not None and clock.now() - since > dt.timedelta(hours=settings.PILOT_QUIET_HOURS),
    )
