"""What people read about work centres: checked, closed, invited, ended, and what becomes of bookings."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from marketplace.base import formats
from marketplace.base.texts import Text, Things, contest_line, loads, numbers_of, of

from .models import Booking, Centre, CentreMembership


@loads("ctr")
def _centres(public_ids: set[str]) -> dict[str, Any]:
    numbers = numbers_of("ctr", public_ids)
    return {numbers[row.pk]: row for row in Centre.objects.filter(pk__in=numbers)}


@loads("cmb")
def _memberships(public_ids: set[str]) -> dict[str, Any]:
    numbers = numbers_of("cmb", public_ids)
    rows = CentreMembership.objects.select_related("centre", "ended_by").filter(pk__in=numbers)
    return {numbers[row.pk]: row for row in rows}


@loads("bkg")
def _bookings(public_ids: set[str]) -> dict[str, Any]:
    numbers = numbers_of("bkg", public_ids)
    rows = Booking.objects.select_related("equipment__centre").filter(pk__in=numbers)
    return {numbers[row.pk]: row for row in rows}


@of("centre_open")
def centre_open(data: dict[str, Any], things: Things) -> Text:
    row = things[data["centre"]]
    return Text(
        _("%(name)s is open on Tessera") % {"name": row.name},
        (
            _("A moderator has checked it and writes: “%(words)s”") % {"words": row.check_words},
            _("You can now invite people. Each says yes for themselves."),
        ),
        reverse("centre-people", args=[row.public_id]),
        _("Go to your centre"),
    )


@of("centre_refused")
def centre_refused(data: dict[str, Any], things: Things) -> Text:
    row = things[data["centre"]]
    return Text(
        _("%(name)s can’t open on Tessera as it is") % {"name": row.name},
        (
            _("A moderator has checked it and writes: “%(words)s”") % {"words": row.check_words},
            _("You can ask again once this has changed."),
            contest_line(),
        ),
        reverse("centre-new"),
        _("Ask again"),
    )


@of("centre_closed")
def centre_closed(data: dict[str, Any], things: Things) -> Text:
    row = things[data["centre"]]
    return Text(
        _("%(name)s has closed on Tessera") % {"name": row.name},
        (
            _("The reason: “%(reason)s”") % {"reason": row.closed_because},
            _(
                "Memberships have ended and bookings are void. Your work, your pay and your account stay yours."
            ),
        ),
        reverse("my-centres"),
        _("Your centres"),
    )


@of("centre_invitation")
def centre_invitation(data: dict[str, Any], things: Things) -> Text:
    row = things[data["centre"]]
    return Text(
        _("%(name)s invites you") % {"name": row.name},
        (
            _("%(name)s, %(town)s, is a work centre: it lends devices and offers training.")
            % {"name": row.name, "town": row.town},
            _("Before you answer you read what its people would see of you. To say no costs nothing."),
        ),
        reverse("my-centres"),
        _("Look at the invitation"),
    )


@of("centre_ended")
def centre_ended(data: dict[str, Any], things: Things) -> Text:
    row = things[data["membership"]]
    return Text(
        _("You no longer belong to %(name)s") % {"name": row.centre.name},
        (
            _("Somebody who runs the centre has ended your membership."),
            _("The reason: “%(reason)s”") % {"reason": row.end_reason},
            _("It changes nothing about the work you are offered, your pay, or your account."),
        ),
        reverse("my-centres"),
        _("Your centres"),
    )


def _times(row: Booking) -> dict[str, str]:
    return {
        "what": row.equipment.name,
        "where": row.equipment.centre.name,
        "when": formats.exact(row.starts_at),
    }


def _to_hours(row: Booking) -> dict[str, str]:
    return {
        "url": reverse("centre-hours", args=[row.equipment.centre.public_id]),
        "action": _("See the hours"),
    }


@of("booking_yours")
def booking_yours(data: dict[str, Any], things: Things) -> Text:
    row = things[data["booking"]]
    return Text(
        _("It is yours: %(what)s") % _times(row),
        (
            _("You waited for %(what)s at %(where)s: %(when)s. It became free and is booked for you.")
            % _times(row),
            _("You don’t need it any more? Cancel it until it begins; that costs nothing."),
        ),
        **_to_hours(row),
    )


@of("booking_called_off")
def booking_called_off(data: dict[str, Any], things: Things) -> Text:
    row = things[data["booking"]]
    return Text(
        _("Cancelled by the centre: %(what)s") % _times(row),
        (
            _("Your booking of %(what)s at %(where)s, %(when)s, was cancelled.") % _times(row),
            _("The reason: “%(reason)s”") % {"reason": row.cancel_reason},
        ),
        **_to_hours(row),
    )
