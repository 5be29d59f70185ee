"""XLSX: the values of the first visible sheet, read as a stream; a hostile archive is refused before it unpacks."""

import datetime as dt
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from decimal import Decimal
from typing import IO, Any
from xml.etree.ElementTree import ParseError

from django.conf import settings
from django.utils.translation import gettext as _
from openpyxl.cell.text import Text
from openpyxl.reader.excel import ExcelReader
from openpyxl.worksheet._reader import ROW_TAG, WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from .base import (
    Broken,
    BrokenXlsx,
    EncryptedFile,
    Row,
    TooManyRows,
    ZipBomb,
    checked_headers,
    too_many_cells_in_row,
)

UNPACKED_MOST = 600 << 20  # bytes of XML in the whole archive
STRINGS_MOST = 64 << 20  # the shared strings, which are kept in memory
PART_MOST = 16 << 20  # any other part that is read whole: styles, relations
RATIO_MOST = 250  # real sheets pack 10 to 100 times
RATIO_FROM = 4 << 20
MEMBERS_MOST = 2_000
STRING_TAG = f"{{{SHEET_MAIN_NS}}}si"
DATA_TAG = f"{{{SHEET_MAIN_NS}}}sheetData"
DAMAGE = (
    zipfile.BadZipFile, zlib.error, ParseError, EOFError, OSError, KeyError, ValueError, TypeError, IndexError,
    AttributeError, OverflowError, NotImplementedError, RuntimeError,
)  # fmt: skip


def check_archive(file: IO[bytes]) -> None:
    """Look at the directory of a ZIP before anything is unpacked. Python unpacks no more than is declared there.

    Raises BrokenXlsx, EncryptedFile, ZipBomb.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
    except DAMAGE:
        raise BrokenXlsx from None
    if len(members) > MEMBERS_MOST:
        raise ZipBomb
    if any(member.flag_bits & 1 for member in members):
        raise EncryptedFile
    texts = [member for member in members if member.filename.lower().endswith((".xml", ".rels"))]
    if sum(member.file_size for member in texts) > UNPACKED_MOST:
        raise ZipBomb
    for member in texts:
        name = member.filename.lower()
        most = (
            STRINGS_MOST
            if "sharedstrings" in name
            else UNPACKED_MOST
            if "/worksheets/" in name
            else PART_MOST
        )
        packed_well = member.file_size > RATIO_MOST * max(1, member.compress_size)
        if member.file_size > most or (member.file_size > RATIO_FROM and packed_well):
            raise ZipBomb


class XlsxReader:
    """Rows of the first visible sheet. Formulas give the value they had when the file was saved."""

    def __init__(self, file: IO[bytes]) -> None:
        check_archive(file)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # openpyxl tells what it leaves out; none of that is a row
                book = _Book(file, read_only=True, data_only=True, keep_links=False)
                book.read()
            sheets = book.wb.worksheets
            visible = [sheet for sheet in sheets if sheet.sheet_state == "visible"] or sheets
            self._sheet = visible[0]
            self._strings = book.shared_strings
        except DAMAGE:
            raise BrokenXlsx from None
        self.sheet = str(self._sheet.title)
        self.sheets = len(sheets)
        self._rows = self._read()
        first = next(self._rows, [])
        self.headers = checked_headers(first if isinstance(first, list) else [])

    def rows(self) -> Iterator[Row]:
        width = len(self.headers)
        for row in self._rows:
            if isinstance(row, list):
                if any(row[width:]):
                    yield too_many_cells_in_row()
                    continue
                row = row[:width] + [""] * (width - len(row))
            yield row

    def position(self) -> float:
        """The rows under way as a share of those that the sheet says it has; it may not say."""
        said = self._sheet.max_row or 0
        return min(1.0, self._at / said) if said > 1 else 0.0

    def _read(self) -> Iterator[Row]:
        """Rows that are not empty, as long as their last cell. Damage ends in BrokenXlsx."""
        self._at = 0
        try:
            with self._sheet._get_source() as source:
                parser = _Rows(source, self._strings, self._sheet.parent)
                for number, cells in parser.parse():
                    self._at = number
                    if number > settings.IMPORT_MAX_ROWS * 2 + 1_048_576:
                        raise TooManyRows(most=settings.IMPORT_MAX_ROWS)
                    row = _row(cells)
                    if row:
                        yield row
        except DAMAGE:
            raise BrokenXlsx from None


def _row(cells: list[dict[str, Any]]) -> Row | None:
    """The cells in their places as text; None when all are empty."""
    row: list[str] = []
    for cell in cells:
        value = cell["value"]
        if value is None or value == "":
            continue
        if cell["data_type"] == "e":
            return Broken(
                _("A formula of this row ends in an error (%(error)s).") % {"error": str(value)[:20]}
            )
        place = cell["column"] - 1
        if place > 16_384:
            return too_many_cells_in_row()
        row.extend([""] * (place + 1 - len(row)))
        row[place] = as_text(value)
    return row or None


def as_text(value: Any) -> str:
    """A cell as plain text: dates as 2026-03-31, numbers without exponent, true and false."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return (
            str(int(value)) if value.is_integer() and abs(value) < 1e15 else format(Decimal(repr(value)), "f")
        )
    if isinstance(value, dt.datetime):
        if value.time() == dt.time():
            return value.date().isoformat()
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, dt.time):
        return value.isoformat(timespec="seconds")
    return str(value)


class _Book(ExcelReader):
    """A workbook without what rows do not need; its strings are read when a cell asks for them."""

    def read_strings(self) -> None:
        part = self.package.find(SHARED_STRINGS)
        if part is not None:
            self.shared_strings = _Strings(self.archive.open(part.PartName[1:]))

    def read_properties(self) -> None:
        """Who wrote the file is nobody's business here."""

    read_custom = read_theme = read_properties


class _Strings:
    """The shared strings, read up to the greatest number asked for: a preview needs only the first few."""

    def __init__(self, source: IO[bytes]) -> None:
        self._read: list[str] = []
        self._nodes = self._parse(source)

    def __getitem__(self, number: int) -> str:
        while number >= len(self._read):
            try:
                self._read.append(next(self._nodes))
            except StopIteration:
                raise IndexError(number) from None
        return self._read[number]

    def _parse(self, source: IO[bytes]) -> Iterator[str]:
        root = None
        for event, node in iterparse(source, events=("start", "end")):
            if root is None:
                root = node
            elif event == "end" and node.tag == STRING_TAG:
                yield Text.from_tree(node).content.replace("x005F_", "")
                root.clear()


class _Rows(WorkSheetParser):
    """The rows of a sheet and nothing after them; each is forgotten once it is read, so memory stays flat."""

    def __init__(self, source: IO[bytes], strings: Any, book: Any) -> None:
        super().__init__(
            source,
            strings,
            data_only=True,
            epoch=book.epoch,
            date_formats=book._date_formats,
            timedelta_formats=book._timedelta_formats,
        )

    def parse(self) -> Iterator[tuple[int, list[dict[str, Any]]]]:
        data = None
        for event, node in iterparse(self.source, events=("start", "end")):
            if event == "start":
                data = node if node.tag == DATA_TAG else data
            elif node.tag == ROW_TAG:
                yield self.parse_row(node)
                self.row_dimensions.clear()
                if data is not None:
                    data.clear()
            elif node.tag == DATA_TAG:
                return
