from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock, ids
from marketplace.base.models import User

from .assignment import Assignment
from .batch import Batch
from .task import Task


class Gold(models.Model):
    """What is known about a task: the answers that are right, and why. Check questions and tests are made of these.

    `answers`: the right ones, each {field: value}; a field that none of them names is not judged.
    `tolerance`: {field: how far a number may be off}.
    """

    class Aside(models.TextChoices):
        CONTESTED = "contested", _("a worker showed that it was wrong")
        OFTEN_FAILED = "often_failed", _("people who are usually right often failed it")
        TAKEN_BACK = "taken_back", _("taken back by the requester")

    task = models.OneToOneField(Task, on_delete=models.CASCADE, primary_key=True, related_name="gold")
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="golds")
    answers = models.JSONField()
    tolerance = models.JSONField(default=dict, blank=True)
    explanation = models.TextField()
    # A row of the requester's own data, which is an ordinary one again when the question is taken back before it opens.
    from_row = models.BooleanField(default=False, db_default=False)
    created_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    aside = models.CharField(max_length=12, choices=Aside.choices, blank=True, default="")
    aside_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(explanation=""), name="gold_says_why"),
            models.CheckConstraint(
                condition=Q(aside="", aside_at__isnull=True)
                | Q(aside__in=["contested", "often_failed", "taken_back"], aside_at__isnull=False),
                name="gold_aside_with_a_reason",
            ),
        ]


class GoldScore(models.Model):
    """How the first answer of an assignment to a task with a known answer was: right, or wrong in these fields."""

    assignment = models.OneToOneField(
        Assignment, on_delete=models.CASCADE, primary_key=True, related_name="gold_score"
    )
    gold = models.ForeignKey(Gold, on_delete=models.CASCADE, related_name="scores")
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="+", db_index=False)
    worker = models.ForeignKey(User, on_delete=models.PROTECT, related_name="gold_scores", db_index=False)
    right = models.BooleanField()
    wrong_fields = ArrayField(models.CharField(max_length=40), default=list)
    scored_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["batch", "worker"], name="gold_score_of_batch"),
            models.Index(fields=["worker", "-scored_at"], name="gold_score_of_worker"),
        ]


class GoldContest(models.Model):
    """A worker says that a check question was unfair; the requester answers, a moderator when asked to."""

    class Outcome(models.TextChoices):
        RIGHT_TOO = "right_too", _("this answer is right too")
        SET_ASIDE = "set_aside", _("the question was set aside")
        KEPT = "kept", _("the question stands")

    score = models.OneToOneField(
        GoldScore, on_delete=models.CASCADE, primary_key=True, related_name="contest"
    )
    text = models.TextField()
    opened_at = models.DateTimeField()
    outcome = models.CharField(max_length=9, choices=Outcome.choices, blank=True, default="")
    reason = models.TextField(blank=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="gold_contest_says_why"),
            models.CheckConstraint(
                condition=Q(outcome="", decided_by__isnull=True, decided_at__isnull=True)
                | Q(outcome__in=["right_too", "set_aside", "kept"], decided_by__isnull=False)
                & Q(decided_at__isnull=False)
                & ~Q(reason=""),
                name="gold_contest_decided_by_a_person",
            ),
        ]
        indexes = [models.Index(fields=["opened_at"], condition=Q(outcome=""), name="gold_contest_waiting")]


class BatchPause(models.Model):
    """One worker's claims of one batch rest until a shown moment, by a registered rule (charter M2): never for good.

    It ends by itself, by a training passed, or because a person looked when the worker asked for it.
    """

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="pauses", db_index=False)
    worker = models.ForeignKey(User, on_delete=models.PROTECT, related_name="batch_pauses", db_index=False)
    asked = models.PositiveIntegerField()  # check questions that counted
    right = models.PositiveIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    lifted_because = models.TextField(blank=True)
    review_asked_at = models.DateTimeField(null=True)
    review_text = models.TextField(blank=True)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    review_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="batch_pause_ends"),
            models.CheckConstraint(condition=Q(right__lte=F("asked")), name="batch_pause_counts"),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True) | ~Q(lifted_because=""), name="batch_pause_lifted_because"
            ),
            models.CheckConstraint(
                condition=Q(reviewed_at__isnull=True, reviewed_by__isnull=True)
                | Q(reviewed_at__isnull=False, reviewed_by__isnull=False) & ~Q(review_reason=""),
                name="batch_pause_reviewed_by_a_person",
            ),
        ]
        indexes = [
            models.Index(
                fields=["batch", "worker"], condition=Q(lifted_at__isnull=True), name="batch_pause_in_force"
            ),
            models.Index(
                fields=["review_asked_at"],
                condition=Q(review_asked_at__isnull=False, reviewed_at__isnull=True),
                name="batch_pause_to_review",
            ),
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("pse", self.pk)
