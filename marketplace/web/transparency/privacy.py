"""Small numbers are hidden, and what would give them away by subtraction is hidden with them (docs/adr/0068).

A figure is not published when one to FIGURES_LEAST_PEOPLE − 1 people stand behind it, or (for cases) one to FEW − 1, or
when more than FIGURES_TOP_PERCENT of it is one person's: who knows the others' part, as that person does of their own,
would know the rest. Where the total of a column is public, its hidden cells together are known by subtraction: so at
least two are hidden, one of them with enough people, and no person has more than that share of them together; the
smallest public cells are hidden to get there. (Sums of people can't be used for that: one person may stand in two
rows.) Where no hiding of rows is enough, the total is hidden. Zero tells of nobody and stays.
"""

from collections.abc import Sequence

from django.conf import settings

from .shapes import Column, Counted, Row, Unit

FEW = 5  # cases
OF_PEOPLE = frozenset({"people", "topped", "workers", "helped_workers"})  # figures that count people
COARSE: dict[Unit, float] = {
    "people": 5,
    "cases": FEW,
    "eur": 10_000_000,
    "eur_per_hour": 50_000,
    "share": 0.01,
    "hours": 10,
    "seconds": 60,
}


def least(behind: str) -> int:
    """How many people or cases have to stand behind a figure so that it is published."""
    return settings.FIGURES_LEAST_PEOPLE if behind in OF_PEOPLE else FEW


def most_of_one() -> float:
    """The greatest share of a figure that may be one person's, from 0 to 1."""
    return settings.FIGURES_TOP_PERCENT / 100


def protect(columns: Sequence[Column], counted: Counted, *, covers: bool = True) -> Counted:
    """What may be published: the same rows with the columns of the table only, hidden figures as None."""
    shut: dict[tuple[str, tuple[str, str] | None], tuple[set[str], bool]] = {}
    lead = {key for key, row in counted.rows.items() if _tells_of_one(columns[0], row)}  # not shown at all
    for column in columns:
        if _group(column) not in shut:
            shut[_group(column)] = _hidden(column, counted, lead, covers)
    rows = {
        key: _cells(columns, row, {name for name, (keys, _total) in shut.items() if key in keys})
        for key, row in counted.rows.items()
    }
    if counted.total is None:
        return Counted(rows, None)
    return Counted(
        rows, _cells(columns, counted.total, {name for name, (_keys, total) in shut.items() if total})
    )


def _group(column: Column) -> tuple[str, tuple[str, str] | None]:
    return column.behind, column.part


def _cells(columns: Sequence[Column], row: Row, hidden: set[tuple[str, tuple[str, str] | None]]) -> Row:
    """None for what is hidden; what there is no figure for, such as the middle of nothing, is left out."""
    return {
        column.key: None if _group(column) in hidden else row[column.key]
        for column in columns
        if row.get(column.key) is not None
    }


def _hidden(column: Column, counted: Counted, lead: set[str], covers: bool) -> tuple[set[str], bool]:
    """The rows in which a column stays hidden, never fewer than `lead`, and whether its total does."""
    if not column.behind:
        return set(), False
    rows, total = counted.rows, counted.total
    hidden = {key for key, row in rows.items() if _tells_of_one(column, row)} | lead
    if total is None or _tells_of_one(column, total):
        return hidden, total is not None
    while told := [rows[key] for key in sorted(hidden) if _size(column, rows[key])]:
        if not covers:
            return hidden, True
        if len(told) > 1 and _holds_together(column, told, total):
            break
        others = sorted((_size(column, row), key) for key, row in rows.items() if _size(column, row))
        cover = next((key for _count, key in others if key not in hidden), None)
        if cover is None:
            return hidden, True
        hidden.add(cover)
    return hidden, False


def _tells_of_one(column: Column, row: Row) -> bool:
    """Whether too few stand behind a figure, or one of them too much. Nobody at all is no secret."""
    if not column.behind:
        return False
    if 0 < _size(column, row) < least(column.behind):
        return True
    whole, top = _parts(column, row)
    return top > most_of_one() * whole


def _holds_together(column: Column, told: Sequence[Row], total: Row) -> bool:
    """Whether what hidden rows are together may be known. Whoever stands in several of them is counted as if each
    row's greatest part were theirs, as far as the total lets that be."""
    if max(_size(column, row) for row in told) < least(column.behind):
        return False
    parts = [_parts(column, row) for row in told]
    top = min(sum(top for _whole, top in parts), _parts(column, total)[1])
    return top <= most_of_one() * sum(whole for whole, _top in parts)


def _size(column: Column, row: Row) -> int:
    return int(row.get(column.behind) or 0)


def _parts(column: Column, row: Row) -> tuple[float, float]:
    """What the people behind a figure add up to, and the greatest part of one of them."""
    whole, top = column.part or ("", "")
    return row.get(whole) or 0, row.get(top) or 0


def coarse(columns: Sequence[Column], counted: Counted) -> Counted:
    """The same for an edition that others follow: without what adds up, since the difference of two editions would be
    what somebody did between them; and rounded.

    People and cases to the nearest 5, euros an hour to 5 cents, times to a minute, shares to a percent. What is public
    anyway (no `behind`) stays exact.
    """

    def rounded(row: Row) -> Row:
        return {
            column.key: _round(row[column.key], column)
            for column in columns
            if column.key in row and not column.adds
        }

    return Counted(
        {key: rounded(row) for key, row in counted.rows.items()},
        None if counted.total is None else rounded(counted.total),
    )


def _round(value: int | float | None, column: Column) -> int | float | None:
    if value is None or not column.behind:
        return value
    step = COARSE[column.unit]
    found = round(value / step) * step
    return round(found, 4) if column.unit == "share" else int(found)
