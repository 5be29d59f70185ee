"""Enough for everybody, and nobody stuck on one thing: shares of a batch, and runs that end (charter C4).

One worker does at most SHARE_PERCENT of a batch, and SHARE_LEAST tasks of it in any case; after RUN_TASKS tasks or
RUN_MINUTES of one batch in a row another batch, or a rest of RUN_REST_MINUTES, comes first. A small batch, and
a market of few people, need none of it: there it would only keep work from being done. The rule itself is kept by the
claim (`tasks_turn` in tasks/sql/claims.sql); this module says for which batches, and in what words.
"""

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db import connection, transaction

from marketplace.base import clock, formats
from marketplace.base.errors import Refusal
from tasks.errors import FirstRunShared, Resting, ShareReached
from tasks.models import Assignment, Batch, Share

ACTIVE_FOR = dt.timedelta(days=30)  # who claimed something since then is an active worker

# The latest task of each worker, by the index of their history: nothing that grows with what they did.
_ACTIVE = """
SELECT count(*) FROM workers_workerprofile p
WHERE (SELECT a.claimed_at FROM tasks_assignment a WHERE a.worker_id = p.user_id ORDER BY a.id DESC LIMIT 1) > %s
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one run of `refresh` found and did."""

    active_workers: int
    on: int  # live batches under rotation now
    changed: int

    def as_dict(self) -> dict[str, int]:
        return {"active_workers": self.active_workers, "on": self.on, "changed": self.changed}


def active_workers() -> int:
    """How many people claimed a task in the last thirty days."""
    with connection.cursor() as cursor:
        cursor.execute(_ACTIVE, [clock.now() - ACTIVE_FOR])
        return int(cursor.fetchone()[0])


def terms(slots: int, active: int) -> list[int] | None:
    """What `Batch.rotation` is to be for a batch of so many answers, None for no rotation."""
    if (
        not settings.ROTATION
        or active < settings.ROTATION_LEAST_WORKERS
        or slots < settings.ROTATION_LEAST_SLOTS
    ):
        return None
    return [_share(slots), settings.RUN_TASKS, settings.RUN_MINUTES * 60, settings.RUN_REST_MINUTES * 60]


def _share(slots: int) -> int:
    """How many tasks of a batch of so many answers one person may do."""
    return max(settings.SHARE_LEAST, -(-slots * settings.SHARE_PERCENT // 100))


def refresh() -> Figures:
    """Turn rotation on or off for the live batches, as their size and the number of workers say now."""
    active = active_workers()
    live = Batch.objects.filter(state__in=Batch.LIVE, role=Batch.Role.WORK, figures__isnull=False)
    live = live.select_related("figures")
    on = changed = 0
    for batch in live.only("rotation", "pilot", "overlap", "figures__slots").order_by("pk"):
        wanted = _wanted(batch, active)
        on += wanted is not None
        if wanted != batch.rotation:
            _set(batch, wanted)
            changed += 1
    return Figures(active, on, changed)


def _wanted(batch: Batch, active: int) -> list[int] | None:
    """The terms of a batch; while its pilot runs, of so few tasks each that several people measure it (charter W2)."""
    found = terms(batch.figures.slots, active)
    if found is None or batch.pilot != Batch.Pilot.RUNNING:
        return found
    return [_share_of_pilot(batch), *found[1:]]


def _share_of_pilot(batch: Batch) -> int:
    """So few tasks of a running pilot that it takes as many people as the floor is measured by."""
    slots = settings.PILOT_TASKS * batch.overlap
    return min(settings.PILOT_TASKS, math.ceil(slots / settings.FLOOR_MEASURE_WORKERS))


def widen(batch: Batch) -> None:
    """The pilot of a batch is over: the share of the whole takes the place of the pilot's, where shares hold.

    In the transaction that ends it, which holds the batch's row: who did their part of the pilot goes on at once,
    and not only after the next `refresh`.
    """
    if batch.rotation is None:
        return
    batch.rotation = [_share(batch.figures.slots), *batch.rotation[1:]]
    batch.save(update_fields=["rotation"])


# What was taken while nobody counted. Tasks that came back are as if they had never been taken.
_COUNT = """
INSERT INTO tasks_share AS s (batch_id, worker_id, taken, run_tasks, run_from)
SELECT a.batch_id, a.worker_id, count(*), 0, %(now)s FROM tasks_assignment a
WHERE a.batch_id = %(batch)s AND a.state NOT IN ('released', 'expired', 'compensated')
GROUP BY a.batch_id, a.worker_id ORDER BY a.worker_id
ON CONFLICT (batch_id, worker_id) DO UPDATE SET taken = EXCLUDED.taken, run_tasks = 0, run_from = EXCLUDED.run_from
"""


@transaction.atomic
def _set(batch: Batch, rotation: list[int] | None) -> None:
    """Unless its pilot has moved on since it was looked at: what was right for that one is not for the next."""
    changed = Batch.objects.filter(pk=batch.pk, pilot=batch.pilot).update(rotation=rotation)
    if changed and batch.rotation is None and rotation is not None:
        with connection.cursor() as cursor:
            cursor.execute(_COUNT, {"batch": batch.pk, "now": clock.now()})


def refusals(user_id: int, batches: Iterable[Batch]) -> dict[int, Refusal]:
    """Why it is not this worker's turn, by number of the batch, of those that a claim would refuse for it now.

    One query, and none where no batch is under rotation.
    """
    turning = {batch.pk: batch for batch in batches if batch.rotation}
    if not turning:
        return {}
    shares = list(Share.objects.filter(worker_id=user_id, batch__in=turning))
    if not shares:
        return {}
    # A task given back is as if it had never been taken (charter C7): it ends no run and no rest.
    taken = Assignment.objects.filter(worker_id=user_id).exclude(state=Assignment.State.RELEASED)
    last = taken.order_by("-pk").first()
    return {
        share.batch_id: found
        for share in shares
        if (found := _refusal(share, turning[share.batch_id], last)) is not None
    }


def _refusal(share: Share, batch: Batch, last: Assignment | None) -> Refusal | None:
    """As `tasks_turn` decides, with the moment when it is over."""
    most, tasks, seconds, rest = batch.rotation or (0, 0, 0, 0)
    now = clock.now()
    if share.taken >= most:
        return share_reached(batch)
    if last is None or last.batch_id != share.batch_id:
        return None
    over = (last.submitted_at or last.ended_at or now) + dt.timedelta(seconds=rest)
    if over <= now or (share.run_tasks < tasks and now < share.run_from + dt.timedelta(seconds=seconds)):
        return None
    return resting()


def share_reached(batch: Batch) -> ShareReached:
    """The refusal of somebody who has done their share of a batch, or of its pilot."""
    kind = FirstRunShared if batch.pilot == Batch.Pilot.RUNNING else ShareReached
    return kind(most=formats.number((batch.rotation or [0])[0]))


def resting() -> Resting:
    """The refusal of a run that is over."""
    return Resting(
        tasks=formats.number(settings.RUN_TASKS),
        time=formats.duration(settings.RUN_MINUTES * 60),
        rest=formats.duration(settings.RUN_REST_MINUTES * 60),
    )
