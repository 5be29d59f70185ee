"""Results as files (DESIGN §6.9): the consensus of each task, every approved answer, and what can be said of both.

Each file is made of approved answers alone (`exports_rows`) and written while it is sent. Columns of the results keep
the names that the interface promises. An input column of the same name is called `input_<name>` instead (with one more
`input_` while that is taken too).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.utils.translation import gettext_lazy

from marketplace.base import ids, money, spreadsheet
from marketplace.base.errors import Invalid
from tasks.consensus import Consensus
from tasks.forms import Form, compile_form
from tasks.models import Batch
from tasks.widgets.base import Widget

from . import exports_card, exports_coco, exports_transcripts, exports_zip
from .exports_rows import ANSWERS, COUNT_ANSWERS, COUNT_ROWS, Reading, TaskRow, count, rows, tasks
from .exports_tables import (
    XLSX_MOST_ROWS,
    Cell,
    Record,
    TooManyForXlsx,
    csv_chunks,
    json_text,
    jsonl_chunks,
    said,
    xlsx_chunks,
)

TABLES = {
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
ZIP = "application/zip"
FORMATS = ("csv", "jsonl", "xlsx", "coco", "vtt", "txt", "card", "card_md", "zip")  # of the results
CHECK = "check_question"  # column of the answers, where a batch has such


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
class Table:
    """What a table holds: names of the columns, the records, and the query that counts them."""

    header: list[str]
    records: Iterator[Record]
    count: str


def results(batch: Batch, format: str = "csv", *, bom: bool = False) -> Export:
    """What each task says, in any of FORMATS; the tables have one row for each task.

    Tables: input columns, then for each field its value and confidence (0 to 1), then `answers`, the number of
    approved answers that the value was made of; a task without one has empty values. `bom` begins a CSV with the byte
    order mark that old Excel asks for. Raises Invalid for an unknown format, TooManyForXlsx, TooLongForXlsx, and
    NothingOfTheSort where the form asks nothing that the format could hold.
    """
    if format in TABLES:
        return _table_file(batch, "results", format, _results_table(batch), bom=bom)
    makers: dict[str, Callable[[Batch], Export]] = {
        "coco": _coco,
        "vtt": _vtt,
        "txt": _txt,
        "card": _card,
        "card_md": _card_md,
        "zip": everything,
    }
    if format not in makers:
        sentence = gettext_lazy("Choose one of: %(formats)s.") % {"formats": ", ".join(FORMATS)}
        raise Invalid(fields={"format": [sentence]})
    return makers[format](batch)


def answers(batch: Batch, format: str = "csv", *, bom: bool = False) -> Export:
    """One row for each approved answer: input columns, for each field what was answered and the confidence of its
    result, then `assignment`, `worker`, `submitted_at`, `reward`.

    The worker is the pseudonym that this organisation knows; the reward is in euros. Where the batch has check
    questions a column says which answers went to one; these have no confidence. Raises as `results`.
    """
    if format not in TABLES:
        raise Invalid(fields={"format": [gettext_lazy("Choose csv, jsonl or xlsx.")]})
    return _table_file(batch, "answers", format, _answers_table(batch), bom=bom)


def first_results(batch: Batch, most: int) -> tuple[list[str], list[FirstRow]]:
    """The header and the first `most` rows of the CSV that `results` would write now, for a page to show."""
    header, record = results_layout(batch)
    found = [
        FirstRow(
            task=row.public_id,
            number=row.number,
            cells=["" if cell.plain is None else str(spreadsheet.safe(cell.plain)) for cell in record(row)],
        )
        for row in tasks(batch, most)
    ]
    return [str(spreadsheet.safe(name)) for name in header], found


def possible(batch: Batch) -> list[str]:
    """The formats that the batch's form has something for, in the order of FORMATS."""
    form = compile_form(batch.form)
    lacking = {
        "coco": not exports_coco.drawings(form),
        "vtt": not exports_transcripts.spoken(form),
        "txt": not exports_transcripts.written(form),
    }
    return [name for name in FORMATS if not lacking.get(name)]


def everything(batch: Batch) -> Export:
    """A ZIP of all that there is: tables, drawings and transcripts where the form has them, and the data card.

    Raises TooManyFiles.
    """
    members = [
        exports_zip.Member("results.csv", results(batch, "csv").chunks),
        exports_zip.Member("results.jsonl", results(batch, "jsonl").chunks),
        exports_zip.Member("answers.csv", answers(batch, "csv").chunks),
        exports_zip.Member("answers.jsonl", answers(batch, "jsonl").chunks),
    ]
    form = compile_form(batch.form)
    more: Iterator[exports_zip.Member] = iter(())
    if exports_coco.drawings(form):
        members.append(exports_zip.Member("coco.json", exports_coco.chunks(batch)))
    if exports_transcripts.written(form):
        exports_transcripts.check_count(batch)
        more = exports_transcripts.members(batch, folder="transcripts/")
    return Export(
        filename(batch, "everything", "zip"), ZIP, exports_zip.chunks([*_cards(batch), *members], more)
    )


# --- Tables ---------------------------------------------------------------------------------------------------------


def _table_file(batch: Batch, what: str, format: str, table: Table, *, bom: bool) -> Export:
    name = filename(batch, what, format)
    if format == "xlsx":
        if count(table.count, batch.pk) > XLSX_MOST_ROWS:
            raise TooManyForXlsx(most=XLSX_MOST_ROWS)
        return Export(name, TABLES[format], xlsx_chunks(table.header, table.records))
    if format == "csv":
        return Export(name, TABLES[format], csv_chunks(table.header, table.records, bom=bom))
    return Export(name, TABLES[format], jsonl_chunks(table.header, table.records))


def filename(batch: Batch, what: str, ending: str) -> str:
    """The name of a file of this batch, plain letters only."""
    return exports_zip.plain_name(batch.title, "batch") + f"-{batch.public_id}-{what}.{ending}"


def _results_table(batch: Batch) -> Table:
    header, record = results_layout(batch)
    return Table(header, (record(row) for row in tasks(batch)), COUNT_ROWS)


def results_layout(batch: Batch) -> tuple[list[str], Callable[[TaskRow], Record]]:
    """The header of the results, and what makes a record of a task."""
    reading = Reading(batch)
    form = reading.form
    made = made_columns(form)

    def record(row: TaskRow) -> Record:
        found = reading.of(row)
        values: Record = []
        for widget in form.fields:
            one = found.get(widget.name)
            values += [*_value(widget, one.value if one else None), _confidence(one)]
        return [*_inputs(batch, row.data), *values, said(len(row.answers))]

    return [*input_names(batch.columns, made), *made], record


def _answers_table(batch: Batch) -> Table:
    reading = Reading(batch)
    form = reading.form
    has_checks = batch.tasks.filter(is_gold=True).exists()
    made = [*_field_columns(form), "assignment", "worker", "submitted_at", "reward"]
    if has_checks:
        made.append(CHECK if CHECK not in made else f"{CHECK}_")  # a question of the form may be called so

    def record(row: Sequence[Any], found: dict[str, Consensus]) -> Record:
        data, answer, assignment_id, worker_id, submitted_at, reward, _task, is_check = row
        values: Record = []
        for widget in form.fields:
            values += [*_value(widget, answer.get(widget.name)), _confidence(found.get(widget.name))]
        about = [
            ids.encode("asg", assignment_id),
            ids.worker_seen_by(worker_id, batch.organisation_id),
            submitted_at.isoformat(timespec="seconds"),
            money.to_string(reward),
        ]
        check = [said(is_check)] if has_checks else []
        return [*_inputs(batch, data), *values, *(said(text) for text in about), *check]

    def records() -> Iterator[Record]:
        for (_task, is_check), of_one in groupby(rows(ANSWERS, batch.pk), key=lambda row: (row[6], row[7])):
            if is_check:  # one may have thousands of answers: they go by one at a time
                yield from (record(row, {}) for row in of_one)
                continue
            given = list(of_one)
            found = reading.agreed([row[1] for row in given], [row[3] for row in given])
            yield from (record(row, found) for row in given)

    return Table([*input_names(batch.columns, made), *made], records(), COUNT_ANSWERS)


def made_columns(form: Form) -> list[str]:
    """The columns of the results that are no input."""
    return [*_field_columns(form), "answers"]


def _field_columns(form: Form) -> list[str]:
    return [
        name for widget in form.fields for name in (*widget.export_columns(), f"{widget.name}_confidence")
    ]


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
    return [said(str(data.get(column, ""))) for column in batch.columns]


def _value(widget: Widget, value: Any) -> Record:
    cells, literals = widget.cells(value), widget.literals(value)
    return [Cell(cell, literal) for cell, literal in zip(cells, literals, strict=True)]


def _confidence(found: Consensus | None) -> Cell:
    """Four decimals; empty where there is no result."""
    return said(None if found is None else round(found.confidence, 4))


# --- The other formats ----------------------------------------------------------------------------------------------


def _coco(batch: Batch) -> Export:
    exports_coco.check(batch)
    return Export(filename(batch, "coco", "json"), "application/json", exports_coco.chunks(batch))


def _vtt(batch: Batch) -> Export:
    return _transcripts(batch, "vtt", "text/vtt; charset=utf-8")


def _txt(batch: Batch) -> Export:
    return _transcripts(batch, "txt", "text/plain; charset=utf-8")


def _transcripts(batch: Batch, ending: str, content_type: str) -> Export:
    exports_transcripts.check(batch, ending)
    members = exports_transcripts.members(batch, endings=(ending,))
    if exports_transcripts.is_one_file(batch, ending):
        name, chunks = filename(batch, "transcript", ending), exports_transcripts.single(batch, members)
        return Export(name, content_type, chunks)
    exports_transcripts.check_count(batch)
    name = filename(batch, f"transcripts-{ending}", "zip")
    return Export(name, ZIP, exports_zip.chunks(_cards(batch), members))


def _card(batch: Batch) -> Export:
    text = json_text(exports_card.facts(batch)) + "\n"
    return Export(filename(batch, "data-card", "json"), "application/json", iter([text.encode()]))


def _card_md(batch: Batch) -> Export:
    text = exports_card.markdown(exports_card.facts(batch))
    name = filename(batch, "data-card", "md")
    return Export(name, "text/markdown; charset=utf-8", iter([text.encode()]))


def _cards(batch: Batch) -> list[exports_zip.Member]:
    """The data card as it is now and in the reader's language: what is written later has none."""
    found = exports_card.facts(batch)
    return [
        exports_zip.Member("data-card.md", iter([exports_card.markdown(found).encode()])),
        exports_zip.Member("data-card.json", iter([json_text(found).encode()])),
    ]
