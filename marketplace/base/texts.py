"""The texts of notices: what a person reads, in the product and by mail, for each kind of news (DESIGN §6.7).

Each app writes the texts of its own kinds in its `texts.py`, found at start-up. A text is made when it is read,
in the reader's language and time zone, from the ids and amounts that the notice holds: it says what
happened, what happens next, and by when.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from . import ids
from .errors import NotFound
from .models import Notice


@dataclass(frozen=True)
class Text:
    """`subject` without a full stop; `lines` are sentences; `url` is a path of the site, `action` the words on it."""

    subject: str
    lines: tuple[str, ...]
    url: str = ""
    action: str = ""

    @property
    def link(self) -> str:
        """The whole address, for a mail."""
        return settings.BASE_URL.rstrip("/") + self.url if self.url else ""


class Things(dict[str, Any]):
    """What the public ids in some notices stand for: `things["bat_…"]`; None for what is gone."""

    def __missing__(self, public_id: str) -> None:
        return None


Writer = Callable[[dict[str, Any], Things], Text]
Loader = Callable[[set[str]], dict[str, Any]]
writers: dict[str, Writer] = {}
loaders: dict[str, Loader] = {}


def numbers_of(prefix: str, public_ids: set[str]) -> dict[int, str]:
    """The public ids by their row numbers, without those that are none: what a loader looks for."""
    found = {}
    for public_id in public_ids:
        try:
            found[ids.decode(prefix, public_id)] = public_id
        except NotFound:
            continue
    return found


def of(*kinds: str) -> Callable[[Writer], Writer]:
    """Register the function that writes the text of notices of these kinds, from their data."""

    def register(function: Writer) -> Writer:
        for kind in kinds:
            assert kind not in writers, f"two texts for {kind}"
            writers[kind] = function
        return function

    return register


def loads(prefix: str) -> Callable[[Loader], Loader]:
    """Register the function that fetches, in one go, the things behind public ids of a prefix such as "bat"."""

    def register(function: Loader) -> Loader:
        assert prefix not in loaders, f"two loaders for {prefix}"
        loaders[prefix] = function
        return function

    return register


def read(notices: Iterable[Notice]) -> list[tuple[Notice, Text]]:
    """Each notice with its text, in the active language; one query for each sort of thing they speak of.

    Raises KeyError for a kind that has no text.
    """
    rows = list(notices)
    wanted: dict[str, set[str]] = {}
    for notice in rows:
        for value in notice.data.values():
            prefix = value.partition("_")[0] if isinstance(value, str) else ""
            if prefix in loaders:
                wanted.setdefault(prefix, set()).add(value)
    things = Things()
    for prefix, public_ids in wanted.items():
        things.update(loaders[prefix](public_ids))
    return [(notice, _write(notice, things)) for notice in rows]


def _write(notice: Notice, things: Things) -> Text:
    text = writers[notice.kind](notice.data | {"kind": notice.kind}, things)
    return replace(text, lines=tuple(line for line in text.lines if line))


def complain_line() -> str:
    """Where to complain about a decision that has a statement of reasons (charter M3, M4)."""
    return _(
        "If you think this is wrong, say so under “Decisions about you” (%(address)s), for six months from now: another"
        " person looks at it and answers within %(days)s days."
    ) % {
        "address": settings.BASE_URL.rstrip("/") + reverse("decisions"),
        "days": settings.COMPLAINT_DAYS,
    }


def contest_line() -> str:
    """How to contest what a person decided about somebody where no page asks for it (charter M3, M4)."""
    return _(
        "If you think this is wrong, write to %(address)s: another person looks at it and answers within %(days)s"
        " days."
    ) % {
        "address": settings.CONTACT_EMAIL,
        "days": settings.DECISION_DAYS,
    }
