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
from payments.models import PayoutState
from payments.services import bonuses, payees, payout_rules, payout_words, payouts, persons
from payments.services import earnings as service
from tasks.selectors import board

from . import connect

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
    amount = formats.eur(made.amount_micros)
    if made.state == PayoutState.HELD and made.held_until:
        words = {"amount": amount, "moment": formats.exact(made.held_until)}
        messages.warning(request, _("A payout of %(amount)s is made, and rests until %(moment)s.") % words)
    else:
        made_words = _("A payout of %(amount)s is made.") % {"amount": amount}
        messages.success(request, f"{made_words} {payout_words.in_a_line(made)}")
    return HttpResponseRedirect(reverse("earnings"))


def show(request: HttpRequest, refused: Refusal | None = None) -> HttpResponse:
    user = request.user
    assert isinstance(user, User)
    money, payee = service.summary(user), payees.of(user)
    waiting, held = board.waiting(user), board.in_hand(user)
    rows = selectors.payouts(user).select_related("held_by")
    pairs = list(persons.pairs(user))
    page = paging.page(rows, cursor=request.GET.get("cursor", ""), size=PAYOUTS)
    context: dict[str, Any] = {
        "money": money,
        "months": [(dt.date(month.year, month.month, 1), month) for month in money.months],
        "waiting_micros": sum(micros for _count, micros in waiting.values()),
        "waiting_count": sum(count for count, _micros in waiting.values()),
        "waiting": [(state, *figures) for state, figures in waiting.items()],
        "in_hand": held,
        "in_hand_micros": sum(assignment.reward_micros for assignment in held),
        "years": sorted({month.year for month in money.months}, reverse=True),
        "bonuses": bonuses.of_worker(user)[:10],
        "payouts": [(row, payout_rules.hold_of(row), payout_words.in_a_line(row)) for row in page.rows],
        "payee": payee,
        "connect_status": connect.of(user, payee),
        "ending": payees.ending(payee) if payee else "",
        "rests_until": payout_rules.change_ends(payee) if payee else None,
        "same_account_until": payout_rules.same_account([user.pk]).get(user.pk),
        "one_with": [pair for pair in pairs if pair.is_one],
        "looked_at": [pair for pair in pairs if not pair.is_one and not pair.outcome],
        "also_in_use": any(each.is_active for each in persons.others(user)),
        "least": payouts.minimum(),
        "automatic": payouts.automatic(),
        "enough": money.available >= payouts.minimum(),
        "refused": refused,
        "review_days": settings.AUTO_APPROVE_DAYS,
        "due_micros": money.payable,
    }
    context |= paging.links(request, page)
    return render(request, "web/worker/earnings.html", context, status=refused.status if refused else 200)
