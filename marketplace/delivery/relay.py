"""The relay: takes what the outbox promised, row by row, and sees it done (DESIGN law 1).

A row is taken under a lease, so that a relay that dies gives it back; attempts are counted in PostgreSQL when
it is taken, so that a row that kills its relay is counted too. After MOST_ATTEMPTS it is laid aside as dead: the
administrators see it in the console, where they can have it tried again.
"""

import datetime as dt
import logging
import time
from typing import Any

from django.db import transaction
from django.db.models import F, Q

from marketplace.base import clock
from marketplace.base.models import OutboxEvent
from marketplace.base.outbox import handlers

log = logging.getLogger(__name__)

MOST_ATTEMPTS = 8
# Minutes of work: taken one at a time, so that no mail waits behind it.
SLOW = frozenset({"import.run", "media.collect", "media.copy", "media.unpack", "review.approve"})
LEASE = dt.timedelta(seconds=120)
SLOW_LEASE = dt.timedelta(seconds=900)  # the time limit of a Celery task
AT_ONCE = 10


def drain(*, slow: bool = False, seconds: float = 60.0) -> dict[str, int]:
    """Carry out due events until none is left or `seconds` have passed; figures {done, failed, dead}.

    Several may run at once: each row is taken by one of them. Must not be inside a transaction.
    """
    figures = {"done": 0, "failed": 0, "dead": _bury()}
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        events = take(slow=slow)
        if not events:
            break
        for event in events:
            figures[carry_out(event)] += 1
    return figures


@transaction.atomic
def take(*, slow: bool = False) -> list[OutboxEvent]:
    """Up to AT_ONCE due events (one slow one), leased and counted as an attempt; what others hold is skipped."""
    now = clock.now()
    kinds = Q(kind__in=SLOW) if slow else ~Q(kind__in=SLOW)
    due = OutboxEvent.objects.filter(
        kinds,
        Q(lease_until__isnull=True) | Q(lease_until__lte=now),
        due_at__lte=now,
        done_at__isnull=True,
        dead_at__isnull=True,
    )
    rows = list(due.order_by("due_at", "pk").select_for_update(skip_locked=True)[: 1 if slow else AT_ONCE])
    until = now + (SLOW_LEASE if slow else LEASE)
    OutboxEvent.objects.filter(pk__in=[row.pk for row in rows]).update(
        lease_until=until, attempts=F("attempts") + 1
    )
    for row in rows:
        row.lease_until, row.attempts = until, row.attempts + 1
    return rows


def carry_out(event: OutboxEvent) -> str:
    """Call the handler of a leased event; the answer is done, failed or dead."""
    try:
        handlers[event.kind](event)
    except Exception as error:
        return _put_off(event, error)
    _finish(event, done_at=clock.now(), lease_until=None, last_error="")
    return "done"


def backoff(attempts: int) -> dt.timedelta:
    """How long to wait after so many attempts: 5 s, 20 s, 80 s … at most six hours; about a day in all."""
    return dt.timedelta(seconds=min(5 * 4 ** (attempts - 1), 6 * 3600))


def _put_off(event: OutboxEvent, error: Exception) -> str:
    now, name = clock.now(), type(error).__name__[:200]
    dead = event.attempts >= MOST_ATTEMPTS
    log.log(
        logging.ERROR if dead else logging.WARNING,
        "outbox_dead" if dead else "outbox_failed",
        extra={"event": event.pk, "kind": event.kind, "attempts": event.attempts, "error": name},
    )
    changes: dict[str, Any] = {"dead_at": now} if dead else {"due_at": now + backoff(event.attempts)}
    _finish(event, lease_until=None, last_error=name, **changes)
    return "dead" if dead else "failed"


def _finish(event: OutboxEvent, **changes: Any) -> None:
    """Write the end of an attempt, unless its lease ran out and somebody else has the row now."""
    OutboxEvent.objects.filter(
        pk=event.pk, attempts=event.attempts, done_at__isnull=True, dead_at__isnull=True
    ).update(**changes)


def _bury() -> int:
    """Lay aside what killed its relay at every attempt: nobody was left to count the last one as failed."""
    now = clock.now()
    rows = OutboxEvent.objects.filter(
        attempts__gte=MOST_ATTEMPTS, lease_until__lte=now, done_at__isnull=True, dead_at__isnull=True
    )
    return rows.update(dead_at=now, lease_until=None, last_error="WorkerLost")
