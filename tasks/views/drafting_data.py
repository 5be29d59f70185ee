"""Step 2 of a new batch, and adding rows later: a file, its columns, its way into the batch, its bad rows."""

import csv
import io
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from marketplace.base import spreadsheet
from marketplace.base.errors import Invalid, Refusal
from marketplace.base.views import render, signed_in
from payments.services import holdings
from tasks import access, kinds
from tasks.forms import BadForm
from tasks.models import Batch, Import
from tasks.page_forms.data import MappingForm, UploadForm
from tasks.page_forms.fields import put_back
from tasks.selectors import chains as selectors_chains
from tasks.selectors import requester
from tasks.services import batches, imports, media, prices, screening

from .drafting import deposit_url, steps
from .media import media_context

BAD_ROWS_SHOWN = 50
MOVING = (Import.State.QUEUED, Import.State.RUNNING)
PAST = 10  # files listed


@signed_in
def data(request: HttpRequest, public_id: str) -> HttpResponse:
    """Send a file. On a draft it is step 2; on a live batch it adds rows, which wait for their price."""
    right = "read" if request.method in {"GET", "HEAD"} else "edit"
    batch = access.batch(request.user, public_id, right)
    if request.method != "POST":
        return _data_page(request, batch, UploadForm())
    form = UploadForm(request.POST, request.FILES)
    if request.POST.get("do") == "clear":
        count = imports.clear(batch=batch, actor=request.user)
        messages.success(request, _("%(n)s rows taken out. Send another file.") % {"n": count})
        return redirect("batch-data", batch.public_id)
    if request.POST.get("do") == "example" and (text := _example_text(batch)):
        form = UploadForm({"rows": text, "bad_rows": Import.BadRows.STOP})
    if not form.is_valid():
        return _data_page(request, batch, form, 400)
    return _start(request, batch, form)


def _start(request: HttpRequest, batch: Batch, form: UploadForm) -> HttpResponse:
    """Load what was sent, or say at its field why not."""
    upload = form.upload()
    try:
        source = imports.start(
            batch=batch,
            actor=request.user,
            upload=upload,
            filename=upload.name or "",
            content_type=getattr(upload, "content_type", None) or "",
            bad_rows=form.cleaned_data["bad_rows"],
        )
    except BadForm as refusal:
        form.add_error(None, _("Put the form right first (step 1): it says which columns your file needs."))
        return _data_page(request, batch, form, refusal.status)
    except Refusal as refusal:
        place = "file" if form.cleaned_data["file"] else "rows"
        form.add_error(place, refusal.message)
        for lines in refusal.fields.values():
            for line in lines:
                form.add_error(place, str(line))
        return _data_page(request, batch, form, refusal.status)
    return redirect("import", source.public_id)


def _data_page(request: HttpRequest, batch: Batch, form: UploadForm, status: int = 200) -> HttpResponse:
    past = list(batch.imports.exclude(state=Import.State.CANCELLED).order_by("-pk")[:PAST])
    context = {
        "batch": batch,
        "is_draft": batch.state == Batch.State.DRAFT,
        "steps": steps(batch, "data") if batch.state == Batch.State.DRAFT else [],
        "may": requester.rights(request.user, batch.organisation_id),
        "form": form,
        "needed": _needed(batch),
        "has_example": batch.state == Batch.State.DRAFT and bool(_example_text(batch)),
        "most_bytes": settings.IMPORT_MAX_BYTES,
        "past": past,
        "moving": next((each for each in past if each.state in MOVING), None),
        "rows": prices.task_count(batch),
        "chains": selectors_chains.of(batch).filter(target=batch).order_by("pk"),
        **media_context(request, batch),
        "sample": [
            [task.data.get(name, "") for name in batch.columns] for task in requester.sample_rows(batch)
        ],
    }
    return render(request, "tasks/requester/data.html", context, status)


def _needed(batch: Batch) -> list[str]:
    """The columns that the form reads; none while the form can't stand."""
    try:
        return imports.needed_columns(batch)
    except BadForm:
        return []


def _example_text(batch: Batch) -> str:
    """The rows that came with the kind, as CSV; empty where the form reads other columns by now."""
    try:
        rows = kinds.get(batch.kind).example_rows()
    except Refusal:
        return ""
    if not rows or not _needed(batch) or any(column not in row for column in _needed(batch) for row in rows):
        return ""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


@signed_in
@require_safe
def example(request: HttpRequest, public_id: str) -> HttpResponse:
    """A small file with the columns that this batch needs, to fill in."""
    batch = access.batch(request.user, public_id)
    columns = _needed(batch)
    try:
        rows = kinds.get(batch.kind).example_rows()
    except Refusal:
        rows = []
    text = io.StringIO()
    text.write("\ufeff")  # so that a spreadsheet reads it as UTF-8
    writer = csv.writer(text)
    writer.writerow([spreadsheet.safe(column) for column in columns])
    writer.writerows([spreadsheet.safe(str(row.get(column, ""))) for column in columns] for row in rows)
    return _file(text.getvalue(), "text/csv; charset=utf-8", "example.csv")


def _file(content: Any, content_type: str, filename: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{filename}"'}
    return HttpResponse(content, content_type=content_type, headers=headers)


# --- One file ---------------------------------------------------------------------------------------------------


@signed_in
@require_safe
def import_(request: HttpRequest, public_id: str) -> HttpResponse:
    """A file on its way: its progress (htmx asks every second until it ends), then its bad rows, or how to go on."""
    return _import_page(request, access.import_(request.user, public_id))


def _import_page(
    request: HttpRequest,
    source: Import,
    form: MappingForm | None = None,
    refusal: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    batch = source.batch
    is_draft = batch.state == Batch.State.DRAFT
    here = reverse("import", args=[source.public_id])
    context: dict[str, Any] = {
        "source": source,
        "batch": batch,
        "is_draft": is_draft,
        "steps": steps(batch, "data") if is_draft else [],
        "may": requester.rights(request.user, batch.organisation_id),
        "moving": source.state in MOVING,
        "refusal": refusal,
        "bad_rows": list(source.bad_row_set.filter(row__gt=0)[:BAD_ROWS_SHOWN]),
        "names_files": bool(media.columns(batch)),
    }
    if source.state == Import.State.NEEDS_DECISION:
        context |= _columns(source, form)
    if source.state == Import.State.SCREENING:
        context["reasons"] = [screening.RULES.get(code, code) for code in source.screening_reasons]
        context["due"] = screening.rows_due(source)
    if source.state == Import.State.NEEDS_FUNDS:
        answers = source.good * batch.most_answers
        quote = prices.quote(batch, answers + prices.gold_answers(batch, answers))
        available = holdings.available(batch.organisation)
        missing = max(0, quote.total - available)
        context |= {"quote": quote, "available": available, "deposit_url": deposit_url(missing, here)}
    return render(
        request, "tasks/requester/import.html", context, status, fragment="tasks/requester/_import.html"
    )


def _columns(source: Import, form: MappingForm | None) -> dict[str, Any]:
    """The choice of columns, where some that the form needs were not found by name."""
    needed = _needed(source.batch)
    if form is None and all(column in source.mapping for column in needed):
        return {}
    try:
        preview = imports.preview(source)
    except Refusal as refusal:
        return {"gone": refusal.message}
    form = form or MappingForm(None, needed=needed, headers=preview.headers, mapping=source.mapping)
    return {"mapping_form": form, "preview": preview}


@signed_in
@require_POST
def remap(request: HttpRequest, public_id: str) -> HttpResponse:
    """Choose which column of the file is which, and load it."""
    source = access.import_(request.user, public_id, "edit")
    preview = imports.preview(source)
    needed = _needed(source.batch)
    form = MappingForm(request.POST, needed=needed, headers=preview.headers, mapping=source.mapping)
    if not form.is_valid():
        return _import_page(request, source, form, status=400)
    try:
        imports.remap(source=source, actor=request.user, mapping=form.mapping())
    except Invalid as refusal:
        put_back(form, refusal, **form.names())
        return _import_page(request, source, form, status=refusal.status)
    except Refusal as refusal:
        return _import_page(request, source, refusal=refusal, status=refusal.status)
    return redirect("import", source.public_id)


@signed_in
@require_POST
def go_on(request: HttpRequest, public_id: str) -> HttpResponse:
    """Leave the bad rows out and load the others."""
    source = access.import_(request.user, public_id, "edit")
    try:
        imports.go_on(source=source, actor=request.user)
    except Refusal as refusal:
        source.refresh_from_db()
        return _import_page(request, source, refusal=refusal, status=refusal.status)
    return redirect("import", source.public_id)


@signed_in
@require_POST
def cancel(request: HttpRequest, public_id: str) -> HttpResponse:
    """Give the file up; nothing of it stays in the batch."""
    source = access.import_(request.user, public_id, "edit")
    try:
        imports.cancel(source=source, actor=request.user)
    except Refusal as refusal:
        source.refresh_from_db()
        return _import_page(request, source, refusal=refusal, status=refusal.status)
    messages.success(request, _("Given up. Nothing of this file is in the batch."))
    return redirect("batch-data", source.batch.public_id)


@signed_in
@require_POST
def fund(request: HttpRequest, public_id: str) -> HttpResponse:
    """Set the price of added rows aside and open them."""
    source = access.import_(request.user, public_id, "edit")
    try:
        source = batches.fund_rows(source=source, actor=request.user)
    except Refusal as refusal:
        source.refresh_from_db()
        return _import_page(request, source, refusal=refusal, status=refusal.status)
    if source.state == Import.State.SCREENING:
        return redirect("import", source.public_id)
    messages.success(request, _("The new rows are open."))
    return redirect("batch", source.batch.public_id)


@signed_in
@require_safe
def bad_rows(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """The bad rows as a file: row, column, reason."""
    source = access.import_(request.user, public_id)
    return StreamingHttpResponse(
        imports.bad_rows_csv(source),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="bad-rows.csv"'},
    )
