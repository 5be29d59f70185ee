"""Organisations and who belongs to them: roles, invitations by mail, and an owner at any time (DESIGN §3)."""

import datetime as dt
import hashlib
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from . import audit, clock, countries, outbox
from .errors import Invalid, NotFound, Refusal
from .models import ApiKey, FormerMembership, Invitation, Membership, Organisation, Role, User

INVITATION_DAYS = 14
MOST_OPEN_INVITATIONS = 50  # each one sends a mail to an address we know nothing of,
MOST_A_DAY = (
    50  # and one taken back has been sent all the same: so many by one person, in whatever organisation
)


class LastOwner(Refusal):
    """Somebody must be able to decide for an organisation."""

    code = "last_owner"
    detail = _("This is the last owner. Make somebody else an owner first.")


class AlreadyMember(Refusal):
    """The person belongs to the organisation."""

    code = "already_member"
    detail = _("This person already belongs to the organisation. Change the role in the list instead.")


class AlreadyInvited(Refusal):
    """An invitation to this address still stands."""

    code = "already_invited"
    detail = _("An invitation to this address is still open. Take it back first to send another one.")


class TooManyInvitations(Refusal):
    """More open invitations than an organisation may have."""

    code = "too_many_invitations"
    detail = _("%(most)s invitations are still open. Take some back, or wait until they are answered.")


class EnoughForToday(TooManyInvitations):
    """More invitations in a day than one person may send."""

    detail = _("You have sent %(most)s invitations in a day. Send the next ones tomorrow.")


class InvitationOver(Refusal):
    """The invitation was used, taken back, or ran out."""

    code = "invitation_over"
    detail = _(
        "This invitation has been used, taken back, or is older than %(days)s days. Ask for a new one."
    )
    status = 410


class OtherAddress(Refusal):
    """The invitation was sent to another address."""

    code = "other_address"
    detail = _(
        "This invitation was sent to %(email)s. Log in with that address, or ask to be invited with yours."
    )
    status = 403


@transaction.atomic
def create(*, actor: User, name: str, country: str, description: str = "", website: str = "") -> Organisation:
    """A new organisation with `actor` as its owner. Raises Invalid with `fields`."""
    _check(name, country)
    organisation = Organisation.objects.create(
        name=name.strip(),
        country=country,
        description=description.strip(),
        website=website.strip(),
        created_at=clock.now(),
    )
    _join(organisation, actor, Role.OWNER)
    audit.record(
        "base:organisation:create", organisation.public_id, actor=actor, organisation_id=organisation.pk
    )
    return organisation


@transaction.atomic
def update(
    *, organisation: Organisation, actor: User, name: str, country: str, description: str, website: str
) -> Organisation:
    """Change what workers read of an organisation. Raises Invalid with `fields`."""
    _check(name, country)
    organisation.name, organisation.country = name.strip(), country
    organisation.description, organisation.website = description.strip(), website.strip()
    organisation.save(update_fields=["name", "country", "description", "website"])
    audit.record(
        "base:organisation:update", organisation.public_id, actor=actor, organisation_id=organisation.pk
    )
    return organisation


@transaction.atomic
def invite(*, organisation: Organisation, actor: User, email: str, role: str) -> Invitation:
    """Offer a role to whoever reads the mail of `email`; the mail goes out after commit.

    Raises Invalid with `fields`, AlreadyMember, AlreadyInvited, TooManyInvitations.
    """
    email = email.strip().lower()
    fields: dict[str, list[Any]] = {}
    try:
        validate_email(email)
    except ValidationError:
        fields["email"] = [_("Write an e-mail address such as name@example.org.")]
    if role not in Role.values:
        fields["role"] = [_("Choose one of the roles.")]
    if fields:
        raise Invalid(fields=fields)
    _lock(organisation)
    if organisation.memberships.filter(user__email=email).exists():
        raise AlreadyMember
    standing = open_invitations(organisation)
    if standing.filter(email=email).exists():
        raise AlreadyInvited
    if standing.count() >= MOST_OPEN_INVITATIONS:
        raise TooManyInvitations(most=MOST_OPEN_INVITATIONS)
    now = clock.now()
    lately = Invitation.objects.filter(invited_by=actor, created_at__gt=now - dt.timedelta(days=1))
    if lately.count() >= MOST_A_DAY:
        raise EnoughForToday(most=MOST_A_DAY)
    invitation = Invitation(
        organisation=organisation,
        email=email,
        role=role,
        invited_by=actor,
        created_at=now,
        expires_at=now + dt.timedelta(days=INVITATION_DAYS),
    )
    invitation.token_hash = _hash(token_of(invitation))
    invitation.save()
    _record("invite", organisation, actor, invitation=invitation.pk, role=role)
    outbox.emit("invitation.mail", str(invitation.pk), invitation_id=invitation.pk)
    return invitation


def token_of(invitation: Invitation) -> str:
    """The secret of an invitation's link, made again from its row and our key: the mail needs it, no table keeps it."""
    value = f"{invitation.organisation_id}:{invitation.email}:{invitation.created_at.isoformat()}"
    return salted_hmac("base.teams.invitation", value, algorithm="sha256").hexdigest()


def open_invitations(organisation: Organisation) -> Any:
    """Invitations that can still be accepted, newest first."""
    return organisation.invitations.filter(
        accepted_at__isnull=True, revoked_at__isnull=True, expires_at__gt=clock.now()
    ).order_by("-pk")


def invitation(token: str) -> Invitation:
    """The open invitation behind a link. Raises NotFound, InvitationOver."""
    found = (
        Invitation.objects.select_related("organisation", "invited_by")
        .filter(token_hash=_hash(token))
        .first()
    )
    if found is None:
        raise NotFound
    if found.accepted_at or found.revoked_at or found.expires_at <= clock.now():
        raise InvitationOver(days=INVITATION_DAYS)
    return found


@transaction.atomic
def accept(*, token: str, user: User) -> Membership:
    """Join by an invitation to the person's own, verified address.

    Raises NotFound, InvitationOver, OtherAddress, AlreadyMember.
    """
    found = invitation(token)
    if found.email != user.email:
        raise OtherAddress(email=found.email)
    # As who decides a case does (`conflicts.require_none`): one of the two sees the other.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    _lock(found.organisation)
    if found.organisation.memberships.filter(user=user).exists():
        raise AlreadyMember
    now = clock.now()
    if not Invitation.objects.filter(pk=found.pk, accepted_at__isnull=True, revoked_at__isnull=True).update(
        accepted_at=now
    ):
        raise InvitationOver(days=INVITATION_DAYS)
    membership = _join(found.organisation, user, found.role)
    _record("accept", found.organisation, user, invitation=found.pk, role=found.role)
    return membership


@transaction.atomic
def revoke(*, organisation: Organisation, actor: User, invitation_id: int) -> None:
    """Take an open invitation back. Raises NotFound."""
    changed = open_invitations(organisation).filter(pk=invitation_id).update(revoked_at=clock.now())
    if not changed:
        raise NotFound
    _record("revoke", organisation, actor, invitation=invitation_id)


@transaction.atomic
def change_role(*, organisation: Organisation, actor: User, user_id: int, role: str) -> Membership:
    """Give a member another role. Raises NotFound, Invalid, LastOwner."""
    if role not in Role.values:
        raise Invalid(fields={"role": [_("Choose one of the roles.")]})
    _lock(organisation)
    membership = _membership(organisation, user_id)
    if role != Role.OWNER:
        _keep_an_owner(membership)
    membership.role = role
    membership.save(update_fields=["role"])
    _record("role", organisation, actor, member=membership.user.public_id, role=role)
    return membership


@transaction.atomic
def remove(*, organisation: Organisation, actor: User, user_id: int) -> None:
    """End a membership, one's own or another's, and with it the keys the person held for this organisation.

    Raises NotFound, LastOwner.
    """
    _lock(organisation)
    membership = _membership(organisation, user_id)
    _keep_an_owner(membership)
    member = membership.user
    now = clock.now()
    FormerMembership.objects.create(organisation=organisation, user=member, ended_at=now)
    # After a year it keeps nobody from anything (`base/sql/conflicts.sql`).
    FormerMembership.objects.filter(ended_at__lt=now - dt.timedelta(days=365)).delete()
    membership.delete()
    ApiKey.objects.filter(organisation=organisation, user=member, revoked_at__isnull=True).update(
        revoked_at=clock.now()
    )
    if not member.memberships.exists():
        User.objects.filter(pk=member.pk).update(posts=False)
    _record("remove", organisation, actor, member=member.public_id)


def _join(organisation: Organisation, user: User, role: str) -> Membership:
    membership = Membership.objects.create(
        organisation=organisation, user=user, role=role, created_at=clock.now()
    )
    if not user.posts:
        user.posts = True
        user.save(update_fields=["posts"])
    return membership


def _lock(organisation: Organisation) -> None:
    """Changes of a team wait for each other, so that two owners can't leave at once."""
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)


def _membership(organisation: Organisation, user_id: int) -> Membership:
    found = organisation.memberships.select_related("user").filter(user_id=user_id).first()
    if found is None:
        raise NotFound
    return found


def _keep_an_owner(leaving: Membership) -> None:
    others = Membership.objects.filter(organisation_id=leaving.organisation_id, role=Role.OWNER).exclude(
        pk=leaving.pk
    )
    if leaving.role == Role.OWNER and not others.exists():
        raise LastOwner


def _check(name: str, country: str) -> None:
    fields: dict[str, list[Any]] = {}
    if not name.strip():
        fields["name"] = [_("Say who asks for the work: people have a right to know.")]
    if len(name.strip()) > 120:
        fields["name"] = [_("Keep the name under 120 characters.")]
    if not countries.is_country(country):
        fields["country"] = [_("Choose a country from the list.")]
    if fields:
        raise Invalid(fields=fields)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _record(action: str, organisation: Organisation, actor: User, **data: Any) -> None:
    audit.record(
        f"base:team:{action}", organisation.public_id, actor=actor, organisation_id=organisation.pk, **data
    )
