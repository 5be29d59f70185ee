"""The demonstration's work centre: checked by a moderator, three members by their own yes, what it lends, a path."""

import datetime as dt

from marketplace.base import clock
from marketplace.base.models import User
from marketplace.simulation import people
from marketplace.web.centres import figures
from workers.models import Centre, CentreMembership, Equipment, Qualification
from workers.services import bookings, centre_members, centres, equipment, opening, training

from . import calendar, content


def found(dana: User, crew: list[User], days: calendar.Calendar) -> Centre:
    """A centre that opens, one that waits for its check, and the members, before they work."""
    hanna = people.person("hanna@example.org", name="Hanna")
    centre = centres.ask(
        actor=hanna, name="Maison du Port", town="Lorient", country="FR", time_zone="Europe/Paris",
        role="head of training",
        description="Twelve places to work by the harbour, laptops and headsets to borrow, and somebody to ask on"
        " weekday mornings. Open to anybody in town.",
        evidence="Association Maison du Port, 1 rue du Port, 56100 Lorient; in the register since 2019.",
    )  # fmt: skip
    days.pass_(20_000, 40_000)
    centres.decide(
        centre=centre, moderator=dana, opens=True,
        words="The association is in the register, and its statutes say that the house is free for who uses it.",
    )  # fmt: skip
    centre.refresh_from_db()
    for person in crew:
        row = centre_members.invite(centre=centre, actor=hanna, email=person.email)
        centre_members.accept(
            token=centre_members.token_of(row), user=person, shares_earnings=person == crew[1]
        )
    return centre


def fill(centre: Centre, crew: list[User], dana: User) -> None:
    """What it lends, bookings of the days to come, a path of its own and one for everybody; a centre to check."""
    hanna = centre.asked_by
    equipment.open_at(centre=centre, actor=hanna, weekdays=[1, 2, 3, 4, 5], opens=9 * 60, closes=12 * 60 + 30)
    equipment.open_at(centre=centre, actor=hanna, weekdays=[1, 2, 3, 4, 5, 6], opens=14 * 60, closes=18 * 60)
    laptop = equipment.add(centre=centre, actor=hanna, name="Laptop", kind="computer", number=2)
    equipment.add(centre=centre, actor=hanna, name="Headset", kind="headset", number=4)
    members = [row for person in crew if (row := centre_members.member(centre, person))]
    _book(centre, laptop, members)
    names = Qualification.objects.get(name="Knows place names").public_id
    care = Qualification.objects.get(name="Careful with other people’s data").public_id
    training.save(
        actor=hanna, centre=centre, title="Maps and names", qualifications=[care, names],
        description=content.PATHS["names"],
        opens="The gazetteer of Atelier Nord asks for it.",
    )  # fmt: skip
    training.save(
        actor=dana, centre=None, title="First steps", qualifications=[care],
        description=content.PATHS["first"], opens="",
    )  # fmt: skip
    centres.ask(
        actor=people.person("idris@example.org", name="Idris"), name="Atelier du Lac", town="Tunis", country="TN",
        time_zone="Africa/Tunis", role="librarian",
        description="A reading room with eight computers, open to students in the evening.",
        evidence="Run by the municipal library; the address is on its website.",
    )  # fmt: skip


def _book(centre: Centre, laptop: Equipment, members: list[CentreMembership]) -> None:
    """The next two days on which the doors are open: in one slot both laptops are taken, in the next one is left."""
    zone, day, hours = bookings.zone_of(centre), clock.today(), list(centre.hours.all())
    done = 0
    while done < 2:
        day += dt.timedelta(days=1)
        slots = opening.slots(hours, day, zone, centre.slot_minutes)
        if len(slots) < 2:
            continue
        for member, slot in [(members[0], slots[0]), (members[1], slots[0]), (members[1], slots[1])]:
            bookings.book(membership=member, equipment=laptop, starts_at=slot.starts_at)
        bookings.wait(membership=members[2], equipment=laptop, starts_at=slots[0].starts_at)
        done += 1


def count() -> None:
    figures.count()
