"""What a public figure is: tables of rows and columns, each column with a unit and with who stands behind it."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Value = int | float | None
Row = dict[str, Value]
# eur and eur_per_hour in micros; seconds; hours; share from 0 to 1; cases and people as whole numbers.
Unit = Literal["people", "cases", "eur", "eur_per_hour", "share", "seconds", "hours"]


@dataclass(frozen=True, slots=True)
class Column:
    """`behind` names the figure of the same row that says how many people or cases stand behind this one; "" where
    the figure tells of nobody, or is public anyway.

    `part` names two more of the row: what the people behind it add up to, and how much of that is one person's at
    most. `adds` is set where somebody's work of a week adds to the figure: such a one is published once, when the
    half-year is counted for good, since two editions would tell what was added between them.
    """

    key: str
    title: Any
    unit: Unit
    says: Any = ""
    behind: str = "people"
    part: tuple[str, str] | None = None
    adds: bool = False


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted, before small numbers are hidden: rows by key, and the row of all, or None without one.

    Rows may hold more figures than the table has columns: those that stand behind others.
    """

    rows: dict[str, Row]
    total: Row | None


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` on and before `end`, in UTC; `now` is when it is counted, never after `end`."""

    start: dt.datetime
    end: dt.datetime
    now: dt.datetime


Count = Callable[[Span], Counted]


@dataclass(frozen=True, slots=True)
class Table:
    """One table of the page and of the files. `head` is the title of the column of row names; `names` says how rows are
    called, or `name` does; `chart` is the column that is drawn. `covers` is off where some rows stand in other tables
    too, so that hiding one of them hides nothing of its neighbours."""

    key: str
    title: Any
    head: Any
    columns: tuple[Column, ...]
    count: Count
    says: Any = ""
    names: Mapping[str, Any] | None = None
    name: Callable[[str], str] | None = None
    chart: str = ""
    covers: bool = True

    def column(self, key: str) -> Column:
        """The column called `key`. Raises KeyError."""
        return next(iter(column for column in self.columns if column.key == key), None) or _missing(key)

    def called(self, row: str) -> str:
        """What a row is called in the active language; its key where nobody named it."""
        if self.name:
            return self.name(row)
        return str((self.names or {}).get(row, row))


def _missing(key: str) -> Column:
    raise KeyError(key)
