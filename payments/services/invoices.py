"""Invoices on our fees, from what the ledger recognised; credit notes; the sums for the VAT return.

An invoice is of one organisation, one VAT rule and one month. Fees are recognised to the micro and billed in whole
cents: billed is the whole cents of (recognised so far - billed so far), so that nothing is lost or billed twice over
the year, whenever a job ran. Workers' pay is shown beside it: it is passed on, and not our supply.
"""

import datetime as dt
import logging
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Max, Sum
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from marketplace.base import audit, clock, clockwork, money, notices, outbox
from marketplace.base.errors import Forbidden, Invalid
from marketplace.base.models import Organisation, User
from payments.models import AccountKind, Invoice
from payments.services import billing, invoice_lines, ledger, seller, vat

log = logging.getLogger(__name__)


def issue_last_month() -> dict[str, int]:
    """Bill the month before this one to everybody; what is billed already stays as it is. Figures {issued}."""
    year, month = previous(*_month_of(clock.now()))
    owed = invoice_lines.organisations(before=month_end(year, month))
    todo = Organisation.objects.filter(pk__in=owed).order_by("pk")
    return {
        "issued": clockwork.each(todo, lambda each: len(issue(organisation=each, year=year, month=month)))
    }


@transaction.atomic
def issue(*, organisation: Organisation, year: int, month: int, actor: User | None = None) -> list[Invoice]:
    """Bill what was recognised up to the end of a month (or up to now, in the present one) and not billed before.

    One invoice for each VAT rule that has a whole cent to bill; those that are new, none when it is called again.
    All documents wait for each other, so that their numbers have no gap. Raises ValueError for a month to come.
    """
    through = min(month_end(year, month), clock.now())
    if month_start(year, month) > clock.now():
        raise ValueError("a month that has not begun")
    _lock_numbers()
    made: list[Invoice] = []
    ours = Invoice.objects.filter(organisation=organisation, kind=Invoice.Kind.INVOICE)
    for group in invoice_lines.groups(organisation, through=through):
        if ours.filter(
            period_year=year, period_month=month, treatment=group.treatment, vat_rate=group.rate
        ).exists():
            continue
        billed = _billed(ours, group)
        net, tax = (
            money.whole_cents(so_far - before) for so_far, before in zip(group.so_far, billed, strict=True)
        )
        if net + tax <= 0:
            continue
        extras = not made
        lines = invoice_lines.printed(organisation, group, billed, (net, tax), through=through, extras=extras)
        made.append(_write(organisation, group, lines, (net, tax), (year, month), actor))
    return made


@transaction.atomic
def credit(*, invoice: Invoice, actor: User, net_micros: int, reason: str) -> Invoice:
    """Take back a part of an invoice, or all of it: a credit note, and the money back in the organisation's funds.

    `net_micros` in whole cents, at most what is left; the VAT goes with it, and the last cent of it with the last
    cent of the net. Raises Forbidden but for admins, Invalid with `fields`.
    """
    if not actor.is_admin:
        raise Forbidden
    _lock_numbers()
    left_net, left_vat = left(invoice)
    said = " ".join(reason.split())
    _check_credit(invoice, net_micros, left_net, said)
    share = money.whole_cents(money.share(net_micros, invoice.vat_rate) + money.CENT // 2)
    tax = left_vat if net_micros == left_net else min(share, left_vat)
    note = _numbered(
        Invoice(
            kind=Invoice.Kind.CREDIT_NOTE, organisation=invoice.organisation, credits=invoice, reason=said,
            period_year=invoice.period_year, period_month=invoice.period_month, treatment=invoice.treatment,
            vat_rate=invoice.vat_rate, net_micros=net_micros, vat_micros=tax, customer=invoice.customer,
            seller=invoice.seller, lines={"batches": []}, locale=invoice.locale, issued_by=actor,
        )
    )  # fmt: skip
    _book_credit(note, actor)
    _announce(note, actor)
    return note


def left(invoice: Invoice) -> tuple[int, int]:
    """(net, VAT) in micros of an invoice that no credit note took back yet."""
    taken = invoice.credited_by.aggregate(net=Sum("net_micros"), vat=Sum("vat_micros"))
    return invoice.net_micros - (taken["net"] or 0), invoice.vat_micros - (taken["vat"] or 0)


def month_start(year: int, month: int) -> dt.datetime:
    """The first moment of a month of the books."""
    return dt.datetime(year, month, 1, tzinfo=clock.BOOKS)


def month_end(year: int, month: int) -> dt.datetime:
    """The first moment of the month after."""
    return month_start(year + month // 12, month % 12 + 1)


def previous(year: int, month: int) -> tuple[int, int]:
    """The month before."""
    return (year - 1, 12) if month == 1 else (year, month - 1)


def _month_of(moment: dt.datetime) -> tuple[int, int]:
    local = moment.astimezone(clock.BOOKS)
    return local.year, local.month


def _lock_numbers() -> None:
    """Documents are written one after the other, in every process, until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('payments_invoice'))")


def _billed(ours: Any, group: invoice_lines.Group) -> tuple[int, int]:
    """(net, VAT) that earlier invoices billed under the same rule."""
    same = ours.filter(treatment=group.treatment, vat_rate=group.rate)
    sums = same.aggregate(net=Sum("net_micros"), vat=Sum("vat_micros"))
    return sums["net"] or 0, sums["vat"] or 0


def _write(
    organisation: Organisation,
    group: invoice_lines.Group,
    lines: dict[str, Any],
    amounts: tuple[int, int],
    period: tuple[int, int],
    actor: User | None,
) -> Invoice:
    people = billing.readers(organisation)
    locale = people[0].locale if people else settings.LANGUAGE_CODE
    with override(locale):
        mention = vat.mention(group.treatment, group.rate, settings.SELLER_COUNTRY)
    invoice = _numbered(
        Invoice(
            kind=Invoice.Kind.INVOICE, organisation=organisation, period_year=period[0], period_month=period[1],
            treatment=group.treatment, vat_rate=group.rate, net_micros=amounts[0], vat_micros=amounts[1],
            passed_on_micros=lines["passed_on"], customer=billing.snapshot(organisation),
            seller=seller.facts() | {"mention": mention}, lines=lines, locale=locale, issued_by=actor,
        )
    )  # fmt: skip
    _announce(invoice, actor)
    return invoice


def _numbered(document: Invoice) -> Invoice:
    """Give a document the next number of its kind and year, and write it. The numbers are locked by the caller."""
    document.issued_at = clock.now()
    document.year = clock.year_of(document.issued_at)
    same = Invoice.objects.filter(kind=document.kind, year=document.year)
    document.number = (same.aggregate(last=Max("number"))["last"] or 0) + 1
    document.save(force_insert=True)
    return document


def _check_credit(invoice: Invoice, net_micros: int, left_net: int, reason: str) -> None:
    fields: dict[str, list[Any]] = {}
    if invoice.kind != Invoice.Kind.INVOICE:
        raise Invalid(fields={"amount": [_("Only an invoice can be credited.")]})
    if net_micros <= 0 or net_micros % money.CENT:
        fields["amount"] = [_("Write an amount above zero in whole cents.")]
    elif net_micros > left_net:
        fields["amount"] = [_("That is more than is left of this invoice.")]
    if not reason or len(reason) > 400:
        fields["reason"] = [_("Say why, in up to 400 characters: the customer reads it.")]
    if fields:
        raise Invalid(fields=fields)


def _book_credit(note: Invoice, actor: User) -> None:
    """The money goes back from our fees and the VAT we owe; what our fees no longer hold, we bear."""
    fees = ledger.account(AccountKind.PLATFORM_FEES)
    funds = ledger.account(AccountKind.ORGANISATION_AVAILABLE, organisation=note.organisation)
    ours = min(note.net_micros, max(0, ledger.balance(fees)))
    parts = [
        (fees.pk, -ours),
        (ledger.account(AccountKind.PLATFORM_COSTS).pk, ours - note.net_micros),
        (ledger.account(AccountKind.VAT_DUE).pk, -note.vat_micros),
        (funds.pk, note.net_micros + note.vat_micros),
    ]
    ledger.post(
        "credit", note.public_id, [(account, micros) for account, micros in parts if micros], actor=actor
    )


def _announce(document: Invoice, actor: User | None) -> None:
    """Write it down, and promise the news to those who handle money, and to the address for invoices."""
    audit.record(
        f"payments:{document.kind}:issue", document.public_id, actor=actor, organisation_id=document.organisation_id,
        net=document.net_micros, vat=document.vat_micros,
    )  # fmt: skip
    people = billing.readers(document.organisation)
    kind = "credit_note_issued" if document.credits_id else "invoice_issued"
    for user in people:
        notices.tell(user.pk, kind, document.public_id, invoice=document.public_id)
    found = billing.profile(document.organisation)
    if found and found.email and found.email.lower() not in {user.email for user in people}:
        outbox.emit("invoice.mail", document.public_id, invoice_id=document.pk)
