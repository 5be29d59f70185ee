from django.db import models
from django.db.models import F, Q

from marketplace.base import clock
from marketplace.base.models import User


class Restriction(models.Model):
    """A person may not claim, for a while or until lifted: always by a named human, always with a reason (M2, M3)."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="restrictions")
    reason = models.TextField()
    decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    starts_at = models.DateTimeField(default=clock.now)
    ends_at = models.DateTimeField(null=True, blank=True)
    lifted_at = models.DateTimeField(null=True, blank=True)
    lifted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="restriction_says_why"),
            models.CheckConstraint(condition=~Q(decided_by=F("user")), name="restriction_by_somebody_else"),
            models.CheckConstraint(
                condition=Q(lifted_at__isnull=True, lifted_by__isnull=True)
                | Q(lifted_at__isnull=False, lifted_by__isnull=False),
                name="restriction_lifted_by_and_at",
            ),
        ]
        indexes = [
            models.Index(fields=["user"], condition=Q(lifted_at__isnull=True), name="restriction_in_force")
        ]
