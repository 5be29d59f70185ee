"""The chart of accounts: which number of the accountant's plan stands for which account of the ledger.

The numbers follow the French general plan (Plan comptable général, règlement ANC 2014-03, livre II): 4191 is money
that customers paid in advance, 467 other creditors, 445 VAT, 455 what owners put in or drew, 471 what is still to be
explained, 512 a bank, 517 other financial bodies, 627 what banks charge, 654 losses, 658 other costs, 706 services
sold. ACCOUNT_NUMBERS replaces any.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from marketplace.base import ids
from payments.models import Account, AccountKind

NUMBERS: Mapping[str, str] = {
    AccountKind.ORGANISATION_AVAILABLE: "419100",
    AccountKind.ORGANISATION_FROZEN: "419200",
    AccountKind.REFUND_IN_TRANSIT: "419300",
    AccountKind.BATCH_HOLDING: "419400",
    AccountKind.WORKER_PAYABLE: "467100",
    AccountKind.PAYOUT_IN_TRANSIT: "467200",
    AccountKind.PLATFORM_FEES: "706000",
    AccountKind.HELP_FUND: "467800",
    AccountKind.VAT_DUE: "445710",
    AccountKind.GATEWAY_CLEARING: "517000",
    f"{AccountKind.GATEWAY_CLEARING}:bank": "512000",
    AccountKind.GATEWAY_COSTS: "627000",
    AccountKind.PLATFORM_COSTS: "658000",
    AccountKind.LOSSES: "654000",
    AccountKind.SUSPENSE: "471000",
    AccountKind.OWN_MONEY: "455000",
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where an account stands in the accountant's books. `owner` tells accounts of one number apart: a public id or
    the name of a gateway, never the name of a person or organisation."""

    number: str
    label: str
    owner: str


def place(account: Account) -> Place:
    """Number, label (in the active language) and owner of an account."""
    return Place(
        number_of(account.kind, account.gateway), str(AccountKind(account.kind).label), owner_of(account)
    )


def number_of(kind: str, gateway: str = "") -> str:
    """The number of a kind of account, or of one gateway's."""
    numbers = _numbers(tuple(settings.ACCOUNT_NUMBERS))
    return numbers.get(f"{kind}:{gateway}") or numbers[kind]


def owner_of(account: Account) -> str:
    """What tells this account from others of its kind, without a name."""
    if account.reference:
        return account.reference
    if account.user_id:
        return ids.encode("usr", account.user_id)
    if account.organisation_id:
        return ids.encode("org", account.organisation_id)
    return account.gateway


@lru_cache(maxsize=8)
def _numbers(own: tuple[str, ...]) -> dict[str, str]:
    found = dict(NUMBERS)
    for part in own:
        name, _, number = part.partition("=")
        kind = name.strip().partition(":")[0]
        if kind not in AccountKind.values or not number.strip().isalnum():
            raise ImproperlyConfigured(
                f"ACCOUNT_NUMBERS: {part!r} is not like platform_fees=706100 or gateway_clearing:stripe=517100."
            )
        found[name.strip()] = number.strip()
    return found
