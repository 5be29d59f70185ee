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
FORMATS = ["csv", "jsonl", "xlsx"]
FORMAT = OpenApiParameter("format", str, enum=FORMATS, required=True)
CONTENT_TYPES = {
    (200, "text/csv"): OpenApiTypes.STR,
    (200, "application/x-ndjson"): OpenApiTypes.STR,
    (200, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"): OpenApiTypes.BINARY,
}


class Results(BatchView):
    @describe(
        "download_results",
        "Download the results",
        CONTENT_TYPES,
        refusals=(400, 409),
        parameters=[FORMAT],
        tag=TAG,
        description="One line for each task: its input columns, then for each field <name>, <name>_confidence, then "
        "answers. Over the answers that were approved.",
    )
    def get(self, request: Call, batch: str) -> StreamingHttpResponse:
        found = self.batch(request, batch, "read")
        export = exports.results(found, format=_format(request))
        return _stream(export)


class Answers(BatchView):
    @describe(
        "download_answers",
        "Download every answer",
        CONTENT_TYPES,
        refusals=(400, 409),
        parameters=[FORMAT],
        tag=TAG,
        description="One line for each approved answer, with the pseudonym of who gave it.",
    )
    def get(self, request: Call, batch: str) -> StreamingHttpResponse:
        found = self.batch(request, batch, "read")
        return _stream(exports.answers(found, format=_format(request)))


def _format(request: Call) -> str:
    found = chosen(request, "format", FORMATS)
    if not found:
        raise Invalid(fields={"format": [_("Choose one of: csv, jsonl, xlsx.")]})
    return found


def _stream(export: exports.Export) -> StreamingHttpResponse:
    response = StreamingHttpResponse(export.chunks, content_type=export.content_type)
    response["Content-Disposition"] = f'attachment; filename="{export.filename}"'
    return response
