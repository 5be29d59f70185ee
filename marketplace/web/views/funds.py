"""Funds of an organisation: what is available, set aside and spent; deposits, history, and paying a debt back."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from marketplace.base import clock, formats, ids, paging
from marketplace.base.errors import Forbidden, NotFound, Refusal
from marketplace.base.models import Membership, Role
from marketplace.base.views import current_membership, render, requester_page
from marketplace.web import bank_transfer, funds
from marketplace.web.money_tabs import tabs
from marketplace.web.requester_forms import DepositForm
from payments import access
from payments.models import AutoTopUp, Deposit, DepositState
from payments.services import billing, debts, deposits, frozen, top_ups_auto
from tasks.page_forms.fields import put_back

PER_PAGE = 25
AFTER = "after_deposit"  # session: [public id of the deposit, address to go on at]


@requester_page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """What there is; after a deposit that was made for something, back to that."""
    membership = current_membership(request)
    if request.GET.get("paid"):
        _follow(request, membership)
    onward = _onward(request, membership)
    if onward:
        return redirect(onward)
    if request.GET.get("paid"):
        return redirect("funds")
    return _page(request, membership, _form(membership))


def _follow(request: HttpRequest, membership: Membership) -> None:
    """Somebody came back from paying. That proves nothing: the gateway is asked, and its answer said."""
    number = ids.decode("dep", request.GET["paid"])
    found = Deposit.objects.filter(pk=number, organisation=membership.organisation).first()
    if found is None:
        raise NotFound
    found = deposits.refresh(found)
    state = found.state
    if state == DepositState.STARTED and found.pay_url:
        messages.info(
            request,
            _(
                "This payment still waits for you: “Go on paying” beside it leads to what is left to do, such as the"
                " account to send a transfer to."
            ),
        )
    elif state == DepositState.SETTLED:
        messages.success(request, _("The payment arrived. You can use the money at once."))
    elif state == DepositState.STARTED:
        messages.info(
            request,
            _(
                "The payment is on its way: a card takes moments, a bank some days. We tell you when it has arrived."
            ),
        )
    elif state == DepositState.FAILED:
        messages.error(request, _("The bank declined the payment. Nothing was charged; you can try again."))


def _form(membership: Membership, *args: Any, **kwargs: Any) -> DepositForm:
    """The form with the ways to pay, and the question whether one may be kept where an owner waits for that."""
    waits = AutoTopUp.objects.filter(organisation=membership.organisation, method_ref="").exists()
    return DepositForm(
        *args,
        ways=funds.ways(deposits.offered()),
        may_keep=waits and membership.role == Role.OWNER and bool(top_ups_auto.gateway_name()),
        **kwargs,
    )


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
    loss = frozen.owed(organisation)
    page = paging.page(funds.entries(organisation), cursor=request.GET.get("cursor", ""), size=PER_PAGE)
    context: dict[str, Any] = {
        "organisation": organisation,
        "may_funds": membership.may("funds"),
        "transfer": bank_transfer.card(organisation) if membership.may("funds") else None,
        "tabs": tabs("funds", membership),
        "is_billed": billing.profile(organisation) is not None,
        "standing": funds.standing(organisation),
        "debt": debts.owed(organisation) - loss,
        "loss": loss,
        "disputes": funds.disputes(organisation),
        "offered": deposits.offered(),
        "top_up": AutoTopUp.objects.filter(organisation=organisation).first(),
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
        form = _form(membership, initial={name: request.GET.get(name, "") for name in ("amount", "next")})
        return _page(request, membership, form)
    if not membership.may("funds"):
        raise Forbidden
    form = _form(membership, request.POST)
    if not form.is_valid():
        return _page(request, membership, form, 400)
    try:
        started = deposits.start(
            organisation=membership.organisation,
            amount_micros=form.cleaned_data["amount"],
            actor=membership.user,
            gateway_name=form.cleaned_data.get("gateway", ""),
            keep_method=form.cleaned_data.get("keep", False),
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
def go_on(request: HttpRequest, public_id: str) -> HttpResponse:
    """Ask once more for the pay page of a deposit whose page never came."""
    found = access.deposit(user=current_membership(request).user, public_id=public_id)
    try:
        started = deposits.refresh(found)
        if started.state == DepositState.STARTED and not started.external_ref:
            deposits.open_page(started)
        if started.state == DepositState.STARTED and started.pay_url:
            return redirect(started.pay_url)
    except Refusal as refusal:
        messages.error(request, refusal.message)
    return redirect("funds")


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
        return _page(request, membership, _form(membership), refusal.status)
    if paid:
        messages.success(
            request, _("%(amount)s paid back. You can publish again.") % {"amount": formats.eur(paid)}
        )
    return redirect("funds")
