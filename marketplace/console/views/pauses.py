"""Pauses after missed check questions that a worker asked a person to look at."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.base import clock, paging
from marketplace.base.errors import Refusal
from marketplace.base.views import moderator_page, render
from marketplace.console.forms import PauseForm
from tasks import access
from tasks.models import BatchPause
from tasks.page_forms.fields import put_back
from tasks.selectors import gold
from tasks.services import gold_pauses

MOST_WAITING = 200


@moderator_page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Waiting ones, the longest-waiting first; or those that were looked at, the latest on top."""
    decided = request.GET.get("show") == "decided"
    context = {"decided": decided, "now": clock.now(), "queue": gold.pause_queue()}
    if decided:
        page = paging.page(gold.reviewed_pauses(), cursor=request.GET.get("cursor", ""))
        context |= {"rows": [(row, None) for row in page.rows], **paging.links(request, page)}
    else:
        waiting = gold.waiting_pauses()[:MOST_WAITING]
        context["rows"] = [(row, gold_pauses.decide_by(row)) for row in waiting]
    return render(request, "console/pauses.html", context)


@moderator_page
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: HttpRequest, public_id: str) -> HttpResponse:
    """One pause with its evidence (GET), and what becomes of it (POST)."""
    pause = access.asked_pause(request.user, public_id)  # type: ignore[arg-type]
    if request.method != "POST":
        return _show(request, pause, PauseForm())
    form = PauseForm(request.POST)
    if not form.is_valid():
        return _show(request, pause, form, 400)
    lifts = form.cleaned_data["outcome"] == "lift"
    reason = form.cleaned_data["reason"]
    try:
        gold_pauses.decide(pause=pause, moderator=request.user, lifts=lifts, reason=reason)  # type: ignore[arg-type]
    except Refusal as refusal:
        put_back(form, refusal)
        return _show(request, access.asked_pause(request.user, public_id), form, refusal.status)  # type: ignore[arg-type]
    messages.success(request, _("Decided. The worker has been told, with your words."))
    return redirect("console-pauses")


def _show(request: HttpRequest, pause: BatchPause, form: PauseForm, status: int = 200) -> HttpResponse:
    context = {
        "case": gold.case(pause, request.user),  # type: ignore[arg-type]
        "form": form,
        "now": clock.now(),
    }
    return render(request, "console/pause.html", context, status)
