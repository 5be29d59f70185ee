"""News from gateways: insert or ignore on arrival, then fetch the object and follow it, once."""

import datetime as dt
import logging

from django.db.models import Max

from marketplace.base import clock, clockwork, ids
from marketplace.base.errors import NotFound
from payments import gateways
from payments.models import Deposit, ExternalEvent, Payout
from payments.services import deposits, sending

log = logging.getLogger(__name__)
# Asked for again each time, since news may be written late; what is known is ignored.
OVERLAP = dt.timedelta(minutes=15)
FIRST_LOOK = dt.timedelta(days=30)


def receive(*, gateway: str, external_id: str, kind: str, object_ref: str) -> bool:
    """Write down that `gateway` has news about our object; False when this event is known already."""
    event = ExternalEvent(
        gateway=gateway, external_id=external_id, kind=kind, object_ref=object_ref, received_at=clock.now()
    )
    before = ExternalEvent.objects.filter(gateway=gateway, external_id=external_id).exists()
    ExternalEvent.objects.bulk_create([event], ignore_conflicts=True)
    return not before


def poll() -> int:
    """Ask every gateway for its news and write them down; how many were new."""
    new = 0
    for name in gateways.names():
        last = ExternalEvent.objects.filter(gateway=name).aggregate(last=Max("received_at"))["last"]
        since = last - OVERLAP if last else clock.now() - FIRST_LOOK
        try:
            news = gateways.by_name(name).news(since=since)
        except gateways.GatewayUnreachable:
            log.warning("news_unreachable", extra={"gateway": name})
            continue
        new += sum(
            receive(gateway=name, external_id=n.external_id, kind=n.kind, object_ref=n.key) for n in news
        )
    return new


def handle_waiting(*, limit: int = 1000) -> int:
    """Follow the news not handled yet, oldest first; how many this call ended.

    The gateway is asked outside any transaction, and what follows is compare-and-swap, so two at once do
    no harm; the one that sets `handled_at` counts it.
    """
    waiting = ExternalEvent.objects.filter(handled_at__isnull=True).order_by("received_at", "pk")
    return clockwork.each(list(waiting[:limit]), _handle)


def _handle(event: ExternalEvent) -> int:
    _follow(event)
    return ExternalEvent.objects.filter(pk=event.pk, handled_at__isnull=True).update(handled_at=clock.now())


def _follow(event: ExternalEvent) -> None:
    try:
        if event.kind == "deposit":
            deposit = Deposit.objects.filter(pk=ids.decode("dep", event.object_ref)).first()
            if deposit is not None:
                deposits.refresh(deposit)
        elif event.kind == "payout":
            payout = Payout.objects.filter(pk=ids.decode("pay", event.object_ref)).first()
            if payout is not None:
                sending.refresh(payout)
    except NotFound:  # somebody else's key
        log.warning("news_about_nothing_of_ours", extra={"event": event.pk})
