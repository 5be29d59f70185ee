"""Screening: which batches a moderator looks at before they open, and what becomes of them (charter M2, W2, W5).

A rule only queues; a person passes or refuses, and a refusal gives everything back.
"""

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock, money, notices, outbox
from marketplace.base.errors import Forbidden, Invalid, Lost
from marketplace.base.models import Membership, Organisation, User
from payments.services import holdings
from tasks.errors import ConflictOfInterest
from tasks.models import Batch, Task

from . import prices

# Code of the rule → what a moderator and the requester read.
RULES = {
    "no_history": _("It is the first batch of this organisation."),
    "large_amount": _("It sets aside more than this organisation ever spent here."),
}


def reasons(batch: Batch) -> list[str]:
    """The rules that queue this batch for a person; empty when it may open at once."""
    found = []
    if batch.organisation.trusted_at is None:
        found.append("no_history")
    elif prices.quote(batch).total > money.from_decimal(settings.SCREENING_LARGE_EUR):
        found.append("large_amount")
    return found


@transaction.atomic
def pass_(*, batch: Batch, moderator: User, note: str = "") -> Batch:
    """Open a screened batch; the organisation's next ones open by themselves. Raises Lost, Forbidden."""
    _check(batch, moderator)
    now = clock.now()
    changed = Batch.objects.filter(pk=batch.pk, state=Batch.State.SCREENING).update(
        state=Batch.State.PUBLISHED,
        published_at=now,
        screened_by=moderator,
        screened_at=now,
        screening_note=note,
    )
    if not changed:
        raise Lost
    Organisation.objects.filter(pk=batch.organisation_id, trusted_at__isnull=True).update(trusted_at=now)
    audit.record(
        "tasks:batch:screening_pass", batch.public_id, actor=moderator, organisation_id=batch.organisation_id
    )
    _tell(batch, "batch_passed", batch.public_id)
    outbox.emit("batch.published", batch.public_id, batch_id=batch.pk)
    batch.refresh_from_db()
    return batch


@transaction.atomic
def refuse(*, batch: Batch, moderator: User, reason: str) -> Batch:
    """Hand a screened batch back as a draft with the reason, and all its money. Raises Invalid, Lost, Forbidden."""
    _check(batch, moderator)
    if not reason.strip():
        raise Invalid(fields={"reason": [_("Write the reason; the requester will read it.")]})
    now = clock.now()
    changed = Batch.objects.filter(pk=batch.pk, state=Batch.State.SCREENING).update(
        state=Batch.State.DRAFT,
        screened_by=moderator,
        screened_at=now,
        screening_note=reason.strip(),
    )
    if not changed:
        raise Lost
    held = holdings.held(batch.public_id)
    if held:
        holdings.give_back(
            organisation=batch.organisation,
            batch_ref=batch.public_id,
            amount_micros=held,
            reference=f"{batch.public_id}:refused:{now.isoformat()}",
        )
    Task.objects.filter(batch=batch).update(is_open=False, funded=False)
    audit.record(
        "tasks:batch:screening_refuse",
        batch.public_id,
        actor=moderator,
        organisation_id=batch.organisation_id,
    )
    _tell(batch, "batch_refused", f"{batch.public_id}:{now.isoformat()}")
    batch.refresh_from_db()
    return batch


def _tell(batch: Batch, kind: str, key: str) -> None:
    notices.tell_member(
        batch.created_by_id, kind, key, organisation_id=batch.organisation_id, batch=batch.public_id
    )


def _check(batch: Batch, moderator: User) -> None:
    if not moderator.is_moderator:
        raise Forbidden
    if Membership.objects.filter(organisation_id=batch.organisation_id, user=moderator).exists():
        raise ConflictOfInterest
