"""Complaints about decisions: what waits, the late ones first, and one case with what was decided and what is said
against it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.base import clock
from marketplace.base.errors import NotFound, Refusal
from marketplace.base.views import moderator_page, render
from marketplace.console import deciding, desk, lists
from marketplace.console.desk import Desk
from marketplace.console.forms import ComplaintForm
from marketplace.console.queues import QUEUES
from workers.models import Complaint
from workers.services import complaints

QUEUE = QUEUES["complaints"]


@moderator_page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Waiting ones, the one promised first on top; or the answered ones, the latest on top."""
    return render(request, "console/complaints.html", {"list": lists.listing(request, QUEUE)})


@moderator_page
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: HttpRequest, public_id: str) -> HttpResponse:
    """One complaint (GET), and its answer (POST)."""
    found = complaints.get(public_id)
    at = desk.open_case(request, QUEUE.item(found), reader=found.made_by.locale)
    if request.method != "POST":
        return _show(request, at, found, ComplaintForm(initial=deciding.begun(request, at)))
    form = ComplaintForm(request.POST)
    refused = deciding.decide(
        request, at, form,
        lambda said: complaints.decide(
            complaint=found, moderator=at.moderator, outcome=said["outcome"], statement=said["reason"]
        ),
        text="text",
    )  # fmt: skip
    if refused:
        return _show(request, at, complaints.get(public_id), form, refused.status)
    messages.success(request, _("Answered. Who complained has been told, with your words."))
    return redirect("console-complaints")


def _show(
    request: HttpRequest, at: Desk, found: Complaint, form: ComplaintForm, status: int = 200
) -> HttpResponse:
    try:
        decision = complaints.find(found.about, found.subject)
    except NotFound:  # it was taken back, or replaced
        decision = None
    try:
        complaints.check_moderator(found, at.moderator)
        hindrance = ""
    except Refusal as refusal:
        hindrance = refusal.message
    context = {
        "complaint": found,
        "desk": at,
        "decision": decision,
        "hindrance": hindrance,
        "form": form,
        "now": clock.now(),
    }
    return render(request, "console/complaint.html", context, status)
