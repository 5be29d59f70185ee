"""The published figures as the page shows them: in words, with the charts, hidden figures as such."""

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.base import clock, formats
from marketplace.base.models import PublishedFigures

from . import periods
from .editions import TABLES
from .privacy import FEW
from .shapes import Column, Table

CHAPTERS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (gettext_lazy("Pay"), ("pay", "guarantee", "paid_for", "income")),
    (gettext_lazy("Times and promises"), ("times", "promises")),
    (gettext_lazy("Objections, disputes, appeals"), ("contests", "appeals")),
    (gettext_lazy("People"), ("workers", "cap", "ratings", "centres")),
    (gettext_lazy("Money for failures and for hard times"), ("outages", "help_fund")),
    (gettext_lazy("What may be asked here"), ("screening", "screening_rules", "reports", "report_outcomes")),
)
SUMS: tuple[tuple[str, str], ...] = (
    ("paid_for", "micros"), ("pay", "answers"), ("pay", "topped_up"), ("guarantee", "added"), ("outages", "seconds"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cell:
    label: str
    words: str
    is_hidden: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """A table in words; `chart` and `words` are for static/js/chart.js, empty where nothing can be drawn."""

    table: Table
    rows: list[tuple[str, list[Cell]]]
    total: list[Cell] | None
    hides: bool
    chart: str
    words: str


def chapters(edition: PublishedFigures) -> list[tuple[Any, list[Shown]]]:
    """The chapters of the page, each with its tables that hold something."""
    known = {table.key: table for table in TABLES}
    found = []
    for title, keys in CHAPTERS:
        tables = [_shown(known[key], edition.figures[key]) for key in keys if key in edition.figures]
        found.append((title, tables))
    return found


def glance(edition: PublishedFigures) -> list[tuple[str, str]]:
    """The few figures at the head of the page: (words, value)."""
    pay, weeks = edition.figures["pay"]["total"] or {}, edition.figures["guarantee"]["total"] or {}
    return [
        (_("became due to workers"), formats.eur((edition.figures["paid_for"]["total"] or {}).get("micros"))),
        (_("an hour, in the middle of all people"), formats.eur(pay.get("median_hourly"))),
        (_("of all answers are under the floor, after top-ups"), formats.percent(pay.get("under_after"), 1)),
        (_("of all weeks reached the floor by themselves"), formats.percent(weeks.get("above"))),
    ]


def since_the_beginning(editions: Sequence[PublishedFigures]) -> list[tuple[str, bool, list[Cell]]]:
    """Sums of each half-year, (name, closed, cells); made of what was published and of nothing else."""
    known = {table.key: table for table in TABLES}
    return [
        (
            name(edition.period),
            edition.is_closed,
            [
                _cell(known[key].column(column), (edition.figures.get(key) or {}).get("total") or {})
                for key, column in SUMS
            ],
        )
        for edition in editions
    ]


def name(period: str) -> str:
    """A half-year in words: "July to December 2026"."""
    half = periods.named(period)
    first = half.start.astimezone(clock.BOOKS).date()
    last = (half.end - dt.timedelta(days=1)).astimezone(clock.BOOKS).date()
    return _("%(first)s to %(last)s") % {"first": formats.month(first), "last": formats.month(last)}


def _shown(table: Table, stored: dict[str, Any]) -> Shown:
    rows = [
        (table.called(key), [_cell(column, row) for column in table.columns]) for key, row in stored["rows"]
    ]
    total = stored["total"]
    cells = None if total is None else [_cell(column, total) for column in table.columns]
    hides = any(cell.is_hidden for _name, row in [*rows, ("", cells or [])] for cell in row)
    chart, words = _chart(table, stored)
    return Shown(table, rows, cells, hides, chart, words)


def _cell(column: Column, row: Mapping[str, Any]) -> Cell:
    value, label = row.get(column.key), str(column.title)
    if value is None:
        return Cell(label, formats.DASH, column.key in row)
    show = {
        "eur": lambda: formats.eur(int(value)),
        "eur_per_hour": lambda: formats.eur(int(value)),
        "share": lambda: formats.percent(value, 1),
        "seconds": lambda: formats.duration(value),
    }.get(column.unit, lambda: formats.number(value))
    return Cell(label, show(), False)


def _chart(table: Table, stored: dict[str, Any]) -> tuple[str, str]:
    """Bars of the chart column, one for each row that is not hidden; nothing with fewer than two, or zeros only."""
    if not table.chart:
        return "", ""
    column = table.column(table.chart)
    scale = {"eur": 1e-6, "eur_per_hour": 1e-6, "share": 100}.get(column.unit, 1)
    drawn = [
        (table.called(key), row[column.key]) for key, row in stored["rows"] if row.get(column.key) is not None
    ]
    if len(drawn) < 2 or not any(value for _name, value in drawn):
        return "", ""
    chart = {
        "x": list(range(1, len(drawn) + 1)),
        "y": [round(value * scale, 2) for _name, value in drawn],
        "names": [label for label, _value in drawn],
    }
    unit = " (%)" if column.unit == "share" else ""
    return json.dumps(chart), json.dumps({"x": str(table.head), "y": f"{column.title}{unit}"})


__all__ = ["FEW", "Cell", "Shown", "chapters", "glance", "name", "since_the_beginning"]
