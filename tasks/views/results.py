"""Results: a look at the first rows, and the whole as a file, streamed."""

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from marketplace.base.errors import Invalid
from marketplace.base.views import render, signed_in
from tasks import access
from tasks.forms import compile_form
from tasks.models import Batch, Result
from tasks.selectors import figures, requester
from tasks.services import exports

FIRST = 20
FORMATS = {"csv": "CSV", "xlsx": "XLSX", "jsonl": "JSONL"}
CONTENTS = {"results": exports.results, "answers": exports.answers}


@signed_in
@require_safe
def results(request: HttpRequest, public_id: str) -> HttpResponse:
    """The consensus of the first rows as a table, and the ways to take everything along."""
    batch = access.batch(request.user, public_id)
    figure = figures.of(batch)
    context = {
        "batch": batch,
        "figures": figure,
        "rows": _first_rows(batch),
        "fields": compile_form(batch.form).fields if batch.form else [],
        "formats": FORMATS,
        "done": figure.approved + figure.submitted + figure.contested,
    }
    return render(request, "tasks/requester/results.html", context)


def _first_rows(batch: Batch) -> list[dict[str, object]]:
    if not batch.form:
        return []
    form = compile_form(batch.form)
    found = Result.objects.filter(batch=batch).select_related("task").order_by("task_id")[:FIRST]
    return [
        {
            "number": row.task.row_number,
            "words": requester.row_words(form, row.task.data),
            "answers": row.answers,
            "cells": [_cell(widget, row.values.get(widget.name, {})) for widget in form.fields],
            "task": row.task.public_id,
        }
        for row in found
    ]


def _cell(widget: object, value: dict[str, object]) -> dict[str, object]:
    said = widget.as_text(value.get("value")) if value.get("value") is not None else ""  # type: ignore[attr-defined]
    return {"label": widget.label, "text": said, "confidence": value.get("confidence", 0.0)}  # type: ignore[attr-defined]


@signed_in
@require_safe
def download(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """The whole file, ?format=csv|xlsx|jsonl and ?what=results|answers; written while it is sent."""
    batch = access.batch(request.user, public_id)
    chosen, what = request.GET.get("format", "csv"), request.GET.get("what", "results")
    if chosen not in FORMATS or what not in CONTENTS:
        raise Invalid(fields={"format": [_("Choose CSV, XLSX or JSONL.")]})
    export = CONTENTS[what](batch, format=chosen)
    return StreamingHttpResponse(
        export.chunks,
        content_type=export.content_type,
        headers={"Content-Disposition": f'attachment; filename="{export.filename}"'},
    )
