"""Reports and complaints about them: what waits, and one case with what becomes of it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.base import clock, paging
from marketplace.base.errors import Refusal
from marketplace.base.models import User
from marketplace.base.views import moderator_page, render
from marketplace.console.forms_reports import ReportDecisionForm
from tasks import access
from tasks.models import Report
from tasks.page_forms.fields import put_back
from tasks.selectors import reports as selectors
from tasks.services import reports

MOST_WAITING = 200


@moderator_page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Waiting ones, the one promised first on top; or the decided ones, the latest on top."""
    decided = request.GET.get("show") == "decided"
    context = {"decided": decided, "now": clock.now(), "queue": selectors.queue()}
    if decided:
        page = paging.page(selectors.decided(), cursor=request.GET.get("cursor", ""))
        context |= {"rows": page.rows, **paging.links(request, page)}
    else:
        context["rows"] = selectors.waiting()[:MOST_WAITING]
        context["complaints"] = selectors.waiting_complaints()[:MOST_WAITING]
    return render(request, "console/reports.html", context)


@moderator_page
@require_http_methods(["GET", "HEAD", "POST"])
def case(request: HttpRequest, public_id: str) -> HttpResponse:
    """One report with its batch (GET), and what becomes of it (POST): taken, decided, opened again."""
    found = access.report(public_id)
    user: User = request.user  # type: ignore[assignment]
    if request.method != "POST":
        return _show(request, found)
    act = request.POST.get("act", "decide")
    form = _form(found, request)
    if act == "decide" and not form.is_valid():
        return _show(request, found, form, 400)
    try:
        if act == "take":
            reports.take(report=found, moderator=user)
        elif act == "reopen":
            reports.reopen(report=found, moderator=user)
            messages.success(request, _("Open again. Both sides have been told."))
        else:
            _decide(found, user, form)
            messages.success(request, _("Decided. Both sides have been told, with your words."))
    except Refusal as refusal:
        put_back(form, refusal, text="reason")
        return _show(request, access.report(public_id), form, refusal.status)
    return redirect("console-report", public_id) if act == "take" else redirect("console-reports")


def _decide(found: Report, user: User, form: ReportDecisionForm) -> None:
    outcome, reason = form.cleaned_data["outcome"], form.cleaned_data["reason"]
    complaint = found.complaints.filter(outcome="").first()
    if complaint is not None:
        reports.decide_complaint(complaint=complaint, moderator=user, outcome=outcome, statement=reason)
    else:
        reports.decide(report=found, moderator=user, outcome=outcome, statement=reason)


def _form(found: Report, request: HttpRequest | None = None) -> ReportDecisionForm:
    complaint = found.complaints.filter(outcome="").exists()
    data = request.POST if request else None
    return ReportDecisionForm(data, complaint=complaint, batch=found.batch_id is not None)


def _show(
    request: HttpRequest, found: Report, form: ReportDecisionForm | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "case": selectors.case(found, request.user),  # type: ignore[arg-type]
        "form": form or _form(found),
        "now": clock.now(),
    }
    return render(request, "console/report.html", context, status)
