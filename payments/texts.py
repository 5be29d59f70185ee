"""What people read about payouts, deposits and their yearly cap."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from marketplace.base import formats, ids
from marketplace.base.texts import Text, Things, complain_line, contest_line, loads, numbers_of, of

from .models import Bonus, HelpGrant, Invoice, Payout
from .services import bank_reasons, payout_rules, payout_words

Data = dict[str, Any]


@loads("pay")
def _payouts(public_ids: set[str]) -> dict[str, Any]:
    numbers = numbers_of("pay", public_ids)
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
    payout = things[data["payout"]]
    title, after = payout_words.arrived(payout) if payout else ("", "")
    where = (
        f"{title}. {after}"
        if after
        else _("Your bank has taken it; it may show in your account a day later.")
    )
    if payout and payout.gateway == payout_words.PROVIDER:
        where = _("Your mobile money provider says that it is there.")
    return Text(_("%(amount)s was paid out to you") % _amount(data), (where, _taxes()), **_payout(data))


@of("payout_failed", "payout_returned")
def payout_back(data: Data, things: Things) -> Text:
    payout = things[data["payout"]]
    code = payout.failure_code if payout else ""
    why = payout_words.why_back(payout) if payout else ""
    by_provider = payout is not None and payout.gateway == payout_words.PROVIDER
    lines = [_("The money is yours as before and is due to you again.")]
    if code in bank_reasons.OURS:
        subject = _("A payout of %(amount)s could not leave") % _amount(data)
        lines += [why, _("You need to do nothing: it leaves with the next payout.")]
        return Text(subject, (*lines, _taxes()), **_earnings())
    if by_provider:
        subject = _("Your mobile money provider refused a payout of %(amount)s") % _amount(data)
    elif data["kind"] == "payout_failed":
        subject = _("Your bank refused a payout of %(amount)s") % _amount(data)
    else:
        subject = _("Your bank sent a payout of %(amount)s back") % _amount(data)
    if why:
        lines.append(_("The reason: “%(reason)s”") % {"reason": why})
    lines.append(
        _("Check your payout details; the next payout goes out once they are right, or when you ask for it.")
        if by_provider
        else _(
            "Check your bank details; the next payout goes out once they are right, or when you ask for it."
        )
    )
    return Text(subject, (*lines, _taxes()), reverse("payee"), _("Check the details"))


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
    by_person = payout is not None and payout.held_by_id is not None
    lines.append(complain_line() if by_person else contest_line())
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


@of("tax_details_asked", "tax_details_reminder", "tax_details_last_reminder")
def tax_details(data: Data, things: Things) -> Text:
    lines = [
        _(
            "The law wants every platform to tell the tax office what people earned, with their name, address, date"
            " of birth and tax number. Something of that is still missing in your payout details."
        ),
    ]
    if data["holds_from"]:
        lines.append(
            _("Please give it before %(day)s. After that, payouts wait until it is there.")
            % {"day": formats.day(_moment(data["holds_from"]))}
        )
    lines.append(_("Nothing that you earned is ever lost."))
    subjects = {
        "tax_details_asked": _("Tell us your tax details"),
        "tax_details_reminder": _("Your tax details are still missing"),
        "tax_details_last_reminder": _("Your tax details are still missing: last reminder"),
    }
    return Text(subjects[data["kind"]], (*lines, _taxes()), reverse("payee"), _("Give the details"))


@loads("bon")
def _bonuses(public_ids: set[str]) -> dict[str, Any]:
    rows = Bonus.objects.filter(pk__in=[ids.decode("bon", public_id) for public_id in public_ids])
    return {row.public_id: row for row in rows.select_related("organisation")}


@of("bonus")
def bonus(data: Data, things: Things) -> Text:
    found = things[data["bonus"]]
    lines = []
    if found:
        words = {"organisation": found.organisation.name, "reason": found.reason}
        lines.append(_("%(organisation)s gave it to you: “%(reason)s”") % words)
    lines.append(_("It is due to you now, without a fee, and leaves with your next payout."))
    return Text(_("A bonus of %(amount)s") % _amount(data), tuple(lines), **_earnings())


@loads("grt")
def _grants(public_ids: set[str]) -> dict[str, Any]:
    rows = HelpGrant.objects.filter(pk__in=[ids.decode("grt", public_id) for public_id in public_ids])
    return {row.public_id: row for row in rows.select_related("decided_by")}


@of("help_granted", "help_refused")
def help_decided(data: Data, things: Things) -> Text:
    found = things[data["grant"]]
    lines = []
    if found and found.decided_by:
        words = {"who": found.decided_by.short_name, "why": found.decision}
        lines.append(_("%(who)s decided, and writes: “%(why)s”") % words)
    if data["kind"] == "help_granted":
        subject = _("The help fund grants you %(amount)s") % _amount(data)
        lines.append(_("It is due to you now and leaves with your next payout."))
    else:
        subject = _("The help fund did not grant your request")
        lines.append(complain_line())
    return Text(subject, tuple(lines), reverse("help-requests"), _("See your request"))


@of("tax_year")
def tax_year(data: Data, things: Things) -> Text:
    return Text(
        _("What you earned in %(year)s") % data,
        (
            _("Your figures of the year, by quarter, are ready: the tax office gets the same by 31 January.")
            % data,
            _("If something is wrong, write to %(address)s.") % {"address": settings.CONTACT_EMAIL},
            _taxes(),
        ),
        reverse("earnings-year", args=[data["year"]]),
        _("See your year"),
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


@of("deposit_taken_back")
def deposit_taken_back(data: Data, things: Things) -> Text:
    return Text(
        _("A deposit of %(amount)s was taken out of your funds again") % _amount(data),
        (
            _("We had booked it, and neither the bank nor the payment service knows of it: it never came."),
            _("If it left your account, write to us with the day and the reference, and somebody looks."),
        ),
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


from . import texts_accounts, texts_in, texts_person  # noqa: E402, F401 - register their own kinds


@loads("inv")
def _invoices(public_ids: set[str]) -> dict[str, Any]:
    numbers = numbers_of("inv", public_ids)
    return {numbers[row.pk]: row for row in Invoice.objects.filter(pk__in=numbers)}


@of("invoice_issued", "credit_note_issued")
def invoice_issued(data: Data, things: Things) -> Text:
    return invoice_text(things[data["invoice"]])


def invoice_text(document: Invoice | None) -> Text:
    """A new document, for those who handle money and for the address that invoices are sent to."""
    if document is None:
        return Text(_("A new invoice"), (), reverse("invoices"), _("See the invoices"))
    words = {"name": document.name, "amount": formats.eur(document.net_micros + document.vat_micros)}
    if document.kind == Invoice.Kind.CREDIT_NOTE:
        lines = [
            _("We took back %(amount)s of an invoice, and put it back into your funds.") % words,
            _("The reason: “%(reason)s”") % {"reason": document.reason},
        ]
        return Text(_("Credit note %(name)s") % words, tuple(lines), *_to_invoice(document))
    lines = [_("It is about our fee, %(amount)s, and was paid from your funds: nothing is due.") % words]
    if not document.customer["is_complete"]:
        lines.append(
            _("Your billing details are not complete: fill them in, so that the next one shows them.")
        )
    return Text(_("Invoice %(name)s") % words, tuple(lines), *_to_invoice(document))


def _to_invoice(document: Invoice) -> tuple[str, str]:
    return reverse("invoice", args=[document.public_id]), _("See it, as PDF too")


@of("vat_number_valid", "vat_number_invalid")
def vat_number(data: Data, things: Things) -> Text:
    if data["kind"] == "vat_number_valid":
        return Text(
            _("Your VAT number is confirmed"),
            (_("The VAT rule of your next batches follows from it; those under way keep theirs."),),
            reverse("billing"),
            _("See the billing details"),
        )
    return Text(
        _("Your VAT number could not be confirmed"),
        (
            _("The EU's register does not know it as valid. Until it does, our own country's VAT is due."),
            _(
                "Look whether it is written right, or ask your tax office whether it may be used in other countries."
            ),
        ),
        reverse("billing"),
        _("Put it right"),
    )
