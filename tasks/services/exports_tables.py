"""Records as CSV, JSON lines or a workbook, written while they are read; only XLSX, whose format needs the whole, is
first written to a temporary file."""

import csv
import io
import json
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import IO, Any

from django.utils.translation import gettext_lazy
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from marketplace.base import spreadsheet
from marketplace.base.errors import Refusal

from .exports_rows import AT_ONCE

XLSX_MOST_ROWS = 100_000
XLSX_DIGITS = 15  # what Excel keeps of a number; longer ones stay text
XLSX_MOST_CHARS = 32_767  # Excel's own limit for a cell


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
class Cell:
    """A value on its way into a file: as a plain cell, and as JSON with its type kept."""

    plain: Any
    literal: str


Record = list[Cell]


def json_text(value: Any) -> str:
    """The value as JSON, letters of every script as they are."""
    return json.dumps(value, ensure_ascii=False)


def said(value: Any) -> Cell:
    """A value that is the same in every format."""
    return Cell(value, json_text(value))


def csv_chunks(header: list[str], records: Iterable[Record], *, bom: bool) -> Iterator[bytes]:
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


def jsonl_chunks(header: list[str], records: Iterable[Record]) -> Iterator[bytes]:
    """One object a line, types kept."""
    keys = [json_text(name) + ": " for name in header]
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


def xlsx_chunks(header: list[str], records: Iterable[Record]) -> Iterator[bytes]:
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
    return sent(file)


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


def sent(file: IO[bytes]) -> Iterator[bytes]:
    """The bytes of a file from where it stands, piece by piece; it is closed with the last one."""
    with file:
        while chunk := file.read(1 << 16):
            yield chunk
