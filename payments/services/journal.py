"""The journal of a month for the accountant: one line for each entry, streamed, in the order of the books.

Amounts are exact: a microtask can be worth less than a cent, so a line may have up to six decimals, and the sums are
those of the trial balance to the micro. An amount that adds to an account is its credit, one that takes is its debit:
the ledger keeps what we owe as plus.
"""

import csv
import datetime as dt
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Max
from django.utils import translation

from marketplace.base import clock, money, spreadsheet
from payments.models import Account, Invoice, Period, Transaction
from payments.services import chart
from payments.services.months import Month

COLUMNS = (
    "date", "journal", "transaction", "reference", "account", "label", "owner", "debit", "credit", "currency",
    "vat_treatment",
)  # fmt: skip
# The journals of French book-keeping: sales, bank, everything else. Which one a fact belongs to, by its kind.
SALES, MONEY, OTHER = "VE", "BQ", "OD"
JOURNAL_NAMES = {SALES: "Ventes", MONEY: "Banque", OTHER: "Opérations diverses"}
_SALES_KINDS = {"fees", "credit"}


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as the accountant reads it. Micros; one of `debit` and `credit` is 0."""

    transaction: int
    at: dt.datetime
    journal: str
    kind: str
    reference: str
    place: chart.Place
    debit: int
    credit: int
    vat_treatment: str

    @property
    def day(self) -> dt.date:
        return self.at.astimezone(clock.BOOKS).date()


_LINES = """
SELECT t.id, t.created_at, t.kind, t.reference, e.amount,
       a.kind, a.reference, a.user_id, a.organisation_id, a.gateway
FROM payments_transaction t
JOIN payments_entry e ON e.transaction_id = t.id
JOIN payments_account a ON a.id = e.account_id
WHERE t.created_at >= %s AND t.created_at < %s
ORDER BY t.created_at, t.id, e.id
"""


def lines(month: Month, *, invoices_until: dt.datetime | None = None) -> Iterator[Line]:
    """Every entry of a month, oldest first; entries of a transaction follow each other.

    VAT treatments are those of invoices issued until `invoices_until`, for a closed month until its close, so that a
    closed month reads the same for ever. Read over a cursor of the server: a long month takes no memory.
    """
    treatments = _treatments(month, invoices_until or _closed_at(month))
    with transaction.atomic(), connection.chunked_cursor() as cursor:
        cursor.execute(_LINES, [month.start, month.end])
        for _number, rows in groupby(cursor, key=lambda row: row[0]):
            yield from _of_transaction(list(rows), treatments)


def _of_transaction(rows: list[Any], treatments: dict[tuple[int, bool], str]) -> Iterator[Line]:
    journal = _journal(rows[0][2], {row[5] for row in rows})
    organisation = next((row[8] for row in rows if row[8] is not None), None)
    taxed = any(row[5] == "vat_due" for row in rows)
    sold = taxed or any(row[5] == "platform_fees" for row in rows)
    treatment = treatments.get((organisation, taxed), "") if sold and organisation is not None else ""
    for pk, at, kind, reference, amount, *owner in rows:
        account = Account(
            kind=owner[0], reference=owner[1], user_id=owner[2], organisation_id=owner[3], gateway=owner[4]
        )
        yield Line(
            pk, at, journal, kind, reference, chart.place(account), max(-amount, 0), max(amount, 0), treatment
        )


def _journal(kind: str, account_kinds: set[str]) -> str:
    if kind in _SALES_KINDS or "platform_fees" in account_kinds:
        return SALES
    return MONEY if "gateway_clearing" in account_kinds else OTHER


def _treatments(month: Month, until: dt.datetime | None) -> dict[tuple[int, bool], str]:
    """{(organisation, with VAT or without): treatment} where the invoices of the month say one thing."""
    found = Invoice.objects.filter(period_year=month.year, period_month=month.month, kind="invoice")
    if until is not None:
        found = found.filter(issued_at__lte=until)
    said: dict[tuple[int, bool], set[str]] = {}
    for organisation, vat, treatment in found.values_list("organisation_id", "vat_micros", "treatment"):
        said.setdefault((organisation, vat > 0), set()).add(treatment)
    return {key: next(iter(values)) for key, values in said.items() if len(values) == 1}


def _closed_at(month: Month) -> dt.datetime | None:
    return (
        Period.objects.filter(year=month.year, month=month.month).values_list("closed_at", flat=True).first()
    )


def csv_text(month: Month, *, invoices_until: dt.datetime | None = None) -> Iterator[str]:
    """The month as CSV (RFC 4180), in pieces; formulas made harmless. Always in English: its digest is kept."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    with translation.override("en"):
        found = lines(month, invoices_until=invoices_until)
        for number, line in enumerate(found, 1):
            writer.writerow([spreadsheet.safe(cell) for cell in _cells(line)])
            if number % 500 == 0:
                yield buffer.getvalue()
                buffer.seek(0)
                buffer.truncate()
    yield buffer.getvalue()


def _cells(line: Line) -> list[str]:
    return [
        line.day.isoformat(),
        line.journal,
        line.kind,
        line.reference,
        line.place.number,
        line.place.label,
        line.place.owner,
        money.to_string(line.debit) if line.debit else "",
        money.to_string(line.credit) if line.credit else "",
        money.CURRENCY,
        line.vat_treatment,
    ]


# What a digest was made from: transactions of the month, the last of them, invoices of the month.
Mark = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Digest:
    """SHA-256 of a month's journal as CSV in UTF-8, and how many transactions it has."""

    sha256: str
    transactions: int
    mark: Mark


def mark(month: Month) -> Mark:
    """Changes whenever something is added to the month's journal."""
    rows = Transaction.objects.filter(created_at__gte=month.start, created_at__lt=month.end)
    found = rows.aggregate(n=Count("pk"), last=Max("pk"))
    invoices = Invoice.objects.filter(period_year=month.year, period_month=month.month).count()
    return found["n"], found["last"] or 0, invoices


def digest(month: Month, *, invoices_until: dt.datetime | None = None) -> Digest:
    """The digest of a month as it stands. `invoices_until` as for `lines`."""
    now = mark(month)
    total = hashlib.sha256()
    for piece in csv_text(month, invoices_until=invoices_until):
        total.update(piece.encode())
    return Digest(total.hexdigest(), now[0], now)
