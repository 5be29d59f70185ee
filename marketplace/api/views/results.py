"""Results of a batch as a file, sent while it is being read from the database."""

from django.http import StreamingHttpResponse
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from marketplace.base.errors import Invalid
from tasks.services import exports

from ..pagination import chosen
from .base import Call, describe
from .batches import BatchView

TAG = "Results"
TABLES = ["csv", "jsonl", "xlsx"]
FORMATS = list(exports.FORMATS)
TABLE_TYPES = {
    (200, "text/csv"): OpenApiTypes.STR,
    (200, "application/x-ndjson"): OpenApiTypes.STR,
    (200, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"): OpenApiTypes.BINARY,
}
TYPES = TABLE_TYPES | {
    (200, "application/json"): OpenApiTypes.OBJECT,
    (200, "text/vtt"): OpenApiTypes.STR,
    (200, "text/plain"): OpenApiTypes.STR,
    (200, "text/markdown"): OpenApiTypes.STR,
    (200, "application/zip"): OpenApiTypes.BINARY,
}


class Results(BatchView):
    @describe(
        "download_results",
        "Download the results",
        TYPES,
        refusals=(400, 409),
        parameters=[OpenApiParameter("format", str, enum=FORMATS, required=True)],
        tag=TAG,
        description="Over the answers that were approved. `csv`, `jsonl` and `xlsx` have one line for each task: its "
        "input columns, then for each field <name>, <name>_confidence, then answers. `coco`: boxes and outlines in "
        "pixels. `vtt`: stretches with their text; `txt`: what was heard or read; both as one file for a batch of one "
        "row, else as a ZIP with a file for each row. `card` (JSON) and `card_md` (Markdown, in your language): who "
        "was asked what, when, at what pay, and how answers became results. `zip`: all of it. 409 "
        "`nothing_of_the_sort` where the form asks nothing that the format could hold.",
    )
    def get(self, request: Call, batch: str) -> StreamingHttpResponse:
        found = self.batch(request, batch, "read")
        return _stream(exports.results(found, format=_format(request, FORMATS)))


class Answers(BatchView):
    @describe(
        "download_answers",
        "Download every answer",
        TABLE_TYPES,
        refusals=(400, 409),
        parameters=[OpenApiParameter("format", str, enum=TABLES, required=True)],
        tag=TAG,
        description="One line for each approved answer, with the confidence of its result, and the pseudonym of who "
        "gave it.",
    )
    def get(self, request: Call, batch: str) -> StreamingHttpResponse:
        found = self.batch(request, batch, "read")
        return _stream(exports.answers(found, format=_format(request, TABLES)))


def _format(request: Call, allowed: list[str]) -> str:
    found = chosen(request, "format", allowed)
    if not found:
        raise Invalid(fields={"format": [_("Choose one of: %(allowed)s.") % {"allowed": ", ".join(allowed)}]})
    return found


def _stream(export: exports.Export) -> StreamingHttpResponse:
    response = StreamingHttpResponse(export.chunks, content_type=export.content_type)
    response["Content-Disposition"] = f'attachment; filename="{export.filename}"'
    return response
