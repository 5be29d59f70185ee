"""Complaints about decisions: what waits, the late ones first, and one case with what was decided and what is said
against it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.base import clock, paging
from marketplace.base.errors import NotFound, Refusal
from marketplace.base.models import User
from marketplace.base.views import moderator_page, render
from marketplace.console.forms import ComplaintForm
from tasks.page_forms.fields import put_back
from tasks.selectors.moderation import Queue
from workers.models import Complaint
from workers.services import complaints

MOST_WAITING = 200


def queue() -> Queue:
    """How many wait, since when, and by when the first was promised."""
    return Queue(*complaints.queue())


@moderator_page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Waiting ones, the one promised first on top; or the answered ones, the latest on top."""
    decided = request.GET.get("show") == "decided"
    context = {"decided": decided, "now": clock.now(), "queue": queue()}
    if decided:
        page = paging.page(complaints.decided(), cursor=request.GET.get("cursor", ""))
        context |= {"rows": page.rows, **paging.links(request, page)}
    else:
        context["rows"] = complaints.waiting()[:MOST_WAITING]
    return render(request, "console/complaints.html", context)


@moderator_page
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: HttpRequest, public_id: str) -> HttpResponse:
    """One complaint (GET), and its answer (POST)."""
    found = complaints.get(public_id)
    if request.method != "POST":
        return _show(request, found, ComplaintForm())
    form = ComplaintForm(request.POST)
    if not form.is_valid():
        return _show(request, found, form, 400)
    try:
        complaints.decide(
            complaint=found,
            moderator=request.user,  # type: ignore[arg-type]
            outcome=form.cleaned_data["outcome"],
            statement=form.cleaned_data["reason"],
        )
    except Refusal as refusal:
        put_back(form, refusal, text="reason")
        return _show(request, complaints.get(public_id), form, refusal.status)
    messages.success(request, _("Answered. Who complained has been told, with your words."))
    return redirect("console-complaints")


def _show(request: HttpRequest, found: Complaint, form: ComplaintForm, status: int = 200) -> HttpResponse:
    user: User = request.user  # type: ignore[assignment]
    try:
        decision = complaints.find(found.about, found.subject)
    except NotFound:  # it was taken back, or replaced
        decision = None
    try:
        complaints.check_moderator(found, user)
        hindrance = ""
    except Refusal as refusal:
        hindrance = refusal.message
    context = {
        "complaint": found,
        "decision": decision,
        "hindrance": hindrance,
        "form": form,
        "now": clock.now(),
    }
    return render(request, "console/complaint.html", context, status)
