"""The invariants of bonuses and grants: what each names as broken, for `checks.run`."""

from django.db import connection

from marketplace.base import ids

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


# What is due to a worker leaves their account for their own payout and for nothing else (charter P13).
_ELSEWHERE = """
SELECT DISTINCT t.kind || ':' || t.reference FROM payments_entry e
JOIN payments_account a ON a.id = e.account_id AND a.kind = 'worker_payable'
JOIN payments_transaction t ON t.id = e.transaction_id
WHERE e.amount < 0 AND EXISTS (
    SELECT FROM payments_entry o JOIN payments_account b ON b.id = o.account_id
    WHERE o.transaction_id = e.transaction_id AND o.id <> e.id
      AND NOT (b.kind = 'payout_in_transit' AND b.user_id = a.user_id)
)
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
        cursor.execute(_ELSEWHERE)
        return sorted(reference for (reference,) in cursor.fetchall())


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
