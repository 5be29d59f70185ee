"""Reading rows of figures with SQL."""

from typing import Any

from django.db import connection

from .shapes import Counted, Row, Span

ALL = "_all"  # the key under which a query with GROUPING SETS gives the row of all


def rows(query: str, span: Span, **values: Any) -> dict[str, Row]:
    """Rows by their first column (None is ALL), the others by name. `span` gives start, end and now."""
    with connection.cursor() as cursor:
        cursor.execute(query, {"start": span.start, "end": span.end, "now": span.now, **values})
        names = [column.name for column in cursor.description][1:]
        return {
            ALL if found[0] is None else str(found[0]): {
                name: _plain(value) for name, value in zip(names, found[1:], strict=True)
            }
            for found in cursor.fetchall()
        }


def counted(found: dict[str, Row], order: list[str] | None = None) -> Counted:
    """The row of all apart from the others, in `order` where one is given: rows that were not found are zero."""
    total = found.pop(ALL, None)
    if order is not None:
        names = [name for name, value in (total or {}).items() if isinstance(value, int | float)]
        found = {key: found.get(key) or dict.fromkeys(names, 0) for key in order}
    return Counted(found, total)


def _plain(value: Any) -> Any:
    """Numbers as JSON has them: sums of bigints come as Decimal."""
    if value is None or isinstance(value, int):
        return value
    return int(value) if value == int(value) else float(value)
