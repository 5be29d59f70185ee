from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import ids
from marketplace.base.models import User

from .batch import Batch
from .task import Task


class Assignment(models.Model):
    """One worker's lease on one task, and the submission that came of it."""

    class State(models.TextChoices):
        CLAIMED = "claimed", _("in hand")
        SUBMITTED = "submitted", _("to review")
        RELEASED = "released", _("given back")
        EXPIRED = "expired", _("out of time")
        COMPENSATED = "compensated", _("compensated")
        CONTESTED = "contested", _("contested")
        DISPUTED = "disputed", _("with a moderator")
        APPROVED = "approved", _("approved")
        REJECTED = "rejected", _("refused by a moderator")

    MOVES: dict[str, frozenset[str]] = {
        State.CLAIMED: frozenset({State.SUBMITTED, State.RELEASED, State.EXPIRED, State.COMPENSATED}),
        State.EXPIRED: frozenset({State.CLAIMED, State.COMPENSATED}),
        State.SUBMITTED: frozenset(
            {State.APPROVED, State.CONTESTED, State.DISPUTED}
        ),  # disputed: only after a redo
        State.CONTESTED: frozenset({State.APPROVED, State.SUBMITTED, State.DISPUTED}),
        State.DISPUTED: frozenset({State.APPROVED, State.REJECTED}),
        State.REJECTED: frozenset({State.APPROVED}),  # appeal won
        State.RELEASED: frozenset(),
        State.COMPENSATED: frozenset(),
        State.APPROVED: frozenset(),
    }
    ANSWERED = (State.SUBMITTED, State.CONTESTED, State.DISPUTED, State.APPROVED)
    UNDECIDED = (State.SUBMITTED, State.CONTESTED, State.DISPUTED)

    # No index of their own for task and worker: the unique constraint begins with the task, and each costs every claim.
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="assignments", db_index=False)
    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="assignments", db_index=False)
    worker = models.ForeignKey(User, on_delete=models.PROTECT, related_name="assignments", db_index=False)
    state = models.CharField(max_length=11, choices=State.choices)

    claimed_at = models.DateTimeField()
    lease_until = models.DateTimeField()
    reward_micros = models.BigIntegerField()
    country = models.CharField(max_length=2)  # the worker's, when claiming: decides the floor
    cap_year = models.PositiveSmallIntegerField()  # the year of the claim in Europe/Paris

    ended_at = models.DateTimeField(null=True)  # released, expired or compensated
    submitted_at = models.DateTimeField(null=True)
    answer = models.JSONField(null=True)
    first_answer = models.JSONField(null=True)  # kept when the worker corrected it before review
    paused_seconds = models.PositiveIntegerField(default=0)
    worked_seconds = models.PositiveIntegerField(null=True)  # shown → submitted, less pauses
    review_due_at = models.DateTimeField(null=True)  # approved by the clock then
    validated_at = models.DateTimeField(null=True)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    topped_up_micros = models.BigIntegerField(default=0)
    topups = models.PositiveSmallIntegerField(default=0)

    # No column: what a compensated one was paid, where a page has looked it up.
    paid_micros: int | None = None

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "worker"], name="assignment_once_per_worker"),
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "claimed",
                        "submitted",
                        "released",
                        "expired",
                        "compensated",
                        "contested",
                        "disputed",
                        "approved",
                        "rejected",
                    ]
                ),
                name="assignment_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["claimed", "released", "expired", "compensated"])
                | Q(answer__isnull=False, submitted_at__isnull=False, worked_seconds__isnull=False),
                name="assignment_answered_has_an_answer",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["approved", "rejected"], reviewed_at__isnull=False)
                | Q(reviewed_at__isnull=True) & ~Q(state__in=["approved", "rejected"]),
                name="assignment_reviewed_when_decided",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True) | Q(reviewed_at__isnull=False),
                name="assignment_reviewed_by_and_at",
            ),
            models.CheckConstraint(
                condition=Q(state="submitted", review_due_at__isnull=False) | ~Q(state="submitted"),
                name="assignment_submitted_has_a_review_date",
            ),
            models.CheckConstraint(condition=Q(reward_micros__gt=0), name="assignment_reward_positive"),
            models.CheckConstraint(
                condition=Q(topped_up_micros__gte=0), name="assignment_topups_not_negative"
            ),
        ]
        indexes = [
            models.Index(fields=["worker"], condition=Q(state="claimed"), name="assignment_in_hand"),
            models.Index(fields=["lease_until"], condition=Q(state="claimed"), name="assignment_lease"),
            models.Index(
                fields=["review_due_at"], condition=Q(state="submitted"), name="assignment_review_due"
            ),
            models.Index(fields=["batch", "state"], name="assignment_of_batch"),
            models.Index(
                fields=["batch"],
                condition=Q(validated_at__isnull=True)
                & Q(state__in=["submitted", "contested", "disputed", "approved"]),
                name="assignment_to_validate",
            ),
            models.Index(fields=["worker", "-id"], name="assignment_history"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        return ids.encode("asg", self.pk)

    @property
    def task_public_id(self) -> str:
        return ids.encode("tsk", self.task_id)


class Draft(models.Model):
    """What a worker has typed so far; outlives the lease, so that an expired task loses nothing."""

    assignment = models.OneToOneField(
        Assignment, on_delete=models.CASCADE, primary_key=True, related_name="draft"
    )
    answer = models.JSONField()
    updated_at = models.DateTimeField()
    wrong_codes = models.PositiveSmallIntegerField(
        default=0
    )  # completion codes tried (tasks/services/tries.py)
