"""Who may claim what, now. One query tells all that the rules need to know of a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import connection

from marketplace.base import clock
from marketplace.base.errors import Refusal
from marketplace.base.models import User
from payments.errors import NoPayoutWay
from payments.services import ways
from tasks.errors import (
    BatchAskedToChange,
    BatchNotOpen,
    BatchRests,
    CountryNotAsked,
    Lack,
    NoProfile,
    NotLetInYet,
    OwnOrganisation,
    Restricted,
    ScreenedOut,
)
from tasks.forms import compile_form
from tasks.models import Assignment, Batch

from . import conditions, distress, prices

_RESTS: dict[str, type[BatchNotOpen]] = {
    Batch.PausedFor.PAYMENT: BatchRests,
    Batch.PausedFor.REPORT: BatchAskedToChange,
}


@dataclass(frozen=True)
class Standing:
    """What the rules know of a person: country ('' without a profile), organisations, whether claims are paused, and
    whether a way of ours brings money to their country."""

    user_id: int
    country: str
    organisations: frozenset[int]
    restricted: bool
    payable: bool = True
    distress: frozenset[str] | None = None  # labels that the person chose, where they have been read
    waits: bool = False  # not let in yet (charter C4)


def standing(user: User) -> Standing:
    """Read a person's standing: one round trip, on the path of every claim."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT country, organisations, restricted, waits FROM tasks_standing(%s, %s)",
            [user.pk, clock.now()],
        )
        country, organisations, restricted, waits = cursor.fetchone()
    payable = not country or ways.is_reached(country)
    return Standing(user.pk, country, frozenset(organisations), restricted, payable, waits=waits)


def check(who: Standing, batch: Batch, lacks: Mapping[int, Sequence[Lack]] | None = None) -> None:
    """Raises the first reason why this person can't claim in this batch now; returns when they can.

    The cap and the number of tasks in hand are tested by the claim itself, where they can't be overtaken. A batch
    without conditions asks the database nothing; `lacks` is what `conditions.lacking` has found for many at once.
    """
    if not who.country:
        raise NoProfile
    if not who.payable:
        raise NoPayoutWay
    if who.restricted:
        raise Restricted
    if who.waits and not batch.is_private:
        raise NotLetInYet
    if batch.state != Batch.State.PUBLISHED:
        raise _RESTS.get(batch.paused_for, BatchNotOpen)
    if batch.organisation_id in who.organisations:
        raise OwnOrganisation
    if batch.countries and who.country not in batch.countries:
        raise CountryNotAsked
    prices.check_worker_floor(batch, who.country)
    distress.require(who.user_id, batch, who.distress)
    if batch.conditions:
        conditions.require(who.user_id, batch, lacks)


def screened(who: Standing, batch: Batch) -> Refusal | None:
    """The reason why somebody whom a batch has screened out takes no more of it: they would be asked the same again.

    Asks the database only where the form has a question that screens.
    """
    if not compile_form(batch.form).screening:
        return None
    ended = Assignment.objects.filter(worker_id=who.user_id, batch=batch, state=Assignment.State.COMPENSATED)
    return ScreenedOut() if ended.exists() else None


def refusal(who: Standing, batch: Batch, lacks: Mapping[int, Sequence[Lack]] | None = None) -> Refusal | None:
    """As `check`, but hands the reason back: for pages that list what is closed and why."""
    try:
        check(who, batch, lacks)
    except Refusal as reason:
        return reason
    return None
