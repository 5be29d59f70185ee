"""Unspent funds, asked back: how much can be, and what became of what was asked before."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from marketplace.base import formats
from marketplace.base.errors import Forbidden, Refusal
from marketplace.base.models import Membership
from marketplace.base.views import current_membership, render, requester_page
from marketplace.web.money_tabs import tabs
from marketplace.web.requester_forms import RefundForm
from payments.models import Refund, RefundState
from payments.services import frozen, refunds
from tasks.page_forms.fields import put_back

SHOWN = 50


@requester_page
@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    """What can be paid back, the form, and the refunds so far."""
    membership = current_membership(request)
    if not membership.may("funds"):
        raise Forbidden
    if request.method != "POST":
        return _page(request, membership, RefundForm())
    form = RefundForm(request.POST)
    if not form.is_valid():
        return _page(request, membership, form, 400)
    try:
        made = refunds.start(
            organisation=membership.organisation,
            amount_micros=form.cleaned_data["amount"],
            actor=membership.user,
        )
    except Refusal as refusal:
        put_back(form, refusal)
        return _page(request, membership, form, refusal.status)
    _say(request, made)
    return redirect("refunds")


def _say(request: HttpRequest, made: list[Refund]) -> None:
    amount = {"amount": formats.eur(sum(refund.amount_micros for refund in made))}
    states = {refund.state for refund in made}
    if states == {RefundState.SETTLED}:
        messages.success(request, _("%(amount)s was paid back. A bank may take days to show it.") % amount)
    elif RefundState.FAILED in states:
        messages.error(
            request, _("Not all of it could be paid back; what could not is in your funds. See below.")
        )
    else:
        messages.info(request, _("%(amount)s is on its way back. We tell you when it has arrived.") % amount)


def _page(request: HttpRequest, membership: Membership, form: RefundForm, status: int = 200) -> HttpResponse:
    organisation = membership.organisation
    rows = Refund.objects.filter(organisation=organisation).select_related("deposit").order_by("-pk")
    context: dict[str, Any] = {
        "organisation": organisation,
        "tabs": tabs("refunds", membership),
        "most": refunds.most(organisation),
        "is_disputed": frozen.is_disputed(organisation),
        "loss": frozen.owed(organisation),
        "form": form,
        "refunds": rows[:SHOWN],
    }
    return render(request, "web/requester/refunds.html", context, status)
