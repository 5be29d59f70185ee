"""What a gateway does of itself with our money, and what no row of ours asked for: its payouts to our bank account and
the fees of the account as a whole. Booked from what it tells, named by its own number, once.
"""

from django.db import transaction

from payments.models import Account, AccountKind, ExternalObject
from payments.services import ledger, movement_kinds

# Money that a gateway has sent and our bank has not got yet, or the other way round.
ON_THE_WAY = "gateway_bank"
_PAYOUT, _FEE = "gateway_payout", "fee"
# Gateways name the fee of a charge after the charge's own line; it is booked with its deposit.
_OF_A_CHARGE = ":fee"


def book(gateway: str) -> int:
    """Book what was taken in of this kind and has no transaction yet; how many facts are new."""
    rows = ExternalObject.objects.filter(
        gateway=gateway, transaction__isnull=True, kind__in=[_PAYOUT, _FEE]
    ).exclude(external_id__endswith=_OF_A_CHARGE)
    found = list(rows.order_by("pk"))
    ours = movement_kinds.rows_behind(gateway, found)
    return sum(_book(row) for row in found if row.pk not in ours and row.amount_micros)


@transaction.atomic
def _book(row: ExternalObject) -> bool:
    clearing = ledger.account(AccountKind.GATEWAY_CLEARING, gateway=row.gateway)
    entries = [(clearing, -row.amount_micros), (_counter(row), row.amount_micros)]
    kind = "gateway_payout" if row.kind == _PAYOUT else "gateway_fee"
    return ledger.post(kind, row.external_id[:80], entries)


def _counter(row: ExternalObject) -> Account:
    if row.kind == _PAYOUT:
        return ledger.account(AccountKind.GATEWAY_CLEARING, gateway=ON_THE_WAY)
    return ledger.account(AccountKind.GATEWAY_COSTS, gateway=row.gateway)
