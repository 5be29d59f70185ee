"""The media of a batch: which files its rows name, how far they are, and what to do about those that failed.

Which columns name files follows from the form. `collect` makes a row of `Medium` for each distinct cell; the job in
`media_work` makes them ready; publishing and funding wait for all of them (docs/adr/0028).
"""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.db import connection, transaction
from django.db.models import Count, F
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from marketplace.base import audit, clock, ids, outbox, spreadsheet
from marketplace.base.models import User
from tasks.errors import MediaNotReady
from tasks.media import shelf
from tasks.models import Batch, Import, Medium, SentFile, Task
from tasks.rows import EXAMPLE

from . import media_uploads, media_uses
from .media_uses import WHITE
from .uploads import check_open

ROWS_SHOWN = 10  # row numbers listed with one failed medium

# Each distinct cell that names a file, but for the examples that came with us and need no making.
NAMED = """
    SELECT DISTINCT btrim(t.data ->> c.name, %(white)s) AS cell
    FROM tasks_task t CROSS JOIN unnest(%(columns)s::text[]) AS c(name)
    WHERE t.batch_id = %(batch)s AND (%(source)s::bigint IS NULL OR t.source_id = %(source)s)
        AND btrim(t.data ->> c.name, %(white)s) <> ALL (%(examples)s)
"""
INSERT = f"""
    INSERT INTO tasks_medium (batch_id, key, source, base, state, failure, kind, meta, files, bytes, attempts, due_at,
        created_at)
    SELECT %(batch)s, left(encode(sha256(convert_to(cell, 'UTF8')), 'hex'), 32), cell, '', 'waiting', '', '', '{{}}',
        '{{}}', 0, 0, %(now)s, %(now)s
    FROM ({NAMED}) named WHERE cell <> ''
    ON CONFLICT (batch_id, key) DO NOTHING
"""  # noqa: S608 - put together from constants
PRUNE = f"""
    DELETE FROM tasks_medium m WHERE m.batch_id = %(batch)s
        AND NOT EXISTS (SELECT 1 FROM ({NAMED}) named WHERE named.cell = m.source)
    RETURNING m.files::text
"""  # noqa: S608
NOT_READY = f"""
    SELECT count(*) FROM ({NAMED}) named
    LEFT JOIN tasks_medium m ON m.batch_id = %(batch)s AND m.source = named.cell AND m.state = 'ready'
    WHERE named.cell <> '' AND m.id IS NULL
"""  # noqa: S608
LEAVE_OUT = """
    WITH gone AS (
        DELETE FROM tasks_task WHERE id IN (
            SELECT t.id FROM tasks_task t CROSS JOIN unnest(%(columns)s::text[]) AS c(name)
            JOIN tasks_medium m ON m.batch_id = t.batch_id AND m.source = btrim(t.data ->> c.name, %(white)s)
                AND (m.state = 'failed' OR (m.source, c.name) IN (
                    SELECT * FROM unnest(%(unfit_cells)s::text[], %(unfit_columns)s::text[])))
            WHERE t.batch_id = %(batch)s AND NOT t.funded)
        RETURNING id, source_id
    ), known AS (DELETE FROM tasks_gold k USING gone WHERE k.task_id = gone.id)
    SELECT source_id FROM gone
"""
NAME_BASES = """
    UPDATE tasks_medium m SET base = named.base
    FROM unnest(%s::bigint[], %s::text[]) AS named(id, base) WHERE m.id = named.id
"""


@dataclass(frozen=True)
class Failure:
    """A file that can't be shown: the cell, why, and where it stands: (row, column), the first ROWS_SHOWN."""

    cell: str
    reason: str
    places: list[tuple[int, str]] = field(default_factory=list)
    more: int = 0  # rows that are not listed


def columns(batch: Batch) -> list[str]:
    """The columns whose cells name files; none while the form can't stand."""
    return list(media_uses.uses(batch))


def promise(batch: Batch) -> None:
    """Have the media collected anew, because rows or form changed. Must be called inside that transaction."""
    if columns(batch) or Medium.objects.filter(batch=batch).exists():
        outbox.emit("media.collect", f"{batch.public_id}:{clock.now().isoformat()}", batch_id=batch.pk)


def collect(batch_id: int) -> int:
    """Make a medium of each distinct cell that names a file, and forget those that no row names any more.

    Returns how many are new. Running it twice changes nothing. Locks the batch row; not to be called inside a
    transaction, since files go after its end.
    """
    with transaction.atomic():
        batch = Batch.objects.select_for_update(no_key=True, of=("self",)).filter(pk=batch_id).first()
        if batch is None:
            return 0
        values = _values(batch)
        with connection.cursor() as cursor:
            cursor.execute(INSERT, values | {"now": clock.now()})
            new = int(cursor.rowcount)
        _name_bases(batch)
        gone = _prune(batch)
    shelf.remove(gone)
    return new


def _values(batch: Batch, source: Import | None = None) -> dict[str, Any]:
    return {
        "batch": batch.pk,
        "columns": columns(batch),
        "white": WHITE,
        "examples": list(_examples()),
        "source": source.pk if source else None,
    }


@lru_cache(maxsize=1)
def _examples() -> tuple[str, ...]:
    """The cells of our own examples: files below static/examples."""
    place = finders.find("examples")
    return tuple(EXAMPLE + path.name for path in Path(place).iterdir()) if place else ()


def _name_bases(batch: Batch) -> None:
    """Note by which last part of a name the file of a medium is found. Addresses have none."""
    rows = Medium.objects.filter(batch=batch, base="").exclude(source__contains="://")
    named = [
        (pk, media_uploads.base_of_cell(source)) for pk, source in rows.values_list("pk", "source").iterator()
    ]
    with connection.cursor() as cursor:
        cursor.execute(NAME_BASES, [[pk for pk, _base in named], [base for _pk, base in named]])


def _prune(batch: Batch) -> list[str]:
    """Forget media that no row names; the names of their files, to be removed after the transaction."""
    with connection.cursor() as cursor:
        cursor.execute(PRUNE, _values(batch))
        return [name for (files,) in cursor.fetchall() for name in names_of(json.loads(files))]


def names_of(files: dict[str, Any]) -> list[str]:
    """The names in the storage of what `Medium.files` lists."""
    return [each["name"] for each in files.values()]


# --- how far they are --------------------------------------------------------------------------------------------


def counts(batch: Batch) -> dict[str, int]:
    """How many media are waiting (or being made), ready, and failed or not of a kind that their column can show."""
    by_state = dict(
        Medium.objects.filter(batch=batch).values_list("state").annotate(n=Count("pk")).order_by()
    )
    unfit = len({one.cell for one in media_uses.misfits(batch)})
    return {
        "waiting": sum(by_state.get(state, 0) for state in Medium.MOVING),
        "ready": by_state.get(Medium.State.READY, 0) - unfit,
        "failed": by_state.get(Medium.State.FAILED, 0) + unfit,
    }


def not_ready(batch: Batch, source: Import | None = None) -> int:
    """How many distinct cells of the rows (of an import) name a file that is not ready, or that can't be shown."""
    if not columns(batch):
        return 0
    with connection.cursor() as cursor:
        cursor.execute(NOT_READY, _values(batch, source))
        missing = int(cursor.fetchone()[0])
    return missing + len({one.cell for one in media_uses.misfits(batch, source)})


def require_ready(batch: Batch, source: Import | None = None) -> None:
    """Raises MediaNotReady while a file is not ready that a row (of an import) names."""
    missing = not_ready(batch, source)
    if missing:
        sentence = ngettext(
            "%(n)s file that your rows name is not ready yet. Wait for it, or put it right if it failed.",
            "%(n)s files that your rows name are not ready yet. Wait for them, or put right those that failed.",
            missing,
        )
        raise MediaNotReady(sentence, n=missing)


def failures(batch: Batch, most: int | None = None) -> list[Failure]:
    """What failed or can't be shown where it stands, in the order of the rows; at most `most` files."""
    found: dict[tuple[str, str], list[tuple[int, str]]] = {key: [] for key in _failed(batch).items()}
    for cell, reason, row, column in _places(batch):
        found.setdefault((cell, reason), []).append((row, column))
    listed = [
        Failure(cell, reason, places[:ROWS_SHOWN], max(0, len(places) - ROWS_SHOWN))
        for (cell, reason), places in found.items()
    ]
    return sorted(listed, key=lambda one: one.places[:1] or [(0, "")])[:most]


def _failed(batch: Batch) -> dict[str, str]:
    """The cells whose file could not be made ready, and why."""
    rows = Medium.objects.filter(batch=batch, state=Medium.State.FAILED).order_by("pk")
    return dict(rows.values_list("source", "failure"))


def _places(batch: Batch) -> Iterator[tuple[str, str, int, str]]:
    """Each place of what failed or can't be shown: cell, reason, row, column; each sort in the order of the rows."""
    reasons = _failed(batch)
    if reasons:
        with connection.cursor() as cursor:
            cursor.execute(media_uses.ROWS, media_uses.values(batch, columns(batch), list(reasons)))
            for cell, column, row in cursor:
                yield cell, reasons[cell], row, column
    for one in media_uses.misfits(batch):
        yield one.cell, one.reason, one.row, one.column


def failures_csv(batch: Batch) -> Iterator[bytes]:
    """The same as CSV, a line for each row: row, column, cell, reason."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    buffer.write("\ufeff")  # so that a spreadsheet reads it as UTF-8
    writer.writerow([_("row"), _("column"), _("cell"), _("reason")])
    for cell, reason, row, column in _places(batch):
        writer.writerow([row, *(spreadsheet.safe(text) for text in (column, cell, reason))])
        yield buffer.getvalue().encode("utf-8", "replace")
        buffer.seek(0)
        buffer.truncate()
    yield buffer.getvalue().encode("utf-8", "replace")


# --- what to do about those that failed --------------------------------------------------------------------------


@transaction.atomic
def try_again(*, batch: Batch, actor: User) -> int:
    """Try everything that failed once more. Returns how many. Raises NotNow."""
    check_open(batch)
    count = Medium.objects.filter(batch=batch, state=Medium.State.FAILED).update(
        state=Medium.State.WAITING, failure="", attempts=0, due_at=clock.now(), finished_at=None
    )
    audit.record(
        "tasks:media:again", batch.public_id, actor=actor, organisation_id=batch.organisation_id, n=count
    )
    return count


def leave_out(*, batch: Batch, actor: User) -> int:
    """Take the rows out that name a file which failed or can't be shown there: of a draft, or those that wait for
    their price.

    Rows that people work on stay. Returns how many went. Raises NotNow. Locks the batch row.
    """
    with transaction.atomic():
        batch = Batch.objects.select_for_update(no_key=True, of=("self",)).get(pk=batch.pk)
        check_open(batch)
        unfit = list({(one.cell, one.column) for one in media_uses.misfits(batch)})
        pairs = {"unfit_cells": [cell for cell, _c in unfit], "unfit_columns": [name for _c, name in unfit]}
        with connection.cursor() as cursor:
            cursor.execute(LEAVE_OUT, _values(batch) | pairs)
            sources = [source for (source,) in cursor.fetchall()]
        for source in {each for each in sources if each is not None}:
            _count_anew(source, sources.count(source))
        gone = _prune(batch)
        audit.record(
            "tasks:media:leave-out", batch.public_id, actor=actor, organisation_id=batch.organisation_id,
            rows=len(sources),
        )  # fmt: skip
    shelf.remove(gone)
    return len(sources)


def _count_anew(source_id: int, left_out: int) -> None:
    """An import counts the rows that are left of it; one of which none is left is given up."""
    Import.objects.filter(pk=source_id).update(good=F("good") - left_out, bad=F("bad") + left_out)
    if not Task.objects.filter(source_id=source_id).exists():
        Import.objects.filter(pk=source_id).update(state=Import.State.CANCELLED, finished_at=clock.now())


# --- copies and the end --------------------------------------------------------------------------------------------


def promise_copy(source: Batch, target: Batch) -> None:
    """Have the sent files of a batch given to its copy. Must be called inside the transaction that makes it."""
    if SentFile.objects.filter(batch=source).exists():
        outbox.emit("media.copy", target.public_id, source_id=source.pk, target_id=target.pk)


def copy(source_id: int, target_id: int) -> int:
    """Give the sent files of one batch to another; its own rows will name them. Running it twice changes nothing."""
    found = Batch.objects.in_bulk([source_id, target_id])
    return media_uploads.copy(found[source_id], found[target_id]) if len(found) == 2 else 0


def promise_removal(batch: Batch) -> None:
    """Have the files of a draft removed that is being deleted. Must be called inside that transaction."""
    outbox.emit("media.remove", batch.public_id, batch=batch.public_id)


def remove(batch_public_id: str) -> None:
    """Remove all files of a batch that is gone; of one that is there, nothing."""
    if Batch.objects.filter(pk=ids.decode("bat", batch_public_id)).exists():
        return
    media_uploads.remove_all(batch_public_id)
    shelf.remove_all(shelf.folder(batch_public_id))
