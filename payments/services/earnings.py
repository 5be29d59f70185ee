"""What workers are paid for: approvals, top-ups, compensations, appeals won (DESIGN §4, §6).

Every function works on sets, is recognised when it is called again, and must be inside the caller's
`atomic()`, with the assignments locked. It locks cap rows, then ledger accounts; one call per
transaction keeps that order.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection
from django.db.models import Sum

from marketplace.base import clock, money
from marketplace.base.models import Organisation, User
from payments.errors import NotSetAside
from payments.models import Account, AccountKind, Cap
from payments.services import cap, holdings, ledger
from payments.services.pricing import split_rate

PAID = ("approval", "late_approval")  # a piece of work is paid by one of these, once
EXTRA = ("topup", "compensation")
GIVEN = ("bonus", "help_grant")  # beside the work itself


@dataclass(frozen=True, slots=True)
class Approved:
    """One approved assignment: its public id, the worker's number, the reward in micros, the year of the claim."""

    reference: str
    worker_id: int
    reward_micros: int
    cap_year: int


@dataclass(frozen=True, slots=True)
class Source:
    """Where money beyond the reward comes from; made by `holding`, `platform_costs` or `shortfall_of`."""

    kind: str
    batch_ref: str = ""
    organisation: Organisation | None = None

    def account(self) -> Account:
        if self.kind == AccountKind.BATCH_HOLDING:
            return Account.objects.get(kind=self.kind, reference=self.batch_ref)
        return ledger.account(self.kind, organisation=self.organisation)


@dataclass(frozen=True, slots=True)
class Extra:
    """Money owed to a worker beside a reward. `parts` say from where, each in micros above zero."""

    reference: str  # asg_…:topup:N, or asg_… for a compensation
    worker_id: int
    cap_year: int
    parts: Sequence[tuple[Source, int]]


@dataclass(frozen=True, slots=True)
class Month:
    """One month of the books (Europe/Paris), in micros: earned by work, added to it, given beside it (bonuses and
    grants), paid out."""

    year: int
    month: int
    earned: int
    topups: int
    given: int
    paid: int


@dataclass(frozen=True, slots=True)
class Earnings:
    """A worker's money in micros, from the ledger.

    `payable` is due; of it `available` can be paid out today in whole cents, and `withheld_until_january`
    passes this year's cap and is paid from `withheld_until` on. `in_transit` is on its way to the bank,
    `paid` arrived. `reserved` is what claims and answers not yet approved keep of the cap.
    """

    payable: int
    available: int
    withheld_until_january: int
    withheld_until: dt.datetime
    in_transit: int
    paid: int
    reserved: int
    cap: cap.CapStanding
    months: list[Month]


class AlreadyPaid(Exception):
    """Some of a set were approved before and some not: the caller's rows were not locked."""


def holding(batch_ref: str) -> Source:
    """What is set aside for a batch: its reserve and unspent rewards."""
    return Source(AccountKind.BATCH_HOLDING, batch_ref=batch_ref)


def platform_costs() -> Source:
    """Our own money: failures of ours, guarantees, appeals won after the reward was given back."""
    return Source(AccountKind.PLATFORM_COSTS)


def shortfall_of(organisation: Organisation) -> Source:
    """Our money, advanced for an organisation whose reserve did not suffice: a debt (see `debts`)."""
    return Source(AccountKind.PLATFORM_COSTS, organisation=organisation)


def approve_set(
    *,
    organisation: Organisation,
    batch_ref: str,
    items: Iterable[Approved],
    fee_micros: int,
    vat_micros: int,
    fees_reference: str,
    actor: User | None,
    help_rate: Decimal,
) -> int:
    """Pay approved assignments of one batch out of what is set aside; how many were new (all or none).

    One transaction "approval" each, the cap's reserved becomes earned, and one transaction "fees" for the
    set: `fee_micros` and `vat_micros` are its sums, of which `help_rate` of the fee goes to the help fund.
    Raises AlreadyPaid for a set of which only a part is new, NotSetAside when the batch holds too little.
    """
    rows = sorted(items, key=lambda item: item.reference)
    if not rows:
        return 0
    cap.lock_set((row.worker_id, row.cap_year) for row in rows)
    held = ledger.account(AccountKind.BATCH_HOLDING, organisation=organisation, reference=batch_ref)
    payable = ledger.accounts_of_users(AccountKind.WORKER_PAYABLE, (row.worker_id for row in rows))
    left = ledger.lock([held, *payable.values()])[held.pk]
    needed = sum(row.reward_micros for row in rows) + fee_micros + vat_micros
    known = ledger.known(PAID, (row.reference for row in rows))
    if known and len(known) < len(rows):
        raise AlreadyPaid
    if not known and left < needed:
        raise NotSetAside
    new = ledger.post_set(
        "approval",
        [
            (row.reference, [(held, -row.reward_micros), (payable[row.worker_id], row.reward_micros)])
            for row in rows
        ],
        actor=actor,
        cap_years=[row.cap_year for row in rows],
    )
    _recognise_fees(held, fee_micros, vat_micros, fees_reference, actor, help_rate)
    if new:
        cap.earn_set((row.worker_id, row.cap_year, row.reward_micros) for row in rows)
    return len(new)


def pay_late(
    *,
    organisation: Organisation,
    batch_ref: str,
    reference: str,
    worker_id: int,
    reward_micros: int,
    cap_year: int,
    still_held: bool,
    still_reserved: bool,
    actor: User | None,
    fee_micros: int = 0,
    vat_micros: int = 0,
    help_rate: Decimal = Decimal(0),
) -> bool:
    """Pay an assignment whose rejection was reversed on appeal; True when new.

    `still_held`: its reward (and fee and VAT) are still set aside; otherwise `platform_costs` pay the
    reward and there is no fee. `still_reserved`: the claim's reservation still stands in the cap and becomes
    earned; otherwise the reward counts as extra. The same assignment is never paid by approval too
    (constraint `transaction_pays_work_once`). Raises NotSetAside when `still_held` is not so.
    """
    cap.lock_set([(worker_id, cap_year)])
    source = holding(batch_ref) if still_held else platform_costs()
    short = still_held and holdings.lock_held(batch_ref) < reward_micros + fee_micros + vat_micros
    if short and not ledger.known(PAID, [reference]):
        raise NotSetAside
    paid_from = source.account()
    payable = ledger.accounts_of_users(AccountKind.WORKER_PAYABLE, [worker_id])[worker_id]
    kind = "approval" if still_reserved else "late_approval"
    entries = [(paid_from.pk, -reward_micros), (payable, reward_micros)]
    if not ledger.post(kind, reference, entries, actor=actor, cap_year=cap_year):
        return False
    if still_held:
        _recognise_fees(paid_from, fee_micros, vat_micros, reference, actor, help_rate)
    count = cap.earn_set if still_reserved else cap.add_extra_set
    count([(worker_id, cap_year, reward_micros)])
    return True


def top_up(*, reference: str, worker_id: int, cap_year: int, parts: Sequence[tuple[Source, int]]) -> bool:
    """Pay what a measured floor adds to a reward; True when new. `reference` is `asg_…:topup:N`."""
    return bool(top_up_set([Extra(reference, worker_id, cap_year, parts)]))


def top_up_set(items: Sequence[Extra]) -> set[str]:
    """As `top_up` for many; the references that are new. Counts in the cap's extra, never withheld for good.

    Raises NotSetAside when a batch holds less than the parts taken from it.
    """
    return _pay_extra("topup", items)


def compensate(*, reference: str, worker_id: int, cap_year: int, parts: Sequence[tuple[Source, int]]) -> bool:
    """Pay the elapsed time of work that ended by a failure of ours or a cancelled batch (charter P10); True when new.

    The claim's reservation is the caller's to give back.
    """
    return bool(_pay_extra("compensation", [Extra(reference, worker_id, cap_year, parts)]))


def summary(user: User) -> Earnings:
    """Everything the earnings page says about a worker's money; months newest first."""
    kinds = (AccountKind.WORKER_PAYABLE, AccountKind.PAYOUT_IN_TRANSIT)
    balances = dict(Account.objects.filter(user=user, kind__in=kinds).values_list("kind", "balance"))
    payable = balances.get(AccountKind.WORKER_PAYABLE, 0)
    withheld = min(payable, cap.withheld([user.pk]).get(user.pk, 0))
    months = _months(user)
    return Earnings(
        payable=payable,
        available=money.whole_cents(payable - withheld),
        withheld_until_january=withheld,
        withheld_until=cap.next_january(),
        in_transit=balances.get(AccountKind.PAYOUT_IN_TRANSIT, 0),
        paid=sum(month.paid for month in months),
        reserved=Cap.objects.filter(user=user).aggregate(sum=Sum("reserved_micros"))["sum"] or 0,
        cap=cap.standing(user),
        months=months,
    )


_MONTHS = """
SELECT extract(year FROM month)::int, extract(month FROM month)::int, earned, topups, given, paid
FROM (
    SELECT date_trunc('month', t.created_at AT TIME ZONE %(zone)s) AS month,
           coalesce(sum(e.amount) FILTER (
               WHERE a.kind = 'worker_payable' AND t.kind = ANY (%(paid)s)
           ), 0)::bigint AS earned,
           coalesce(sum(e.amount) FILTER (
               WHERE a.kind = 'worker_payable' AND t.kind = ANY (%(extra)s)
           ), 0)::bigint AS topups,
           coalesce(sum(e.amount) FILTER (
               WHERE a.kind = 'worker_payable' AND t.kind = ANY (%(given)s)
           ), 0)::bigint AS given,
           -coalesce(sum(e.amount) FILTER (
               WHERE a.kind = 'payout_in_transit' AND t.kind IN ('payout_paid', 'payout_paid_reversed')
           ), 0)::bigint AS paid
    FROM payments_account a
    JOIN payments_entry e ON e.account_id = a.id
    JOIN payments_transaction t ON t.id = e.transaction_id
    WHERE a.user_id = %(user)s AND a.kind IN ('worker_payable', 'payout_in_transit')
    GROUP BY 1
) m
ORDER BY month DESC
"""


def _months(user: User) -> list[Month]:
    with connection.cursor() as cursor:
        values: dict[str, Any] = {
            "zone": str(clock.BOOKS),
            "paid": list(PAID),
            "extra": list(EXTRA),
            "given": list(GIVEN),
            "user": user.pk,
        }
        cursor.execute(_MONTHS, values)
        return [Month(*row) for row in cursor.fetchall()]


def _pay_extra(kind: str, items: Sequence[Extra]) -> set[str]:
    if not items:
        return set()
    # The rows of the cap come first in the order of locks, and are made by a claim long before.
    cap.lock_set((item.worker_id, item.cap_year) for item in items)
    payable = ledger.accounts_of_users(AccountKind.WORKER_PAYABLE, (item.worker_id for item in items))
    sources = {source: source.account() for item in items for source, _ in item.parts}
    left = ledger.lock([*payable.values(), *sources.values()])
    known = ledger.known([kind], (item.reference for item in items))
    for source, account in sources.items():
        taken = sum(a for i in items if i.reference not in known for s, a in i.parts if s == source)
        if source.kind == AccountKind.BATCH_HOLDING and left[account.pk] < taken:
            raise NotSetAside
    new = ledger.post_set(
        kind,
        [
            (
                item.reference,
                [(payable[item.worker_id], sum(amount for _, amount in item.parts))]
                + [(sources[source].pk, -amount) for source, amount in item.parts],
            )
            for item in items
        ],
        cap_years=[item.cap_year for item in items],
    )
    cap.add_extra_set(
        (item.worker_id, item.cap_year, sum(amount for _, amount in item.parts))
        for item in items
        if item.reference in new
    )
    return new


def _recognise_fees(
    held: Account, fee_micros: int, vat_micros: int, reference: str, actor: User | None, help_rate: Decimal
) -> None:
    """Fee and VAT leave the batch's holding when the work is approved, never before."""
    ours, helped = split_rate(fee_micros, help_rate)
    parts = [
        (held.pk, -(fee_micros + vat_micros)),
        (ledger.account(AccountKind.PLATFORM_FEES).pk, ours),
        (ledger.account(AccountKind.HELP_FUND).pk, helped),
        (ledger.account(AccountKind.VAT_DUE).pk, vat_micros),
    ]
    moving = [(account, micros) for account, micros in parts if micros]
    if moving:
        ledger.post("fees", reference, moving, actor=actor)
