"""The invariants of the books, over the live data (DESIGN §7 selfcheck). Each is one statement, hence one snapshot."""

# ruff: noqa: S608 - statements are made of constants of this module

from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import connection

from marketplace.base import ids
from payments.models.ledger import DEBIT_KINDS, EITHER_WAY_KINDS, STORED_KINDS
from payments.services import (
    checks_bank,
    checks_documents,
    checks_given,
    checks_money_in,
    checks_parts,
    checks_person,
)

MOST = 50  # offenders named by one check


@dataclass(frozen=True, slots=True)
class Check:
    """One invariant: whether it holds, and the public ids (or references) of what breaks it."""

    name: str
    ok: bool
    ids: list[str] = field(default_factory=list)


def run() -> list[Check]:
    """Every invariant of money, looked at now."""
    looked = [_look(name, sql, show) for name, (sql, show) in _CHECKS.items()]
    apart = checks_parts.found() | checks_bank.found() | checks_documents.found() | checks_money_in.found()
    apart |= checks_given.found() | checks_person.found()
    in_parts = [Check(name, not wrong, wrong[:MOST]) for name, wrong in apart.items()]
    return [*looked, _deposits(), _payouts(), *in_parts]


def broken() -> list[Check]:
    """The invariants that do not hold; payouts are sent only while there are none."""
    return [check for check in run() if not check.ok]


def _look(name: str, sql: str, show: Callable[[object], str]) -> Check:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({sql}) AS offenders LIMIT {MOST}")
        offenders = [show(row[0]) for row in cursor.fetchall()]
    return Check(name, not offenders, offenders)


def _text(value: object) -> str:
    return str(value)


def _public(prefix: str) -> Callable[[object], str]:
    return lambda value: ids.encode(prefix, int(str(value)))


def _listed(kinds: tuple[str, ...]) -> str:
    return ", ".join(f"'{kind}'" for kind in kinds)


_STORED, _DEBIT, _EITHER = _listed(STORED_KINDS), _listed(DEBIT_KINDS), _listed(EITHER_WAY_KINDS)

_ACCOUNT = "'account:' || a.id || ':' || a.kind"
_CAP = """
SELECT 'user:' || coalesce(c.user_id, l.user_id) || ':' || coalesce(c.year, l.cap_year)
FROM payments_cap c
FULL JOIN (
    SELECT a.user_id, t.cap_year, sum(e.amount) AS sum
    FROM payments_transaction t
    JOIN payments_entry e ON e.transaction_id = t.id
    JOIN payments_account a ON a.id = e.account_id AND a.kind = 'worker_payable'
    WHERE t.kind IN ({kinds}) GROUP BY a.user_id, t.cap_year
) l ON l.user_id = c.user_id AND l.cap_year = c.year
WHERE coalesce(c.{column}, 0) <> coalesce(l.sum, 0)
"""

# name: (a statement whose rows are the offenders, how the first column is shown)
_CHECKS: dict[str, tuple[str, Callable[[object], str]]] = {
    "ledger_sums_to_zero": (
        """
        SELECT t.kind || ':' || t.reference FROM payments_transaction t
        LEFT JOIN payments_entry e ON e.transaction_id = t.id
        GROUP BY t.id HAVING count(e.id) < 2 OR sum(e.amount) <> 0
        """,
        _text,
    ),
    "ledger_balances_are_the_sums_of_their_entries": (
        f"""
        SELECT {_ACCOUNT} FROM payments_account a
        LEFT JOIN (SELECT account_id, sum(amount) AS sum FROM payments_entry GROUP BY account_id) e
          ON e.account_id = a.id
        WHERE a.balance <> CASE WHEN a.kind IN ({_STORED}) THEN coalesce(e.sum, 0) ELSE 0 END
        """,
        _text,
    ),
    "ledger_balances_are_never_negative": (
        f"SELECT {_ACCOUNT} FROM payments_account a WHERE a.balance < 0",
        _text,
    ),
    "ledger_signs_fit_the_kinds": (
        f"""
        SELECT {_ACCOUNT} FROM payments_account a JOIN payments_entry e ON e.account_id = a.id
        WHERE a.kind NOT IN ({_EITHER})
          -- A gateway takes a disputed payment back also when it holds less of ours than that.
          AND (a.kind <> 'gateway_clearing'
               OR NOT EXISTS (SELECT FROM payments_chargeback c WHERE c.gateway = a.gateway))
        GROUP BY a.id HAVING CASE WHEN a.kind IN ({_DEBIT}) THEN sum(e.amount) > 0 ELSE sum(e.amount) < 0 END
        """,
        _text,
    ),
    "ledger_reversals_mirror_what_they_take_back": (
        """
        SELECT t.kind || ':' || t.reference FROM payments_transaction t
        WHERE t.reverses_id IS NOT NULL AND EXISTS (
            SELECT FROM (
                SELECT account_id, sum(amount) AS sum FROM payments_entry
                WHERE transaction_id IN (t.id, t.reverses_id) GROUP BY account_id
            ) s WHERE s.sum <> 0
        )
        """,
        _text,
    ),
    "payouts_in_transit_are_the_payouts_under_way": (
        """
        SELECT coalesce(a.user_id, p.user_id)
        FROM (SELECT user_id, balance FROM payments_account WHERE kind = 'payout_in_transit') a
        FULL JOIN (
            SELECT o.user_id, sum(o.amount_micros - coalesce(s.gone, 0)) AS amount FROM payments_payout o
            LEFT JOIN (
                SELECT payout_id, sum(amount_micros) AS gone FROM payments_payoutpart
                WHERE state IN ('done', 'reversed') GROUP BY payout_id
            ) s ON s.payout_id = o.id
            WHERE o.state IN ('pending', 'held', 'sent') GROUP BY o.user_id
        ) p ON p.user_id = a.user_id
        WHERE coalesce(a.balance, 0) <> coalesce(p.amount, 0)
        """,
        _public("usr"),
    ),
    "cap_earned_is_the_sum_of_approvals": (
        _CAP.format(column="earned_micros", kinds="'approval', 'bonus'"),
        _text,
    ),
    "cap_extra_is_the_sum_of_what_is_owed_beside": (
        _CAP.format(column="extra_micros", kinds="'late_approval', 'topup', 'compensation'"),
        _text,
    ),
    "cap_is_never_passed_by_claims": (
        """
        SELECT 'user:' || user_id || ':' || year FROM payments_cap
        WHERE reserved_micros + earned_micros > cap_micros OR reserved_micros < 0
        """,
        _text,
    ),
}

# Public ids are made in Python, so these two compare there; still one statement, one snapshot.
_DEPOSITS = """
SELECT 'row', id::text, state, amount_micros, organisation_id FROM payments_deposit
UNION ALL
SELECT t.kind, t.reference, '', e.amount, a.organisation_id FROM payments_transaction t
JOIN payments_entry e ON e.transaction_id = t.id
JOIN payments_account a ON a.id = e.account_id AND a.kind = 'organisation_available'
WHERE t.kind = 'deposit'
"""
_PAYOUTS = """
SELECT 'row', id::text,
       CASE WHEN state IN ('sent', 'paid', 'returned')
             AND EXISTS (SELECT FROM payments_payoutpart WHERE payout_id = payments_payout.id) THEN 'in_parts'
            ELSE state || CASE WHEN paid_at IS NULL THEN '' ELSE '+' END END,
       amount_micros, user_id
FROM payments_payout
UNION ALL
SELECT t.kind, t.reference, '', abs(e.amount), a.user_id FROM payments_transaction t
JOIN payments_entry e ON e.transaction_id = t.id
JOIN payments_account a ON a.id = e.account_id AND a.kind = 'payout_in_transit'
WHERE t.kind IN ('payout', 'payout_paid', 'payout_reversed', 'payout_paid_reversed')
  AND t.reference NOT LIKE 'pay_%:%'
"""
# What the ledger must hold for a deposit or payout, by state (with "+" when it was paid at some time).
_BOOKED: dict[str, set[str]] = {
    "settled": {"deposit"},
    "started": set(),
    "cancelled": set(),
    "pending": {"payout"},
    "held": {"payout"},
    "sent": {"payout"},
    "in_parts": {"payout"},  # what its parts did is looked at by `checks_parts`
    "paid+": {"payout", "payout_paid"},
    "returned": {"payout", "payout_reversed"},
    "returned+": {"payout", "payout_paid", "payout_paid_reversed", "payout_reversed"},
}


def _deposits() -> Check:
    return _compare("deposits_are_in_the_ledger_as_their_state_says", _DEPOSITS, "dep", failed=set())


def _payouts() -> Check:
    failed = {"payout", "payout_reversed"}
    return _compare("payouts_are_in_the_ledger_as_their_state_says", _PAYOUTS, "pay", failed=failed)


def _compare(name: str, sql: str, prefix: str, *, failed: set[str]) -> Check:
    """Each row has exactly the facts of its state, with its amount and owner; no fact is without its row."""
    with connection.cursor() as cursor:
        cursor.execute(sql)
        found = cursor.fetchall()
    expected: dict[str, set[tuple[str, int, int]]] = {}
    for _row, number, state, amount, owner in (f for f in found if f[0] == "row"):
        kinds = failed if state == "failed" else _BOOKED[state]
        expected[ids.encode(prefix, int(number))] = {(kind, amount, owner) for kind in kinds}
    booked: dict[str, set[tuple[str, int, int]]] = {}
    for kind, reference, _state, amount, owner in (f for f in found if f[0] != "row"):
        booked.setdefault(reference, set()).add((kind, amount, owner))
    wrong = [
        ref for ref in sorted(expected.keys() | booked.keys()) if expected.get(ref) != booked.get(ref, set())
    ]
    return Check(name, not wrong, wrong[:MOST])
