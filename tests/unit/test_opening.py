"""Opening hours and slots by the clock of the centre, also on the days on which clocks change."""

import datetime as dt
from itertools import pairwise
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest

from workers.services import opening

PARIS = ZoneInfo("Europe/Paris")
SPRING, AUTUMN = dt.date(2026, 3, 29), dt.date(2026, 10, 25)  # Sundays: an hour less, an hour more


def line(weekday, opens, closes):
    return SimpleNamespace(weekday=weekday, opens=opens * 60, closes=closes * 60)


def lengths(slots):
    return {slot.ends_at - slot.starts_at for slot in slots}


def test_a_day_has_the_slots_that_fit_into_its_hours():
    monday = dt.date(2026, 11, 23)
    slots = opening.slots([line(1, 9, 12), line(1, 14, 17), line(2, 9, 17)], monday, PARIS, 90)
    assert [slot.starts_at.astimezone(PARIS).strftime("%H:%M") for slot in slots] == [
        "09:00",
        "10:30",
        "14:00",
        "15:30",
    ]
    assert opening.slots([line(1, 9, 10)], monday, PARIS, 90) == []
    assert opening.slots([line(2, 9, 17)], monday, PARIS, 60) == []


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25), (dt.date(2026, 11, 22), 24)])
def test_a_day_has_as_many_hours_as_its_clock_counts_and_each_slot_its_length(day, hours):
    slots = opening.slots([line(7, 0, 24)], day, PARIS, 60)
    assert len(slots) == hours
    assert lengths(slots) == {dt.timedelta(hours=1)}
    assert all(one.ends_at == other.starts_at for one, other in pairwise(slots))


def test_office_hours_stay_at_the_same_time_of_the_clock_when_it_changes():
    for day in (SPRING - dt.timedelta(days=1), SPRING):
        (first, *_rest) = opening.slots([line(day.isoweekday(), 9, 17)], day, PARIS, 60)
        assert first.starts_at.astimezone(PARIS).hour == 9
    before, after = (opening.moment(day, 9 * 60, PARIS) for day in (SPRING - dt.timedelta(days=1), SPRING))
    assert after - before == dt.timedelta(hours=23)


def test_a_centre_open_until_an_hour_that_comes_twice_stays_open_through_both():
    slots = opening.slots([line(7, 1, 3)], AUTUMN, PARIS, 60)
    assert len(slots) == 3
    until_half_past_two = [SimpleNamespace(weekday=7, opens=60, closes=150)]
    assert len(opening.slots(until_half_past_two, AUTUMN, PARIS, 30)) == 5


def test_a_week_runs_from_monday_to_sunday_by_the_clock_of_the_centre():
    honolulu = ZoneInfo("Pacific/Honolulu")
    monday_there = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)  # Sunday, 23:00 in Honolulu
    week = opening.week(monday_there, honolulu)
    assert week.starts_at == dt.datetime(2026, 11, 16, 10, tzinfo=dt.UTC)
    assert week.ends_at - week.starts_at == dt.timedelta(days=7)
    changed = opening.week(dt.datetime(2026, 10, 21, tzinfo=dt.UTC), PARIS)
    assert changed.ends_at - changed.starts_at == dt.timedelta(days=7, hours=1)
