"""Which ledger facts stand for which movements at a gateway: the one table that reconciliation reads.

A movement is linked by its own kind and by a reference of ours: the key that the gateway carries, or the public id of
the row that has the gateway's number for it. A gateway that reports a new kind of movement gets a line here.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from payments.models import Chargeback, Deposit, ExternalObject, Payout, PayoutPart, Refund

BANK = "bank"
BANK_LINE = "bank_line"
OUR_KEYS = ("dep_", "pay_", "ref_", "cbk_")

# kind of the movement: kinds of the transaction that books it
LEDGER_KINDS: Mapping[str, tuple[str, ...]] = {
    "charge": ("deposit",),
    "fee": ("gateway_fee",),
    "transfer": ("payout_paid",),
    "transfer_back": ("payout_paid_reversed",),
    "refund": ("refund_paid",),
    "refund_back": ("refund_paid_reversed",),
    "dispute": ("dispute_taken",),
    "dispute_back": ("dispute_taken_reversed",),
    "dispute_fee": ("gateway_fee",),
    "gateway_payout": ("gateway_payout",),
    BANK_LINE: ("bank_line",),
    "other": (),  # whatever has the movement's key as its reference
}

# kind of the movement: kind of the news that has our object asked about (`services.events`)
NEWS_KINDS: Mapping[str, str] = {
    "charge": "deposit",
    "fee": "deposit",
    "transfer": "payout",
    "transfer_back": "payout",
    "refund": "refund",
    "refund_back": "refund",
    "dispute": "dispute",
    "dispute_back": "dispute",
    "dispute_fee": "dispute",
}


def fits(movement_kind: str, ledger_kind: str) -> bool:
    """Whether a transaction of `ledger_kind` can stand for a movement of `movement_kind`."""
    kinds = LEDGER_KINDS.get(movement_kind, ())
    return not kinds or ledger_kind in kinds


def references(gateway: str, objects: Iterable[ExternalObject]) -> dict[int, list[str]]:
    """By number of the object, the references under which its fact may be booked, the likeliest first."""
    rows = list(objects)
    known = _known(gateway, rows)
    return {row.pk: _candidates(row, known[row.kind]) for row in rows}


def rows_behind(gateway: str, objects: Sequence[ExternalObject]) -> set[int]:
    """The numbers of those objects that belong to a row of ours, by our key or by the gateway's number."""
    known = _known(gateway, objects)
    return {
        row.pk
        for row in objects
        if row.object_ref.startswith(OUR_KEYS)
        or row.object_ref in known[row.kind]
        or row.external_id in known[row.kind]
    }


def _known(gateway: str, rows: Sequence[ExternalObject]) -> dict[str, dict[str, str]]:
    """{kind of movement: {the gateway's number: public id of our row}}."""
    by_kind: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        by_kind[row.kind].update(filter(None, (row.external_id, row.object_ref)))
    return {kind: _rows_of(kind)(gateway, sorted(values)) for kind, values in by_kind.items()}


def _candidates(row: ExternalObject, known: Mapping[str, str]) -> list[str]:
    found = [row.object_ref, known.get(row.object_ref, ""), known.get(row.external_id, ""), row.external_id]
    return list(dict.fromkeys(filter(None, found)))


_Finder = Callable[[str, Sequence[str]], dict[str, str]]


def _rows_of(kind: str) -> _Finder:
    """What finds our rows by the gateway's numbers for a kind of movement: {number: public id}."""
    if kind in {"charge", "fee"}:
        return _deposits
    if kind in {"transfer", "transfer_back"}:
        return _transfers
    if kind in {"refund", "refund_back"}:
        return _refunds
    if kind in {"dispute", "dispute_back", "dispute_fee"}:
        return _chargebacks
    return lambda gateway, values: {}


def _deposits(gateway: str, values: Sequence[str]) -> dict[str, str]:
    rows = Deposit.objects.filter(gateway=gateway)
    found = {row.external_ref or "": row.public_id for row in rows.filter(external_ref__in=values)}
    return found | {row.charge_ref or "": row.public_id for row in rows.filter(charge_ref__in=values)}


def _transfers(gateway: str, values: Sequence[str]) -> dict[str, str]:
    payouts = Payout.objects.filter(gateway=gateway, external_ref__in=values)
    parts = PayoutPart.objects.select_related("payout").filter(
        payout__gateway=gateway, external_ref__in=values
    )
    found = {row.external_ref or "": row.public_id for row in payouts}
    return found | {part.external_ref or "": part.key for part in parts}


def _refunds(gateway: str, values: Sequence[str]) -> dict[str, str]:
    rows = Refund.objects.filter(gateway=gateway, external_ref__in=values)
    return {row.external_ref or "": row.public_id for row in rows}


def _chargebacks(gateway: str, values: Sequence[str]) -> dict[str, str]:
    rows = Chargeback.objects.filter(gateway=gateway, external_ref__in=values)
    return {row.external_ref: row.public_id for row in rows}
