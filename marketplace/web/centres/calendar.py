"""A week of one thing that a centre shares, as one member sees it: every slot of the opening hours, and what they can
do about it. In the time zone of the centre."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass
from enum import Enum

from django.conf import settings

from marketplace.base import clock
from workers.models import Booking, BookingWait, CentreMembership, Equipment
from workers.services import bookings, opening

WEEK = dt.timedelta(days=7)


class Can(Enum):
    """What a member can do about a slot."""

    BOOK = "book"
    CANCEL = "cancel"
    WAIT = "wait"
    STOP_WAITING = "stop_waiting"
    NOTHING = "nothing"  # it has begun, or is too far away


@dataclass(frozen=True)
class Cell:
    """One slot, with its times in the time zone of the centre."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    free: int
    can: Can
    mine: Booking | None
    waiting: int  # how many wait for it

    @property
    def key(self) -> str:
        """What a button sends for this slot."""
        return self.starts_at.astimezone(dt.UTC).isoformat()


@dataclass(frozen=True)
class Week:
    monday: dt.date
    days: list[tuple[dt.date, list[Cell]]]
    earlier: dt.date | None
    later: dt.date | None


def week(membership: CentreMembership, equipment: Equipment, wanted: dt.date | None) -> Week:
    """The week of `wanted` (None: the present one), kept within what can be looked at."""
    centre, now = membership.centre, clock.now()
    zone = bookings.zone_of(centre)
    today = opening.day_of(now, zone)
    first = opening.monday(today)
    last = opening.monday(today + dt.timedelta(days=settings.BOOKING_AHEAD_DAYS))
    monday = min(max(opening.monday(wanted or today), first), last)
    hours = list(centre.hours.all())
    days = [monday + dt.timedelta(days=each) for each in range(7)]
    slots = {day: opening.slots(hours, day, zone, centre.slot_minutes) for day in days}
    from_, to = opening.moment(monday, 0, zone), opening.moment(monday + WEEK, 0, zone) + dt.timedelta(days=1)
    taken = list(
        Booking.objects.filter(
            equipment=equipment, cancelled_at__isnull=True, starts_at__lt=to, ends_at__gt=from_
        )
    )
    waits = list(
        BookingWait.objects.filter(
            equipment=equipment, ended_at__isnull=True, starts_at__gte=from_, starts_at__lt=to
        )
    )
    cells = {
        day: [_cell(slot, membership, equipment, taken, waits) for slot in slots[day]]
        for day in days
        if slots[day] and day >= today
    }
    return Week(
        monday, list(cells.items()), monday - WEEK if monday > first else None, monday + WEEK if monday < last else None
    )  # fmt: skip


def _cell(
    slot: opening.Slot,
    membership: CentreMembership,
    equipment: Equipment,
    taken: list[Booking],
    waits: list[BookingWait],
) -> Cell:
    now, zone = clock.now(), bookings.zone_of(membership.centre)
    there = [row for row in taken if row.starts_at < slot.ends_at and row.ends_at > slot.starts_at]
    units = Counter(row.unit for row in there)
    free = sum(unit not in units for unit in range(1, equipment.number + 1))
    mine = next((row for row in there if row.membership_id == membership.pk), None)
    asked = [row for row in waits if row.starts_at == slot.starts_at]
    if slot.starts_at <= now or slot.starts_at > now + dt.timedelta(days=settings.BOOKING_AHEAD_DAYS):
        can = Can.NOTHING
    elif mine is not None:
        can = Can.CANCEL if mine.starts_at > now else Can.NOTHING
    elif free:
        can = Can.BOOK
    else:
        own = any(row.membership_id == membership.pk for row in asked)
        can = Can.STOP_WAITING if own else Can.WAIT
    local = (slot.starts_at.astimezone(zone), slot.ends_at.astimezone(zone))
    return Cell(*local, free, can, mine, len(asked))
