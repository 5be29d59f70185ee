"""Making, changing and taking back questions with known answers: check questions, and those of tests and trainings."""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.base import audit
from marketplace.base.errors import Invalid, Refusal
from marketplace.base.models import User
from tasks.errors import IllegalMove
from tasks.forms import Form, compile_form
from tasks.known import numeric_fields
from tasks.models import Batch, Gold, Task
from tasks.widgets import decimals
from tasks.widgets.base import Widget
from tasks.widgets.settings import Wrong

from . import floors, gold, gold_scores, media, prices
from .uploads import needed_columns

MOST_QUESTIONS = 5_000  # of one batch
MOST_RIGHT = 64  # right answers of one question
MOST_WORDS = 2_000  # characters of an explanation
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")  # what PostgreSQL's JSON can't hold


class TooManyQuestions(Refusal):
    """More questions with known answers than MOST_QUESTIONS."""

    code = "too_many_questions"
    detail = gettext_lazy("A batch has at most %(most)s questions with known answers.")


class NoChecksHere(Refusal):
    """The batch was opened without check questions, or is over."""

    code = "no_checks_here"
    detail = gettext_lazy(
        "Check questions are added to a draft, or to an open batch that was published with some. Duplicate this "
        "batch to begin with them."
    )


class StillFailed(Refusal):
    """A question that good workers fail is asked again without having been mended."""

    code = "still_failed"
    detail = gettext_lazy(
        "Most people who are usually right answer this question otherwise. Add their answer to the right ones, or "
        "mend it, before it is asked again."
    )


@dataclass(frozen=True)
class Question:
    """A question to be made: its right answers as they were typed, why, and the cells of its row."""

    answers: Sequence[Mapping[str, Any]]
    explanation: str
    tolerance: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)


# --- checking -------------------------------------------------------------------------------------------------


def judged(form: Form) -> list[Widget]:
    """The questions of a form whose answers can be known beforehand: no files, no codes, no consent."""
    return [
        widget
        for widget in form.fields
        if not (widget.guarded or widget.screens or widget.personal or type(widget).files is not Widget.files)
    ]


def known_answer(form: Form, raw: Mapping[str, Any]) -> dict[str, Any]:
    """A right answer in its one normal shape: the fields that it names; null says that a field is to be left empty.

    Raises Invalid with `fields` for a field that can't be judged or whose value does not fit, and when it names none.
    """
    widgets = {widget.name: widget for widget in judged(form)}
    problems: dict[str, list[Any]] = {}
    found: dict[str, Any] = {}
    for name, value in raw.items():
        if name not in widgets:
            problems[name] = [_("The form has no question of this name whose answer can be known.")]
        elif value is None:
            if widgets[name].required:
                problems[name] = [widgets[name].missing()]
            found[name] = None
        else:
            try:
                clean = widgets[name].clean(value)
            except Wrong as wrong:
                problems[name] = [wrong.message]
            else:
                found |= {} if clean is None else {name: clean}
    if not problems and not found:
        problems["answers"] = [_("Answer at least one question: that is what answers are compared with.")]
    if problems:
        raise Invalid(fields=problems)
    return {widget.name: found[widget.name] for widget in form.fields if widget.name in found}


def checked(form: Form, question: Question) -> dict[str, Any]:
    """answers, tolerance and explanation as `Gold` keeps them. Raises Invalid with `fields`."""
    if not isinstance(question.answers, list | tuple) or not 0 < len(question.answers) <= MOST_RIGHT:
        raise Invalid(
            fields={"answers": [_("Give between 1 and %(most)s right answers.") % {"most": MOST_RIGHT}]}
        )
    answers: list[dict[str, Any]] = []
    for raw in question.answers:
        if not isinstance(raw, Mapping):
            raise Invalid(
                fields={"answers": [_("Each right answer is an object with an entry for a question.")]}
            )
        clean = known_answer(form, raw)
        if clean not in answers:
            answers.append(clean)
    return {
        "answers": answers,
        "tolerance": _tolerance(form, question.tolerance),
        "explanation": _words(question.explanation),
    }


def _tolerance(form: Form, raw: Mapping[str, Any]) -> dict[str, str]:
    if not isinstance(raw, Mapping):
        raise Invalid(fields={"tolerance": [_("Say for each number how far an answer may be off.")]})
    found, problems = {}, {}
    for name, typed in raw.items():
        if typed is None or typed == "":
            continue
        try:
            number = decimals.read(typed)
        except ValueError:
            number = None
        if name not in numeric_fields(form):
            problems[f"{name}_tolerance"] = [_("Only a number can be nearly right.")]
        elif number is None or number < 0:
            problems[f"{name}_tolerance"] = [_("Write a number of 0 or more.")]
        else:
            found[name] = decimals.write(number)
    if problems:
        raise Invalid(fields=problems)
    return found


def _words(text: Any) -> str:
    words = text.strip() if isinstance(text, str) else ""
    if not words:
        raise Invalid(
            fields={"explanation": [_("Say why, in plain words: whoever gets it wrong learns from it.")]}
        )
    if len(words) > MOST_WORDS or _UNSTORABLE.search(words):
        raise Invalid(
            fields={"explanation": [_("Keep it under %(most)s characters.") % {"most": MOST_WORDS}]}
        )
    return words


def check_row(batch: Batch, data: Any) -> dict[str, str]:
    """The cells of a row as the ordinary ones have them. Raises Invalid naming the column, under "data.<column>"."""
    if not isinstance(data, Mapping) or not all(isinstance(cell, str) for cell in data.values()):
        raise Invalid(fields={"data": [_("A row is an object with a text for each column.")]})
    model = gold.model_row(batch)
    cells = dict(data) if model is None else gold.dressed(batch, model, data)
    needed, problems = needed_columns(batch), {}
    for column, cell in cells.items():
        if len(cell) > settings.IMPORT_MAX_CELL_CHARS or _UNSTORABLE.search(column + cell) or not column:
            problems[f"data.{column}"] = [_("This cell can't be stored. Shorten it, or type it anew.")]
    for column in needed:
        if column not in data:
            problems[f"data.{column}"] = [_("This row has no value of that name.")]
    if needed and not problems and not any(cells[column].strip() for column in needed):
        problems["data"] = [_("Every column that the form shows is empty here.")]
    for column, check in compile_form(batch.form).checks():
        sentence = None if column in problems else check(cells.get(column, ""))
        if sentence:
            problems[f"data.{column}"] = [sentence]
    if problems:
        raise Invalid(fields=problems)
    return cells


# --- making ---------------------------------------------------------------------------------------------------


def add(*, batch: Batch, actor: User, questions: Sequence[Question]) -> list[Gold]:
    """Make questions of new rows; on a live batch they wait until `gold.fund` set their price aside.

    Raises Invalid (of the first question that can't stand), NoChecksHere, TooManyQuestions, BadForm.
    """
    with transaction.atomic():
        batch = _open(batch)
        form = compile_form(batch.form)
        _check_count(batch, len(questions))
        ready = [(check_row(batch, each.data), checked(form, each)) for each in questions]
        after = batch.tasks.aggregate(n=Max("row_number"))["n"] or 0
        made = []
        for number, (cells, values) in enumerate(ready, start=after + 1):
            task = Task.objects.create(
                batch=batch, row_number=number, key=_key(), overlap=0, open_slots=0, is_open=False,
                funded=False, is_gold=batch.role == Batch.Role.WORK, data=cells,
            )  # fmt: skip
            made.append(Gold.objects.create(task=task, batch=batch, created_by=actor, **values))
        if ready and not batch.columns:
            Batch.objects.filter(pk=batch.pk).update(columns=list(ready[0][0]))
        media.promise(batch)
        _audit("add", batch, actor, count=len(made))
    return made


def of_row(*, task: Task, actor: User, question: Question) -> Gold:
    """Make a question of a row of a draft: its answer is known, so it is asked for checking alone.

    Raises Invalid, IllegalMove (it is one, or the batch is no draft), TooManyQuestions.
    """
    with transaction.atomic():
        batch = _open(task.batch)
        if batch.state != Batch.State.DRAFT or Gold.objects.filter(pk=task.pk).exists():
            raise IllegalMove(state=batch.get_state_display())
        _check_count(batch, 1)
        values = checked(compile_form(batch.form), question)
        Task.objects.filter(pk=task.pk).update(is_gold=batch.role == Batch.Role.WORK)
        made = Gold.objects.create(task=task, batch=batch, from_row=True, created_by=actor, **values)
        _audit("add", batch, actor, count=1)
    return made


def _check_count(batch: Batch, more: int) -> None:
    if Gold.objects.filter(batch=batch).count() + more > MOST_QUESTIONS:
        raise TooManyQuestions(most=MOST_QUESTIONS)


def _key() -> int:
    return random.randint(-(2**31), 2**31 - 1)  # noqa: S311 - spreads claims, guards nothing


def _open(batch: Batch) -> Batch:
    """The batch, locked, where questions can be made now. Raises NoChecksHere."""
    batch = Batch.objects.select_for_update(no_key=True, of=("self",)).get(pk=batch.pk)
    checks = batch.role == Batch.Role.WORK and batch.gold_rate > 0
    if batch.state != Batch.State.DRAFT and not (batch.state in Batch.LIVE and checks):
        raise NoChecksHere
    return batch


# --- changing -------------------------------------------------------------------------------------------------


def change(*, known: Gold, actor: User, question: Question) -> Gold:
    """Other right answers, tolerance or explanation. What was scored wrong and is right now is put right.

    An answer that was right stays right: nobody could know what would be changed. Raises Invalid.
    """
    with transaction.atomic():
        batch = _for_change(known)
        values = checked(compile_form(batch.form), question)
        Gold.objects.filter(pk=known.pk).update(**values)
        known.refresh_from_db()
        gold_scores.put_right(known, actor=actor)
        _audit("change", batch, actor, task=known.task.public_id)
    return known


def take_back(*, known: Gold, actor: User) -> None:
    """Ask a question no more. Of a draft, a row becomes an ordinary one again, and a question sent as such goes.

    On a live batch what was asked stays on record, and counts for nothing any more.
    """
    with transaction.atomic():
        batch = _for_change(known)
        task = known.task
        _audit("take-back", batch, actor, task=task.public_id)
        if task.funded:
            gold_scores.set_aside(known, Gold.Aside.TAKEN_BACK, actor=actor)
            return
        was_row = known.from_row
        known.delete()
        if was_row:
            Task.objects.filter(pk=task.pk).update(is_gold=False)
        else:
            Task.objects.filter(pk=task.pk)._raw_delete(Task.objects.db)
            media.promise(batch)


def restore(*, known: Gold, actor: User) -> Gold:
    """Ask a question again that was set aside; its scores count once more.

    Raises StillFailed while good workers still fail it, IllegalMove for one that is asked.
    """
    with transaction.atomic():
        batch = _for_change(known)
        if not Gold.objects.filter(pk=known.pk).exclude(aside="").update(aside="", aside_at=None):
            raise IllegalMove(state=_("asked"))
        if gold_scores.often_failed(batch, [known.pk]):
            raise StillFailed
        _open_what_is_paid(batch, known)
        _audit("restore", batch, actor, task=known.task.public_id)
        known.refresh_from_db()
    return known


def _open_what_is_paid(batch: Batch, known: Gold) -> None:
    """While it was aside its answers were nobody's: top-ups may have taken their money. The batch is locked."""
    task = Task.objects.select_for_update(no_key=True).get(pk=known.pk)
    if batch.state not in (*Batch.LIVE, Batch.State.SCREENING) or not task.funded or not task.open_slots:
        return
    kept = min(task.open_slots, floors.uncommitted(batch) // prices.unit_micros(batch, batch.reward_micros))
    Task.objects.filter(pk=task.pk).update(
        overlap=task.overlap - task.open_slots + kept, open_slots=kept, is_open=kept > 0
    )


def _for_change(known: Gold) -> Batch:
    batch = Batch.objects.select_for_update(no_key=True, of=("self",)).get(pk=known.batch_id)
    gold.lock(batch)
    known.refresh_from_db()
    return batch


def _audit(action: str, batch: Batch, actor: User, **data: Any) -> None:
    audit.record(
        f"tasks:gold:{action}", batch.public_id, actor=actor, organisation_id=batch.organisation_id,
        **data,
    )  # fmt: skip
