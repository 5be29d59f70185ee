"""What of a batch the text rules read: its words, its form, and a sample of its rows (docs/adr/0060)."""

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.db.models import Max, Min, QuerySet

from tasks.models import Batch, Task
from tasks.screening_rules import Part

ROWS = 200  # looked at, spread over all of them from a random one on
ROW_CHARS = 2_000
UNREAD = frozenset({"name", "widget", "as", "column", "columns", "value", "pattern"})  # names, not sentences


def parts(batch: Batch, rows: QuerySet[Task]) -> list[Part]:
    """Title, purpose, instructions, what the form says, and up to ROWS rows. Two queries."""
    said = "\n".join(_sentences(batch.form))
    words = [
        Part("title", batch.title),
        Part("purpose", batch.purpose),
        Part("instructions", batch.instructions),
        Part("form", said),
    ]
    return [part for part in words if part.text.strip()] + list(_rows(rows))


def _sentences(node: Any) -> Iterator[str]:
    """Everything a form says to people: labels, options, helps, texts."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, Mapping):
        for name, value in node.items():
            if name not in UNREAD:
                yield from _sentences(value)
    elif isinstance(node, Sequence):
        for value in node:
            yield from _sentences(value)


def _rows(rows: QuerySet[Task]) -> Iterator[Part]:
    ends = rows.order_by().aggregate(first=Min("row_number"), last=Max("row_number"))
    if ends["first"] is None:
        return
    step = max(1, (ends["last"] - ends["first"] + 1) // ROWS)
    start = ends["first"] + random.randrange(step)  # noqa: S311 - nobody is to know which rows are read
    wanted = range(start, ends["last"] + 1, step)
    for number, data in rows.filter(row_number__in=list(wanted)[: ROWS + 1]).values_list(
        "row_number", "data"
    ):
        text = "\n".join(str(value) for value in data.values() if isinstance(value, str | int))
        yield Part("row", text[:ROW_CHARS], number)
