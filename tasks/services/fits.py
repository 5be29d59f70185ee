"""What a whole batch's answers say about its workers, one field at a time (DESIGN §6.5, docs/adr/0041).

A fit is kept as a `BatchModel`, and every result of the batch is then judged by it; it costs no answer and no person
anything. How often batches are fitted is decided in `aggregation`.
"""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
from django.db import connection

from marketplace.base import clock
from tasks.consensus import Builder, Labels, Model, Outcome, agreement, categorical
from tasks.forms import compile_form
from tasks.judging import Judge
from tasks.models import Assignment, Batch, BatchModel, Gold, Result
from tasks.widgets.base import Widget

FEW = 20  # answers from which on a batch is fitted: fewer say nothing about anybody
MOST = 2_000_000  # answers that are looked at, the first ones: who gave them is known by then
CARE = 8.0  # answers that the habit of the crowd counts for, beside those of a worker (`careful`)
MOVED = 0.005  # by so much a confidence may be off before its result is written again
AT_ONCE = 5_000


@dataclass(frozen=True)
class Fitted:
    """What a fit changed: how many answers it saw, and the tasks whose results are not what it says, by row number."""

    answers: int
    moved: list[int]


def judges_of(batch: Batch) -> dict[str, Judge]:
    """What is known about the workers of a batch, by field; empty before its first fit."""
    known = BatchModel.objects.filter(batch=batch).values_list("pk", "fitted_at", "field")
    return {field: _judge(number, at.isoformat()) for number, at, field in known}


@lru_cache(maxsize=8)  # of a large crowd, one takes some megabytes
def _judge(number: int, _fitted_at: str) -> Judge:
    row = BatchModel.objects.get(pk=number)
    return Judge(Model.from_json(row.params), row.method)


def fields_of(batch: Batch) -> list[Widget]:
    """The questions of a batch that are fitted: those whose answer is one of a few."""
    return [widget for widget in compile_form(batch.form).fields if widget.classes]


def fit(batch: Batch) -> Fitted:
    """Fit every question of a few answers anew and keep what was found; with fewer than FEW answers there is none.

    Answers that nobody refused count, known answers of check questions are taken for what is true, and which method
    fits is the batch's own to say (`auto`). Memory grows with the answers, at most MOST of them.
    """
    widgets = fields_of(batch)
    if not widgets:
        return Fitted(count(batch), [])
    labels, answers = _read(batch, widgets)
    stored = None
    moved: set[int] = set()
    for widget in widgets:
        if len(labels[widget.name]) < FEW:
            continue
        judge = _fit_one(batch, widget, labels[widget.name], answers)
        stored = stored if stored is not None else list(_stored(batch))
        moved |= _moved(widget, judge, labels[widget.name], stored)
    return Fitted(answers, sorted(moved))


def _read(batch: Batch, widgets: Sequence[Widget]) -> tuple[dict[str, Labels], int]:
    """The answers to each question, and how many people's there are."""
    builders = {widget.name: Builder(classes=widget.classes) for widget in widgets}
    classes = {widget.name: frozenset(widget.classes) for widget in widgets}
    count = 0
    for task, worker, *values in _rows(batch, [widget.name for widget in widgets]):
        count += 1
        for widget, value in zip(widgets, values, strict=True):
            if value in classes[widget.name]:
                builders[widget.name].add(task, worker, value)
    return {name: builder.build(prune=False) for name, builder in builders.items()}, count


def _rows(batch: Batch, names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Task, worker, and the answer to each of these questions, of the first MOST answers that nobody refused."""
    columns = ", ".join(["answer ->> %s"] * len(names))
    query = (
        f"SELECT task_id, worker_id, {columns} FROM tasks_assignment"  # noqa: S608 - only placeholders
        " WHERE batch_id = %s AND state = ANY (%s) ORDER BY id LIMIT %s"
    )
    with connection.chunked_cursor() as cursor:
        cursor.execute(query, [*names, batch.pk, list(Assignment.ANSWERED), MOST])
        while rows := cursor.fetchmany(AT_ONCE):
            yield from rows


def count(batch: Batch) -> int:
    """Answers of a batch that nobody refused."""
    return Assignment.objects.filter(batch=batch, state__in=Assignment.ANSWERED).count()


def _fit_one(batch: Batch, widget: Widget, labels: Labels, answers: int) -> Judge:
    started = time.monotonic()
    outcome = categorical(labels, known=_known(batch, widget))
    row, _ = BatchModel.objects.update_or_create(
        batch=batch,
        field=widget.name,
        defaults={
            "method": outcome.method,
            "why": outcome.why,
            "params": careful(outcome).to_json(),
            "alpha": agreement.alpha(labels),
            "labels": len(labels),
            "answers": answers,
            "fitted_at": clock.now(),
            "took_ms": round((time.monotonic() - started) * 1000),
        },
    )
    return _judge(row.pk, row.fitted_at.isoformat())


def careful(outcome: Outcome) -> Model:
    """The model of an outcome, with each worker a little more like the crowd, the more so the fewer their answers.

    Workers and truth are found from the same answers, so that what few answers say of a worker confirms itself; who
    stops asking at a confidence would stop too early by it. The crowd's habit counts for CARE answers beside a worker's
    own to tasks of a class.
    """
    model, labels = outcome.model, outcome.labels
    if model.confusion is None or model.pooled is None:
        cases = np.bincount(labels.worker, minlength=len(labels.workers))
        return replace(model, accuracy=(cases * model.accuracy + CARE * model.mean) / (cases + CARE))
    classes = len(labels.classes)
    share = outcome.share.reshape(-1, classes)[labels.task]
    of_worker = np.stack(
        [
            np.bincount(labels.worker, weights=share[:, place], minlength=len(labels.workers))
            for place in range(classes)
        ],
        axis=1,
    )[:, :, None]
    return replace(model, confusion=(of_worker * model.confusion + CARE * model.pooled) / (of_worker + CARE))


def _known(batch: Batch, widget: Widget) -> dict[int, list[Any]]:
    """The right answers to this question of the batch's check questions that nobody set aside, by task."""
    found: dict[int, set[Any]] = defaultdict(set)
    for task, answers in Gold.objects.filter(batch=batch, aside="").values_list("task_id", "answers"):
        for answer in answers:
            if answer.get(widget.name) in widget.classes:
                found[task].add(answer[widget.name])
    return {task: sorted(right) for task, right in found.items()}


def _stored(batch: Batch) -> Iterator[tuple[int, Mapping[str, Any], int]]:
    rows = Result.objects.filter(batch=batch).values_list("pk", "values", "answers")
    yield from rows.iterator(chunk_size=AT_ONCE)


def _moved(
    widget: Widget, judge: Judge, labels: Labels, stored: Sequence[tuple[int, Mapping[str, Any], int]]
) -> set[int]:
    """The tasks whose stored result has another value than this model says, or another confidence."""
    values, chances = judge.judge_all(labels)
    given = [int(end - start) for start, end in zip(labels.starts, labels.starts[1:], strict=False)]
    now = dict(zip(labels.tasks, zip(values, chances.tolist(), given, strict=True), strict=True))
    found = set()
    for task, kept, answers in stored:
        value, chance, said = now.get(task, (None, 1.0, 0))
        if 2 * said < answers or not said:
            value, chance, said = None, 1.0, answers - said
        old = kept.get(widget.name) or {}
        sure = chance * said / max(1, answers)
        if old.get("value") != value or abs(old.get("confidence", -1.0) - sure) > MOVED:
            found.add(task)
    return found
