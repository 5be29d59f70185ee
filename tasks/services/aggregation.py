"""Validation: the consensus of each task and the figures of each batch, brought up to date behind the workers.

Found by `validated_at IS NULL`; nothing here refuses, blocks or ranks a person (DESIGN §6.5).
"""

import datetime as dt
import statistics
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, F, Max, Min, OuterRef, Q

from marketplace.base import clock, clockwork
from tasks.forms import compile_form
from tasks.models import Assignment, Batch, BatchFigures, Result, Task

from . import fits, gold_scores, growth

SAMPLE = 500  # tasks looked at for agreement
SET = 2_000  # results written in one transaction
FIT_REST_SECONDS = 60


def validate(most: int = 20_000) -> int:
    """Bring the results of tasks with new answers up to date, batch by batch. Returns how many answers were seen."""
    waiting = (
        Assignment.objects.filter(validated_at__isnull=True, state__in=Assignment.ANSWERED)
        .order_by("batch_id")
        .values_list("batch_id", flat=True)
        .distinct()
    )
    seen = 0

    def one(number: int) -> int:
        nonlocal seen
        before = seen
        while seen < most and (count := _validate_set(number)):
            seen += count
        return seen - before

    return clockwork.each(list(waiting), one)


def validate_batch(number: int) -> int:
    """As `validate`, of one batch (its row number), until nothing is left that nobody else holds."""
    seen = 0
    while count := _validate_set(number):
        seen += count
    return seen


@transaction.atomic
def _validate_set(batch_id: int, size: int = SET) -> int:
    """One set of new answers of one batch. Rows that somebody else holds wait for the next round."""
    batch = Batch.objects.get(pk=batch_id)
    growth.hold(batch)
    rows = list(
        Assignment.objects.filter(batch_id=batch_id, validated_at__isnull=True, state__in=Assignment.ANSWERED)
        .select_for_update(no_key=True, skip_locked=True)
        .values_list("pk", "task_id")[:size]
    )
    if not rows:
        return 0
    tasks = sorted({task for _, task in rows})
    write_results(batch, tasks)
    Assignment.objects.filter(pk__in=[pk for pk, _ in rows]).update(validated_at=clock.now())
    growth.ask_for_more(batch, tasks)
    gold_scores.score(batch, [pk for pk, _ in rows])
    return len(rows)


def count_anew(assignment: Assignment) -> None:
    """Make the result of a task again, when one of its answers was refused, or counts after all (charter P9).

    In the transaction of the decision: a refused answer must not be delivered for one moment longer.
    """
    write_results(assignment.batch, [assignment.task_id])


def write_results(batch: Batch, tasks: Sequence[int]) -> None:
    """Write the results of these tasks; a task without any answer that counts has none.

    One at a time for each batch, until the transaction ends: what is written last has read what was decided before.
    """
    _hold_results(batch)
    form, judges = compile_form(batch.form), fits.judges_of(batch)
    methods = sorted({judge.method for judge in judges.values()}) or [
        "prior" if fits.fields_of(batch) else "votes"
    ]
    given: dict[int, list[tuple[int, dict[str, Any]]]] = defaultdict(list)
    rows = Assignment.objects.filter(task_id__in=tasks, state__in=Assignment.ANSWERED).order_by("pk")
    for task, worker, answer in rows.values_list("task_id", "worker_id", "answer"):
        given[task].append((worker, answer or {}))
    Result.objects.filter(task_id__in=set(tasks) - given.keys()).delete()
    results = []
    for task, said in given.items():
        agreed = form.consensus([answer for _, answer in said], [worker for worker, _ in said], judges)
        results.append(
            Result(
                task_id=task,
                batch=batch,
                values={
                    name: {"value": one.value, "confidence": one.confidence} for name, one in agreed.items()
                },
                confidence=min((one.confidence for one in agreed.values()), default=0.0),
                answers=len(said),
                method=" + ".join(methods)[:30],
                updated_at=clock.now(),
            )
        )
    Result.objects.bulk_create(
        results,
        update_conflicts=True,
        unique_fields=["task"],
        update_fields=["values", "confidence", "answers", "method", "updated_at"],
    )


def _hold_results(batch: Batch) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"results:{batch.public_id}"]
        )


# --- whole-batch fits -----------------------------------------------------------------------------------------


def refit_all(budget_seconds: float = 40.0) -> dict[str, int]:
    """Fit the batches with new answers, the one that waited longest first, for about `budget_seconds`.

    A batch rests for a minute after its fit, and for at least twenty times what it took. Returns figures for the job.
    """
    started, figures = time.monotonic(), {"batches": 0, "results": 0}

    def one(batch: Batch) -> int:
        if time.monotonic() - started < budget_seconds:
            figures["results"] += refit(batch)
            figures["batches"] += 1
        return 1

    clockwork.each(_to_fit(), one)
    return figures if figures["batches"] else {}


def _to_fit() -> list[Batch]:
    """Batches that may still move, have rested, and have answers that their last fit did not see, or tasks that may
    still grow."""
    open_ = (
        Batch.objects.exclude(state__in=[Batch.State.DRAFT, Batch.State.SCREENING])
        .filter(settled_at__isnull=True)
        .select_related("figures")
        .annotate(
            fitted=Min("models__fitted_at"),
            took=Max("models__took_ms"),
            saw=Max("models__answers"),
            grows=Exists(Task.objects.filter(batch=OuterRef("pk"), most__isnull=False)),
        )
        .order_by(F("fitted").asc(nulls_first=True), "pk")
    )
    return [batch for batch in open_ if _is_due(batch)]


def _is_due(batch: Any) -> bool:
    if batch.fitted is not None:
        rest = max(FIT_REST_SECONDS, batch.took / 1000 * 20)
        if clock.now() - batch.fitted < dt.timedelta(seconds=rest):
            return False
    if batch.grows:
        return True
    figure: BatchFigures | None = getattr(batch, "figures", None)
    answers = figure.submitted + figure.contested + figure.approved if figure else 0
    return answers >= fits.FEW and answers != batch.saw and bool(fits.fields_of(batch))


def refit(batch: Batch) -> int:
    """Fit a batch, write the results anew that it moved, and ask for more answers where it made them unsure.

    Returns how many results were written. Alone for each batch; results are written in sets, so nobody waits for long.
    """
    with clockwork.alone(f"fit:{batch.public_id}") as ours:
        if not ours:
            return 0
        found = fits.fit(batch)
        for start in range(0, len(found.moved), SET):
            with transaction.atomic():
                growth.hold(batch)
                write_results(batch, found.moved[start : start + SET])
        if batch.overlap_most is not None:
            _grow(batch, found.answers)
        return len(found.moved)


@transaction.atomic
def _grow(batch: Batch, seen: int) -> None:
    growth.hold(batch)
    _hold_results(batch)
    if not growth.ask_for_more(batch) and fits.count(batch) == seen:
        growth.let_go(batch)


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
    """Tasks are the ordinary ones; answers asked for are all that are paid, so that the figures everybody sees move in
    the same way whatever was claimed. An open check question counts while there is an ordinary task beside it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT count(*) FILTER (WHERE NOT is_gold), coalesce(sum(overlap), 0),
                   CASE WHEN bool_or(is_open AND NOT is_gold)
                        THEN coalesce(sum(open_slots) FILTER (WHERE is_open), 0) ELSE 0 END,
                   count(*) FILTER (WHERE is_open AND NOT is_gold)
            FROM tasks_task WHERE batch_id = %s
            """,
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
    """Mean share of a task's answers that say the same as its consensus, over tasks with two answers or more: of SAMPLE
    tasks, the last ones that changed.

    A plain figure for the page; `BatchModel.alpha` corrects for chance.
    """
    rows = (
        Result.objects.filter(batch=batch, answers__gte=2).order_by("-updated_at").values_list("pk", "values")
    )
    agreed = {task: {name: each["value"] for name, each in values.items()} for task, values in rows[:SAMPLE]}
    if not agreed:
        return None
    form = compile_form(batch.form)
    shares = defaultdict(list)
    given = Assignment.objects.filter(task_id__in=agreed, state__in=Assignment.ANSWERED)
    for task, answer in given.values_list("task_id", "answer"):
        shares[task].append(form.agree(answer or {}, agreed[task]))
    return statistics.fmean(map(statistics.fmean, shares.values())) if shares else None
