"""Quiet hours and digests go by the wall clock of the reader, also in the nights when the clocks change."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from marketplace.base import mail

PARIS, LIMA, KOLKATA = ZoneInfo("Europe/Paris"), ZoneInfo("America/Lima"), ZoneInfo("Asia/Kolkata")


def night(first="21:00", last="08:00", digest="08:00"):
    return mail.Hours(*(dt.time.fromisoformat(word) for word in (first, last, digest)))


def utc(text):
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("at", "zone", "leaves"),
    [
        ("2026-11-22T19:59", PARIS, "2026-11-22T19:59"),  # 20:59 there
        ("2026-11-22T20:00", PARIS, "2026-11-23T07:00"),  # 21:00 there
        ("2026-11-23T06:59", PARIS, "2026-11-23T07:00"),
        ("2026-11-23T07:00", PARIS, "2026-11-23T07:00"),
        ("2026-11-22T20:00", LIMA, "2026-11-22T20:00"),  # three in the afternoon
        ("2026-11-22T20:00", KOLKATA, "2026-11-23T02:30"),  # half past one at night
    ],
)
def test_a_mail_that_may_wait_comes_when_the_night_of_its_reader_is_over(at, zone, leaves):
    assert mail.after_quiet(utc(at), night(), zone) == utc(leaves)


def test_the_morning_is_the_same_by_the_clock_when_summer_begins_or_ends():
    spring = mail.after_quiet(utc("2026-03-28T22:00"), night(), PARIS)  # an hour is skipped in this night
    assert spring == utc("2026-03-29T06:00")
    autumn = mail.after_quiet(utc("2026-10-24T21:00"), night(), PARIS)  # an hour comes twice in this night
    assert autumn == utc("2026-10-25T07:00")


def test_a_night_that_ends_in_the_skipped_hour_ends_when_the_clocks_have_jumped():
    assert mail.after_quiet(utc("2026-03-28T23:00"), night(last="02:30"), PARIS) == utc("2026-03-29T01:30")


def test_in_the_hour_that_comes_twice_the_end_lies_ahead():
    second = utc("2026-10-25T01:10")  # 02:10 for the second time
    assert mail.after_quiet(second, night(last="02:30"), PARIS) == utc("2026-10-25T01:30")


def test_quiet_hours_may_lie_within_a_day():
    siesta = night("13:00", "15:00")
    assert mail.after_quiet(utc("2026-11-22T12:30"), siesta, PARIS) == utc("2026-11-22T14:00")
    assert mail.after_quiet(utc("2026-11-22T20:30"), siesta, PARIS) == utc("2026-11-22T20:30")


def test_without_quiet_hours_nothing_waits():
    assert mail.after_quiet(utc("2026-11-22T23:30"), mail.Hours(None, None, dt.time(8)), PARIS) == utc(
        "2026-11-22T23:30"
    )
