"""Deposits that make themselves when the funds run low: off unless an owner asked, with a most for each month.

The way to pay is kept from a deposit whose payer agreed to it. A charge is a Deposit row that nobody started, with the
row's own key; a bank that declines turns the whole thing off, and the owner is told.
"""

import datetime as dt
import logging
from dataclasses import dataclass

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet, Sum

from marketplace.base import audit, clock, clockwork, errors, formats, notices, switches
from marketplace.base.models import Membership, Organisation, Role, User
from payments import gateways
from payments.errors import TopUpUnclear
from payments.gateways import Charges
from payments.models import AutoTopUp, Deposit, DepositState
from payments.services import debts, deposits, holdings, payers

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Wish:
    """What an owner asks for (micros): below this much, add so much, at most so much in a calendar month."""

    below: int
    amount: int
    month_most: int


def gateway_name() -> str:
    """The gateway that can charge a way to pay that it keeps; "" when none is offered."""
    return next((each.name for each in deposits.offered() if isinstance(each, Charges)), "")


def ask(*, organisation: Organisation, wish: Wish, actor: User) -> AutoTopUp:
    """Write down what an owner wants; on at once if a way to pay is kept, else after the next deposit that lets it be.

    Raises Forbidden but for owners, AmountTooSmall, AmountTooLarge, NotWholeCents, TopUpUnclear.
    """
    require_owner(organisation, actor)
    deposits.check_amount(wish.amount)
    if wish.month_most < wish.amount:
        raise TopUpUnclear(amount=formats.eur(wish.amount))
    with transaction.atomic():
        values = {
            "below_micros": wish.below,
            "amount_micros": wish.amount,
            "month_most_micros": wish.month_most,
            "asked_by": actor,
            "stopped_code": "",
        }
        row, _made = AutoTopUp.objects.update_or_create(organisation=organisation, defaults=values)
        AutoTopUp.objects.filter(pk=row.pk).exclude(method_ref="").update(is_on=True)
        audit.record(
            "payments:auto_top_up:ask", organisation.public_id, actor=actor,
            organisation_id=organisation.pk, amount=wish.amount, month_most=wish.month_most,
        )  # fmt: skip
    row.refresh_from_db()
    return row


def turn_off(*, organisation: Organisation, actor: User) -> None:
    """Turn it off and forget the way to pay. Raises Forbidden but for owners."""
    require_owner(organisation, actor)
    with transaction.atomic():
        AutoTopUp.objects.filter(organisation=organisation).delete()
        audit.record(
            "payments:auto_top_up:off", organisation.public_id, actor=actor, organisation_id=organisation.pk
        )


def require_owner(organisation: Organisation, actor: User) -> None:
    """Raises Forbidden."""
    owner = Membership.objects.filter(organisation=organisation, user=actor, role=Role.OWNER)
    if not owner.exists():
        raise errors.Forbidden


def keep_methods() -> int:
    """Keep the ways to pay of deposits whose payer agreed, and turn on what waited for them; how many."""
    waiting = AutoTopUp.objects.filter(method_ref="", is_on=False)
    paid = Deposit.objects.filter(
        keeps_method=True,
        state=DepositState.SETTLED,
        organisation__in=waiting.values("organisation"),
    )
    return clockwork.each(list(paid.order_by("-pk")), _keep)


def _keep(deposit: Deposit) -> int:
    gateway = gateways.by_name(deposit.gateway)
    payer = payers.known(deposit.organisation, deposit.gateway)
    if not isinstance(gateway, Charges) or payer is None:
        return 0
    try:
        method = gateway.saved_method(external_ref=deposit.external_ref or "")
    except (gateways.GatewayUnreachable, gateways.GatewayRefused):
        return 0
    if method is None:
        return 0
    # A deposit older than the wish, or than the day it was stopped, was agreed to for an earlier one.
    waiting = AutoTopUp.objects.filter(organisation=deposit.organisation, method_ref="")
    return waiting.filter(updated_at__lte=deposit.created_at).update(
        is_on=True, customer_ref=payer.customer_ref, method_ref=method.ref, method_label=method.label
    )


# --- The job -------------------------------------------------------------------------------------------------------


def run() -> dict[str, int]:
    """Turn off what a bank declined, finish what was begun, and charge what is due; figures of each."""
    return {
        "kept": keep_methods(),
        "stopped": stop_declined(),
        "resumed": clockwork.each(_unanswered(), _resume),
        "made": clockwork.each(_low(), _top_up),
    }


def made_by_itself(organisation: Organisation) -> QuerySet[Deposit]:
    """The deposits that made themselves. (Nobody started those of bank transfers either.)"""
    charging = [name for name in gateways.names() if isinstance(gateways.by_name(name), Charges)]
    return Deposit.objects.filter(organisation=organisation, created_by=None, gateway__in=charging)


def spent_this_month(organisation: Organisation) -> int:
    """What top-ups took or are taking in this calendar month (Europe/Paris), in micros."""
    first = dt.datetime.combine(clock.today().replace(day=1), dt.time(), tzinfo=clock.BOOKS)
    rows = made_by_itself(organisation).filter(
        Q(state__in=[DepositState.STARTED, DepositState.SETTLED]), created_at__gte=first
    )
    return rows.aggregate(n=Sum("amount_micros"))["n"] or 0


def _low() -> list[AutoTopUp]:
    rows = AutoTopUp.objects.filter(is_on=True).select_related("organisation").order_by("pk")
    return [row for row in rows if holdings.available(row.organisation) < row.below_micros]


def _top_up(row: AutoTopUp) -> int:
    deposit = begin(row)
    if deposit is None:
        return 0
    _charge(deposit, row.method_ref)
    return 1


def begin(row: AutoTopUp) -> Deposit | None:
    """The row of one more top-up, committed before anything is charged; None when none is due, or may be.

    The wish is locked while its month is counted, so that two jobs at once never pass its most.
    """
    if not switches.is_on("deposits") or not gateway_name():
        return None
    with transaction.atomic(durable=True):
        wish = AutoTopUp.objects.select_for_update().filter(pk=row.pk, is_on=True).first()
        if wish is None or not _is_due(wish):
            return None
        deposit = Deposit.objects.create(
            organisation=wish.organisation, amount_micros=wish.amount_micros, gateway=gateway_name()
        )
        audit.record(
            "payments:deposit:top_up", deposit.public_id, actor=None,
            organisation_id=wish.organisation_id, amount=wish.amount_micros,
        )  # fmt: skip
    return deposit


def _is_due(wish: AutoTopUp) -> bool:
    organisation = wish.organisation
    try:
        debts.require_none(organisation)
    except errors.Refusal:  # money would go straight into a dispute
        return False
    under_way = made_by_itself(organisation).filter(state=DepositState.STARTED).exists()
    more = spent_this_month(organisation) + wish.amount_micros
    low = holdings.available(organisation) < wish.below_micros
    return low and not under_way and more <= wish.month_most_micros


def _charge(deposit: Deposit, method_ref: str) -> Deposit:
    gateway = gateways.by_name(deposit.gateway)
    payer = payers.known(deposit.organisation, deposit.gateway)
    assert isinstance(gateway, Charges) and payer is not None
    try:
        status = gateway.charge(
            key=deposit.public_id,
            amount_micros=deposit.amount_micros,
            payer=payer,
            method_ref=method_ref,
        )
    except gateways.GatewayUnreachable:
        log.warning("top_up_unanswered", extra={"deposit": deposit.public_id})
        return deposit
    except gateways.GatewayRefused as refusal:
        deposits.end(deposit, DepositState.FAILED, code=refusal.code)
        stop_declined()
        return deposit
    return deposits.follow(deposit, status)


def _unanswered() -> list[Deposit]:
    """Charges whose answer never came."""
    charging = gateway_name()
    before = clock.now() - settings.PAYOUT_RETRY_AFTER
    rows = Deposit.objects.filter(
        created_by=None,
        gateway=charging,
        state=DepositState.STARTED,
        external_ref=None,
        created_at__lt=before,
    )
    return list(rows.select_related("organisation").order_by("pk")) if charging else []


def _resume(deposit: Deposit) -> int:
    """Look for what the call may have done; make it again with the same key only while the gateway knows the key."""
    deposits.refresh(deposit)
    wish = AutoTopUp.objects.filter(organisation=deposit.organisation, is_on=True).first()
    still = deposit.state == DepositState.STARTED and not deposit.external_ref
    if not still or wish is None or clock.now() - deposit.created_at > settings.PAYOUT_RESEND_FOR:
        return 0
    _charge(deposit, wish.method_ref)
    return 1


def stop_declined() -> int:
    """Turn off every top-up whose last charge was declined, and tell who asked for it; how many."""
    rows = AutoTopUp.objects.filter(is_on=True).select_related("organisation")
    return sum(_stop(row) for row in rows.order_by("pk"))


@transaction.atomic
def _stop(row: AutoTopUp) -> int:
    last = made_by_itself(row.organisation).exclude(state=DepositState.STARTED).order_by("-ended_at").first()
    if (
        last is None
        or last.state != DepositState.FAILED
        or (last.ended_at or row.updated_at) < row.updated_at
    ):
        return 0
    code = last.failure_code or "declined"
    # The way to pay is forgotten: another try needs one that works, and somebody who says so.
    if not AutoTopUp.objects.filter(pk=row.pk, is_on=True).update(
        is_on=False, stopped_code=code, method_ref="", method_label="", updated_at=clock.now()
    ):
        return 0
    audit.record(
        "payments:auto_top_up:stopped", row.organisation.public_id, actor=None,
        organisation_id=row.organisation_id, code=code,
    )  # fmt: skip
    notices.tell_member(
        row.asked_by_id, "top_up_stopped", last.public_id,
        organisation_id=row.organisation_id, deposit=last.public_id, amount=last.amount_micros,
    )  # fmt: skip
    return 1
