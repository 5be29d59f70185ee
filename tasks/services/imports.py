"""Loading a file of rows into a batch (DESIGN §6.1): streamed, checked row by row, visible only when whole.

The upload is stored and looked at in the request; a job reads it. Rows go by COPY into a temporary table while
progress is committed beside them, then by one INSERT … SELECT into the batch: a crash leaves nothing behind but
a lease that runs out, and the sweep starts again. Rows stay closed and unfunded; publishing or `fund_rows` opens
them.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import IO, Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from marketplace.base import audit, clock, outbox, spreadsheet
from marketplace.base.models import User
from tasks.errors import IllegalMove, ImportRunning, NotADraft
from tasks.models import BadRow, Batch, Import, Task

from . import gold, media
from .loading import run, sweep
from .readers import FileRefused, Preview, open_reader, sniff
from .readers.records import rows_at
from .uploads import (
    BadMapping,
    ColumnsMissing,
    FileGone,
    NotNow,
    check_open,
    check_size,
    checked_mapping,
    columns_missing,
    needed_columns,
    opened,
    plain_name,
    preview,
    store,
    suggest,
    under_way,
)

__all__ = [
    "BadMapping",
    "ColumnsMissing",
    "FileGone",
    "FileRefused",
    "NotNow",
    "Preview",
    "bad_rows_csv",
    "cancel",
    "check_size",
    "clear",
    "go_on",
    "needed_columns",
    "preview",
    "remap",
    "run",
    "sniff",
    "start",
    "suggest",
    "sweep",
]


# --- taking a file ---------------------------------------------------------------------------------------


def start(
    *,
    batch: Batch,
    actor: User,
    upload: IO[bytes],
    filename: str,
    content_type: str = "",
    mapping: Mapping[str, str] | None = None,
    bad_rows: str = Import.BadRows.STOP,
    refuse_missing: bool = False,
) -> Import:
    """Store an upload, look at it, and queue the job that loads it.

    `mapping` is {column of the form: header of the file}; what it leaves out is matched by name. When columns
    are still missing the import waits in `needs_decision` for `remap`, or is refused with `refuse_missing`.
    Content decides the format; `content_type` and the end of `filename` do not. Must not be called inside a
    transaction that is held open: an upload may take minutes.

    Raises NotNow, BadForm, ImportRunning, FileTooBig, FileRefused and its kinds, BadMapping, ColumnsMissing.
    """
    check_open(batch)
    needed = needed_columns(batch)
    if under_way(batch):
        raise ImportRunning
    path, size = store(upload)
    try:
        with path.open("rb") as file:
            seen = sniff(file)
        chosen = checked_mapping(seen.headers, needed, mapping or {})
        missing = [column for column in needed if column not in chosen]
        if missing and refuse_missing:
            raise columns_missing(missing)
        source = Import(
            batch=batch,
            created_by=actor,
            state=Import.State.NEEDS_DECISION if missing else Import.State.QUEUED,
            path=str(path.relative_to(settings.MEDIA_ROOT)),
            filename=plain_name(filename),
            format=seen.format,
            size=size,
            mapping=chosen,
            bad_rows=Import.BadRows(bad_rows),
            created_at=clock.now(),
        )
        _create(source, actor, missing)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return source


def _create(source: Import, actor: User, missing: list[str]) -> None:
    """Write the row, and the promise of the job or the columns to decide about. Raises ImportRunning."""
    try:
        with transaction.atomic():
            source.save()
            if missing:
                wrong = columns_missing(missing).fields
                BadRow.objects.bulk_create(
                    BadRow(source=source, row=0, column=column, reason=wrong[column][0]) for column in missing
                )
            else:
                outbox.emit("import.run", source.public_id, import_id=source.pk)
            audit.record(
                "tasks:import:start", source.public_id, actor=actor, organisation_id=source.batch.organisation_id,
                batch=source.batch.public_id, size=source.size,
            )  # fmt: skip
    except IntegrityError as error:
        if "import_one_at_a_time" not in str(error):
            raise
        raise ImportRunning from None


# --- decisions -------------------------------------------------------------------------------------------


def remap(*, source: Import, actor: User, mapping: Mapping[str, str]) -> Import:
    """Choose anew which column of the file is which, and queue the import again.

    Raises BadMapping, ColumnsMissing, IllegalMove, ImportRunning, NotNow, FileGone, FileRefused.
    """
    check_open(source.batch)
    needed = needed_columns(source.batch)
    chosen = checked_mapping(preview(source).headers, needed, mapping)
    missing = [column for column in needed if column not in chosen]
    if missing:
        raise columns_missing(missing)
    return _requeue(source, actor, "remap", mapping=chosen)


def go_on(*, source: Import, actor: User) -> Import:
    """Leave the bad rows out and load the others. Raises IllegalMove, ColumnsMissing, ImportRunning, NotNow."""
    check_open(source.batch)
    missing = [column for column in needed_columns(source.batch) if column not in source.mapping]
    if missing:
        raise columns_missing(missing)
    return _requeue(source, actor, "skip", bad_rows=Import.BadRows.SKIP)


@transaction.atomic
def cancel(*, source: Import, actor: User) -> Import:
    """Give up an import that has not begun, or waits for a decision or for money; its rows go.

    Raises IllegalMove. Locks the batch row first, as funding does.
    """
    Batch.objects.select_for_update(no_key=True, of=("self",)).get(pk=source.batch_id)
    givable = [state for state, targets in Import.MOVES.items() if Import.State.CANCELLED in targets]
    givable.remove(Import.State.DONE)  # its rows are in the batch: `clear` takes them out
    if not Import.objects.filter(pk=source.pk, state__in=givable).update(
        state=Import.State.CANCELLED, finished_at=clock.now(), lease_until=None
    ):
        raise _illegal(source)
    Task.objects.filter(source=source, funded=False).delete()  # closed and unfunded: nobody has seen them
    media.promise(source.batch)
    _audit(source, actor, "cancel")
    source.refresh_from_db()
    return source


@transaction.atomic
def clear(*, batch: Batch, actor: User) -> int:
    """Take all rows out of a draft, so that another file can define its columns. Returns how many.

    Raises NotADraft, ImportRunning. Locks the batch row.
    """
    batch = Batch.objects.select_for_update(no_key=True, of=("self",)).get(pk=batch.pk)
    if batch.state != Batch.State.DRAFT:
        raise NotADraft
    if under_way(batch):
        raise ImportRunning
    gold.forget(batch.tasks.all())
    count = Task.objects.filter(batch=batch)._raw_delete(Task.objects.db)  # a draft's rows have no dependants
    Import.objects.filter(batch=batch, state=Import.State.DONE).update(state=Import.State.CANCELLED)
    Batch.objects.filter(pk=batch.pk).update(columns=[], updated_at=clock.now())
    media.promise(batch)
    audit.record("tasks:batch:clear", batch.public_id, actor=actor, organisation_id=batch.organisation_id)
    return int(count)


def _requeue(source: Import, actor: User, tag: str, **changes: Any) -> Import:
    """needs_decision (or queued, not begun) → queued, with `changes`. Raises IllegalMove, ImportRunning."""
    waiting = [Import.State.NEEDS_DECISION, Import.State.QUEUED]
    try:
        with transaction.atomic():
            changed = Import.objects.filter(pk=source.pk, state__in=waiting).update(
                state=Import.State.QUEUED, done=0, total=None, good=0, bad=0, **changes
            )
            if not changed:
                raise _illegal(source)
            source.bad_row_set.all().delete()
            outbox.emit(
                "import.run", f"{source.public_id}:{tag}:{clock.now().isoformat()}", import_id=source.pk
            )
            _audit(source, actor, tag)
    except IntegrityError as error:
        if "import_one_at_a_time" not in str(error):
            raise
        raise ImportRunning from None
    source.refresh_from_db()
    return source


def _illegal(source: Import) -> IllegalMove:
    source.refresh_from_db()
    return IllegalMove(state=source.get_state_display())


def _audit(source: Import, actor: User | None, action: str, **data: Any) -> None:
    organisation = source.batch.organisation_id
    audit.record(
        f"tasks:import:{action}", source.public_id, actor=actor, organisation_id=organisation, **data
    )


# --- bad rows ----------------------------------------------------------------------------------------------


def bad_rows_csv(source: Import) -> Iterator[bytes]:
    """The bad rows that were kept, as CSV: row, column, reason, then the original cells while the file is there."""
    kept = list(source.bad_row_set.all())
    headers, cells = _original(source, {bad.row for bad in kept})
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    writer.writerow([_("row"), _("column"), _("reason"), *map(spreadsheet.safe, headers)])
    for bad in kept:
        row = [bad.row, bad.column, bad.reason, *cells.get(bad.row, [])]
        writer.writerow([spreadsheet.safe(cell) for cell in row])
        yield buffer.getvalue().encode("utf-8", "replace")
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue().encode("utf-8", "replace")


def _original(source: Import, numbers: set[int]) -> tuple[list[str], dict[int, list[str]]]:
    """Headers and cells of these rows; nothing when the file is gone."""
    if not source.path or numbers <= {0}:
        return [], {}
    try:
        with opened(source) as file:
            _format, reader = open_reader(file)
            return reader.headers, dict(rows_at(reader, numbers))
    except (FileGone, FileRefused):
        return [], {}
