"""Pauses after missed check questions that a worker asked a person to look at."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.base import clock
from marketplace.base.views import moderator_page, render
from marketplace.console import deciding, desk, lists
from marketplace.console.desk import Desk
from marketplace.console.forms import PauseForm
from marketplace.console.queues import QUEUES
from tasks import access_gold
from tasks.models import BatchPause
from tasks.selectors import gold
from tasks.services import gold_pauses

QUEUE = QUEUES["pauses"]


@moderator_page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Waiting ones, the longest-waiting first; or those that were looked at, the latest on top."""
    return render(request, "console/pauses.html", {"list": lists.listing(request, QUEUE)})


@moderator_page
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: HttpRequest, public_id: str) -> HttpResponse:
    """One pause with its evidence (GET), and what becomes of it (POST)."""
    pause = access_gold.asked_pause(request.user, public_id)  # type: ignore[arg-type]
    at = desk.open_case(request, QUEUE.item(pause), reader=pause.worker.locale)
    if request.method != "POST":
        return _show(request, at, pause, PauseForm(initial=deciding.begun(request, at)))
    form = PauseForm(request.POST)
    refused = deciding.decide(
        request, at, form,
        lambda said: gold_pauses.decide(
            pause=pause, moderator=at.moderator, lifts=said["outcome"] == "lift", reason=said["reason"]
        ),
    )  # fmt: skip
    if refused:
        return _show(request, at, access_gold.asked_pause(at.moderator, public_id), form, refused.status)
    messages.success(request, _("Decided. The worker has been told, with your words."))
    return redirect("console-pauses")


def _show(
    request: HttpRequest, at: Desk, pause: BatchPause, form: PauseForm, status: int = 200
) -> HttpResponse:
    context = {"case": gold.case(pause, at.moderator), "desk": at, "form": form, "now": clock.now()}
    return render(request, "console/pause.html", context, status)
