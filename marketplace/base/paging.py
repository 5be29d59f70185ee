"""Pages of a list by cursor: the next page is found by the last row's number, never by counting rows."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.db.models import Model, QuerySet
from django.http import HttpRequest

from . import ids

Row = TypeVar("Row", bound=Model)

NEWER, OLDER = "new", "old"  # prefixes of the cursor: on which side of the row the page lies
SIZE = 50


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows of one page, newest first, and the cursors of its neighbours ('' where there is none)."""

    rows: list[Row]
    newer: str
    older: str


def page(rows: QuerySet[Row], *, cursor: str = "", size: int = SIZE) -> Page[Row]:
    """At most `size` rows by falling number, beside `cursor` as an earlier page gave it.

    One query, whose cost does not grow with the page's place in the list. Raises NotFound for a cursor that
    is none.
    """
    if cursor.startswith(f"{NEWER}_"):
        found = list(rows.order_by("pk").filter(pk__gt=ids.decode(NEWER, cursor))[: size + 1])
        more, found = len(found) > size, found[:size]
        found.reverse()
        return Page(
            found, _cursor(NEWER, found[0]) if more else "", _cursor(OLDER, found[-1]) if found else ""
        )
    rows = rows.order_by("-pk")
    if cursor:
        rows = rows.filter(pk__lt=ids.decode(OLDER, cursor))
    found = list(rows[: size + 1])
    more, found = len(found) > size, found[:size]
    newer = _cursor(NEWER, found[0]) if cursor and found else ""
    return Page(found, newer, _cursor(OLDER, found[-1]) if more else "")


def links(request: HttpRequest, shown: Page[Any]) -> dict[str, str]:
    """`newer_url` and `older_url` for the component `pages.html`: this address with another cursor."""
    return {"newer_url": _address(request, shown.newer), "older_url": _address(request, shown.older)}


def _cursor(side: str, row: Model) -> str:
    return ids.encode(side, row.pk)


def _address(request: HttpRequest, cursor: str) -> str:
    if not cursor:
        return ""
    query = request.GET.copy()
    query["cursor"] = cursor
    return f"{request.path}?{query.urlencode()}"
