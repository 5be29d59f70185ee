"""Pairs of accounts with the same payout details, as the desk sees them: which wait for a person, and why.

Here and not in payments, which knows nothing of restrictions: somebody who was restricted and came back under a new
account is put before a moderator, who decides whether to restrict anew. Nothing follows by itself (charter M2).
"""

from dataclasses import dataclass

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from marketplace.base.models import User
from payments.models import PersonPair
from payments.services import cap, payees, persons
from payments.services.cap import CapStanding
from workers.models import Restriction


def _restricted(rows: QuerySet[PersonPair]) -> QuerySet[PersonPair]:
    """With `was_restricted`: whether one of the two was under a restriction when what is equal was found."""
    either = Q(user=OuterRef("first")) | Q(user=OuterRef("second"))
    runs = Q(ends_at__isnull=True) | Q(ends_at__gt=OuterRef("changed_at"))
    stood = Restriction.objects.filter(
        either,
        runs,
        lifted_at__isnull=True,
        overturned_at__isnull=True,
        starts_at__lte=OuterRef("changed_at"),
    )
    return rows.annotate(was_restricted=Exists(stood))


def was_restricted(row: PersonPair) -> bool:
    """Whether a row of this module says so."""
    return bool(getattr(row, "was_restricted", False))


def waiting() -> QuerySet[PersonPair]:
    """What a person has to decide: an account alone that is equal, an objection, somebody restricted who came back, and
    what was decided before more was found."""
    rows = _restricted(
        PersonPair.objects.filter(persons.UNDECIDED).select_related("first", "second", "decided_by")
    )
    open_ = (
        Q(by_tin=False, by_name=False)
        | Q(objected_at__isnull=False)
        | Q(was_restricted=True)
        | ~Q(outcome="")
    )
    return rows.filter(open_).order_by("changed_at", "pk")


def decided() -> QuerySet[PersonPair]:
    """What was decided, for pages by cursor."""
    rows = PersonPair.objects.exclude(persons.UNDECIDED).select_related("first", "second", "decided_by")
    return _restricted(rows)


def find(public_id: str) -> PersonPair:
    """A pair with `was_restricted`. Raises NotFound."""
    return _restricted(PersonPair.objects.select_related("first", "second", "decided_by")).get(
        pk=persons.find(public_id).pk
    )


def what(row: PersonPair) -> str:
    """What is equal, in words."""
    if row.by_tin:
        return _("the same tax number")
    if row.by_name:
        return _("the same bank account or mobile number, and name")
    return _("the same bank account or mobile number, under another name")


@dataclass(frozen=True)
class Side:
    """One of the two. `legal_name` is empty for who gave none, or left; `restrictions` stood when it was found."""

    user: User
    legal_name: str
    cap: CapStanding
    own_micros: int
    restrictions: list[Restriction]


def side(row: PersonPair, user: User) -> Side:
    """What the case page shows of one of the two."""
    payee, standing = payees.of(user), cap.standing(user)
    runs = Q(ends_at__isnull=True) | Q(ends_at__gt=row.changed_at)
    stood = Restriction.objects.filter(
        runs, user=user, lifted_at__isnull=True, overturned_at__isnull=True, starts_at__lte=row.changed_at
    )
    return Side(
        user,
        payee.legal_name if payee else "",
        standing,
        standing.used - standing.elsewhere,
        list(stood.select_related("decided_by").order_by("pk")),
    )
