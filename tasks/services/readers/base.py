"""What every reader of uploaded rows shares: the preview, the shape of a row, the refusals."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.base.errors import Refusal

MOST_COLUMNS = 200
LONGEST_HEADER = 100


class FileRefused(Refusal):
    """The file can't be read as rows."""

    code = "unreadable_file"
    detail = gettext_lazy(
        "This file is not a table we can read. Send CSV, XLSX, or JSON with one object a line."
    )
    status = 400


class EmptyFile(FileRefused):
    """Not one byte."""

    code = "empty_file"
    detail = gettext_lazy("This file is empty. Choose the file again; perhaps it was still being written.")


class NoRows(FileRefused):
    """Column names, and nothing under them."""

    code = "no_rows_in_file"
    detail = gettext_lazy("This file has column names but no row under them. Add at least one row.")


class FileTooBig(FileRefused):
    """More bytes than IMPORT_MAX_BYTES."""

    code = "file_too_big"
    detail = gettext_lazy(
        "This file is larger than %(megabytes)s MB. Split it and send the parts one after the other."
    )
    status = 413


class TooManyRows(FileRefused):
    """More rows than IMPORT_MAX_ROWS."""

    code = "too_many_rows"
    detail = gettext_lazy(
        "This file has more than %(most)s rows. Split it and send the parts one after the other."
    )


class TooManyCells(FileRefused):
    """More cells than IMPORT_MAX_CELLS."""

    code = "too_many_cells"
    detail = gettext_lazy(
        "This file has more than %(most)s cells. Leave out the columns that nobody needs, or split it."
    )


class TooManyColumns(FileRefused):
    """More columns than a task can carry."""

    code = "too_many_columns"
    detail = gettext_lazy("This file has more than %(most)s columns. Leave out those that nobody needs.")


class BadHeader(FileRefused):
    """A column name that can't be used."""

    code = "bad_header"
    detail = gettext_lazy(
        "The name of column %(number)s can't be used. Give it a name of 1 to 100 letters in the first row."
    )


class NoHeader(FileRefused):
    """Nothing where the column names should stand."""

    code = "no_header"
    detail = gettext_lazy("The first row must name the columns, and here it is empty. Add a row of names.")


class DuplicateHeader(FileRefused):
    """Two columns of one name."""

    code = "duplicate_header"
    detail = gettext_lazy(
        "Two columns are called “%(name)s”. Give each column a name of its own in the first row."
    )


class LineTooLong(FileRefused):
    """No line end for many megabytes: no table looks like that."""

    code = "line_too_long"
    detail = gettext_lazy(
        "A line of this file is longer than %(megabytes)s MB. Is it really a table with one row a line?"
    )


class JsonArray(FileRefused):
    """A JSON document instead of JSON lines."""

    code = "json_array"
    detail = gettext_lazy(
        "This is one JSON document. Write one object on each line, without the brackets and commas around them"
        " (JSON Lines)."
    )


class OldExcel(FileRefused):
    """The binary format of Excel 97 to 2003."""

    code = "old_excel"
    detail = gettext_lazy(
        "This is an Excel file of the old kind (.xls). Open it and save it as .xlsx or CSV."
    )


class EncryptedFile(FileRefused):
    """A spreadsheet with a password."""

    code = "encrypted_file"
    detail = gettext_lazy(
        "This file is protected by a password. Save it without the password and send it again."
    )


class BrokenXlsx(FileRefused):
    """Truncated, damaged, or no workbook."""

    code = "broken_xlsx"
    detail = gettext_lazy(
        "This spreadsheet is damaged or was not sent whole. Open it, save it again, and send that."
    )


class ZipBomb(FileRefused):
    """A small archive that unpacks to something enormous."""

    code = "unpacks_too_big"
    detail = gettext_lazy("Unpacked, this spreadsheet would be far too large. Save it as CSV and send that.")


class Broken(NamedTuple):
    """A row that could not be read; the file goes on after it."""

    reason: Any
    column: str = ""


# A row of cells in the order of the headers, or by name, or one that could not be read.
Row = list[str] | dict[str, str] | Broken


class Reader(Protocol):
    """Rows of one open file. `headers` are checked; rows that are wholly empty are left out."""

    headers: list[str]

    def rows(self) -> Iterator[Row]:
        """The rows under the header, read as they are asked for. Raises FileRefused in the middle if it must."""

    def position(self) -> float:
        """How much of the file has been read, from 0 to 1."""


@dataclass(frozen=True)
class Preview:
    """What a file looks like. `notes` are sentences about what will be read and what not."""

    format: str  # csv, xlsx or jsonl
    headers: list[str]
    rows: list[list[str]]
    delimiter: str = ""
    encoding: str = ""
    notes: list[str] = field(default_factory=list)


def checked_headers(cells: list[str]) -> list[str]:
    """Column names, trimmed, without the nameless ones at the end.

    Raises NoHeader, BadHeader, DuplicateHeader, TooManyColumns.
    """
    names = [cell.strip() for cell in cells]
    while names and not names[-1]:
        names.pop()
    if len(names) > MOST_COLUMNS:
        raise TooManyColumns(most=MOST_COLUMNS)
    seen: set[str] = set()
    for number, name in enumerate(names, start=1):
        if not name or len(name) > LONGEST_HEADER or not name.isprintable():
            raise BadHeader(number=number)
        if name in seen:
            raise DuplicateHeader(name=name)
        seen.add(name)
    if not names:
        raise NoHeader
    return names


def too_many_cells_in_row() -> Broken:
    """The broken row for one that has cells beyond the last named column."""
    return Broken(_("This row has more cells than there are column names."))
