"""Billing of an organisation: whom we bill, its invoices as pages and files, and who may spend how much."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.base import formats, ids, paging
from marketplace.base.errors import Forbidden, NotFound, Refusal
from marketplace.base.models import Membership, User
from marketplace.base.views import current_membership, download, render, requester_page
from marketplace.web.billing_forms import BillingForm, LimitForm
from marketplace.web.money_tabs import tabs
from payments import access, selectors
from payments.models import VatCheck
from payments.services import billing, documents, limits
from tasks.page_forms.fields import put_back

PER_PAGE = 25


def _handles_money(request: HttpRequest) -> Membership:
    membership = current_membership(request)
    if not membership.may("funds"):
        raise Forbidden
    return membership


@requester_page
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: HttpRequest) -> HttpResponse:
    """Whom we bill, and which VAT follows from it."""
    membership = _handles_money(request)
    organisation = membership.organisation
    if request.method != "POST":
        form = BillingForm.of(billing.profile(organisation), organisation.name, organisation.country)
        return _details_page(request, membership, form)
    form, status = BillingForm(request.POST), 400
    if form.is_valid():
        try:
            billing.save(organisation=organisation, actor=membership.user, details=form.details())
        except Refusal as refusal:
            put_back(form, refusal)
            status = refusal.status
        else:
            messages.success(request, _("Kept. Your next invoices show it."))
            return redirect("billing")
    return _details_page(request, membership, form, status)


def _details_page(
    request: HttpRequest, membership: Membership, form: BillingForm, status: int = 200
) -> HttpResponse:
    organisation = membership.organisation
    profile = billing.profile(organisation)
    checks = (
        VatCheck.objects.filter(organisation=organisation, vat_number=profile.vat_number) if profile else None
    )
    context = {
        "organisation": organisation,
        "tabs": tabs("billing", membership),
        "form": form,
        "profile": profile,
        "rule": billing.rule(organisation),
        "rate": documents.percent(billing.rule(organisation).rate),
        "check": checks.order_by("-pk").first() if checks is not None else None,
    }
    return render(request, "web/requester/billing.html", context, status)


@requester_page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Invoices and credit notes, newest first."""
    membership = _handles_money(request)
    page = paging.page(
        selectors.invoices(membership.organisation), cursor=request.GET.get("cursor", ""), size=PER_PAGE
    )
    context: dict[str, Any] = {
        "organisation": membership.organisation,
        "tabs": tabs("invoices", membership),
        "rows": [
            {"document": row, "month": documents.month_words(row), "total": documents.total(row)}
            for row in page.rows
        ],
        "profile": billing.profile(membership.organisation),
        **paging.links(request, page),
    }
    return render(request, "web/requester/invoices.html", context)


@requester_page
@require_safe
def invoice(request: HttpRequest, public_id: str) -> HttpResponse:
    """One document with its lines."""
    found = access.invoice(user=request.user, public_id=public_id)
    context = {
        "document": found,
        "month": documents.month_words(found),
        "lines": [
            {"label": label, "net": net, "vat": tax} for label, net, tax, _batch in documents.lines(found)
        ],
        "vat_words": documents.vat_words(found),
        "total": documents.total(found),
        "passed_on": documents.passed_on(found),
        "notes": documents.notes(found),
        "credit_notes": found.credited_by.order_by("pk"),
    }
    return render(request, "web/requester/invoice.html", context)


@requester_page
@require_safe
def invoice_pdf(request: HttpRequest, public_id: str) -> HttpResponse:
    """The document as PDF."""
    found = access.invoice(user=request.user, public_id=public_id)
    return download(documents.pdf_of(found), "application/pdf", f"{found.name}.pdf")


@requester_page
@require_safe
def invoice_csv(request: HttpRequest, public_id: str) -> HttpResponse:
    """The document's lines as CSV."""
    found = access.invoice(user=request.user, public_id=public_id)
    return download(documents.csv_of(found).encode(), "text/csv; charset=utf-8", f"{found.name}.csv")


# --- limits ----------------------------------------------------------------------------------------------------------


@requester_page
@require_http_methods(["GET", "HEAD", "POST"])
def spending(request: HttpRequest) -> HttpResponse:
    """Who may set how much aside in a month, and what one batch may cost; owners change it."""
    membership = current_membership(request)
    if request.method != "POST":
        return _limits_page(request, membership)
    if not membership.may("team"):
        raise Forbidden
    form = LimitForm(request.POST)
    if not form.is_valid():
        return _limits_page(request, membership, form, 400)
    member = _member(membership, form.cleaned_data["member"])
    amount = form.cleaned_data["amount"]
    limits.set_limit(
        organisation=membership.organisation, actor=membership.user, member=member, amount_micros=amount
    )
    if amount is None:
        messages.success(request, _("The limit is taken away."))
    else:
        messages.success(request, _("The limit is %(amount)s now.") % {"amount": formats.eur(amount)})
    return redirect("limits")


def _member(membership: Membership, public_id: str) -> User | None:
    if not public_id:
        return None
    found = membership.organisation.memberships.filter(user_id=ids.decode("usr", public_id)).first()
    if found is None:
        raise NotFound
    return found.user


def _limits_page(
    request: HttpRequest, membership: Membership, form: LimitForm | None = None, status: int = 200
) -> HttpResponse:
    organisation = membership.organisation
    known = limits.of_organisation(organisation)
    typed = form.data.get("member", "") if form else None
    members = organisation.memberships.select_related("user").order_by("pk")
    if not membership.may("team"):
        members = members.filter(pk=membership.pk)
    rows = [
        {
            "user": member.user,
            "role": member.get_role_display(),
            "used": limits.used_by_member(organisation, member.user),
            "limit": known.get(member.user_id),
            "form": _limit_form(form, typed, member.user.public_id, known.get(member.user_id)),
        }
        for member in members
        if member.may("edit") or member.user_id in known  # who sets nothing aside needs no limit
    ]
    context = {
        "organisation": organisation,
        "tabs": tabs("limits", membership),
        "may_team": membership.may("team"),
        "rows": rows,
        "batch_limit": known.get(None),
        "batch_form": _limit_form(form, typed, "", known.get(None)),
    }
    return render(request, "web/requester/limits.html", context, status)


def _limit_form(bound: LimitForm | None, typed: str | None, public_id: str, amount: int | None) -> LimitForm:
    """The form of one row: what was typed in it stays, the others show what holds."""
    name = f"limit-{public_id or 'batch'}"
    if bound is not None and typed == public_id:
        bound.auto_id = f"{name}-%s"
        return bound
    return LimitForm(initial={"member": public_id, "amount": _typed(amount)}, auto_id=f"{name}-%s")


def _typed(amount: int | None) -> Any:
    """A limit of 0 is one, and stands in its box."""
    return "0" if amount == 0 else amount
