"""The files that rows name, as browsers get them: by a signed address, from our own storage alone."""

import re
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from marketplace.base import ids
from marketplace.base.errors import NotFound
from tasks.media import links, shelf
from tasks.models import Batch, Medium

# By the end of the name that we gave the file; nothing else is ever said of it.
TYPES = {
    "webp": "image/webp", "png": "image/png", "jpg": "image/jpeg", "m4a": "audio/mp4", "mp3": "audio/mpeg",
    "ogg": "audio/ogg", "opus": "audio/ogg", "mp4": "video/mp4", "webm": "video/webm", "json": "application/json",
}  # fmt: skip
KEPT_SECONDS = 86_400
RANGE = re.compile(
    r"bytes=(\d{0,18})-(\d{0,18})"
)  # longer ones mean no file, and take long to read as numbers


@require_safe
def medium(request: HttpRequest, public_id: str, key: str, size: str) -> HttpResponseBase:
    """One file in one size. A browser may ask for a part of it (RFC 9110, 14.2), as players do."""
    if not links.valid(public_id, key, size, request.GET.get("until", ""), request.GET.get("sig", "")):
        raise Http404
    found = _find(public_id, key)
    chosen = _chosen(found, size)
    name, total = chosen["name"], chosen["bytes"]
    etag = f'"{found.key[:16]}-{size}-{found.finished_at:%Y%m%d%H%M%S%f}"'
    common = {
        "Accept-Ranges": "bytes",
        "ETag": etag,
        "Cache-Control": f"private, max-age={KEPT_SECONDS}" if _lasts(found) else "private, no-cache",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": "inline",
    }
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers=common)
    first, last, status = asked(request, total, etag)
    if status == 416:
        return HttpResponse(status=416, headers={**common, "Content-Range": f"bytes */{total}"})
    if status == 206:
        common["Content-Range"] = f"bytes {first}-{last}/{total}"
    return streamed(request, name, first, last - first + 1, status, common)


def _find(public_id: str, key: str) -> Medium:
    try:
        batch_id = ids.decode("bat", public_id)
    except NotFound:
        raise Http404 from None
    rows = Medium.objects.select_related("batch").only("key", "kind", "files", "finished_at", "batch__state")
    found = rows.filter(batch_id=batch_id, key=key, state=Medium.State.READY).first()
    if found is None or not found.files:
        raise Http404
    return found


def _chosen(found: Medium, size: str) -> dict[str, Any]:
    """Name and bytes of the file in that size. Where a kind has no such size, "thumb" and "page" give the full one; a
    picture is its own first page."""
    files: dict[str, dict[str, Any]] = found.files
    if size == "p1" and found.kind == "picture":
        size = "full"
    if size in links.SIZES:
        chosen = files.get(size) or files.get("full") or files.get("p1")
    else:
        chosen = files.get(size)
    if chosen is None:
        raise Http404
    return chosen


def _lasts(found: Medium) -> bool:
    """Whether the file stays as it is: in a draft a better one may still take its place."""
    return found.batch.state != Batch.State.DRAFT


def asked(request: HttpRequest, total: int, etag: str) -> tuple[int, int, int]:
    """First and last byte that are asked for, and the status: 200 for all, 206 for a part, 416 for none of it."""
    whole = (0, total - 1, 200)
    match = RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if match is None or request.headers.get("If-Range", etag) != etag:
        return whole  # several parts at once, or of an older file: the whole is always a right answer
    start, end = match[1], match[2]
    if not start and not end:
        return whole
    if not start:
        length = min(int(end), total)
        return (total - length, total - 1, 206) if length else (0, 0, 416)
    first, last = int(start), min(int(end), total - 1) if end else total - 1
    return (first, last, 206) if first <= last else (0, 0, 416)


def streamed(
    request: HttpRequest, name: str, start: int, length: int, status: int, headers: dict[str, Any]
) -> HttpResponseBase:
    # Packing would break the parts, and these files are packed already: GZipMiddleware looks at this.
    request.META.pop("HTTP_ACCEPT_ENCODING", None)
    kind = TYPES.get(name.rpartition(".")[2], "application/octet-stream")
    headers = {**headers, "Content-Type": kind, "Content-Length": str(length)}
    if request.method == "HEAD":
        return HttpResponse(status=status, headers=headers)
    try:
        return StreamingHttpResponse(shelf.pieces(name, start, length), status=status, headers=headers)
    except shelf.Gone:
        raise Http404 from None
