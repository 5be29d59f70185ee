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
    """A table in words; `chart` and `words` are for static/js/chart.js, empty where nothing can be drawn.

    `columns` are those that this edition has: `later` says that there are more once the half-year is counted for good.
    `hidden` is set where every figure that is not zero is hidden.
    """

    table: Table
    columns: list[Column]
    later: bool
    rows: list[tuple[str, list[Cell]]]
    total: list[Cell] | None
    hidden: bool
    chart: str
    words: str


def chapters(edition: PublishedFigures) -> list[tuple[Any, list[Shown]]]:
    """The chapters of the page, each with its tables that hold something."""
    known = {table.key: table for table in TABLES}
    found = []
    for title, keys in CHAPTERS:
        tables = [_shown(known[key], edition, key) for key in keys if key in edition.figures]
        found.append((title, tables))
    return found


def glance(edition: PublishedFigures) -> list[tuple[str, Cell]]:
    """The few figures at the head of the page: (words, value); those that there are."""
    known = {table.key: table for table in TABLES}
    lines = (
        (_("became due to workers"), "paid_for", "micros"),
        (_("an hour, in the middle of all people"), "pay", "median_hourly"),
        (_("of all answers are under the floor, after top-ups"), "pay", "under_after"),
        (_("of all weeks reached the floor by themselves"), "guarantee", "above"),
    )
    found = []
    for words, key, column in lines:
        total = edition.figures[key]["total"] or {}
        if column in total:
            found.append((words, _cell(known[key].column(column), total)))
    return found


def hidden(edition: PublishedFigures) -> tuple[int, int]:
    """How many figures of an edition are hidden, and how many there are that are not zero."""
    shut = there = 0
    for table in edition.figures.values():
        for row in [*(row for _key, row in table["rows"]), table["total"] or {}]:
            shut += sum(value is None for value in row.values())
            there += sum(value is None or value != 0 for value in row.values())
    return shut, there


def closes(edition: PublishedFigures) -> dt.date:
    """The day on which the half-year of an edition is counted for good, in Paris."""
    return periods.named(edition.period).closes.astimezone(clock.BOOKS).date()


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


def _shown(table: Table, edition: PublishedFigures, key: str) -> Shown:
    stored = edition.figures[key]
    columns = [column for column in table.columns if edition.is_closed or not column.adds]
    rows = [(table.called(name), [_cell(column, row) for column in columns]) for name, row in stored["rows"]]
    total = stored["total"]
    cells = None if total is None else [_cell(column, total) for column in columns]
    told = [
        row.get(column.key, 0) for _name, row in [*stored["rows"], ("", total or {})] for column in columns
    ]
    chart, words = _chart(table, stored)
    return Shown(
        table, columns, len(columns) < len(table.columns), rows, cells, None in told and not any(told),
        chart, words,
    )  # fmt: skip


def _cell(column: Column, row: Mapping[str, Any]) -> Cell:
    value, label = row.get(column.key), str(column.title)
    if value is None and column.key in row:
        return Cell(label, _("hidden"), True)
    if value is None:
        return Cell(label, formats.DASH, False)
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


__all__ = ["Cell", "Shown", "chapters", "closes", "glance", "hidden", "name", "since_the_beginning"]
