"""Our books held against what gateways and banks say moved: every movement has one transaction, and back.

Movements are taken in as `ExternalObject` rows, again and again over windows that overlap; each is linked to the one
transaction that books it (`movement_kinds`); what is left over becomes a `Difference`, and ends by itself when it goes
away. What has just happened gets RECONCILE_GRACE to meet, since news travels. The only facts booked from here are those
that no row of ours stands for (`gateway_books`).
"""

import datetime as dt
import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, Max, OuterRef

from marketplace.base import clock, clockwork, errors, ids
from payments import gateways
from payments.gateways import Movement
from payments.models import AccountKind, BankLine, Difference, ExternalObject, Transaction
from payments.services import events, gateway_books, movement_kinds
from payments.services.movement_kinds import BANK, BANK_LINE

log = logging.getLogger(__name__)
CHUNK = 1_000
# Asked for again each time: a gateway may list a movement late. Longer than any gateway was seen to take.
OVERLAP = dt.timedelta(days=3)
BEGINNING = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
LOCK = "reconcile-books"


@dataclass
class Report:
    """What one run did. `unreachable` are gateways that did not answer: about those nothing new is known."""

    looked_at: int = 0  # movements that were told
    linked: int = 0
    opened: int = 0
    closed: int = 0
    unreachable: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether all gateways answered and no difference is open."""
        return not self.unreachable and not open_differences().exists()


def run(*, until: dt.datetime | None = None) -> Report:
    """Take in what moved, link it, open and end differences. Asks gateways: must not be inside a transaction.

    `until` looks at movements and transactions up to that moment only, for books that were restored from then. Raises
    Lost while another process does this.
    """
    report, now = Report(), until or clock.now()
    with clockwork.alone(LOCK) as ours:
        if not ours:
            raise errors.Lost
        for name in known_gateways():
            try:
                report.looked_at += _take_in(name, until)
            except gateways.GatewayUnreachable:
                log.warning("reconcile_unreachable", extra={"gateway": name})
                report.unreachable.append(name)
                continue
            gateway_books.book(name)
            report.linked += _link(name)
            _ask_again(name)
            opened, closed = _compare(name, before=now - settings.RECONCILE_GRACE)
            report.opened, report.closed = report.opened + opened, report.closed + closed
    return report


def known_gateways() -> list[str]:
    """Where our money may lie: every gateway, and the bank. (Transit accounts between them have no outside.)"""
    return sorted({*gateways.names(), BANK})


def open_differences() -> Any:
    """Differences that nothing and nobody has ended, oldest first."""
    return (
        Difference.objects.filter(ended_at__isnull=True)
        .select_related("owner", "transaction")
        .order_by("found_at", "pk")
    )


# --- Taking in -----------------------------------------------------------------------------------------------

_TAKE_IN = """
INSERT INTO payments_externalobject
    (gateway, external_id, kind, amount_micros, happened_at, object_ref, seen_at)
SELECT %(gateway)s, m.*, %(now)s
FROM unnest(%(ids)s::text[], %(kinds)s::text[], %(amounts)s::bigint[], %(times)s::timestamptz[], %(refs)s::text[]) m
ON CONFLICT (gateway, external_id) DO UPDATE
SET kind = EXCLUDED.kind, amount_micros = EXCLUDED.amount_micros, object_ref = EXCLUDED.object_ref
WHERE (payments_externalobject.kind, payments_externalobject.amount_micros, payments_externalobject.object_ref)
    IS DISTINCT FROM (EXCLUDED.kind, EXCLUDED.amount_micros, EXCLUDED.object_ref)
"""


def _take_in(name: str, until: dt.datetime | None) -> int:
    """Keep what moved at a gateway since shortly before the last known movement; how many were told.

    The gateway's present word about an amount replaces an earlier one; the link stays, and a difference shows it.
    """
    last = ExternalObject.objects.filter(gateway=name).aggregate(last=Max("happened_at"))["last"]
    since = last - OVERLAP if last else BEGINNING
    told = _bank_lines(since) if name == BANK else gateways.by_name(name).movements(since=since)
    count = 0
    for chunk in _chunks(move for move in told if until is None or move.happened_at <= until):
        rows = {move.external_id: move for move in chunk}
        with connection.cursor() as cursor:
            cursor.execute(_TAKE_IN, _columns(name, list(rows.values())))
        count += len(chunk)
    return count


def _columns(name: str, moves: Sequence[Movement]) -> dict[str, Any]:
    return {
        "gateway": name,
        "now": clock.now(),
        "ids": [move.external_id for move in moves],
        "kinds": [move.kind for move in moves],
        "amounts": [move.amount_micros for move in moves],
        "times": [move.happened_at for move in moves],
        "refs": [move.key for move in moves],
    }


@dataclass(frozen=True, slots=True)
class _BankMovement:
    """A line of a bank statement as a movement; its kind is ours, since banks have none."""

    external_id: str
    amount_micros: int
    happened_at: dt.datetime
    key: str
    kind: Any = BANK_LINE


def _bank_lines(since: dt.datetime) -> Iterator[Any]:
    """The lines of the statements that were read since then. By the day they were read: statements come late."""
    for line in BankLine.objects.filter(created_at__gte=since).order_by("pk").iterator(chunk_size=CHUNK):
        yield _BankMovement(line.external_id, line.amount_micros, line.created_at, ids.encode("bln", line.pk))


def _chunks(moves: Iterable[Any]) -> Iterator[list[Any]]:
    left = iter(moves)
    while chunk := list(islice(left, CHUNK)):
        yield chunk


# --- Linking -------------------------------------------------------------------------------------------------


def _link(name: str) -> int:
    """Give each loose movement the transaction that books it, each transaction to one movement only; how many."""
    linked, after = 0, 0
    loose = ExternalObject.objects.filter(gateway=name, transaction__isnull=True).order_by("pk")
    while rows := list(loose.filter(pk__gt=after)[:CHUNK]):
        after = rows[-1].pk
        linked += _link_some(name, rows)
    return linked


@transaction.atomic
def _link_some(name: str, rows: Sequence[ExternalObject]) -> int:
    wanted = movement_kinds.references(name, rows)
    free = _unlinked(name, {reference for each in wanted.values() for reference in each})
    found = []
    for row in rows:
        row.transaction_id = _take(free, wanted[row.pk], row.kind)
        if row.transaction_id:
            found.append(row)
    ExternalObject.objects.bulk_update(found, ["transaction"])
    return len(found)


def _unlinked(name: str, references: Iterable[str]) -> dict[str, list[tuple[str, int]]]:
    """{reference: [(kind, number)]} of transactions that move money at the gateway and have no movement yet."""
    taken = ExternalObject.objects.filter(gateway=name, transaction=OuterRef("pk"))
    rows = (
        Transaction.objects.filter(
            ~Exists(taken),
            reference__in=list(references),
            entries__account__kind=AccountKind.GATEWAY_CLEARING,
            entries__account__gateway=name,
        )
        .distinct()
        .order_by("pk")
    )
    free: dict[str, list[tuple[str, int]]] = {}
    for pk, kind, reference in rows.values_list("pk", "kind", "reference"):
        free.setdefault(reference, []).append((kind, pk))
    return free


def _take(free: dict[str, list[tuple[str, int]]], wanted: Sequence[str], kind: str) -> int | None:
    for reference in wanted:
        for each in free.get(reference, []):
            if movement_kinds.fits(kind, each[0]):
                free[reference].remove(each)
                return each[1]
    return None


def _ask_again(name: str) -> None:
    """Have the objects asked about whose money moved without our following it: no lost news stays lost."""
    rows = list(ExternalObject.objects.filter(gateway=name, transaction__isnull=True).order_by("pk")[:CHUNK])
    known = movement_kinds.references(name, rows)
    for row in rows:
        kind = movement_kinds.NEWS_KINDS.get(row.kind)
        ours = [each for each in known[row.pk] if each.startswith(movement_kinds.OUR_KEYS)]
        if kind == "dispute":  # asked about by the gateway's own name for it
            ours = [row.object_ref] if row.object_ref else []
        if kind and ours:
            events.ask_again(gateway=name, movement=row.external_id, kind=kind, object_ref=ours[0])


# --- Differences ---------------------------------------------------------------------------------------------

# (kind, number of the gateway, transaction, outside less inside) of what does not agree now. What lies at a gateway
# is minus the balance of its clearing account.
_OPEN = """
WITH moved AS (
    SELECT e.transaction_id, -sum(e.amount) AS amount
    FROM payments_entry e JOIN payments_account a ON a.id = e.account_id
    WHERE a.kind = 'gateway_clearing' AND a.gateway = %(gateway)s
    GROUP BY e.transaction_id HAVING sum(e.amount) <> 0
), outside AS (
    SELECT * FROM payments_externalobject WHERE gateway = %(gateway)s
)
SELECT 'only_outside', o.external_id, NULL::bigint, o.amount_micros
FROM outside o WHERE o.transaction_id IS NULL AND o.happened_at <= %(before)s AND o.amount_micros <> 0
UNION ALL
SELECT 'amount', o.external_id, o.transaction_id, o.amount_micros - coalesce(m.amount, 0)
FROM outside o LEFT JOIN moved m ON m.transaction_id = o.transaction_id
WHERE o.transaction_id IS NOT NULL AND o.amount_micros <> coalesce(m.amount, 0)
UNION ALL
SELECT 'only_inside', '', m.transaction_id, -m.amount
FROM moved m JOIN payments_transaction t ON t.id = m.transaction_id
WHERE t.created_at <= %(before)s AND NOT EXISTS (SELECT FROM outside o WHERE o.transaction_id = m.transaction_id)
  -- A posting and the one that takes it back, neither known outside: together nothing moved.
  AND NOT EXISTS (
      SELECT FROM payments_transaction r JOIN moved n ON n.transaction_id = r.id
      WHERE (r.reverses_id = t.id OR r.id = t.reverses_id) AND n.amount = -m.amount
        AND NOT EXISTS (SELECT FROM outside o WHERE o.transaction_id = r.id)
  )
"""

_Key = tuple[str, str, int | None]


@transaction.atomic
def _compare(name: str, *, before: dt.datetime) -> tuple[int, int]:
    """Open what does not agree since before `before`, end what agrees again; how many of each.

    What a person ended with a reason stays ended as long as it is the same amount.
    """
    with connection.cursor() as cursor:
        cursor.execute(_OPEN, {"gateway": name, "before": before})
        now = {(kind, external_id, pk): int(amount) for kind, external_id, pk, amount in cursor.fetchall()}
    rows = Difference.objects.filter(gateway=name)
    known = {_key(row): row for row in rows.filter(ended_at__isnull=True)}
    explained = {(_key(row), row.amount_micros) for row in rows.filter(ended_by__isnull=False)}
    new = [key for key in now if key not in known and (key, now[key]) not in explained]
    Difference.objects.bulk_create(
        Difference(
            gateway=name,
            kind=kind,
            external_id=external_id,
            transaction_id=pk,
            amount_micros=now[kind, external_id, pk],
            found_at=clock.now(),
        )
        for kind, external_id, pk in new
    )
    for key in known.keys() & now.keys():
        if known[key].amount_micros != now[key]:
            Difference.objects.filter(pk=known[key].pk).update(amount_micros=now[key])
    gone = [known[key].pk for key in known.keys() - now.keys()]
    Difference.objects.filter(pk__in=gone).update(ended_at=clock.now())
    return len(new), len(gone)


def _key(row: Difference) -> _Key:
    return row.kind, row.external_id, row.transaction_id
