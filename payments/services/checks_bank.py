"""The invariants of bank lines and payout files: what each names as broken, for `checks.run`."""

from collections import defaultdict
from typing import Any

from django.db import connection

from marketplace.base import ids
from payments.models import BankLine, Payout, PayoutRun, Refund, RunState

# Public ids are made in Python, so lines and facts meet there.
_LINES = "SELECT id, amount_micros FROM payments_bankline"
_FACTS = """
SELECT t.reference, sum(e.amount) FROM payments_transaction t
JOIN payments_entry e ON e.transaction_id = t.id
JOIN payments_account a ON a.id = e.account_id
WHERE t.kind = 'bank_line' AND a.kind = 'gateway_clearing' AND a.gateway = 'bank'
GROUP BY t.reference
"""
_SUSPENSE = """
SELECT coalesce((
    SELECT sum(e.amount) FROM payments_entry e
    JOIN payments_account a ON a.id = e.account_id AND a.kind = 'suspense'
    JOIN payments_transaction t ON t.id = e.transaction_id
    WHERE t.kind IN ('bank_line', 'bank_line_taken', 'deposit')
), 0) - coalesce((SELECT sum(amount_micros) FROM payments_bankline WHERE taken_as = 'suspense'), 0)
"""
_SUMS = """
SELECT r.id FROM payments_payoutrun r
LEFT JOIN (
    SELECT run_id, count(*) AS n, sum(amount_micros) AS sum FROM (
        SELECT run_id, amount_micros FROM payments_payout
        UNION ALL SELECT run_id, amount_micros FROM payments_refund
        UNION ALL SELECT run_id, amount_micros FROM payments_bankline
    ) rows WHERE run_id IS NOT NULL GROUP BY run_id
) s ON s.run_id = r.id
WHERE r.state <> 'cancelled' AND (coalesce(s.sum, 0) <> r.amount_micros OR coalesce(s.n, 0) <> r.payouts)
ORDER BY r.id
"""
_AT_RUNS = """
SELECT t.reference, sum(e.amount) FROM payments_entry e
JOIN payments_account a ON a.id = e.account_id AND a.kind = 'gateway_clearing' AND a.gateway = 'runs'
JOIN payments_transaction t ON t.id = e.transaction_id
GROUP BY t.reference
"""


def found() -> dict[str, list[str]]:
    """By name of the invariant, the public ids of what breaks it."""
    return {
        "bank_lines_are_booked_once": _unbooked(),
        "suspense_is_the_lines_to_explain": ["suspense"] if _rows(_SUSPENSE)[0][0] else [],
        "payout_files_are_the_sum_of_what_is_in_them": [ids.encode("run", row[0]) for row in _rows(_SUMS)],
        "booked_files_leave_nothing_behind": _left_behind(),
    }


def _rows(sql: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


def _unbooked() -> list[str]:
    """Lines that did not move their amount at the bank, and movements without a line."""
    booked = {reference: -int(amount) for reference, amount in _rows(_FACTS)}
    wrong = set()
    for number, amount in _rows(_LINES):
        if booked.pop(public_id := ids.encode("bln", number), None) != amount:
            wrong.add(public_id)
    return sorted(wrong | booked.keys())


def _left_behind() -> list[str]:
    """Files that are over, of which `runs` still holds something."""
    moved = _rows(_AT_RUNS)
    if not moved:
        return []
    run_of = _run_of()
    sums: dict[int, int] = defaultdict(int)
    for reference, amount in moved:
        sums[run_of.get(reference, 0)] += int(amount)
    over = dict(PayoutRun.objects.filter(pk__in=sums).values_list("pk", "state"))
    open_ones = {RunState.RELEASED}
    wrong = [pk for pk, amount in sums.items() if amount and over.get(pk) not in open_ones]
    return [ids.encode("run", pk) for pk in sorted(wrong)]


def _run_of() -> dict[str, int]:
    """The number of the file by the reference of each fact that moved money at `runs`."""
    of_object: dict[str, int] = {}
    for prefix, model in (("pay", Payout), ("ref", Refund), ("bln", BankLine)):
        rows = model.objects.filter(run__isnull=False)  # type: ignore[attr-defined]
        of_object |= {ids.encode(prefix, pk): run for pk, run in rows.values_list("pk", "run_id")}
    runs = {ids.encode("run", pk): pk for pk in PayoutRun.objects.values_list("pk", flat=True)}
    of_object |= runs
    lines = BankLine.objects.filter(taken_as__in=[BankLine.Taken.RUN, BankLine.Taken.RETURN])
    by_line = {
        ids.encode("bln", pk): of_object.get(reference, 0)
        for pk, reference in lines.values_list("pk", "object_ref")
    }
    return of_object | by_line
