"""Billing, for administrators: documents, credit notes, VAT numbers that wait for a person, figures to declare."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.base import clock, ids, paging
from marketplace.base.errors import NotFound
from marketplace.base.models import Organisation
from marketplace.base.views import admin_page, download, render
from marketplace.console.billing_forms import CreditForm, VatCheckForm
from payments.models import Invoice, VatCheck
from payments.services import documents, invoices, vat_register
from tasks.page_forms.fields import tried

PER_PAGE = 50
CSV = "text/csv; charset=utf-8"


@admin_page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What waits for a person, the documents, the files for the tax office."""
    page = paging.page(
        Invoice.objects.select_related("organisation"), cursor=request.GET.get("cursor", ""), size=PER_PAGE
    )
    years = Invoice.objects.order_by("-year").values_list("year", flat=True).distinct()
    this_year, this_month = clock.today().year, clock.today().month
    past = [
        dt.date(this_year - (this_month - 1 < back), (this_month - 1 - back) % 12 + 1, 1) for back in range(6)
    ]
    context = {
        "checks": [
            {"check": check, "id": ids.encode("vck", check.pk)} for check in vat_register.waiting()[:PER_PAGE]
        ],
        "rows": [{"document": row, "total": documents.total(row)} for row in page.rows],
        "years": list(years),
        "months": past,
        **paging.links(request, page),
    }
    return render(request, "console/billing.html", context)


@admin_page
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, public_id: str) -> HttpResponse:
    """Answer for the register about a VAT number, with a proof."""
    found = VatCheck.objects.select_related("organisation").filter(pk=ids.decode("vck", public_id)).first()
    if found is None:
        raise NotFound
    form, status = VatCheckForm(request.POST or None), 200
    if request.method == "POST":

        def decided(said: dict[str, Any]) -> None:
            is_valid = said["outcome"] == "valid"
            vat_register.decide(check=found, actor=request.user, is_valid=is_valid, proof=said["proof"])

        status = tried(form, decided)
        if status == 200:
            messages.success(request, _("Kept. The organisation has been told."))
            return redirect("console-billing")
    return render(request, "console/billing_check.html", {"check": found, "form": form}, status)


@admin_page
@require_http_methods(["GET", "HEAD", "POST"])
def document(request: HttpRequest, public_id: str) -> HttpResponse:
    """One document (GET); a credit note on an invoice (POST)."""
    found = (
        Invoice.objects.select_related("organisation", "credits")
        .filter(pk=ids.decode("inv", public_id))
        .first()
    )
    if found is None:
        raise NotFound
    form, status = CreditForm(request.POST or None), 200
    if request.method == "POST":

        def credited(said: dict[str, Any]) -> None:
            note = invoices.credit(
                invoice=found, actor=request.user, net_micros=said["amount"], reason=said["reason"]
            )
            messages.success(request, _("Credit note %(name)s is written.") % {"name": note.name})

        status = tried(form, credited)
        if status == 200:
            return redirect("console-invoice", found.public_id)
    net, tax = invoices.left(found)
    context = {
        "document": found, "form": form, "left_net": net, "left_vat": tax, "total": documents.total(found),
        "vat_words": documents.vat_words(found), "month": documents.month_words(found),
        "lines": documents.lines(found), "credit_notes": found.credited_by.select_related("issued_by").order_by("pk"),
        "may_credit": found.kind == Invoice.Kind.INVOICE and net + tax > 0,
    }  # fmt: skip
    return render(request, "console/invoice.html", context, status)


@admin_page
@require_safe
def document_pdf(request: HttpRequest, public_id: str) -> HttpResponse:
    """Any document as PDF."""
    found = Invoice.objects.filter(pk=ids.decode("inv", public_id)).first()
    if found is None:
        raise NotFound
    return download(documents.pdf_of(found), "application/pdf", f"{found.name}.pdf")


@admin_page
@require_POST
def issue(request: HttpRequest) -> HttpResponse:
    """Bill one organisation now: what was recognised so far, when it leaves."""
    found = Organisation.objects.filter(
        pk=ids.decode("org", request.POST.get("organisation", "").strip())
    ).first()
    if found is None:
        raise NotFound
    today = clock.today()
    made = invoices.issue(organisation=found, year=today.year, month=today.month, actor=request.user)
    if made:
        words = ngettext("%(n)s invoice is written.", "%(n)s invoices are written.", len(made)) % {
            "n": len(made)
        }
        messages.success(request, words)
    else:
        messages.info(request, _("There is nothing to bill that was not billed this month."))
    return redirect("console-billing")


@admin_page
@require_safe
def vat_return(request: HttpRequest, year: int) -> HttpResponse:
    """Sums of a year by month and VAT rule."""
    return download(documents.vat_return(year).encode(), CSV, f"vat-{year}.csv")


@admin_page
@require_safe
def recapitulative(request: HttpRequest, year: int, month: int) -> HttpResponse:
    """Supplies under reverse charge by VAT number in a month."""
    if not 1 <= month <= 12:
        raise NotFound
    return download(
        documents.recapitulative(year, month).encode(), CSV, f"recapitulative-{year}-{month:02d}.csv"
    )
