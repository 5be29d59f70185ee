from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import (
    BigIntegerRangeField,
    DateTimeRangeField,
    IntegerRangeField,
    RangeOperators,
)
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock, ids
from marketplace.base.models import User

from .centre import Centre, CentreMembership


def _same(column: str) -> Func:
    """A column as a range of itself, so that GiST compares it by overlap without an extension."""
    return Func(F(column), F(column), Value("[]"), function="int8range", output_field=BigIntegerRangeField())


_TIME = Func(F("starts_at"), F("ends_at"), function="tstzrange", output_field=DateTimeRangeField())
_DAY_MINUTES = Func(
    F("weekday") * 1440 + F("opens"),
    F("weekday") * 1440 + F("closes"),
    function="int4range",
    output_field=IntegerRangeField(),
)


class Equipment(models.Model):
    """Something that a centre shares: one name, and how many of it there are."""

    class Kind(models.TextChoices):
        COMPUTER = "computer", _("computer")
        TABLET = "tablet", _("tablet")
        PHONE = "phone", _("phone")
        HEADSET = "headset", _("headset")
        PLACE = "place", _("a place to work")
        OTHER = "other", _("something else")

    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="equipment")
    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    number = models.PositiveSmallIntegerField(default=1)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="equipment_has_a_name"),
            models.CheckConstraint(
                condition=Q(number__gte=1, number__lte=200), name="equipment_number_in_range"
            ),
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("eqp", self.pk)


class OpeningHours(models.Model):
    """When a centre is open on a day of the week (1 is Monday), in minutes since midnight by its own clock."""

    centre = models.ForeignKey(Centre, on_delete=models.CASCADE, related_name="hours")
    weekday = models.PositiveSmallIntegerField()
    opens = models.PositiveSmallIntegerField()
    closes = models.PositiveSmallIntegerField()  # 1440 is midnight

    class Meta:
        ordering = ["weekday", "opens"]
        constraints = [
            models.CheckConstraint(
                condition=Q(weekday__gte=1, weekday__lte=7), name="opening_on_a_day_of_the_week"
            ),
            models.CheckConstraint(
                condition=Q(opens__lt=F("closes"), closes__lte=1440), name="opening_before_closing"
            ),
            ExclusionConstraint(
                name="opening_hours_do_not_overlap",
                expressions=[
                    (_same("centre"), RangeOperators.OVERLAPS),
                    (_DAY_MINUTES, RangeOperators.OVERLAPS),
                ],
            ),
        ]


class Booking(models.Model):
    """One piece of equipment for one member from a moment to another. Whether they came is written down nowhere: to
    stay away costs nothing."""

    equipment = models.ForeignKey(Equipment, on_delete=models.PROTECT, related_name="bookings")
    unit = models.PositiveSmallIntegerField()  # which of the `number` there are, from 1
    membership = models.ForeignKey(CentreMembership, on_delete=models.PROTECT, related_name="bookings")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    made_at = models.DateTimeField(default=clock.now)
    cancelled_at = models.DateTimeField(null=True)
    cancelled_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    cancel_reason = models.CharField(max_length=400, blank=True, default="")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="booking_ends_after_it_starts"
            ),
            models.CheckConstraint(condition=Q(unit__gte=1), name="booking_of_a_unit"),
            models.CheckConstraint(
                condition=Q(cancelled_at__isnull=True, cancelled_by__isnull=True)
                | Q(cancelled_at__isnull=False, cancelled_by__isnull=False),
                name="booking_cancelled_by_and_at",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at__isnull=True) | Q(cancelled_at__lte=F("starts_at")),
                name="booking_cancelled_before_it_starts",
            ),
            ExclusionConstraint(
                name="booking_unit_for_one_at_a_time",
                expressions=[
                    (_same("equipment"), RangeOperators.OVERLAPS),
                    (_same("unit"), RangeOperators.OVERLAPS),
                    (_TIME, RangeOperators.OVERLAPS),
                ],
                condition=Q(cancelled_at__isnull=True),
            ),
            ExclusionConstraint(
                name="booking_one_of_a_kind_per_member",
                expressions=[
                    (_same("membership"), RangeOperators.OVERLAPS),
                    (_same("equipment"), RangeOperators.OVERLAPS),
                    (_TIME, RangeOperators.OVERLAPS),
                ],
                condition=Q(cancelled_at__isnull=True),
            ),
        ]
        indexes = [models.Index(fields=["membership", "-starts_at"], name="booking_by_member")]

    @property
    def public_id(self) -> str:
        return ids.encode("bkg", self.pk)


class BookingWait(models.Model):
    """A member who wants a slot that is taken: when it becomes free it is theirs, in the order of asking."""

    equipment = models.ForeignKey(Equipment, on_delete=models.PROTECT, related_name="waits")
    membership = models.ForeignKey(CentreMembership, on_delete=models.PROTECT, related_name="waits")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    made_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="wait_ends_after_it_starts"),
            models.UniqueConstraint(
                fields=["equipment", "starts_at", "membership"],
                condition=Q(ended_at__isnull=True),
                name="wait_once_for_a_slot",
            ),
        ]
