"""What the page of an organisation's funds reads from the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet, Sum
from django.utils.translation import gettext as _

from marketplace.base import ids
from marketplace.base.errors import NotFound
from marketplace.base.models import Organisation
from payments.gateways import Gateway
from payments.models import (
    Account,
    AccountKind,
    Chargeback,
    ChargebackState,
    Deposit,
    DepositState,
    Entry,
    Refund,
    RefundState,
)
from payments.services import holdings
from tasks.models import Batch, Import


@dataclass(frozen=True)
class Standing:
    """Micros: free to use, set aside for batches, and spent of all that ever came in."""

    available: int
    set_aside: int
    spent: int
    brought_in: int
    frozen: int = 0  # kept while a payment is disputed
    back: int = 0  # paid back, on its way back, or taken back by a bank


def standing(organisation: Organisation) -> Standing:
    """An organisation's money in parts that sum to what it brought in."""
    available = holdings.available(organisation)
    held = Account.objects.filter(kind=AccountKind.BATCH_HOLDING, organisation=organisation).aggregate(
        n=Sum("balance")
    )
    came = Deposit.objects.filter(organisation=organisation, state=DepositState.SETTLED).aggregate(
        n=Sum("amount_micros")
    )
    set_aside, brought_in = held["n"] or 0, came["n"] or 0
    frozen, back = _frozen(organisation), _back(organisation)
    spent = brought_in - available - set_aside - frozen - back
    return Standing(available, set_aside, spent, brought_in, frozen, back)


def _frozen(organisation: Organisation) -> int:
    kind = AccountKind.ORGANISATION_FROZEN
    rows = Account.objects.filter(kind=kind, organisation=organisation)
    return rows.values_list("balance", flat=True).first() or 0


def _back(organisation: Organisation) -> int:
    refunds = Refund.objects.filter(organisation=organisation).exclude(state=RefundState.FAILED)
    lost = Chargeback.objects.filter(deposit__organisation=organisation, state=ChargebackState.LOST)
    sums = (refunds.aggregate(n=Sum("amount_micros")), lost.aggregate(n=Sum("frozen_micros")))
    return sum(found["n"] or 0 for found in sums)


def disputes(organisation: Organisation) -> QuerySet[Chargeback]:
    """The payments that are disputed now, oldest first."""
    rows = Chargeback.objects.filter(deposit__organisation=organisation, state=ChargebackState.OPEN)
    return rows.select_related("deposit").order_by("pk")


def ways(gateways: Sequence[Gateway]) -> list[tuple[str, str]]:
    """The ways to pay on a page, as choices of a form."""
    words = {
        "stripe": _("Card, direct debit or bank transfer (by Stripe)"),
        "simulated": _("Simulated: no money moves"),
    }
    return [(gateway.name, words.get(gateway.name, gateway.name)) for gateway in gateways]


def entries(organisation: Organisation) -> QuerySet[Entry]:
    """Every movement of the organisation's free funds."""
    return Entry.objects.filter(
        account__kind=AccountKind.ORGANISATION_AVAILABLE, account__organisation=organisation
    ).select_related("transaction")


def lines(rows: Sequence[Entry]) -> list[dict[str, Any]]:
    """Entries in words: when, what for, how much, and the batch it belongs to."""
    references = [row.transaction.reference for row in rows]
    batches, deposits = _batches(references), _deposits(references)
    return [
        {
            "at": row.transaction.created_at,
            "micros": row.amount,
            "words": _words(row.transaction.kind, deposits.get(row.transaction.reference)),
            "batch": batches.get(row.transaction.reference.partition(":")[0]),
        }
        for row in rows
    ]


def _words(kind: str, deposit: Deposit | None) -> str:
    if deposit is not None and kind == "deposit":
        return _deposit_words(deposit)
    known = {
        "bonus": _("Bonus"),
        "set_aside": _("Set aside"),
        "give_back": _("Came back"),
        "debt_repaid": _("Advanced top-ups paid back"),
        "refund": _("Paid back to you"),
        "refund_reversed": _("Could not be paid back"),
        "freeze": _("Kept while a payment is disputed"),
        "unfreeze": _("Free again: the disputed payment stands"),
        "deposit_taken_back": _("Taken out again: this deposit never came"),
        "dispute_covered": _("For a payment that its bank took back"),
        "credit": _("Credit note"),
    }
    return known.get(kind, kind.replace("_", " "))


def _deposit_words(deposit: Deposit) -> str:
    """How money came in, so that it is found again on a bank's or a card's statement."""
    methods = {
        "card": _("by card"),
        "sepa_debit": _("by direct debit"),
        "bank_transfer": _("by bank transfer"),
    }
    by_itself = deposit.created_by_id is None and deposit.method != "bank_transfer"
    parts = (_("Automatic top-up") if by_itself else _("Deposit"), methods.get(deposit.method, ""))
    return " · ".join(part for part in parts if part)


def _deposits(references: Sequence[str]) -> dict[str, Deposit]:
    found = Deposit.objects.filter(pk__in=_numbers("dep", set(references)))
    return {deposit.public_id: deposit for deposit in found}


def _batches(references: Sequence[str]) -> dict[str, Batch]:
    """The batches that references (`bat_…:publish:…`, `imp_…:fund`) belong to, by the first part of the reference."""
    heads = {reference.partition(":")[0] for reference in references}
    by_batch, by_import = _numbers("bat", heads), _numbers("imp", heads)
    found = {batch.public_id: batch for batch in Batch.objects.filter(pk__in=by_batch)}
    for source in Import.objects.filter(pk__in=by_import).select_related("batch"):
        found[source.public_id] = source.batch
    return found


def _numbers(prefix: str, heads: set[str]) -> list[int]:
    found = []
    for head in heads:
        try:
            found.append(ids.decode(prefix, head))
        except NotFound:
            continue
    return found
