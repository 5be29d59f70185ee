"""Organisations, who belongs to them as what, and who is asked to."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock, ids

from .people import User


class Organisation(models.Model):
    """A requester: who asks for work and pays for it."""

    name = models.CharField(_("name"), max_length=120)
    description = models.CharField(_("what it does"), max_length=400, blank=True)
    website = models.URLField(_("website"), blank=True)
    country = models.CharField(_("country"), max_length=2)
    # Set by a moderator who passed one of its batches, or looked at it: later batches publish at once.
    trusted_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now)
    members = models.ManyToManyField(User, through="Membership", related_name="organisations")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(country__regex=r"^[A-Z]{2}$"), name="organisation_country_is_iso"
            ),
            models.CheckConstraint(condition=~Q(name=""), name="organisation_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        return ids.encode("org", self.pk)


class Role(models.TextChoices):
    VIEWER = "viewer", _("viewer: reads")
    EDITOR = "editor", _("editor: posts, publishes and reviews")
    FINANCE = "finance", _("finance: handles funds and invoices")
    OWNER = "owner", _("owner: everything")


# What each role may do (DESIGN §3); checked by `access.py` of each app through `Membership.may`.
RIGHTS: dict[str, frozenset[str]] = {
    Role.VIEWER: frozenset({"read"}),
    Role.EDITOR: frozenset({"read", "edit"}),
    Role.FINANCE: frozenset({"read", "funds"}),
    Role.OWNER: frozenset({"read", "edit", "funds", "team"}),
}


class Membership(models.Model):
    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=8, choices=Role.choices)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "user"], name="membership_once_per_person"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="membership_role_known"),
        ]

    def may(self, right: str) -> bool:
        """Whether this role has `right`: read, edit, funds or team."""
        return right in RIGHTS[self.role]


class Invitation(models.Model):
    """An offer to join an organisation, sent by mail; only the hash of its token is kept."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField()
    role = models.CharField(max_length=8, choices=Role.choices)
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True) | Q(revoked_at__isnull=True),
                name="invitation_is_not_both_accepted_and_revoked",
            ),
        ]
