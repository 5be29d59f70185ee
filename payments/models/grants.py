"""Money for workers beside tasks: bonuses of a requester, grants of the help fund."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock, ids
from marketplace.base.models import Organisation


class Bonus(models.Model):
    """What a requester adds for one worker, with a reason. No fee is taken from it or put on it."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="+")
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reference = models.CharField(max_length=80)  # asg_… or bat_… it is for
    amount_micros = models.BigIntegerField()
    reason = models.CharField(max_length=400)
    cap_year = models.SmallIntegerField()
    given_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # The list it came with, so that the same file sent again gives nothing twice.
    list_key = models.CharField(max_length=80)
    position = models.PositiveIntegerField()
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [
            models.Index(fields=["worker", "-created_at"], name="bonus_by_worker"),
            models.Index(fields=["organisation", "-created_at"], name="bonus_by_organisation"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "list_key", "position"], name="bonus_once_per_line"
            ),
            models.CheckConstraint(
                condition=Q(amount_micros__gt=0) & Q(amount_micros=F("amount_micros") / 10_000 * 10_000),
                name="bonus_is_whole_cents",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="bonus_has_a_reason"),
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("bon", self.pk)


class HelpGrant(models.Model):
    """A worker's request to the help fund (charter D5): decided by a named person, published without a name."""

    class State(models.TextChoices):
        ASKED = "asked", _("waiting for a decision")
        GRANTED = "granted", _("granted")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")

    class Purpose(models.TextChoices):
        EQUIPMENT = "equipment", _("equipment")
        CONNECTION = "connection", _("internet connection")
        TRAINING = "training", _("training")
        HARDSHIP = "hardship", _("a hard time")

    worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    words = models.CharField(max_length=2000)  # what the worker wrote; removed by erasure
    asked_micros = models.BigIntegerField()
    granted_micros = models.BigIntegerField(null=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.ASKED)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decision = models.CharField(max_length=1000, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["created_at"], name="help_grant_asked", condition=Q(state="asked"))]
        constraints = [
            models.UniqueConstraint(
                fields=["worker"], condition=Q(state="asked"), name="help_grant_one_at_a_time"
            ),
            models.CheckConstraint(condition=Q(asked_micros__gt=0), name="help_grant_asks_for_something"),
            models.CheckConstraint(
                condition=~Q(state="granted")
                | Q(granted_micros__gt=0) & Q(granted_micros=F("granted_micros") / 10_000 * 10_000),
                name="help_grant_granted_is_whole_cents",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["asked", "withdrawn"], decided_by__isnull=True)
                | Q(state__in=["granted", "refused"], decided_by__isnull=False) & ~Q(decision=""),
                name="help_grant_decided_by_a_person_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("worker")),
                name="help_grant_not_decided_by_who_asks",
            ),
            models.CheckConstraint(
                condition=Q(state="asked", ended_at__isnull=True)
                | ~Q(state="asked") & Q(ended_at__isnull=False),
                name="help_grant_ended_when_it_is_over",
            ),
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("grt", self.pk)


class TaxDiligence(models.Model):
    """How often a worker was asked for the tax details that the law wants (charter D1, DAC7 Annex V, section II)."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(null=True)
    first_reminder_at = models.DateTimeField(null=True)
    second_reminder_at = models.DateTimeField(null=True)
    complete_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(second_reminder_at__isnull=True) | Q(first_reminder_at__isnull=False),
                name="tax_diligence_first_before_second",
            ),
        ]
