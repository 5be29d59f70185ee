"""Who belongs to a centre: invited by address or by a link, in from their own yes, out at any time (ADR 71).

What those who run it see of a member is fixed here and shown to the member in the same words; each of their looks is
kept in the audit and shown too.
"""

import datetime as dt
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock, ids, notices, outbox
from marketplace.base.errors import Forbidden, Invalid, Lost, NotFound, Refusal
from marketplace.base.models import AuditEvent, User
from workers.models import Booking, BookingWait, Centre, CentreCoordinator, CentreInvitation, CentreMembership

from . import centres

INVITATION_DAYS, LINK_DAYS = 14, 30
MOST_OPEN, MOST_LINK = 200, 500  # open invitations by address; people who come by one link
MOST_A_DAY = 50  # invitations by one person: each may send a mail to an address of which we know nothing
LOOKS_DAYS = 180
LOOK = "workers:centre:look"


class TooMany(Refusal):
    """More open invitations than a centre may have, or than one person may send in a day."""

    code = "too_many_invitations"
    detail = _("That is enough for now: at most %(most)s at a time. Take some back, or use the link.")


class Invited(Refusal):
    """An invitation to this address stands, or the person is in."""

    code = "already_invited"
    detail = _("This address is invited already, or belongs to the centre.")


class Over(Refusal):
    """The invitation was answered, taken back, used up, or ran out."""

    code = "invitation_over"
    detail = _("This invitation no longer works. Ask the centre for a new one.")
    status = 410


class OtherAddress(Refusal):
    """The invitation was sent to another address."""

    code = "other_address"
    detail = _("This invitation was sent to another address. Log in with that one, or ask for a new one.")
    status = 403


@dataclass(frozen=True)
class Look:
    """That somebody who runs a centre looked at a member's figures."""

    at: dt.datetime
    who: str


# --- Invitations --------------------------------------------------------------------------------------------------


@transaction.atomic
def invite(*, centre: Centre, actor: User, email: str, role: str = "") -> CentreInvitation:
    """Offer whoever reads the mail of `email` to become a member, or with a `role` to help run the centre.

    Raises NotFound for whoever does not run it, NotOpen, Invalid, Invited, TooMany.
    """
    centres.require(centre, actor)
    centre = _open(centre)
    email, role = email.strip().lower(), role.strip()
    _check_address(email, role)
    now = clock.now()
    mine = CentreInvitation.objects.filter(centre=centre).exclude(email="")
    open_ = mine.filter(answered_at__isnull=True, revoked_at__isnull=True)
    open_.filter(expires_at__lte=now).update(revoked_at=now)
    person = User.objects.filter(email=email).first()
    if open_.filter(email=email).exists() or (person and _belongs(centre, person, role)):
        raise Invited
    lately = CentreInvitation.objects.filter(invited_by=actor, created_at__gt=now - dt.timedelta(days=1))
    if open_.count() >= MOST_OPEN or lately.count() >= MOST_A_DAY:
        raise TooMany(most=MOST_OPEN if open_.count() >= MOST_OPEN else MOST_A_DAY)
    expires = now + dt.timedelta(days=INVITATION_DAYS)
    row = _make(CentreInvitation(
        centre=centre, email=email, role=role, invited_by=actor, created_at=now, expires_at=expires
    ))  # fmt: skip
    audit.record("workers:centre:invite", centre.public_id, actor=actor, invitation=row.public_id)
    outbox.emit("centre.invite", str(row.pk), invitation_id=row.pk)
    return row


def _check_address(email: str, role: str) -> None:
    try:
        validate_email(email)
    except ValidationError:
        raise Invalid(fields={"email": [_("Write an e-mail address such as name@example.org.")]}) from None
    if len(role) > 60:
        raise Invalid(fields={"role": [_("Keep the role under 60 characters.")]})


def _belongs(centre: Centre, person: User, role: str) -> bool:
    """Whether the person is what they would be invited as. Somebody who runs a centre may be its member too."""
    return centres.runs(centre, person) if role else member(centre, person) is not None


@transaction.atomic
def make_link(*, centre: Centre, actor: User) -> CentreInvitation:
    """A new link to hand around; the one before it stops working. Raises NotFound, NotOpen."""
    centres.require(centre, actor)
    centre, now = _open(centre), clock.now()
    CentreInvitation.objects.filter(centre=centre, email="", revoked_at__isnull=True).update(revoked_at=now)
    expires = now + dt.timedelta(days=LINK_DAYS)
    row = _make(CentreInvitation(
        centre=centre, invited_by=actor, created_at=now, expires_at=expires, max_uses=MOST_LINK, told_at=now
    ))  # fmt: skip
    audit.record("workers:centre:link", centre.public_id, actor=actor, invitation=row.public_id)
    return row


@transaction.atomic
def revoke(*, centre: Centre, actor: User, invitation: str) -> None:
    """Take an invitation or the link back; who came by it stays in. Raises NotFound."""
    centres.require(centre, actor)
    rows = CentreInvitation.objects.filter(
        pk=ids.decode("cin", invitation), centre=centre, answered_at__isnull=True, revoked_at__isnull=True
    )
    if not rows.update(revoked_at=clock.now()):
        raise NotFound
    audit.record("workers:centre:revoke", centre.public_id, actor=actor, invitation=invitation)


def standing(centre: Centre) -> QuerySet[CentreInvitation]:
    """Invitations and the link that can still be used, the newest first."""
    rows = CentreInvitation.objects.filter(
        centre=centre, answered_at__isnull=True, revoked_at__isnull=True, expires_at__gt=clock.now()
    )
    return rows.order_by("-pk")


def waiting_for(user: User) -> QuerySet[CentreInvitation]:
    """Invitations by address that wait for this person's answer."""
    rows = CentreInvitation.objects.select_related("centre", "invited_by").filter(
        email=user.email, answered_at__isnull=True, revoked_at__isnull=True, expires_at__gt=clock.now()
    )
    return rows.order_by("-pk")


def token_of(row: CentreInvitation) -> str:
    """The secret of an invitation, made again from its row and our key; no table keeps it."""
    value = f"{row.centre_id}:{row.email}:{row.created_at.isoformat()}"
    return salted_hmac("workers.centres.invitation", value, algorithm="sha256").hexdigest()


def url_of(row: CentreInvitation) -> str:
    """The whole address of an invitation."""
    return settings.BASE_URL.rstrip("/") + reverse("centre-join", args=[token_of(row)])


def invitation(token: str, *, lock: bool = False) -> CentreInvitation:
    """The invitation behind an address, while it stands. Raises NotFound, Over."""
    rows = CentreInvitation.objects.select_related("centre", "invited_by")
    rows = rows.select_for_update(no_key=True, of=("self",)) if lock else rows
    row = rows.filter(token_hash=_hash(token)).first()
    if row is None:
        raise NotFound
    full = row.max_uses is not None and row.uses >= row.max_uses
    ended = row.revoked_at or row.answered_at or row.expires_at <= clock.now()
    if ended or full or row.centre.state != Centre.State.OPEN:
        raise Over
    return row


def reach(invitation_id: int) -> CentreInvitation | None:
    """Tell an invited person: a notice where the address has an account, else the row, for a mail to the address.

    None when there is nothing (more) to send.
    """
    rows = CentreInvitation.objects.filter(
        pk=invitation_id, told_at__isnull=True, revoked_at__isnull=True, answered_at__isnull=True
    )
    with transaction.atomic():
        if not rows.update(told_at=clock.now()):
            return None
        row = CentreInvitation.objects.select_related("centre", "invited_by").get(pk=invitation_id)
        person = User.objects.filter(email=row.email, is_active=True).first()
        if person is None:
            return row
        notices.tell(person.pk, "centre_invitation", row.public_id, centre=row.centre.public_id)
        return None


# --- The person ---------------------------------------------------------------------------------------------------


@transaction.atomic
def accept(
    *, token: str, user: User, shown_as: str = "", shares_earnings: bool = False
) -> CentreMembership | CentreCoordinator:
    """Say yes. A member chooses the name by which they are shown (empty: how they are called here), and whether their
    earnings are shown; once more changes nothing.

    Raises NotFound, Over, OtherAddress, Invalid, Forbidden for a member without a worker's profile.
    """
    row = invitation(token, lock=True)
    if row.email and row.email != user.email:
        raise OtherAddress
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    now = clock.now()
    if row.role:
        return _run(row, user, now)
    there = member(row.centre, user)
    if there is not None:
        return there
    if not user.works:
        raise Forbidden(_("Set up your profile as somebody who works first; then come back here."))
    made = CentreMembership.objects.create(
        centre=row.centre, user=user, shown_as=_name(shown_as or user.short_name), invited_by=row.invited_by,
        accepted_at=now, shares_earnings=shares_earnings,
    )  # fmt: skip
    _use(row, now)
    audit.record("workers:centre:join", row.centre.public_id, actor=user, earnings=shares_earnings)
    return made


def _run(row: CentreInvitation, user: User, now: dt.datetime) -> CentreCoordinator:
    there = centres.coordinators(row.centre).filter(user=user).first()
    if there is not None:
        return there
    made = CentreCoordinator.objects.create(
        centre=row.centre, user=user, role=row.role, since=now, added_by=row.invited_by
    )
    _use(row, now)
    audit.record("workers:centre:run", row.centre.public_id, actor=user)
    return made


def _use(row: CentreInvitation, now: dt.datetime) -> None:
    """The row is locked."""
    mine = CentreInvitation.objects.filter(pk=row.pk)
    mine.update(answered_at=now, uses=1) if row.email else mine.update(uses=F("uses") + 1)


@transaction.atomic
def decline(*, token: str, user: User) -> None:
    """Say no to an invitation to one's own address: it costs nothing, and nobody is told. Raises NotFound, Over."""
    row = invitation(token, lock=True)
    if row.email != user.email:
        raise NotFound
    _use(row, clock.now())
    audit.record("workers:centre:decline", row.centre.public_id, actor=user)


@transaction.atomic
def share(*, membership: CentreMembership, user: User, shown_as: str, shares_earnings: bool) -> None:
    """Change one's name there, and whether one's earnings are shown. Raises NotFound, Invalid, Lost."""
    if membership.user_id != user.pk:
        raise NotFound
    mine = CentreMembership.objects.filter(pk=membership.pk, ended_at__isnull=True)
    if not mine.update(shown_as=_name(shown_as), shares_earnings=shares_earnings):
        raise Lost
    audit.record("workers:centre:share", membership.centre.public_id, actor=user, earnings=shares_earnings)


@transaction.atomic
def leave(*, membership: CentreMembership, user: User) -> None:
    """Leave a centre now, without a reason; what one has booked becomes free. Raises NotFound, Lost."""
    if membership.user_id != user.pk:
        raise NotFound
    _end(membership, user, "")
    audit.record("workers:centre:leave", membership.centre.public_id, actor=user)


@transaction.atomic
def end(*, membership: CentreMembership, actor: User, reason: str) -> None:
    """Somebody who runs the centre ends a membership, with a reason that the person reads. Raises NotFound, Invalid,
    Lost."""
    centres.require(membership.centre, actor)
    if membership.user_id == actor.pk:
        raise NotFound
    reason = reason.strip()
    if not 0 < len(reason) <= centres.MOST_WORDS:
        raise Invalid(fields={"reason": [_("Write why: the person reads it word for word.")]})
    _end(membership, actor, reason)
    audit.record(
        "workers:centre:end", membership.centre.public_id, actor=actor, membership=membership.public_id
    )
    notices.tell(membership.user_id, "centre_ended", membership.public_id, membership=membership.public_id)


def _end(membership: CentreMembership, actor: User, reason: str) -> None:
    from . import bookings  # which asks this module who is a member

    now = clock.now()
    mine = CentreMembership.objects.filter(pk=membership.pk, ended_at__isnull=True)
    if not mine.update(ended_at=now, ended_by=actor, end_reason=reason):
        raise Lost
    BookingWait.objects.filter(membership=membership, ended_at__isnull=True).update(ended_at=now)
    coming = Booking.objects.filter(membership=membership, cancelled_at__isnull=True, starts_at__gt=now)
    for row in coming.order_by("pk"):
        bookings.free(row, actor=actor, reason=reason[:400])


# --- Who is in, and who looked ------------------------------------------------------------------------------------


def members(centre: Centre) -> QuerySet[CentreMembership]:
    """Who belongs to a centre now, by the name they chose."""
    rows = CentreMembership.objects.filter(centre=centre, ended_at__isnull=True)
    return rows.select_related("centre", "user").order_by("shown_as", "pk")


def member(centre: Centre, user: User) -> CentreMembership | None:
    """The person's membership, while it lasts."""
    return members(centre).filter(user=user).first()


def of(user: User) -> QuerySet[CentreMembership]:
    """Every membership of a person, those that last first, then the newest."""
    rows = CentreMembership.objects.filter(user=user).select_related("centre", "ended_by")
    return rows.order_by(F("ended_at").desc(nulls_first=True), "-pk")


def own(public_id: str, user: User) -> CentreMembership:
    """The person's membership of this centre, while it lasts. Raises NotFound."""
    found = member(centres.find(public_id), user)
    if found is None:
        raise NotFound
    return found


def find(public_id: str, centre: Centre) -> CentreMembership:
    """A membership of a centre that lasts. Raises NotFound."""
    found = members(centre).filter(pk=ids.decode("cmb", public_id)).first()
    if found is None:
        raise NotFound
    return found


def looked(*, centre: Centre, actor: User, at: Iterable[CentreMembership]) -> None:
    """Write down that somebody who runs a centre was shown the figures of these members."""
    seen = [row.public_id for row in at if row.user_id != actor.pk]
    if seen:
        audit.record(LOOK, centre.public_id, actor=actor, members=seen)


def looks(membership: CentreMembership, most: int = 50) -> list[Look]:
    """Who looked at a member's figures, the latest first."""
    rows = AuditEvent.objects.filter(
        Q(data__members__contains=[membership.public_id]),
        subject=membership.centre.public_id,
        tag=LOOK,
        at__gt=clock.now() - dt.timedelta(days=LOOKS_DAYS),
    ).order_by("-at")[:most]
    found = list(rows)
    names = {row.pk: row.short_name for row in User.objects.filter(pk__in={each.actor_id for each in found})}
    return [Look(each.at, names.get(each.actor_id or 0, "")) for each in found]


def _open(centre: Centre) -> Centre:
    """The centre, locked, while it is open. Raises NotOpen."""
    found = Centre.objects.select_for_update(no_key=True).get(pk=centre.pk)
    if found.state != Centre.State.OPEN:
        raise centres.NotOpen
    return found


def _make(row: CentreInvitation) -> CentreInvitation:
    row.token_hash = _hash(token_of(row))
    row.save()
    return row


def _name(shown_as: str) -> str:
    name = " ".join(shown_as.split())
    if not 0 < len(name) <= 80:
        raise Invalid(fields={"shown_as": [_("Write how you want to be called there.")]})
    return name


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
