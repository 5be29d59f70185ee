"""Disputes: for moderators, who need a second factor in the browser, or a key with the scope `moderate`."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.response import Response

from marketplace.base.models import User
from tasks import access
from tasks.errors import ConflictOfInterest
from tasks.models import Dispute
from tasks.services import disputes

from .. import presents, serializers, shapes
from ..idempotency import idempotent
from ..pagination import chosen, listed
from .base import CURSOR, Call, Scope, View, describe, read

TAG = "Disputes"
PAGE = shapes.page_of(shapes.DisputeOf, "DisputePage")
STATES = ["waiting", "decided"]
STATE = OpenApiParameter("state", str, enum=STATES, description="Only those that wait, or that were decided.")


def _seen(rows: Sequence[Dispute], moderator: User) -> list[dict[str, Any]]:
    """The cases of a page that the moderator has no part in, each written down as read."""
    shown = []
    for row in rows:
        with suppress(ConflictOfInterest):
            shown.append(presents.dispute(disputes.look(dispute=row, moderator=moderator)))
    return shown


class Disputes(View):
    scope = Scope.MODERATE

    @describe(
        "list_disputes",
        "List disputes and appeals, newest first",
        {200: PAGE},
        refusals=(400,),
        parameters=[STATE, *CURSOR],
        tag=TAG,
    )
    def get(self, request: Call) -> Response:
        rows = Dispute.objects.select_related("assignment__task", "assignment__batch", "assignment__contest")
        if state := chosen(request, "state", STATES):
            rows = rows.filter(decided_at__isnull=state == "waiting")
        return listed(request, rows, lambda page: _seen(page, request.user))


class OneDispute(View):
    scope = Scope.MODERATE

    @describe("get_dispute", "Look at a dispute", {200: shapes.DisputeOf}, tag=TAG)
    def get(self, request: Call, dispute: str) -> Response:
        row = access.dispute(request.user, dispute)
        return Response(presents.dispute(disputes.look(dispute=row, moderator=request.user)))


class Decide(View):
    scope = Scope.MODERATE

    @describe(
        "decide_dispute",
        "Decide a dispute or an appeal",
        {200: shapes.DisputeOf},
        sends=serializers.Decision,
        refusals=(409,),
        idempotent=True,
        tag=TAG,
        description="Money and record follow; both sides are told the reason.",
    )
    @idempotent
    def post(self, request: Call, dispute: str) -> Response:
        row = access.dispute(request.user, dispute)
        sent = read(serializers.Decision, request)
        disputes.decide(dispute=row, moderator=request.user, outcome=sent["outcome"], reason=sent["reason"])
        return Response(presents.dispute(access.dispute(request.user, dispute)))
