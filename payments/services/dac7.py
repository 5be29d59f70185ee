"""What platforms report of each worker to the tax office once a year, from the ledger (charter D1).

Council Directive (EU) 2021/514 ("DAC7"), Annex V, section III, B(2): by quarter the consideration paid or credited, the
number of relevant activities for which it was, and fees, commissions or taxes withheld. Work here is a personal
service. Counted are rewards, top-ups, compensations and bonuses on the day they became due to the worker; a
grant of the help fund pays for no activity and is not among them. An activity is one piece of paid work. We
withhold nothing.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection

from marketplace.base import clock

# Facts that pay a piece of work, and those that add to one.
ACTIVITIES = ("approval", "late_approval", "compensation")
CONSIDERATION = (*ACTIVITIES, "topup", "bonus")


@dataclass(frozen=True, slots=True)
class Figures:
    """One worker in one year, each tuple by quarter: micros credited, pieces of work."""

    user_id: int
    consideration: tuple[int, int, int, int]
    activities: tuple[int, int, int, int]

    @property
    def total(self) -> int:
        return sum(self.consideration)


_FIGURES = """
SELECT a.user_id, extract(quarter FROM t.created_at AT TIME ZONE %(zone)s)::int,
       sum(e.amount)::bigint, count(*) FILTER (WHERE t.kind = ANY (%(activities)s))
FROM payments_transaction t
JOIN payments_entry e ON e.transaction_id = t.id
JOIN payments_account a ON a.id = e.account_id AND a.kind = 'worker_payable'
WHERE t.kind = ANY (%(consideration)s) AND t.created_at >= %(start)s AND t.created_at < %(end)s
  AND (%(user)s::bigint IS NULL OR a.user_id = %(user)s)
GROUP BY 1, 2 ORDER BY 1, 2
"""


def figures(year: int, *, user_id: int | None = None) -> list[Figures]:
    """The figures of everybody who was credited something in `year` (Europe/Paris), or of one worker."""
    values: dict[str, Any] = {
        "zone": str(clock.BOOKS),
        "activities": list(ACTIVITIES),
        "consideration": list(CONSIDERATION),
        "start": clock.year_start(year),
        "end": clock.year_start(year + 1),
        "user": user_id,
    }
    found: dict[int, list[list[int]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, values)
        for worker, quarter, micros, pieces in cursor.fetchall():
            quarters = found.setdefault(worker, [[0] * 4, [0] * 4])
            quarters[0][quarter - 1], quarters[1][quarter - 1] = micros, pieces
    return [Figures(worker, _four(q[0]), _four(q[1])) for worker, q in found.items()]


def of_worker(user_id: int, year: int) -> Figures:
    """One worker's figures; zeros when there was nothing."""
    zero = (0, 0, 0, 0)
    return next(iter(figures(year, user_id=user_id)), Figures(user_id, zero, zero))


def _four(values: list[int]) -> tuple[int, int, int, int]:
    first, second, third, fourth = values
    return first, second, third, fourth
