"""Disputes and appeals: the queue, and one case with everything in sight and the decision at its end."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.base import clock, opinions
from marketplace.base.views import moderator_page, render
from marketplace.console import deciding, desk, lists, similar
from marketplace.console.deciding import Refused
from marketplace.console.desk import Desk
from marketplace.console.forms import DecisionForm
from marketplace.console.queues import QUEUES
from tasks import access
from tasks.models import Dispute
from tasks.selectors import moderation
from tasks.services import disputes

QUEUE = QUEUES["disputes"]


@moderator_page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Waiting ones, the first promised on top; or decided ones, the latest on top."""
    return render(request, "console/disputes.html", {"list": lists.listing(request, QUEUE)})


@moderator_page
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: HttpRequest, public_id: str) -> HttpResponse:
    """One case (GET), and its decision (POST)."""
    dispute = access.dispute(request.user, public_id)  # type: ignore[arg-type]
    at = desk.open_case(request, QUEUE.item(dispute), reader=dispute.assignment.worker.locale)
    if request.method != "POST":
        return _show(request, at, dispute, DecisionForm(initial=deciding.begun(request, at)))
    form = DecisionForm(request.POST)
    refused = deciding.decide(
        request,
        at,
        form,
        lambda said: disputes.decide(dispute=dispute, moderator=at.moderator, **said),
    )
    if refused:
        return _show(request, at, access.dispute(at.moderator, public_id), form, refused)
    messages.success(request, _("Decided. Both sides have been told, with your words."))
    return redirect("console-disputes")


def _show(
    request: HttpRequest, at: Desk, dispute: Dispute, form: DecisionForm, refused: Refused | None = None
) -> HttpResponse:
    context = {
        "case": moderation.case_file(dispute, at.moderator),
        "desk": at,
        "before": similar.disputes(dispute),
        "needs_second": opinions.REFUSE if refused and refused.needs_second else "",
        "needs_words": at.draft.get("reason", form["reason"].value() or ""),
        "takes_two": disputes.is_heavy(dispute, Dispute.Outcome.REJECT),
        "form": form,
        "now": clock.now(),
    }
    return render(request, "console/dispute.html", context, refused.status if refused else 200)
