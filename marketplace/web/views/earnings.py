"""What one has earned: due, waiting, reserved, paid, the yearly limit, and taking money out."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from marketplace.base import formats, paging
from marketplace.base.errors import Refusal
from marketplace.base.models import User
from marketplace.base.views import render, worker_page
from payments import selectors
from payments.services import earnings as service
from payments.services import payees, payouts
from tasks.selectors import board

PAYOUTS = 20  # on a page


@require_safe
@worker_page
def earnings(request: HttpRequest) -> HttpResponse:
    return show(request)


@require_POST
@worker_page
def payout(request: HttpRequest) -> HttpResponse:
    """Take out all that can be paid now."""
    user = request.user
    assert isinstance(user, User)
    try:
        made = payouts.request(user=user, actor=user)
    except Refusal as refused:
        return show(request, refused)
    said = _("%(amount)s are on their way to your bank.") % {"amount": formats.eur(made.amount_micros)}
    messages.success(request, said)
    return HttpResponseRedirect(reverse("earnings"))


def show(request: HttpRequest, refused: Refusal | None = None) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)
    money = service.summary(user)
    waiting, held = board.waiting(user), board.in_hand(user)
    rows = selectors.payouts(user).select_related("held_by")
    page = paging.page(rows, cursor=request.GET.get("cursor", ""), size=PAYOUTS)
    context: dict[str, Any] = {
        "money": money,
        "months": [(dt.date(month.year, month.month, 1), month) for month in money.months],
        "waiting_micros": sum(micros for _count, micros in waiting.values()),
        "waiting_count": sum(count for count, _micros in waiting.values()),
        "waiting": [(state, *figures) for state, figures in waiting.items()],
        "in_hand": held,
        "in_hand_micros": sum(assignment.reward_micros for assignment in held),
        "payouts": page.rows,
        "payee": payees.of(user),
        "least": payouts.minimum(),
        "automatic": payouts.automatic(),
        "enough": money.available >= payouts.minimum(),
        "refused": refused,
        "review_days": settings.AUTO_APPROVE_DAYS,
        "due_micros": money.payable,
    }
    context |= paging.links(request, page)
    return render(request, "web/worker/earnings.html", context, status=refused.status if refused else 200)
