"""Free funds that a disputed payment takes hold of: frozen while its bank decides, taken when that goes against us.

Only what is free is ever touched. What is set aside for work, due to a worker or on its way to one stays where it is:
who worked is paid, whatever becomes of the payment that funded it.
"""

from django.db import transaction
from django.db.models import F, QuerySet, Sum

from marketplace.base import outbox
from marketplace.base.models import Organisation
from payments.models import AccountKind, Chargeback, ChargebackState, Entry, Transaction
from payments.services import ledger


@transaction.atomic
def absorb(organisation: Organisation) -> int:
    """Freeze what is free for the organisation's open disputes, and pay what lost ones still cost it; micros moved.

    To be called whenever money comes back into the funds; oldest dispute first, and again changes nothing. Locks the
    accounts, then the disputes.
    """
    if not _waiting(organisation).exists():
        return 0
    funds = ledger.account(AccountKind.ORGANISATION_AVAILABLE, organisation=organisation)
    kept = ledger.account(AccountKind.ORGANISATION_FROZEN, organisation=organisation)
    lost = ledger.account(AccountKind.LOSSES, organisation=organisation)
    free = left = ledger.lock([funds, kept, lost])[funds.pk]
    for each in _waiting(organisation).select_for_update(of=("self",), no_key=True):
        part = min(each.amount_micros - each.frozen_micros, left)
        if part == 0:
            break
        is_open = each.state == ChargebackState.OPEN
        kind, to = ("freeze", kept) if is_open else ("dispute_covered", lost)
        ledger.post(kind, _next(kind, each.public_id), [(funds, -part), (to, part)])
        Chargeback.objects.filter(pk=each.pk).update(frozen_micros=F("frozen_micros") + part)
        left -= part
        if not is_open and part == each.amount_micros - each.frozen_micros:
            outbox.emit("organisation.standing", f"{each.public_id}:covered", organisation_id=organisation.pk)
    return free - left


def owed(organisation: Organisation) -> int:
    """What lost disputes still cost the organisation, in micros."""
    entries = Entry.objects.filter(account__kind=AccountKind.LOSSES, account__organisation=organisation)
    return -(entries.aggregate(sum=Sum("amount"))["sum"] or 0)


def is_disputed(organisation: Organisation) -> bool:
    """Whether a payment of the organisation is disputed now."""
    return Chargeback.objects.filter(deposit__organisation=organisation, state=ChargebackState.OPEN).exists()


def _waiting(organisation: Organisation) -> QuerySet[Chargeback]:
    """Disputes that want more than they have: `frozen_micros` counts what was taken out of the free funds for each."""
    return (
        Chargeback.objects.filter(deposit__organisation=organisation, frozen_micros__lt=F("amount_micros"))
        .exclude(state=ChargebackState.WON)
        .order_by("pk")
    )


def _next(kind: str, public_id: str) -> str:
    """cbk_…, then cbk_…:2, cbk_…:3. The dispute's row is locked, so the count stands."""
    before = Transaction.objects.filter(kind=kind, reference__startswith=public_id).count()
    return f"{public_id}:{before + 1}" if before else public_id
