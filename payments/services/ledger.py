"""The ledger's only writer (DESIGN law 2).

A fact is named by `(kind, reference)` and written once: posting it again with the same entries is
recognised and changes nothing, with other entries it raises. Every call must be inside `atomic()`.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import connection
from django.db.models import Sum

from marketplace.base import clock
from marketplace.base.models import Organisation, User
from payments.models import STORED_KINDS, Account, Entry, Transaction

# (account or its number, signed micros)
Part = tuple[Account | int, int]


class Conflict(Exception):
    """The same fact was posted before with other entries: a fault of the program, never of a person."""


class NotInTransaction(Exception):
    """Money moves only inside `transaction.atomic()`."""


def account(
    kind: str,
    *,
    organisation: Organisation | None = None,
    user: User | None = None,
    reference: str = "",
    gateway: str = "",
) -> Account:
    """The account of this kind and owner, made when there is none. Safe when several make it at once."""
    owner: dict[str, Any] = {
        "organisation_id": organisation.pk if organisation else None,
        "user_id": user.pk if user else None,
        "reference": reference,
        "gateway": gateway,
    }
    found = Account.objects.filter(kind=kind, **owner).first()
    if found is None:
        Account.objects.bulk_create([Account(kind=kind, **owner)], ignore_conflicts=True)
        found = Account.objects.get(kind=kind, **owner)
    return found


def accounts_of_users(kind: str, user_ids: Iterable[int]) -> dict[int, int]:
    """Account number by user number, for a whole set of workers; missing accounts are made in user order."""
    wanted = sorted(set(user_ids))
    found = dict(Account.objects.filter(kind=kind, user_id__in=wanted).values_list("user_id", "pk"))
    missing = [user_id for user_id in wanted if user_id not in found]
    if missing:
        Account.objects.bulk_create(
            [Account(kind=kind, user_id=user_id) for user_id in missing], ignore_conflicts=True
        )
        found |= dict(Account.objects.filter(kind=kind, user_id__in=missing).values_list("user_id", "pk"))
    return {user_id: pk for user_id, pk in found.items() if user_id is not None}


def lock(accounts: Iterable[Account | int]) -> dict[int, int]:
    """Lock accounts in id order until the end of the transaction; their stored balances in micros, by number."""
    _require_transaction()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, balance FROM payments_lock_accounts(%s::bigint[])", [[_pk(a) for a in accounts]]
        )
        return dict(cursor.fetchall())


def balance(account: Account) -> int:
    """What is on an account, in micros: the stored balance where one is kept, else the sum of its entries."""
    if account.is_stored:
        return Account.objects.values_list("balance", flat=True).get(pk=account.pk)
    return Entry.objects.filter(account=account).aggregate(sum=Sum("amount"))["sum"] or 0


def total(kind: str) -> int:
    """The sum over all accounts of a kind, in micros."""
    if kind in STORED_KINDS:
        return int(Account.objects.filter(kind=kind).aggregate(sum=Sum("balance"))["sum"] or 0)
    return int(Entry.objects.filter(account__kind=kind).aggregate(sum=Sum("amount"))["sum"] or 0)


def post(
    kind: str,
    reference: str,
    entries: Sequence[Part],
    *,
    actor: User | None = None,
    reverses: Transaction | None = None,
    cap_year: int | None = None,
) -> bool:
    """Write one fact; True when it is new, False when it was there already.

    `entries` sum to zero, each of them not zero. `reverses` is the transaction this one takes back.
    Raises ValueError for entries that can't stand, Conflict for the same fact with other entries,
    IntegrityError (`account_balance_never_below_zero`) when an account would be overdrawn: callers that
    may meet that lock and look first.
    """
    return bool(
        post_set(
            kind,
            [(reference, entries)],
            actor=actor,
            cap_years=[cap_year],
            reverses=[reverses.pk if reverses else None],
        )
    )


def post_set(
    kind: str,
    items: Sequence[tuple[str, Sequence[Part]]],
    *,
    actor: User | None = None,
    cap_years: Sequence[int | None] | None = None,
    reverses: Sequence[int | None] | None = None,
) -> set[str]:
    """Write many facts of one kind in one statement; the references that are new.

    `items` are (reference, entries) as for `post`; `cap_years` and `reverses` run beside them. Facts that
    were there already are compared and left. Raises as `post`.
    """
    _require_transaction()
    wanted = {
        reference: sorted((_pk(account), micros) for account, micros in entries)
        for reference, entries in items
    }
    if len(wanted) != len(items):
        raise ValueError("a reference stands twice in one set")
    for reference, parts in wanted.items():
        _check(reference, parts)
    if not items:
        return set()
    new = _insert(kind, wanted, actor, cap_years or [None] * len(items), reverses or [None] * len(items))
    _compare(kind, {reference: parts for reference, parts in wanted.items() if reference not in new})
    return new


def known(kinds: Sequence[str], references: Iterable[str]) -> set[str]:
    """Which of these references are written already under one of the kinds."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT reference FROM payments_transaction WHERE kind = ANY (%s) AND reference = ANY (%s)",
            [list(kinds), list(references)],
        )
        return {row[0] for row in cursor.fetchall()}


def reverse(original: Transaction, kind: str, *, actor: User | None = None) -> bool:
    """Take a fact back by new entries of the opposite sign, under the same reference; once."""
    opposite = [
        (account_id, -amount) for account_id, amount in original.entries.values_list("account_id", "amount")
    ]
    return post(kind, original.reference, opposite, actor=actor, reverses=original)


# References go in sorted, so that two sets that share some wait for each other in one direction only.
# ON CONFLICT waits for a concurrent writer of the same fact and then leaves it to `_compare`.
_INSERT = """
WITH wanted AS (
    SELECT * FROM unnest(%(references)s::text[], %(years)s::smallint[], %(reverses)s::bigint[])
        AS w (reference, cap_year, reverses_id)
), new AS (
    INSERT INTO payments_transaction (kind, reference, cap_year, reverses_id, created_at, actor_id)
    SELECT %(kind)s, reference, cap_year, reverses_id, %(now)s, %(actor)s FROM wanted ORDER BY reference
    ON CONFLICT (kind, reference) DO NOTHING
    RETURNING id, reference
), written AS (
    INSERT INTO payments_entry (transaction_id, account_id, amount)
    SELECT new.id, e.account_id, e.amount
    FROM unnest(%(entry_references)s::text[], %(accounts)s::bigint[], %(amounts)s::bigint[])
        AS e (reference, account_id, amount)
    JOIN new USING (reference)
)
SELECT reference FROM new
"""


_READ = """
SELECT t.reference, e.account_id, e.amount
FROM payments_transaction t JOIN payments_entry e ON e.transaction_id = t.id
WHERE t.kind = %s AND t.reference = ANY (%s)
"""


def _insert(
    kind: str,
    wanted: dict[str, list[tuple[int, int]]],
    actor: User | None,
    cap_years: Sequence[int | None],
    reverses: Sequence[int | None],
) -> set[str]:
    flat = [(reference, pk, micros) for reference, parts in wanted.items() for pk, micros in parts]
    values: dict[str, Any] = {
        "kind": kind,
        "now": clock.now(),
        "actor": actor.pk if actor else None,
        "references": list(wanted),
        "years": list(cap_years),
        "reverses": list(reverses),
        "entry_references": [row[0] for row in flat],
        "accounts": [row[1] for row in flat],
        "amounts": [row[2] for row in flat],
    }
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, values)
        return {row[0] for row in cursor.fetchall()}


def _compare(kind: str, known: dict[str, list[tuple[int, int]]]) -> None:
    """Raises Conflict unless each fact of `known` is written with exactly these entries."""
    if not known:
        return
    written: dict[str, list[tuple[int, int]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(_READ, [kind, list(known)])
        for reference, pk, micros in cursor.fetchall():
            written.setdefault(reference, []).append((pk, micros))
    for reference, parts in known.items():
        if sorted(written.get(reference, [])) != parts:
            raise Conflict(f"{kind} {reference} was posted before with other entries")


def _check(reference: str, parts: Sequence[tuple[int, int]]) -> None:
    if len(parts) < 2 or any(micros == 0 for _, micros in parts) or sum(micros for _, micros in parts) != 0:
        raise ValueError(f"the entries of {reference} do not sum to zero, or one of them is nothing")


def _pk(account: Account | int) -> int:
    return account if isinstance(account, int) else account.pk


def _require_transaction() -> None:
    if not connection.in_atomic_block:
        raise NotInTransaction
