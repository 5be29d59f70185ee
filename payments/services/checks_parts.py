"""The invariants of payouts that leave in parts: what each names as broken, for `checks.run`."""

from django.db import connection

from marketplace.base import ids

# Sums of a payout's parts against what the payout says of itself.
_SUMS = """
SELECT p.id FROM payments_payout p
JOIN (
    SELECT payout_id,
           coalesce(sum(amount_micros) FILTER (WHERE state <> 'refused'), 0) AS standing,
           coalesce(sum(amount_micros) FILTER (WHERE state = 'done'), 0) AS done,
           coalesce(sum(amount_micros) FILTER (WHERE state = 'reversed'), 0) AS reversed,
           count(*) FILTER (WHERE state IN ('waiting', 'sent')) AS under_way
    FROM payments_payoutpart GROUP BY payout_id
) s ON s.payout_id = p.id
WHERE CASE p.state
    WHEN 'sent' THEN s.standing > p.amount_micros OR p.back_micros <> s.reversed
                     OR (s.standing < p.amount_micros AND p.waits_for = '' AND s.under_way = 0)
    WHEN 'paid' THEN s.under_way > 0 OR s.done <> p.amount_micros - p.back_micros OR p.back_micros < s.reversed
    WHEN 'returned' THEN s.under_way > 0 OR s.done > 0 OR p.back_micros <> p.amount_micros
    WHEN 'failed' THEN s.standing > 0 OR p.back_micros > 0
    ELSE true END
ORDER BY p.id
"""
_CHARGES = """
SELECT d.id FROM payments_deposit d
LEFT JOIN (
    SELECT deposit_id, sum(amount_micros) AS sum FROM payments_payoutpart
    WHERE state NOT IN ('refused', 'reversed') GROUP BY deposit_id
) p ON p.deposit_id = d.id
LEFT JOIN (
    SELECT deposit_id, sum(amount_micros) AS sum FROM payments_refund WHERE state <> 'failed' GROUP BY deposit_id
) r ON r.deposit_id = d.id
WHERE coalesce(p.sum, 0) + coalesce(r.sum, 0) > d.amount_micros
   OR (p.sum > 0 AND (d.state <> 'settled' OR d.charge_ref IS NULL))
ORDER BY d.id
"""
# One statement, hence one snapshot. Public ids are made in Python, so the two sides meet there.
_FACTS = """
SELECT 'part', p.payout_id, p.position, p.state, p.amount_micros, o.user_id, '' FROM payments_payoutpart p
JOIN payments_payout o ON o.id = p.payout_id
UNION ALL
SELECT 'rest', o.id, 0, '', o.back_micros - coalesce(s.sum, 0), o.user_id, ''
FROM payments_payout o
LEFT JOIN (
    SELECT payout_id, sum(amount_micros) AS sum FROM payments_payoutpart WHERE state = 'reversed' GROUP BY payout_id
) s ON s.payout_id = o.id
WHERE o.back_micros > coalesce(s.sum, 0)
UNION ALL
SELECT 'fact', 0, 0, t.kind, abs(e.amount), a.user_id, t.reference FROM payments_transaction t
JOIN payments_entry e ON e.transaction_id = t.id
JOIN payments_account a ON a.id = e.account_id AND a.kind = 'payout_in_transit'
WHERE t.kind IN ('payout_paid', 'payout_reversed', 'payout_paid_reversed') AND t.reference LIKE 'pay_%:%'
"""
_BOOKED: dict[str, tuple[str, ...]] = {
    "done": ("payout_paid",),
    "reversed": ("payout_paid", "payout_paid_reversed", "payout_reversed"),
}


def found() -> dict[str, list[str]]:
    """Each invariant's name: the public ids of what breaks it."""
    return {
        "parts_sum_to_their_payout": _numbers(_SUMS, "pay"),
        "charges_hold_what_left_them": _numbers(_CHARGES, "dep"),
        "parts_are_in_the_ledger_as_their_state_says": _facts(),
    }


def _numbers(sql: str, prefix: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [ids.encode(prefix, number) for (number,) in cursor.fetchall()]


def _facts() -> list[str]:
    """Each part, and each rest that never left, has exactly the facts of its state; no such fact is without its row."""
    with connection.cursor() as cursor:
        cursor.execute(_FACTS)
        rows = cursor.fetchall()
    expected: dict[str, set[tuple[str, int, int]]] = {}
    booked: dict[str, set[tuple[str, int, int]]] = {}
    for what, payout, position, word, amount, owner, reference in rows:
        if what == "fact":
            booked.setdefault(reference, set()).add((word, amount, owner))
            continue
        key = f"{ids.encode('pay', payout)}:{position or 'rest'}"
        kinds = ("payout_reversed",) if what == "rest" else _BOOKED.get(word, ())
        expected[key] = {(kind, amount, owner) for kind in kinds}
    keys = sorted(expected.keys() | booked.keys())
    return [key for key in keys if expected.get(key, set()) != booked.get(key, set())]
