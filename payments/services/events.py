"""News from gateways: insert or ignore on arrival, then fetch the object and follow it, once."""

import datetime as dt
import logging
from collections.abc import Callable

from marketplace.base import clock, clockwork, ids
from marketplace.base.errors import NotFound
from payments import gateways
from payments.models import Deposit, ExternalEvent, GatewayPoll, Payout, Refund
from payments.services import chargebacks, connected, deposits, refunds, sending

log = logging.getLogger(__name__)
# Asked for again each time, since news may be written late; what is known is ignored.
OVERLAP = dt.timedelta(minutes=15)
FIRST_LOOK = dt.timedelta(days=30)


def receive(*, gateway: str, external_id: str, kind: str, object_ref: str, handled: bool = False) -> bool:
    """Write down that `gateway` has news about our object; False when this event is known already.

    `handled`: it is of no matter to us, and only kept so that one can see what came.
    """
    now = clock.now()
    event = ExternalEvent(
        gateway=gateway,
        external_id=external_id,
        kind=kind,
        object_ref=object_ref,
        received_at=now,
        handled_at=now if handled else None,
    )
    before = ExternalEvent.objects.filter(gateway=gateway, external_id=external_id).exists()
    ExternalEvent.objects.bulk_create([event], ignore_conflicts=True)
    return not before


def poll() -> int:
    """Ask every gateway for its news and write them down; how many were new.

    From a little before the last time all of it was told: what came by itself meanwhile says nothing of what was lost.
    """
    new = 0
    for name in gateways.names():
        now = clock.now()
        last = GatewayPoll.objects.filter(gateway=name).values_list("polled_at", flat=True).first()
        try:
            news = gateways.by_name(name).news(since=last - OVERLAP if last else now - FIRST_LOOK)
        except gateways.GatewayUnreachable:
            log.warning("news_unreachable", extra={"gateway": name})
            continue
        new += sum(
            receive(gateway=name, external_id=n.external_id, kind=n.kind, object_ref=n.key) for n in news
        )
        GatewayPoll.objects.update_or_create(gateway=name, defaults={"polled_at": now})
    return new


def ask_again(*, gateway: str, movement: str, kind: str, object_ref: str) -> None:
    """Have an object asked about once more, whose money moved at the gateway (`movement`) without our following it:
    news of it was lost, or came while the gateway did not answer."""
    ExternalEvent.objects.update_or_create(
        gateway=gateway,
        external_id=f"movement:{movement}"[:120],
        defaults={"kind": kind, "object_ref": object_ref, "received_at": clock.now(), "handled_at": None},
    )


def handle_waiting(*, limit: int = 1000) -> int:
    """Follow the news not handled yet, oldest first; how many this call ended.

    The gateway is asked outside any transaction, and what follows is compare-and-swap, so two at once do
    no harm; the one that sets `handled_at` counts it.
    """
    waiting = ExternalEvent.objects.filter(handled_at__isnull=True).order_by("received_at", "pk")
    return clockwork.each(list(waiting[:limit]), _handle)


def _handle(event: ExternalEvent) -> int:
    try:
        _follow(event)
    except (gateways.GatewayUnreachable, chargebacks.TooEarly):
        return 0  # it waits for the next time
    return ExternalEvent.objects.filter(pk=event.pk, handled_at__isnull=True).update(handled_at=clock.now())


def _follow(event: ExternalEvent) -> None:
    follower = _FOLLOWERS.get(event.kind)
    try:
        if follower is not None:
            follower(event.gateway, event.object_ref)
    except NotFound:  # somebody else's key
        log.warning("news_about_nothing_of_ours", extra={"event": event.pk})


def _deposit(gateway: str, ref: str) -> None:
    deposit = Deposit.objects.filter(pk=ids.decode("dep", ref), gateway=gateway).first()
    if deposit is not None:
        deposits.refresh(deposit)


def _refund(gateway: str, ref: str) -> None:
    refund = Refund.objects.filter(pk=ids.decode("ref", ref), gateway=gateway).first()
    if refund is not None:
        refunds.refresh(refund)


def _payout(gateway: str, ref: str) -> None:
    # A part's key is its payout's with a number behind it.
    payout = Payout.objects.filter(pk=ids.decode("pay", ref.partition(":")[0])).first()
    if payout is not None:
        sending.refresh(payout)


def _dispute(gateway: str, ref: str) -> None:
    chargebacks.refresh(gateway=gateway, external_ref=ref)


def _account(gateway: str, ref: str) -> None:
    connected.refresh_named(ref)


# kind of the news: what asks the gateway and follows its answer
_FOLLOWERS: dict[str, Callable[[str, str], None]] = {
    "deposit": _deposit,
    "refund": _refund,
    "dispute": _dispute,
    "payout": _payout,
    "account": _account,
}
