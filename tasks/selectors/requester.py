"""What the requester's pages read: cards of batches, the figures of a live one, a draft, submissions."""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.lookups import IContains

from marketplace.base import clock, ids, money
from marketplace.base.errors import NotFound
from marketplace.base.models import RIGHTS, AuditEvent, Membership, Organisation, User
from payments.models import AccountKind, Entry, Transaction
from payments.services import floor, holdings
from tasks.forms import Form, compile_form
from tasks.models import Assignment, Batch, BatchFigures, Import, Result, Task
from tasks.services import chains, prices
from workers.models import WorkerProfile

from . import figures

SHORT = 90  # characters of a task's values in a table
GROUPS: dict[str, tuple[str, ...]] = {
    "all": tuple(Batch.State.values),
    "live": (Batch.State.PUBLISHED, Batch.State.PAUSED, Batch.State.SCREENING),
    "drafts": (Batch.State.DRAFT,),
    "ended": Batch.ENDED,
}


def rights(user: User, organisation_id: int) -> frozenset[str]:
    """What the person may do in an organisation; empty for a stranger. Pages hide the buttons of the rest."""
    membership = Membership.objects.filter(user=user, organisation_id=organisation_id).first()
    return RIGHTS[membership.role] if membership else frozenset()


# --- The list of batches ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Card:
    """A batch in the list. `rows` counts the rows of a draft, `answers` what came in of `wanted`."""

    batch: Batch
    counts: dict[str, int]
    answers: int
    wanted: int
    rows: int
    spent_micros: int
    to_review: int


def batches(organisation: Organisation, group: str) -> QuerySet[Batch]:
    """The batches of one group of GROUPS ("all" for a name that is none)."""
    states = GROUPS.get(group, GROUPS["all"])
    return Batch.objects.filter(organisation=organisation, state__in=states)


def group_counts(organisation: Organisation) -> dict[str, int]:
    """How many batches each group of GROUPS has."""
    rows = dict(Batch.objects.filter(organisation=organisation).values_list("state").annotate(n=Count("pk")))
    return {name: sum(rows.get(state, 0) for state in states) for name, states in GROUPS.items()}


def cards(rows: Sequence[Batch]) -> list[Card]:
    """Cards for one page of batches, from the snapshots that a job keeps."""
    known = figures.of_many(rows)
    loaded = dict(
        Import.objects.filter(batch__in=rows, state=Import.State.DONE)
        .values_list("batch")
        .annotate(n=Sum("good"))
    )
    return [_card(batch, known[batch.pk], loaded.get(batch.pk) or 0) for batch in rows]


def _card(batch: Batch, figure: BatchFigures, rows: int) -> Card:
    return Card(
        batch=batch,
        counts=figure.counts or {"open": rows},
        answers=figure.approved + figure.submitted + figure.contested,
        wanted=figure.slots - figure.rejected,
        rows=rows,
        spent_micros=figure.spent_micros,
        to_review=figure.submitted,
    )


# --- A live batch ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Growing:
    """A batch whose tasks ask one more person while they are not sure: the range of its answers and of its price.

    `unasked` answers were set aside and not asked for; once the batch ended they are what was saved. Check questions
    are in it as in the figures, and so is the reserve.
    """

    most: int
    unasked: int
    least_micros: int
    most_micros: int
    unasked_micros: int


@dataclass(frozen=True)
class Live:
    """The figures of a batch's page. Amounts in micros; `done_by` is None while nothing says when."""

    figures: BatchFigures
    counts: dict[str, int]
    done_by: dt.datetime | None
    hourly_micros: int
    measured: bool
    spent_micros: int
    set_aside_micros: int
    held_micros: int
    rows_to_fund: Import | None
    growing: Growing | None  # None: as many answers for every task


def live(batch: Batch) -> Live:
    """The page of a batch that was published, from its snapshot and its holding."""
    figure = figures.of(batch)
    set_aside, held = put_aside(batch), holdings.held(batch.public_id)
    seconds = figure.median_seconds or batch.seconds
    return Live(
        figures=figure,
        counts=figure.counts,
        done_by=_done_by(batch, figure),
        hourly_micros=money.whole_cents(floor.hourly(batch.reward_micros, seconds)),
        measured=bool(figure.median_seconds),
        spent_micros=_gone(set_aside, held),
        set_aside_micros=set_aside,
        held_micros=held,
        rows_to_fund=batch.imports.filter(state=Import.State.NEEDS_FUNDS).first(),
        growing=_growing(batch, figure) if batch.overlap_most else None,
    )


def _growing(batch: Batch, figure: BatchFigures) -> Growing:
    checks = Task.objects.filter(batch=batch, is_gold=True).aggregate(n=Sum("overlap"))["n"] or 0
    most = figure.tasks * batch.most_answers + checks
    unasked = max(0, most - figure.slots)

    def price(answers: int) -> int:
        return prices.quote(batch, answers).total

    return Growing(most, unasked, price(figure.tasks * batch.overlap + checks), price(most), price(unasked))


def _done_by(batch: Batch, figure: BatchFigures) -> dt.datetime | None:
    """When the open answers will be there at the pace of the last hour."""
    if batch.state != Batch.State.PUBLISHED or not figure.answers_last_hour or not figure.open_slots:
        return None
    hours = (figure.open_slots + figure.claimed) / figure.answers_last_hour
    return clock.now() + dt.timedelta(hours=hours) if hours < 24 * 365 else None


def spent(batch: Batch) -> int:
    """Micros spent on a batch: what was set aside for it, and is neither held any more nor given back."""
    return _gone(put_aside(batch), holdings.held(batch.public_id))


def _gone(set_aside: int, held: int) -> int:
    return max(0, set_aside - held)


def put_aside(batch: Batch) -> int:
    """Micros ever set aside for a batch and not given back: still held, or spent on it.

    Looks at the few transactions that bring money in or back, never at one row for each answer.
    """
    sources = [f"{source.public_id}:fund" for source in batch.imports.only("pk")]
    moves = Transaction.objects.filter(
        Q(reference__startswith=f"{batch.public_id}:") | Q(reference__in=sources),
        kind__in=["set_aside", "give_back"],
    )
    entries = Entry.objects.filter(
        transaction_id__in=list(moves.values_list("pk", flat=True)),
        account__kind=AccountKind.BATCH_HOLDING,
        account__reference=batch.public_id,
    )
    return entries.aggregate(n=Sum("amount"))["n"] or 0


@dataclass(frozen=True)
class Hard:
    """A task whose answers agree least: its values and its answers in few words."""

    task: str
    words: str
    answers: str
    confidence: float


def hardest(batch: Batch, most: int = 5) -> list[Hard]:
    """The tasks with the least confidence, of those that more than one person answered; no check questions."""
    rows = list(
        Result.objects.filter(batch=batch, answers__gte=2, confidence__lt=1, task__is_gold=False)
        .select_related("task")
        .order_by("confidence", "pk")[:most]
    )
    if not rows:
        return []
    form = compile_form(batch.form)
    said: dict[int, list[str]] = {row.pk: [] for row in rows}
    answers = Assignment.objects.filter(task_id__in=said, state__in=Assignment.ANSWERED).order_by("pk")
    for task, answer in answers.values_list("task_id", "answer"):
        said[task].append(in_few_words(form, answer or {}))
    return [
        Hard(row.task.public_id, row_words(form, row.task.data), " / ".join(said[row.pk]), row.confidence)
        for row in rows
    ]


def row_words(form: Form, data: dict[str, Any]) -> str:
    """A row as one short line: the values that no row may lack, or all that the form shows, in their order."""
    needed = [column for part in form.show if part.options.get("required") for column in part.columns]
    values = [_cut(str(data.get(column, "")), SHORT // 2) for column in needed or form.columns]
    return _cut(" · ".join(value for value in values if value))


def in_few_words(form: Form, answer: dict[str, Any], data: Mapping[str, str] | None = None) -> str:
    """An answer as one short line, beside the row it answers."""
    said = (widget.in_words(answer.get(widget.name), data) for widget in form.fields)
    return _cut(" · ".join(words for words in said if words))


def _cut(text: str, most: int = SHORT) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def screening_since(batch: Batch) -> dt.datetime:
    """When the batch was handed to a moderator."""
    event = (
        AuditEvent.objects.filter(subject=batch.public_id, tag="tasks:batch:queue").order_by("-at").first()
    )
    return event.at if event else batch.updated_at


def screening_due(batch: Batch) -> dt.datetime:
    """By when a moderator has promised to look at it."""
    return screening_since(batch) + dt.timedelta(days=settings.DECISION_DAYS)


def countries_lost(batch: Batch) -> list[str]:
    """Countries that the measured time has closed the batch to, of those the estimate reached."""
    if not batch.measured_seconds or batch.measured_seconds <= batch.estimated_seconds:
        return []
    before = floor.reach(batch.reward_micros, batch.estimated_seconds, batch.countries)
    after = set(floor.reach(batch.reward_micros, batch.seconds, batch.countries))
    here = set(
        WorkerProfile.objects.filter(user__is_active=True).values_list("country", flat=True).distinct()
    )
    return [code for code in before if code not in after and code in here]


# --- A draft -------------------------------------------------------------------------------------------------------


def steps_done(batch: Batch) -> dict[str, bool]:
    """Which of the four steps of a draft have what publishing needs."""
    texts = (batch.title, batch.purpose, batch.instructions)
    return {
        "what": all(text.strip() for text in texts) and bool(batch.form.get("fields")),
        "data": batch.tasks.exists() or chains.feeds(batch),
        "price": batch.reward_micros > 0 and batch.estimated_seconds > 0,
        "review": False,
    }


def sample_rows(batch: Batch, most: int = 3) -> list[Task]:
    """The first rows of a batch, as a worker would see them."""
    return list(Task.objects.filter(batch=batch).order_by("row_number")[:most])


# --- Submissions -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Filter:
    """What the table of submissions is narrowed to; empty strings narrow nothing."""

    state: str = ""
    task: str = ""
    worker: str = ""
    field: str = ""
    value: str = ""


def submissions(batch: Batch, wanted: Filter) -> QuerySet[Assignment]:
    """Submissions of a batch; refused ones do not exist for a requester (charter P9).

    A task or a worker that is none of this batch finds nothing.
    """
    rows = Assignment.objects.filter(batch=batch, state__in=Assignment.ANSWERED)
    if wanted.state in SUBMISSION_STATES:
        rows = rows.filter(state__in=SUBMISSION_STATES[wanted.state])
    try:
        if wanted.task:
            rows = rows.filter(task_id=ids.decode("tsk", wanted.task))
        if wanted.worker:
            rows = rows.filter(worker_id=ids.decode("wrk", wanted.worker, batch.organisation_id))
    except NotFound:
        return rows.none()
    if wanted.field and wanted.value:
        return rows.filter(_said(batch, wanted.field, wanted.value))
    return rows


def _said(batch: Batch, field: str, typed: str) -> Q:
    """Answers to `field` that read like `typed`: by the words of an option where there are options, else by a part
    of the text."""
    widget = next((each for each in compile_form(batch.form).fields if each.name == field), None)
    if widget is None:
        return Q(pk__in=[])
    schema = widget.schema()
    options = schema.get("enum") or schema.get("items", {}).get("enum")
    if options is None:
        return Q(IContains(KeyTextTransform(field, "answer"), typed))
    many = "items" in schema
    meant = [
        option
        for option in options
        if option == typed or typed.casefold() in widget.as_text([option] if many else option).casefold()
    ]
    found = Q(pk__in=[])
    for option in meant:
        found |= Q(answer__contains={field: [option] if many else option})
    return found


SUBMISSION_STATES: dict[str, tuple[str, ...]] = {
    "submitted": (Assignment.State.SUBMITTED,),
    "approved": (Assignment.State.APPROVED,),
    "contested": (Assignment.State.CONTESTED, Assignment.State.DISPUTED),
}


def other_answers(assignment: Assignment) -> QuerySet[Assignment]:
    """What other people answered to the same task, oldest first."""
    return (
        Assignment.objects.filter(task_id=assignment.task_id, state__in=Assignment.ANSWERED)
        .exclude(pk=assignment.pk)
        .select_related("task")
        .order_by("pk")
    )


def numbers(rows: Iterable[str]) -> list[int]:
    """Row numbers behind public ids of assignments; what is no such id is left out."""
    found = []
    for public_id in rows:
        try:
            found.append(ids.decode("asg", public_id))
        except NotFound:
            continue
    return found
