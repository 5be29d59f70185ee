"""What the market owes beside rewards: weeks held against the floor, and time that a failure of ours took."""

from django.db import models
from django.db.models import F, Q

from marketplace.base import clock, ids
from marketplace.base.models import User

from .assignment import Assignment


class GuaranteedWeek(models.Model):
    """A worker's week (from Monday, Europe/Paris) over all batches, held against their floor once (charter P14).

    Amounts in micros: what was paid for the time, what the floor asks for it, and what was added.
    """

    worker = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    monday = models.DateField()
    seconds = models.PositiveIntegerField()
    paid_micros = models.BigIntegerField()
    floor_micros = models.BigIntegerField()
    added_micros = models.BigIntegerField()
    checked_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["monday"], name="guaranteed_week_by_monday")]
        constraints = [
            models.UniqueConstraint(fields=["worker", "monday"], name="guaranteed_week_once"),
            models.CheckConstraint(condition=Q(monday__iso_week_day=1), name="guaranteed_week_from_monday"),
            # What is short is added, and nothing else.
            models.CheckConstraint(
                condition=Q(
                    added_micros=F("floor_micros") - F("paid_micros"), floor_micros__gt=F("paid_micros")
                )
                | Q(added_micros=0, floor_micros__lte=F("paid_micros")),
                name="guaranteed_week_reaches_the_floor",
            ),
        ]

    @property
    def reference(self) -> str:
        """What the ledger calls the top-up of this week."""
        return f"{ids.encode('usr', self.worker_id)}:week:{self.monday.isoformat()}"


class Outage(models.Model):
    """A time in which the market did not work: noticed by its own clock, or declared by a named person."""

    began_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    declared_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=400, blank=True)
    noticed_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["-began_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["began_at", "ended_at"], name="outage_once"),
            models.CheckConstraint(
                condition=Q(ended_at__gt=F("began_at")), name="outage_ends_after_it_began"
            ),
            models.CheckConstraint(
                condition=Q(declared_by__isnull=True) | ~Q(reason=""), name="outage_declared_with_a_reason"
            ),
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("out", self.pk)


class InterruptedTask(models.Model):
    """A task that was in hand when the market stopped. It got the lost time back; unanswered, its time is paid."""

    outage = models.ForeignKey(Outage, on_delete=models.PROTECT, related_name="interrupted")
    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)  # answered, given back, or paid for its time

    class Meta:
        indexes = [
            models.Index(fields=["assignment"], name="interrupted_open", condition=Q(ended_at__isnull=True))
        ]
        constraints = [
            models.UniqueConstraint(fields=["outage", "assignment"], name="interrupted_once_per_outage"),
        ]
