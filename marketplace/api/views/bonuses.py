"""Bonuses to people who answered in a batch."""

from typing import Any

from rest_framework.response import Response

from marketplace.base import ids, money
from marketplace.base.errors import Invalid
from payments.services.bonuses import Given
from tasks.models import Batch
from tasks.services import bonuses

from .. import serializers, shapes
from ..idempotency import idempotent
from .base import Call, describe, read
from .batches import BatchView


class Bonuses(BatchView):
    @describe(
        "give_bonuses",
        "Give bonuses",
        {200: shapes.BonusesGiven},
        sends=serializers.NewBonuses,
        refusals=(409,),
        idempotent=True,
        tag="Submissions",
        description="All together, out of your funds and without a fee, to people who answered in this batch. What "
        "passes a person's yearly limit is in `refused`; a line that can't be read refuses the whole list. The same "
        "list is given once: by its Idempotency-Key, however late, or without one by its content.",
    )
    @idempotent
    def post(self, request: Call, batch: str) -> Response:
        found = self.batch(request, batch, "edit")
        sent: list[dict[str, Any]] = read(serializers.NewBonuses, request)["bonuses"]
        key = request.headers.get("Idempotency-Key", "")
        rows = [(row["worker"], row["amount"], row["reason"]) for row in sent]
        listed = bonuses.take(batch=found, rows=rows, key=f"{request.user.pk}:{key}"[:80] if key else "")
        wrong = {
            f"bonuses[{row.position - 1}].{name}": [problem]
            for row in listed.bad
            for name, problem in row.problems.items()
        }
        if wrong:
            raise Invalid(fields=wrong)
        return Response(_said(found, bonuses.give(batch=found, actor=request.user, listed=listed)))


def _said(batch: Batch, given: Given) -> dict[str, Any]:
    return {
        "given": [
            {
                "id": row.public_id,
                "worker": ids.worker_seen_by(row.worker_id, batch.organisation_id),
                "amount": money.to_string(row.amount_micros),
                "reason": row.reason,
            }
            for row in given.bonuses
        ],
        "total": money.to_string(given.total),
        "known": len(given.known),
        "refused": [
            {"row": place, "code": refusal.code, "detail": refusal.message}
            for place, refusal in sorted(given.refused.items())
        ],
    }
