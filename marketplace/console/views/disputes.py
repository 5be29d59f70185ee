"""Disputes and appeals: the queue, and one case with everything in sight and the decision at its end."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.base import clock, paging
from marketplace.base.errors import Refusal
from marketplace.base.views import moderator_page, render
from marketplace.console.forms import DecisionForm
from tasks import access
from tasks.models import Dispute
from tasks.page_forms.fields import put_back
from tasks.selectors import moderation
from tasks.services import disputes

MOST_WAITING = 200


@moderator_page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Waiting ones, the first promised on top; or decided ones, the latest on top."""
    decided = request.GET.get("show") == "decided"
    context = {"decided": decided, "now": clock.now(), "queue": moderation.dispute_queue()}
    if decided:
        page = paging.page(moderation.decided_disputes(), cursor=request.GET.get("cursor", ""))
        context |= {"rows": page.rows, **paging.links(request, page)}
    else:
        context["rows"] = moderation.waiting_disputes()[:MOST_WAITING]
    return render(request, "console/disputes.html", context)


@moderator_page
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: HttpRequest, public_id: str) -> HttpResponse:
    """One case (GET), and its decision (POST)."""
    dispute = access.dispute(request.user, public_id)  # type: ignore[arg-type]
    if request.method != "POST":
        return _show(request, dispute, DecisionForm())
    form = DecisionForm(request.POST)
    if not form.is_valid():
        return _show(request, dispute, form, 400)
    try:
        disputes.decide(dispute=dispute, moderator=request.user, **form.cleaned_data)  # type: ignore[arg-type, misc]
    except Refusal as refusal:
        put_back(form, refusal)
        return _show(request, access.dispute(request.user, public_id), form, refusal.status)  # type: ignore[arg-type]
    messages.success(request, _("Decided. Both sides have been told, with your words."))
    return redirect("console-disputes")


def _show(request: HttpRequest, dispute: Dispute, form: DecisionForm, status: int = 200) -> HttpResponse:
    file = moderation.case_file(dispute, request.user)  # type: ignore[arg-type]
    return render(request, "console/dispute.html", {"case": file, "form": form, "now": clock.now()}, status)
