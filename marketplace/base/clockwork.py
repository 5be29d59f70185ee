"""Jobs that run by the clock: one run per slot of time, whoever rings, and by hand whenever a person likes.

Beat may ring twice, late, or from two machines; the unique pair (name, slot) lets one run through, and an
advisory lock keeps a slow run from being overtaken by the next one. A job is found again from rows, so a
run that was lost is made up for by the next.
"""

import datetime as dt
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from celery import shared_task
from celery.exceptions import SoftTimeLimitExceeded
from django.db import IntegrityError, connection, transaction

from . import clock
from .models import JobRun

log = logging.getLogger(__name__)

Job = Callable[[], Any]
Item = TypeVar("Item")


def job(name: str, *, every_seconds: int) -> Callable[[Job], Any]:
    """Make a function a clockwork job, called `name`, meant to run once in each `every_seconds`.

    The function takes nothing and returns a figure or a dict of figures, kept with the run.
    """

    def decorate(function: Job) -> Any:
        @shared_task(name=f"clockwork.{name}")
        def run() -> Any:
            return run_slot(name, function, every_seconds)

        run.by_hand = lambda: run_slot(name, function, None)
        return run

    return decorate


def run_slot(name: str, function: Job, every_seconds: int | None) -> Any:
    """Run a job in the present slot unless it ran there already; without a length of slots, run it now."""
    now = clock.now()
    slot = now
    if every_seconds:
        slot = dt.datetime.fromtimestamp(now.timestamp() // every_seconds * every_seconds, dt.UTC)
    try:
        with transaction.atomic():
            run = JobRun.objects.create(name=name, slot=slot, started_at=now)
    except IntegrityError:
        return None  # another beat was first
    started = time.monotonic()
    with alone(name) as ours:
        if not ours:
            JobRun.objects.filter(pk=run.pk).update(figures={"skipped": "the run before is still busy"})
            return None
        figures = function()
    kept = figures if isinstance(figures, dict) else {"count": figures}
    JobRun.objects.filter(pk=run.pk).update(
        finished_at=clock.now(), figures=kept | {"seconds": round(time.monotonic() - started, 3)}
    )
    if figures:
        log.info(
            "job_done", extra={"job": name, **{key: value for key, value in kept.items() if key != "name"}}
        )
    return figures


def each(items: Iterable[Item], act: Callable[[Item], int]) -> int:
    """Call `act` with every item; the sum of what it returns.

    An item that fails keeps no other waiting: the first failure is raised when all have had their turn.
    """
    total, failure = 0, None
    for item in items:
        try:
            total += act(item)
        except SoftTimeLimitExceeded:
            raise
        except Exception as error:
            log.exception("job_item_failed", extra={"error": type(error).__name__})
            failure = failure or error
    if failure:
        raise failure
    return total


@contextmanager
def alone(name: str) -> Iterator[bool]:
    """Whether this is the only process that does `name` now; nobody else can until the end of the block."""
    ours = _lock(name)
    try:
        yield ours
    finally:
        if ours:
            _unlock(name)


def forget(*, older_than_days: int = 7) -> int:
    """Delete the records of runs that nobody will ask for any more. Returns how many."""
    before = clock.now() - dt.timedelta(days=older_than_days)
    return JobRun.objects.filter(slot__lt=before).delete()[0]


def _lock(name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [f"job:{name}"])
        return bool(cursor.fetchone()[0])


def _unlock(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [f"job:{name}"])
