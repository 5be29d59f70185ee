from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock, ids
from marketplace.base.models import User


class Restriction(models.Model):
    """A person may not claim, or not use their account, for a while or until lifted: always by a named human, always
    with a statement of reasons (charter M2, M3; Regulation (EU) 2022/2065, article 17)."""

    class Scope(models.TextChoices):
        CLAIMS = "claims", _("No new tasks")
        ACCOUNT = "account", _("The whole account, but for money, data and complaints")

    class Ground(models.TextChoices):
        """Which rule of the terms it rests on."""

        NOT_OWN_WORK = "not_own_work", _("Answers that are not one's own work")
        SECOND_ACCOUNT = "second_account", _("A second account, or an account used by somebody else")
        PROFILE = "profile", _("What was said about age or country is not true")
        DATA = "data", _("What tasks show was copied out or passed on")
        ABUSE = "abuse", _("Threats or abuse")
        MONEY = "money", _("Fraud with money or payment details")
        SAFETY = "safety", _("The account seems to be in somebody else's hands")
        OTHER = "other", _("Another rule, named in the reasons")

    class Source(models.TextChoices):
        """What made a person look. The decision itself is never a program's."""

        FOUND = "found", _("a moderator noticed it")
        REPORT = "report", _("somebody told us")
        SIGNAL = "signal", _("a rule pointed a moderator to it")

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="restrictions")
    scope = models.CharField(max_length=7, choices=Scope.choices, default=Scope.CLAIMS)
    ground = models.CharField(max_length=14, choices=Ground.choices, default=Ground.OTHER)
    source = models.CharField(max_length=6, choices=Source.choices, default=Source.FOUND)
    reason = models.TextField()
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    # Long ones, and those without an end, take two people (base/opinions.py).
    needs_second = models.BooleanField(default=False, db_default=False)
    second_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField(default=clock.now)
    ends_at = models.DateTimeField(null=True, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    # A complaint was upheld: it should not have been, and counts in nothing any more (charter M5).
    overturned_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="restriction_says_why"),
            models.CheckConstraint(condition=~Q(decided_by=F("user")), name="restriction_by_somebody_else"),
            models.CheckConstraint(
                condition=Q(needs_second=False)
                | Q(second_by__isnull=False) & ~Q(second_by=F("decided_by")) & ~Q(second_by=F("user")),
                name="restriction_heavy_by_two",
            ),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False),
                name="restriction_lifted_by_and_at",
            ),
            models.CheckConstraint(
                condition=Q(scope__in=["claims", "account"]), name="restriction_scope_known"
            ),
            models.CheckConstraint(
                condition=Q(
                    ground__in=[
                        "not_own_work",
                        "second_account",
                        "profile",
                        "data",
                        "abuse",
                        "money",
                        "safety",
                        "other",
                    ]
                ),
                name="restriction_ground_from_the_list",
            ),
            models.CheckConstraint(
                condition=Q(source__in=["found", "report", "signal"]), name="restriction_source_known"
            ),
            models.CheckConstraint(
                condition=Q(overturned_at__isnull=True)
                | Q(lifted_at__isnull=False)
                | Q(ends_at__isnull=False),
                name="restriction_overturned_is_over",
            ),
        ]
        indexes = [
            models.Index(fields=["user"], condition=Q(lifted_at__isnull=True), name="restriction_in_force")
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("rst", self.pk)
