"""Payouts that a person or a registered rule holds; who, why, and until when."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.base.views import moderator_page, render
from marketplace.console import access, deciding, desk
from marketplace.console.desk import Desk
from marketplace.console.forms import HoldForm
from marketplace.console.queues import QUEUES
from payments.models import Payout, PayoutState
from payments.services import payout_rules, payouts

MOST = 200
QUEUE = QUEUES["holds"]


@moderator_page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Held ones, the longest-held first, and those about to be sent, which can still be held."""
    rows = Payout.objects.select_related("user", "held_by")
    context = {
        "held": rows.filter(state=PayoutState.HELD).order_by("held_at")[:MOST],
        "pending": rows.filter(state=PayoutState.PENDING).order_by("created_at")[:MOST],
    }
    return render(request, "console/holds.html", context)


@moderator_page
@require_http_methods(["GET", "HEAD", "POST"])
def payout(request: HttpRequest, public_id: str) -> HttpResponse:
    """One payout (GET); hold it or release it (POST)."""
    found = access.payout(public_id)
    at = desk.open_case(request, QUEUE.item(found), reader=found.user.locale)
    if request.method != "POST":
        return _show(request, at, found, HoldForm(initial=deciding.begun(request, at)))
    if request.POST.get("action") == "release":
        desk.require_free(at.item, at.moderator)
        payouts.release_hold(payout=found, actor=request.user)  # type: ignore[arg-type]
        messages.success(request, _("Released. It is sent with the next run, and the worker has been told."))
        return redirect("console-holds")
    form = HoldForm(request.POST)
    act = payouts.prolong if request.POST.get("action") == "prolong" else payouts.hold
    refused = deciding.decide(request, at, form, lambda said: act(payout=found, actor=at.moderator, **said))
    if refused:
        return _show(request, at, found, form, refused.status)
    messages.success(request, _("Held. The worker has been told why."))
    return redirect("console-holds")


def _show(request: HttpRequest, at: Desk, payout: Payout, form: HoldForm, status: int = 200) -> HttpResponse:
    context = {
        "payout": payout,
        "desk": at,
        "hold": payout_rules.hold_of(payout),
        "form": form,
        "can_hold": payout.state == PayoutState.PENDING,
        "can_release": payout.state == PayoutState.HELD,
    }
    return render(request, "console/hold.html", context, status)
