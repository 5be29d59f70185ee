"""The invariants of numbered documents: nothing is billed that was not recognised, no number is missing, and each
credit note stands in the ledger."""

# ruff: noqa: S608 - statements are made of constants

from typing import Any

from django.conf import settings
from django.db import connection

from marketplace.base import ids
from payments.models import VatTreatment
from payments.services.invoice_lines import FEES

# Invoices that came before a fee was recognised, or beyond it, by organisation and VAT rule.
_BILLED = f"""
SELECT i.organisation_id FROM (
    SELECT organisation_id, treatment, vat_rate AS rate, sum(net_micros) AS net, sum(vat_micros) AS vat
    FROM payments_invoice WHERE kind = 'invoice' GROUP BY 1, 2, 3
) i
LEFT JOIN (
    SELECT organisation_id, treatment, rate, sum(net) AS net, sum(vat) AS vat FROM ({FEES}) f GROUP BY 1, 2, 3
) r ON (r.organisation_id, r.treatment, r.rate) = (i.organisation_id, i.treatment, i.rate)
WHERE i.net > coalesce(r.net, 0) OR i.vat > coalesce(r.vat, 0)
"""
_GAPS = """
SELECT kind || ':' || year FROM payments_invoice
GROUP BY kind, year HAVING min(number) <> 1 OR max(number) <> count(*)
"""
# One statement, hence one snapshot; public ids are made in Python, so the comparison is there.
_CREDITS = """
SELECT 'row', id::text, organisation_id, net_micros + vat_micros, vat_micros FROM payments_invoice
WHERE kind = 'credit_note'
UNION ALL
SELECT 'ledger', t.reference, a.organisation_id, e.amount, coalesce((
    SELECT -sum(o.amount) FROM payments_entry o JOIN payments_account v ON v.id = o.account_id AND v.kind = 'vat_due'
    WHERE o.transaction_id = t.id), 0)
FROM payments_transaction t
JOIN payments_entry e ON e.transaction_id = t.id
JOIN payments_account a ON a.id = e.account_id AND a.kind = 'organisation_available'
WHERE t.kind = 'credit'
"""


def found() -> dict[str, list[str]]:
    """The offenders of each invariant by its name; an empty list where it holds."""
    values = {"domestic": str(VatTreatment.DOMESTIC), "rate": settings.VAT_RATE, "through": "infinity"}
    beyond = {ids.encode("org", int(row[0])) for row in _rows(_BILLED, values)}
    return {
        "invoices_bill_no_more_than_was_recognised": sorted(beyond),
        "numbers_of_documents_have_no_gap": [str(row[0]) for row in _rows(_GAPS)],
        "credit_notes_are_in_the_ledger": _credits(),
    }


def _credits() -> list[str]:
    rows: dict[str, tuple[Any, ...]] = {}
    booked: dict[str, tuple[Any, ...]] = {}
    for where, name, *values in _rows(_CREDITS):
        if where == "row":
            rows[ids.encode("inv", int(name))] = tuple(values)
        else:
            booked[name] = tuple(values)
    return [name for name in sorted(rows.keys() | booked.keys()) if rows.get(name) != booked.get(name)]


def _rows(sql: str, values: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
