from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from marketplace.base import clock
from marketplace.base.models import User

from .batch import Batch


class BatchLink(models.Model):
    """The link by which people join a private batch; only the hash of its token is kept. One stands at a time."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="links")
    token_hash = models.CharField(max_length=64, unique=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField(null=True)
    max_uses = models.PositiveIntegerField(null=True)
    uses = models.PositiveIntegerField(default=0)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["batch"], condition=Q(revoked_at__isnull=True), name="batch_link_stands_alone"
            ),
            models.CheckConstraint(
                condition=Q(max_uses__isnull=True) | Q(max_uses__gte=1, uses__lte=models.F("max_uses")),
                name="batch_link_used_no_more_than_allowed",
            ),
        ]


class BatchGuest(models.Model):
    """Somebody invited to a private batch: by an address, as a person who worked here before, or through the link.

    Who accepted and was not removed may claim. A row by address knows its worker once that person accepts.
    """

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="guests")
    email = models.EmailField(blank=True)
    worker = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+", db_index=False)
    link = models.ForeignKey(BatchLink, null=True, on_delete=models.CASCADE, related_name="guests")
    invited_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    invited_at = models.DateTimeField(default=clock.now)
    told_at = models.DateTimeField(null=True)  # the invitation was sent
    accepted_at = models.DateTimeField(null=True)
    declined_at = models.DateTimeField(null=True)  # "no, thank you": final, for this batch
    removed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "email"], condition=~Q(email=""), name="guest_once_by_address"
            ),
            models.UniqueConstraint(
                fields=["batch", "worker"], condition=Q(email=""), name="guest_once_by_person"
            ),
            # The probe of a claim reads this one.
            models.UniqueConstraint(
                fields=["worker", "batch"],
                condition=Q(accepted_at__isnull=False, removed_at__isnull=True),
                name="guest_is_in_once",
            ),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="guest_address_is_lower_case"),
            models.CheckConstraint(
                condition=~Q(email="") | Q(worker__isnull=False), name="guest_is_somebody"
            ),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(worker__isnull=False),
                name="guest_accepts_in_person",
            ),
            models.CheckConstraint(
                condition=Q(declined_at__isnull=True) | Q(worker__isnull=False, accepted_at__isnull=True),
                name="guest_declines_in_person_or_accepts",
            ),
        ]
        indexes = [
            models.Index(fields=["email"], condition=~Q(email=""), name="guest_by_address"),
            models.Index(fields=["worker"], condition=Q(worker__isnull=False), name="guest_by_worker"),
        ]
