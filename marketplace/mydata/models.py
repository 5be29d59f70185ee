"""Leaving: the request, what the law has sealed, and files that somebody takes along."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock, ids
from marketplace.base.models import User


class ErasureRequest(models.Model):
    """A person asks to be erased (charter D3). It waits for what is open, then some days, then it is done for good."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waits for what is still open")
        COOLING = "cooling", _("will be carried out")
        WITHDRAWN = "withdrawn", _("taken back")
        DONE = "done", _("carried out")

    OPEN = (State.WAITING, State.COOLING)

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    # What it waits for, as `services.waiting.Reason` says; looked at again by the clock.
    waits_for = ArrayField(models.CharField(max_length=12), default=list)
    # The person leaves what is too little, or can't be paid out to them, where it is.
    leaves_rest = models.BooleanField(default=False)
    asked_at = models.DateTimeField(default=clock.now)
    cooling_until = models.DateTimeField(null=True)
    goodbye_at = models.DateTimeField(null=True)  # the last mail, sent before the address is gone
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "cooling", "withdrawn", "done"]), name="erasure_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="cooling") | Q(cooling_until__isnull=False, waits_for__len=0),
                name="erasure_cools_until_a_day",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "cooling"], ended_at__isnull=True)
                | Q(state__in=["withdrawn", "done"], ended_at__isnull=False),
                name="erasure_ended_when_it_is_over",
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(state__in=["waiting", "cooling", "done"]),
                name="erasure_once_per_person",
            ),
        ]

    def __str__(self) -> str:
        return f"erasure of {ids.encode('usr', self.user_id)}"


class SealedRecord(models.Model):
    """What tax law has kept of somebody who is gone, sealed to a key that the running site does not have.

    `sealed` is empty once its time is over; that it was there, and for whom by number, stays.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    key_id = models.CharField(max_length=43)  # thumbprint of the public key it is sealed to
    sealed = models.BinaryField(null=True)
    keep_until = models.DateField()
    made_at = models.DateTimeField(default=clock.now)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sealed__isnull=False, destroyed_at__isnull=True)
                | Q(sealed__isnull=True, destroyed_at__isnull=False),
                name="sealed_until_destroyed",
            ),
        ]


class DataExport(models.Model):
    """A file with all that is kept of a person, made on their request, fetched by them, gone after some days."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    asked_at = models.DateTimeField(default=clock.now)
    path = models.CharField(max_length=200, blank=True)  # in the store of media; the name can't be guessed
    size = models.BigIntegerField(default=0)  # bytes
    made_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(made_at__isnull=True, path="", expires_at__isnull=True)
                | Q(made_at__isnull=False, expires_at__isnull=False) & ~Q(path=""),
                name="export_made_is_somewhere_until_a_day",
            ),
            models.UniqueConstraint(
                fields=["user"], condition=Q(made_at__isnull=True), name="export_one_at_a_time"
            ),
        ]
        indexes = [models.Index(fields=["user", "-asked_at"], name="export_by_person")]

    @property
    def public_id(self) -> str:
        return ids.encode("exp", self.pk)
