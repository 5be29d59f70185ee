"""Unspent money of an organisation on its way back to where it came from.

As payouts: rows and their ledger facts first (committed), then a call with the row's own key, then what the gateway
says. No answer is never a failure. Refunds of a gateway that is not called wait for a file (`services.runs`), which
ends them by `settle` and `fail`.
"""

import logging
from collections.abc import Sequence

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet, Sum

from marketplace.base import audit, clock, clockwork, errors, formats, ids, money, notices, switches
from marketplace.base.models import Organisation, User
from payments import gateways
from payments.errors import DisputeOpen, LossOwed, NothingToRefund, NotWholeCents
from payments.gateways import Refunds, Status
from payments.models import (
    REFUND_MOVES,
    AccountKind,
    Chargeback,
    ChargebackState,
    Deposit,
    DepositState,
    PartState,
    PayoutPart,
    Refund,
    RefundState,
    Transaction,
)
from payments.services import frozen, holdings, ledger

log = logging.getLogger(__name__)


def refundable(deposits: Sequence[Deposit]) -> dict[int, int]:
    """What can still be sent back of each settled deposit's payment, in micros by number: the amount, less what went
    back, what funded workers' transfers, and what its bank took or disputes; nothing of one that never came."""
    numbers = [deposit.pk for deposit in deposits]
    gone: dict[int, int] = dict.fromkeys(numbers, 0)
    for rows in (
        Refund.objects.exclude(state=RefundState.FAILED),
        PayoutPart.objects.exclude(state__in=[PartState.REFUSED, PartState.REVERSED]),
        Chargeback.objects.exclude(state=ChargebackState.WON),
    ):
        sums = rows.filter(deposit__in=numbers).values("deposit").annotate(n=Sum("amount_micros"))
        for row in sums:
            gone[row["deposit"]] += row["n"]
    never = never_came()
    return {
        deposit.pk: 0 if deposit.pk in never else max(0, deposit.amount_micros - gone[deposit.pk])
        for deposit in deposits
    }


def never_came() -> set[int]:
    """The numbers of deposits that were booked and taken back (`taking_back`): nothing is paid out of them."""
    rows = Transaction.objects.filter(kind="deposit_taken_back").values_list("reference", flat=True)
    return {ids.decode("dep", reference) for reference in rows}


def most(organisation: Organisation) -> int:
    """What the organisation can ask back now, in micros: what is free, and can be sent back to where it came from."""
    if frozen.is_disputed(organisation) or frozen.owed(organisation):
        return 0
    back = sum(refundable(list(_settled(organisation))).values())
    return money.whole_cents(min(holdings.available(organisation), back))


def start(*, organisation: Organisation, amount_micros: int, actor: User) -> list[Refund]:
    """Pay an amount back: refunds of the newest deposits, as many as it takes, sent at once where they can be.

    (Transfers to workers use up the oldest first.) Must not be inside a transaction. Raises SwitchedOff, NotWholeCents,
    DisputeOpen, LossOwed, NothingToRefund with the most there is.
    """
    switches.require("payouts")
    if amount_micros <= 0 or amount_micros % money.CENT:
        raise NotWholeCents
    with transaction.atomic(durable=True):
        made = _make(organisation, amount_micros, actor)
    for refund in made:
        send(refund)
    return made


def _settled(organisation: Organisation) -> QuerySet[Deposit]:
    return Deposit.objects.filter(organisation=organisation, state=DepositState.SETTLED).order_by("-pk")


def _make(organisation: Organisation, amount_micros: int, actor: User) -> list[Refund]:
    funds = ledger.account(AccountKind.ORGANISATION_AVAILABLE, organisation=organisation)
    transit = ledger.account(AccountKind.REFUND_IN_TRANSIT, organisation=organisation)
    free = ledger.lock([funds, transit])[funds.pk]
    if frozen.is_disputed(organisation):
        raise DisputeOpen
    if owed := frozen.owed(organisation):
        raise LossOwed(owed=formats.eur(owed))
    # Locked as everybody locks them, by number; used up the newest first.
    rows = _settled(organisation).order_by("pk").select_for_update(no_key=True, of=("self",))
    deposits = list(rows)[::-1]
    left = refundable(deposits)
    can = money.whole_cents(min(free, sum(left.values())))
    if amount_micros > can:
        raise NothingToRefund(most=formats.eur(can))
    made = []
    for deposit in deposits:
        part = min(amount_micros, left[deposit.pk])
        if part:
            made.append(_write(deposit, part, actor, [(funds, -part), (transit, part)]))
            amount_micros -= part
    return made


def _write(deposit: Deposit, amount_micros: int, actor: User, entries: Sequence[ledger.Part]) -> Refund:
    refund = Refund.objects.create(
        organisation=deposit.organisation,
        deposit=deposit,
        amount_micros=amount_micros,
        gateway=deposit.gateway,
        created_by=actor,
    )
    ledger.post("refund", refund.public_id, entries, actor=actor)
    audit.record(
        "payments:refund:start", refund.public_id, actor=actor,
        organisation_id=deposit.organisation_id, amount=amount_micros, deposit=deposit.public_id,
    )  # fmt: skip
    return refund


# --- The gateway -------------------------------------------------------------------------------------------------


def caller(refund: Refund) -> Refunds | None:
    """The gateway that sends it when called; None where it waits for a file."""
    gateway = gateways.by_name(refund.gateway)
    return gateway if isinstance(gateway, Refunds) else None


def send(refund: Refund) -> Refund:
    """Call the gateway for a refund that nobody called for yet; whoever writes `tried_at` first makes the call."""
    if caller(refund) is None:
        return refund
    ours = Refund.objects.filter(pk=refund.pk, state=RefundState.STARTED, tried_at=refund.tried_at)
    with transaction.atomic(durable=True):
        if not ours.update(tried_at=clock.now(), tries=F("tries") + 1):
            return refund
    refund.refresh_from_db()
    return _call(refund)


def _call(refund: Refund) -> Refund:
    gateway = caller(refund)
    assert gateway is not None
    try:
        status = gateway.send_refund(
            key=refund.public_id,
            amount_micros=refund.amount_micros,
            charge_ref=refund.deposit.charge_ref or "",
        )
    except gateways.GatewayUnreachable:
        log.warning("refund_call_unanswered", extra={"refund": refund.public_id})
        return refund
    except gateways.GatewayRefused as refusal:
        # Believed of a first call; of a later one only if the gateway knows nothing of the key.
        known = _ask(refund) if refund.tries > 1 else Status("unknown")
        if known is None:
            return refund
        return follow(refund, known if known.state != "unknown" else Status("failed", code=refusal.code))
    return follow(refund, status)


def _ask(refund: Refund) -> Status | None:
    gateway = caller(refund)
    if gateway is None:
        return None
    try:
        return gateway.refund_status(
            key=refund.public_id,
            charge_ref=refund.deposit.charge_ref or "",
            external_ref=refund.external_ref or "",
        )
    except gateways.GatewayUnreachable:
        log.warning("refund_status_unreachable", extra={"refund": refund.public_id})
        return None


def refresh(refund: Refund) -> Refund:
    """Ask the gateway what became of a refund, and follow it: also of a settled one, since banks send money back."""
    if refund.state == RefundState.FAILED:
        return refund
    if refund.state == RefundState.STARTED and refund.tried_at is None:
        return send(refund)
    status = _ask(refund)
    if status is None:
        return refund
    return _again(refund) if status.state == "unknown" else follow(refund, status)


def _again(refund: Refund) -> Refund:
    """The gateway never heard of it: call again with the same key while it would know it, then give the money back."""
    now = clock.now()
    if refund.state != RefundState.STARTED or refund.tried_at is None:
        return refund
    if now - refund.tried_at < settings.PAYOUT_RETRY_AFTER:
        return refund  # the call may still be under way
    if now - refund.created_at > settings.PAYOUT_RESEND_FOR:
        return follow(refund, Status("failed", code="never_arrived"))
    return send(refund)


def refresh_started(*, limit: int = 500) -> dict[str, int]:
    """Follow any `limit` of the refunds under way; figures {looked_at, ended}."""
    files = [name for name in gateways.names() if not isinstance(gateways.by_name(name), Refunds)]
    rows = Refund.objects.filter(state=RefundState.STARTED).exclude(gateway__in=files)
    chosen = list(rows.select_related("deposit").order_by("?")[:limit])
    ended = clockwork.each(chosen, lambda refund: refresh(refund).state != RefundState.STARTED)
    return {"looked_at": len(chosen), "ended": ended}


def follow(refund: Refund, status: Status) -> Refund:
    """Make our books say what the gateway says about a refund; again changes nothing.

    What the gateway took for it is booked when it took it, which may be days before the bank has it.
    """
    if status.external_ref and refund.external_ref != status.external_ref:
        Refund.objects.filter(pk=refund.pk).update(external_ref=status.external_ref)
        refund.external_ref = status.external_ref
    try:
        if status.state == "done":
            settle(refund)
        elif status.state == "returned":
            fail(refund, code=status.code, moved=True)
        elif status.state == "failed" and (status.put_back or not status.taken):
            fail(refund, code=status.code, moved=status.taken)
        elif status.taken:
            with transaction.atomic():
                _post_paid(refund, refund.gateway)
    except errors.Lost:  # another process followed the same answer first
        log.info("refund_followed_elsewhere", extra={"refund": refund.public_id})
    return refund


@transaction.atomic
def settle(refund: Refund, *, clearing: str = "") -> None:
    """It was paid back; again does nothing. `clearing` is the gateway whose money left, where it is not the refund's
    own (money that left in a file). Raises Lost for one that failed."""
    if refund.state == RefundState.SETTLED:
        return
    _swap(refund, RefundState.SETTLED)
    _post_paid(refund, clearing or refund.gateway)
    _tell(refund, "refund_settled")


@transaction.atomic
def fail(refund: Refund, *, code: str, moved: bool = False) -> None:
    """It did not arrive, or came back: the money is in the organisation's funds again. `moved`: the gateway had taken
    it, and put it back. Raises Lost for one that failed before."""
    _swap(refund, RefundState.FAILED, failure_code=code)
    if moved:
        _post_paid(refund, refund.gateway)
    paid = Transaction.objects.filter(kind="refund_paid", reference=refund.public_id).first()
    if paid is not None:
        ledger.reverse(paid, "refund_paid_reversed")
    started = Transaction.objects.get(kind="refund", reference=refund.public_id)
    ledger.reverse(started, "refund_reversed")
    _tell(refund, "refund_failed")
    frozen.absorb(refund.organisation)


def _post_paid(refund: Refund, clearing: str) -> None:
    if ledger.known(["refund_paid"], [refund.public_id]):
        return
    transit = ledger.account(AccountKind.REFUND_IN_TRANSIT, organisation=refund.organisation)
    lies = ledger.account(AccountKind.GATEWAY_CLEARING, gateway=clearing)
    entries = [(transit, -refund.amount_micros), (lies, refund.amount_micros)]
    ledger.post("refund_paid", refund.public_id, entries)


def _swap(refund: Refund, state: str, **columns: object) -> None:
    sources = [old for old, targets in REFUND_MOVES.items() if state in targets]
    moved = Refund.objects.filter(pk=refund.pk, state__in=sources).update(
        state=state, ended_at=clock.now(), **columns
    )
    refund.refresh_from_db()
    if not moved:
        raise errors.Lost
    audit.record(
        f"payments:refund:{state}", refund.public_id, actor=None,
        organisation_id=refund.organisation_id, amount=refund.amount_micros,
    )  # fmt: skip


def _tell(refund: Refund, kind: str) -> None:
    notices.tell_member(
        refund.created_by_id,
        kind,
        refund.public_id,
        organisation_id=refund.organisation_id,
        refund=refund.public_id,
        amount=refund.amount_micros,
    )
