"""Two members who want the last laptop at the same moment: one has it, the other reads that somebody was faster."""

import threading

import pytest
from django.db import IntegrityError, connection

from marketplace.base import clock as house_clock
from tests import centre_world as made
from workers.models import Booking
from workers.services import bookings


def both(act, members):
    """What each of two threads got, begun at once."""
    gate, found = threading.Barrier(2), {}

    def run(number, member):
        try:
            gate.wait()
            found[number] = act(member)
        except Exception as error:
            found[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(n, member)) for n, member in enumerate(members)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return list(found.values())


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_has_the_last_laptop(charlie, dana, bob, bea):
    centre = made.opened(charlie, dana)
    laptop = made.lend(centre, charlie)
    members = [made.join(centre, charlie, person) for person in (bob, bea)]
    for days in (1, 2, 3):
        starts_at = made.at(days)
        found = both(
            lambda member, at=starts_at: bookings.book(membership=member, equipment=laptop, starts_at=at),
            members,
        )
        assert sorted(type(each).__name__ for each in found) == ["Booking", "Taken"]


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_the_constraint_still_lets_one_win(charlie, dana, bob, bea):
    """The control: rows written at once, without asking, overlap only for one of them."""
    centre = made.opened(charlie, dana)
    laptop = made.lend(centre, charlie)
    members = [made.join(centre, charlie, person) for person in (bob, bea)]
    starts, ends = made.at(1), made.at(1, 10)

    def write(member):
        return Booking.objects.create(
            equipment=laptop, unit=1, membership=member, starts_at=starts, ends_at=ends,
            made_at=house_clock.now(),
        )  # fmt: skip

    found = both(write, members)
    assert sum(isinstance(each, IntegrityError) for each in found) == 1
    assert Booking.objects.count() == 1
