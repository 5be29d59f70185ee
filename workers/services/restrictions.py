"""Restrictions: a named human keeps a person from claiming, or from their account, for a while or until lifted, with a
statement of reasons that the person reads the same day (charter M2, M3).

Money, data, replies, appeals and complaints stay open, and so does the work in hand (M4). `User.is_suspended` only says
that there may be a restriction of the whole account: the row here is what counts.
"""

import datetime as dt
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock, conflicts, ids, notices, opinions
from marketplace.base.errors import Forbidden, Invalid, Lost, NotFound
from marketplace.base.models import User
from workers.models import Award, Restriction

from . import complaints
from .complaints import Decision

Scope, Ground, Source = Restriction.Scope, Restriction.Ground, Restriction.Source
# What the person reads of each scope.
TITLES: dict[str, Any] = {
    Scope.CLAIMS: _("You take no new tasks for a while"),
    Scope.ACCOUNT: _("Your account is closed, but for money, data and complaints"),
}


def _standing(now: dt.datetime) -> Q:
    ends = Q(ends_at__isnull=True) | Q(ends_at__gt=now)
    return ends & Q(lifted_at__isnull=True, starts_at__lte=now)


def in_force(user_id: int) -> Restriction | None:
    """The restriction that keeps this person from claiming now, if any; the widest one first."""
    rows = Restriction.objects.filter(_standing(clock.now()), user_id=user_id)
    return rows.select_related("decided_by").order_by("scope", "pk").first()


def suspension(user_id: int) -> Restriction | None:
    """The restriction that closes this person's account now, if any."""
    rows = Restriction.objects.filter(_standing(clock.now()), user_id=user_id, scope=Scope.ACCOUNT)
    return rows.select_related("decided_by").order_by("pk").first()


@transaction.atomic
def restrict(
    *,
    user: User,
    moderator: User,
    reason: str,
    ends_at: dt.datetime | None,
    scope: str = Scope.CLAIMS,
    ground: str = Ground.OTHER,
    source: str = Source.FOUND,
) -> Restriction:
    """Keep `user` from claiming, or from their account, until `ends_at` (UTC; None: until lifted) and tell them why.

    Raises Forbidden unless `moderator` is one and somebody else, ConflictOfInterest for who has a part in it; Invalid
    without a reason or for a word of no list; SecondNeeded for a long one that nobody else has agreed to.
    """
    _check(user, moderator)
    fields: dict[str, list[object]] = {}
    if not reason.strip() or "\x00" in reason:
        fields["reason"] = [_("Write the reason; the person will read it.")]
    for name, value, known in (
        ("scope", scope, Scope),
        ("ground", ground, Ground),
        ("source", source, Source),
    ):
        if value not in known.values:
            fields[name] = [_("Choose one of these.")]
    if fields:
        raise Invalid(fields=fields)
    now = clock.now()
    heavy = opinions.is_long(now - _alone(user, now), ends_at)
    with conflicts.refused():
        row = Restriction.objects.create(
            user=user, decided_by=moderator, reason=reason.strip(), starts_at=now, ends_at=ends_at, scope=scope,
            ground=ground, source=source, needs_second=heavy,
            second_by=_second(user, moderator, ends_at, scope) if heavy else None,
        )  # fmt: skip
    if scope == Scope.ACCOUNT:
        User.objects.filter(pk=user.pk).update(is_suspended=True)
        user.is_suspended = True
    audit.record(
        "workers:restriction:impose", user.public_id, actor=moderator, restriction=row.pk, scope=scope
    )
    notices.tell(user.pk, "restricted", str(row.pk), restriction=row.pk)
    return row


@transaction.atomic
def lift(*, restriction: Restriction, moderator: User) -> None:
    """End a restriction now.

    Raises Forbidden unless `moderator` is one and somebody else; Lost if somebody lifted it before.
    """
    _check(restriction.user, moderator)
    if not _end(restriction, moderator):
        raise Lost
    audit.record(
        "workers:restriction:lift", restriction.user.public_id, actor=moderator, restriction=restriction.pk
    )
    notices.tell(restriction.user_id, "restriction_lifted", str(restriction.pk))


def _end(restriction: Restriction, moderator: User) -> bool:
    """Lift it, and open the account when nothing else closes it. False: it was lifted before."""
    with conflicts.refused():
        changed = Restriction.objects.filter(pk=restriction.pk, lifted_at__isnull=True).update(
            lifted_at=clock.now(), lifted_by=moderator
        )
    if changed and suspension(restriction.user_id) is None:
        User.objects.filter(pk=restriction.user_id, is_suspended=True).update(is_suspended=False)
    return bool(changed)


def act_of(scope: str) -> str:
    """What somebody agrees to who agrees to a restriction of this scope."""
    return opinions.CLOSE if scope == Scope.ACCOUNT else opinions.RESTRICT


def _alone(user: User, now: dt.datetime) -> dt.timedelta:
    """For how long one person alone has restricted this person lately: short ones in a row are as long as their sum."""
    since = now - dt.timedelta(days=settings.SECOND_LOOK_DAYS)
    rows = Restriction.objects.filter(
        user=user, needs_second=False, overturned_at__isnull=True, ends_at__gt=since
    ).values_list("starts_at", "ends_at", "lifted_at")
    spans = [(start, min(filter(None, [end, lifted, now]))) for start, end, lifted in rows]
    return sum((end - start for start, end in spans if end > since), dt.timedelta())


def _second(user: User, moderator: User, ends_at: dt.datetime | None, scope: str) -> User:
    """Who agreed to this restriction since the last one. Raises SecondNeeded."""
    last = Restriction.objects.filter(user=user).order_by("-starts_at").values_list("starts_at", flat=True)
    return opinions.agreed(
        kind="usr", number=user.pk, moderator=moderator, act=act_of(scope), until=ends_at,
        after=last.first(), people=[user.pk],
    )  # fmt: skip


def open_ended() -> int:
    """Take the mark from the accounts whose restriction has ended by itself. Returns how many. For the clock: the mark
    alone closes nothing."""
    closed = Restriction.objects.filter(_standing(clock.now()), scope=Scope.ACCOUNT).values("user_id")
    return User.objects.filter(is_suspended=True).exclude(pk__in=closed).update(is_suspended=False)


def history(user: User) -> list[Restriction]:
    """What was decided about a person and still counts, newest first: nothing that was taken back (charter M5)."""
    rows = Restriction.objects.filter(user=user, overturned_at__isnull=True)
    return list(rows.select_related("decided_by", "lifted_by").order_by("-pk")[:50])


def _check(user: User, moderator: User) -> None:
    """Nobody decides about themselves (DESIGN §3)."""
    if not moderator.is_moderator or moderator.pk == user.pk:
        raise Forbidden(_("Only a moderator may do this, and never to themselves."))
    conflicts.require_none(kind="usr", number=user.pk, moderator=moderator, people=[user.pk])


# --- complaints (charter M4, M5) ------------------------------------------------------------------------------------


class Kind:
    """How a complaint about a restriction finds it, and takes it back."""

    about = "restriction"

    def find(self, subject: str) -> Decision:
        row = (
            Restriction.objects.select_related("user", "decided_by", "second_by")
            .filter(pk=ids.decode("rst", subject))
            .first()
        )
        if row is None:
            raise NotFound
        return self._decision(row)

    def of(self, user: User) -> list[Decision]:
        rows = (
            Restriction.objects.filter(user=user)
            .select_related("user", "decided_by", "second_by")
            .order_by("-pk")
        )
        return [self._decision(row) for row in rows[:50]]

    def _decision(self, row: Restriction) -> Decision:
        now = clock.now()
        over = row.lifted_at or (row.ends_at if row.ends_at and row.ends_at <= now else None)
        return Decision(
            about=self.about, subject=row.public_id, title=TITLES[row.scope], reason=row.reason,
            decided_by=row.decided_by, decided_at=row.starts_at, ends_at=row.ends_at, over_at=over,
            rests_on=row.get_ground_display(), source=row.get_source_display(),
            people=frozenset({row.user_id}), second_by=row.second_by,
        )  # fmt: skip

    def take_back(self, subject: str, moderator: User) -> None:
        """It ends now, counts in nothing any more, and what ran out meanwhile is given the lost time back."""
        row = Restriction.objects.select_for_update(no_key=True).get(pk=ids.decode("rst", subject))
        now = clock.now()
        ended = min(row.lifted_at or now, row.ends_at or now)
        _end(row, moderator)
        Restriction.objects.filter(pk=row.pk).update(overturned_at=now)
        held = Award.objects.filter(
            user=row.user_id, granted_at__lte=row.starts_at, expires_at__gt=row.starts_at,
            revoked_at__isnull=True, superseded_at__isnull=True,
        )  # fmt: skip
        held.update(expires_at=F("expires_at") + (ended - row.starts_at))


complaints.register(Kind())
