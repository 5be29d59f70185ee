"""Handing payouts to the gateway and following what becomes of them (DESIGN law 7, §6.8).

A payout is marked sent before the call, so that one process alone makes it, and its key is its own public
id, so that a second call after a lost answer does nothing new. No answer is never a failure: the gateway is
asked by key later on, and money goes back to the worker only when the gateway says that it did not go out.
"""

import logging

from django.conf import settings
from django.db import transaction
from django.db.models import F

from marketplace.base import audit, clock, clockwork, errors, switches
from payments import gateways
from payments.gateways import Destination, Status
from payments.gateways.base import PayoutStyle
from payments.models import AccountKind, Payee, Payout, PayoutState, Transaction
from payments.services import checks, ledger, parts, transfers
from payments.services.payouts import swap, tell

log = logging.getLogger(__name__)


def send_pending(*, limit: int = 500) -> dict[str, int]:
    """Send the payouts that wait, oldest first; figures {sent, lost, broken_checks}.

    Gateways that are called take a payout as a whole, others its parts (`transfers`); those that take files have runs
    of their own. Sends nothing while the switch is off, or while an invariant of the books is broken.
    """
    figures = {"sent": 0, "lost": 0, "broken_checks": 0}
    pending = Payout.objects.filter(state=PayoutState.PENDING, gateway__in=_names("call"))
    waiting = list(pending.order_by("pk")[:limit])
    in_parts = [name for name in _names("parts") if parts.any_to_send(name)]
    if not (waiting or in_parts) or not switches.is_on("payouts"):
        return figures
    broken = checks.broken()
    if broken:
        log.error("payouts_stopped_by_selfcheck", extra={"checks": ",".join(check.name for check in broken)})
        figures["broken_checks"] = len(broken)
        return figures
    for payout in waiting:
        try:
            send(payout)
            figures["sent"] += 1
        except errors.Lost:  # held, or sent by somebody else, in this instant
            figures["lost"] += 1
    for name in in_parts:
        done = transfers.run(name, limit=limit)
        figures = {key: value + done.get(key, 0) for key, value in figures.items()}
    return figures


def _names(style: PayoutStyle) -> list[str]:
    """The gateways that payouts leave by in this way."""
    return [name for name in gateways.names() if gateways.by_name(name).payout_style == style]


def send(payout: Payout) -> Payout:
    """Hand one pending payout to its gateway. Must not be inside a transaction. Raises Lost when it is not pending."""
    now = clock.now()
    with transaction.atomic(durable=True):
        swap(payout, PayoutState.SENT, sent_at=now, tried_at=now, tries=1)
        # Read behind the swap: whoever changes it now has not changed it for this payout (see `payees.save`).
        payee = Payee.objects.filter(user_id=payout.user_id).first()
        audit.record("payments:payout:send", payout.public_id, actor=None)
    return _call(payout, payee)


def reconcile(*, limit: int = 1000) -> dict[str, int]:
    """Ask the gateways about payouts on their way and follow their answers; figures {looked_at, ended}.

    Any `limit` of them: banks take days, and the oldest would keep a lost call from ever being asked about.
    """
    sent = Payout.objects.filter(state=PayoutState.SENT, gateway__in=_names("call"))
    chosen = list(sent.order_by("?")[:limit])
    ended = clockwork.each(chosen, lambda payout: refresh(payout).state != PayoutState.SENT)
    in_parts = transfers.reconcile(limit=limit)
    return {"looked_at": len(chosen) + in_parts["looked_at"], "ended": ended + in_parts["ended"]}


def refresh(payout: Payout) -> Payout:
    """Ask the gateway what became of a payout, by its key, and follow it. No answer changes nothing."""
    if payout.state not in {PayoutState.SENT, PayoutState.PAID}:
        return payout
    gateway = gateways.by_name(payout.gateway)
    if gateway.payout_style == "parts":
        return transfers.refresh_all(payout)
    if gateway.payout_style == "file":
        return payout  # the bank's statements tell
    try:
        status = gateway.payout_status(key=payout.key)
    except gateways.GatewayUnreachable:
        log.warning("payout_status_unreachable", extra={"payout": payout.public_id})
        return payout
    if status.state == "unknown":
        return _resend(payout)
    return follow(payout, status)


def follow(payout: Payout, status: Status) -> Payout:
    """Make our books say what the gateway says about a payout; again changes nothing."""
    if status.external_ref and payout.external_ref != status.external_ref:
        Payout.objects.filter(pk=payout.pk).update(external_ref=status.external_ref)
        payout.external_ref = status.external_ref
    try:
        if status.state == "done":
            settle(payout)
        elif status.state == "failed":
            fail(payout, code=status.code)
        elif status.state == "returned":
            take_back(payout, code=status.code)
    except errors.Lost:  # another process followed the same answer first
        log.info("payout_followed_elsewhere", extra={"payout": payout.public_id})
    return payout


@transaction.atomic
def settle(payout: Payout) -> None:
    """The gateway paid: the money has left. Does nothing for a paid one; raises Lost for one that was reversed."""
    if payout.state == PayoutState.PAID:
        return
    swap(payout, PayoutState.PAID, paid_at=clock.now())
    _book_paid(payout)
    audit.record("payments:payout:paid", payout.public_id, actor=None, amount=payout.amount_micros)
    tell(payout, "payout_paid")


@transaction.atomic
def fail(payout: Payout, *, code: str) -> None:
    """The gateway refused: everything is due to the worker again. Raises Lost when it is not on its way."""
    swap(payout, PayoutState.FAILED, failure_code=code, reversed_at=clock.now())
    _reverse(payout)
    tell(payout, "payout_failed")


@transaction.atomic
def take_back(payout: Payout, *, code: str) -> None:
    """The bank sent the money back: due to the worker again. Raises Lost as `fail`.

    It went out and came in again, also where we never saw it out: both are booked, as the gateway shows both.
    """
    now = clock.now()
    swap(payout, PayoutState.RETURNED, failure_code=code, paid_at=payout.paid_at or now, reversed_at=now)
    _book_paid(payout)
    ledger.reverse(
        Transaction.objects.get(kind="payout_paid", reference=payout.public_id), "payout_paid_reversed"
    )
    _reverse(payout)
    tell(payout, "payout_returned")


def _clearing_of(payout: Payout) -> str:
    """Where the money is booked out of: a line of the bank pays a whole file, which lies at `runs` in between."""
    return "runs" if payout.gateway == "bank" else payout.gateway


def _book_paid(payout: Payout) -> None:
    transit = ledger.account(AccountKind.PAYOUT_IN_TRANSIT, user=payout.user)
    clearing = ledger.account(AccountKind.GATEWAY_CLEARING, gateway=_clearing_of(payout))
    ledger.post(
        "payout_paid", payout.public_id, [(transit, -payout.amount_micros), (clearing, payout.amount_micros)]
    )


def _reverse(payout: Payout) -> None:
    ledger.reverse(Transaction.objects.get(kind="payout", reference=payout.public_id), "payout_reversed")
    audit.record(f"payments:payout:{payout.state}", payout.public_id, actor=None, amount=payout.amount_micros)


def _call(payout: Payout, payee: Payee | None) -> Payout:
    """One call with the payout's key, outside any transaction."""
    gateway = gateways.by_name(payout.gateway)
    if payee is None:  # erased since it was asked for
        return _not_sent(payout, "payee_missing")
    where = Destination(holder=payee.account_holder, iban=payee.iban, country=payee.country)
    try:
        status = gateway.send_payout(key=payout.key, amount_micros=payout.amount_micros, destination=where)
    except gateways.GatewayUnreachable:
        log.warning("payout_call_unanswered", extra={"payout": payout.public_id})
        return payout
    except gateways.GatewayRefused as refusal:
        return _not_sent(payout, refusal.code)
    return follow(payout, status)


def _not_sent(payout: Payout, code: str) -> Payout:
    """A clear no to the first call means nothing went out; after that, only if the gateway knows nothing of the key."""
    if payout.tries > 1:
        try:
            status = gateways.by_name(payout.gateway).payout_status(key=payout.key)
        except gateways.GatewayUnreachable:
            return payout
        if status.state != "unknown":
            return follow(payout, status)
    return follow(payout, Status("failed", code=code))


def _resend(payout: Payout) -> Payout:
    """The gateway never heard of it: call again with the same key, or give up once keys are forgotten.

    Gateways keep idempotency keys for a day. After PAYOUT_RESEND_FOR the money goes back to the worker,
    and what is due is paid out under a new key.
    """
    now = clock.now()
    if payout.state != PayoutState.SENT or payout.tried_at is None or payout.sent_at is None:
        return payout
    if now - payout.tried_at < settings.PAYOUT_RETRY_AFTER:
        return payout  # the first call may still be under way
    if now - payout.sent_at > settings.PAYOUT_RESEND_FOR:
        return follow(payout, Status("failed", code="never_arrived"))
    payee = Payee.objects.filter(user_id=payout.user_id).first()
    if payee and payee.destination_changed_at and payee.destination_changed_at > payout.sent_at:
        return payout  # never on to another account: it comes back as never arrived, and is paid out anew
    # One process alone makes this call: the one that moves `tried_at`.
    ours = Payout.objects.filter(pk=payout.pk, state=PayoutState.SENT, tried_at=payout.tried_at)
    if not ours.update(tried_at=now, tries=F("tries") + 1):
        return payout
    payout.refresh_from_db()
    return _call(payout, payee)
