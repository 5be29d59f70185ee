"""Hours of shared equipment: first come, first served; fair while others wait; free to cancel until they begin.

Whoever holds a booking has priority over nobody else's earnings: a booking is read by no claim and no ranking. Whether
somebody came is not written down, so to stay away costs nothing (ADR 71).
"""

import datetime as dt
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.db.models import ExpressionWrapper, F, QuerySet, Sum, fields
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock, ids, notices
from marketplace.base.errors import Invalid, Lost, NotFound, Refusal
from marketplace.base.models import User
from workers.models import Booking, BookingWait, Centre, CentreMembership, Equipment

from . import centres, opening


class NoSlot(Refusal):
    """There is no such slot: not in the opening hours, begun already, or too far away."""

    code = "no_slot"
    detail = _("This time can't be booked: it has begun, is too far away, or the centre is closed then.")


class Taken(Refusal):
    """All of it is booked then."""

    code = "taken"
    detail = _("Somebody was faster: all of it is booked then. You can wait for it, or take another time.")


class StillFree(Refusal):
    """One waits only for what is taken."""

    code = "still_free"
    detail = _("It is free then: you can book it at once.")


class Twice(Refusal):
    """The member has it at that time."""

    code = "booked_already"
    detail = _("You have booked it at that time.")


class HadYourShare(Refusal):
    """More than the weekly hours, while others wait for the same thing in the same week."""

    code = "had_your_share"
    detail = _(
        "You have booked your %(hours)s hours of it in that week, and others wait for it. When nobody waits any more,"
        " you can book more."
    )


@transaction.atomic
def book(*, membership: CentreMembership, equipment: Equipment, starts_at: dt.datetime) -> Booking:
    """Take one of it for the slot that begins then. Locks the equipment, so of two at once the first has it.

    Raises NotFound, NoSlot, Twice, HadYourShare, Taken.
    """
    equipment = _locked(equipment, membership)
    slot = _slot(equipment, starts_at)
    _not_twice(membership, equipment, slot)
    if _over_share(membership, equipment, slot) and _others_wait(membership, equipment, slot):
        raise HadYourShare(hours=equipment.centre.weekly_hours)
    unit = _free_unit(equipment, slot)
    if unit is None:
        raise Taken
    BookingWait.objects.filter(
        membership=membership, equipment=equipment, starts_at=slot.starts_at, ended_at__isnull=True
    ).update(ended_at=clock.now())
    return _take(membership, equipment, slot, unit)


@transaction.atomic
def wait(*, membership: CentreMembership, equipment: Equipment, starts_at: dt.datetime) -> BookingWait:
    """Ask for a slot that is taken: when it becomes free it is booked for the first who asked. Once more changes
    nothing. Raises NotFound, NoSlot, Twice, StillFree."""
    equipment = _locked(equipment, membership)
    slot = _slot(equipment, starts_at)
    _not_twice(membership, equipment, slot)
    if _free_unit(equipment, slot) is not None:
        raise StillFree
    row, _made = BookingWait.objects.get_or_create(
        membership=membership, equipment=equipment, starts_at=slot.starts_at, ended_at=None,
        defaults={"ends_at": slot.ends_at, "made_at": clock.now()},
    )  # fmt: skip
    return row


@transaction.atomic
def stop_waiting(*, membership: CentreMembership, equipment: Equipment, starts_at: dt.datetime) -> None:
    """Ask for a slot no more. Once more changes nothing."""
    BookingWait.objects.filter(
        membership=membership, equipment=equipment, starts_at=starts_at, ended_at__isnull=True
    ).update(ended_at=clock.now())


@transaction.atomic
def cancel(*, booking: Booking, user: User) -> None:
    """Give a booking back until it begins: it costs nothing. Raises NotFound, Lost."""
    if booking.membership.user_id != user.pk:
        raise NotFound
    free(booking, actor=user, reason="")


@transaction.atomic
def call_off(*, booking: Booking, actor: User, reason: str) -> None:
    """Somebody who runs the centre cancels a booking, with a reason that the member reads. Raises NotFound, Invalid,
    Lost."""
    centres.require(booking.equipment.centre, actor)
    reason = reason.strip()
    if not 0 < len(reason) <= 400:
        raise Invalid(fields={"reason": [_("Write why: the person reads it word for word.")]})
    free(booking, actor=actor, reason=reason, hand_on=False)
    notices.tell(
        booking.membership.user_id, "booking_called_off", booking.public_id, booking=booking.public_id
    )
    audit.record(
        "workers:booking:call-off", booking.equipment.centre.public_id, actor=actor, booking=booking.public_id
    )


def free(booking: Booking, *, actor: User, reason: str, hand_on: bool = True) -> None:
    """Take a booking that has not begun from its member, and give the slot to who waits for it, unless the centre
    itself needs it. In the caller's transaction; locks the equipment. Raises Lost."""
    now = clock.now()
    equipment = Equipment.objects.select_for_update(no_key=True).get(pk=booking.equipment_id)
    mine = Booking.objects.filter(pk=booking.pk, cancelled_at__isnull=True, starts_at__gt=now)
    if not mine.update(cancelled_at=now, cancelled_by=actor, cancel_reason=reason):
        raise Lost
    if hand_on:
        _hand_on(equipment, opening.Slot(booking.starts_at, booking.ends_at), booking.unit)


def _hand_on(equipment: Equipment, slot: opening.Slot, unit: int) -> None:
    """Book a slot that became free for who waits: those within their weekly hours first, then as they asked."""
    if unit > equipment.number or equipment.retired_at is not None:
        return
    waiting = BookingWait.objects.select_related("membership").filter(
        equipment=equipment,
        starts_at=slot.starts_at,
        ended_at__isnull=True,
        membership__ended_at__isnull=True,
    )
    rows = [row for row in waiting.order_by("made_at", "pk") if not _has(row.membership, equipment, slot)]
    if not rows:
        return
    rows.sort(
        key=lambda row: _over_share(row.membership, equipment, slot)
    )  # stable: the order of asking stays
    BookingWait.objects.filter(pk=rows[0].pk).update(ended_at=clock.now())
    made = _take(rows[0].membership, equipment, slot, unit)
    notices.tell(rows[0].membership.user_id, "booking_yours", made.public_id, booking=made.public_id)


def _take(membership: CentreMembership, equipment: Equipment, slot: opening.Slot, unit: int) -> Booking:
    return Booking.objects.create(
        membership=membership, equipment=equipment, unit=unit, starts_at=slot.starts_at, ends_at=slot.ends_at,
        made_at=clock.now(),
    )  # fmt: skip


# --- What is free -------------------------------------------------------------------------------------------------


def zone_of(centre: Centre) -> ZoneInfo:
    return ZoneInfo(centre.time_zone)


def _locked(equipment: Equipment, membership: CentreMembership) -> Equipment:
    """The equipment, locked, of the member's own open centre. Raises NotFound."""
    rows = Equipment.objects.select_for_update(no_key=True, of=("self",)).select_related("centre")
    found = rows.filter(pk=equipment.pk, centre=membership.centre_id, retired_at__isnull=True).first()
    lasts = CentreMembership.objects.filter(pk=membership.pk, ended_at__isnull=True).exists()
    if found is None or not lasts or found.centre.state != Centre.State.OPEN:
        raise NotFound
    return found


def _slot(equipment: Equipment, starts_at: dt.datetime) -> opening.Slot:
    """The slot that begins then and can be booked now. Raises NoSlot."""
    centre, now = equipment.centre, clock.now()
    zone = zone_of(centre)
    far = now + dt.timedelta(days=settings.BOOKING_AHEAD_DAYS)
    if not now < starts_at <= far:
        raise NoSlot
    day = opening.day_of(starts_at, zone)
    # A night that began the day before may run into this one.
    for one in (day, day - dt.timedelta(days=1)):
        for slot in opening.slots(centre.hours.all(), one, zone, centre.slot_minutes):
            if slot.starts_at == starts_at:
                return slot
    raise NoSlot


def _standing(equipment: Equipment, slot: opening.Slot) -> QuerySet[Booking]:
    return Booking.objects.filter(
        equipment=equipment, cancelled_at__isnull=True, starts_at__lt=slot.ends_at, ends_at__gt=slot.starts_at
    )


def _free_unit(equipment: Equipment, slot: opening.Slot) -> int | None:
    taken = set(_standing(equipment, slot).values_list("unit", flat=True))
    return next((unit for unit in range(1, equipment.number + 1) if unit not in taken), None)


def _has(membership: CentreMembership, equipment: Equipment, slot: opening.Slot) -> bool:
    return _standing(equipment, slot).filter(membership=membership).exists()


def _not_twice(membership: CentreMembership, equipment: Equipment, slot: opening.Slot) -> None:
    if _has(membership, equipment, slot):
        raise Twice


def _over_share(membership: CentreMembership, equipment: Equipment, slot: opening.Slot) -> bool:
    """Whether the member, with this slot, has more of it in that week than the centre's weekly hours."""
    centre = membership.centre
    week = opening.week(slot.starts_at, zone_of(centre))
    mine = Booking.objects.filter(
        membership=membership, equipment=equipment, cancelled_at__isnull=True,
        starts_at__gte=week.starts_at, starts_at__lt=week.ends_at,
    )  # fmt: skip
    length = ExpressionWrapper(F("ends_at") - F("starts_at"), output_field=fields.DurationField())
    booked = mine.aggregate(sum=Sum(length))["sum"] or dt.timedelta()
    return bool(booked + (slot.ends_at - slot.starts_at) > dt.timedelta(hours=centre.weekly_hours))


def _others_wait(membership: CentreMembership, equipment: Equipment, slot: opening.Slot) -> bool:
    """Whether somebody else waits for it in the week of the slot."""
    week = opening.week(slot.starts_at, zone_of(membership.centre))
    others = BookingWait.objects.filter(
        equipment=equipment, ended_at__isnull=True, starts_at__gt=clock.now(),
        starts_at__gte=week.starts_at, starts_at__lt=week.ends_at,
    )  # fmt: skip
    return others.exclude(membership=membership).exists()


# --- Found by their ids -------------------------------------------------------------------------------------------


def coming(centre: Centre) -> QuerySet[Booking]:
    """The bookings of a centre that are not over, the next one first."""
    rows = Booking.objects.filter(
        equipment__centre=centre, cancelled_at__isnull=True, ends_at__gt=clock.now()
    )
    return rows.select_related("equipment__centre", "membership__user").order_by("starts_at", "pk")


def find(public_id: str) -> Booking:
    """A booking that stands. Raises NotFound."""
    rows = Booking.objects.select_related("equipment__centre", "membership__centre")
    found = rows.filter(pk=ids.decode("bkg", public_id), cancelled_at__isnull=True).first()
    if found is None:
        raise NotFound
    return found
