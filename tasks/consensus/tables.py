"""Tables that people typed off: rows of cells by the name of their column."""

from collections.abc import Callable, Hashable, Mapping, Sequence

from .majority import majority
from .types import NOTHING, Consensus

Table = Sequence[Mapping[str, str]]


def by_cell(tables: Sequence[Table], columns: Sequence[str], key: Callable[[str], Hashable]) -> Consensus:
    """As many rows as most answers have (a tie goes to the one submitted first); in each cell what most of the answers
    with that row wrote there, compared by `key`.

    Rows are compared by their position. Confidence is the mean of `shared` between the answers and the result.
    """
    if not tables:
        return NOTHING
    length = majority([len(table) for table in tables]).value
    found = []
    for number in range(length):
        rows = [table[number] for table in tables if number < len(table)]
        found.append({column: majority([row[column] for row in rows], key=key).value for column in columns})
    sure = sum(shared(table, found, columns, key) for table in tables) / len(tables)
    return Consensus(found, sure)


def shared(one: Table, other: Table, columns: Sequence[str], key: Callable[[str], Hashable]) -> float:
    """The share of cells, by position, that are the same in both; a row that one of them lacks is wrong in full."""
    rows = max(len(one), len(other))
    if not rows:
        return 1.0
    same = sum(
        key(a[column]) == key(b[column]) for a, b in zip(one, other, strict=False) for column in columns
    )
    return same / (rows * len(columns))
