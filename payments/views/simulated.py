"""The pay page of the simulated gateway: where a deposit of the demonstration is paid, declined or put off."""

from django.contrib import messages
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from marketplace.base.errors import Invalid, NotFound
from marketplace.base.views import go, render, requester_page
from payments import access
from payments.gateways import simulated as gateway
from payments.models import Deposit, DepositState
from payments.services import deposits

BUTTONS = {"pay", "decline", "later"}


@requester_page
@require_http_methods(["GET", "POST"])
def pay(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """Show the deposit, or press one of the page's buttons and follow what the gateway then says."""
    assert request.user.is_authenticated  # requester_page saw to it
    deposit = access.deposit(user=request.user, public_id=public_id, right="funds")
    if deposit.gateway != gateway.Simulated.name:
        raise NotFound
    if request.method == "POST":
        button = request.POST.get("button", "")
        if button not in BUTTONS:
            raise Invalid
        gateway.press(deposit.public_id, button)
        deposits.refresh(deposit)
        _say(request, deposit)
        return go(request, reverse("funds"))
    deposits.refresh(deposit)
    status = gateway.Simulated().deposit_status(key=deposit.public_id)
    return render(
        request, "payments/simulated_pay.html", {"deposit": deposit, "open": status.state == "open"}
    )


def _say(request: HttpRequest, deposit: Deposit) -> None:
    if deposit.state == DepositState.SETTLED:
        messages.success(request, _("The payment arrived. You can use the money at once."))
    elif deposit.state == DepositState.FAILED:
        messages.error(request, _("The bank declined the payment. Nothing was charged; you can try again."))
    elif deposit.state == DepositState.CANCELLED:
        messages.error(request, _("This payment page had run out. Nothing was charged; start a new deposit."))
    else:
        messages.info(request, _("The payment is on its way. We will tell you when it has arrived."))
