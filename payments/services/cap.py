"""The yearly cap of a worker (DESIGN §4 "Cap", charter C1–C3).

A claim reserves through the SQL function `payments_cap_reserve`; approval turns reserved into earned;
release, expiry and rejection give back. What is owed whatever the cap says goes to `extra`. Sets lock
their rows in (worker, year) order. In the order of locks cap rows come before ledger accounts.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.db import connection

from marketplace.base import clock, money, notices
from marketplace.base.models import User
from payments.models import Cap

# (worker's number, year of the claim in Europe/Paris, micros)
Row = tuple[int, int, int]
# Share of the cap in percent, and the notice that says it was reached (once a year each).
MARKS = ((80, "cap_80"), (100, "cap_100"))


@dataclass(frozen=True, slots=True)
class CapStanding:
    """Where a worker stands in one year, in micros. `left` may still be claimed; `elsewhere` is what other accounts
    of the same person have used."""

    year: int
    limit: int
    reserved: int
    earned: int
    extra: int
    left: int
    elsewhere: int = 0

    @property
    def used(self) -> int:
        return self.reserved + self.earned + self.extra + self.elsewhere


def limit() -> int:
    """The cap of a new year, in micros, from the setting CAP_EUR."""
    return money.from_decimal(settings.CAP_EUR)


def reserve(*, worker_id: int, cap_year: int, amount_micros: int, cap_limit: int | None = None) -> bool:
    """Reserve a reward against the year's cap; False when it would pass it. As the claim does, one round trip."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT payments_cap_reserve(%s, %s, %s, %s)",
            [worker_id, cap_year, amount_micros, limit() if cap_limit is None else cap_limit],
        )
        return bool(cursor.fetchone()[0])


def release(*, worker_id: int, cap_year: int, amount_micros: int) -> None:
    """Give back one reservation. Raises IntegrityError when less is reserved."""
    release_set([(worker_id, cap_year, amount_micros)])


def release_set(rows: Iterable[Row]) -> None:
    """Give back reservations in one statement; rows of one worker and year are added up."""
    _move(rows, "reserved_micros = c.reserved_micros - w.amount")


def earn_set(rows: Iterable[Row]) -> None:
    """Turn reserved into earned, for approvals, in one statement; tells workers who pass 80 or 100 % of the cap.

    Raises IntegrityError when less is reserved.
    """
    _move(rows, "reserved_micros = c.reserved_micros - w.amount, earned_micros = c.earned_micros + w.amount")


def add_extra(*, worker_id: int, cap_year: int, amount_micros: int) -> None:
    """Count money that is owed whatever the cap says: a top-up, a compensation, a dispute won late."""
    add_extra_set([(worker_id, cap_year, amount_micros)])


def add_extra_set(rows: Iterable[Row]) -> None:
    """As `add_extra`, for many; makes the rows of workers who have none for the year."""
    added = _added_up(rows)
    Cap.objects.bulk_create(
        [Cap(user_id=user_id, year=year, cap_micros=limit()) for user_id, year, _ in added],
        ignore_conflicts=True,
    )
    _move(added, "extra_micros = c.extra_micros + w.amount")


def lock_set(pairs: Iterable[tuple[int, int]]) -> None:
    """Lock the rows of these (worker, year) pairs in order, until the caller's transaction ends."""
    wanted = sorted(set(pairs))
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [[pair[0] for pair in wanted], [pair[1] for pair in wanted]])


def lock_persons(worker_ids: Iterable[int]) -> None:
    """Lock what the claims of these people's several accounts wait for, in order: before reserving for many people in
    one transaction, so that two such wait for each other in one direction only. Before any lock of cap rows."""
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_PERSONS, [list(worker_ids)])


def standing(user: User, year: int | None = None) -> CapStanding:
    """Where a worker stands in `year` (this one, in Europe/Paris, when it is left out)."""
    year = clock.year_of(clock.now()) if year is None else year
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, [user.pk, year, user.pk, year])
        own, reserved, earned, extra, elsewhere, others = cursor.fetchone()
    most = max(own, others, limit())  # a raised setting counts at once, as it does for the claim
    left = max(0, most - reserved - earned - extra - elsewhere)
    return CapStanding(year, most, reserved, earned, extra, left, elsewhere)


def withheld(user_ids: Iterable[int]) -> dict[int, int]:
    """What each worker has earned above the cap of this year, in micros: paid from 1 January on (charter C2).

    Of a person with several accounts it waits in the latest first, as far as that has anything due, so that all of them
    together are paid one cap. One statement: earning under one account changes the sum and what is due at once.
    """
    with connection.cursor() as cursor:
        cursor.execute(_WITHHELD, [list(user_ids), limit(), clock.year_of(clock.now())])
        return dict(cursor.fetchall())


def next_january() -> dt.datetime:
    """When the money above this year's cap can be paid: 1 January in Europe/Paris, as UTC."""
    return clock.year_start(clock.year_of(clock.now()) + 1)


_STANDING = """
SELECT coalesce(c.cap_micros, 0), coalesce(c.reserved_micros, 0), coalesce(c.earned_micros, 0),
       coalesce(c.extra_micros, 0), e.reserved + e.earned, e.most
FROM payments_cap_elsewhere(%s, %s) e LEFT JOIN payments_cap c ON c.user_id = %s AND c.year = %s
"""
_WITHHELD = """
WITH account AS (
    SELECT w.user_id AS asked, coalesce(o.user_id, w.user_id) AS user_id
    FROM unnest(%s::bigint[]) AS w (user_id)
    LEFT JOIN payments_personaccount p ON p.user_id = w.user_id
    LEFT JOIN payments_personaccount o ON o.holder_id = p.holder_id
), over AS (
    SELECT asked, greatest(0, sum(c.earned_micros + c.extra_micros) - greatest(max(c.cap_micros), %s)) AS excess
    FROM account JOIN payments_cap c USING (user_id) WHERE c.year >= %s GROUP BY asked, c.year
), later AS (
    SELECT a.asked, sum(l.balance) AS due
    FROM account a JOIN payments_account l ON l.user_id = a.user_id AND l.kind = 'worker_payable'
    WHERE a.user_id > a.asked GROUP BY a.asked
)
SELECT o.asked, greatest(0, sum(o.excess) - coalesce(max(l.due), 0))::bigint
FROM over o LEFT JOIN later l USING (asked) GROUP BY o.asked
"""
_LOCK_PERSONS = """
SELECT 1 FROM payments_personaccount h
WHERE h.user_id IN (SELECT p.holder_id FROM payments_personaccount p WHERE p.user_id = ANY (%s))
ORDER BY h.user_id FOR NO KEY UPDATE OF h
"""
_LOCK = """
SELECT 1 FROM payments_cap c JOIN unnest(%s::bigint[], %s::integer[]) AS w (user_id, year)
  ON c.user_id = w.user_id AND c.year = w.year
ORDER BY c.user_id, c.year FOR NO KEY UPDATE OF c
"""
_MOVE = """
UPDATE payments_cap c SET {change}
FROM unnest(%s::bigint[], %s::integer[], %s::bigint[]) AS w (user_id, year, amount)
WHERE c.user_id = w.user_id AND c.year = w.year
RETURNING c.user_id, c.year, c.cap_micros, c.earned_micros + c.extra_micros, w.amount,
    (SELECT ARRAY[e.earned, e.most] FROM payments_cap_elsewhere(c.user_id, c.year) e)
"""


def _move(rows: Iterable[Row], change: str) -> None:
    """Apply one change (a constant of this module) to each row's amount, rows locked in order first."""
    added = _added_up(rows)
    if not added:
        return
    lock_set((user_id, year) for user_id, year, _ in added)
    with connection.cursor() as cursor:
        cursor.execute(
            _MOVE.format(change=change), [[r[0] for r in added], [r[1] for r in added], [r[2] for r in added]]
        )
        moved = cursor.fetchall()
    if len(moved) != len(added):
        raise LookupError("there is no cap row for a worker and year")
    if "earned_micros" in change or "extra_micros" in change:
        for user_id, year, cap_micros, total, amount, (earned, most) in moved:
            _tell(user_id, year, max(cap_micros, most), total + earned, amount)


def _added_up(rows: Iterable[Row]) -> list[Row]:
    sums: dict[tuple[int, int], int] = {}
    for user_id, year, amount in rows:
        if amount < 0:
            raise ValueError("amounts of the cap are never negative")
        sums[user_id, year] = sums.get((user_id, year), 0) + amount
    return [(user_id, year, amount) for (user_id, year), amount in sorted(sums.items()) if amount]


def _tell(user_id: int, year: int, cap_micros: int, total: int, amount: int) -> None:
    """Leave a notice when this amount made earned + extra reach a mark of the cap."""
    for percent, kind in MARKS:
        mark = cap_micros * percent // 100
        if total - amount < mark <= total:
            notices.tell(user_id, kind, str(year), year=year, limit=cap_micros, earned=total)
