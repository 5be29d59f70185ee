"""Sending the parts of payouts and following what becomes of each (DESIGN law 7, ADR 51).

A part is marked sent before its call, so that one process alone makes it; its key is `pay_…:1`. No answer is never a
failure: the transfer is looked for by payout and key, and sent again under the same key for as long as the gateway
remembers keys. Rows are locked payout first, then its parts.
"""

import logging

from django.conf import settings
from django.db import transaction
from django.db.models import F

from marketplace.base import audit, clock, clockwork, errors, notices
from payments import gateways
from payments.gateways import ACCOUNT_NOT_READY, SOURCE_SHORT, Status, Transfers
from payments.models import (
    PART_MOVES,
    AccountKind,
    ConnectedAccount,
    PartState,
    Payout,
    PayoutPart,
    PayoutState,
    Transaction,
)
from payments.services import connected, ledger, parts
from payments.services.payouts import swap

log = logging.getLogger(__name__)
NEVER_ARRIVED = "never_arrived"
# After these a part's money is cut anew out of other charges; after any other refusal it is due to the worker again.
_CUT_ANEW = frozenset({SOURCE_SHORT, NEVER_ARRIVED})


def run(gateway: str, *, limit: int = 500) -> dict[str, int]:
    """Cut what waits into parts and send every part that was not sent yet; figures {cut, sent, lost}.

    Killed anywhere, the next run goes on where this one stopped. Must not be inside a transaction.
    """
    for payout in parts.stopped(gateway):
        if payout.user_id not in connected.ready([payout.user_id]):
            give_up(payout)
    figures = {"cut": parts.allocate(gateway, limit=limit), "sent": 0, "lost": 0}
    waiting = PayoutPart.objects.filter(state=PartState.WAITING, payout__gateway=gateway)
    for part in waiting.select_related("payout", "deposit").order_by("pk")[:limit]:
        try:
            send(part)
            figures["sent"] += 1
        except errors.Lost:  # another process sent it in this instant
            figures["lost"] += 1
    return figures


def send(part: PayoutPart) -> PayoutPart:
    """Hand one part to the gateway. Must not be inside a transaction. Raises Lost when it does not wait any more."""
    now = clock.now()
    with transaction.atomic(durable=True):
        _swap(part, PartState.SENT, sent_at=now, tried_at=now, tries=1)
        account = ConnectedAccount.objects.filter(user_id=part.payout.user_id).first()
    if account is None or not account.can_be_paid:
        return follow(part, Status("failed", code=ACCOUNT_NOT_READY))
    return _call(part, account)


def reconcile(*, limit: int = 1000) -> dict[str, int]:
    """Ask about parts without an answer and follow it; figures {looked_at, ended}. Any `limit` of them."""
    rows = PayoutPart.objects.filter(state=PartState.SENT).select_related("payout", "deposit")
    chosen = list(rows.order_by("?")[:limit])
    ended = clockwork.each(chosen, lambda part: refresh(part).state != PartState.SENT)
    return {"looked_at": len(chosen), "ended": ended}


def refresh(part: PayoutPart) -> PayoutPart:
    """Ask the gateway what became of a part, and follow it. No answer changes nothing."""
    if part.state not in {PartState.SENT, PartState.DONE}:
        return part
    payout = part.payout
    try:
        status = _gateway(payout).part_status(key=part.key, group=payout.public_id)
    except gateways.GatewayUnreachable:
        log.warning("part_status_unreachable", extra={"part": part.key})
        return part
    if status.state == "unknown":
        return _resend(part)
    return follow(part, status)


def refresh_all(payout: Payout) -> Payout:
    """`refresh` for every part of a payout."""
    for part in payout.parts.select_related("payout", "deposit").order_by("position"):
        refresh(part)
    payout.refresh_from_db()
    return payout


def follow(part: PayoutPart, status: Status) -> PayoutPart:
    """Make our books say what the gateway says about a part; again changes nothing."""
    try:
        if status.state in {"done", "returned"}:
            settle(part, reference=status.external_ref)
        if status.state == "returned":
            take_back(part)
        if status.state == "failed":
            refuse(part, code=status.code)
    except errors.Lost:  # another process followed the same answer first
        log.info("part_followed_elsewhere", extra={"part": part.key})
    return part


@transaction.atomic
def settle(part: PayoutPart, *, reference: str) -> None:
    """The transfer is there. Does nothing for a part that is done or was taken back; raises Lost for a refused one."""
    payout = _locked(part)
    if part.state in {PartState.DONE, PartState.REVERSED}:
        return
    _swap(part, PartState.DONE, external_ref=reference, ended_at=clock.now())
    transit = ledger.account(AccountKind.PAYOUT_IN_TRANSIT, user=payout.user)
    clearing = ledger.account(AccountKind.GATEWAY_CLEARING, gateway=payout.gateway)
    ledger.post("payout_paid", part.key, [(transit, -part.amount_micros), (clearing, part.amount_micros)])
    audit.record("payments:part:done", part.key, actor=None, amount=part.amount_micros)
    _finish(payout)


@transaction.atomic
def refuse(part: PayoutPart, *, code: str) -> None:
    """The gateway won't do it, and did nothing. Raises Lost when the part is not on its way."""
    payout = _locked(part)
    _swap(part, PartState.REFUSED, failure_code=code[:60], ended_at=clock.now())
    audit.record("payments:part:refused", part.key, actor=None, code=code[:60])
    _finish(payout)


@transaction.atomic
def take_back(part: PayoutPart) -> None:
    """The transfer was taken back whole: its money is due to the worker again. Does nothing when that is known."""
    payout = _locked(part)
    if part.state == PartState.REVERSED:
        return
    _swap(part, PartState.REVERSED, ended_at=clock.now())
    paid = Transaction.objects.get(kind="payout_paid", reference=part.key)
    ledger.reverse(paid, "payout_paid_reversed")
    _due_again(payout, part.key, part.amount_micros)
    audit.record("payments:part:reversed", part.key, actor=None, amount=part.amount_micros)
    if payout.state == PayoutState.SENT:
        _finish(payout)
    elif payout.back_micros == payout.amount_micros:
        swap(payout, PayoutState.RETURNED, reversed_at=clock.now(), back_micros=payout.amount_micros)
        _tell(payout, "payout_returned", payout.public_id, payout.amount_micros)
    else:
        _tell(payout, "payout_part_back", part.key, part.amount_micros)


@transaction.atomic
def give_up(payout: Payout) -> None:
    """What no part stands for can't be sent at present: due to the worker again, and the payout ends."""
    locked = Payout.objects.select_for_update(no_key=True).get(pk=payout.pk)
    if locked.state == PayoutState.SENT and locked.waits_for:
        _finish(locked, code=ACCOUNT_NOT_READY)


def _finish(payout: Payout, *, code: str = "") -> None:
    """End a payout whose parts have all ended, or say that it waits for money. Its row is locked.

    `code`: why what is missing will not be sent; otherwise the refusals of its parts say.
    """
    rows = list(payout.parts.values_list("state", "amount_micros", "failure_code"))
    if any(state in {PartState.WAITING, PartState.SENT} for state, _, _ in rows):
        return
    done = sum(micros for state, micros, _ in rows if state == PartState.DONE)
    reversed_ = sum(micros for state, micros, _ in rows if state == PartState.REVERSED)
    missing = payout.amount_micros - done - reversed_
    final = code or next((why for _, _, why in rows if why and why not in _CUT_ANEW), "")
    if missing and not final:
        Payout.objects.filter(pk=payout.pk).update(waits_for="funds")
        payout.waits_for = "funds"
    elif missing == payout.amount_micros:
        swap(payout, PayoutState.FAILED, failure_code=final, reversed_at=clock.now(), waits_for="")
        whole = Transaction.objects.get(kind="payout", reference=payout.public_id)
        ledger.reverse(whole, "payout_reversed")
        _ended(payout, "payout_failed", payout.amount_micros)
    else:
        _end_in_parts(payout, done, missing, final)


def _end_in_parts(payout: Payout, done: int, missing: int, code: str) -> None:
    """The payout is over, and something of it arrived at some time."""
    if missing:
        _due_again(payout, f"{payout.public_id}:rest", missing)
    now = clock.now()
    if done:
        swap(payout, PayoutState.PAID, paid_at=now, failure_code=code, waits_for="")
        _ended(payout, "payout_paid", done)
        if missing:
            _tell(payout, "payout_part_back", f"{payout.public_id}:rest", missing)
    else:
        ended = {"reversed_at": now, "back_micros": payout.amount_micros}
        swap(payout, PayoutState.RETURNED, failure_code=code, waits_for="", **ended)
        _ended(payout, "payout_returned", payout.amount_micros)


def _due_again(payout: Payout, reference: str, micros: int) -> None:
    """Give a part of a payout back to what is due to its worker."""
    transit = ledger.account(AccountKind.PAYOUT_IN_TRANSIT, user=payout.user)
    payable = ledger.account(AccountKind.WORKER_PAYABLE, user=payout.user)
    ledger.post("payout_reversed", reference, [(transit, -micros), (payable, micros)])
    back = payout.back_micros + micros
    if back < payout.amount_micros or payout.state == PayoutState.RETURNED:
        Payout.objects.filter(pk=payout.pk).update(back_micros=back)
    payout.back_micros = back


def _ended(payout: Payout, kind: str, micros: int) -> None:
    audit.record(f"payments:payout:{payout.state}", payout.public_id, actor=None, amount=micros)
    _tell(payout, kind, payout.public_id, micros)


def _tell(payout: Payout, kind: str, key: str, micros: int) -> None:
    """Tell the worker what became of `micros` of a payout."""
    notices.tell(payout.user_id, kind, key, payout=payout.public_id, amount=micros)


def _locked(part: PayoutPart) -> Payout:
    """The payout of a part, both as they are now, the payout's row locked."""
    part.payout = Payout.objects.select_for_update(no_key=True).get(pk=part.payout_id)
    part.refresh_from_db(fields=["state", "external_ref", "tries", "tried_at", "sent_at", "ended_at"])
    return part.payout


def _swap(part: PayoutPart, state: str, **columns: object) -> None:
    """Compare and swap. Raises Lost when somebody moved it first."""
    sources = [old for old, targets in PART_MOVES.items() if state in targets]
    if not PayoutPart.objects.filter(pk=part.pk, state__in=sources).update(state=state, **columns):
        raise errors.Lost
    part.refresh_from_db(fields=["state", *columns])


def _call(part: PayoutPart, account: ConnectedAccount) -> PayoutPart:
    """One call with the part's key, outside any transaction."""
    payout = part.payout
    assert account.account_ref and part.deposit.charge_ref
    try:
        status = _gateway(payout).send_part(
            key=part.key,
            group=payout.public_id,
            amount_micros=part.amount_micros,
            account_ref=account.account_ref,
            charge_ref=part.deposit.charge_ref,
        )
    except gateways.GatewayUnreachable:
        log.warning("part_call_unanswered", extra={"part": part.key})
        return part
    except gateways.GatewayRefused as refusal:
        part = _not_sent(part, refusal.code)
        if refusal.code == ACCOUNT_NOT_READY:  # we believed it was: learn what it is now
            connected.refresh(account)
        return part
    return follow(part, status)


def _not_sent(part: PayoutPart, code: str) -> PayoutPart:
    """A clear no to the first call means nothing went out; after that, only if the gateway knows no such transfer."""
    if part.tries > 1:
        try:
            status = _gateway(part.payout).part_status(key=part.key, group=part.payout.public_id)
        except gateways.GatewayUnreachable:
            return part
        if status.state != "unknown":
            return follow(part, status)
    return follow(part, Status("failed", code=code))


def _resend(part: PayoutPart) -> PayoutPart:
    """The gateway knows no such transfer: call again under the same key, or give up once keys are forgotten.

    After PAYOUT_RESEND_FOR nothing is sent again under it: the search just now has decided, and the money is cut anew.
    """
    now = clock.now()
    if part.state != PartState.SENT or part.tried_at is None or part.sent_at is None:
        return part
    if now - part.tried_at < settings.PAYOUT_RETRY_AFTER:
        return part  # the call may still be under way
    if now - part.sent_at > settings.PAYOUT_RESEND_FOR:
        return follow(part, Status("failed", code=NEVER_ARRIVED))
    account = ConnectedAccount.objects.filter(user_id=part.payout.user_id).first()
    if account is None or account.account_ref is None:
        return part  # never on to another account: it comes back as never arrived
    # One process alone makes this call: the one that moves `tried_at`.
    ours = PayoutPart.objects.filter(pk=part.pk, state=PartState.SENT, tried_at=part.tried_at)
    if not ours.update(tried_at=now, tries=F("tries") + 1):
        return part
    part.refresh_from_db(fields=["tried_at", "tries"])
    return _call(part, account)


def _gateway(payout: Payout) -> Transfers:
    found = gateways.by_name(payout.gateway)
    assert isinstance(found, Transfers)
    return found
