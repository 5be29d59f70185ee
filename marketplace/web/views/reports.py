"""Report a page or a batch, and follow what becomes of it; the requester answers on the same page."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from marketplace.base import clock
from marketplace.base.errors import NotFound, Refusal
from marketplace.base.models import User
from marketplace.base.views import render
from marketplace.web import rate
from marketplace.web.report_forms import ComplaintForm, ReportForm, WordsForm
from tasks import access
from tasks.models import Batch, Report, ReportComplaint
from tasks.page_forms.fields import put_back
from tasks.selectors import reports as selectors
from tasks.services import reports

Side = ReportComplaint.Side


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Ask what is wrong (GET), and take the report in (POST). Anybody may, a few times a minute."""
    user = _person(request)
    if request.method != "POST":
        start = {name: request.GET.get(name, "")[:200] for name in ("batch", "reason")} | {
            "page": _came_from(request)
        }
        return _form(request, ReportForm(initial=start), _batch(user, start["batch"]))
    form = ReportForm(request.POST)
    batch = _batch(user, request.POST.get("batch", ""))
    if not form.is_valid():
        return _form(request, form, batch, 400)
    rate.limit(request, "report", settings.REPORTS_A_MINUTE)
    try:
        made, key = reports.file(
            reason=form.cleaned_data["reason"],
            text=form.cleaned_data["text"],
            reporter=user,
            batch=batch,
            page=form.cleaned_data["page"],
        )
    except Refusal as refusal:
        put_back(form, refusal)
        return _form(request, form, batch, refusal.status)
    messages.success(request, _("Received. Thank you for saying it."))
    return redirect("report-state", made.public_id if user else key)


def _came_from(request: HttpRequest) -> str:
    """The path of the page of this site that led here; '' for any other, and where the browser does not say."""
    came = urlsplit(request.headers.get("Referer", ""))
    return came.path[:200] if came.netloc == request.get_host() else ""


def _form(request: HttpRequest, form: ReportForm, batch: Batch | None, status: int = 200) -> HttpResponse:
    context = {"form": form, "batch": batch, "page": form["page"].value(), "days": settings.REPORT_DAYS}
    return render(request, "web/report.html", context, status)


def _batch(user: User | None, public_id: str) -> Batch | None:
    """The batch that a report names, if its reporter may know of it; None for none, and for one that is not theirs."""
    if not public_id:
        return None
    for find in (access.batch, access.open_batch):
        try:
            return find(user, public_id) if user else access.public_batch(public_id)
        except Refusal:
            continue
    return None


# --- following it -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """A report, as one side sees it."""

    report: Report
    side: str


def _find(request: HttpRequest, key: str) -> Seen:
    """By the secret of its link, or by its id for the person who reported it and for the requester once it is decided.

    Raises NotFound.
    """
    report = selectors.by_secret(key)
    if report is not None:
        return Seen(report, Side.REPORTER)
    user = _person(request)
    if user is None:
        raise NotFound
    report = access.report(key)
    if report.reporter_id == user.pk:
        return Seen(report, Side.REPORTER)
    if report.batch is None or not report.outcome:
        raise NotFound
    access.membership(user, report.batch.organisation_id, "read")
    return Seen(report, Side.REQUESTER)


@require_safe
def state(request: HttpRequest, key: str) -> HttpResponse:
    """What became of a report so far, what was decided and why, and how to complain."""
    return _state(request, key, _find(request, key))


@require_POST
def complain(request: HttpRequest, key: str) -> HttpResponse:
    """Ask another person to decide once more."""
    seen = _find(request, key)
    form = ComplaintForm(request.POST)
    if not form.is_valid():
        return _state(request, key, seen, complaint=form, status=400)
    rate.limit(request, "report", settings.REPORTS_A_MINUTE)
    try:
        reports.complain(
            report=seen.report, side=seen.side, made_by=_person(request), text=form.cleaned_data["text"]
        )
    except Refusal as refusal:
        put_back(form, refusal)
        return _state(request, key, seen, complaint=form, status=refusal.status)
    messages.success(request, _("Handed over. Another person decides, and you read it here."))
    return redirect("report-state", key)


@require_POST
def change(request: HttpRequest, key: str) -> HttpResponse:
    """The requester writes the instructions anew."""
    seen = _find(request, key)
    if seen.side != Side.REQUESTER or seen.report.batch is None:
        raise NotFound
    user = _person(request)
    assert user is not None
    access.membership(user, seen.report.batch.organisation_id, "edit")
    form = WordsForm(request.POST)
    if not form.is_valid():
        return _state(request, key, seen, words=form, status=400)
    try:
        reports.change_words(
            report=seen.report,
            actor=user,
            instructions=form.cleaned_data["instructions"],
            distress=form.cleaned_data["distress"],
        )
    except Refusal as refusal:
        put_back(form, refusal)
        return _state(request, key, seen, words=form, status=refusal.status)
    messages.success(
        request, _("Handed over. A moderator looks at it and opens the batch, or writes to you.")
    )
    return redirect("report-state", key)


def _state(
    request: HttpRequest,
    key: str,
    seen: Seen,
    *,
    complaint: ComplaintForm | None = None,
    words: WordsForm | None = None,
    status: int = 200,
) -> HttpResponse:
    report, now = seen.report, clock.now()
    complaints = list(report.complaints.select_related("decided_by").order_by("made_at"))
    asked = (
        seen.side == Side.REQUESTER
        and report.batch is not None
        and report.batch.paused_for == Batch.PausedFor.REPORT
        and reports.asks_for_change(report)
    )
    until = reports.complain_until(report) if report.outcome else None
    own = any(each.side == seen.side for each in complaints)
    context: dict[str, Any] = {
        "report": report,
        "key": key,
        "reporter": seen.side == Side.REPORTER,
        "stranger": seen.side == Side.REPORTER and report.reporter_id is None,
        "events": selectors.events(report),
        "complaints": complaints,
        "until": until,
        "complaint": (complaint or ComplaintForm()) if until and now <= until and not own else None,
    }
    if asked and report.batch is not None:
        context["words"] = words or WordsForm(
            initial={"instructions": report.batch.instructions, "distress": report.batch.distress or []}
        )
    return render(request, "web/report_state.html", context, status)


def _person(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) else None
