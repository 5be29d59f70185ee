"""Results as files (DESIGN §6.9): the consensus of each task, and every approved answer.

Only approved answers leave, here as everywhere (charter P9): rejected and undecided ones change neither a value
nor a count. Rows come from a server-side cursor and go out as they are read, so that a million of them cost no
more memory than a thousand; only XLSX, whose format needs the whole, is first written to a temporary file.

Columns of the results keep the names that the interface promises. An input column of the same name is called
`input_<name>` instead (with one more `input_` while that is taken too).
"""

import csv
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any

from django.db import connection
from django.utils.text import slugify
from django.utils.translation import gettext_lazy
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from marketplace.base import ids, money
from marketplace.base.errors import Invalid, Refusal
from tasks.forms import Form, compile_form
from tasks.models import Batch
from tasks.widgets.base import Widget

from . import spreadsheet

FORMATS = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
AT_ONCE = 500  # rows read from the cursor at a time, and put into one chunk
XLSX_MOST_ROWS = 100_000
XLSX_DIGITS = 15  # what Excel keeps of a number; longer ones stay text
XLSX_MOST_CHARS = 32_767  # Excel's own limit for a cell

RESULTS = """
    SELECT t.data, coalesce(a.answers, '[]'::jsonb), t.id, t.row_number
    FROM tasks_task t
    LEFT JOIN LATERAL (
        SELECT jsonb_agg(x.answer ORDER BY x.submitted_at, x.id) AS answers
        FROM tasks_assignment x WHERE x.task_id = t.id AND x.state = 'approved'
    ) a ON true
    WHERE t.batch_id = %s AND t.funded
    ORDER BY t.row_number
"""
ANSWERS = """
    SELECT t.data, x.answer, x.id, x.worker_id, x.submitted_at, x.reward_micros
    FROM tasks_task t JOIN tasks_assignment x ON x.task_id = t.id AND x.state = 'approved'
    WHERE t.batch_id = %s
    ORDER BY t.row_number, x.submitted_at, x.id
"""
COUNT_ROWS = "SELECT count(*) FROM tasks_task WHERE batch_id = %s AND funded"
COUNT_ANSWERS = "SELECT count(*) FROM tasks_assignment WHERE batch_id = %s AND state = 'approved'"


class TooManyForXlsx(Refusal):
    """More rows than a spreadsheet is good for."""

    code = "too_many_for_xlsx"
    detail = gettext_lazy(
        "There are more than %(most)s rows: too many for a spreadsheet. Take CSV or JSON lines."
    )


class TooLongForXlsx(Refusal):
    """A cell with more characters than Excel can hold."""

    code = "too_long_for_xlsx"
    detail = gettext_lazy(
        "A text has more than %(most)s characters, which Excel can't hold. Take CSV or JSON lines."
    )


@dataclass(frozen=True)
class Export:
    """A file to send: `chunks` yields its bytes once and must be consumed or closed."""

    filename: str
    content_type: str
    chunks: Iterator[bytes]


@dataclass(frozen=True)
class FirstRow:
    """A row of the results for a page: the public id and number of its task, and its cells as the CSV has them."""

    task: str
    number: int
    cells: list[str]


@dataclass(frozen=True)
class _Cell:
    """A value on its way into a file: as a plain cell, and as JSON with its type kept."""

    plain: Any
    literal: str


Record = list[_Cell]


def results(batch: Batch, format: str = "csv", *, bom: bool = False) -> Export:
    """One row for each task: input columns, then for each field its value and confidence, then `answers`.

    `answers` counts the approved answers that the value was made of; a task without one has empty values.
    `bom` begins a CSV with the byte order mark that old Excel asks for. Raises Invalid for an unknown format,
    TooManyForXlsx, TooLongForXlsx.
    """
    header, record = _results_layout(batch)
    return _export(batch, "results", format, header, record, RESULTS, COUNT_ROWS, bom=bom)


def first_results(batch: Batch, most: int) -> tuple[list[str], list[FirstRow]]:
    """The header and the first `most` rows of the CSV that `results` would write now, for a page to show."""
    header, record = _results_layout(batch)
    rows = [
        FirstRow(
            task=ids.encode("tsk", row[2]),
            number=row[3],
            cells=["" if cell.plain is None else str(spreadsheet.safe(cell.plain)) for cell in record(row)],
        )
        for row in _rows(f"{RESULTS} LIMIT {int(most)}", batch.pk)
    ]
    return [str(spreadsheet.safe(name)) for name in header], rows


def _results_layout(batch: Batch) -> tuple[list[str], Callable[[Sequence[Any]], Record]]:
    """The header of the results, and what makes a record of a row of RESULTS."""
    form = compile_form(batch.form)
    made = [
        name for widget in form.fields for name in (*widget.export_columns(), f"{widget.name}_confidence")
    ]
    header = [*input_names(batch.columns, [*made, "answers"]), *made, "answers"]

    def record(row: Sequence[Any]) -> Record:
        data, answers, *_place = row
        return [*_inputs(batch, data), *_agreed(form, answers), _Cell(len(answers), str(len(answers)))]

    return header, record


def answers(batch: Batch, format: str = "csv", *, bom: bool = False) -> Export:
    """One row for each approved answer: input columns, its values, `assignment`, `worker`, `submitted_at`, `reward`.

    The worker is the pseudonym that this organisation knows; the reward is in euros. Raises as `results`.
    """
    form = compile_form(batch.form)
    made = [name for widget in form.fields for name in widget.export_columns()]
    made += ["assignment", "worker", "submitted_at", "reward"]
    header = [*input_names(batch.columns, made), *made]

    def record(row: Sequence[Any]) -> Record:
        data, answer, assignment_id, worker_id, submitted_at, reward = row
        about = [
            ids.encode("asg", assignment_id),
            ids.worker_seen_by(worker_id, batch.organisation_id),
            submitted_at.isoformat(timespec="seconds"),
            money.to_string(reward),
        ]
        values = [cell for widget in form.fields for cell in _value(widget, answer.get(widget.name))]
        return [*_inputs(batch, data), *values, *(_Cell(text, _json(text)) for text in about)]

    return _export(batch, "answers", format, header, record, ANSWERS, COUNT_ANSWERS, bom=bom)


def input_names(columns: Iterable[str], made: Iterable[str]) -> list[str]:
    """What the input columns are called in the file: their own name, or `input_…` where the results need it."""
    columns, taken = list(columns), set(made)
    names = []
    for column in columns:
        name = column
        while name in taken or (name != column and name in columns):
            name = f"input_{name}"
        taken.add(name)
        names.append(name)
    return names


def _inputs(batch: Batch, data: dict[str, Any]) -> Record:
    cells = [str(data.get(column, "")) for column in batch.columns]
    return [_Cell(cell, _json(cell)) for cell in cells]


def _agreed(form: Form, answers: list[dict[str, Any]]) -> Record:
    """Value and confidence of each field."""
    agreed = form.consensus(answers)
    record: Record = []
    for widget in form.fields:
        found = agreed[widget.name]
        confidence = round(found.confidence, 4) if answers else None
        record.extend([*_value(widget, found.value), _Cell(confidence, _json(confidence))])
    return record


def _value(widget: Widget, value: Any) -> Record:
    cells, literals = widget.cells(value), widget.literals(value)
    return [_Cell(cell, literal) for cell, literal in zip(cells, literals, strict=True)]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _export(
    batch: Batch,
    what: str,
    format: str,
    header: list[str],
    record: Callable[[Sequence[Any]], Record],
    query: str,
    count: str,
    *,
    bom: bool,
) -> Export:
    if format not in FORMATS:
        raise Invalid(fields={"format": [gettext_lazy("Choose csv, jsonl or xlsx.")]})
    name = f"{slugify(batch.title)[:60] or 'batch'}-{batch.public_id}-{what}.{format}"
    records = (record(row) for row in _rows(query, batch.pk))
    if format == "xlsx":
        _check_count(count, batch.pk)
        return Export(name, FORMATS[format], _xlsx(header, records))
    chunks = _csv(header, records, bom=bom) if format == "csv" else _jsonl(header, records)
    return Export(name, FORMATS[format], chunks)


def _rows(query: str, batch_id: int) -> Iterator[Sequence[Any]]:
    """Rows of a server-side cursor, whose first two columns are JSON: one picture, however long the reader takes."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(query, [batch_id])
        while rows := cursor.fetchmany(AT_ONCE):
            for data, answer, *rest in rows:
                yield [json.loads(data), json.loads(answer), *rest]


def _check_count(query: str, batch_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(query, [batch_id])
        if cursor.fetchone()[0] > XLSX_MOST_ROWS:
            raise TooManyForXlsx(most=XLSX_MOST_ROWS)


def _csv(header: list[str], records: Iterable[Record], *, bom: bool) -> Iterator[bytes]:
    """RFC 4180 with formulas made harmless; UTF-8."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    buffer.write("\ufeff" if bom else "")
    writer.writerow([spreadsheet.safe(name) for name in header])
    for number, record in enumerate(records, start=1):
        writer.writerow([spreadsheet.safe(cell.plain) for cell in record])
        if number % AT_ONCE == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _jsonl(header: list[str], records: Iterable[Record]) -> Iterator[bytes]:
    """One object a line, types kept."""
    keys = [_json(name) + ": " for name in header]
    buffer = io.StringIO(newline="")
    for number, record in enumerate(records, start=1):
        pairs = (key + cell.literal for key, cell in zip(keys, record, strict=True))
        buffer.write("{" + ", ".join(pairs) + "}\n")
        if number % AT_ONCE == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def _xlsx(header: list[str], records: Iterable[Record]) -> Iterator[bytes]:
    """A workbook of one sheet, written now and sent from a temporary file. Raises TooLongForXlsx."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Tessera")
    try:
        sheet.append([_xlsx_cell(sheet, name) for name in header])
        for record in records:
            sheet.append([_xlsx_cell(sheet, cell.plain, cell.literal) for cell in record])
    except BaseException:
        book.save(io.BytesIO())  # the only way to have openpyxl remove its own temporary file
        raise
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when its last byte was sent
    try:
        book.save(file)
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return _sent(file)


def _xlsx_cell(sheet: Any, value: Any, literal: str = "") -> Any:
    """Text stays text, whatever it begins with, without characters that XML can't hold; numbers are numbers."""
    if not isinstance(value, str):
        return value
    if spreadsheet.is_number(literal) and len(literal) <= XLSX_DIGITS:
        return Decimal(literal)
    if len(value) > XLSX_MOST_CHARS:
        raise TooLongForXlsx(most=XLSX_MOST_CHARS)
    cell = WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", value))
    cell.data_type = "s"
    return cell


def _sent(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(1 << 16):
            yield chunk
