"""Results: a look at the first rows, and the whole as a file, streamed."""

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from marketplace.base.errors import Invalid
from marketplace.base.views import render, signed_in
from tasks import access
from tasks.models import Assignment
from tasks.selectors import figures
from tasks.services import exports

FIRST = 20
FORMATS = {"csv": "CSV", "xlsx": "XLSX", "jsonl": "JSONL"}
CONTENTS = {"results": exports.results, "answers": exports.answers}


@signed_in
@require_safe
def results(request: HttpRequest, public_id: str) -> HttpResponse:
    """The first rows as the file would hold them, of approved answers alone, and the ways to take everything along."""
    batch = access.batch(request.user, public_id)
    header: list[str] = []
    rows: list[exports.FirstRow] = []
    if Assignment.objects.filter(batch=batch, state=Assignment.State.APPROVED).exists():
        header, rows = exports.first_results(batch, FIRST)
    context = {
        "batch": batch,
        "figures": figures.of(batch),
        "header": header,
        "rows": rows,
        "formats": FORMATS,
    }
    return render(request, "tasks/requester/results.html", context)


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
