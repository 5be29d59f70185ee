"""Invoices and credit notes as files: a PDF to keep and a CSV to read in; and the sums of a time for the VAT return.

A document is made from its row alone, so the same one comes out each time, whatever changed since.
"""

import csv
import datetime as dt
import io
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import override

from marketplace.base import clock, countries, formats, money, spreadsheet
from payments import pdf
from payments.models import Invoice
from payments.services import seller


def pdf_of(document: Invoice) -> bytes:
    """The document as PDF, in the language it was issued in."""
    with override(document.locale):
        sheet = _sheet(document)
        if document.kind == Invoice.Kind.CREDIT_NOTE and document.credits:
            sheet.text(_("This takes back a part of invoice %(name)s.") % {"name": document.credits.name})
            sheet.text(_("Reason: %(reason)s") % {"reason": document.reason})
        else:
            sheet.text(
                _("Our fee on the answers that were approved. It was paid from your funds: nothing is due.")
            )
            sheet.table(
                [
                    pdf.Column(_("Batch"), share=3),
                    pdf.Column(_("Net"), money=True),
                    pdf.Column(_("VAT"), money=True),
                ],
                [[label, net, tax] for label, net, tax, _ref in lines(document)],
                total=_("Together"),
            )
        sheet.totals(
            [
                (_("Net"), document.net_micros),
                (vat_words(document), document.vat_micros),
                (
                    _("Credited to your funds") if document.credits_id else _("Paid from your funds"),
                    total(document),
                ),
            ]
        )
        if document.passed_on_micros:
            sheet.heading(_("Passed on to the people who worked"))
            sheet.text(
                _("Not our supply, and not part of this invoice: the pay of workers, for your own books.")
            )
            sheet.rows([*passed_on(document), (_("Together"), formats.eur(document.passed_on_micros))])
        sheet.notes(notes(document))
        return sheet.render()


def csv_of(document: Invoice) -> str:
    """The document as CSV: a line for each batch, then the sums; amounts in euros with a point."""
    rows: list[list[Any]] = [
        ["document", "kind", "issued_on", "period", "batch", "description", "net", "vat", "vat_rate", "treatment",
         "workers_pay"],
    ]  # fmt: skip
    head = [document.name, document.kind, _issued_on(document).isoformat(), period_code(document)]
    tail = [format(document.vat_rate.normalize(), "f"), document.treatment]
    paid = {batch["batch"]: sum(batch["pay"].values()) for batch in document.lines["batches"]}
    with override(document.locale):
        for label, net, tax, batch in lines(document):
            pay = money.to_string(paid.get(batch, 0)) if batch else ""
            rows.append([*head, batch, label, money.to_string(net), money.to_string(tax), *tail, pay])
        sums = [money.to_string(micros) for micros in (document.net_micros, document.vat_micros)]
        rows.append([*head, "", _("Together"), *sums, *tail, money.to_string(document.passed_on_micros)])
    return written(rows)


def written(rows: list[list[Any]]) -> str:
    """Rows as CSV text, with what a spreadsheet would run made harmless; figures below zero stay figures."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(
        [[spreadsheet.safe(cell) for cell in row] for row in rows]
    )
    return out.getvalue()


def lines(document: Invoice) -> list[tuple[str, int, int, str]]:
    """(label, net, VAT, batch) of an invoice's lines in micros, in the active language; they sum to it exactly."""
    found: list[tuple[str, int, int, str]] = []
    for batch in document.lines["batches"]:
        if batch["net"] or batch["vat"]:
            title = batch["title"] or _("A batch")
            found.append((f"{title} ({batch['batch']})", batch["net"], batch["vat"], batch["batch"]))
    brought, over = document.lines.get("brought", [0, 0]), document.lines.get("over", [0, 0])
    if any(brought):
        found.append((_("From before: what the last invoice left over"), brought[0], brought[1], ""))
    if any(over):
        found.append((_("Left for the next invoice: parts of a cent"), -over[0], -over[1], ""))
    return found


def passed_on(document: Invoice) -> list[tuple[str, str]]:
    """(what, amount in words) of workers' pay by kind."""
    sums: dict[str, int] = {}
    for kinds in [
        *(batch["pay"] for batch in document.lines["batches"]),
        document.lines.get("other_pay", {}),
    ]:
        for kind, micros in kinds.items():
            sums[_pay_words(kind)] = sums.get(_pay_words(kind), 0) + micros
    return [(label, formats.eur(micros)) for label, micros in sums.items() if micros]


def total(document: Invoice) -> int:
    """Net and VAT together, in micros."""
    return document.net_micros + document.vat_micros


def vat_words(document: Invoice) -> str:
    """ "VAT 20 %", with as many decimals as the rate has."""
    return _("VAT %(rate)s") % {"rate": percent(document.vat_rate)}


def percent(rate: Any) -> str:
    """A rate such as 0.20 or 0.085 as people write it."""
    digits = 0 if rate * 100 == int(rate * 100) else 1
    return formats.percent(rate, digits)


def notes(document: Invoice) -> list[str]:
    """The sentences under an invoice: the legal mention, and what is missing of the customer."""
    found = [str(document.seller.get("mention", ""))]
    if not document.customer["is_complete"]:
        found.append(
            _(
                "Your billing details were not complete when this was issued. Fill them in for the next ones: %(url)s"
            )
            % {"url": seller.link("billing")}
        )
    return [line for line in found if line]


def period_code(document: Invoice) -> str:
    """2026-11."""
    return f"{document.period_year}-{document.period_month:02d}"


def vat_return(year: int, *, month: int | None = None) -> str:
    """What was billed and credited, by VAT rule and month of issue, as CSV: figures for the VAT return."""
    rows: list[list[Any]] = [
        ["month", "treatment", "vat_rate", "invoices", "net", "vat", "credit_notes", "credited_net", "credited_vat",
         "net_after", "vat_after"],
    ]  # fmt: skip
    for (code, treatment, rate), sums in sorted(_sums(year, month).items()):
        billed, credited = sums.get("invoice", (0, 0, 0)), sums.get("credit_note", (0, 0, 0))
        left = [money.to_string(billed[index] - credited[index]) for index in (1, 2)]
        told = [[each[0], *(money.to_string(micros) for micros in each[1:])] for each in (billed, credited)]
        rows.append([code, treatment, rate, *told[0], *told[1], *left])
    return written(rows)


def recapitulative(year: int, month: int) -> str:
    """Supplies under reverse charge by customer's VAT number, as CSV: article 262 (1)(c) of Directive 2006/112/EC."""
    start = dt.datetime(year, month, 1, tzinfo=clock.BOOKS)
    end = dt.datetime(year + month // 12, month % 12 + 1, 1, tzinfo=clock.BOOKS)
    sums: dict[str, int] = {}
    found = Invoice.objects.filter(issued_at__gte=start, issued_at__lt=end, treatment="reverse_charge")
    for document in found.only("kind", "customer", "net_micros").iterator():
        sign = 1 if document.kind == Invoice.Kind.INVOICE else -1
        number = document.customer["vat_number"]
        sums[number] = sums.get(number, 0) + sign * document.net_micros
    return written(
        [["vat_number", "net"], *([number, money.to_string(net)] for number, net in sorted(sums.items()))]
    )


def _sums(year: int, month: int | None) -> dict[tuple[str, str, str], dict[str, tuple[int, int, int]]]:
    """{(month, treatment, rate): {kind: (documents, net, VAT)}} by month of issue."""
    found: dict[tuple[str, str, str], dict[str, tuple[int, int, int]]] = {}
    documents = Invoice.objects.filter(year=year).order_by("pk")
    for document in documents.only(
        "kind", "treatment", "vat_rate", "net_micros", "vat_micros", "issued_at"
    ).iterator():
        issued = _issued_on(document)
        if month and issued.month != month:
            continue
        key = (f"{issued:%Y-%m}", document.treatment, format(document.vat_rate.normalize(), "f"))
        kinds = found.setdefault(key, {})
        count, net, tax = kinds.get(document.kind, (0, 0, 0))
        kinds[document.kind] = (count + 1, net + document.net_micros, tax + document.vat_micros)
    return found


def _sheet(document: Invoice) -> pdf.Sheet:
    title = _("Credit note %(name)s") if document.credits_id else _("Invoice %(name)s")
    sheet = pdf.Sheet(
        title=title % {"name": document.name}, language=document.locale, issuer=seller.issuer(document.seller),
        made_at=document.issued_at,
    )  # fmt: skip
    customer = document.customer
    number = _("VAT number %(number)s") % {"number": customer["vat_number"]} if customer["vat_number"] else ""
    sheet.address(
        _("Billed to"),
        [customer["name"], *customer["address"], countries.name(customer["country"]), number],
    )
    sheet.facts(
        [
            (_("Number"), document.name),
            (_("Date"), formats.full_day(_issued_on(document))),
            (_("Period"), month_words(document)),
            (_("Your reference"), customer["reference"]),
        ]
    )
    return sheet


def month_words(document: Invoice) -> str:
    """ "November 2026" in the active language."""
    return formats.month(dt.date(document.period_year, document.period_month, 1))


def _issued_on(document: Invoice) -> dt.date:
    return document.issued_at.astimezone(clock.BOOKS).date()


def _pay_words(kind: str) -> str:
    known = {
        "approval": _("Rewards"),
        "late_approval": _("Rewards"),
        "topup": _("Top-ups to the measured time"),
        "compensation": _("Compensation for work that was ended"),
        "bonus": _("Bonuses"),
    }
    return known[kind]
