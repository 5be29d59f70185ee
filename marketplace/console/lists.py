"""One list for all queues (templates/console/_queue.html): what waits by its promise, filtered, or what was decided."""

from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from marketplace.base import paging
from marketplace.base.models import CaseLease

from . import desk
from .queues import Item, Queue

SIZE = 50


@dataclass(frozen=True)
class Row:
    """A case of a list, and who has it."""

    item: Item
    lease: CaseLease | None
    is_mine: bool
    hindrance: str = ""  # why whoever looks may not decide it


@dataclass(frozen=True)
class Listing:
    """What `console/_queue.html` shows."""

    queue: Queue
    rows: list[Row]
    decided: bool
    waiting: int  # of the whole queue
    shown: int  # that the filter leaves
    filters: list[tuple[str, str, list[tuple[str, str]], str]]  # name, label, choices, chosen
    filtered: bool
    newer_url: str
    older_url: str


def listing(request: HttpRequest, queue: Queue) -> Listing:
    """The list that `?show=decided`, `?organisation=`, `?batch=`, `?state=` and `?page=` ask for.

    Raises NotFound for a cursor that is none.
    """
    items = queue.items()
    if request.GET.get("show") == "decided" and queue.decided is not None:
        page = paging.page(queue.decided(), cursor=request.GET.get("cursor", ""))
        links = paging.links(request, page)
        rows = [Row(queue.item(row), None, False) for row in page.rows]
        return Listing(
            queue, rows, True, len(items), len(rows), [], False, links["newer_url"], links["older_url"]
        )
    held = desk.holders(items)
    rows = [
        Row(item, lease, bool(lease and lease.moderator_id == request.user.pk))
        for item, lease in _with(items, held)
    ]
    chosen = {name: request.GET.get(name, "") for name in ("organisation", "batch", "state")}
    kept = [row for row in rows if _fits(row, chosen)]
    number = _page(request, len(kept))
    start = number * SIZE
    return Listing(
        queue, _with_hindrances(kept[start : start + SIZE], request.user), False, len(items), len(kept),
        _filters(items, chosen),
        any(chosen.values()), _address(request, number - 1) if number else "",
        _address(request, number + 1) if len(kept) > start + SIZE else "",
    )  # fmt: skip


def _with(items: list[Item], held: dict[tuple[str, int], CaseLease]) -> list[tuple[Item, CaseLease | None]]:
    return [(item, held.get((item.kind, item.number))) for item in items]


def _with_hindrances(rows: list[Row], user: Any) -> list[Row]:
    found = desk.hindrances([row.item for row in rows], user)
    return [replace(row, hindrance=found.get(row.item.key, "")) for row in rows]


def _fits(row: Row, chosen: dict[str, str]) -> bool:
    item = row.item
    if chosen["organisation"] and (
        item.organisation is None or item.organisation.public_id != chosen["organisation"]
    ):
        return False
    if chosen["batch"] and (item.batch is None or item.batch.public_id != chosen["batch"]):
        return False
    states = {
        "late": item.is_late,
        "soon": item.is_due,
        "free": row.lease is None,
        "mine": row.is_mine,
    }
    return states.get(chosen["state"], True)


def _filters(items: list[Item], chosen: dict[str, str]) -> list[tuple[str, str, list[tuple[str, str]], str]]:
    """The selects above a list: only those with something to choose from."""
    organisations = {
        item.organisation.public_id: item.organisation.name for item in items if item.organisation
    }
    batches = {item.batch.public_id: item.batch.title for item in items if item.batch}
    states = [
        ("late", _("late")),
        ("soon", _("due within a day")),
        ("free", _("nobody has it")),
        ("mine", _("I have it")),
    ]
    found = [("state", _("Only"), states, chosen["state"])]
    if len(organisations) > 1 or chosen["organisation"]:
        found.append(("organisation", _("Organisation"), _sorted(organisations), chosen["organisation"]))
    if len(batches) > 1 or chosen["batch"]:
        found.append(("batch", _("Batch"), _sorted(batches), chosen["batch"]))
    return found


def _sorted(names: dict[str, str]) -> list[tuple[str, str]]:
    return sorted(names.items(), key=lambda pair: (pair[1].lower(), pair[0]))


def _page(request: HttpRequest, rows: int) -> int:
    """The page asked for, from 0; one that is not there is the last one."""
    asked = request.GET.get("page", "")
    return min(
        int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 0,
        max(0, (rows - 1) // SIZE),
    )


def _address(request: HttpRequest, number: int) -> str:
    query: Any = request.GET.copy()
    query["page"] = str(number)
    return f"{request.path}?{query.urlencode()}"
