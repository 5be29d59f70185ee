"""The outbox: what must be told outside is first a row, written in the transaction of the fact.

`emit` writes the row and rings the doorbell after commit; the relay in `marketplace.delivery` takes due
rows under a lease and calls their handlers. A lost doorbell only means waiting for the next sweep.
"""

import datetime as dt
import logging
from collections.abc import Callable
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Max

from . import audit, clock
from .errors import Forbidden
from .models import OutboxEvent, User

log = logging.getLogger(__name__)

Handler = Callable[[OutboxEvent], None]
handlers: dict[str, Handler] = {}
_doorbells: list[Callable[[], None]] = []


def emit(kind: str, key: str, *, due_at: dt.datetime | None = None, **data: Any) -> None:
    """Promise event `kind` once for `key` (unique together with the kind); `data` holds ids only.

    Must be called inside the transaction that makes the fact true. Emitting the same pair again does nothing.
    """
    now = clock.now()
    event = OutboxEvent(kind=kind, key=f"{kind}:{key}", data=data, created_at=now, due_at=due_at or now)
    OutboxEvent.objects.bulk_create([event], ignore_conflicts=True)
    if due_at is None or due_at <= now:
        ring()


def handler(kind: str) -> Callable[[Handler], Handler]:
    """Register the function that carries out events of `kind`. One kind, one handler."""

    def register(function: Handler) -> Handler:
        assert kind not in handlers, f"two handlers for {kind}"
        handlers[kind] = function
        return function

    return register


def on_ring(doorbell: Callable[[], None]) -> None:
    """`marketplace.delivery` hangs its doorbell here; the kernel knows no queue."""
    _doorbells.append(doorbell)


def ring() -> None:
    """After commit, once per transaction, wake the relay. A doorbell that fails is only logged."""
    if connection.in_atomic_block:
        waiting = [function for _, function, *_ in connection.run_on_commit]
        if _ring_now in waiting:
            return
    transaction.on_commit(_ring_now)


def _ring_now() -> None:
    for doorbell in _doorbells:
        try:
            doorbell()
        except Exception as error:  # the row is committed; the sweep finds it without the bell
            log.warning("outbox_doorbell_failed", extra={"error": type(error).__name__})


def dead() -> list[dict[str, Any]]:
    """What was laid aside after too many attempts, by kind and last error: {kind, last_error, n, since} each."""
    rows = (
        OutboxEvent.objects.filter(dead_at__isnull=False)
        .values("kind", "last_error")
        .annotate(n=Count("pk"), since=Max("dead_at"))
        .order_by("kind", "last_error")
    )
    return [dict(row) for row in rows]


@transaction.atomic
def revive(*, actor: User) -> int:
    """Try everything that was laid aside once more, from the first attempt on. Raises Forbidden but for admins."""
    if not actor.is_admin:
        raise Forbidden
    count = OutboxEvent.objects.filter(dead_at__isnull=False).update(
        dead_at=None, attempts=0, due_at=clock.now(), lease_until=None
    )
    audit.record("base:outbox:revive", actor.public_id, actor=actor, count=count)
    ring()
    return count
