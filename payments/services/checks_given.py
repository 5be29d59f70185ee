"""The invariants of bonuses and grants: what each names as broken, for `checks.run`."""

from django.db import connection

from marketplace.base import ids
from marketplace.base.leavers import GONE

# One statement, hence one snapshot: a row and its fact must be the same about whom, how much and which year.
_BONUSES = """
SELECT 'row', id::text, worker_id, amount_micros, cap_year FROM payments_bonus
UNION ALL
SELECT 'fact', t.reference, a.user_id, e.amount, t.cap_year FROM payments_transaction t
JOIN payments_entry e ON e.transaction_id = t.id
JOIN payments_account a ON a.id = e.account_id AND a.kind = 'worker_payable'
WHERE t.kind = 'bonus'
"""
_GRANTS = """
SELECT 'row', id::text, worker_id, granted_micros, 0 FROM payments_helpgrant WHERE state = 'granted'
UNION ALL
SELECT 'fact', t.reference, a.user_id, e.amount, 0 FROM payments_transaction t
JOIN payments_entry e ON e.transaction_id = t.id
JOIN payments_account a ON a.id = e.account_id AND a.kind = 'worker_payable'
WHERE t.kind = 'help_grant'
"""


# What is due to a worker leaves their account for their own payout and for nothing else (charter P13). Sums, not pairs
# of entries: a payout may be written in several, or several people's in one transaction. Of somebody who is gone, what
# nobody can claim goes to the help fund, and what came back to their account of today (`left_money`): whole, each.
_ELSEWHERE = """
SELECT t.kind || ':' || t.reference FROM (
    SELECT DISTINCT e.transaction_id, a.user_id FROM payments_entry e
    JOIN payments_account a ON a.id = e.account_id AND a.kind = 'worker_payable' WHERE e.amount < 0
) d
JOIN payments_transaction t ON t.id = d.transaction_id
JOIN base_user u ON u.id = d.user_id
CROSS JOIN LATERAL (
    SELECT coalesce(sum(o.amount) FILTER (WHERE b.kind = 'worker_payable' AND b.user_id = d.user_id), 0) AS moved,
           coalesce(sum(o.amount) FILTER (WHERE b.kind = 'payout_in_transit' AND b.user_id = d.user_id), 0) AS transit,
           coalesce(sum(o.amount) FILTER (WHERE b.kind = 'help_fund'), 0) AS fund,
           coalesce(sum(o.amount) FILTER (WHERE b.kind = 'worker_payable' AND b.user_id <> d.user_id), 0) AS others
    FROM payments_entry o JOIN payments_account b ON b.id = o.account_id WHERE o.transaction_id = d.transaction_id
) w
WHERE w.moved < 0 AND w.transit + w.moved <> 0
  AND NOT (t.kind = 'left_to_fund' AND w.fund + w.moved = 0 AND u.email = u.id || %(gone)s)
  AND NOT (t.kind = 'left_given_back' AND w.others + w.moved = 0 AND u.email = u.id || %(gone)s)
"""


def found() -> dict[str, list[str]]:
    """By name of the invariant, the public ids of what breaks it."""
    return {
        "bonuses_are_in_the_ledger": _compare(_BONUSES, "bon"),
        "help_grants_are_in_the_ledger": _compare(_GRANTS, "grt"),
        "workers_money_leaves_by_payout_alone": _elsewhere(),
    }


def _elsewhere() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_ELSEWHERE, {"gone": f"@{GONE}"})
        return sorted({reference for (reference,) in cursor.fetchall()})


def _compare(sql: str, prefix: str) -> list[str]:
    rows: dict[str, tuple[int, ...]] = {}
    facts: dict[str, tuple[int, ...]] = {}
    with connection.cursor() as cursor:
        cursor.execute(sql)
        for source, name, *values in cursor.fetchall():
            if source == "row":
                rows[ids.encode(prefix, int(name))] = tuple(values)
            else:
                facts[name] = tuple(values)
    return sorted(name for name in rows.keys() | facts.keys() if rows.get(name) != facts.get(name))
