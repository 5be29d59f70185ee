"""Funds of an organisation: what is available, set aside and spent; deposits, history, and paying a debt back."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from marketplace.base import clock, formats, paging
from marketplace.base.errors import Forbidden, Refusal
from marketplace.base.models import Membership
from marketplace.base.views import current_membership, render, requester_page
from marketplace.web import bank_transfer, funds
from marketplace.web.money_tabs import tabs
from marketplace.web.requester_forms import DepositForm
from payments.models import Deposit, DepositState
from payments.services import billing, debts, deposits
from tasks.page_forms.fields import put_back

PER_PAGE = 25
AFTER = "after_deposit"  # session: [public id of the deposit, address to go on at]


@requester_page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What there is; after a deposit that was made for something, back to that."""
    membership = current_membership(request)
    onward = _onward(request, membership)
    if onward:
        return redirect(onward)
    return _page(request, membership, DepositForm())


def _onward(request: HttpRequest, membership: Membership) -> str:
    """Where the person was when the money was missing, once their deposit has arrived."""
    public_id, address = request.session.get(AFTER, ("", ""))
    if not public_id:
        return ""
    last = Deposit.objects.filter(organisation=membership.organisation).order_by("-pk").first()
    if last is None or last.public_id != public_id or last.state == DepositState.STARTED:
        return ""
    del request.session[AFTER]
    return str(address) if last.state == DepositState.SETTLED else ""


def _page(request: HttpRequest, membership: Membership, form: DepositForm, status: int = 200) -> HttpResponse:
    organisation = membership.organisation
    page = paging.page(funds.entries(organisation), cursor=request.GET.get("cursor", ""), size=PER_PAGE)
    context: dict[str, Any] = {
        "organisation": organisation,
        "may_funds": membership.may("funds"),
        "transfer": bank_transfer.card(organisation) if membership.may("funds") else None,
        "tabs": tabs("funds", membership),
        "is_billed": billing.profile(organisation) is not None,
        "standing": funds.standing(organisation),
        "debt": debts.owed(organisation),
        "form": form,
        "least": deposits.least(),
        "deposits": Deposit.objects.filter(organisation=organisation).order_by("-pk")[:5],
        "lines": funds.lines(page.rows),
        **paging.links(request, page),
    }
    return render(request, "web/requester/funds.html", context, status)


@requester_page
def deposit(request: HttpRequest) -> HttpResponse:
    """Start a deposit and go to its pay page. `amount` and `next` may come with the address."""
    membership = current_membership(request)
    if request.method != "POST":
        form = DepositForm(initial={name: request.GET.get(name, "") for name in ("amount", "next")})
        return _page(request, membership, form)
    if not membership.may("funds"):
        raise Forbidden
    form = DepositForm(request.POST)
    if not form.is_valid():
        return _page(request, membership, form, 400)
    try:
        started = deposits.start(
            organisation=membership.organisation,
            amount_micros=form.cleaned_data["amount"],
            actor=membership.user,
        )
    except Refusal as refusal:
        put_back(form, refusal)
        return _page(request, membership, form, refusal.status)
    onward = form.cleaned_data["next"]
    if onward and url_has_allowed_host_and_scheme(onward, {request.get_host()}, request.is_secure()):
        request.session[AFTER] = [started.public_id, onward]
    return redirect(started.pay_url)


@requester_page
@require_POST
def repay(request: HttpRequest) -> HttpResponse:
    """Pay back the top-ups that were advanced."""
    membership = current_membership(request)
    if not membership.may("funds"):
        raise Forbidden
    organisation = membership.organisation
    try:
        paid = debts.repay(
            organisation=organisation,
            reference=f"{organisation.public_id}:repay:{clock.now().isoformat()}",
            actor=membership.user,
        )
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return _page(request, membership, DepositForm(), refusal.status)
    if paid:
        messages.success(
            request, _("%(amount)s paid back. You can publish again.") % {"amount": formats.eur(paid)}
        )
    return redirect("funds")
