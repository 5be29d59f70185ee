"""Money an organisation brings in: started, then settled, failed or cancelled by what the gateway says."""

import logging

from django.conf import settings
from django.db import transaction

from marketplace.base import audit, clock, clockwork, errors, formats, money, notices, switches
from marketplace.base.models import Organisation, User
from payments import gateways
from payments.errors import AmountTooLarge, AmountTooSmall, GatewayAway, NotWholeCents
from payments.models import DEPOSIT_MOVES, AccountKind, Deposit, DepositState
from payments.services import ledger

log = logging.getLogger(__name__)


def start(*, organisation: Organisation, amount_micros: int, actor: User, gateway_name: str = "") -> Deposit:
    """A deposit with the address of the page where it is paid (`pay_url`).

    `gateway_name` is one of DEPOSIT_GATEWAYS, the first of them when left out. Commits the row, asks the
    gateway, commits its answer: must not be inside a transaction. Raises SwitchedOff, AmountTooSmall,
    AmountTooLarge, NotWholeCents, or GatewayAway when the gateway does not answer (nothing was charged; the
    row is cancelled by the clock if nobody pays).
    """
    switches.require("deposits")
    _check_amount(amount_micros)
    offered = {gateway.name: gateway for gateway in gateways.for_deposits()}
    gateway = offered.get(gateway_name) or next(iter(offered.values()))
    with transaction.atomic(durable=True):
        deposit = Deposit.objects.create(
            organisation=organisation, amount_micros=amount_micros, gateway=gateway.name, created_by=actor
        )
        audit.record(
            "payments:deposit:start",
            deposit.public_id,
            actor=actor,
            organisation_id=organisation.pk,
            amount=amount_micros,
        )
    return open_page(deposit)


def open_page(deposit: Deposit) -> Deposit:
    """Ask the gateway for the pay page, or for the same page again. Raises GatewayAway."""
    try:
        page = gateways.by_name(deposit.gateway).deposit_page(
            key=deposit.public_id, amount_micros=deposit.amount_micros
        )
    except gateways.GatewayUnreachable:
        log.warning("deposit_page_unreachable", extra={"deposit": deposit.public_id})
        raise GatewayAway from None
    except gateways.GatewayRefused as refusal:
        end(deposit, DepositState.FAILED, code=refusal.code)
        raise GatewayAway from None
    with transaction.atomic(durable=True):
        Deposit.objects.filter(pk=deposit.pk).update(external_ref=page.external_ref, pay_url=page.url)
    deposit.external_ref, deposit.pay_url = page.external_ref, page.url
    return deposit


@transaction.atomic
def settle(deposit: Deposit) -> bool:
    """Add a deposit that the gateway has received to the organisation's funds; once. True when this call did it.

    Raises Lost when the deposit had failed or was cancelled before.
    """
    if not _move(deposit, DepositState.SETTLED):
        if deposit.state == DepositState.SETTLED:
            return False
        raise errors.Lost
    clearing = ledger.account(AccountKind.GATEWAY_CLEARING, gateway=deposit.gateway)
    funds = ledger.account(AccountKind.ORGANISATION_AVAILABLE, organisation=deposit.organisation)
    ledger.post(
        "deposit",
        deposit.public_id,
        [(clearing, -deposit.amount_micros), (funds, deposit.amount_micros)],
        actor=deposit.created_by,
    )
    _tell(deposit, "deposit_settled")
    return True


@transaction.atomic
def end(deposit: Deposit, state: str, *, code: str = "") -> bool:
    """Close a deposit that brought nothing: `state` is failed or cancelled. True when this call did it."""
    if not _move(deposit, state, code=code):
        return False
    if state == DepositState.FAILED:
        _tell(deposit, "deposit_failed")
    return True


def refresh(deposit: Deposit) -> Deposit:
    """Ask the gateway what became of a started deposit, and follow it. No answer changes nothing."""
    if deposit.state != DepositState.STARTED:
        return deposit
    try:
        status = gateways.by_name(deposit.gateway).deposit_status(key=deposit.public_id)
    except gateways.GatewayUnreachable:
        log.warning("deposit_status_unreachable", extra={"deposit": deposit.public_id})
        return deposit
    if status.state == "done":
        settle(deposit)
    elif status.state == "failed":
        end(deposit, DepositState.FAILED, code=status.code)
    elif (
        status.state in {"expired", "unknown"}
        and clock.now() - deposit.created_at > settings.DEPOSIT_OPEN_FOR
    ):
        end(deposit, DepositState.CANCELLED)
    return deposit


def refresh_started(*, limit: int = 500) -> dict[str, int]:
    """Follow any `limit` of the deposits under way; figures {looked_at, settled}.

    Not the oldest: pages that nobody pays would keep the paid ones waiting.
    """
    chosen = list(Deposit.objects.filter(state=DepositState.STARTED).order_by("?")[:limit])
    settled = clockwork.each(chosen, lambda deposit: refresh(deposit).state == DepositState.SETTLED)
    return {"looked_at": len(chosen), "settled": settled}


def least() -> int:
    """The smallest deposit, in micros."""
    return money.from_decimal(settings.DEPOSIT_MINIMUM_EUR)


def most() -> int:
    """The greatest deposit, in micros."""
    return money.from_decimal(settings.DEPOSIT_MAXIMUM_EUR)


def _check_amount(amount_micros: int) -> None:
    if amount_micros < least():
        raise AmountTooSmall(least=formats.eur(least()))
    if amount_micros > most():
        raise AmountTooLarge(most=formats.eur(most()))
    if amount_micros % money.CENT:
        raise NotWholeCents


def _move(deposit: Deposit, state: str, *, code: str = "") -> bool:
    """Compare and swap; leaves the present state in `deposit` either way."""
    sources = [old for old, targets in DEPOSIT_MOVES.items() if state in targets]
    moved = Deposit.objects.filter(pk=deposit.pk, state__in=sources).update(
        state=state, ended_at=clock.now(), failure_code=code
    )
    deposit.refresh_from_db(fields=["state", "ended_at", "failure_code"])
    if moved:
        audit.record(
            f"payments:deposit:{state}",
            deposit.public_id,
            actor=None,
            organisation_id=deposit.organisation_id,
        )
    return bool(moved)


def _tell(deposit: Deposit, kind: str) -> None:
    if deposit.created_by_id is None:
        return
    notices.tell_member(
        deposit.created_by_id,
        kind,
        deposit.public_id,
        organisation_id=deposit.organisation_id,
        deposit=deposit.public_id,
        amount=deposit.amount_micros,
    )
