"""Rows of a batch: a file is taken as it comes, stored in pieces, and loaded by a job."""

import hashlib
from typing import IO, Any, cast

from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import UnsupportedMediaType
from rest_framework.response import Response

from marketplace.base.errors import Invalid
from tasks import access
from tasks.models import Batch, Import
from tasks.services import batches, imports

from .. import idempotency, presents, serializers, shapes
from ..idempotency import idempotent
from ..pagination import chosen
from .base import Call, Scope, View, describe, read, same_organisation
from .batches import BatchView

TAG = "Rows"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
TYPES = {"text/csv": "csv", "application/x-ndjson": "jsonl", XLSX: "xlsx"}
BAD_ROWS = OpenApiParameter(
    "bad_rows", str, enum=Import.BadRows.values, default="stop",
    description="What to do about rows that can't be used: stop and ask, or skip them.",
)  # fmt: skip
FILENAME = OpenApiParameter(
    "filename",
    {"type": "string", "maxLength": 200},
    description="What the file is called, for people to recognise it.",
)
PIECE = 1 << 20


class Upload:
    """The body of a request as a file: read in pieces, hashed on the way."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stream, self.digest = stream, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        piece = self.stream.read(size if size > 0 else PIECE)
        self.digest.update(piece)
        return piece

    def read_to_end(self) -> str:
        """The hash of the whole body, what was not read yet included."""
        while self.read(PIECE):
            pass
        return self.digest.hexdigest()


class Rows(BatchView):
    @describe(
        "add_rows",
        "Add rows",
        {202: shapes.ImportStarted},
        sends={
            **dict.fromkeys(["text/csv", "application/x-ndjson"], OpenApiTypes.STR),
            XLSX: OpenApiTypes.BINARY,
        },
        refusals=(409,),
        parameters=[BAD_ROWS, FILENAME],
        idempotent=True,
        tag=TAG,
        description="The file itself is the body: CSV with a header, one JSON object a line, or XLSX. A job loads "
        "it; ask `/imports/{id}/` how far it is. Rows of a batch that is open already wait for their price.",
    )
    def post(self, request: Call, batch: str) -> Response:
        found = self.batch(request, batch, "edit")
        if (request.content_type or "").partition(";")[0].strip().lower() not in TYPES:
            raise UnsupportedMediaType(request.content_type or "")
        upload = Upload(cast(IO[bytes], request._request))
        if "HTTP_IDEMPOTENCY_KEY" not in request.META:
            return self._start(request, found, upload)
        row, earlier = idempotency.begin(request)
        if earlier:
            return idempotency.replay(row, upload.read_to_end())
        return idempotency.carry_out(
            row, self, lambda: self._start(request, found, upload), upload.read_to_end
        )

    def _start(self, request: Call, batch: Batch, upload: Any) -> Response:
        source = imports.start(
            batch=batch,
            actor=request.user,
            upload=upload,
            filename=_filename(request),
            content_type=request.content_type or "",
            bad_rows=chosen(request, "bad_rows", Import.BadRows.values) or Import.BadRows.STOP,
            refuse_missing=True,
        )
        return Response({"id": source.public_id, "state": source.state}, status=202)


def _filename(request: Call) -> str:
    name = str(request.query_params.get("filename", ""))
    if "\x00" in name or len(name) > 200:
        raise Invalid(fields={"filename": [_("Use a name of at most 200 characters.")]})
    return name or f"rows.{TYPES[(request.content_type or '').partition(';')[0].strip().lower()]}"


class ImportView(View):
    """One import into a batch of the caller's organisation."""

    post_scope = Scope.WRITE

    def source(self, request: Call, public_id: str, right: str) -> Import:
        found = access.import_(request.user, public_id, right)
        same_organisation(request, found.batch.organisation_id)
        return found


class OneImport(ImportView):
    @describe("get_import", "See how far an import is", {200: shapes.ImportWhole}, tag=TAG)
    def get(self, request: Call, import_id: str) -> Response:
        return Response(presents.import_whole(self.source(request, import_id, "read")))


class Decide(ImportView):
    @describe(
        "decide_import",
        "Decide about bad rows",
        {200: shapes.ImportWhole},
        sends=serializers.Decide,
        refusals=(409,),
        idempotent=True,
        tag=TAG,
        description="For an import in `needs_decision`; `cancel` also gives one up that waits for money.",
    )
    @idempotent
    def post(self, request: Call, import_id: str) -> Response:
        source = self.source(request, import_id, "edit")
        act = imports.go_on if read(serializers.Decide, request)["decision"] == "go_on" else imports.cancel
        return Response(presents.import_whole(act(source=source, actor=request.user)))


class Fund(ImportView):
    @describe(
        "fund_import",
        "Set the price of added rows aside",
        {200: shapes.ImportWhole},
        refusals=(409,),
        idempotent=True,
        tag=TAG,
        description="For an import in `needs_funds`; its rows open at once.",
    )
    @idempotent
    def post(self, request: Call, import_id: str) -> Response:
        source = self.source(request, import_id, "edit")
        return Response(presents.import_whole(batches.fund_rows(source=source, actor=request.user)))
