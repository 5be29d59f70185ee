"""The published figures as files: one figure a line (CSV), or by table and row (JSON). COLUMNS says what is where."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from marketplace.base import clock
from marketplace.base.models import PublishedFigures

from .editions import TABLES
from .shapes import Column

LICENCE = "CC0-1.0"
# What each column of the CSV file holds; also shown on the page.
COLUMNS = {
    "period": _("the half-year, such as 2026-H2 for July to December 2026"),
    "counted_at": _("the day of the count, in Paris"),
    "closed": _("yes when the half-year is counted for good, no while its figures are rounded and go on"),
    "table": _("the table of the page, such as pay"),
    "row": _("the row, such as a country (ISO 3166) or the Monday of a week; total for all together"),
    "figure": _("the column of the table, such as median_hourly"),
    "unit": _("people, cases, EUR, EUR/h, share (from 0 to 1), seconds or hours"),
    "value": _("the figure, with a point; empty when it is hidden"),
    "hidden": _("yes when too few people or cases are behind it"),
}
_COLUMNS: dict[tuple[str, str], Column] = {
    (table.key, column.key): column for table in TABLES for column in table.columns
}


def lines(edition: PublishedFigures) -> Iterator[tuple[Any, ...]]:
    """Every figure of an edition, in the order of COLUMNS; `row` is "total" for the row of all.

    Amounts are in euros with six decimals at most, times in seconds, shares from 0 to 1; a hidden value is empty.
    """
    head = (
        edition.period,
        edition.counted_at.astimezone(clock.BOOKS).date().isoformat(),
        _yes(edition.is_closed),
    )
    for key, table in edition.figures.items():
        rows = [*table["rows"], *([["total", table["total"]]] if table["total"] is not None else [])]
        for row, figures in rows:
            for figure, value in figures.items():
                column = _COLUMNS.get((key, figure))
                unit = column.unit if column else ""
                yield (*head, key, row, figure, _unit(unit), _plain(value, unit), _yes(value is None))


def as_csv(editions: Sequence[PublishedFigures]) -> str:
    """A file with a line of names and one line for each figure."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for edition in editions:
        writer.writerows(lines(edition))
    return out.getvalue()


def as_json(edition: PublishedFigures) -> dict[str, Any]:
    """The same with rows by name: {period, counted_at, closed, tables: {key: {rows: {…}, total}}}."""
    tables: dict[str, Any] = {}
    for *_rest, table, row, figure, unit, value, hidden in lines(edition):
        one = tables.setdefault(table, {"units": {}, "rows": {}, "total": None})
        one["units"][figure] = unit
        place = one if row == "total" else one["rows"]
        place[row] = {
            **(place.get(row) or {}),
            figure: None if hidden == "yes" else float(value),
        }
    return {
        "period": edition.period,
        "counted_at": edition.counted_at.astimezone(clock.BOOKS).date().isoformat(),
        "closed": edition.is_closed,
        "licence": LICENCE,
        "tables": tables,
    }


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _unit(unit: str) -> str:
    return {"eur": "EUR", "eur_per_hour": "EUR/h"}.get(unit, unit)


def _plain(value: int | float | None, unit: str) -> str:
    if value is None:
        return ""
    if unit in ("eur", "eur_per_hour"):
        whole, rest = divmod(int(value), 1_000_000)
        return f"{whole}.{rest:06d}".rstrip("0").rstrip(".")
    return str(value)
