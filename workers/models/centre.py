from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.base import clock, ids
from marketplace.base.models import User


class Centre(models.Model):
    """A house where people work side by side, such as those of impact sourcing: it lends rooms, devices and training,
    and never stands between a member and their pay (charter P13). A named moderator checks it before it opens."""

    class State(models.TextChoices):
        ASKED = "asked", _("waiting to be checked")
        OPEN = "open", pgettext_lazy("batch", "open")  # not "free", as a booking is: languages differ
        REFUSED = "refused", _("refused")
        CLOSED = "closed", _("closed")

    name = models.CharField(max_length=120)
    town = models.CharField(max_length=80)
    country = models.CharField(max_length=2)
    time_zone = models.CharField(max_length=64)
    description = models.CharField(max_length=1000)  # public
    evidence = models.CharField(max_length=2000)  # for the moderator who checks: who runs it, where to look
    state = models.CharField(max_length=7, choices=State.choices, default=State.ASKED)
    slot_minutes = models.PositiveSmallIntegerField(default=60)
    weekly_hours = models.PositiveSmallIntegerField(
        default=10
    )  # of one thing for one member while others wait
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=clock.now)
    checked_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    checked_at = models.DateTimeField(null=True)
    check_words = models.CharField(max_length=1000, blank=True, default="")
    closed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True)
    closed_because = models.CharField(max_length=1000, blank=True, default="")
    figures = models.JSONField(default=dict)  # the last count of what its page shows; too few people: null
    figures_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(name="") & ~Q(town="") & ~Q(description="") & ~Q(evidence=""),
                name="centre_says_who_it_is",
            ),
            models.CheckConstraint(condition=Q(country__regex=r"^[A-Z]{2}$"), name="centre_country_is_iso"),
            models.CheckConstraint(
                condition=Q(slot_minutes__in=[30, 60, 90, 120]), name="centre_slot_from_the_list"
            ),
            models.CheckConstraint(
                condition=Q(weekly_hours__gte=1, weekly_hours__lte=168), name="centre_weekly_hours_in_a_week"
            ),
            models.CheckConstraint(
                condition=Q(state="asked", checked_by__isnull=True, checked_at__isnull=True)
                | Q(
                    state__in=["open", "refused", "closed"],
                    checked_by__isnull=False,
                    checked_at__isnull=False,
                )
                & ~Q(check_words=""),
                name="centre_checked_by_a_named_person_in_words",
            ),
            models.CheckConstraint(
                condition=Q(checked_by__isnull=True) | ~Q(checked_by=F("asked_by")),
                name="centre_not_checked_by_who_asked",
            ),
            models.CheckConstraint(
                condition=~Q(state="closed") & Q(closed_by__isnull=True, closed_at__isnull=True)
                | Q(state="closed", closed_by__isnull=False, closed_at__isnull=False) & ~Q(closed_because=""),
                name="centre_closed_by_a_named_person_in_words",
            ),
        ]
        indexes = [models.Index(fields=["asked_at"], condition=Q(state="asked"), name="centre_to_check")]

    @property
    def public_id(self) -> str:
        return ids.encode("ctr", self.pk)


class CentreCoordinator(models.Model):
    """Somebody who runs a centre, with the role that its members read."""

    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="coordinators")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=60)
    since = models.DateTimeField(default=clock.now)
    added_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    until = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "centre"], condition=Q(until__isnull=True), name="coordinator_once_at_a_time"
            ),
            models.CheckConstraint(condition=~Q(role=""), name="coordinator_has_a_role"),
            models.CheckConstraint(
                condition=Q(until__isnull=True, ended_by__isnull=True)
                | Q(until__isnull=False, ended_by__isnull=False),
                name="coordinator_ended_by_and_at",
            ),
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("crd", self.pk)


class CentreInvitation(models.Model):
    """An offer to join a centre: to an address, or (without one) the link that a coordinator hands around, of which one
    stands at a time. Only the hash of its token is kept. Nobody is in before they say yes."""

    centre = models.ForeignKey(Centre, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField(blank=True)
    role = models.CharField(max_length=60, blank=True)  # of a coordinator; empty: as a member
    token_hash = models.CharField(max_length=64, unique=True)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)  # by address: with a yes or a no
    revoked_at = models.DateTimeField(null=True)
    max_uses = models.PositiveSmallIntegerField(null=True)  # of a link
    uses = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["centre"],
                condition=Q(email="", revoked_at__isnull=True),
                name="centre_link_stands_alone",
            ),
            models.UniqueConstraint(
                fields=["centre", "email"],
                condition=~Q(email="") & Q(revoked_at__isnull=True, answered_at__isnull=True),
                name="centre_invitation_once_by_address",
            ),
            models.CheckConstraint(
                condition=Q(email=Lower("email")), name="centre_invitation_address_is_lower_case"
            ),
            models.CheckConstraint(
                condition=Q(role="") | ~Q(email=""), name="centre_coordinator_invited_by_address"
            ),
            models.CheckConstraint(
                condition=Q(max_uses__isnull=True) | Q(max_uses__gte=1, uses__lte=F("max_uses")),
                name="centre_link_used_no_more_than_allowed",
            ),
        ]
        indexes = [
            models.Index(fields=["email"], condition=~Q(email=""), name="centre_invitation_by_address")
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("cin", self.pk)


class CentreMembership(models.Model):
    """That a person belongs to a centre: from their own yes until they leave, which asks no reason, or a coordinator
    ends it with one that the person reads."""

    centre = models.ForeignKey(Centre, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    shown_as = models.CharField(max_length=80)  # the name by which the person wants to be known there
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField()
    shares_earnings = models.BooleanField(default=False, db_default=False)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    end_reason = models.CharField(max_length=1000, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "centre"],
                condition=Q(ended_at__isnull=True),
                name="centre_membership_once_at_a_time",
            ),
            models.CheckConstraint(condition=~Q(shown_as=""), name="centre_member_has_a_name"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True, end_reason="")
                | Q(ended_at__isnull=False, ended_by=F("user"))
                | Q(ended_at__isnull=False, ended_by__isnull=False) & ~Q(end_reason=""),
                name="centre_membership_ended_by_oneself_or_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(ended_at__gte=F("accepted_at")),
                name="centre_membership_ends_after_it_began",
            ),
        ]
        indexes = [models.Index(fields=["user"], name="centre_membership_by_person")]

    @property
    def public_id(self) -> str:
        return ids.encode("cmb", self.pk)
