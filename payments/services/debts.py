"""What an organisation owes the platform: a reserve that did not cover the measured floor (DESIGN §4), and a payment
that its bank took back.

The workers were paid at once: out of `platform_costs`, and at the price of `losses`, of that organisation. Until both
are paid back the organisation publishes nothing new, nor while a payment of its is disputed.
"""

from django.db import transaction
from django.db.models import Sum

from marketplace.base import formats
from marketplace.base.models import Organisation, User
from payments.errors import DisputeOpen, InsufficientFunds, LossOwed
from payments.models import AccountKind, Chargeback, ChargebackState, Entry, Transaction
from payments.services import frozen, ledger


def owed(organisation: Organisation) -> int:
    """Micros the organisation owes, 0 when nothing."""
    return _advanced(organisation) + frozen.owed(organisation)


def _advanced(organisation: Organisation) -> int:
    entries = Entry.objects.filter(
        account__kind=AccountKind.PLATFORM_COSTS, account__organisation=organisation
    )
    return -(entries.aggregate(sum=Sum("amount"))["sum"] or 0)


def require_none(organisation: Organisation) -> None:
    """Raises DisputeOpen while a payment is disputed, and LossOwed while one that was taken back is not made good.

    For whatever takes money out of the free funds for something new.
    """
    if frozen.is_disputed(organisation):
        raise DisputeOpen
    if loss := frozen.owed(organisation):
        raise LossOwed(owed=formats.eur(loss))


def disputed_or_owing() -> set[int]:
    """The numbers of the organisations that `require_none` refuses."""
    losses = Entry.objects.filter(account__kind=AccountKind.LOSSES, account__organisation__isnull=False)
    owing = losses.values("account__organisation").annotate(n=Sum("amount")).filter(n__lt=0)
    disputes = Chargeback.objects.filter(state=ChargebackState.OPEN)
    return {row["account__organisation"] for row in owing} | set(
        disputes.values_list("deposit__organisation", flat=True)
    )


@transaction.atomic
def repay(*, organisation: Organisation, reference: str, actor: User | None) -> int:
    """Pay the whole debt from the organisation's funds; the micros paid, 0 when there was none.

    What a payment that was taken back still costs is paid by whatever comes into the funds, without being asked, so
    that only top-ups that were advanced are left here. `reference` names the occasion; the same one pays once. Raises
    InsufficientFunds when the funds do not cover the debt.
    """
    loss = frozen.owed(organisation)
    frozen.absorb(organisation)
    covered = loss - frozen.owed(organisation)
    funds = ledger.account(AccountKind.ORGANISATION_AVAILABLE, organisation=organisation)
    costs = ledger.account(AccountKind.PLATFORM_COSTS, organisation=organisation)
    left = ledger.lock([funds, costs])[funds.pk]
    if Transaction.objects.filter(kind="debt_repaid", reference=reference).exists():
        return covered
    debt = owed(organisation)
    if debt == 0:
        return covered
    if left < debt:
        raise InsufficientFunds(needed_micros=debt, available_micros=left)
    ledger.post("debt_repaid", reference, [(funds, -debt), (costs, debt)], actor=actor)
    return covered + debt
