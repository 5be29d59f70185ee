"""Files that workers send with an answer: taken while it can be given, shown to those who may see the answer."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from marketplace.base import ids
from marketplace.base.errors import NotFound, Refusal
from marketplace.base.views import second_factor_done, signed_in, user_of, worker_page
from tasks import access
from tasks.models import AnswerFile, Assignment, Dispute
from tasks.services import answer_files, answer_turns

from .medium import asked, streamed


@require_POST
@worker_page
def send(request: HttpRequest, public_id: str) -> HttpResponse:
    """Take a file, which is the whole body (201 and {id, url}); `?kind=` is photo or sound. JSON says why not."""
    user = user_of(request)
    assignment = access.own_assignment(user, public_id)
    try:
        answer_files.check_size(int(request.META.get("CONTENT_LENGTH") or 0))
        body = request.read(answer_files.MOST_BYTES + 1)
        with answer_turns.turn(user):
            kept = answer_files.send(
                assignment=assignment, worker=user, kind=request.GET.get("kind", ""), body=body
            )
    except Refusal as refused:
        return JsonResponse({"code": refused.code, "detail": refused.message}, status=refused.status)
    url = reverse("answer-media", args=[kept.public_id])
    return JsonResponse({"id": kept.public_id, "url": url}, status=201)


@require_safe
@signed_in
def show(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """The file, for its worker, for members of the organisation it was delivered to, and for moderators of its case."""
    file = _seen_by(request, public_id)
    etag = f'"{file.public_id}"'
    common = {
        "Accept-Ranges": "bytes",
        "ETag": etag,
        "Cache-Control": "private, no-cache",  # asked each time: the right to see it may have ended
        # Opened alone, a browser lays a picture out with a style of its own; nothing else may run.
        "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
        "X-Content-Type-Options": "nosniff",
        "Content-Disposition": f'inline; filename="{file.public_id}.{file.path.rpartition(".")[2]}"',
    }
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers=common)
    first, last, status = asked(request, file.size, etag)
    if status == 416:
        return HttpResponse(status=416, headers={**common, "Content-Range": f"bytes */{file.size}"})
    if status == 206:
        common["Content-Range"] = f"bytes {first}-{last}/{file.size}"
    return streamed(request, file.path, first, last - first + 1, status, common)


def _seen_by(request: HttpRequest, public_id: str) -> AnswerFile:
    """The file, if the person may see it: missing and forbidden look alike (NotFound)."""
    user = user_of(request)
    rows = AnswerFile.objects.select_related("assignment__batch", "assignment__contest")
    file = rows.filter(pk=ids.decode("fil", public_id)).first()
    if file is None:
        raise NotFound
    assignment = file.assignment
    if assignment.worker_id == user.pk:
        return file
    if user.is_moderator and second_factor_done(request) and _has_case(assignment):
        return file
    if not _delivered(file):
        raise NotFound
    access.membership(user, assignment.batch.organisation_id, "read")
    return file


def _has_case(assignment: Assignment) -> bool:
    return Dispute.objects.filter(assignment=assignment).exists()


def _delivered(file: AnswerFile) -> bool:
    """Whether requesters read an answer that names it. Refused work is never delivered (charter P9)."""
    assignment = file.assignment
    if assignment.state not in Assignment.ANSWERED:
        return False
    contest = getattr(assignment, "contest", None)
    read = [assignment.answer, contest.contested_answer if contest else None]
    return any(file.public_id in answer.values() for answer in read if answer)
