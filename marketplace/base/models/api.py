"""Calls of programs: their keys, and the answers kept for calls that come twice."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock, ids

from .organisations import Organisation
from .people import User


class ApiKey(models.Model):
    """A bearer key of one person and, for requester scopes, one organisation. Only its hash is kept."""

    class Scope(models.TextChoices):
        READ = "read", _("read batches and results")
        WRITE = "write", _("post, publish and review batches")
        FUNDS = "funds", _("see and add funds")
        WORK = "work", _("claim and submit tasks")
        MODERATE = "moderate", _("decide disputes")

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_keys")
    organisation = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.CASCADE, related_name="api_keys"
    )
    name = models.CharField(max_length=60)
    prefix = models.CharField(max_length=12)  # the first letters, so that a person tells keys apart
    key_hash = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(models.CharField(max_length=10, choices=Scope.choices))
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(organisation__isnull=False) | ~Q(scopes__overlap=["read", "write", "funds"]),
                name="api_key_of_a_requester_names_the_organisation",
            ),
            models.CheckConstraint(condition=Q(scopes__len__gt=0), name="api_key_has_a_scope"),
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("key", self.pk)


class IdempotentAnswer(models.Model):
    """The answer to a POST that carried an `Idempotency-Key`, kept so that the same key gets it again."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=120)
    path = models.CharField(max_length=200)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)  # null while the first request is under way
    answer = models.JSONField(null=True)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once_per_person")
        ]
