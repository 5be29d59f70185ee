from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock, ids
from marketplace.base.models import Organisation, User


class Qualification(models.Model):
    """Something a person can show: by a test, by a training, or granted by hand. Without an organisation it is the
    platform's own."""

    organisation = models.ForeignKey(
        Organisation, null=True, on_delete=models.PROTECT, related_name="qualifications"
    )
    name = models.CharField(max_length=80)
    description = models.TextField()
    valid_days = models.PositiveIntegerField(null=True)  # null: for good
    by_hand = models.BooleanField(default=False)  # may be granted without a test
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(description=""), name="qualification_says_what"
            ),
            models.CheckConstraint(
                condition=Q(valid_days__isnull=True) | Q(valid_days__gte=1),
                name="qualification_valid_for_a_day",
            ),
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("qua", self.pk)


class Award(models.Model):
    """That a person holds a qualification: since when, until when, with what score, and who took it back and why."""

    qualification = models.ForeignKey(Qualification, on_delete=models.PROTECT, related_name="awards")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="awards", db_index=False)
    score = models.FloatField(null=True)  # share of right answers; null: granted by hand
    granted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(blank=True)  # of a grant by hand
    granted_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    superseded_at = models.DateTimeField(null=True)  # a newer one took its place
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    revoked_because = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=1), name="award_score_is_a_share"
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=False, granted_by__isnull=True)
                | Q(score__isnull=True, granted_by__isnull=False) & ~Q(reason=""),
                name="award_by_test_or_by_a_person",
            ),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_by__isnull=True)
                | Q(revoked_at__isnull=False, revoked_by__isnull=False) & ~Q(revoked_because=""),
                name="award_revoked_by_a_person",
            ),
            models.UniqueConstraint(
                fields=["user", "qualification"],
                condition=Q(revoked_at__isnull=True, superseded_at__isnull=True),
                name="award_in_force_once",
            ),
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("awd", self.pk)


class AwardContest(models.Model):
    """A person says that their qualification was taken back wrongly; a moderator decides (charter M4, M5)."""

    class Outcome(models.TextChoices):
        RESTORED = "restored", _("given back")
        KEPT = "kept", _("it stays taken back")

    award = models.OneToOneField(Award, on_delete=models.CASCADE, primary_key=True, related_name="contest")
    text = models.TextField()
    opened_at = models.DateTimeField()
    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True, default="")
    reason = models.TextField(blank=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="award_contest_says_why"),
            models.CheckConstraint(
                condition=Q(outcome="", decided_by__isnull=True, decided_at__isnull=True)
                | Q(outcome__in=["restored", "kept"], decided_by__isnull=False, decided_at__isnull=False)
                & ~Q(reason=""),
                name="award_contest_decided_by_a_person",
            ),
        ]
        indexes = [models.Index(fields=["opened_at"], condition=Q(outcome=""), name="award_contest_waiting")]
