"""Kinds: the ready forms that a batch can be made of."""

from typing import Any

from rest_framework.response import Response

from tasks import kinds
from tasks.forms import compile_form

from .. import shapes
from .base import Call, View, describe

TAG = "Batches"


class Kinds(View):
    scope = ""  # nothing here is anybody's: any key may read it

    @describe(
        "list_kinds",
        "List the kinds of batches",
        {200: shapes.KindPage},
        description="Each is a ready form with instructions and example rows, in the language of Accept-Language. "
        "`POST /batches/` with `kind` alone drafts a batch of it.",
        tag=TAG,
    )
    def get(self, request: Call) -> Response:
        return Response({"results": [_kind(kind) for kind in kinds.all_kinds()]})


def _kind(kind: kinds.Kind) -> dict[str, Any]:
    form = compile_form(kind.form())
    return {
        "key": kind.key,
        "group": kind.group.value,
        "title": str(kind.title),
        "description": str(kind.description),
        "columns": form.columns,
        "form": form.spec,
        "answer": form.answer_schema(),
        "instructions": kind.words(),
        "estimated_seconds": kind.seconds,
        "overlap": kind.overlap,
        "examples": kind.example_rows(),
    }
