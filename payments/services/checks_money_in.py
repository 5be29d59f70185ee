"""The invariants of refunds, disputed payments and what gateways took: what each names as broken, for `checks.run`."""

from collections import defaultdict
from typing import Any

from django.db import connection

from marketplace.base import ids

# One statement, hence one snapshot. Public ids are made in Python, so rows and facts meet there.
_REFUNDS = """
SELECT 'row', id::text, state, amount_micros, organisation_id FROM payments_refund
UNION ALL
SELECT t.kind, t.reference, '', abs(e.amount), a.organisation_id FROM payments_transaction t
JOIN payments_entry e ON e.transaction_id = t.id
JOIN payments_account a ON a.id = e.account_id AND a.kind = 'refund_in_transit'
WHERE t.kind IN ('refund', 'refund_paid', 'refund_paid_reversed', 'refund_reversed')
"""
_PAID, _BACK = {"refund", "refund_paid"}, {"refund", "refund_reversed"}
# What the ledger may hold for a refund, by state: a gateway takes the money before it is there, or never did.
_BOOKED: dict[str, tuple[set[str], ...]] = {
    "started": ({"refund"}, _PAID),
    "settled": (_PAID,),
    "failed": (_BACK, _BACK | {"refund_paid", "refund_paid_reversed"}),
}
_FROZEN = """
SELECT coalesce(a.organisation_id, c.organisation_id)
FROM (
    SELECT a.organisation_id, a.kind, sum(e.amount) AS sum
    FROM payments_account a JOIN payments_entry e ON e.account_id = a.id
    WHERE a.kind IN ('organisation_frozen', 'losses') AND a.organisation_id IS NOT NULL
    GROUP BY a.organisation_id, a.kind
) a
FULL JOIN (
    SELECT d.organisation_id, k.kind, sum(
        CASE WHEN k.kind = 'organisation_frozen' THEN CASE WHEN c.state = 'open' THEN c.frozen_micros ELSE 0 END
             ELSE CASE WHEN c.state = 'lost' THEN c.frozen_micros - c.amount_micros ELSE 0 END END
    ) AS sum
    FROM payments_chargeback c
    JOIN payments_deposit d ON d.id = c.deposit_id
    CROSS JOIN (VALUES ('organisation_frozen'), ('losses')) AS k (kind)
    GROUP BY d.organisation_id, k.kind
) c ON c.organisation_id = a.organisation_id AND c.kind = a.kind
WHERE coalesce(a.sum, 0) <> coalesce(c.sum, 0)
"""
_FEES = """
SELECT 'row', id::text, fee_micros, gateway FROM payments_deposit WHERE fee_micros > 0
UNION ALL
SELECT 'fact', t.reference, -e.amount, a.gateway FROM payments_transaction t
JOIN payments_entry e ON e.transaction_id = t.id
JOIN payments_account a ON a.id = e.account_id AND a.kind = 'gateway_costs'
WHERE t.kind = 'gateway_fee' AND t.reference LIKE 'dep\\_%'
"""


def found() -> dict[str, list[str]]:
    """By name of the invariant, the public ids (or references) of what breaks it."""
    frozen = sorted({row[0] for row in _rows(_FROZEN)})
    return {
        "refunds_are_in_the_ledger_as_their_state_says": _refunds(),
        "disputes_freeze_and_owe_what_their_rows_say": [ids.encode("org", number) for number in frozen],
        "fees_of_deposits_are_in_the_ledger": _fees(),
    }


def _rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def _refunds() -> list[str]:
    rows: dict[str, tuple[str, int, int]] = {}
    facts: dict[str, set[tuple[str, int, int]]] = defaultdict(set)
    for kind, ref, state, amount, owner in _rows(_REFUNDS):
        if kind == "row":
            rows[ids.encode("ref", int(ref))] = (state, amount, owner)
        else:
            facts[ref].add((kind, amount, owner))
    return sorted(ref for ref in rows.keys() | facts.keys() if not _fits(rows.get(ref), facts[ref]))


def _fits(row: tuple[str, int, int] | None, booked: set[tuple[str, int, int]]) -> bool:
    if row is None:
        return False
    state, amount, owner = row
    return any(booked == {(kind, amount, owner) for kind in kinds} for kinds in _BOOKED[state])


def _fees() -> list[str]:
    rows, facts = {}, {}
    for which, ref, amount, gateway in _rows(_FEES):
        if which == "row":
            rows[ids.encode("dep", int(ref))] = (amount, gateway)
        else:
            facts[ref] = (amount, gateway)
    return sorted(ref for ref in rows.keys() | facts.keys() if rows.get(ref) != facts.get(ref))
