"""What every template knows without asking: which bar to show on top, and how many notices wait.

Imports no other app: a person's sides come from flags on the user, pages from their names. A page that this
deployment leaves out (the demo's mailbox) simply has no link.
"""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from . import notices


@dataclass(frozen=True)
class Link:
    label: Any
    url: str
    current: bool = False


MOST_LINKS = 5  # that stand in the bar itself; a sixth may too, rather than a menu of one


@dataclass(frozen=True)
class Nav:
    """side: visitor, work, batches or console; sides is empty unless the person has several."""

    side: str
    home: str
    links: list[Link]
    sides: list[Link]

    @property
    def shown(self) -> list[Link]:
        """The links of the bar itself, the page one is on always among them."""
        if len(self.links) <= MOST_LINKS + 1:
            return self.links
        first, rest = self.links[:MOST_LINKS], self.links[MOST_LINKS:]
        here = [link for link in rest if link.current]
        return first[: MOST_LINKS - len(here)] + here

    @property
    def more(self) -> list[Link]:
        """Those that stand in its menu."""
        shown = self.shown
        return [link for link in self.links if link not in shown]


# side: (its name, first page, paths under which it is shown, pages in its bar)
SIDES: dict[str, tuple[Any, str, tuple[str, ...], list[tuple[Any, str]]]] = {
    "work": (_("Work"), "board", ("/work/",), [
        (_("Work"), "board"), (pgettext_lazy("bar", "Tests"), "qualifications"), (_("Earnings"), "earnings"),
        (_("History"), "history"), (_("My rights"), "rights"),
    ]),
    "batches": (_("Batches"), "batches", ("/batches/", "/imports/", "/qualifications/", "/funds/", "/team/", "/keys/",
                                       "/organisations/", "/messages/", "/ratings/"), [
        (_("Batches"), "batches"), (_("Qualifications"), "qualifications-made"), (_("Funds"), "funds"),
        (_("Team"), "team"), (_("API keys"), "keys"),
    ]),
    "console": (_("Console"), "console", ("/console/",), [
        (_("Queues"), "console"), (_("Disputes"), "console-disputes"), (_("Screening"), "console-screening"),
        (_("Reports"), "console-reports"),
        (_("Holds"), "console-holds"), (_("People"), "console-people"),
        (_("Qualifications"), "console-qualifications"), (_("Books"), "console-books"),
        (_("Billing"), "console-billing"),
        (_("Switches"), "console-switches"),
    ]),
}  # fmt: skip
# Pages that stand under another one of their bar, whatever their address is.
UNDER = {
    "my-accuracy": "history",
    "my-checks": "history",
    "my-messages": "history",
    "messages": "batches",
    "ratings": "batches",
    "certificates": "qualifications",
    "payee": "earnings",
    "connect": "earnings",
}
# Pages of a side that not everybody who has the side may open: whose flag they need.
NEEDS = {
    "console-disputes": "is_moderator", "console-screening": "is_moderator", "console-reports": "is_moderator",
    "console-holds": "is_moderator",
    "console-people": "is_moderator", "console-switches": "is_admin",
    "console-books": "is_admin", "console-billing": "is_admin",
}  # fmt: skip
VISITOR = [(_("Charter"), "charter"), (_("Transparency"), "transparency")]


def _address(name: str) -> str:
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _links(pages: list[tuple[Any, str]], path: str) -> list[Link]:
    known = [(label, url) for label, name in pages if (url := _address(name))]
    path = next((_address(above) for name, above in UNDER.items() if _below(path, _address(name))), path)
    # The page itself, or the deepest page above it: /work/ is not current while /work/earnings/ is.
    current = max((url for _label, url in known if path.startswith(url)), key=len, default="")
    return [Link(label, url, url == current) for label, url in known]


def _below(path: str, address: str) -> bool:
    return bool(address) and path.startswith(address)


def _sides_of(user: Any) -> list[str]:
    flags = {
        "work": getattr(user, "works", False),
        "batches": getattr(user, "posts", False),
        "console": getattr(user, "is_moderator", False) or getattr(user, "is_admin", False),
    }
    return [side for side, has in flags.items() if has]


def build(user: Any, path: str) -> Nav:
    """The bar for a person on a page; on pages of no side, that of the first side the person has."""
    mine = _sides_of(user) if user is not None and user.is_authenticated else []
    if not mine:
        return Nav("visitor", _address("home"), _links(VISITOR, path), [])
    side = next((each for each in mine if path.startswith(SIDES[each][2])), mine[0])
    sides = [Link(SIDES[each][0], _address(SIDES[each][1]), each == side) for each in mine]
    pages = [(label, name) for label, name in SIDES[side][3] if getattr(user, NEEDS.get(name, "is_active"))]
    return Nav(side, sides[mine.index(side)].url, _links(pages, path), sides if len(mine) > 1 else [])


def nav(request: HttpRequest) -> dict[str, Any]:
    """Context processor: `nav`, `unread` (notices not opened, asked for only where a template shows it), and
    `source_url`, where the code of this deployment can be had (SOURCE_URL)."""
    user = getattr(request, "user", None)
    known = user is not None and user.is_authenticated
    return {
        "source_url": getattr(settings, "SOURCE_URL", ""),
        "nav": SimpleLazyObject(lambda: build(user, request.path)),
        "unread": SimpleLazyObject(lambda: notices.unread(user) if known else 0),  # type: ignore[arg-type]
    }
