"""Screening: batches that a rule put before a person, as a worker would see them."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from marketplace.base.models import User
from marketplace.base.views import moderator_page, render
from marketplace.console import deciding, desk, lists
from marketplace.console.desk import Desk
from marketplace.console.forms import ScreeningForm
from marketplace.console.queues import QUEUES
from payments.services import floor
from tasks import access, markdown
from tasks.models import Batch, Import
from tasks.selectors import moderation, requester
from tasks.services import distress, prices, screening, screening_rows

QUEUE = QUEUES["screening"]


@moderator_page
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The batches that wait, the longest-waiting first."""
    return render(request, "console/screening.html", {"list": lists.listing(request, QUEUE)})


@moderator_page
@require_http_methods(["GET", "HEAD", "POST"])
def batch(request: HttpRequest, public_id: str) -> HttpResponse:
    """One batch (GET), and what becomes of it (POST)."""
    found = access.screened_batch(request.user, public_id)  # type: ignore[arg-type]
    at = desk.open_case(request, QUEUE.item(found), reader=found.created_by.locale)
    if request.method != "POST":
        return _show(request, at, found, ScreeningForm(initial=deciding.begun(request, at)))
    form = ScreeningForm(request.POST)
    refused = deciding.decide(request, at, form, lambda said: _decide(found, at.moderator, said))
    if refused:
        return _show(request, at, found, form, refused.status)
    if form.cleaned_data["outcome"] == "pass":
        messages.success(request, _("Opened. The requester has been told."))
    else:
        messages.success(request, _("Handed back, with its money. The requester has been told why."))
    return redirect("console-screening")


def _decide(of: Batch | Import, moderator: User, said: Mapping[str, Any]) -> None:
    passes, reason = said["outcome"] == "pass", said["reason"]
    if isinstance(of, Batch):
        if passes:
            screening.pass_(batch=of, moderator=moderator, note=reason)
        else:
            screening.refuse(batch=of, moderator=moderator, reason=reason)
    elif passes:
        screening_rows.pass_(source=of, moderator=moderator, note=reason)
    else:
        screening_rows.refuse(source=of, moderator=moderator, reason=reason)


@moderator_page
@require_http_methods(["GET", "HEAD", "POST"])
def rows(request: HttpRequest, public_id: str) -> HttpResponse:
    """A file of rows for an open batch (GET), and what becomes of it (POST)."""
    source = access.screened_rows(request.user, public_id)  # type: ignore[arg-type]
    at = desk.open_case(request, QUEUE.item(source), reader=source.created_by.locale)
    begun = deciding.begun(request, at)
    form = ScreeningForm(request.POST) if request.method == "POST" else ScreeningForm(initial=begun)
    form.fields["outcome"].choices = [  # type: ignore[attr-defined]
        ("pass", _("Let the rows open")), ("refuse", _("Take them out again")),
    ]  # fmt: skip
    if request.method != "POST":
        return _show(request, at, source.batch, form, source=source)
    refused = deciding.decide(request, at, form, lambda said: _decide(source, at.moderator, said))
    if refused:
        return _show(request, at, source.batch, form, refused.status, source)
    if form.cleaned_data["outcome"] == "pass":
        messages.success(request, _("They may open. The requester has been told."))
    else:
        messages.success(request, _("Taken out. The requester has been told why."))
    return redirect("console-screening")


def _show(
    request: HttpRequest,
    at: Desk,
    batch: Batch,
    form: ScreeningForm,
    status: int = 200,
    source: Import | None = None,
) -> HttpResponse:
    of = source or batch
    context = {
        "source": source,
        "desk": at,
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
        "earlier": Batch.objects.filter(
            organisation_id=batch.organisation_id, published_at__isnull=False
        ).count(),
    }
    return render(request, "console/screened.html", context, status)
