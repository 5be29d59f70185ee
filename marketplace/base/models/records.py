"""The rows that every part of the house writes: audit, outbox, runs of jobs, switches."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock

from .people import User


class AuditEvent(models.Model):
    """What was decided, by whom, about what. Ids only; never changed, never deleted (triggers)."""

    at = models.DateTimeField(default=clock.now)
    actor_id = models.BigIntegerField(
        null=True
    )  # null: the clock or a registered rule; no foreign key on purpose
    tag = models.CharField(max_length=60)  # source:subject:action, e.g. tasks:batch:publish
    subject = models.CharField(max_length=40)  # public id
    organisation_id = models.BigIntegerField(null=True)
    data = models.JSONField(default=dict)

    class Meta:
        indexes = [
            models.Index(fields=["subject", "at"], name="audit_by_subject"),
            models.Index(fields=["organisation_id", "at"], name="audit_by_organisation"),
            # What moderators opened and did: a small part of all, listed on a page of its own.
            models.Index(fields=["-id"], condition=Q(tag__startswith="console:"), name="audit_of_console"),
        ]


class OutboxEvent(models.Model):
    """A promise to tell somebody, committed with the fact it tells. A queue message is only its doorbell."""

    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=120, unique=True)  # the same fact is promised once
    data = models.JSONField(default=dict)  # ids only
    created_at = models.DateTimeField(default=clock.now)
    due_at = models.DateTimeField(default=clock.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(
        max_length=200, blank=True
    )  # class name only: messages may carry personal data
    done_at = models.DateTimeField(null=True, blank=True)
    dead_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["due_at"],
                name="outbox_waiting",
                condition=Q(done_at__isnull=True, dead_at__isnull=True),
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(done_at__isnull=True) | Q(dead_at__isnull=True), name="outbox_done_or_dead"
            ),
        ]


class JobRun(models.Model):
    """One run of a clockwork job in one slot of time; the unique pair keeps two beats from running it twice."""

    name = models.CharField(max_length=60)
    slot = models.DateTimeField()
    started_at = models.DateTimeField(default=clock.now)
    finished_at = models.DateTimeField(null=True, blank=True)
    figures = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["name", "slot"], name="job_run_once_per_slot")]


class Switch(models.Model):
    """A kill switch. Present and off means off; absent means on."""

    class Name(models.TextChoices):
        CLAIMS = "claims", _("claiming tasks")
        PAYOUTS = "payouts", _("sending payouts")
        DEPOSITS = "deposits", _("taking deposits")
        SIGNUP = "signup", _("sign-up")
        PUBLISH = "publish", _("publishing batches")

    name = models.CharField(max_length=20, choices=Name.choices, unique=True)
    is_on = models.BooleanField(default=True)
    reason = models.CharField(max_length=300, blank=True)
    changed_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField(default=clock.now)
