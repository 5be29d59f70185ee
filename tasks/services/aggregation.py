"""Validation: the consensus of each task and the figures of each batch, brought up to date behind the workers.

Found by `validated_at IS NULL`; nothing here refuses, blocks or ranks a person (DESIGN §6.5).
"""

import datetime as dt
import statistics
import time
from collections import defaultdict
from typing import Any

from django.db import connection, transaction
from django.db.models import F, Q

from marketplace.base import clock
from tasks.forms import compile_form
from tasks.models import Assignment, Batch, BatchFigures, Result

from . import growth

SAMPLE = 5_000  # answers looked at for agreement


def validate(most: int = 20_000) -> int:
    """Bring the results of tasks with new answers up to date, batch by batch. Returns how many answers were seen."""
    waiting = (
        Assignment.objects.filter(validated_at__isnull=True, state__in=Assignment.ANSWERED)
        .order_by("batch_id")
        .values_list("batch_id", flat=True)
        .distinct()
    )
    seen = 0
    for number in list(waiting):
        while seen < most:
            count = _validate_set(number)
            seen += count
            if not count:
                break
    return seen


@transaction.atomic
def _validate_set(batch_id: int, size: int = 2_000) -> int:
    """One set of new answers of one batch. Rows that somebody else holds wait for the next round."""
    rows = list(
        Assignment.objects.filter(batch_id=batch_id, validated_at__isnull=True, state__in=Assignment.ANSWERED)
        .select_for_update(no_key=True, skip_locked=True)
        .values_list("pk", "task_id")[:size]
    )
    if not rows:
        return 0
    batch = Batch.objects.get(pk=batch_id)
    tasks = sorted({task for _, task in rows})
    _write_results(batch, tasks)
    growth.ask_for_more(batch, tasks)
    Assignment.objects.filter(pk__in=[pk for pk, _ in rows]).update(validated_at=clock.now())
    return len(rows)


def count_anew(assignment: Assignment) -> None:
    """Make the result of a task again, when one of its answers was refused, or counts after all (charter P9).

    In the transaction of the decision: a refused answer must not be delivered for one moment longer.
    """
    _write_results(assignment.batch, [assignment.task_id])


def _write_results(batch: Batch, tasks: list[int]) -> None:
    """Write the results of these tasks; a task without any answer that counts has none.

    One at a time for each batch, until the transaction ends: what is written last has read what was decided before.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"results:{batch.public_id}"]
        )
    form = compile_form(batch.form)
    answers: dict[int, list[dict[str, Any]]] = defaultdict(list)
    rows = Assignment.objects.filter(task_id__in=tasks, state__in=Assignment.ANSWERED).order_by("pk")
    for task, answer in rows.values_list("task_id", "answer"):
        answers[task].append(answer or {})
    Result.objects.filter(task_id__in=set(tasks) - answers.keys()).delete()
    results = []
    for task, given in answers.items():
        agreed = form.consensus(given)
        results.append(
            Result(
                task_id=task,
                batch=batch,
                values={
                    name: {"value": one.value, "confidence": one.confidence} for name, one in agreed.items()
                },
                confidence=min((one.confidence for one in agreed.values()), default=0.0),
                answers=len(given),
                method="majority",
                updated_at=clock.now(),
            )
        )
    Result.objects.bulk_create(
        results,
        update_conflicts=True,
        unique_fields=["task"],
        update_fields=["values", "confidence", "answers", "method", "updated_at"],
    )


def refresh_all(budget_seconds: float = 2.0) -> int:
    """Refresh the snapshots of batches that may still move, the oldest first, for about `budget_seconds`.

    A snapshot rests for at least twenty times what it took to make, so that counting a huge batch never costs
    more than a twentieth of one core. Returns how many were made.
    """
    moving = (
        Batch.objects.exclude(state=Batch.State.DRAFT)
        .filter(Q(settled_at__isnull=True) | Q(figures__isnull=True) | Q(figures__at__lt=F("settled_at")))
        .select_related("figures")
        .order_by(F("figures__at").asc(nulls_first=True))
    )
    started = time.monotonic()
    count = 0
    for batch in moving[:500]:
        old: BatchFigures | None = getattr(batch, "figures", None)
        if old and clock.now() - old.at < dt.timedelta(seconds=max(3.0, old.took_ms / 1000 * 20)):
            continue
        refresh(batch)
        count += 1
        if time.monotonic() - started > budget_seconds:
            break
    return count


def refresh(batch: Batch) -> BatchFigures:
    """Count a batch anew and keep the snapshot."""
    figures = compute(batch)
    values = {
        field.name: getattr(figures, field.name)
        for field in BatchFigures._meta.fields
        if field.name != "batch"
    }
    BatchFigures.objects.update_or_create(batch=batch, defaults=values)
    return figures


def compute(batch: Batch) -> BatchFigures:
    """The figures of a batch as they are now; nothing is stored."""
    started = time.monotonic()
    figures = BatchFigures(batch=batch, at=clock.now())
    _count_slots(batch, figures)
    _count_assignments(batch, figures)
    figures.agreement = _agreement(batch)
    figures.took_ms = round((time.monotonic() - started) * 1000)
    return figures


def _count_slots(batch: Batch, figures: BatchFigures) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), coalesce(sum(overlap), 0), coalesce(sum(open_slots) FILTER (WHERE is_open), 0),"
            " count(*) FILTER (WHERE is_open) FROM tasks_task WHERE batch_id = %s AND NOT is_gold",
            [batch.pk],
        )
        figures.tasks, figures.slots, figures.open_slots, figures.open_tasks = cursor.fetchone()


def _count_assignments(batch: Batch, figures: BatchFigures) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FILTER (WHERE state = 'claimed'), count(*) FILTER (WHERE state = 'submitted'),
                   count(*) FILTER (WHERE state IN ('contested', 'disputed')),
                   count(*) FILTER (WHERE state = 'approved'), count(*) FILTER (WHERE state = 'rejected'),
                   count(DISTINCT worker_id) FILTER (WHERE answer IS NOT NULL),
                   round(percentile_cont(0.5) WITHIN GROUP (ORDER BY worked_seconds)),
                   coalesce(sum(reward_micros) FILTER (WHERE state = 'approved'), 0),
                   coalesce(sum(topped_up_micros), 0),
                   count(*) FILTER (WHERE submitted_at > %s),
                   percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM reviewed_at - submitted_at) / 3600)
                       FILTER (WHERE state = 'approved')
            FROM tasks_assignment WHERE batch_id = %s
            """,
            [clock.now() - dt.timedelta(hours=1), batch.pk],
        )
        (
            figures.claimed, figures.submitted, figures.contested, figures.approved, figures.rejected,
            figures.workers, median, figures.spent_micros, figures.topups_micros, figures.answers_last_hour,
            hours,
        ) = cursor.fetchone()  # fmt: skip
        figures.median_seconds = None if median is None else int(median)
        figures.median_hours_to_pay = None if hours is None else float(hours)


def _agreement(batch: Batch) -> float | None:
    """Mean share of a task's answers that say the same as its consensus, over tasks with two answers or more.

    A plain figure for the page; the chance-corrected measures come with the quality engine.
    """
    rows = Result.objects.filter(batch=batch, answers__gte=2).order_by("-updated_at")
    shares = rows.values_list("confidence", flat=True)[:SAMPLE]
    return statistics.fmean(shares) if shares else None
