"""Money set aside for a batch, so that nobody works for money that is not there (DESIGN law 4, charter P4)."""

from marketplace.base.models import Organisation, User
from payments.errors import InsufficientFunds, NotSetAside
from payments.models import Account, AccountKind, Transaction
from payments.services import ledger, limits


def set_aside(
    *, organisation: Organisation, batch_ref: str, amount_micros: int, reference: str, actor: User | None
) -> bool:
    """Move micros from the organisation's funds to the batch; True when new, False when `reference` did so before.

    `reference` names the reason (the batch's publication, one raise, one import). An amount of 0 does
    nothing. `actor` is the member who asked for it, whose spending limit it counts in. Raises InsufficientFunds, with
    what is missing, when the funds do not cover it, LimitReached or BatchLimitReached when a limit does not allow it.
    Locks both accounts until the caller's transaction ends.
    """
    if amount_micros < 0:
        raise ValueError("an amount to set aside is never negative")
    if amount_micros == 0:
        return False
    funds, held_account = _pair(organisation, batch_ref)
    left = ledger.lock([funds, held_account])[funds.pk]
    entries = [(funds, -amount_micros), (held_account, amount_micros)]
    if not Transaction.objects.filter(kind="set_aside", reference=reference).exists():
        limits.require(
            organisation=organisation, actor=actor, amount_micros=amount_micros, batch_ref=batch_ref
        )
        if left < amount_micros:
            raise InsufficientFunds(needed_micros=amount_micros, available_micros=left)
    return ledger.post("set_aside", reference, entries, actor=actor)


def give_back(
    *,
    organisation: Organisation,
    batch_ref: str,
    amount_micros: int,
    reference: str,
    actor: User | None = None,
) -> bool:
    """Return micros that nothing holds any more to the organisation's funds; True when new.

    Raises NotSetAside when the batch holds less. An amount of 0 does nothing.
    """
    if amount_micros < 0:
        raise ValueError("an amount to give back is never negative")
    if amount_micros == 0:
        return False
    funds, held_account = _pair(organisation, batch_ref)
    left = ledger.lock([funds, held_account])[held_account.pk]
    if (
        left < amount_micros
        and not Transaction.objects.filter(kind="give_back", reference=reference).exists()
    ):
        raise NotSetAside
    return ledger.post(
        "give_back", reference, [(held_account, -amount_micros), (funds, amount_micros)], actor=actor
    )


def held(batch_ref: str) -> int:
    """Micros set aside for the batch at present."""
    row = Account.objects.filter(kind=AccountKind.BATCH_HOLDING, reference=batch_ref).values_list(
        "balance", flat=True
    )
    return row.first() or 0


def lock_held(batch_ref: str) -> int:
    """Micros set aside for the batch, locked until the caller's transaction ends."""
    row = Account.objects.filter(kind=AccountKind.BATCH_HOLDING, reference=batch_ref).first()
    return ledger.lock([row])[row.pk] if row else 0


def available(organisation: Organisation) -> int:
    """Micros the organisation may set aside at present."""
    kind = AccountKind.ORGANISATION_AVAILABLE
    row = Account.objects.filter(kind=kind, organisation=organisation).values_list("balance", flat=True)
    return row.first() or 0


def _pair(organisation: Organisation, batch_ref: str) -> tuple[Account, Account]:
    funds = ledger.account(AccountKind.ORGANISATION_AVAILABLE, organisation=organisation)
    return funds, ledger.account(AccountKind.BATCH_HOLDING, organisation=organisation, reference=batch_ref)
