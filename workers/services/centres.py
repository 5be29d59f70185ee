"""Centres: asked for by whoever runs one, checked by a named moderator before they open, closed in words (ADR 71).

A centre is never a party to pay. No table of money knows of centres, and what members earned leaves their accounts by
payout alone (charter P13).
"""

from zoneinfo import available_timezones

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock, conflicts, countries, ids, notices
from marketplace.base.errors import Forbidden, Invalid, Lost, NotFound, Refusal
from marketplace.base.models import User
from workers.models import Booking, BookingWait, Centre, CentreCoordinator, CentreInvitation, CentreMembership

MOST_WORDS, MOST_DESCRIPTION, MOST_EVIDENCE = 1_000, 1_000, 2_000  # characters
MOST_WAITING = 3  # centres that one person has asked for and that are not checked yet


class NotOpen(Refusal):
    """The centre is not open: not checked yet, refused, or closed."""

    code = "centre_not_open"
    detail = _("This centre is not open. It opens once a moderator has checked it.")


class LastCoordinator(Refusal):
    """Somebody must answer for a centre."""

    code = "last_coordinator"
    detail = _("You are the last one who runs this centre. Invite somebody else first, or close it.")


class EnoughAsked(Refusal):
    """More centres wait for a check than one person may ask for."""

    code = "enough_asked"
    detail = _("You have asked for %(most)s centres that are not checked yet. Wait for the answer first.")


@transaction.atomic
def ask(
    *,
    actor: User,
    name: str,
    town: str,
    country: str,
    time_zone: str,
    description: str,
    evidence: str,
    role: str,
) -> Centre:
    """A new centre that waits to be checked, with `actor` as the one who runs it, under `role` ("head of training").

    Raises Invalid with `fields`, EnoughAsked.
    """
    words = {"name": name, "town": town, "description": description, "evidence": evidence, "role": role}
    said = _checked({**words, "country": country, "time_zone": time_zone})
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    if Centre.objects.filter(asked_by=actor, state=Centre.State.ASKED).count() >= MOST_WAITING:
        raise EnoughAsked(most=MOST_WAITING)
    now, role = clock.now(), said.pop("role")
    centre = Centre.objects.create(asked_by=actor, asked_at=now, **said)
    CentreCoordinator.objects.create(centre=centre, user=actor, role=role, since=now, added_by=actor)
    audit.record("workers:centre:ask", centre.public_id, actor=actor)
    return centre


@transaction.atomic
def change(
    *, centre: Centre, actor: User, description: str, time_zone: str, slot_minutes: int, weekly_hours: int
) -> None:
    """What those who run a centre change by themselves; name and place were checked. Raises Invalid, NotFound."""
    require(centre, actor)
    said = _checked({"description": description, "time_zone": time_zone})
    fields: dict[str, list[object]] = {}
    if slot_minutes not in (30, 60, 90, 120):
        fields["slot_minutes"] = [_("Choose one of the lengths.")]
    if not 1 <= weekly_hours <= 168:
        fields["weekly_hours"] = [_("Between 1 and 168 hours a week.")]
    if fields:
        raise Invalid(fields=fields)
    Centre.objects.filter(pk=centre.pk).update(slot_minutes=slot_minutes, weekly_hours=weekly_hours, **said)
    audit.record("workers:centre:change", centre.public_id, actor=actor)


@transaction.atomic
def decide(*, centre: Centre, moderator: User, opens: bool, words: str) -> None:
    """A moderator has checked a centre: it opens, or is refused, with words that those who run it read.

    Raises Forbidden unless `moderator` is one, ConflictOfInterest for who has a part in it, Invalid without words, Lost
    when it was decided.
    """
    _outsider(centre, moderator)
    words = _words(words, "words")
    state = Centre.State.OPEN if opens else Centre.State.REFUSED
    with conflicts.refused():
        moved = Centre.objects.filter(pk=centre.pk, state=Centre.State.ASKED).update(
            state=state, checked_by=moderator, checked_at=clock.now(), check_words=words
        )
    if not moved:
        raise Lost
    audit.record(f"workers:centre:{state}", centre.public_id, actor=moderator)
    kind = "centre_open" if opens else "centre_refused"
    for user_id in coordinators(centre).values_list("user_id", flat=True):
        notices.tell(user_id, kind, centre.public_id, centre=centre.public_id)


@transaction.atomic
def close(*, centre: Centre, actor: User, words: str) -> None:
    """Close an open centre: memberships end, bookings to come and invitations are void, everybody reads why.

    By somebody who runs it or a moderator without a part in it. Raises Forbidden, ConflictOfInterest, Invalid without
    words, Lost.
    """
    if not runs(centre, actor):
        _outsider(centre, actor)
    words, now = _words(words, "words"), clock.now()
    with conflicts.refused():
        moved = Centre.objects.filter(pk=centre.pk, state=Centre.State.OPEN).update(
            state=Centre.State.CLOSED, closed_by=actor, closed_at=now, closed_because=words
        )
    if not moved:
        raise Lost
    members = CentreMembership.objects.filter(centre=centre, ended_at__isnull=True)
    told = {
        *members.values_list("user_id", flat=True),
        *coordinators(centre).values_list("user_id", flat=True),
    }
    Booking.objects.filter(membership__in=members, cancelled_at__isnull=True, starts_at__gt=now).update(
        cancelled_at=now, cancelled_by=actor, cancel_reason=words[:400]
    )
    BookingWait.objects.filter(membership__in=members, ended_at__isnull=True).update(ended_at=now)
    members.update(ended_at=now, ended_by=actor, end_reason=words)
    CentreInvitation.objects.filter(centre=centre, answered_at__isnull=True, revoked_at__isnull=True).update(
        revoked_at=now
    )
    audit.record("workers:centre:close", centre.public_id, actor=actor, members=len(told))
    for user_id in sorted(told):
        notices.tell(user_id, "centre_closed", centre.public_id, centre=centre.public_id)


@transaction.atomic
def step_down(*, centre: Centre, actor: User, coordinator: CentreCoordinator) -> None:
    """End a coordinator's part in a centre, one's own or another's. Raises NotFound, LastCoordinator."""
    require(centre, actor)
    Centre.objects.select_for_update(no_key=True).get(pk=centre.pk)
    if coordinator.centre_id != centre.pk or coordinator.until is not None:
        raise NotFound
    if not coordinators(centre).exclude(pk=coordinator.pk).exists():
        raise LastCoordinator
    moved = CentreCoordinator.objects.filter(pk=coordinator.pk, until__isnull=True)
    moved.update(until=clock.now(), ended_by=actor)
    audit.record("workers:centre:step-down", centre.public_id, actor=actor, person=coordinator.user.public_id)


# --- Who is what --------------------------------------------------------------------------------------------------


def coordinators(centre: Centre) -> QuerySet[CentreCoordinator]:
    """Who runs a centre now, the first one first."""
    rows = CentreCoordinator.objects.filter(centre=centre, until__isnull=True)
    return rows.select_related("user").order_by("pk")


def runs(centre: Centre, user: User) -> bool:
    """Whether the person is one of those who run it."""
    return coordinators(centre).filter(user=user).exists()


def require(centre: Centre, user: User) -> None:
    """Raises NotFound for whoever does not run the centre: missing and forbidden look alike."""
    if not runs(centre, user):
        raise NotFound


def run_by(user: User) -> QuerySet[Centre]:
    """The centres that somebody runs, the newest first."""
    parts = CentreCoordinator.objects.filter(user=user, until__isnull=True)
    return Centre.objects.filter(pk__in=parts.values("centre")).order_by("-pk")


def opened() -> QuerySet[Centre]:
    """Every open centre, by name."""
    return Centre.objects.filter(state=Centre.State.OPEN).order_by("name", "pk")


def to_check() -> QuerySet[Centre]:
    """What waits for a moderator, the oldest first."""
    return (
        Centre.objects.filter(state=Centre.State.ASKED)
        .select_related("asked_by")
        .prefetch_related("coordinators")
        .order_by("asked_at", "pk")
    )


def checked() -> QuerySet[Centre]:
    """What a moderator has looked at, for pages by cursor."""
    rows = Centre.objects.exclude(state=Centre.State.ASKED).select_related("asked_by", "checked_by")
    return rows.prefetch_related("coordinators")


def find(public_id: str) -> Centre:
    """A centre by its id. Raises NotFound."""
    rows = Centre.objects.select_related("asked_by", "checked_by", "closed_by")
    found = rows.filter(pk=ids.decode("ctr", public_id)).first()
    if found is None:
        raise NotFound
    return found


def find_public(public_id: str) -> Centre:
    """A centre that is open, or was. Raises NotFound."""
    found = find(public_id)
    if found.state not in (Centre.State.OPEN, Centre.State.CLOSED):
        raise NotFound
    return found


def find_run_by(public_id: str, user: User) -> Centre:
    """A centre that this person runs. Raises NotFound."""
    found = find(public_id)
    require(found, user)
    return found


# --- What was typed -----------------------------------------------------------------------------------------------


def _outsider(centre: Centre, moderator: User) -> None:
    """A moderator decides about a centre only without a part in it (DESIGN §3)."""
    member = CentreMembership.objects.filter(centre=centre, user=moderator, ended_at__isnull=True)
    part = centre.asked_by_id == moderator.pk or runs(centre, moderator) or member.exists()
    if not moderator.is_moderator or part:
        raise Forbidden(_("Only a moderator without a part in this centre may do this."))
    people = [centre.asked_by_id, *coordinators(centre).values_list("user_id", flat=True)]
    conflicts.require_none(kind="ctr", number=centre.pk, moderator=moderator, people=people)


def _words(words: str, field: str) -> str:
    words = words.strip()
    if not words or len(words) > MOST_WORDS:
        raise Invalid(fields={field: [_("Write why: it is read word for word.")]})
    return words


_ASKED = {
    "name": (120, _("Write the name of the centre, in at most 120 characters.")),
    "town": (80, _("Write the town it is in.")),
    "description": (MOST_DESCRIPTION, _("Say in a few sentences what the centre offers.")),
    "evidence": (MOST_EVIDENCE, _("Say who runs it, and where we can see that it is there.")),
    "role": (60, _("Say in a word or two what you do there, such as “head of training”.")),
}


def _checked(said: dict[str, str]) -> dict[str, str]:
    """The same, without blanks at the ends. Raises Invalid naming each field that can't be used."""
    found = {key: value.strip() for key, value in said.items()}
    wrong: dict[str, list[object]] = {
        key: [sentence]
        for key, (most, sentence) in _ASKED.items()
        if key in found and not 0 < len(found[key]) <= most
    }
    if "country" in found and not countries.is_country(found["country"]):
        wrong["country"] = [_("Choose a country from the list.")]
    if found["time_zone"] not in available_timezones():
        wrong["time_zone"] = [_("Choose a time zone from the list.")]
    if wrong:
        raise Invalid(fields=wrong)
    return found
