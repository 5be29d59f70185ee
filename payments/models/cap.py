"""What one person may earn in one year (DESIGN §4 "Cap", charter C1–C3)."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Cap(models.Model):
    """One worker, one year of claims in Europe/Paris. The claim reserves, an approval turns that into earned.

    `extra_micros` is owed whatever the cap says: top-ups, compensations, disputes won late. A trigger
    (`payments/sql/cap.sql`) lets neither earned nor extra shrink.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    year = models.SmallIntegerField()
    cap_micros = models.BigIntegerField()
    reserved_micros = models.BigIntegerField(default=0, db_default=0)
    earned_micros = models.BigIntegerField(default=0, db_default=0)
    extra_micros = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "year"], name="cap_once_per_worker_and_year"),
            models.CheckConstraint(
                condition=Q(
                    cap_micros__gte=0, reserved_micros__gte=0, earned_micros__gte=0, extra_micros__gte=0
                ),
                name="cap_amounts_never_below_zero",
            ),
            models.CheckConstraint(
                condition=Q(cap_micros__gte=F("reserved_micros") + F("earned_micros")),
                name="cap_holds_reserved_and_earned",
            ),
        ]
