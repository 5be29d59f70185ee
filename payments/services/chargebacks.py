"""Payments that a bank disputes: what is left of the organisation's free funds is frozen, its workers keep their pay.

While a dispute is open, what the gateway takes back is our loss (`losses` without an owner). Decided for us it comes
back and the frozen money is free again. Decided against us it is the organisation's: the frozen money pays, and what
that does not cover is what it owes. News comes in any order and more than once; each step is a fact of its own, named
by the dispute, and follows from what the gateway says now.
"""

import logging

from django.db import transaction

from marketplace.base import audit, clock, clockwork, ids, notices, outbox
from marketplace.base.errors import NotFound
from marketplace.base.models import Membership, Organisation, Role
from payments import gateways
from payments.gateways import Charges, Dispute, Movement
from payments.models import (
    CHARGEBACK_MOVES,
    Account,
    AccountKind,
    Chargeback,
    ChargebackState,
    Deposit,
    DepositState,
    Transaction,
)
from payments.services import deposits, frozen, ledger

log = logging.getLogger(__name__)


class TooEarly(Exception):
    """The disputed payment is not in our books yet: the same news is followed later."""


def refresh(*, gateway: str, external_ref: str) -> Chargeback | None:
    """Ask about a dispute and follow it; None for one that is nothing of ours, or only an inquiry.

    Must not be inside a transaction. Raises GatewayUnreachable, or TooEarly.
    """
    asked = gateways.by_name(gateway)
    if not isinstance(asked, Charges):
        return None
    try:
        found = asked.dispute(external_ref=external_ref)
    except gateways.GatewayRefused as refusal:
        log.info("no_dispute", extra={"code": refusal.code})
        return None
    deposit = _deposit(gateway, found)
    if deposit is None:
        log.warning("dispute_of_nothing_of_ours", extra={"gateway": gateway})
        return None
    if deposits.refresh(deposit).state != DepositState.SETTLED:
        raise TooEarly(deposit.public_id)
    return follow(deposit, found)


def _deposit(gateway: str, found: Dispute) -> Deposit | None:
    rows = Deposit.objects.filter(gateway=gateway)
    try:
        by_key = rows.filter(pk=ids.decode("dep", found.deposit_key)).first()
    except NotFound:
        by_key = None
    return by_key or rows.filter(charge_ref=found.charge_ref).first()


@transaction.atomic
def follow(deposit: Deposit, found: Dispute) -> Chargeback:
    """Make our books say what the gateway says about a dispute; again changes nothing."""
    funds = ledger.account(AccountKind.ORGANISATION_AVAILABLE, organisation=deposit.organisation)
    ledger.lock([funds])  # accounts before our own rows, and one dispute of an organisation at a time
    row, is_new = Chargeback.objects.get_or_create(
        gateway=deposit.gateway,
        external_ref=found.external_ref,
        defaults={
            "deposit": deposit,
            "amount_micros": found.amount_micros,
            "reason": found.reason,
            "evidence_due": found.evidence_due,
            "opened_at": found.opened_at,
        },
    )
    if is_new:
        audit.record(
            "payments:dispute:open", row.public_id, actor=None,
            organisation_id=deposit.organisation_id, deposit=deposit.public_id, amount=row.amount_micros,
        )  # fmt: skip
        _tell(row, "dispute_opened")
    elif row.evidence_due != found.evidence_due:
        Chargeback.objects.filter(pk=row.pk).update(evidence_due=found.evidence_due)
    frozen.absorb(deposit.organisation)
    for movement in found.movements:
        _book(row, movement)
    _decide(row, found)
    return row


def _book(row: Chargeback, movement: Movement) -> None:
    """What the gateway took, gave back or charged for the dispute."""
    amount, clearing = movement.amount_micros, _clearing(row)
    if movement.kind == "dispute":
        losses = ledger.account(AccountKind.LOSSES)
        ledger.post("dispute_taken", row.public_id, [(clearing, -amount), (losses, amount)])
    elif movement.kind == "dispute_back":
        taken = _taken(row)
        if taken is not None:
            ledger.reverse(taken, "dispute_taken_reversed")
    elif movement.kind == "dispute_fee":
        costs = ledger.account(AccountKind.GATEWAY_COSTS, gateway=row.gateway)
        # The fee of the dispute is named by it; what is given back of that, by the gateway's own number.
        name = row.public_id if amount < 0 else movement.external_id
        ledger.post("gateway_fee", name, [(costs, amount), (clearing, -amount)])


def _clearing(row: Chargeback) -> Account:
    return ledger.account(AccountKind.GATEWAY_CLEARING, gateway=row.gateway)


def _taken(row: Chargeback) -> Transaction | None:
    return Transaction.objects.filter(kind="dispute_taken", reference=row.public_id).first()


def _decide(row: Chargeback, found: Dispute) -> None:
    """Follow a decision once the money has followed it: a dispute that is won is over when its money is back."""
    taken = _taken(row)
    is_back = ledger.known(["dispute_taken_reversed"], [row.public_id])
    if found.state == "won" and (taken is None or is_back):
        if _swap(row, ChargebackState.WON):
            _release(row, row.frozen_micros)
    elif found.state == "lost" and taken is not None and _swap(row, ChargebackState.LOST):
        _lose(row)
        frozen.absorb(row.deposit.organisation)
    else:
        return
    _tell_market(row)


def _swap(row: Chargeback, state: str) -> bool:
    """Compare and swap; shows the row as it is now either way."""
    sources = [old for old, targets in CHARGEBACK_MOVES.items() if state in targets]
    moved = Chargeback.objects.filter(pk=row.pk, state__in=sources).update(state=state, ended_at=clock.now())
    row.refresh_from_db()
    if moved:
        audit.record(
            f"payments:dispute:{state}", row.public_id, actor=None,
            organisation_id=row.deposit.organisation_id, amount=row.amount_micros,
        )  # fmt: skip
        kind = "dispute_won" if state == ChargebackState.WON else "dispute_lost"
        _tell(row, kind)
    return bool(moved)


def _release(row: Chargeback, amount: int) -> None:
    if amount:
        organisation = row.deposit.organisation
        kept = ledger.account(AccountKind.ORGANISATION_FROZEN, organisation=organisation)
        funds = ledger.account(AccountKind.ORGANISATION_AVAILABLE, organisation=organisation)
        ledger.post("unfreeze", row.public_id, [(kept, -amount), (funds, amount)])


def _lose(row: Chargeback) -> None:
    """The loss moves from us to the organisation: what is frozen pays it, the rest is owed."""
    organisation = row.deposit.organisation
    kept = ledger.account(AccountKind.ORGANISATION_FROZEN, organisation=organisation)
    owed = ledger.account(AccountKind.LOSSES, organisation=organisation)
    ours = ledger.account(AccountKind.LOSSES)
    rest = row.amount_micros - row.frozen_micros
    parts = [(ours, row.amount_micros), (kept, -row.frozen_micros), (owed, -rest)]
    ledger.post("dispute_lost", row.public_id, [part for part in parts if part[1]])


# --- Telling -----------------------------------------------------------------------------------------------------


def _tell(row: Chargeback, kind: str) -> None:
    """Those who handle the organisation's money hear of it; the market is told through the outbox."""
    if kind == "dispute_opened":
        _tell_market(row)
    deposit = row.deposit
    members = Membership.objects.filter(
        organisation=deposit.organisation, role__in=[Role.OWNER, Role.FINANCE]
    )
    for user_id in members.order_by("pk").values_list("user_id", flat=True):
        notices.tell(
            user_id, kind, row.public_id,
            dispute=row.public_id, deposit=deposit.public_id, amount=row.amount_micros,
        )  # fmt: skip


def _tell_market(row: Chargeback) -> None:
    outbox.emit(
        "organisation.standing",
        f"{row.public_id}:{row.state}",
        organisation_id=row.deposit.organisation_id,
    )


# --- The sweep -----------------------------------------------------------------------------------------------------


def refresh_open(*, limit: int = 200) -> dict[str, int]:
    """Ask about any `limit` of the open disputes, and let those that want more take what has come back to the funds."""
    wanting = Chargeback.objects.exclude(state=ChargebackState.WON).values("deposit__organisation")
    moved = clockwork.each(Organisation.objects.filter(pk__in=wanting).order_by("pk"), frozen.absorb)
    rows = Chargeback.objects.filter(state=ChargebackState.OPEN)
    chosen = list(rows.order_by("?").values_list("gateway", "external_ref")[:limit])
    asked = clockwork.each(chosen, lambda each: bool(refresh(gateway=each[0], external_ref=each[1])))
    return {"asked": asked, "moved_micros": moved}
