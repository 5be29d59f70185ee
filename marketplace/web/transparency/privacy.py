"""Small numbers are hidden, and what would give them away by subtraction is hidden with them (docs/adr/0068).

A figure behind which one to FEW − 1 people or cases stand is not published. Where the total of a column is public, its
hidden cells together are known by subtraction: so at least two are hidden, one of them of FEW or more, by hiding the
smallest public cells too. (Sums of people can't be used for that: one person may stand in two rows.) Zero tells of
nobody and stays.
"""

from collections.abc import Mapping, Sequence

from .shapes import Column, Counted, Row, Unit

FEW = 5
COARSE: dict[Unit, float] = {
    "people": FEW,
    "cases": FEW,
    "eur": 10_000_000,
    "eur_per_hour": 50_000,
    "share": 0.01,
    "hours": 10,
    "seconds": 60,
}


def protect(columns: Sequence[Column], counted: Counted) -> Counted:
    """What may be published: the same rows with the columns of the table only, hidden figures as None."""
    hidden: dict[str, set[str]] = {}
    total = counted.total
    lead = _hidden_rows(columns[0].behind, counted, set())  # who is not shown at all
    for column in columns:
        if column.behind not in hidden:
            hidden[column.behind] = _hidden_rows(column.behind, counted, lead) if column.behind else set()
    rows = {
        key: _cells(columns, row, {name for name, keys in hidden.items() if key in keys})
        for key, row in counted.rows.items()
    }
    if total is None:
        return Counted(rows, None)
    few = {column.behind for column in columns if column.behind and _few(total, column.behind)}
    return Counted(rows, _cells(columns, total, few))


def _cells(columns: Sequence[Column], row: Row, hidden: set[str]) -> Row:
    """None for what is hidden; what there is no figure for, such as the middle of nothing, is left out."""
    return {
        column.key: None if column.behind in hidden else row[column.key]
        for column in columns
        if row.get(column.key) is not None
    }


def _hidden_rows(behind: str, counted: Counted, lead: set[str]) -> set[str]:
    """The rows whose figures with `behind` people or cases stay hidden; never fewer than `lead`."""
    if not behind:
        return set()
    size = {key: int(row.get(behind) or 0) for key, row in counted.rows.items()}
    hidden = {key for key, count in size.items() if 0 < count < FEW} | lead
    if counted.total is None or _few(counted.total, behind):
        return hidden
    while True:
        told = [key for key in hidden if size[key]]
        if not told or (len(told) > 1 and max(size[key] for key in told) >= FEW):
            return hidden
        others = sorted((count, key) for key, count in size.items() if count and key not in hidden)
        if not others:
            return hidden
        hidden.add(others[0][1])


def _few(row: Mapping[str, object], behind: str) -> bool:
    """Whether too few stand behind a row. One to FEW − 1 do: nobody at all is no secret."""
    count = row.get(behind) or 0
    assert isinstance(count, int)
    return 0 < count < FEW


def coarse(columns: Sequence[Column], counted: Counted) -> Counted:
    """The same figures rounded, for an edition that others follow: the difference of two then tells of no one.

    People and cases to the nearest FEW, euros to 10, euros an hour to 5 cents, hours to 10, times to a minute. What is
    public anyway (no `behind`) stays exact.
    """

    def rounded(row: Row) -> Row:
        return {column.key: _round(row[column.key], column) for column in columns if column.key in row}

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
