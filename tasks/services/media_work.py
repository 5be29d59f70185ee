"""The job that makes media ready: fetches or finds the file, has it made harmless, stores what browsers get.

A few at a time, each in a thread of its own: fetching waits for others, and making happens in child processes. Rows
are taken under a lease, which is renewed while they are worked on and is the token of every later write: a job that
is killed loses nothing, one that was overtaken writes nothing.
"""

import datetime as dt
import logging
import shutil
import tempfile
import time
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext as _

from marketplace.base import clock
from marketplace.base.errors import Refusal
from tasks.media import fetching, making, shelf
from tasks.media.errors import MediaRefused
from tasks.models import Medium

from . import media_uploads

log = logging.getLogger(__name__)

AT_ONCE = 4
LEASE = dt.timedelta(minutes=2)
RENEW_SECONDS = 20.0
FETCH_SECONDS = 60.0
MOST_ATTEMPTS = 3
PAUSES = (dt.timedelta(seconds=15), dt.timedelta(seconds=90))  # after the first and the second attempt
# What may be otherwise a minute later; of what a server answered, only what it says of itself (5xx, 429).
PASSING = frozenset({"no_such_host", "no_answer", "too_slow", "cut_off", "bad_answer"})


@dataclass
class _Job:
    """One medium in hand: its lease, and the file of the requester when it is no address."""

    row: Medium
    lease: dt.datetime
    original: Path | None = None


@dataclass(frozen=True)
class _Stored:
    """What was made of a file and lies in the storage."""

    kind: str
    meta: dict[str, Any] = field(default_factory=dict)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)


def work(*, seconds: float = 8.0) -> dict[str, int]:
    """Make media ready until none is due or `seconds` have passed; figures {ready, failed, later}.

    Several may run at once. Must not be inside a transaction. The turn is short, so that the other jobs of the worker
    get theirs; a long film takes as long as it takes.
    """
    figures = {"ready": 0, "failed": 0, "later": sweep()}
    end = time.monotonic() + seconds
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="media") as threads:
        while time.monotonic() < end and (jobs := take()):
            for word in _carry_out(jobs, threads):
                figures[word] += 1
    return figures


@transaction.atomic
def take() -> list[_Job]:
    """Up to AT_ONCE due media, leased and counted as an attempt; what others hold is skipped.

    One that was tried before comes alone: should it fell its process, it takes no other with it.
    """
    now = clock.now()
    due = Medium.objects.filter(state=Medium.State.WAITING, due_at__lte=now).order_by("due_at", "pk")
    locked = due.select_for_update(skip_locked=True, of=("self",)).select_related("batch__created_by")
    rows = list(locked.filter(attempts=0)[:AT_ONCE]) or list(locked[:1])
    lease = now + LEASE
    Medium.objects.filter(pk__in=[row.pk for row in rows]).update(
        state=Medium.State.WORKING, lease_until=lease, attempts=F("attempts") + 1
    )
    for row in rows:
        row.attempts += 1
    return [_Job(row, lease) for row in rows]


def _carry_out(jobs: list[_Job], threads: ThreadPoolExecutor) -> list[str]:
    """Work on all of them; what became of each."""
    said: list[str] = []
    running: dict[Future[_Stored], _Job] = {}
    for job in jobs:
        with translation.override(job.row.batch.created_by.locale):
            try:
                running[threads.submit(_stored, _with_original(job))] = job
            except Refusal as refused:
                said.append(_fail(job, refused.message))
    while running:
        done, _pending = wait(running, timeout=RENEW_SECONDS, return_when="FIRST_COMPLETED")
        said += [_settle(running.pop(future), future) for future in done]
        for job in running.values():
            _renew(job)
    return said


def _with_original(job: _Job) -> _Job:
    """Find the file that the cell names. Raises NoSuchFile, SeveralFiles."""
    if not _is_address(job.row.source):
        job.original = media_uploads.path_of(media_uploads.find(job.row.batch, job.row.source))
    return job


def _is_address(source: str) -> bool:
    return "://" in source


def _stored(job: _Job) -> _Stored:
    """Fetch, make, store: in a thread, without the database. Raises MediaRefused, OSError."""
    place = Path(settings.MEDIA_ROOT) / "making"
    place.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=place) as folder:
        original = job.original or _fetched(job.row.source, Path(folder) / "original")
        made_in = Path(folder) / "made"
        made_in.mkdir()
        made = making.make(original, made_in)
        files = {}
        for size, name in made.files.items():
            key = f"{shelf.folder(job.row.batch.public_id)}/{job.row.key}/{name}"
            files[size] = {"name": shelf.put(key, made_in / name), "bytes": (made_in / name).stat().st_size}
    figures = {"width": made.width, "height": made.height, "seconds": made.seconds, "pages": made.pages}
    return _Stored(made.kind, {name: value for name, value in figures.items() if value}, files)


def _fetched(url: str, into: Path) -> Path:
    fetching.fetch(url, into, most_bytes=settings.MEDIA_MAX_FILE_BYTES, seconds=FETCH_SECONDS)
    return into


# --- what became of it ------------------------------------------------------------------------------------------


def _settle(job: _Job, future: "Future[_Stored]") -> str:
    with translation.override(job.row.batch.created_by.locale):
        try:
            stored = future.result()
        except MediaRefused as refused:
            if _may_pass(refused) and job.row.attempts < MOST_ATTEMPTS:
                return _later(job)
            return _fail(job, refused.message)
        except Exception as error:  # our disk, our storage: not the fault of the file
            log.error("medium_failed", extra={"medium": job.row.public_id, "error": type(error).__name__})
            return _later(job) if job.row.attempts < MOST_ATTEMPTS else _fail(job, _gave_up())
    return _ready(job, stored)


def _may_pass(refused: MediaRefused) -> bool:
    status = str(refused.params.get("status", ""))
    return refused.code in PASSING or status == "429" or (len(status) == 3 and status.startswith("5"))


def _gave_up() -> str:
    return _("Making this ready failed several times. Try again later, or send another file.")


def _ready(job: _Job, stored: _Stored) -> str:
    total = sum(each["bytes"] for each in stored.files.values())
    now = clock.now()
    if not _move(
        job, state=Medium.State.READY, kind=stored.kind, meta=stored.meta, files=stored.files, bytes=total,
        finished_at=now,
    ):  # fmt: skip
        if not Medium.objects.filter(pk=job.row.pk).exists():  # its rows went meanwhile
            shelf.remove(each["name"] for each in stored.files.values())
        return "later"
    return "ready"


def _fail(job: _Job, sentence: str) -> str:
    _move(job, state=Medium.State.FAILED, failure=sentence, finished_at=clock.now())
    return "failed"


def _later(job: _Job) -> str:
    pause = PAUSES[min(job.row.attempts, len(PAUSES)) - 1]
    _move(job, state=Medium.State.WAITING, due_at=clock.now() + pause)
    return "later"


def _move(job: _Job, **changes: Any) -> int:
    """Write to the row that this job holds; 0 when somebody else has it by now."""
    return _held(job).update(lease_until=None, **changes)


def _renew(job: _Job) -> None:
    lease = clock.now() + LEASE
    if _held(job).update(lease_until=lease):
        job.lease = lease


def _held(job: _Job) -> Any:
    return Medium.objects.filter(pk=job.row.pk, state=Medium.State.WORKING, lease_until=job.lease)


# --- what was left lying ------------------------------------------------------------------------------------------


def sweep() -> int:
    """Give media back whose job died, or give them up after too many attempts. Returns how many."""
    now = clock.now()
    count = 0
    with transaction.atomic():
        lapsed = Medium.objects.filter(state=Medium.State.WORKING, lease_until__lte=now)
        for row in lapsed.select_for_update(skip_locked=True, of=("self",)).select_related(
            "batch__created_by"
        )[:1000]:
            with translation.override(row.batch.created_by.locale):
                job = _Job(row, row.lease_until or now)
                _later(job) if row.attempts < MOST_ATTEMPTS else _fail(job, _gave_up())
            count += 1
    return count


def forget_scraps() -> int:
    """Remove what killed jobs left behind, a day later. Returns how many folders."""
    place = Path(settings.MEDIA_ROOT) / "making"
    old = (
        [each for each in place.iterdir() if time.time() - each.stat().st_mtime > 86_400]
        if place.is_dir()
        else []
    )
    for each in old:
        shutil.rmtree(each, ignore_errors=True)
    return len(old)
