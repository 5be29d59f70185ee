"""What a centre shares and when its doors are open, as those who run it say."""

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock, ids
from marketplace.base.errors import Invalid, Lost, NotFound, Refusal
from marketplace.base.models import User
from workers.models import Booking, Centre, Equipment, OpeningHours

from . import centres

MOST = 100  # rows of a centre


class StillBooked(Refusal):
    """Somebody has booked what would no longer be there."""

    code = "still_booked"
    detail = _("Somebody has booked it. Cancel those bookings first, each with its reason.")


class HoursOverlap(Refusal):
    """Two lines of the opening hours of one day overlap."""

    code = "hours_overlap"
    detail = _("The centre is open then already. Remove the other line first.")


@transaction.atomic
def add(*, centre: Centre, actor: User, name: str, kind: str, number: int) -> Equipment:
    """Share one more thing, `number` of it. Raises NotFound, Invalid."""
    centres.require(centre, actor)
    if of(centre).count() >= MOST:
        raise Invalid(fields={"name": [_("That is enough of different things: at most 100.")]})
    row = Equipment.objects.create(centre=centre, **_checked(name, kind, number))
    audit.record("workers:equipment:add", centre.public_id, actor=actor, equipment=row.public_id)
    return row


@transaction.atomic
def change(*, equipment: Equipment, actor: User, name: str, kind: str, number: int) -> None:
    """Call it otherwise, or have more or fewer of it. Raises NotFound, Invalid, StillBooked, Lost."""
    centres.require(equipment.centre, actor)
    said = _checked(name, kind, number)
    Equipment.objects.select_for_update(no_key=True).get(pk=equipment.pk)
    if _booked(equipment).filter(unit__gt=number).exists():
        raise StillBooked
    if not Equipment.objects.filter(pk=equipment.pk, retired_at__isnull=True).update(**said):
        raise Lost
    audit.record(
        "workers:equipment:change", equipment.centre.public_id, actor=actor, equipment=equipment.public_id
    )


@transaction.atomic
def retire(*, equipment: Equipment, actor: User) -> None:
    """Share it no more. Raises NotFound, StillBooked, Lost."""
    centres.require(equipment.centre, actor)
    Equipment.objects.select_for_update(no_key=True).get(pk=equipment.pk)
    if _booked(equipment).exists():
        raise StillBooked
    rows = Equipment.objects.filter(pk=equipment.pk, retired_at__isnull=True)
    if not rows.update(retired_at=clock.now()):
        raise Lost
    audit.record(
        "workers:equipment:retire", equipment.centre.public_id, actor=actor, equipment=equipment.public_id
    )


@transaction.atomic
def open_at(*, centre: Centre, actor: User, weekdays: list[int], opens: int, closes: int) -> None:
    """The doors are open on these days of the week (1 is Monday), from and to minutes since midnight there.

    What is booked already stays. Raises NotFound, Invalid, HoursOverlap.
    """
    centres.require(centre, actor)
    fields: dict[str, list[object]] = {}
    if not weekdays or not set(weekdays) <= set(range(1, 8)):
        fields["weekdays"] = [_("Choose at least one day.")]
    if not 0 <= opens < closes <= 1440:
        fields["closes"] = [_("It must close after it opens, on the same day.")]
    if fields:
        raise Invalid(fields=fields)
    try:
        with transaction.atomic():
            OpeningHours.objects.bulk_create(
                OpeningHours(centre=centre, weekday=day, opens=opens, closes=closes)
                for day in sorted(set(weekdays))
            )
    except IntegrityError as error:
        if "opening_hours_do_not_overlap" in str(error):
            raise HoursOverlap from None
        raise
    audit.record("workers:centre:hours", centre.public_id, actor=actor)


@transaction.atomic
def close_at(*, centre: Centre, actor: User, hours_id: int) -> None:
    """Take a line of the opening hours away. What is booked already stays. Raises NotFound."""
    centres.require(centre, actor)
    if not OpeningHours.objects.filter(pk=hours_id, centre=centre).delete()[0]:
        raise NotFound
    audit.record("workers:centre:hours", centre.public_id, actor=actor)


def of(centre: Centre) -> QuerySet[Equipment]:
    """What a centre shares now, by name."""
    return Equipment.objects.filter(centre=centre, retired_at__isnull=True).order_by("name", "pk")


def find(public_id: str, centre: Centre) -> Equipment:
    """A thing that the centre shares. Raises NotFound."""
    found = of(centre).select_related("centre").filter(pk=ids.decode("eqp", public_id)).first()
    if found is None:
        raise NotFound
    return found


def _booked(equipment: Equipment) -> QuerySet[Booking]:
    return Booking.objects.filter(equipment=equipment, cancelled_at__isnull=True, ends_at__gt=clock.now())


def _checked(name: str, kind: str, number: int) -> dict[str, object]:
    fields: dict[str, list[object]] = {}
    name = " ".join(name.split())
    if not 0 < len(name) <= 80:
        fields["name"] = [_("Write what it is, in at most 80 characters.")]
    if kind not in Equipment.Kind.values:
        fields["kind"] = [_("Choose what kind of thing it is.")]
    if not 1 <= number <= 200:
        fields["number"] = [_("Between 1 and 200.")]
    if fields:
        raise Invalid(fields=fields)
    return {"name": name, "kind": kind, "number": number}
