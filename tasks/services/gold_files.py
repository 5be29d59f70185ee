"""Questions with known answers out of a file: a row each, its cells, its right answers, and why.

Beside the columns of the batch's own rows a file has, for a field `same` of the form, the column `same` with the right
answer (or `answer_same`, where `same` is a column of the rows too), for a number `same_tolerance` with how far an
answer may be off, and `explanation`. In a cell, `yes | perhaps` means that either is right; a cell that begins with
`[` or `{` is JSON, as a program sends the answer, and `{"any": [..., ...]}` lists several such answers. What stands
empty is not judged. Where several columns hold several right answers, each combination is right.
"""

import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import IO, Any

from django.utils.translation import gettext as _

from marketplace.base.errors import Invalid
from tasks.forms import Form, compile_form
from tasks.known import numeric_fields
from tasks.models import Batch
from tasks.widgets.base import Widget
from tasks.widgets.settings import Wrong

from . import gold, uploads
from .gold_questions import MOST_RIGHT, Question, check_row, checked, judged
from .readers import Broken, FileRefused, open_reader
from .readers.records import Bad

MOST_BYTES = 20_000_000
MOST_ROWS = 2_000  # of one file
EXPLANATION = "explanation"
TOLERANCE = "_tolerance"


class TooMuch(FileRefused):
    """More bytes or rows than a file of questions may have."""

    code = "too_many_questions"

    @property
    def message(self) -> str:
        return _("A file of questions has at most %(rows)s rows and %(megabytes)s MB. Split it.") % {
            "rows": MOST_ROWS,
            "megabytes": MOST_BYTES // 1_000_000,
        }


@dataclass
class Parsed:
    """What a file holds: questions that can stand, rows that can't with the reason, and columns that were left out."""

    questions: list[Question] = field(default_factory=list)
    bad: list[Bad] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Columns:
    """Which header of the file is what."""

    answers: Mapping[str, str]  # field: header
    tolerances: Mapping[str, str]  # field: header
    cells: Mapping[str, str]  # header: column of the rows


def parse(batch: Batch, file: IO[bytes]) -> Parsed:
    """Read a file of questions; nothing is stored. A row that can't stand is named with its column and the reason.

    Raises FileRefused and its kinds, ColumnsMissing, Invalid (no column of answers), BadForm.
    """
    file.seek(0, 2)
    if file.tell() > MOST_BYTES:
        raise TooMuch
    form = compile_form(batch.form)
    _format, reader = open_reader(file)
    columns = _columns(batch, form, reader.headers)
    model = gold.model_row(batch)
    found = Parsed()
    if model is not None:
        found.left_out = [column for column in columns.cells.values() if column not in model]
    for number, row in enumerate(reader.rows(), start=1):
        if number > MOST_ROWS:
            raise TooMuch
        if isinstance(row, Broken):
            found.bad.append(Bad(number, row.column, str(row.reason)))
            continue
        named = row if isinstance(row, dict) else dict(zip(reader.headers, row, strict=True))
        try:
            found.questions.append(_question(batch, form, columns, named))
        except Invalid as refusal:
            for column, sentences in refusal.fields.items():
                found.bad.append(Bad(number, column.removeprefix("data."), str(sentences[0])))
    return found


def _columns(batch: Batch, form: Form, headers: list[str]) -> _Columns:
    rows = set(batch.columns) | set(form.columns)
    answers, tolerances = {}, {}
    for widget in judged(form):
        name = widget.name
        wanted = [f"answer_{name}", *([name] if name not in rows else [])]
        header = next((each for each in wanted if each in headers and each not in rows), None)
        if header:
            answers[name] = header
        if name in numeric_fields(form) and name + TOLERANCE in headers and name + TOLERANCE not in rows:
            tolerances[name] = name + TOLERANCE
    if not answers:
        example = ", ".join(_named(widget, rows) for widget in judged(form))
        sentence = _("This file has no column with right answers. It would be called: %(columns)s.")
        raise Invalid(fields={"file": [sentence % {"columns": example}]})
    taken = {*answers.values(), *tolerances.values(), EXPLANATION}
    rest = [header for header in headers if header not in taken]
    meant = uploads.suggest(rest, uploads.needed_columns(batch))
    missing = [column for column in uploads.needed_columns(batch) if column not in meant]
    if missing:
        raise uploads.columns_missing(missing)
    by_header = {header: column for column, header in meant.items()}
    return _Columns(answers, tolerances, {header: by_header.get(header, header) for header in rest})


def _named(widget: Widget, rows: set[str]) -> str:
    return f"answer_{widget.name}" if widget.name in rows else widget.name


def _question(batch: Batch, form: Form, columns: _Columns, row: Mapping[str, str]) -> Question:
    """A row of the file, checked as a whole. Raises Invalid with all that is wrong with it."""
    problems: dict[str, list[Any]] = {}
    widgets = {widget.name: widget for widget in form.fields}
    several: dict[str, list[Any]] = {}
    for name, header in columns.answers.items():
        try:
            values = right_values(widgets[name], row.get(header, ""))
        except Wrong as wrong:
            problems[header] = [wrong.message]
        else:
            several |= {name: values} if values else {}
    cells = {column: row.get(header, "") for header, column in columns.cells.items()}
    combined = [
        dict(zip(several, values, strict=True))
        for values in itertools.islice(itertools.product(*several.values()), MOST_RIGHT + 1)
        if several
    ]
    made = Question(
        answers=combined,
        explanation=row.get(EXPLANATION, ""),
        tolerance={name: row.get(header, "").strip() for name, header in columns.tolerances.items()},
        data=cells,
    )
    checks: tuple[Callable[[], Any], ...] = (lambda: check_row(batch, cells), lambda: checked(form, made))
    for check in checks[: 1 if problems else 2]:
        try:
            check()
        except Invalid as refusal:
            problems |= {columns.answers.get(name, name): lines for name, lines in refusal.fields.items()}
    if problems:
        raise Invalid(fields=problems)
    return made


def right_values(widget: Widget, cell: str) -> list[Any]:
    """The right answers that a cell names, as the widget takes them; none for an empty cell. Raises Wrong."""
    text = cell.strip()
    if not text:
        return []
    if text[0] in "[{":
        value = _json(text)
        values = value["any"] if isinstance(value, dict) and set(value) == {"any"} else [value]
        if not isinstance(values, list):
            raise Wrong(_('Write several answers as {"any": [first, second]}.'))
        for each in values:
            widget.clean(each)
        return values
    return [_fitting(widget, part.strip()) for part in text.split("|") if part.strip()]


def _fitting(widget: Widget, text: str) -> Any:
    """The text as the widget takes it: alone, or as a list of one where it asks for a list. Raises Wrong."""
    try:
        widget.clean(text)
    except Wrong:
        try:
            widget.clean([text])
        except Wrong:
            raise Wrong(_("“%(value)s” is no answer to this question.") % {"value": text[:60]}) from None
        return [text]
    return text


def _json(text: str) -> Any:
    try:
        value = json.loads(text)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()  # no half of a character, no NaN
        return value
    except (ValueError, RecursionError):
        raise Wrong(_("This begins like JSON and is none.")) from None


def example(batch: Batch) -> tuple[list[str], list[list[str]]]:
    """Headers and one row of a file to fill in: the first row of the batch, with empty answers."""
    form = compile_form(batch.form)
    model = gold.model_row(batch) or dict.fromkeys(uploads.needed_columns(batch), "")
    rows = set(batch.columns) | set(form.columns)
    answers = [_named(widget, rows) for widget in judged(form)]
    tolerances = [name + TOLERANCE for name in numeric_fields(form) if name + TOLERANCE not in rows]
    headers = [*model, *answers, *tolerances, EXPLANATION]
    return headers, [[*model.values(), *[""] * (len(headers) - len(model))]]
