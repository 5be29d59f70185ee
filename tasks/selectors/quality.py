"""How good the results of a batch are, for the people who pay for them, and how a worker's answers did, for the worker.

Everything here is looked at; nothing of it is used to refuse, pay or offer work (charter P5, M8).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from marketplace.base import ids
from marketplace.base.models import User
from tasks.forms import Form, compile_form
from tasks.models import Assignment, Batch, BatchModel, GoldScore
from tasks.widgets.base import Widget

MOST = 50_000  # answers looked at: the newest ones
MOST_CLASSES = 12  # rows and columns of a confusion that a page can show
PEOPLE = 50  # people listed: those who answered most
SURE = 0.9  # what counts as a confident result where the batch names no confidence of its own
FROM = 3  # answers to a task, from which on its result says something about one of them
BINS = 10
SHOWN_TO = 100  # micros: a cost that was shared out is told to a hundredth of a cent


@dataclass(frozen=True)
class Mixed:
    """Two answers that people give for one another: how often `said` was answered where the result is `result`."""

    result: str
    said: str
    count: int


@dataclass(frozen=True)
class Person:
    """One worker by the organisation's pseudonym. `cases`: answers to tasks with a result of FROM answers or more."""

    worker: str
    cases: int
    agreed: int
    mixed: str  # what they answer otherwise most often, in words; '' without

    @property
    def share(self) -> float:
        return self.agreed / self.cases


@dataclass(frozen=True)
class Asked:
    """One question of the form whose answer is one of a few: how it was judged, and what gets mixed up."""

    name: str
    label: str
    method: str
    why: str
    alpha: float | None
    classes: list[str]
    rows: list[tuple[str, list[int]]]  # (result, how often each class was answered there)
    mixed: list[Mixed]


@dataclass(frozen=True)
class Quality:
    """The quality of a batch so far. `bins`: results by confidence, in tenths from 0 to 1."""

    results: int
    answers: int
    sure: int
    sure_from: float
    bins: list[int]
    cost_micros: int | None  # spent for each sure result; None without any
    asked: list[Asked]
    people: list[Person]
    all_people: int


def of(batch: Batch, spent_micros: int) -> Quality:
    """The figures behind a batch's page of quality; `spent_micros` is what was spent on it so far."""
    form = compile_form(batch.form)
    bins, sure, answers = _confidences(batch)
    fields = [widget for widget in form.fields if widget.classes]
    said = {widget.name: _said(batch, widget.name) for widget in fields}
    people = _people(batch, form, said)
    return Quality(
        results=sum(bins),
        answers=answers,
        sure=sure,
        sure_from=batch.confidence or SURE,
        bins=bins,
        cost_micros=round(spent_micros / sure / SHOWN_TO) * SHOWN_TO if sure and spent_micros else None,
        asked=[_asked(batch, widget, said[widget.name]) for widget in fields],
        people=people[:PEOPLE],
        all_people=len(people),
    )


def _confidences(batch: Batch) -> tuple[list[int], int, int]:
    """Results by tenths of confidence, how many are sure, and how many answers they are made of.

    Those of check questions are none of them: their answer was known before, and no export holds them.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT least(floor(confidence * %s)::int, %s), count(*), count(*) FILTER (WHERE confidence >= %s),"
            " coalesce(sum(answers), 0) FROM tasks_result r JOIN tasks_task t ON t.id = r.task_id"
            " WHERE r.batch_id = %s AND NOT t.is_gold GROUP BY 1",
            [BINS, BINS - 1, batch.confidence or SURE, batch.pk],
        )
        bins, sure, answers = [0] * BINS, 0, 0
        for place, count, confident, given in cursor.fetchall():
            bins[place], sure, answers = count, sure + confident, answers + given
    return bins, sure, answers


# Who answered what where the result is what, over tasks with a few answers: the newest of them. Check questions are
# left out: nothing of this page says who missed one.
_SAID = """
SELECT worker_id, truth, said, count(*) FROM (
    SELECT a.worker_id, r.values -> %(field)s ->> 'value' AS truth, a.answer ->> %(field)s AS said
    FROM tasks_assignment a JOIN tasks_result r ON r.task_id = a.task_id
    JOIN tasks_task t ON t.id = a.task_id AND NOT t.is_gold
    WHERE a.batch_id = %(batch)s AND a.state = ANY (%(states)s) AND r.answers >= %(least)s
    ORDER BY a.id DESC LIMIT %(most)s
) AS looked WHERE truth IS NOT NULL AND said IS NOT NULL GROUP BY 1, 2, 3
"""
Said = list[tuple[int, str, str, int]]


def _said(batch: Batch, field: str) -> Said:
    values: dict[str, Any] = {
        "field": field, "batch": batch.pk, "states": list(Assignment.ANSWERED), "least": FROM, "most": MOST,
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_SAID, values)
        return list(cursor.fetchall())


def _asked(batch: Batch, widget: Widget, said: Said) -> Asked:
    model = BatchModel.objects.filter(batch=batch, field=widget.name).only("method", "why", "alpha").first()
    counts: dict[tuple[str, str], int] = {}
    for _worker, truth, answer, count in said:
        counts[truth, answer] = counts.get((truth, answer), 0) + count
    classes = [str(value) for value in widget.classes][:MOST_CLASSES]
    words = {value: widget.as_text(value) for value in classes}
    mixed = sorted(
        (pair for pair in counts.items() if pair[0][0] != pair[0][1]), key=lambda pair: (-pair[1], pair[0])
    )
    return Asked(
        name=widget.name,
        label=widget.label,
        method=model.method if model else "",
        why=model.why if model else "",
        alpha=model.alpha if model else None,
        classes=[words[value] for value in classes],
        rows=[(words[truth], [counts.get((truth, each), 0) for each in classes]) for truth in classes],
        mixed=[
            Mixed(widget.as_text(truth), widget.as_text(answer), count)
            for (truth, answer), count in mixed[:5]
        ],
    )


def _people(batch: Batch, form: Form, said: dict[str, Said]) -> list[Person]:
    """Those who answered, the ones with most answers first: never ordered by how well they did."""
    cases: dict[int, int] = {}
    agreed: dict[int, int] = {}
    other: dict[int, tuple[int, str]] = {}
    widgets = {widget.name: widget for widget in form.fields}
    for field, rows in said.items():
        for worker, truth, answer, count in rows:
            cases[worker] = cases.get(worker, 0) + count
            if truth == answer:
                agreed[worker] = agreed.get(worker, 0) + count
            elif count > other.get(worker, (0, ""))[0]:
                words = f"{widgets[field].as_text(answer)} ({widgets[field].as_text(truth)})"
                other[worker] = (count, words)
    order = sorted(cases, key=lambda worker: (-cases[worker], worker))
    return [
        Person(
            ids.worker_seen_by(worker, batch.organisation_id), cases[worker], agreed.get(worker, 0),
            other.get(worker, (0, ""))[1],
        )
        for worker in order
    ]  # fmt: skip


# --- A worker's own ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Own:
    """How a worker's answers of one kind did. None where there is no case."""

    kind: str  # its key; '' for forms of a requester's own
    cases: int
    agreed: int
    checks: int  # check questions that count
    right: int

    @property
    def agreement(self) -> float | None:
        return self.agreed / self.cases if self.cases else None

    @property
    def accuracy(self) -> float | None:
        return self.right / self.checks if self.checks else None


_OWN = """
SELECT b.kind, count(*), count(*) FILTER (WHERE r.values -> (f ->> 'name') ->> 'value' = a.answer ->> (f ->> 'name'))
FROM tasks_assignment a
JOIN tasks_batch b ON b.id = a.batch_id AND b.role = 'work'
JOIN tasks_result r ON r.task_id = a.task_id AND r.answers >= %(least)s
JOIN tasks_task t ON t.id = a.task_id AND NOT t.is_gold
CROSS JOIN LATERAL jsonb_array_elements(b.form -> 'fields') f
WHERE a.worker_id = %(worker)s AND a.state = ANY (%(states)s)
  AND f ->> 'widget' = ANY (%(widgets)s) AND coalesce(f ->> 'many', 'false') <> 'true'
  AND a.answer ->> (f ->> 'name') IS NOT NULL
GROUP BY b.kind
"""
JUDGED = ["choice", "compare"]  # widgets whose answer is one of a few


def own(user: User) -> list[Own]:
    """A worker's answers by kind, the kind with most cases first; those with a refused answer don't count."""
    with connection.cursor() as cursor:
        cursor.execute(
            _OWN,
            {"worker": user.pk, "states": list(Assignment.ANSWERED), "least": FROM, "widgets": JUDGED},
        )
        found = {kind: (cases, agreed) for kind, cases, agreed in cursor.fetchall()}
    checks: dict[str, list[int]] = {}
    scores = GoldScore.objects.filter(worker=user, gold__aside="", batch__role=Batch.Role.WORK)
    for kind, right in scores.values_list("batch__kind", "right"):
        tally = checks.setdefault(kind, [0, 0])
        tally[0] += 1
        tally[1] += right
    kinds = sorted({*found, *checks}, key=lambda kind: (-found.get(kind, (0, 0))[0], kind))
    return [Own(kind, *found.get(kind, (0, 0)), *checks.get(kind, [0, 0])) for kind in kinds]


def chart(bins: Sequence[int]) -> dict[str, Any]:
    """The histogram for the script that draws it: the middle of each tenth, in percent, and its results."""
    return {"x": [place * 100 // BINS + 50 // BINS for place in range(BINS)], "y": list(bins)}
