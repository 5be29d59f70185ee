"""Restrictions: a named human keeps a person from claiming, with a reason, for a while or until lifted (M2, M3).

Payouts, exports, replies and appeals stay open to a restricted person (M4).
"""

import datetime as dt

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock, notices
from marketplace.base.errors import Forbidden, Invalid, Lost
from marketplace.base.models import User
from workers.models import Restriction


def in_force(user_id: int) -> Restriction | None:
    """The restriction that keeps this person from claiming now, if any."""
    now = clock.now()
    return (
        Restriction.objects.filter(user_id=user_id, lifted_at__isnull=True, starts_at__lte=now)
        .filter(Q(ends_at__isnull=True) | Q(ends_at__gt=now))
        .first()
    )


@transaction.atomic
def restrict(*, user: User, moderator: User, reason: str, ends_at: dt.datetime | None) -> Restriction:
    """Keep `user` from claiming until `ends_at` (UTC; None: until lifted) and tell them why at once.

    Raises Forbidden unless `moderator` is one and somebody else; Invalid without a reason.
    """
    _check(user, moderator)
    if not reason.strip():
        raise Invalid(fields={"reason": [_("Write the reason; the person will read it.")]})
    row = Restriction.objects.create(
        user=user, decided_by=moderator, reason=reason.strip(), starts_at=clock.now(), ends_at=ends_at
    )
    audit.record("workers:restriction:impose", user.public_id, actor=moderator, restriction=row.pk)
    notices.tell(user.pk, "restricted", str(row.pk), restriction=row.pk)
    return row


@transaction.atomic
def lift(*, restriction: Restriction, moderator: User) -> None:
    """End a restriction now.

    Raises Forbidden unless `moderator` is one and somebody else; Lost if somebody lifted it before.
    """
    _check(restriction.user, moderator)
    now = clock.now()
    changed = Restriction.objects.filter(pk=restriction.pk, lifted_at__isnull=True).update(
        lifted_at=now, lifted_by=moderator
    )
    if not changed:
        raise Lost
    audit.record(
        "workers:restriction:lift", restriction.user.public_id, actor=moderator, restriction=restriction.pk
    )
    notices.tell(restriction.user_id, "restriction_lifted", str(restriction.pk))


def _check(user: User, moderator: User) -> None:
    """Nobody decides about themselves (DESIGN §3)."""
    if not moderator.is_moderator or moderator.pk == user.pk:
        raise Forbidden(_("Only a moderator may do this, and never to themselves."))
