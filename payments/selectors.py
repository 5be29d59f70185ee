"""Reads across money: what pages and lists show. Nothing here writes."""

import datetime as dt
from dataclasses import dataclass

from django.db.models import QuerySet, Sum

from marketplace.base.models import Organisation, User
from payments.models import Account, AccountKind, Deposit, Entry, Invoice, Payout


@dataclass(frozen=True, slots=True)
class Line:
    """One movement on an organisation's funds: micros with their sign, and what for."""

    at: dt.datetime
    kind: str  # deposit, set_aside, give_back, debt_repaid
    reference: str  # the public id it is about, where it has one
    micros: int


@dataclass(frozen=True, slots=True)
class Funds:
    """An organisation's money in micros: free to be set aside, set aside for batches, owed to the platform."""

    available: int
    set_aside: int
    owed: int
    by_batch: dict[str, int]  # public id of the batch: micros still set aside


def funds(organisation: Organisation) -> Funds:
    """What an organisation has, where."""
    rows = Account.objects.filter(organisation=organisation)
    holdings = rows.filter(kind=AccountKind.BATCH_HOLDING, balance__gt=0).order_by("pk")
    by_batch = dict(holdings.values_list("reference", "balance"))
    free = rows.filter(kind=AccountKind.ORGANISATION_AVAILABLE).values_list("balance", flat=True).first()
    debt = Entry.objects.filter(
        account__organisation=organisation, account__kind=AccountKind.PLATFORM_COSTS
    ).aggregate(sum=Sum("amount"))["sum"]
    return Funds(free or 0, sum(by_batch.values()), -(debt or 0), by_batch)


def statement(organisation: Organisation, *, limit: int = 100) -> list[Line]:
    """The last movements on an organisation's funds, newest first."""
    entries = Entry.objects.filter(
        account__organisation=organisation, account__kind=AccountKind.ORGANISATION_AVAILABLE
    ).order_by("-pk")
    rows = entries.values_list(
        "transaction__created_at", "transaction__kind", "transaction__reference", "amount"
    )
    return [
        Line(at, kind, reference.partition(":")[0], micros) for at, kind, reference, micros in rows[:limit]
    ]


def deposits(organisation: Organisation) -> QuerySet[Deposit]:
    """An organisation's deposits, newest first."""
    return Deposit.objects.filter(organisation=organisation).order_by("-created_at", "-pk")


def invoices(organisation: Organisation) -> QuerySet[Invoice]:
    """An organisation's invoices and credit notes, newest first."""
    return (
        Invoice.objects.filter(organisation=organisation)
        .select_related("credits")
        .order_by("-issued_at", "-pk")
    )


def payouts(user: User) -> QuerySet[Payout]:
    """A worker's payouts, newest first."""
    return Payout.objects.filter(user=user).order_by("-created_at", "-pk")


def help_fund() -> int:
    """What the help fund of the workers holds, in micros (charter D5)."""
    return Entry.objects.filter(account__kind=AccountKind.HELP_FUND).aggregate(sum=Sum("amount"))["sum"] or 0
