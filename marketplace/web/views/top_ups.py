"""Automatic top-ups: what an owner asked for, whether they are on, and how to turn them off."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from marketplace.base.errors import Forbidden, Refusal
from marketplace.base.models import Membership, Role
from marketplace.base.views import current_membership, render, requester_page
from marketplace.web.money_tabs import tabs
from marketplace.web.requester_forms import TopUpForm
from payments.models import AutoTopUp
from payments.services import top_ups_auto
from tasks.page_forms.fields import put_back


@requester_page
@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """The wish and its state; owners change it."""
    membership = current_membership(request)
    if not membership.may("funds"):
        raise Forbidden
    row = AutoTopUp.objects.filter(organisation=membership.organisation).first()
    if request.method != "POST":
        return _page(request, membership, TopUpForm(initial=_initial(row)))
    top_ups_auto.require_owner(membership.organisation, membership.user)
    form = TopUpForm(request.POST)
    if not form.is_valid():
        return _page(request, membership, form, 400)
    wish = top_ups_auto.Wish(**form.cleaned_data)
    try:
        row = top_ups_auto.ask(organisation=membership.organisation, wish=wish, actor=membership.user)
    except Refusal as refusal:
        put_back(form, refusal)
        return _page(request, membership, form, refusal.status)
    if row.is_on:
        messages.success(request, _("Saved. Automatic top-ups are on."))
    else:
        messages.info(
            request, _("Saved. They begin with your next deposit, if you let the way you pay be kept.")
        )
    return redirect("top-ups")


@requester_page
@require_POST
def off(request: HttpRequest) -> HttpResponse:
    """Turn them off, and forget the way to pay."""
    membership = current_membership(request)
    top_ups_auto.turn_off(organisation=membership.organisation, actor=membership.user)
    messages.success(request, _("Automatic top-ups are off, and the way to pay is forgotten."))
    return redirect("top-ups")


def _initial(row: AutoTopUp | None) -> dict[str, int]:
    if row is None:
        return {}
    return {
        "below": row.below_micros,
        "amount": row.amount_micros,
        "month_most": row.month_most_micros,
    }


def _page(request: HttpRequest, membership: Membership, form: TopUpForm, status: int = 200) -> HttpResponse:
    organisation = membership.organisation
    context: dict[str, Any] = {
        "organisation": organisation,
        "tabs": tabs("top-ups", membership),
        "is_offered": bool(top_ups_auto.gateway_name()),
        "is_owner": membership.role == Role.OWNER,
        "row": AutoTopUp.objects.filter(organisation=organisation).first(),
        "spent": top_ups_auto.spent_this_month(organisation),
        "form": form,
    }
    return render(request, "web/requester/top_ups.html", context, status)
