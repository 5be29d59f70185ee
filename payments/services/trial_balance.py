"""What was on each account at the beginning and the end of a month, and what moved in between (micros)."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from payments.models import AccountKind, Entry, Period, PeriodBalance
from payments.services.months import Month


@dataclass(frozen=True, slots=True)
class Row:
    """One account. `added` and `taken` are sums of the entries above and below zero, both as numbers above zero."""

    account_id: int
    kind: str
    opening: int
    added: int
    taken: int

    @property
    def closing(self) -> int:
        return self.opening + self.added - self.taken


@dataclass(frozen=True, slots=True)
class KindRow:
    """All accounts of a kind together."""

    kind: str
    accounts: int
    opening: int
    added: int
    taken: int

    @property
    def label(self) -> str:
        return str(AccountKind(self.kind).label)

    @property
    def closing(self) -> int:
        return self.opening + self.added - self.taken


# Opening balances are those that the last closed month left; where there is none, the sums of all entries before.
_ROWS = """
WITH opening AS (
    SELECT b.account_id, b.closing_micros AS amount FROM payments_periodbalance b WHERE b.period_id = %(period)s
    UNION ALL
    SELECT e.account_id, sum(e.amount) FROM payments_entry e JOIN payments_transaction t ON t.id = e.transaction_id
    WHERE t.created_at < %(start)s AND t.created_at >= %(closed_until)s GROUP BY e.account_id
), moved AS (
    SELECT e.account_id, coalesce(sum(e.amount) FILTER (WHERE e.amount > 0), 0) AS added,
           coalesce(-sum(e.amount) FILTER (WHERE e.amount < 0), 0) AS taken
    FROM payments_entry e JOIN payments_transaction t ON t.id = e.transaction_id
    WHERE t.created_at >= %(start)s AND t.created_at < %(end)s GROUP BY e.account_id
), opened AS (
    SELECT account_id, sum(amount) AS amount FROM opening GROUP BY account_id
), found AS (
    SELECT coalesce(o.account_id, m.account_id) AS account_id, coalesce(o.amount, 0)::bigint AS opening,
           coalesce(m.added, 0)::bigint AS added, coalesce(m.taken, 0)::bigint AS taken
    FROM opened o FULL JOIN moved m ON m.account_id = o.account_id
)
SELECT f.account_id, a.kind, f.opening, f.added, f.taken FROM found f JOIN payments_account a ON a.id = f.account_id
WHERE f.opening <> 0 OR f.added <> 0 OR f.taken <> 0
ORDER BY a.kind, f.account_id
"""


def rows(month: Month) -> list[Row]:
    """Every account that had or moved something; from the stored balances where the month is closed."""
    period = Period.objects.filter(year=month.year, month=month.month).first()
    if period is not None:
        stored = PeriodBalance.objects.filter(period=period).order_by("account__kind", "account_id")
        values = stored.values_list(
            "account_id", "account__kind", "opening_micros", "added_micros", "taken_micros"
        )
        return [Row(*each) for each in values]
    return counted(month)


def counted(month: Month) -> list[Row]:
    """The same, counted from the entries."""
    last = _last_closed(month)
    closed_until = Month(last.year, last.month).end if last else Month(1970, 1).start
    with connection.cursor() as cursor:
        cursor.execute(
            _ROWS,
            {
                "period": last.pk if last else None,
                "closed_until": closed_until,
                "start": month.start,
                "end": month.end,
            },
        )
        return [Row(*each) for each in cursor.fetchall()]


def by_kind(found: Iterable[Row]) -> list[KindRow]:
    """The same by kind of account, in the order of `AccountKind`."""
    sums: dict[str, list[int]] = {}
    for row in found:
        each = sums.setdefault(row.kind, [0, 0, 0, 0])
        for index, value in enumerate((1, row.opening, row.added, row.taken)):
            each[index] += value
    return [KindRow(kind, *sums[kind]) for kind in AccountKind.values if kind in sums]


def is_sound(found: Iterable[Row]) -> bool:
    """Whether everything sums to zero: the opening, what moved, and the closing."""
    opening = moved = 0
    for row in found:
        opening += row.opening
        moved += row.added - row.taken
    return opening == 0 == moved


@dataclass(frozen=True, slots=True)
class Line:
    """One entry of a statement, with what was on the account after it."""

    entry: Entry
    balance: int


def statement(account_id: int, month: Month, *, opening: int, limit: int) -> list[Line]:
    """The first `limit` entries of an account in a month, oldest first."""
    entries = (
        Entry.objects.filter(
            account_id=account_id,
            transaction__created_at__gte=month.start,
            transaction__created_at__lt=month.end,
        )
        .select_related("transaction")
        .order_by("transaction__created_at", "pk")
    )
    found, balance = [], opening
    for entry in entries[:limit]:
        balance += entry.amount
        found.append(Line(entry, balance))
    return found


def _last_closed(month: Month) -> Period | None:
    periods = Period.objects.order_by("-year", "-month")
    return next((each for each in periods if (each.year, each.month) < (month.year, month.month)), None)
