"""The files that rows name, for the requester: sending them, seeing how far they are, putting right what failed."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from marketplace.base import formats
from marketplace.base.errors import Invalid, Refusal
from marketplace.base.views import render, signed_in
from tasks import access
from tasks.models import Batch
from tasks.selectors import requester
from tasks.services import media, media_uploads

from .drafting import steps

FAILURES_SHOWN = 50


@signed_in
def page(request: HttpRequest, public_id: str) -> HttpResponse:
    """How far the files are, polled by htmx while some are moving; takes whole files from browsers without scripts."""
    right = "read" if request.method in {"GET", "HEAD"} else "edit"
    batch = access.batch(request.user, public_id, right)
    if request.method != "POST":
        return _page(request, batch)
    uploads = request.FILES.getlist("files")
    if not uploads:
        return _page(request, batch, [_("Choose one or more files first.")], 400)
    refused = []
    for upload in uploads:
        try:
            media_uploads.store(batch=batch, name=upload.name or "", upload=upload, size=upload.size or 0)
        except Refusal as refusal:
            refused.append(f"{upload.name}: {refusal.message}")
    if refused:
        return _page(request, batch, refused, 400)
    count = len(uploads)
    said = ngettext("%(n)s file is here.", "%(n)s files are here.", count)
    messages.success(request, said % {"n": formats.number(count)})
    return redirect("batch-data" if batch.state == Batch.State.DRAFT else "batch-media", batch.public_id)


def _page(
    request: HttpRequest, batch: Batch, refused: list[str] | None = None, status: int = 200
) -> HttpResponse:
    is_draft = batch.state == Batch.State.DRAFT
    context = {
        "batch": batch,
        "is_draft": is_draft,
        "steps": steps(batch, "data") if is_draft else [],
        "refused": refused or [],
        **media_context(request, batch),
    }
    return render(
        request, "tasks/requester/media.html", context, status, fragment="tasks/requester/_media.html"
    )


def media_context(request: HttpRequest, batch: Batch) -> dict[str, Any]:
    """What `_media.html` and `_media_send.html` show; also for the pages that they are part of."""
    counts = media.counts(batch)
    sent = media_uploads.overview(batch)
    moving = bool(counts["waiting"] or sent["unpacking"])
    failures = media.failures(batch, FAILURES_SHOWN) if counts["failed"] else []
    return {
        "media_columns": media.columns(batch),
        "media": counts,
        "media_total": sum(counts.values()),
        "media_moving": moving,
        "sent": sent,
        "failures": failures,
        "more_failures": max(0, counts["failed"] - len(failures)) if failures else 0,
        "may": requester.rights(request.user, batch.organisation_id),
        "can_add": batch.state in (Batch.State.DRAFT, *Batch.LIVE),
        "most_file": media_uploads.most_bytes("a"),
        "most_zip": media_uploads.most_bytes("a.zip"),
        "most_file_words": _megabytes(media_uploads.most_bytes("a")),
        "most_zip_words": _megabytes(media_uploads.most_bytes("a.zip")),
        "piece_bytes": media_uploads.PIECE,
    }


def _megabytes(size: int) -> str:
    return _("%(n)s MB") % {"n": formats.number(size // 1_000_000)}


@signed_in
@require_POST
def send(request: HttpRequest, public_id: str) -> HttpResponse:
    """Take a piece of a file: its body, from byte `offset` on. The answer says from which byte to go on.

    `name`, `size` (bytes) and `modified` in the query say which file; the same three go on where the last piece
    ended. A piece that begins elsewhere, and an empty one, change nothing.
    """
    batch = access.batch(request.user, public_id, "edit")
    query = request.GET
    try:
        size, offset = _whole(query.get("size")), _whole(query.get("offset", "0"))
        sent = media_uploads.begin(
            batch=batch, name=query.get("name", ""), size=size, stamp=query.get("modified", "")
        )
        piece = request.read(media_uploads.PIECE + 1)
        if len(piece) > media_uploads.PIECE:
            raise Invalid
        sent = media_uploads.take(sent=sent, offset=offset, piece=piece)
    except Refusal as refusal:
        return JsonResponse({"code": refusal.code, "detail": refusal.message}, status=refusal.status)
    return JsonResponse({"offset": sent.received, "done": sent.received == sent.size})


def _whole(text: str | None) -> int:
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 15:
        raise Invalid
    return int(text)


@signed_in
@require_POST
def again(request: HttpRequest, public_id: str) -> HttpResponse:
    """Try what failed once more."""
    batch = access.batch(request.user, public_id, "edit")
    media.try_again(batch=batch, actor=request.user)
    return _back(batch)


@signed_in
@require_POST
def leave_out(request: HttpRequest, public_id: str) -> HttpResponse:
    """Go on without the rows that name a file which failed."""
    batch = access.batch(request.user, public_id, "edit")
    count = media.leave_out(batch=batch, actor=request.user)
    said = ngettext("%(n)s row was left out.", "%(n)s rows were left out.", count)
    messages.success(request, said % {"n": formats.number(count)})
    return _back(batch)


def _back(batch: Batch) -> HttpResponse:
    return redirect("batch-data" if batch.state == Batch.State.DRAFT else "batch-media", batch.public_id)


@signed_in
@require_safe
def failed(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """What failed, as a file: row, column, cell, reason."""
    batch = access.batch(request.user, public_id)
    return StreamingHttpResponse(
        media.failures_csv(batch),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="failed-files.csv"'},
    )
