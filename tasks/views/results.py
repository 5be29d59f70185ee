"""Results: a look at the first rows, the data card, and everything as files, streamed."""

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from marketplace.base.errors import Invalid
from marketplace.base.views import render, signed_in
from tasks import access
from tasks.forms import compile_form
from tasks.models import Assignment
from tasks.selectors import figures
from tasks.services import exports, exports_card, exports_card_text
from tasks.widgets.drawing import OnPicture

FIRST = 20
FORMATS = {"csv": "CSV", "xlsx": "XLSX", "jsonl": "JSONL"}
# Beside the tables, where the form has something for them: what a button says, and what is in the file.
OTHERS = {
    "coco": ("COCO JSON", gettext_lazy("Boxes and outlines in pixels, for tools that detect and segment.")),
    "vtt": ("WebVTT", gettext_lazy("Stretches with their text, as subtitles: a file for each row.")),
    "txt": (gettext_lazy("Plain text"), gettext_lazy("What people heard or read: a file for each row.")),
}
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
        "drawn": any(isinstance(field, OnPicture) for field in compile_form(batch.form).fields),
        "others": [(name, *OTHERS[name]) for name in exports.possible(batch) if name in OTHERS],
    }
    return render(request, "tasks/requester/results.html", context)


@signed_in
@require_safe
def card(request: HttpRequest, public_id: str) -> HttpResponse:
    """The data card to read."""
    batch = access.batch(request.user, public_id)
    context = {"batch": batch, "sections": exports_card_text.sections(exports_card.facts(batch))}
    return render(request, "tasks/requester/results_card.html", context)


@signed_in
@require_safe
def download(request: HttpRequest, public_id: str) -> HttpResponseBase:
    """The whole file: ?what=results in any format there is, or ?what=answers as a table; written while it is sent."""
    batch = access.batch(request.user, public_id)
    chosen, what = request.GET.get("format", "csv"), request.GET.get("what", "results")
    if what not in CONTENTS:
        raise Invalid(fields={"what": [_("Choose results or answers.")]})
    export = CONTENTS[what](batch, format=chosen)
    return StreamingHttpResponse(
        export.chunks,
        content_type=export.content_type,
        headers={"Content-Disposition": f'attachment; filename="{export.filename}"'},
    )
