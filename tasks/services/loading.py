"""The job behind an import: reads the stored file and puts its rows into the batch, all of them or none.

A row of `Import` is taken by compare-and-swap and held under a lease, whose moment is also the token that every
later write checks. Rows are copied into a temporary table in shares of half a second; between two shares the
progress is committed. The last transaction moves them into the batch. PostgreSQL connections must keep their
session between transactions (no transaction pooling), or the temporary table is lost.
"""

import datetime as dt
import logging
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import translation

from marketplace.base import audit, clock, outbox
from marketplace.base.errors import Lost, Refusal
from marketplace.base.models import OutboxEvent
from tasks.forms import compile_form
from tasks.models import BadRow, Batch, Import

from . import media
from .readers import open_reader
from .readers.records import Records, Share
from .uploads import check_open, columns_missing, needed_columns, opened

log = logging.getLogger(__name__)

LEASE = dt.timedelta(minutes=5)  # renewed twice a second while rows are read; covers the last INSERT
STEP_SECONDS = 0.5  # between two commits of the progress
MOST_STARTS = 4  # a file that fells its job this often is given up
FORGOTTEN = dt.timedelta(days=30)  # an undecided import is given up
STUCK = dt.timedelta(minutes=10)  # a queued import that nobody took is promised again

CREATE_STAGING = "CREATE TEMPORARY TABLE tasks_import_rows (row_number integer NOT NULL, data jsonb NOT NULL)"
DROP_STAGING = "DROP TABLE IF EXISTS pg_temp.tasks_import_rows"
COPY = "COPY pg_temp.tasks_import_rows (row_number, data) FROM STDIN"
INSERT = """
    INSERT INTO tasks_task
        (batch_id, source_id, row_number, key, overlap, open_slots, is_open, funded, data)
    SELECT %(batch)s, %(source)s, %(after)s + row_number, random(-2147483648, 2147483647),
           %(overlap)s, %(overlap)s, false, false, data
    FROM pg_temp.tasks_import_rows
"""


class _Loading:
    """One run over one import: what is held, and how far it is."""

    def __init__(self, source: Import, lease: dt.datetime) -> None:
        self.source = source
        self.lease = lease

    def move(self, **changes: Any) -> None:
        """Write to the row that this run holds. Raises Lost when somebody else has it by now."""
        held = Import.objects.filter(pk=self.source.pk, state=Import.State.RUNNING, lease_until=self.lease)
        if not held.update(**changes):
            raise Lost
        self.lease = changes.get("lease_until", self.lease)

    def end(self, state: str, **changes: Any) -> None:
        """Move on from running; `done`, `total`, `good` and `bad` come with the changes."""
        ended = None if state == Import.State.NEEDS_DECISION else clock.now()
        self.move(state=state, lease_until=None, finished_at=ended, **changes)


def run(import_id: int) -> None:
    """Load a queued import. Does nothing for one in another state: running a job twice changes nothing.

    Ends in done, needs_funds, needs_decision or failed. What it did not expect is raised after the lease has
    been given back, so that the sweep starts the import again. Commits as it goes: call it outside a
    transaction.
    """
    now = clock.now()
    lease = now + LEASE
    taken = Import.objects.filter(pk=import_id, state=Import.State.QUEUED).update(
        state=Import.State.RUNNING, lease_until=lease, done=0, total=None, good=0, bad=0
    )
    if not taken:
        return
    source = Import.objects.select_related("batch", "created_by").get(pk=import_id)
    loading = _Loading(source, lease)
    with translation.override(source.created_by.locale):
        try:
            _load(loading)
        except Lost:
            log.warning("import_lease_lost", extra={"import": source.public_id})
        except Refusal as refused:
            with transaction.atomic():
                loading.end(Import.State.FAILED, failure=refused.message)
        except Exception:
            held = Import.objects.filter(pk=source.pk, state=Import.State.RUNNING, lease_until=loading.lease)
            held.update(lease_until=clock.now())
            raise


def _load(loading: _Loading) -> None:
    """Read, stage, insert. Raises Refusal when the file as a whole can't be used, Lost when the lease is."""
    source = loading.source
    batch = source.batch
    check_open(batch)
    form, needed = compile_form(batch.form), needed_columns(batch)
    with opened(source) as file, connection.cursor() as cursor:
        _format, reader = open_reader(file)
        records = Records(
            reader,
            mapping=source.mapping,
            needed=needed,
            checks=form.checks(),
            stop_at_bad=source.bad_rows == Import.BadRows.STOP,
        )
        missing = [column for column in needed if column not in records.columns]
        if missing:
            raise columns_missing(missing)
        cursor.execute(DROP_STAGING)
        cursor.execute(CREATE_STAGING)
        try:
            _stage(loading, cursor, records, reader)
            _settle(loading, cursor, records)
        finally:
            if not connection.needs_rollback:
                cursor.execute(DROP_STAGING)


def _stage(loading: _Loading, cursor: Any, records: Records, reader: Any) -> None:
    """Copy the rows into the temporary table, with a commit of the progress every half second."""
    pieces = records.pieces()
    exhausted = False
    while not exhausted:
        share = Share(pieces, STEP_SECONDS)
        cursor.copy_expert(COPY, share)
        if share.error:
            raise share.error
        exhausted = share.exhausted
        position = reader.position()
        estimate = int(records.read / position) if position > 0 else None
        loading.move(
            done=records.read,
            total=records.read if exhausted else estimate,
            good=records.good,
            bad=records.bad_count,
            lease_until=clock.now() + LEASE,
        )


@transaction.atomic
def _settle(loading: _Loading, cursor: Any, records: Records) -> None:
    """Put the staged rows into the batch, or leave them for a decision. Locks the batch row first."""
    source = loading.source
    batch = Batch.objects.select_for_update(no_key=True, of=("self",)).get(pk=source.batch_id)
    counts = {"done": records.read, "total": records.read, "good": records.good, "bad": records.bad_count}
    source.bad_row_set.all().delete()
    BadRow.objects.bulk_create(BadRow(source=source, **bad._asdict()) for bad in records.bad)
    if records.bad_count and source.bad_rows == Import.BadRows.STOP:
        loading.end(Import.State.NEEDS_DECISION, **counts)
        return
    if not records.good:
        sentence = translation.gettext("Not one row of this file can be used. The list says why for each.")
        loading.end(Import.State.FAILED, failure=sentence, **counts)
        return
    check_open(batch)
    live = batch.state in Batch.LIVE
    loading.end(Import.State.NEEDS_FUNDS if live else Import.State.DONE, **counts)
    cursor.execute("SELECT coalesce(max(row_number), 0) FROM tasks_task WHERE batch_id = %s", [batch.pk])
    (after,) = cursor.fetchone()
    cursor.execute(INSERT, {"batch": batch.pk, "source": source.pk, "after": after, "overlap": batch.overlap})
    new = [column for column in records.columns if column not in batch.columns]
    if new:
        Batch.objects.filter(pk=batch.pk).update(columns=[*batch.columns, *new])
    media.promise(batch)
    if live:
        outbox.emit("import.loaded", source.public_id, import_id=source.pk)
    audit.record(
        "tasks:import:load", source.public_id, actor=None, organisation_id=batch.organisation_id,
        batch=batch.public_id, rows=records.good, left_out=records.bad_count,
    )  # fmt: skip


# --- what was left lying ---------------------------------------------------------------------------------


def sweep() -> int:
    """Queue imports again whose job died or was never rung for, and give up undecided ones. Returns how many."""
    now = clock.now()
    moved = sum(_restart(source, now) for source in _overdue(now))
    for source in Import.objects.filter(state=Import.State.QUEUED, created_at__lt=now - STUCK)[:100]:
        slot = int(now.timestamp() // STUCK.total_seconds())
        with transaction.atomic():
            outbox.emit("import.run", f"{source.public_id}:slot:{slot}", import_id=source.pk)
    moved += Import.objects.filter(state=Import.State.NEEDS_DECISION, created_at__lt=now - FORGOTTEN).update(
        state=Import.State.CANCELLED, finished_at=now
    )
    return moved + _forget_orphans()


def _overdue(now: dt.datetime) -> list[Import]:
    """Running imports whose lease ran out. One whose last transaction is under way is locked, and left alone."""
    with transaction.atomic():
        rows = Import.objects.select_for_update(no_key=True, skip_locked=True, of=("self",))
        return list(rows.filter(state=Import.State.RUNNING, lease_until__lte=now).order_by("pk")[:100])


@transaction.atomic
def _restart(source: Import, now: dt.datetime) -> int:
    """Back to queued, or to failed after too many starts; 0 when somebody else was first."""
    starts = OutboxEvent.objects.filter(
        kind="import.run", key__startswith=f"import.run:{source.public_id}:again:"
    )
    held = Import.objects.filter(pk=source.pk, state=Import.State.RUNNING, lease_until=source.lease_until)
    if starts.count() + 1 >= MOST_STARTS:
        with translation.override(source.created_by.locale):
            sentence = translation.gettext(
                "Reading this file failed several times. Split it into smaller parts, or save it as CSV."
            )
        return held.update(state=Import.State.FAILED, failure=sentence, lease_until=None, finished_at=now)
    changed = held.update(state=Import.State.QUEUED, lease_until=None, done=0, total=None, good=0, bad=0)
    if changed:
        outbox.emit("import.run", f"{source.public_id}:again:{now.isoformat()}", import_id=source.pk)
    return changed


def _forget_orphans() -> int:
    """Remove stored files that no import names, a day after they were written (a crash in between)."""
    folder = Path(settings.MEDIA_ROOT) / "imports"
    if not folder.is_dir():
        return 0
    old = [path for path in folder.iterdir() if time.time() - path.stat().st_mtime > 86_400]
    named = set(
        Import.objects.filter(path__in=[f"imports/{path.name}" for path in old]).values_list(
            "path", flat=True
        )
    )
    gone = [path for path in old if f"imports/{path.name}" not in named]
    for path in gone:
        path.unlink(missing_ok=True)
    return len(gone)
