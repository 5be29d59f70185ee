from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock, ids
from marketplace.base.models import User

from .assignment import Assignment


class Contest(models.Model):
    """A requester objects to an answer: one reason of the closed list, with evidence. Once per assignment."""

    class Reason(models.TextChoices):
        WRONG = "wrong_answer", _("The answer is wrong")
        INCOMPLETE = "incomplete", _("Something is missing")
        INSTRUCTIONS = "instructions_not_followed", _("The instructions were not followed")
        TOO_FAST = "too_fast", _("Answered too fast to have been read")
        NOT_OWN = "not_own_work", _("Not the worker's own work")
        ABUSIVE = "abusive", _("Abusive")

    assignment = models.OneToOneField(Assignment, on_delete=models.PROTECT, related_name="contest")
    reason = models.CharField(max_length=30, choices=Reason.choices)
    evidence = models.TextField()
    opened_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=clock.now)
    reply_due_at = models.DateTimeField()
    reply = models.TextField(blank=True)
    replied_at = models.DateTimeField(null=True)
    redone_at = models.DateTimeField(null=True)
    contested_answer = models.JSONField()  # as it was when the requester objected
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    reason__in=[
                        "wrong_answer",
                        "incomplete",
                        "instructions_not_followed",
                        "too_fast",
                        "not_own_work",
                        "abusive",
                    ]
                ),
                name="contest_reason_from_the_list",
            ),
            models.CheckConstraint(condition=~Q(evidence=""), name="contest_has_evidence"),
            models.CheckConstraint(
                condition=Q(replied_at__isnull=True, reply="") | Q(replied_at__isnull=False) & ~Q(reply=""),
                name="contest_reply_and_when",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
                name="contest_withdrawn_by_and_at",
            ),
        ]
        indexes = [
            models.Index(
                fields=["reply_due_at"],
                name="contest_reply_due",
                condition=Q(replied_at__isnull=True, redone_at__isnull=True, withdrawn_at__isnull=True),
            )
        ]


class Dispute(models.Model):
    """A moderator decides; an appeal (`is_appeal`) is decided by another one. At most one of each per assignment."""

    class Outcome(models.TextChoices):
        APPROVE = "approve", _("The worker is paid")
        REJECT = "reject", _("The answer is refused")

    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="disputes")
    is_appeal = models.BooleanField(default=False)
    statement = models.TextField(blank=True)  # the worker's words with an appeal
    opened_at = models.DateTimeField(default=clock.now)
    decide_by = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    # To refuse much money takes two people (base/opinions.py).
    needs_second = models.BooleanField(default=False, db_default=False)
    second_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=7, choices=Outcome.choices, blank=True)
    reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["assignment", "is_appeal"], name="dispute_once_and_one_appeal"),
            models.CheckConstraint(
                condition=Q(decided_at__isnull=True, decided_by__isnull=True, outcome="", reason="")
                | Q(decided_at__isnull=False, decided_by__isnull=False, outcome__in=["approve", "reject"])
                & ~Q(reason=""),
                name="dispute_decided_by_a_named_person_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(needs_second=False) | Q(second_by__isnull=False) & ~Q(second_by=F("decided_by")),
                name="dispute_heavy_by_two",
            ),
        ]
        indexes = [
            models.Index(fields=["decide_by"], condition=Q(decided_at__isnull=True), name="dispute_waiting")
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("dis", self.pk)
