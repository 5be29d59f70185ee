"""Whether a file is of a kind that the form can show where a row names it: no picture is played as sound.

A form part says how it uses a column (`Part.media_use`). A cell may stand in several columns, so what does not fit is a
cell in a column, and never a matter of its medium: it is found by comparing, and changes as the form does.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from tasks.forms import BadForm, compile_form
from tasks.models import Batch, Import, Medium

# What Python's str.strip takes away, so that the database and `links.key_of` mean the same cell.
WHITE = "".join(letter for letter in map(chr, range(0x3001)) if letter.isspace())
ROWS = """
    SELECT btrim(t.data ->> c.name, %(white)s) AS cell, c.name, t.row_number
    FROM tasks_task t CROSS JOIN unnest(%(columns)s::text[]) AS c(name)
    WHERE t.batch_id = %(batch)s AND btrim(t.data ->> c.name, %(white)s) = ANY (%(cells)s)
        AND (%(source)s::bigint IS NULL OR t.source_id = %(source)s)
    ORDER BY t.row_number, c.name
"""
SILENT = "silent"  # a film without sound; every other name is one of `Medium.kind`
# What each use can show. A sound is also heard from a film, and a PDF is a picture by its first page.
FITS = {
    "image": frozenset({"picture", "page"}),
    "page": frozenset({"page", "picture"}),
    "audio": frozenset({"sound", "video"}),
    "video": frozenset({"video", SILENT}),
}
SENTENCES: dict[str, Callable[[], str]] = {
    "image": lambda: _(
        "This column is shown as a picture, and this is %(what)s. Send another file, or leave the row out."
    ),
    "page": lambda: _(
        "This column is shown as a page, and this is %(what)s. Send another file, or leave the row out."
    ),
    "audio": lambda: _(
        "This column is played as sound, and this is %(what)s. Send another file, or leave the row out."
    ),
    "video": lambda: _(
        "This column is played as a film, and this is %(what)s. Send another file, or leave the row out."
    ),
}
WHAT: dict[str, Callable[[], str]] = {
    "picture": lambda: _("a picture"),
    "page": lambda: _("a PDF"),
    "sound": lambda: _("a recording without pictures"),
    "video": lambda: _("a film"),
    SILENT: lambda: _("a film without sound"),
}


@dataclass(frozen=True)
class Misfit:
    """A cell that names a file which its column can't show; `reason` is a sentence."""

    cell: str
    column: str
    row: int
    reason: str


def uses(batch: Batch) -> dict[str, frozenset[str]]:
    """The columns whose cells name files, and how the form uses each; none while the form can't stand."""
    try:
        return compile_form(batch.form).media_uses
    except BadForm:
        return {}


def misfits(batch: Batch, source: Import | None = None) -> list[Misfit]:
    """What is ready and does not fit, in the order of the rows (of an import). One query where all fit."""
    used = uses(batch)
    wrong = _suspects(batch, used)
    if not wrong:
        return []
    with connection.cursor() as cursor:
        cursor.execute(ROWS, values(batch, list(used), list(wrong), source))
        places: Sequence[tuple[str, str, int]] = cursor.fetchall()
    return [
        Misfit(cell, column, row, SENTENCES[use]() % {"what": WHAT[wrong[cell]]()})
        for cell, column, row in places
        if (use := _unfit(used[column], wrong[cell]))
    ]


def values(
    batch: Batch, columns: list[str], cells: list[str], source: Import | None = None
) -> dict[str, Any]:
    """The values of ROWS."""
    return {
        "batch": batch.pk,
        "columns": columns,
        "white": WHITE,
        "cells": cells,
        "source": source.pk if source else None,
    }


def _suspects(batch: Batch, used: dict[str, frozenset[str]]) -> dict[str, str]:
    """The cells whose file some column can't show, and what it is."""
    if not used:
        return {}
    everywhere = frozenset.intersection(*(FITS[use] for column in used.values() for use in column))
    ready = Medium.objects.filter(batch=batch, state=Medium.State.READY)
    sure = everywhere - {"video"} if SILENT not in everywhere else everywhere
    rows = ready.exclude(kind__in=sure).values_list("source", "kind", "files__peaks")
    found = {cell: SILENT if kind == "video" and not peaks else kind for cell, kind, peaks in rows}
    return {cell: kind for cell, kind in found.items() if kind not in everywhere}


def _unfit(used: frozenset[str], kind: str) -> str:
    """The first use that can't show this kind, or nothing."""
    return next((use for use in sorted(used) if kind not in FITS[use]), "")
