"""What the page "My data" says: what is kept by kind, from the register; who looked; for how long."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.utils.translation import gettext_lazy as _

from marketplace.base.models import AuditEvent, User

from . import columns, erasure, retention

MOST_VIEWS = 50  # the newest ones on the page; the export has them all

# Each kind of the register that can be a person's: what it is, why it is kept, what leaving does with it.
KINDS: dict[str, tuple[Any, Any, Any]] = {
    "identity": (
        _("Who you are: name, language, time zone, country, date of birth, names on certificates"),
        _("To speak your language, to pay the floor of your country, and because one must be of age"),
        _("removed"),
    ),
    "contact": (_("E-mail addresses"), _("To let you in and to tell you things"), _("removed")),
    "secret": (
        _("Password (scrambled), second factor, sessions, keys of programs"),
        _("So that nobody else gets in"),
        _("removed"),
    ),
    "bank": (_("Where your money goes"), _("To pay you"), _("removed, or sealed where tax law wants it")),
    "tax": (
        _("Tax residence, tax number, place of birth"),
        _("The tax office is told once a year what you earned"),
        _("sealed for the tax office, then destroyed"),
    ),
    "words": (
        _("What you wrote: replies, appeals, reports, requests, ratings, messages"),
        _("So that a person can decide about it, or answer you"),
        _("removed; that you wrote something stays"),
    ),
    "answer": (
        _("Your answers, drafts, photos and recordings"),
        _("It is what you are paid for"),
        _("answers stay with who asked, without a link to you; photos, recordings and drafts are removed"),
    ),
    "case": (
        _("What others wrote about you: objections, decisions, reasons"),
        _("Decisions must be open to be checked"),
        _("stays, with your name and addresses taken out"),
    ),
    "record": (
        _("What you did and hold: tasks, times, qualifications, notices, memberships"),
        _("To pay you, and to show you your record"),
        _("removed, or kept under a number that leads to nobody"),
    ),
    "book": (
        _("Amounts in the books"),
        _("The law has books kept"),
        _("kept under a number that leads to nobody"),
    ),
}


@dataclass(frozen=True, slots=True)
class Kept:
    """One kind of thing; `there` says whether anything of it is kept of this person now."""

    what: Any
    why: Any
    leaving: Any
    there: bool


def kept(user: User) -> list[Kept]:
    """Each kind that the register knows of people, and whether this person has any."""
    found = []
    for kind, (what, why, leaving) in KINDS.items():
        lines = [column for column in columns.register().values() if column.kind == kind and column.list]
        found.append(Kept(what, why, leaving, kind in ALWAYS or any(_has(user, line) for line in lines)))
    return found


ALWAYS = frozenset({"identity", "contact", "secret"})


def _has(user: User, column: columns.Column) -> bool:
    """Whether a line has rows of this person, as far as it says how they are found."""
    if column.person in {"", "all"} or column.person == "pk":
        return _has_by_key(user, column.model)
    return erasure.of_person(column, user, [user.email]).exists()


def _has_by_key(user: User, model: str) -> bool:
    """Lines that stay say no path: their table has a key to the person."""
    keys = [
        line.name
        for line in columns.register().values()
        if line.model == model and line.kind == "link" and line.list
    ]
    rows = apps.get_model(model)._default_manager
    return any(rows.filter(**{key: user.pk}).exists() for key in keys)


def clocks() -> list[retention.Clock]:
    """For how long what is kept."""
    return list(retention.CLOCKS)


@dataclass(frozen=True, slots=True)
class Look:
    """Somebody of the console opened or changed something of the person: when, in which part, what, for which case."""

    at: dt.datetime
    who: Any
    what: Any
    page: str
    case: str


_DID = {
    "view": _("opened a page about you"),
    "act": _("did something there"),
    "refused": _("was kept out, having a part in it"),
}


def looks(user: User) -> list[Look]:
    """The newest of them. Who it was is not told by name: whoever decides signs, and a look is answered for by the
    whole house, which sees each name (`console-looks`)."""
    rows = AuditEvent.objects.filter(subject=user.public_id).exclude(actor_id=user.pk)
    seen = list(rows.exclude(actor_id__isnull=True).order_by("-at", "-pk")[:MOST_VIEWS])
    people = User.objects.in_bulk({row.actor_id for row in seen if row.actor_id})
    return [_look(row, people.get(row.actor_id or 0)) for row in seen]


def _look(row: AuditEvent, actor: User | None) -> Look:
    source, page, action = [*row.tag.split(":"), "", ""][:3]
    who = _("a moderator") if actor and actor.is_moderator else _("an administrator")
    if actor is None or not actor.needs_second_factor:
        who = _("somebody here")
    what = _DID.get(action) if source == "console" else None
    return Look(row.at, who, what or _("decided or changed something"), page, str(row.data.get("case", "")))
