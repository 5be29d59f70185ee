"""Chains of batches over REST: results of one become rows of another."""

from typing import Any

from django.utils.translation import gettext as _
from rest_framework.response import Response

from marketplace.base import money
from marketplace.base.errors import Invalid, NotFound
from tasks import access
from tasks.selectors import chains as selector
from tasks.services import chains, chains_rows

from .. import chain_shapes, shapes
from ..idempotency import idempotent
from ..pagination import listed
from ..presents import moment
from .base import CURSOR, Call, describe, read
from .batches import BatchView

TAG = "Chains"
PAGE = shapes.page_of(chain_shapes.ChainOf, "ChainPage")


def _presented(line: selector.Line) -> dict[str, Any]:
    chain = line.chain
    return {
        "id": chain.public_id,
        "source": chain.source.public_id,
        "target": chain.target.public_id,
        "mapping": chain.mapping,
        "when": chain.when,
        "below": chain.below,
        "field": chain.field,
        "value": chain.value,
        "gone_on": line.gone_on,
        "left_out": line.left_out,
        "waiting": line.waiting,
        "waiting_price": money.to_string(line.waiting_micros),
        "created_at": moment(chain.created_at),
        "ended_at": moment(chain.ended_at),
    }


class Chains(BatchView):
    @describe(
        "list_chains",
        "Where rows of a batch come from, and where its results go",
        {200: PAGE},
        refusals=(400,),
        parameters=CURSOR,
        tag=TAG,
    )
    def get(self, request: Call, batch: str) -> Response:
        found = self.batch(request, batch, "read")
        return listed(
            request, selector.of(found), lambda rows: [_presented(line) for line in selector.lines(rows)]
        )

    @describe(
        "make_chain",
        "Pass results on to a draft",
        {201: chain_shapes.ChainOf},
        sends=chain_shapes.NewChain,
        example={
            "target": "bat_0123456789abc",
            "mapping": {"photo": "photo", "text": "text"},
            "when": "unsure",
            "below": 0.9,
        },
        refusals=(409,),
        idempotent=True,
        tag=TAG,
        description="A result goes on once all answers of its task are decided; rejected answers stay behind. Nobody "
        "is offered a row that came of an answer of their own. Rows open as your funds allow.",
    )
    @idempotent
    def post(self, request: Call, batch: str) -> Response:
        source = self.batch(request, batch, "edit")
        sent = read(chain_shapes.NewChain, request)
        try:
            target = self.batch(request, sent.pop("target"), "edit")
        except NotFound:
            raise Invalid(fields={"target": [_("You have no batch of this id.")]}) from None
        mapping = sent.pop("mapping", None)
        if mapping is None:
            mapping = chains.suggested(source, target)
        made = chains.make(source=source, target=target, actor=request.user, mapping=mapping, **sent)
        return Response(_presented(selector.lines([made])[0]), status=201)


class Stop(BatchView):
    @describe(
        "stop_chain",
        "Pass nothing more on",
        {200: chain_shapes.ChainOf},
        refusals=(409,),
        idempotent=True,
        tag=TAG,
        description="What went on stays; rows that are not open yet are taken out.",
    )
    @idempotent
    def post(self, request: Call, batch: str, chain: str) -> Response:
        self.batch(request, batch, "edit")
        found = chains.stop(chain=access.chain(request.user, batch, chain, "edit"), actor=request.user)
        return Response(_presented(selector.lines([found])[0]))


class Fund(BatchView):
    @describe(
        "fund_chain",
        "Open the rows that wait for their price",
        {200: chain_shapes.Opened},
        refusals=(409,),
        idempotent=True,
        tag=TAG,
        description="As many as the funds allow, at most 500 in a call; they also open by themselves within a minute.",
    )
    @idempotent
    def post(self, request: Call, batch: str, chain: str) -> Response:
        self.batch(request, batch, "edit")
        found = access.chain(request.user, batch, chain, "edit")
        rows = chains_rows.fund(found.pk, request.user)
        return Response({"opened": rows, "waiting": chains.waiting_rows(found).count()})
