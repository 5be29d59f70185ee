"""News from a gateway: written once on arrival, handled once under lock."""

from django.db import models
from django.db.models import Q

from marketplace.base import clock


class ExternalEvent(models.Model):
    """A gateway said that something about one of our objects changed. Ids only; the object is fetched again."""

    gateway = models.CharField(max_length=20)
    external_id = models.CharField(max_length=120)
    kind = models.CharField(max_length=60)  # deposit or payout
    object_ref = models.CharField(max_length=80)  # our key: dep_… or pay_…
    received_at = models.DateTimeField(default=clock.now)
    handled_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["received_at"], name="external_event_waiting", condition=Q(handled_at__isnull=True)
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["gateway", "external_id"], name="external_event_once"),
        ]
