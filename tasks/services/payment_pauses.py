"""Batches of an organisation whose payment is disputed take no new claims; what is in hand is finished and paid.

Decided by what `payments` says of the organisation now, so that news in any order, or twice, ends the same.
"""

from django.db import transaction

from marketplace.base import audit, clock, clockwork
from marketplace.base.errors import Refusal
from marketplace.base.models import Organisation
from payments.services import debts
from tasks.models import Batch


@transaction.atomic
def follow(organisation: Organisation) -> int:
    """Pause the organisation's open batches, or open those again that were paused for this; how many. Locks them."""
    try:
        debts.require_none(organisation)
    except Refusal:
        return _move(organisation, Batch.State.PUBLISHED, "", Batch.State.PAUSED, Batch.PausedFor.PAYMENT)
    return _move(organisation, Batch.State.PAUSED, Batch.PausedFor.PAYMENT, Batch.State.PUBLISHED, "")


def _move(organisation: Organisation, old: str, old_reason: str, new: str, reason: str) -> int:
    rows = Batch.objects.filter(organisation=organisation, state=old, paused_for=old_reason)
    chosen = list(rows.select_for_update(no_key=True, of=("self",)).order_by("pk"))
    for batch in chosen:
        audit.record(
            f"tasks:batch:{new}", batch.public_id, actor=None,
            organisation_id=organisation.pk, rule="payment_disputed",
        )  # fmt: skip
    return rows.filter(pk__in=[batch.pk for batch in chosen]).update(
        state=new, paused_for=reason, updated_at=clock.now()
    )


def sweep() -> int:
    """Follow every organisation that the news may have missed (a batch screened meanwhile, say); how many moved."""
    resting = Batch.objects.filter(paused_for=Batch.PausedFor.PAYMENT).values_list("organisation", flat=True)
    wanted = debts.disputed_or_owing() | set(resting)
    return clockwork.each(Organisation.objects.filter(pk__in=wanted).order_by("pk"), follow)
