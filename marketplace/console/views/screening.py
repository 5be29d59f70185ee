"""Screening: batches that a rule put before a person, as a worker would see them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.base import clock
from marketplace.base.errors import Refusal
from marketplace.base.models import Membership
from marketplace.base.views import moderator_page, render
from marketplace.console.forms import ScreeningForm
from payments.services import floor
from tasks import access, markdown
from tasks.models import Batch, Import
from tasks.page_forms.fields import put_back
from tasks.selectors import moderation, requester
from tasks.services import distress, prices, screening, screening_rows


@moderator_page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The batches that wait, the longest-waiting first."""
    return render(
        request,
        "console/screening.html",
        {
            "rows": moderation.screening_queue(),
            "added": [
                (each, moderation.rules_of(each), screening.rows_due(each))
                for each in moderation.waiting_rows()
            ],
            "now": clock.now(),
        },
    )


@moderator_page
@require_http_methods(["GET", "HEAD", "POST"])
def batch(request: HttpRequest, public_id: str) -> HttpResponse:
    """One batch (GET), and what becomes of it (POST)."""
    found = access.screened_batch(request.user, public_id)  # type: ignore[arg-type]
    if request.method != "POST":
        return _show(request, found, ScreeningForm())
    form = ScreeningForm(request.POST)
    if not form.is_valid():
        return _show(request, found, form, 400)
    reason = form.cleaned_data["reason"]
    try:
        if form.cleaned_data["outcome"] == "pass":
            screening.pass_(batch=found, moderator=request.user, note=reason)  # type: ignore[arg-type]
            messages.success(request, _("Opened. The requester has been told."))
        else:
            screening.refuse(batch=found, moderator=request.user, reason=reason)  # type: ignore[arg-type]
            messages.success(request, _("Handed back, with its money. The requester has been told why."))
    except Refusal as refusal:
        put_back(form, refusal)
        return _show(request, found, form, refusal.status)
    return redirect("console-screening")


@moderator_page
@require_http_methods(["GET", "HEAD", "POST"])
def rows(request: HttpRequest, public_id: str) -> HttpResponse:
    """A file of rows for an open batch (GET), and what becomes of it (POST)."""
    source = access.screened_rows(request.user, public_id)  # type: ignore[arg-type]
    form = ScreeningForm(request.POST) if request.method == "POST" else ScreeningForm()
    form.fields["outcome"].choices = [  # type: ignore[attr-defined]
        ("pass", _("Let the rows open")), ("refuse", _("Take them out again")),
    ]  # fmt: skip
    if request.method != "POST":
        return _show(request, source.batch, form, source=source)
    if not form.is_valid():
        return _show(request, source.batch, form, 400, source)
    reason, user = form.cleaned_data["reason"], request.user
    try:
        if form.cleaned_data["outcome"] == "pass":
            screening_rows.pass_(source=source, moderator=user, note=reason)  # type: ignore[arg-type]
            messages.success(request, _("They may open. The requester has been told."))
        else:
            screening_rows.refuse(source=source, moderator=user, reason=reason)  # type: ignore[arg-type]
            messages.success(request, _("Taken out. The requester has been told why."))
    except Refusal as refusal:
        put_back(form, refusal)
        return _show(request, source.batch, form, refusal.status, source)
    return redirect("console-screening")


def _show(
    request: HttpRequest, batch: Batch, form: ScreeningForm, status: int = 200, source: Import | None = None
) -> HttpResponse:
    of = source or batch
    context = {
        "source": source,
        "labels": distress.words(batch.distress or ()),
        "hits": moderation.words_met(of),
        "batch": batch,
        "form": form,
        "rules": moderation.rules_of(of),
        "since": (source.queued_at or source.created_at) if source else requester.screening_since(batch),
        "due": screening.rows_due(source) if source else requester.screening_due(batch),
        "instructions": markdown.render(batch.instructions),
        "samples": moderation.sample(batch, source),
        "questions": moderation.questions(batch),
        "rows": source.good if source else batch.tasks.count(),
        "quote": prices.quote(batch),
        "hourly": floor.hourly(batch.reward_micros, batch.seconds),
        "countries": len(floor.reach(batch.reward_micros, batch.seconds, batch.countries)),
        "own": Membership.objects.filter(
            organisation_id=batch.organisation_id, user_id=request.user.pk
        ).exists(),
        "earlier": Batch.objects.filter(
            organisation_id=batch.organisation_id, published_at__isnull=False
        ).count(),
    }
    return render(request, "console/screened.html", context, status)
