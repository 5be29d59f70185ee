"""Audit events: written by services in the transaction of the decision; ids only (DESIGN law 8)."""

from typing import Any

from . import clock
from .models import AuditEvent, User


def record(
    tag: str, subject: str, *, actor: User | None, organisation_id: int | None = None, **data: Any
) -> None:
    """Write down that `actor` (None: the clock or a registered rule) did `tag` to `subject` (a public id).

    `tag` reads source:subject:action. `data` holds ids, amounts in micros and codes, never free text.
    """
    AuditEvent.objects.create(
        at=clock.now(),
        tag=tag,
        subject=subject,
        actor_id=actor.pk if actor else None,
        organisation_id=organisation_id,
        data=data,
    )
