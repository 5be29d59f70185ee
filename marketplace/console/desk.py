"""A moderator's desk: which case they have for a while, what they began to write, whom they asked (docs/adr/0072).

Taking a case keeps it from colleagues until it is left or the time is over; it holds nothing else. Deciding is refused
by services where it must be; here it is only kept from two people at once.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock, conflicts, formats, opinions
from marketplace.base.errors import Refusal
from marketplace.base.models import CaseDraft, CaseLease, SecondOpinion, Stake, User
from tasks.models import Report
from tasks.services import reports
from tasks.services.conflicts import WORK

from . import queues, reasons, trace
from .queues import Item

DRAFT_DAYS = 30  # what nobody came back to is thrown away
BARRED = _("You decided this before, or agreed to it, so somebody else decides now.")
FIRST = 50  # cases of which "next" asks at once whether one has a part in them
MOST_DRAFT = 20_000  # characters of all fields together
_TAKE = """
    INSERT INTO base_caselease AS l (kind, number, moderator_id, taken_at, until, left_at)
    VALUES (%s, %s, %s, %s, %s, NULL)
    ON CONFLICT (kind, number) DO UPDATE
        SET moderator_id = EXCLUDED.moderator_id, taken_at = EXCLUDED.taken_at, until = EXCLUDED.until, left_at = NULL
        WHERE l.until <= EXCLUDED.taken_at OR l.moderator_id = EXCLUDED.moderator_id
    RETURNING l.id
"""


class Taken(Refusal):
    """A colleague has the case at the moment."""

    code = "case_taken"
    detail = _("%(who)s has this case just now. It comes back by itself at %(until)s, or when they leave it.")


@dataclass(frozen=True)
class Desk:
    """What a case page knows beside its evidence."""

    item: Item
    lease: CaseLease | None
    is_mine: bool
    opinions: list[SecondOpinion]
    to_answer: SecondOpinion | None  # asked of this moderator, or of anybody
    draft: dict[str, Any]
    templates: list[reasons.Filled]
    colleagues: list[User]
    moderator: User
    reader: str  # language in which the person reads the reason
    hindrance: str = ""  # why this moderator may read it and not decide it

    @property
    def blocked(self) -> bool:
        """Whether somebody else has it now."""
        return self.lease is not None and not self.is_mine

    @property
    def able(self) -> str:
        """Who may decide it, in words, where this moderator may not."""
        return able(self.item, besides=self.moderator)

    @property
    def agreement(self) -> SecondOpinion | None:
        """The latest question of this moderator about a heavy act, answered or not."""
        mine = [each for each in self.opinions if each.act and each.asked_by_id == self.moderator.pk]
        return mine[-1] if mine else None


def hindrances(items: Iterable[Item], user: User) -> dict[tuple[str, int], str]:
    """{(kind, number): why} of the cases that this moderator may not decide. One query, however many cases."""
    rows = list(items)
    parts = conflicts.found_in([item.for_conflicts for item in rows], moderator=user, function=WORK)
    found = {item.key: str(BARRED) for item in rows if user.pk in item.barred}
    return found | {key: str(conflicts.WHY[code]) for key, code in parts.items()}


def able(item: Item, *, besides: User) -> str:
    """Who may decide a case, in words: asked for when somebody, `besides`, may not."""
    people = conflicts.without_part(item.for_conflicts, function=WORK)
    names = [person.short_name for person in people if person.pk not in (besides.pk, *item.barred)]
    if not names:
        return gettext("Nobody who moderates here can: an administrator has to name another moderator.")
    return gettext("These can: %(names)s.") % {"names": ", ".join(names)}


def require(item: Item, user: User) -> None:
    """Raises ConflictOfInterest, which says who may decide it instead."""
    parts = conflicts.found_in([item.for_conflicts], moderator=user, function=WORK)
    if parts:
        raise conflicts.ConflictOfInterest(f"{conflicts.WHY[parts[item.key]]} {able(item, besides=user)}")


def open_case(request: HttpRequest, item: Item, *, reader: str = "", **values: str) -> Desk:
    """The desk of a case for who opened its page, written down as seen. Raises ConflictOfInterest.

    `reader` is the language of who reads the reason, `values` fill the templates of reasons.
    """
    user: User = request.user  # type: ignore[assignment]
    trace.about(request, item.public_id, item.people)
    require(item, user)
    asked = list(opinions.of_case(item.kind, item.number))
    lease = holder(item)
    draft = CaseDraft.objects.filter(kind=item.kind, number=item.number, moderator=user).first()
    names = {"batch": item.batch.title if item.batch else "", **values}
    return Desk(
        item=item,
        lease=lease,
        is_mine=lease is not None and lease.moderator_id == user.pk,
        opinions=asked,
        to_answer=next((each for each in asked if _may_answer(each, user, item.barred)), None),
        draft=draft.values if draft else {},
        templates=reasons.of(queues.queue_of(item.kind).key, reader or user.locale, names),
        colleagues=list(
            User.objects.filter(is_moderator=True, is_active=True).exclude(pk=user.pk).order_by("name", "pk")
        ),
        moderator=user,
        reader=reader or user.locale,
        hindrance=str(BARRED) if user.pk in item.barred else "",
    )


def _may_answer(row: SecondOpinion, user: User, barred: tuple[int, ...]) -> bool:
    open_ = row.answered_at is None and row.asked_by_id != user.pk and user.pk not in barred
    return open_ and row.asked_of_id in (None, user.pk)


# --- who has what ---------------------------------------------------------------------------------------------


def holder(item: Item) -> CaseLease | None:
    """Who has the case now."""
    rows = CaseLease.objects.filter(kind=item.kind, number=item.number, until__gt=clock.now())
    return rows.select_related("moderator").first()


def holders(items: Iterable[Item]) -> dict[tuple[str, int], CaseLease]:
    """Who has which of these cases now. One query."""
    wanted = {(item.kind, item.number) for item in items}
    rows = CaseLease.objects.filter(until__gt=clock.now(), kind__in={kind for kind, _number in wanted})
    found = {(row.kind, row.number): row for row in rows.select_related("moderator")}
    return {key: row for key, row in found.items() if key in wanted}


def loads() -> list[tuple[User, int]]:
    """How many cases each person has now, by name: to share work, never to compare people (charter C6)."""
    rows = CaseLease.objects.filter(until__gt=clock.now()).select_related("moderator")
    people = {row.moderator_id: row.moderator for row in rows}
    counts = Counter(row.moderator_id for row in rows)
    return sorted(
        ((people[key], n) for key, n in counts.items()), key=lambda pair: (pair[0].short_name, pair[0].pk)
    )


def take(item: Item, user: User) -> bool:
    """Have a case for `settings.CASE_LEASE_MINUTES`. False: somebody else has it.

    One statement: of two at once, the second waits for the first to commit and then finds it taken. Raises
    ConflictOfInterest, also for who decided it before.
    """
    require(item, user)
    if user.pk in item.barred:
        raise conflicts.ConflictOfInterest(f"{BARRED} {able(item, besides=user)}")
    now = clock.now()
    until = now + dt.timedelta(minutes=settings.CASE_LEASE_MINUTES)
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [item.kind, item.number, user.pk, now, until])
        taken = cursor.fetchone() is not None
    if taken:
        audit.record("console:case:take", item.public_id, actor=user)
        if item.kind == "rep":
            _say_it_is_looked_at(item, user)
    return taken


def _say_it_is_looked_at(item: Item, user: User) -> None:
    """Whoever reported it sees that somebody looks; a decided report, back for a complaint, says so already."""
    with suppress(Refusal):
        reports.take(report=Report.objects.get(pk=item.number), moderator=user)


def leave(item: Item, user: User) -> None:
    """Give a case back; "next" offers it to this person again only after others had the time to."""
    now = clock.now()
    rows = CaseLease.objects.filter(kind=item.kind, number=item.number, moderator=user, until__gt=now)
    if rows.update(until=now, left_at=now):
        audit.record("console:case:leave", item.public_id, actor=user)


def next_case(user: User) -> Item | None:
    """Take the case promised first, over all queues that this person may work in; None when there is none.

    Not those that a colleague has, that they have a part in, or that they left a short while ago.
    """
    shut = _shut_to(user)
    found = [
        item for queue in queues.of(user) if queue.by_next for item in queue.items() if item.key not in shut
    ]
    found.sort(key=queues.order)
    for some in (found[:FIRST], found[FIRST:]):
        hindered = hindrances(some, user)
        for item in some:
            if item.key not in hindered and take(item, user):
                return item
    return None


def _shut_to(user: User) -> set[tuple[str, int]]:
    """Cases that others have, that this person left lately, or in which they said to have a stake."""
    now = clock.now()
    lately = now - dt.timedelta(minutes=settings.CASE_LEASE_MINUTES)
    had = CaseLease.objects.filter(until__gt=now).exclude(moderator=user)
    left = CaseLease.objects.filter(moderator=user, left_at__gt=lately)
    stakes = Stake.objects.filter(moderator=user)
    return {pair for rows in (had, left, stakes) for pair in rows.values_list("kind", "number")}


def require_free(item: Item, user: User) -> None:
    """Before a decision. Raises Taken while a colleague has the case."""
    lease = holder(item)
    if lease is not None and lease.moderator_id != user.pk:
        raise Taken(who=lease.moderator.short_name, until=formats.hour(lease.until))


def done(item: Item) -> None:
    """After a decision: nobody has it any more, and what was begun about it goes."""
    CaseLease.objects.filter(kind=item.kind, number=item.number).delete()
    CaseDraft.objects.filter(kind=item.kind, number=item.number).delete()
    now = clock.now()
    CaseDraft.objects.filter(saved_at__lt=now - dt.timedelta(days=DRAFT_DAYS)).delete()
    CaseLease.objects.filter(until__lt=now - dt.timedelta(days=1)).delete()


# --- drafts ---------------------------------------------------------------------------------------------------


def keep(item: Item, user: User, values: dict[str, str]) -> None:
    """Keep what was begun, in the place of what was kept before; nothing typed keeps nothing."""
    said = {name: value for name, value in values.items() if value.strip() and "\x00" not in name}
    rows = CaseDraft.objects.filter(kind=item.kind, number=item.number, moderator=user)
    if not said or sum(map(len, said.values())) > MOST_DRAFT:
        rows.delete()
        return
    CaseDraft.objects.update_or_create(
        kind=item.kind, number=item.number, moderator=user,
        defaults={"values": {name: value.replace("\x00", "") for name, value in said.items()}, "saved_at": clock.now()},
    )  # fmt: skip
