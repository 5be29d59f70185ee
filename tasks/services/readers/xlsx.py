"""XLSX: the values of the first visible sheet, read as a stream; a hostile archive is refused before it unpacks."""

import datetime as dt
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from decimal import Decimal
from typing import IO, Any
from xml.etree.ElementTree import ParseError

from django.utils.translation import gettext as _
from openpyxl.cell.text import Text
from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils import column_index_from_string
from openpyxl.worksheet._reader import ROW_TAG, WorkSheetParser
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import iterparse

from .base import (
    Broken,
    BrokenXlsx,
    EncryptedFile,
    Row,
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
STRING_TAG, TEXT_TAG, DATA_TAG, VALUE_TAG, INLINE_TAG = (
    f"{{{SHEET_MAIN_NS}}}{name}" for name in ("si", "t", "sheetData", "v", "is")
)
_DIMENSION = re.compile(rb'<dimension ref="[A-Z]+[0-9]+:[A-Z]+([0-9]+)"')
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
                self._book = _Book(file, read_only=True, data_only=True, keep_links=False)
                self._book.read()
            sheets = self._book.sheets
            self.sheet, self._part, _state = next(
                (each for each in sheets if each[2] == "visible"), sheets[0]
            )
            self._said = self._book.rows_said(self._part)
        except DAMAGE:
            raise BrokenXlsx from None
        self.sheets = len(sheets)
        self._at = 0
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
        return min(1.0, self._at / self._said) if self._said > 1 else 0.0

    def _read(self) -> Iterator[Row]:
        """Rows that are not empty, as long as their last cell. Damage ends in BrokenXlsx."""
        try:
            with self._book.archive.open(self._part) as source:
                for number, cells in _Rows(source, self._book).parse():
                    self._at = number
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

    def read(self) -> None:
        self.read_manifest()
        self.read_strings()
        self.read_workbook()
        apply_stylesheet(self.archive, self.wb)  # which numbers are dates
        self.sheets: list[tuple[str, str, str]] = [
            (str(sheet.name), rel.target, sheet.state)
            for sheet, rel in self.parser.find_sheets()
            if rel.target in self.valid_files and rel.Type.endswith("/worksheet")
        ]

    def read_strings(self) -> None:
        part = self.package.find(SHARED_STRINGS)
        if part is not None:
            self.shared_strings = _Strings(self.archive.open(part.PartName[1:]))

    def rows_said(self, part: str) -> int:
        """How many rows a sheet says it has, by its first bytes; 0 when it does not say."""
        with self.archive.open(part) as source:
            said = _DIMENSION.search(source.read(4096))
        return int(said[1]) if said else 0


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
                yield _text_of(node)
                root.clear()


class _Rows(WorkSheetParser):
    """The rows of a sheet and nothing after them; each is forgotten once it is read, so memory stays flat."""

    def __init__(self, source: IO[bytes], book: _Book) -> None:
        super().__init__(
            source,
            book.shared_strings,
            data_only=True,
            epoch=book.wb.epoch,
            date_formats=book.wb._date_formats,
            timedelta_formats=book.wb._timedelta_formats,
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

    def parse_cell(self, element: Any) -> dict[str, Any]:
        """The two usual kinds of text without openpyxl's detours; it reads the others itself."""
        kind, place = element.get("t"), element.get("r")
        if kind not in {"s", "inlineStr"} or not place:
            return super().parse_cell(element)  # type: ignore[no-any-return]
        self.col_counter = column_index_from_string(place.rstrip("0123456789"))
        if kind == "s":
            number = element.findtext(VALUE_TAG)
            value = self.shared_strings[int(number)] if number else None
        else:
            inline = element.find(INLINE_TAG)
            value = _text_of(inline) if inline is not None else None
        return {"column": self.col_counter, "value": value, "data_type": "s"}


def _text_of(node: Any) -> str:
    """The words of a string, plain or in runs of different looks."""
    if len(node) == 1 and node[0].tag == TEXT_TAG:
        text = node[0].text or ""
    else:
        text = Text.from_tree(node).content
    return text.replace("x005F_", "")
