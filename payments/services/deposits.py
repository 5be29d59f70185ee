"""Money an organisation brings in: started, then settled, failed or cancelled by what the gateway says."""

import logging
from collections.abc import Sequence
from dataclasses import replace

from django.conf import settings
from django.db import transaction

from marketplace.base import audit, clock, clockwork, errors, formats, money, notices, switches
from marketplace.base.models import Membership, Organisation, Role, User
from payments import gateways
from payments.errors import AmountTooLarge, AmountTooSmall, GatewayAway, NoSuchWay, NotWholeCents
from payments.gateways import Gateway, Payer, Status
from payments.models import DEPOSIT_MOVES, AccountKind, Deposit, DepositState
from payments.services import frozen, ledger, payers

log = logging.getLogger(__name__)


def offered() -> Sequence[Gateway]:
    """The gateways with a page to pay on, the one to offer first in front. (Bank transfers need no start.)"""
    return [gateway for gateway in gateways.for_deposits() if gateway.deposit_style == "page"]


def start(
    *,
    organisation: Organisation,
    amount_micros: int,
    actor: User,
    gateway_name: str = "",
    keep_method: bool = False,
) -> Deposit:
    """A deposit with the address of the page where it is paid (`pay_url`).

    `gateway_name` is one of `offered`, the first of them when left out; `keep_method`: who pays agrees that the way
    they pay is kept for deposits that make themselves. Commits the row, asks the gateway, commits its answer: not to
    be inside a transaction. Raises SwitchedOff, AmountTooSmall, AmountTooLarge, NotWholeCents, NoSuchWay, GatewayAway
    when the gateway does not answer (nothing was charged; the row is cancelled by the clock if nobody pays).
    """
    switches.require("deposits")
    check_amount(amount_micros)
    names = [gateway.name for gateway in offered()]
    if not names or (gateway_name and gateway_name not in names):
        raise NoSuchWay
    with transaction.atomic(durable=True):
        deposit = Deposit.objects.create(
            organisation=organisation,
            amount_micros=amount_micros,
            gateway=gateway_name or names[0],
            keeps_method=keep_method,
            created_by=actor,
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
    """Ask the gateway for the pay page, or for the same page again. Raises GatewayAway.

    Gateways forget keys after a day: past PAYOUT_RESEND_FOR nothing is made again, what was made is looked for.
    """
    if clock.now() - deposit.created_at > settings.PAYOUT_RESEND_FOR:
        if not refresh(deposit).pay_url:
            raise GatewayAway
        return deposit
    gateway = gateways.by_name(deposit.gateway)
    try:
        page = gateway.deposit_page(
            key=deposit.public_id, amount_micros=deposit.amount_micros, payer=_payer(deposit, gateway)
        )
    except gateways.GatewayUnreachable:
        log.warning("deposit_page_unreachable", extra={"deposit": deposit.public_id})
        raise GatewayAway from None
    except gateways.GatewayRefused as refusal:
        end(deposit, DepositState.FAILED, code=refusal.code)
        raise GatewayAway from None
    _name(deposit, page.external_ref, page.url)
    return deposit


def _payer(deposit: Deposit, gateway: Gateway) -> Payer | None:
    payer = payers.of(deposit.organisation, gateway)
    return replace(payer, keep_method=True) if payer and deposit.keeps_method else payer


def _name(deposit: Deposit, external_ref: str, url: str = "") -> None:
    """Keep the gateway's name for a deposit, and its page. A page that is over stays: it says so itself."""
    news = {"external_ref": external_ref} if external_ref else {}
    news |= {"pay_url": url} if url else {}
    if any(getattr(deposit, column) != value for column, value in news.items()):
        Deposit.objects.filter(pk=deposit.pk).update(**news)
        for column, value in news.items():
            setattr(deposit, column, value)


@transaction.atomic
def settle(deposit: Deposit, *, paid: Status | None = None) -> bool:
    """Add a deposit that the gateway has received to the organisation's funds; once. True when this call did it.

    `paid` is what the gateway said of the payment, its fee among it: booked in the same commit, or later (`book_fee`)
    when the gateway does not know it yet. Raises Lost when the deposit had failed or was cancelled before.
    """
    said = paid or Status("done")
    columns = {
        "method": said.method,
        "charge_ref": said.charge_ref or None,
        "fee_micros": said.fee_micros if said.fee_known else 0,
        "fee_pending": not said.fee_known,
    }
    if not _move(deposit, DepositState.SETTLED, **columns):
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
    post_fee(deposit.gateway, deposit.public_id, deposit.fee_micros)
    tell(deposit, "deposit_settled")
    frozen.absorb(deposit.organisation)
    return True


def post_fee(gateway: str, reference: str, fee_micros: int) -> None:
    """Book what a gateway took for itself. Inside the caller's transaction; nothing for a fee of nothing."""
    if fee_micros:
        costs = ledger.account(AccountKind.GATEWAY_COSTS, gateway=gateway)
        clearing = ledger.account(AccountKind.GATEWAY_CLEARING, gateway=gateway)
        ledger.post("gateway_fee", reference, [(costs, -fee_micros), (clearing, fee_micros)])


@transaction.atomic
def book_fee(deposit: Deposit, fee_micros: int) -> bool:
    """Book a fee that the gateway told after the payment; once."""
    waiting = Deposit.objects.filter(pk=deposit.pk, fee_pending=True)
    if not waiting.update(fee_pending=False, fee_micros=fee_micros):
        return False
    post_fee(deposit.gateway, deposit.public_id, fee_micros)
    return True


@transaction.atomic
def end(deposit: Deposit, state: str, *, code: str = "") -> bool:
    """Close a deposit that brought nothing: `state` is failed or cancelled. True when this call did it."""
    if not _move(deposit, state, failure_code=code):
        return False
    if state == DepositState.FAILED:
        tell(deposit, "deposit_failed")
    return True


def refresh(deposit: Deposit) -> Deposit:
    """Ask the gateway what became of a started deposit, or what a settled one cost, and follow it. No answer changes
    nothing."""
    if deposit.state != DepositState.STARTED and not deposit.fee_pending:
        return deposit
    try:
        status = gateways.by_name(deposit.gateway).deposit_status(
            key=deposit.public_id,
            external_ref=deposit.external_ref or "",
            payer=payers.known(deposit.organisation, deposit.gateway),
        )
    except gateways.GatewayUnreachable:
        log.warning("deposit_status_unreachable", extra={"deposit": deposit.public_id})
        return deposit
    return follow(deposit, status)


def follow(deposit: Deposit, status: Status) -> Deposit:
    """Make our books say what the gateway says about a deposit; again changes nothing."""
    _name(deposit, status.external_ref, status.url)
    # Paid there, and on its way: nothing is left to do on the page, unless it says where a transfer must be sent.
    if status.state == "processing" and deposit.pay_url and not status.url:
        Deposit.objects.filter(pk=deposit.pk).update(pay_url="")
        deposit.pay_url = ""
    if deposit.state == DepositState.SETTLED:
        if status.state == "done" and status.fee_known:
            book_fee(deposit, status.fee_micros)
    elif status.state == "done":
        if status.paid_micros not in {None, deposit.amount_micros}:
            # Never credited by itself: the books would say what did not come. Reconciliation shows a person the charge.
            log.error("deposit_paid_another_amount", extra={"deposit": deposit.public_id})
            return deposit
        settle(deposit, paid=status)
    elif status.state == "failed":
        end(deposit, DepositState.FAILED, code=status.code)
    elif status.state == "expired" or (
        status.state == "unknown" and clock.now() - deposit.created_at > settings.DEPOSIT_OPEN_FOR
    ):
        end(deposit, DepositState.CANCELLED)
    return deposit


def refresh_fees(*, limit: int = 100) -> int:
    """Ask what settled deposits cost, where the gateway did not know it then; how many are booked now."""
    chosen = list(Deposit.objects.filter(fee_pending=True).order_by("?")[:limit])
    return clockwork.each(chosen, _fee_came)


def _fee_came(deposit: Deposit) -> int:
    refresh(deposit)
    return int(not Deposit.objects.filter(pk=deposit.pk, fee_pending=True).exists())


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


def check_amount(amount_micros: int) -> None:
    """Raises AmountTooSmall, AmountTooLarge, NotWholeCents."""
    if amount_micros < least():
        raise AmountTooSmall(least=formats.eur(least()))
    if amount_micros > most():
        raise AmountTooLarge(most=formats.eur(most()))
    if amount_micros % money.CENT:
        raise NotWholeCents


def _move(deposit: Deposit, state: str, **columns: object) -> bool:
    """Compare and swap; shows the row as it is now in `deposit` either way."""
    sources = [old for old, targets in DEPOSIT_MOVES.items() if state in targets]
    moved = Deposit.objects.filter(pk=deposit.pk, state__in=sources).update(
        state=state, ended_at=clock.now(), **columns
    )
    deposit.refresh_from_db()
    if moved:
        audit.record(
            f"payments:deposit:{state}",
            deposit.public_id,
            actor=None,
            organisation_id=deposit.organisation_id,
        )
    return bool(moved)


def tell(deposit: Deposit, kind: str) -> None:
    """Who started it hears of it; of one that nobody started, the organisation's oldest owner."""
    owners = Membership.objects.filter(organisation=deposit.organisation, role=Role.OWNER).order_by("pk")
    who = deposit.created_by_id or owners.values_list("user_id", flat=True).first()
    if who is None:
        return
    notices.tell_member(
        who,
        kind,
        deposit.public_id,
        organisation_id=deposit.organisation_id,
        deposit=deposit.public_id,
        amount=deposit.amount_micros,
    )
