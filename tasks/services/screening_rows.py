"""Rows that came to an open batch and wait for a person: what becomes of them (charter W5)."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock, notices
from marketplace.base.errors import Invalid, Lost, Refusal
from marketplace.base.models import User
from tasks.models import Batch, Import, Task

from . import batches, media, screening


def pass_(*, source: Import, moderator: User, note: str = "") -> Import:
    """Let the rows open: their price is set aside at once where the funds allow it, else when the requester does it.

    Raises Lost, Forbidden, ConflictOfInterest.
    """
    _decide(source, moderator, Import.State.NEEDS_FUNDS, note.strip(), "pass")
    source.refresh_from_db()
    try:
        with transaction.atomic():
            batches.fund_rows(source=source, actor=source.created_by)
    except Refusal:
        pass  # funds, floor or media changed meanwhile: the requester is told, and opens them
    source.refresh_from_db()
    return source


def refuse(*, source: Import, moderator: User, reason: str) -> Import:
    """Take the rows out again, with the reason; nothing was set aside for them. Raises Invalid, Lost, Forbidden,
    ConflictOfInterest."""
    if not reason.strip():
        raise Invalid(fields={"reason": [_("Write the reason; the requester will read it.")]})
    _decide(source, moderator, Import.State.CANCELLED, reason.strip(), "refuse")
    source.refresh_from_db()
    return source


@transaction.atomic
def _decide(source: Import, moderator: User, to: str, note: str, act: str) -> None:
    """One move, once. Locks the batch row first, as funding does."""
    screening.check_moderator(source.batch, moderator, source)
    Batch.objects.select_for_update(no_key=True, of=("self",)).get(pk=source.batch_id)
    now = clock.now()
    changed = Import.objects.filter(pk=source.pk, state=Import.State.SCREENING).update(
        state=to,
        screened_by=moderator,
        screened_at=now,
        screening_note=note,
        finished_at=now if to == Import.State.CANCELLED else None,
    )
    if not changed:
        raise Lost
    if to == Import.State.CANCELLED:
        Task.objects.filter(source=source, funded=False).delete()  # closed and unfunded: nobody has seen them
        media.promise(source.batch)
    audit.record(
        f"tasks:import:screening_{act}", source.public_id, actor=moderator,
        organisation_id=source.batch.organisation_id, batch=source.batch.public_id,
    )  # fmt: skip
    kind = "rows_refused" if to == Import.State.CANCELLED else "rows_passed"
    notices.tell_member(
        source.created_by_id, kind, source.public_id, organisation_id=source.batch.organisation_id,
        batch=source.batch.public_id, source=source.public_id,
    )  # fmt: skip
