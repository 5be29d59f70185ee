"""The first page of the console: what waits, for how long, and by when it was promised."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from marketplace.base import outbox
from marketplace.base.views import admin_page, render, staff_page
from marketplace.console.forms import FindForm
from payments import gateways
from payments.models import Payout, PayoutRun, PayoutState, RunState
from payments.services import bank_lines, parts, reconcile
from tasks.selectors import gold, moderation, reports, signals
from tasks.selectors.moderation import Queue
from workers.models import AwardContest


@staff_page
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Queues with their ages for a moderator; for an administrator the switches and what could not be delivered."""
    user: Any = request.user
    context: dict[str, Any] = {}
    if user.is_admin:
        context["dead"] = outbox.dead()
        open_ = reconcile.open_differences()
        oldest = open_.first()
        context["differences"] = Queue(open_.count(), oldest.found_at if oldest else None)
        short = parts.waiting().get("funds")
        context["short"] = (*short, parts.left()) if short else None
    if user.is_moderator:
        context |= _queues()
    if gateways.files():
        context |= _bank()
    return render(request, "console/home.html", context)


def _bank() -> dict[str, Any]:
    """What the bank's lines and the payout files want of a person."""
    lines = bank_lines.open_lines()
    oldest = lines.first()
    drafts = PayoutRun.objects.filter(state=RunState.DRAFT).order_by("created_at")
    draft = drafts.first()
    return {
        "bank_lines": Queue(lines.count(), oldest.created_at if oldest else None),
        "drafts": Queue(drafts.count(), draft.created_at if draft else None),
    }


def _queues() -> dict[str, Any]:
    held = Payout.objects.filter(state=PayoutState.HELD).order_by("held_at")
    oldest = held.first()
    contested = AwardContest.objects.filter(outcome="").order_by("opened_at")
    oldest_contest = contested.first()
    return {
        "disputes": moderation.dispute_queue(),
        "screening": moderation.screening_count(),
        "reports": reports.queue(),
        "pauses": gold.pause_queue(),
        "signals": signals.queue(),
        "holds": Queue(held.count(), oldest.held_at if oldest else None),
        "revocations": Queue(contested.count(), oldest_contest.opened_at if oldest_contest else None),
        "find": FindForm(),
    }


@admin_page
@require_POST
def revive(request: HttpRequest) -> HttpResponse:
    """Try what was laid aside once more."""
    count = outbox.revive(actor=request.user)  # type: ignore[arg-type]
    messages.success(
        request, ngettext("%(n)s is tried again.", "%(n)s are tried again.", count) % {"n": count}
    )
    return redirect("console")
