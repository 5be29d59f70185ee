"""Hours of shared equipment: no overlap, first come first served, fair while others wait, and free to give back."""

import datetime as dt
import re

import pytest
from django.db import IntegrityError, transaction

from marketplace.base.errors import Invalid, Lost, NotFound
from marketplace.base.models import Notice
from marketplace.base.texts import read
from tests import centre_world as made
from tests.sources import ROOT
from workers.models import Booking, BookingWait, Centre, OpeningHours
from workers.services import bookings, centre_members, centres, equipment

pytestmark = pytest.mark.django_db
TUESDAY = dt.datetime(2026, 11, 24, 7, tzinfo=dt.UTC)


@pytest.fixture
def centre(charlie, dana, clock):
    clock.set(TUESDAY)
    return made.opened(charlie, dana)


@pytest.fixture
def laptop(centre, charlie):
    """One laptop, with the doors open from 9 to 17 every day."""
    return made.lend(centre, charlie)


@pytest.fixture
def members(centre, charlie, bob, bea, ben):
    return [made.join(centre, charlie, person) for person in (bob, bea, ben)]


def book(member, laptop, days=1, hour=9):
    return bookings.book(membership=member, equipment=laptop, starts_at=made.at(days, hour))


def wait(member, laptop, days=1, hour=9):
    return bookings.wait(membership=member, equipment=laptop, starts_at=made.at(days, hour))


def test_a_slot_is_booked_once_for_each_thing_there_is(laptop, members, charlie):
    bob, bea, ben = members
    assert book(bob, laptop).unit == 1
    with pytest.raises(bookings.Taken):
        book(bea, laptop)
    equipment.change(equipment=laptop, actor=charlie, name="Laptop", kind="computer", number=2)
    assert book(bea, laptop).unit == 2
    with pytest.raises(bookings.Taken):
        book(ben, laptop)
    with pytest.raises(bookings.Twice):
        book(bob, laptop)


def test_the_database_refuses_an_overlap_whatever_the_code_does(laptop, members):
    bob, bea, _ben = members
    row = book(bob, laptop)
    half = dt.timedelta(minutes=30)
    with pytest.raises(IntegrityError, match="booking_unit_for_one_at_a_time"), transaction.atomic():
        Booking.objects.create(
            equipment=laptop,
            unit=1,
            membership=bea,
            starts_at=row.starts_at + half,
            ends_at=row.ends_at + half,
        )
    with pytest.raises(IntegrityError, match="booking_one_of_a_kind_per_member"), transaction.atomic():
        Booking.objects.create(
            equipment=laptop,
            unit=2,
            membership=bob,
            starts_at=row.starts_at + half,
            ends_at=row.ends_at + half,
        )
    Booking.objects.create(
        equipment=laptop, unit=1, membership=bea, starts_at=row.ends_at, ends_at=row.ends_at + half
    )
    with pytest.raises(IntegrityError, match="booking_cancelled_before_it_starts"), transaction.atomic():
        Booking.objects.filter(pk=row.pk).update(cancelled_at=row.ends_at, cancelled_by=bob.user)


@pytest.mark.parametrize(
    ("days", "hour", "why"),
    [(0, 7, "begun"), (1, 8, "closed"), (1, 17, "closed"), (15, 9, "too far")],
)
def test_only_slots_of_the_opening_hours_to_come_can_be_booked(laptop, members, days, hour, why):
    with pytest.raises(bookings.NoSlot):
        book(members[0], laptop, days, hour)
    with pytest.raises(bookings.NoSlot):
        bookings.book(
            membership=members[0], equipment=laptop, starts_at=made.at(1) + dt.timedelta(minutes=10)
        )


def test_who_has_had_their_weekly_hours_books_no_more_while_others_wait(laptop, members, centre):
    Centre.objects.filter(pk=centre.pk).update(weekly_hours=2)
    bob, bea, _ben = members
    bob.centre.refresh_from_db()
    for hour in (9, 10, 11):
        book(bob, laptop, 1, hour)  # nobody waits: he may have more than two
    wait(bea, laptop, 1, 9)
    with pytest.raises(bookings.HadYourShare):
        book(bob, laptop, 1, 12)
    assert book(bob, laptop, 8, 9)  # another week
    assert book(bea, laptop, 1, 12)
    bookings.stop_waiting(membership=bea, equipment=laptop, starts_at=made.at(1, 9))
    assert book(bob, laptop, 1, 13)


def test_what_is_given_back_goes_to_who_waited_first_those_within_their_hours_before(laptop, members, centre):
    Centre.objects.filter(pk=centre.pk).update(weekly_hours=1)
    for member in members:
        member.centre.refresh_from_db()
    bob, bea, ben = members
    with pytest.raises(bookings.StillFree):
        wait(bea, laptop)
    row = book(bob, laptop)
    book(bea, laptop, 2)
    wait(bea, laptop)  # first to ask, and over her hour
    wait(ben, laptop)
    assert wait(ben, laptop).pk == BookingWait.objects.get(membership=ben).pk
    bookings.cancel(booking=row, user=bob.user)
    taken = Booking.objects.get(starts_at=row.starts_at, cancelled_at__isnull=True)
    assert taken.membership == ben
    assert not BookingWait.objects.filter(membership=ben, ended_at__isnull=True).exists()
    ((_notice, text),) = read(Notice.objects.filter(user=ben.user, kind="booking_yours"))
    assert "Laptop" in text.subject
    bookings.cancel(booking=taken, user=ben.user)
    assert Booking.objects.get(starts_at=row.starts_at, cancelled_at__isnull=True).membership == bea


def test_a_booking_is_given_back_until_it_begins_and_to_stay_away_costs_nothing(laptop, members, clock):
    row = book(members[0], laptop)
    with pytest.raises(NotFound):
        bookings.cancel(booking=row, user=members[1].user)
    clock.set(row.starts_at)
    with pytest.raises(Lost):
        bookings.cancel(booking=row, user=members[0].user)
    clock.set(row.ends_at)
    assert book(members[0], laptop, 1, 9)  # whether he came is written nowhere, so nothing follows from it
    assert not {field.name for field in Booking._meta.fields} & {"came", "attended", "no_show", "missed"}


def test_who_leaves_frees_what_they_booked(laptop, members):
    bob, bea, _ben = members
    row = book(bob, laptop)
    wait(bea, laptop)
    centre_members.leave(membership=bob, user=bob.user)
    assert Booking.objects.get(starts_at=row.starts_at, cancelled_at__isnull=True).membership == bea
    with pytest.raises(NotFound):
        book(bob, laptop, 2)


def test_who_runs_the_centre_cancels_with_a_reason_and_the_slot_is_given_to_nobody(laptop, members, charlie):
    bob, bea, _ben = members
    row = book(bob, laptop)
    wait(bea, laptop)
    with pytest.raises(Invalid):
        bookings.call_off(booking=row, actor=charlie, reason="")
    with pytest.raises(NotFound):
        bookings.call_off(booking=row, actor=bea.user, reason="I need it.")
    bookings.call_off(booking=row, actor=charlie, reason="It is at the repairer’s.")
    ((_notice, text),) = read(Notice.objects.filter(user=bob.user, kind="booking_called_off"))
    assert "at the repairer’s" in " ".join(text.lines)
    assert not Booking.objects.filter(cancelled_at__isnull=True).exists()


def test_what_is_booked_can_not_vanish(laptop, members, charlie):
    book(members[0], laptop)
    with pytest.raises(equipment.StillBooked):
        equipment.retire(equipment=laptop, actor=charlie)
    equipment.change(equipment=laptop, actor=charlie, name="Laptop", kind="computer", number=3)
    for member in members[1:]:
        book(member, laptop)
    with pytest.raises(equipment.StillBooked):
        equipment.change(equipment=laptop, actor=charlie, name="Laptop", kind="computer", number=2)


def test_opening_hours_of_a_day_do_not_overlap(laptop, centre, charlie, bob):
    with pytest.raises(equipment.HoursOverlap):
        equipment.open_at(centre=centre, actor=charlie, weekdays=[1], opens=960, closes=1080)
    equipment.open_at(centre=centre, actor=charlie, weekdays=[1], opens=1020, closes=1440)
    assert OpeningHours.objects.filter(centre=centre, weekday=1).count() == 2
    with pytest.raises(NotFound):
        equipment.open_at(centre=centre, actor=bob, weekdays=[2], opens=1020, closes=1080)
    with pytest.raises(Invalid):
        equipment.open_at(centre=centre, actor=charlie, weekdays=[], opens=600, closes=300)


def test_closing_a_centre_makes_its_bookings_void(laptop, members, centre, charlie):
    book(members[0], laptop)
    centres.close(centre=centre, actor=charlie, words="We move.")
    assert not Booking.objects.filter(cancelled_at__isnull=True).exists()


def test_no_claim_and_no_ranking_reads_centres_or_bookings():
    """Only the form of a training path is in `tasks`, since it lists qualifications; and who may decide about a centre
    stands beside the other conflicts, in SQL."""
    known = re.compile(r"\b(bookings|centre_members|CentreMembership|workers_centre\w*|workers_booking\w*)\b")
    for app in ("tasks", "payments"):
        for path in [*(ROOT / app).rglob("*.py"), *(ROOT / app).rglob("*.sql")]:
            assert path.name == "conflicts_centres.sql" or not known.search(path.read_text()), path
