"""What an invoice's lines say, read from the ledger: fees by batch and VAT rule, and workers' pay passed on."""

import datetime as dt
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection

from marketplace.base.models import Organisation
from payments.models import BatchTerms, Invoice, VatTreatment

LONG_AGO = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)
PAY = ("approval", "late_approval", "topup", "compensation", "bonus")


@dataclass(frozen=True, slots=True)
class Group:
    """What was recognised so far under one VAT rule, (net, VAT) in micros."""

    treatment: str
    rate: Decimal
    so_far: tuple[int, int]


# One row for each fact of fees: what left the batch's holding is net and VAT together.
FEES = """
    SELECT h.organisation_id, h.reference AS batch, t.created_at,
           coalesce(b.treatment, %(domestic)s) AS treatment, coalesce(b.vat_rate, %(rate)s) AS rate,
           coalesce(b.title, '') AS title, -e.amount - v.micros AS net, v.micros AS vat
    FROM payments_transaction t
    JOIN payments_entry e ON e.transaction_id = t.id
    JOIN payments_account h ON h.id = e.account_id AND h.kind = 'batch_holding'
    LEFT JOIN payments_batchterms b ON b.batch_ref = h.reference
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(o.amount), 0) AS micros FROM payments_entry o
        JOIN payments_account a ON a.id = o.account_id AND a.kind = 'vat_due' WHERE o.transaction_id = t.id
    ) v
    WHERE t.kind = 'fees' AND t.created_at < %(through)s
"""


def organisations(*, before: dt.datetime) -> list[int]:
    """The numbers of the organisations that fees were recognised of before a moment."""
    sql = """
        SELECT DISTINCT h.organisation_id FROM payments_transaction t
        JOIN payments_entry e ON e.transaction_id = t.id
        JOIN payments_account h ON h.id = e.account_id AND h.kind = 'batch_holding'
        WHERE t.kind = 'fees' AND t.created_at < %(before)s
    """
    return [int(row[0]) for row in _rows(sql, {"before": before})]


def groups(organisation: Organisation, *, through: dt.datetime) -> list[Group]:
    """What was recognised of an organisation before `through`, by VAT rule in a fixed order."""
    sql = f"""
        SELECT treatment, rate, sum(net)::bigint, sum(vat)::bigint FROM ({FEES}) f
        WHERE organisation_id = %(organisation)s GROUP BY treatment, rate ORDER BY treatment, rate DESC
    """  # noqa: S608 - made of constants
    rows = _rows(sql, _values(organisation, through))
    return [Group(treatment, Decimal(rate), (net, tax)) for treatment, rate, net, tax in rows]


def printed(
    organisation: Organisation,
    group: Group,
    billed: tuple[int, int],
    amounts: tuple[int, int],
    *,
    through: dt.datetime,
    extras: bool,
) -> dict[str, Any]:
    """The lines of an invoice of `amounts`, as they are kept: they sum to it exactly, in micros.

    `batches`: what was recognised of each since the last invoice under this rule, and what its workers got.
    `brought` and `over`: parts of a cent that an earlier invoice left, and that this one leaves. `passed_on`: workers'
    pay in all; `other_pay`, on one invoice of several (`extras`), what belongs to no batch, as bonuses do.
    """
    since = _since(organisation, group)
    batches = _by_batch(organisation, group, since, through)
    other = _pay(organisation, _since(organisation, None), through).get("", {}) if extras else {}
    new = [sum(batch[name] for batch in batches) for name in ("net", "vat")]
    return {
        "since": since.isoformat(),
        "through": through.astimezone(dt.UTC).isoformat(),
        "batches": batches,
        "other_pay": other,
        "passed_on": sum(sum(batch["pay"].values()) for batch in batches) + sum(other.values()),
        "brought": [
            so_far - before - fresh for so_far, before, fresh in zip(group.so_far, billed, new, strict=True)
        ],
        "over": [
            so_far - before - now for so_far, before, now in zip(group.so_far, billed, amounts, strict=True)
        ],
    }


def _since(organisation: Organisation, group: Group | None) -> dt.datetime:
    """Up to when the last invoice (under a rule) went."""
    ours = Invoice.objects.filter(organisation=organisation, kind=Invoice.Kind.INVOICE)
    if group is not None:
        ours = ours.filter(treatment=group.treatment, vat_rate=group.rate)
    ends = ours.order_by("-pk").values_list("lines__through", flat=True)[:20]
    return max((dt.datetime.fromisoformat(text) for text in ends), default=LONG_AGO)


def _by_batch(
    organisation: Organisation, group: Group, since: dt.datetime, through: dt.datetime
) -> list[dict[str, Any]]:
    """Fees by batch in the order of the first of them, then batches whose workers were paid without a fee."""
    sql = f"""
        SELECT batch, max(title), sum(net)::bigint, sum(vat)::bigint FROM ({FEES}) f
        WHERE organisation_id = %(organisation)s AND treatment = %(treatment)s AND rate = %(group_rate)s
          AND created_at >= %(since)s
        GROUP BY batch ORDER BY min(created_at), batch
    """  # noqa: S608 - made of constants
    values = _values(organisation, through)
    values |= {"treatment": group.treatment, "group_rate": group.rate, "since": since}
    found = {
        batch: {"batch": batch, "title": title, "net": net, "vat": tax}
        for batch, title, net, tax in _rows(sql, values)
    }
    pay = _pay(organisation, since, through)
    for batch, title, treatment, rate in _terms([batch for batch in pay if batch]):
        if (treatment, rate) == (group.treatment, group.rate):
            found.setdefault(batch, {"batch": batch, "title": title, "net": 0, "vat": 0})
    return [{**row, "pay": pay.get(batch, {})} for batch, row in found.items()]


def _terms(batches: list[str]) -> list[tuple[str, str, str, Decimal]]:
    """(batch, title, treatment, rate) of each."""
    known = {row.batch_ref: row for row in BatchTerms.objects.filter(batch_ref__in=batches)}
    return [
        (batch, known[batch].title, known[batch].treatment, known[batch].vat_rate)
        if batch in known
        else (batch, "", str(VatTreatment.DOMESTIC), settings.VAT_RATE)
        for batch in batches
    ]


def _pay(organisation: Organisation, since: dt.datetime, through: dt.datetime) -> dict[str, dict[str, int]]:
    """What workers got out of the organisation's money: {batch (or ''): {kind: micros}}."""
    sql = """
        SELECT a.reference, t.kind, -sum(e.amount)::bigint FROM payments_transaction t
        JOIN payments_entry e ON e.transaction_id = t.id
        JOIN payments_account a ON a.id = e.account_id AND a.organisation_id = %(organisation)s
        WHERE t.kind = ANY (%(pay)s) AND t.created_at >= %(since)s AND t.created_at < %(through)s
        GROUP BY a.reference, t.kind ORDER BY a.reference, t.kind
    """
    found: dict[str, dict[str, int]] = {}
    values = {"organisation": organisation.pk, "pay": list(PAY), "since": since, "through": through}
    for reference, kind, micros in _rows(sql, values):
        found.setdefault(reference, {})[kind] = micros
    return found


def _values(organisation: Organisation, through: dt.datetime) -> dict[str, Any]:
    return {
        "organisation": organisation.pk, "through": through, "domestic": str(VatTreatment.DOMESTIC),
        "rate": settings.VAT_RATE,
    }  # fmt: skip


def _rows(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())
