"""When a centre is open, in its own time zone, and the slots of a day. Pure: rows in, moments (UTC) out.

A slot lasts its minutes on every day. On a day on which the clocks change, a centre that is open over the change has a
slot more or fewer, never one of another length. An hour that the clock skips or has twice is read so that the centre
stays open for as long as its doors are: from the first of two equal times, to the second.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from workers.models import OpeningHours


@dataclass(frozen=True, order=True)
class Slot:
    """From a moment to another (UTC)."""

    starts_at: dt.datetime
    ends_at: dt.datetime


def moment(day: dt.date, minute: int, zone: ZoneInfo, *, last: bool = False) -> dt.datetime:
    """The moment (UTC) at which a clock in `zone` shows `minute` minutes since midnight on `day`; 1440 is midnight at
    its end. Of two equal times the first, or the `last`."""
    days, minutes = divmod(minute, 1440)
    local = dt.datetime.combine(
        day + dt.timedelta(days=days), dt.time(minutes // 60, minutes % 60), tzinfo=zone
    )
    return local.replace(fold=int(last)).astimezone(dt.UTC)


def slots(hours: Iterable[OpeningHours], day: dt.date, zone: ZoneInfo, minutes: int) -> list[Slot]:
    """The slots of `minutes` that lie within the opening hours of `day`, in their order."""
    length, found = dt.timedelta(minutes=minutes), []
    for each in hours:
        if each.weekday != day.isoweekday():
            continue
        start = moment(day, each.opens, zone)
        closes = moment(day, each.closes, zone, last=True)
        while start + length <= closes:
            found.append(Slot(start, start + length))
            start += length
    return sorted(found)


def day_of(at: dt.datetime, zone: ZoneInfo) -> dt.date:
    """The day on which `at` falls there."""
    return at.astimezone(zone).date()


def monday(day: dt.date) -> dt.date:
    """The first day of the week of `day`."""
    return day - dt.timedelta(days=day.weekday())


def week(at: dt.datetime, zone: ZoneInfo) -> Slot:
    """The week there in which `at` falls, Monday to Sunday."""
    first = monday(day_of(at, zone))
    return Slot(moment(first, 0, zone), moment(first + dt.timedelta(days=7), 0, zone))
