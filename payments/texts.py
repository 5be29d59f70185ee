"""What people read about payouts, deposits and their yearly cap."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from marketplace.base import formats, ids
from marketplace.base.errors import NotFound
from marketplace.base.texts import Text, Things, contest_line, loads, of

from .models import Payout
from .services import payout_rules

Data = dict[str, Any]


@loads("pay")
def _payouts(public_ids: set[str]) -> dict[str, Any]:
    numbers = {}
    for public_id in public_ids:
        try:
            numbers[ids.decode("pay", public_id)] = public_id
        except NotFound:
            continue
    return {numbers[row.pk]: row for row in Payout.objects.filter(pk__in=numbers).select_related("held_by")}


def _taxes() -> str:
    """Every message about a payout says where to read about taxes (charter D2)."""
    return _("What you earn is income: what to declare, and your social rights, is explained at %(url)s") % {
        "url": Text("", (), reverse("terms") + "#taxes").link
    }


def _earnings() -> dict[str, str]:
    return {"url": reverse("earnings"), "action": _("See your earnings")}


def _payout(data: Data) -> dict[str, str]:
    return {"url": reverse("payout", args=[data["payout"]]), "action": _("See this payout")}


def _amount(data: Data) -> dict[str, str]:
    return {"amount": formats.eur(data["amount"])}


@of("payout_paid")
def payout_paid(data: Data, things: Things) -> Text:
    return Text(
        _("%(amount)s was paid out to you") % _amount(data),
        (_("Your bank has taken it; it may show in your account a day later."), _taxes()),
        **_payout(data),
    )


@of("payout_failed", "payout_returned")
def payout_back(data: Data, things: Things) -> Text:
    if data["kind"] == "payout_failed":
        subject = _("Your bank refused a payout of %(amount)s") % _amount(data)
    else:
        subject = _("Your bank sent a payout of %(amount)s back") % _amount(data)
    return Text(
        subject,
        (
            _("The money is yours as before and is due to you again."),
            _(
                "Check your bank details; the next payout goes out once they are right, or when you ask for it."
            ),
            _taxes(),
        ),
        reverse("payee"),
        _("Check the details"),
    )


@of("payout_held")
def payout_held(data: Data, things: Things) -> Text:
    payout = things[data["payout"]]
    lines = []
    hold = payout_rules.hold_of(payout) if payout else None
    if hold:
        lines.append(_("It is held by %(who)s. The reason: “%(why)s”") % {"who": hold.who, "why": hold.why})
    if payout and payout.held_until:
        lines.append(
            _("It is sent after %(moment)s, unless a person decides otherwise and tells you why.")
            % {"moment": formats.exact(payout.held_until)}
        )
    else:
        lines.append(_("It is held until a moderator releases it."))
    lines.append(_("The money stays yours; nothing is taken from it."))
    lines.append(contest_line())
    return Text(
        _("A payout of %(amount)s is held") % _amount(data),
        (*lines, _taxes()),
        **_payout(data),
    )


@of("payout_released")
def payout_released(data: Data, things: Things) -> Text:
    return Text(
        _("Your payout of %(amount)s goes on") % _amount(data),
        (_("It is no longer held and is sent with the next run."), _taxes()),
        **_earnings(),
    )


@of("payee_changed")
def payee_changed(data: Data, things: Things) -> Text:
    """Sent to the address the account has now: the owner's, whoever sits in front of the page."""
    lines = [_("This was done at %(moment)s.") % {"moment": formats.exact(_moment(data["at"]))}]
    if data["until"]:
        lines.append(
            _("Payouts rest until %(moment)s, so that nobody else can take your money.")
            % {"moment": formats.exact(_moment(data["until"]))}
        )
    lines.append(
        _(
            "It was not you? Change your password now, put your details right, and write to %(address)s: we hold"
            " your money until it is clear."
        )
        % {"address": settings.CONTACT_EMAIL}
    )
    return Text(
        _("Your payout details were changed"), tuple(lines), reverse("payee"), _("Look at the details")
    )


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


@of("payee_missing")
def payee_missing(data: Data, things: Things) -> Text:
    return Text(
        _("Tell us where to send your money"),
        (
            _("Enough is due to you for a payout, but we don't know your bank account."),
            _("Write it down and the next run pays you. Until then nothing is lost."),
            _taxes(),
        ),
        reverse("payee"),
        _("Give bank details"),
    )


@of("cap_80")
def cap_80(data: Data, things: Things) -> Text:
    words = {"year": data["year"], "earned": formats.eur(data["earned"]), "limit": formats.eur(data["limit"])}
    return Text(
        _("You have reached 80 %% of your limit for %(year)s") % words,
        (
            _("You have earned %(earned)s of the %(limit)s that one person can earn here in a year.") % words,
            _("When it is reached, new tasks wait until 1 January. Nothing that you earn is ever lost."),
        ),
        **_earnings(),
    )


@of("cap_100")
def cap_100(data: Data, things: Things) -> Text:
    words = {"year": data["year"], "limit": formats.eur(data["limit"]), "next": data["year"] + 1}
    return Text(
        _("You have reached your limit for %(year)s") % words,
        (
            _("You have earned the %(limit)s that one person can earn here in a year.") % words,
            _(
                "New tasks can be claimed again from 1 January %(next)s. What you did is paid; what passes the limit"
                " is paid from that day on."
            )
            % words,
        ),
        **_earnings(),
    )


@of("deposit_settled")
def deposit_settled(data: Data, things: Things) -> Text:
    return Text(
        _("%(amount)s arrived in your funds") % _amount(data),
        (_("You can set it aside for a batch now."),),
        reverse("funds"),
        _("See the funds"),
    )


@of("deposit_failed")
def deposit_failed(data: Data, things: Things) -> Text:
    return Text(
        _("A deposit of %(amount)s did not arrive") % _amount(data),
        (_("Your bank or card refused it, and nothing was taken. Try again, or use another way to pay."),),
        reverse("funds"),
        _("See the funds"),
    )


from . import texts_accounts, texts_in  # noqa: E402, F401 - register their own kinds
