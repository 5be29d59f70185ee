"""Reports and complaints about them: what waits, and one case with what becomes of it."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.base import clock
from marketplace.base.models import User
from marketplace.base.views import moderator_page, render
from marketplace.console import deciding, desk, lists, similar
from marketplace.console.desk import Desk
from marketplace.console.forms_reports import ReportDecisionForm
from marketplace.console.queues import QUEUES
from tasks import access
from tasks.models import Report
from tasks.selectors import reports as selectors
from tasks.services import reports

QUEUE = QUEUES["reports"]


@moderator_page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Waiting ones and complaints about them, the one promised first on top; or the decided ones, the latest on top."""
    return render(request, "console/reports.html", {"list": lists.listing(request, QUEUE)})


@moderator_page
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: HttpRequest, public_id: str) -> HttpResponse:
    """One report with its batch (GET), and what becomes of it (POST): decided, opened again."""
    found = access.report(public_id)
    at = desk.open_case(request, QUEUE.item(found), reader=_reader(found))
    if request.method != "POST":
        return _show(request, at, found, _form(found, initial=deciding.begun(request, at)))
    if request.POST.get("act") == "reopen":
        desk.require_free(at.item, at.moderator)
        reports.reopen(report=found, moderator=at.moderator)
        desk.done(at.item)
        messages.success(request, _("Open again. Both sides have been told."))
        return redirect("console-reports")
    form = _form(found, request.POST)
    refused = deciding.decide(request, at, form, lambda said: _decide(found, at.moderator, said), text="text")
    if refused:
        return _show(request, at, access.report(public_id), form, refused.status)
    messages.success(request, _("Decided. Both sides have been told, with your words."))
    return redirect("console-reports")


def _reader(found: Report) -> str:
    """The language of the side that the decision weighs on most: the requester's, else the reporter's."""
    if found.batch is not None:
        return found.batch.created_by.locale
    return found.reporter.locale if found.reporter else ""


def _decide(found: Report, user: User, said: Mapping[str, Any]) -> None:
    outcome, reason = said["outcome"], said["reason"]
    complaint = found.complaints.filter(outcome="").first()
    if complaint is not None:
        reports.decide_complaint(complaint=complaint, moderator=user, outcome=outcome, statement=reason)
    else:
        reports.decide(report=found, moderator=user, outcome=outcome, statement=reason)


def _form(found: Report, data: Any = None, initial: Any = None) -> ReportDecisionForm:
    complaint = found.complaints.filter(outcome="").exists()
    return ReportDecisionForm(data, initial=initial, complaint=complaint, batch=found.batch_id is not None)


def _show(
    request: HttpRequest, at: Desk, found: Report, form: ReportDecisionForm, status: int = 200
) -> HttpResponse:
    context = {
        "case": selectors.case(found, at.moderator),
        "desk": at,
        "before": similar.reports(found),
        "form": form,
        "now": clock.now(),
    }
    return render(request, "console/report.html", context, status)
