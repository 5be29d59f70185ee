"""The doorbell of the outbox, and the jobs that answer it. What must be done is in rows; a lost ring only delays."""

import logging

from celery import shared_task

from marketplace.base import clock, clockwork
from marketplace.base.models import OutboxEvent

from . import digests
from . import relay as postman

log = logging.getLogger(__name__)

TURN_SECONDS = 10.0
RING_SECONDS = 30  # a ring that nobody heard for so long is dropped: the sweep finds the row


@shared_task(name="marketplace.delivery.jobs.relay")
def relay() -> dict[str, int]:
    """Carry out what is due; rung after a commit, and by the clock every few seconds.

    One process at a time, and not for long: while many mails wait, the clockwork must get its turn too.
    """
    with clockwork.alone("relay") as ours:
        figures = postman.drain(seconds=TURN_SECONDS) if ours else {}
    if _slow_waits():
        relay_slow.apply_async(expires=RING_SECONDS)
    if any(figures.values()):
        log.info("relay", extra=figures)
    return figures


@shared_task(name="marketplace.delivery.jobs.relay_slow")
def relay_slow() -> dict[str, int]:
    """The same for work of minutes, one at a time, in another process than the mails."""
    with clockwork.alone("relay-slow") as ours:
        return postman.drain(slow=True, seconds=1.0) if ours else {}


@clockwork.job("mail-waiting", every_seconds=60)
def mail_waiting() -> int:
    """Promise a mail to everybody whose morning or digest has come."""
    return digests.gather_all()


def ring() -> None:
    """Wake the relay."""
    relay.apply_async(expires=RING_SECONDS)


def _slow_waits() -> bool:
    return (
        OutboxEvent.objects.filter(
            kind__in=postman.SLOW, due_at__lte=clock.now(), done_at__isnull=True, dead_at__isnull=True
        )
        .exclude(lease_until__gt=clock.now())
        .exists()
    )
