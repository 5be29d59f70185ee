"""Rows as the plain objects that are sent. Each function says what its shape in one of the `shapes` says."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db.models import Count, Sum
from django.urls import reverse

from marketplace.base import clock, ids, money
from payments.models import Deposit, Invoice
from payments.services import billing, documents, floor, pricing
from tasks.forms import compile_form
from tasks.models import Assignment, Batch, BatchFigures, Contest, Dispute, Import, Task
from tasks.selectors import figures
from tasks.services import aggregation, media, pilot, prices
from tasks.services import batches as batch_services
from tasks.services.claims import Claim

BAD_ROWS = 100
# A batch that is counted within this is counted afresh when its snapshot is older than twenty times the count took.
CHEAP_MS = 50


def moment(value: dt.datetime | None) -> str | None:
    """UTC, ISO 8601."""
    return None if value is None else value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


# --- Batches ------------------------------------------------------------------------------------------------


def batch_state(batch: Batch) -> dict[str, Any]:
    return {
        "id": batch.public_id,
        "state": batch.state,
        "reward": money.to_string(batch.reward_micros),
        "warnings": batch_services.warnings(batch),
    }


def batch_whole(batch: Batch) -> dict[str, Any]:
    row = _batch(batch, fresh_figures(batch), prices.quote(batch), prices.least_quote(batch))
    return {
        **row,
        "instructions": batch.instructions,
        "form": batch.form,
        "columns": batch.columns,
        "media": media.counts(batch),
        "warnings": batch_services.warnings(batch),
        "pilot_figures": _pilot(batch),
    }


def _pilot(batch: Batch) -> dict[str, Any] | None:
    """The figures of a pilot that holds the rest of its batch back."""
    if batch.pilot not in Batch.SHUT:
        return None
    found = pilot.report(batch)
    return {
        "tasks": found.tasks,
        "slots": found.slots,
        "answers": found.answers,
        "people": found.people,
        "median_seconds": found.median_seconds,
        "hourly_rate": money.to_string(money.whole_cents(found.hourly_micros)),
        "reward_needed": money.to_string(found.needed_micros),
    }


def batch_rows(batches: Sequence[Batch]) -> list[dict[str, Any]]:
    """Many batches in three or four queries: from the snapshots, and a count of the rows of those without one.

    Those whose tasks may grow, or that have check questions, are priced one by one.
    """
    known = figures.of_many(batches)
    uncounted = [batch for batch in batches if batch.state == Batch.State.DRAFT or not known[batch.pk].tasks]
    counted = {
        row["batch"]: (row["rows"], row["slots"])
        for row in Task.objects.filter(batch__in=uncounted)
        .values("batch")
        .annotate(rows=Count("pk"), slots=Sum("overlap"))
    }
    drafts = {batch.organisation_id: batch for batch in batches if batch.fee_rate is None}
    today = {number: billing.rates(batch.organisation) for number, batch in drafts.items()}
    rows = []
    for batch in batches:
        figure, rates = known[batch.pk], today.get(batch.organisation_id)
        if batch in uncounted:
            figure.tasks, figure.slots = counted.get(batch.pk, (0, 0))
        if batch.state == Batch.State.DRAFT:
            figure.slots = figure.tasks * batch.overlap
        if batch.overlap_most or batch.gold_rate:
            whole, least = prices.quote(batch, today=rates), prices.least_quote(batch, today=rates)
        else:
            whole = least = prices.quote(batch, figure.slots, today=rates)
        rows.append(_batch(batch, figure, whole, least))
    return rows


def fresh_figures(batch: Batch) -> BatchFigures:
    """The snapshot, or a count made now where that costs nothing worth mentioning. Nothing is stored."""
    figure = figures.of(batch)
    age = clock.now() - figure.at
    if figure.took_ms <= CHEAP_MS and age > dt.timedelta(milliseconds=20 * figure.took_ms):
        return aggregation.compute(batch)
    return figure


def _batch(batch: Batch, figure: BatchFigures, quote: pricing.Quote, least: pricing.Quote) -> dict[str, Any]:
    return {
        "id": batch.public_id,
        "state": batch.state,
        "title": batch.title,
        "purpose": batch.purpose,
        "kind": batch.kind,
        "reward": money.to_string(batch.reward_micros),
        "estimated_seconds": batch.estimated_seconds,
        "measured_seconds": batch.measured_seconds,
        "hourly_rate": hourly(batch.reward_micros, batch.seconds),
        "overlap": batch.overlap,
        "overlap_most": batch.overlap_most,
        "confidence": batch.confidence,
        "gold_rate": batch.gold_rate,
        "gold_pass": batch.gold_pass,
        "countries": batch.countries,
        "role": batch.role,
        "conditions": batch.conditions,
        "distress": batch.distress,
        "audience": batch.audience,
        "time_limit_seconds": batch.time_limit_seconds,
        "pilot": batch.pilot or None,
        "quote": quote.as_strings(),
        "quote_least": least.as_strings(),
        "counts": _counts(batch, figure),
        "counted_at": moment(figure.at),
        "quality": {
            "agreement": figure.agreement,
            "workers": figure.workers,
            "median_seconds": figure.median_seconds,
        },
        "spent": money.to_string(figure.spent_micros),
        "created_at": moment(batch.created_at),
        "published_at": moment(batch.published_at),
        "closed_at": moment(batch.closed_at),
    }


def _counts(batch: Batch, figure: BatchFigures) -> dict[str, int]:
    """Refused answers are not told to requesters (charter P9): they are left out of every figure."""
    return {
        "tasks": figure.tasks,
        "answers": figure.tasks * batch.overlap
        if batch.state == Batch.State.DRAFT
        else figure.slots - figure.rejected,
        "open": figure.open_slots,
        "claimed": figure.claimed,
        "submitted": figure.submitted,
        "contested": figure.contested,
        "approved": figure.approved,
    }


def hourly(reward_micros: int, seconds: int) -> str:
    """Euros an hour, in whole cents, rounded down."""
    return money.to_string(money.whole_cents(floor.hourly(reward_micros, seconds)))


def import_whole(source: Import) -> dict[str, Any]:
    bad = source.bad_row_set.values("row", "column", "reason")[:BAD_ROWS] if source.bad else []
    return {
        "id": source.public_id,
        "state": source.state,
        "batch": ids.encode("bat", source.batch_id),
        "done": source.done,
        "total": source.total,
        "good": source.good,
        "bad": source.bad,
        "errors": list(bad),
        "failure": source.failure,
    }


# --- Submissions and disputes -----------------------------------------------------------------------------------


def submissions(rows: Iterable[Assignment], organisation_id: int) -> list[dict[str, Any]]:
    """Submissions as the organisation that asked for them sees them; `task` and `contest` must be at hand."""
    return [submission(row, organisation_id) for row in rows]


def submission(row: Assignment, organisation_id: int) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "batch": ids.encode("bat", row.batch_id),
        "task": task(row.task),
        "worker": ids.worker_seen_by(row.worker_id, organisation_id),
        "state": row.state,
        "answer": row.answer,
        "reward": money.to_string(row.reward_micros),
        "worked_seconds": row.worked_seconds,
        "submitted_at": moment(row.submitted_at),
        "review_due_at": moment(row.review_due_at) if row.state == Assignment.State.SUBMITTED else None,
        "reviewed_at": moment(row.reviewed_at),
        "contest": contest(getattr(row, "contest", None)),
    }


def task(row: Task) -> dict[str, Any]:
    return {"id": row.public_id, "row": row.row_number, "data": row.data}


def contest(row: Contest | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "reason": row.reason,
        "evidence": row.evidence,
        "opened_at": moment(row.opened_at),
        "reply_due_at": moment(row.reply_due_at),
        "reply": row.reply,
        "redone_at": moment(row.redone_at),
    }


def dispute(row: Dispute) -> dict[str, Any]:
    """A case with what a moderator needs to decide it; neither side is named."""
    assignment = row.assignment
    return {
        "id": row.public_id,
        "appeal": row.is_appeal,
        "state": "waiting" if row.decided_at is None else "decided",
        "opened_at": moment(row.opened_at),
        "decide_by": moment(row.decide_by),
        "assignment": assignment.public_id,
        "batch": assignment.batch.public_id,
        "title": assignment.batch.title,
        "instructions": assignment.batch.instructions,
        "form": _for_workers(assignment.batch),
        "task": task(assignment.task),
        "answer": assignment.answer,
        "contested_answer": assignment.contest.contested_answer,
        "reward": money.to_string(assignment.reward_micros),
        "contest": contest(assignment.contest),
        "statement": row.statement,
        "outcome": row.outcome or None,
        "reason": row.reason,
        "decided_at": moment(row.decided_at),
    }


# --- Work and money ---------------------------------------------------------------------------------------------


def claim(made: Claim, batch: Batch) -> dict[str, Any]:
    return {
        "assignment": made.public_id,
        "batch": batch.public_id,
        "task": {"id": made.task_public_id, "data": made.data},
        "form": _for_workers(batch),
        "expires_at": moment(made.lease_until),
        "reward": money.to_string(made.reward_micros),
    }


def _for_workers(batch: Batch) -> dict[str, Any]:
    """The form without what those who answer may not read, such as the codes of an outside survey."""
    return compile_form(batch.form).public_spec


def own_assignment(row: Assignment) -> dict[str, Any]:
    """An assignment as its worker sees it, with what was said about it."""
    decided = row.disputes.filter(decided_at__isnull=False).order_by("-decided_at").first()
    return {
        "assignment": row.public_id,
        "batch": row.batch.public_id,
        "task": {"id": row.task_public_id, "data": row.task.data},
        "form": _for_workers(row.batch),
        "instructions": row.batch.instructions,
        "expires_at": moment(row.lease_until),
        "reward": money.to_string(row.reward_micros),
        "state": row.state,
        "answer": row.answer,
        "contest": contest(Contest.objects.filter(assignment=row).first()),
        "decision": decided.reason if decided else "",
    }


def invoice(row: Invoice, absolute: Callable[[str], str]) -> dict[str, Any]:
    """An invoice or credit note with its lines."""
    return {
        "id": row.public_id,
        "number": row.name,
        "kind": row.kind,
        "credits": row.credits.public_id if row.credits else None,
        "period": documents.period_code(row),
        "issued_at": moment(row.issued_at),
        "treatment": row.treatment,
        "vat_rate": format(row.vat_rate.normalize(), "f"),
        "net": money.to_string(row.net_micros),
        "vat": money.to_string(row.vat_micros),
        "total": money.to_string(documents.total(row)),
        "workers_pay": money.to_string(row.passed_on_micros),
        "lines": [
            {"batch": batch, "description": label, "net": money.to_string(net), "vat": money.to_string(tax)}
            for label, net, tax, batch in documents.lines(row)
        ],
        "page": absolute(reverse("invoice", args=[row.public_id])),
    }


def deposit(row: Deposit, absolute: Callable[[str], str]) -> dict[str, Any]:
    """`absolute` makes a full address of a page of ours; a gateway's own stays as it is."""
    return {
        "id": row.public_id,
        "state": row.state,
        "amount": money.to_string(row.amount_micros),
        "pay_url": absolute(row.pay_url) if row.pay_url else "",
        "created_at": moment(row.created_at),
    }
