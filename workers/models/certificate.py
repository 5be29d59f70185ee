import uuid

from django.db import models
from django.db.models import Q

from marketplace.base import clock

from .qualification import Award


class Certificate(models.Model):
    """A signed statement of an award that the person keeps and shows elsewhere; only ever made on their request.

    `id` is in its public address and can't be guessed. `name` is what the person wants to be called on it.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    award = models.ForeignKey(Award, on_delete=models.PROTECT, related_name="certificates")
    name = models.CharField(max_length=80)
    token = models.TextField()  # the JWT, as it was signed
    key_id = models.CharField(max_length=64)
    status_index = models.BigIntegerField(unique=True)  # its bit in the status lists; by chance
    issued_at = models.DateTimeField(default=clock.now)
    withdrawn_at = models.DateTimeField(
        null=True
    )  # by the person: its page is gone, and it counts as revoked

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(name="") & ~Q(token=""), name="certificate_is_whole"),
            models.UniqueConstraint(
                fields=["award"], condition=Q(withdrawn_at__isnull=True), name="certificate_one_per_award"
            ),
        ]
