"""What an organisation owes the platform: a reserve that did not cover the measured floor (DESIGN §4).

The shortfall was paid to the workers at once out of `platform_costs` of that organisation. Until it is
paid back the organisation publishes nothing new.
"""

from django.db import transaction
from django.db.models import Sum

from marketplace.base.models import Organisation, User
from payments.errors import InsufficientFunds
from payments.models import AccountKind, Entry, Transaction
from payments.services import ledger


def owed(organisation: Organisation) -> int:
    """Micros the organisation owes, 0 when nothing."""
    entries = Entry.objects.filter(
        account__kind=AccountKind.PLATFORM_COSTS, account__organisation=organisation
    )
    return -(entries.aggregate(sum=Sum("amount"))["sum"] or 0)


@transaction.atomic
def repay(*, organisation: Organisation, reference: str, actor: User | None) -> int:
    """Pay the whole debt from the organisation's funds; the micros paid, 0 when there was none.

    `reference` names the occasion; the same one pays once. Raises InsufficientFunds when the funds do not
    cover the debt.
    """
    funds = ledger.account(AccountKind.ORGANISATION_AVAILABLE, organisation=organisation)
    costs = ledger.account(AccountKind.PLATFORM_COSTS, organisation=organisation)
    left = ledger.lock([funds, costs])[funds.pk]
    if Transaction.objects.filter(kind="debt_repaid", reference=reference).exists():
        return 0
    debt = owed(organisation)
    if debt == 0:
        return 0
    if left < debt:
        raise InsufficientFunds(needed_micros=debt, available_micros=left)
    ledger.post("debt_repaid", reference, [(funds, -debt), (costs, debt)], actor=actor)
    return debt
