"""News from a gateway: written once on arrival, handled once under lock."""

from django.db import models
from django.db.models import Q

from marketplace.base import clock


class ExternalEvent(models.Model):
    """A gateway said that something about one of our objects changed. Ids only; the object is fetched again."""

    gateway = models.CharField(max_length=20)
    external_id = models.CharField(max_length=120)
    kind = models.CharField(
        max_length=60
    )  # deposit, payout, dispute …; the gateway's own word where it is of no matter
    # Our key (dep_…, pay_…), or the gateway's name for what it made itself (a dispute).
    object_ref = models.CharField(max_length=80)
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


class GatewayPoll(models.Model):
    """When a gateway last told all its news when asked: the next question begins a little before."""

    gateway = models.CharField(max_length=20, primary_key=True)
    polled_at = models.DateTimeField()
