"""Batches: draft, publish, look at, pause, resume, raise, close."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.response import Response

from marketplace.base.errors import NotFound
from marketplace.base.models import Organisation
from tasks import access, kinds
from tasks.models import Batch
from tasks.services import batches, closing, templates

from .. import presents, serializers, shapes
from ..idempotency import idempotent
from ..pagination import chosen, listed
from .base import CURSOR, Call, Scope, View, describe, organisation_of, read, same_organisation

TAG = "Batches"
PAGE = shapes.page_of(shapes.BatchRow, "BatchPage")
STATE = OpenApiParameter("state", str, enum=Batch.State.values, description="Only batches in this state.")


SAME = {
    "show": [
        {"as": "text", "column": "name_a", "label": "Product A"},
        {"as": "text", "column": "name_b", "label": "Product B"},
    ],
    "fields": [
        {
            "name": "same",
            "widget": "choice",
            "label": "The same product?",
            "required": True,
            "options": [{"value": "1", "label": "Yes"}, {"value": "0", "label": "No"}],
        }
    ],
}
EXAMPLE = {
    "title": "Is it the same product?",
    "purpose": "To find doubles in a shop's catalogue.",
    "instructions": "Read both names. Another size or colour is another product.",
    "form": SAME,
    "reward": "0.10",
    "estimated_seconds": 25,
    "overlap": 3,
}


class BatchView(View):
    """One batch of the caller's organisation."""

    post_scope = Scope.WRITE

    def batch(self, request: Call, public_id: str, right: str) -> Batch:
        found = access.batch(request.user, public_id, right)
        same_organisation(request, found.organisation_id)
        return found


class Batches(View):
    post_scope = Scope.WRITE

    @describe(
        "list_batches",
        "List batches, newest first",
        {200: PAGE},
        refusals=(400,),
        parameters=[STATE, *CURSOR],
        tag=TAG,
    )
    def get(self, request: Call) -> Response:
        organisation = self._organisation(request, "read")
        rows = Batch.objects.filter(organisation=organisation).defer("form", "instructions")
        if state := chosen(request, "state", Batch.State.values):
            rows = rows.filter(state=state)
        return listed(request, rows, presents.batch_rows)

    @describe(
        "draft_batch",
        "Draft a batch",
        {201: shapes.BatchWhole},
        sends=serializers.NewBatch,
        example=EXAMPLE,
        idempotent=True,
        tag=TAG,
        description="Send its rows next, then publish it. The quote is for the rows loaded so far. `kind` alone is "
        "enough for a draft; say what it is for and what it pays before you publish it.",
    )
    @idempotent
    def post(self, request: Call) -> Response:
        organisation = self._organisation(request, "edit")
        sent = read(serializers.NewBatch, request)
        values = (
            _from_kind(sent.get("kind"))
            | _from_template(request, organisation, sent.pop("template", None))
            | _values(sent)
        )
        batch = batches.create_draft(organisation=organisation, actor=request.user, **values)
        return Response(presents.batch_whole(batch), status=201)

    def _organisation(self, request: Call, right: str) -> Organisation:
        organisation = organisation_of(request)
        access.membership(request.user, organisation.pk, right)
        return organisation


def _values(sent: dict[str, Any]) -> dict[str, Any]:
    """What was sent, by the names of a draft's fields."""
    values = dict(sent)
    if "reward" in values:
        values["reward_micros"] = values.pop("reward")
    if "countries" in values:
        values["countries"] = sorted(set(values["countries"] or ())) or None
    return values


def _from_kind(key: str | None) -> dict[str, Any]:
    """What a kind says of a draft before anybody else did."""
    if key is None:
        return {}
    kind = kinds.get(key)
    return {
        "title": str(kind.title),
        "instructions": kind.words(),
        "form": kind.form(),
        "estimated_seconds": kind.seconds,
        "overlap": kind.overlap,
    }


def _from_template(request: Call, organisation: Organisation, public_id: str | None) -> dict[str, Any]:
    """What a template of the organisation says of a draft. Raises NotFound."""
    if public_id is None:
        return {}
    found = access.template(request.user, public_id)
    if found.organisation_id != organisation.pk:
        raise NotFound
    return templates.values(found)


class OneBatch(BatchView):
    @describe("get_batch", "Look at a batch", {200: shapes.BatchWhole}, tag=TAG)
    def get(self, request: Call, batch: str) -> Response:
        return Response(presents.batch_whole(self.batch(request, batch, "read")))

    @describe(
        "change_draft",
        "Change a draft",
        {200: shapes.BatchWhole},
        sends=serializers.DraftChanges,
        example={"purpose": "To find doubles in a shop's catalogue.", "reward": "0.10"},
        refusals=(409,),
        idempotent=True,
        tag=TAG,
        description="What is left out stays as it is. A batch that was published can't be changed so.",
    )
    @idempotent
    def post(self, request: Call, batch: str) -> Response:
        found = self.batch(request, batch, "edit")
        changes = _values(read(serializers.DraftChanges, request))
        return Response(
            presents.batch_whole(batches.update_draft(batch=found, actor=request.user, **changes))
        )


class Publish(BatchView):
    @describe(
        "publish_batch",
        "Publish a batch",
        {200: shapes.BatchState},
        refusals=(400, 409),
        idempotent=True,
        tag=TAG,
        description="Sets the whole price aside at once. The first batch of an organisation, or one that a rule "
        "flags, waits in `screening` for a moderator. Who publishes says by that that somebody has read the "
        "instructions as people will see them. A large batch may begin with a `pilot`: its first tasks alone, until "
        "they are measured; the rest is set aside too, and opens by itself.",
    )
    @idempotent
    def post(self, request: Call, batch: str) -> Response:
        found = batches.publish(batch=self.batch(request, batch, "edit"), actor=request.user)
        return Response(presents.batch_state(found))


class Pause(BatchView):
    @describe(
        "pause_batch", "Pause a batch", {200: shapes.BatchState}, refusals=(409,), idempotent=True, tag=TAG
    )
    @idempotent
    def post(self, request: Call, batch: str) -> Response:
        found = batches.pause(batch=self.batch(request, batch, "edit"), actor=request.user)
        return Response(presents.batch_state(found))


class Resume(BatchView):
    @describe(
        "resume_batch",
        "Resume a paused batch",
        {200: shapes.BatchState},
        refusals=(409,),
        idempotent=True,
        tag=TAG,
    )
    @idempotent
    def post(self, request: Call, batch: str) -> Response:
        found = batches.resume(batch=self.batch(request, batch, "edit"), actor=request.user)
        return Response(presents.batch_state(found))


class Close(BatchView):
    @describe(
        "close_batch",
        "Close a batch early",
        {200: shapes.BatchState},
        refusals=(409,),
        idempotent=True,
        tag=TAG,
        description="No new claims; what is in hand may be finished and is paid; the rest of the money comes back.",
    )
    @idempotent
    def post(self, request: Call, batch: str) -> Response:
        found = closing.close(batch=self.batch(request, batch, "edit"), actor=request.user)
        return Response(presents.batch_state(found))


class Raise(BatchView):
    @describe(
        "raise_reward",
        "Raise the reward",
        {200: shapes.BatchState},
        sends=serializers.Raise,
        refusals=(409,),
        idempotent=True,
        tag=TAG,
        description="For the answers that can still be claimed; the difference is set aside first.",
    )
    @idempotent
    def post(self, request: Call, batch: str) -> Response:
        found = self.batch(request, batch, "edit")
        sent = read(serializers.Raise, request)
        found = batches.raise_price(
            batch=found, actor=request.user, reward_micros=sent["reward"], confirmed=sent["confirm"]
        )
        return Response(presents.batch_state(found))
