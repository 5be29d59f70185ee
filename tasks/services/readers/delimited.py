"""CSV and its relatives: commas, semicolons, tabs, bars."""

import csv
import io
import re
from collections.abc import Iterator
from typing import IO

from django.conf import settings
from django.utils.translation import gettext as _

from . import plain
from .base import Broken, FileRefused, Row, checked_headers, too_many_cells_in_row

DELIMITERS = ",;\t|"
ALONE = "\x1f"  # a file of one column has no delimiter: this one stands in no text
_HINT = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)


class DelimitedReader:
    """Rows of a delimited text file, cell by cell as they stand. Quotes are doubled; cells may hold line ends."""

    def __init__(self, file: IO[bytes], encoding: str) -> None:
        csv.field_size_limit(max(131_072, settings.IMPORT_MAX_CELL_CHARS + 1))
        self._file = file
        self._size = plain.size_of(file) or 1
        self.encoding = encoding
        sample = plain.open_text(file, encoding).read(plain.SAMPLE)
        hint = _HINT.match(sample)
        self.delimiter = hint[1] if hint else delimiter_of(sample)
        text = plain.open_text(file, encoding)
        if hint:
            text.readline()
        self._reader = csv.reader(text, delimiter=self.delimiter, strict=True)
        self.headers = checked_headers(self._header())

    def _header(self) -> list[str]:
        try:
            return next((row for row in self._reader if any(cell.strip() for cell in row)), [])
        except csv.Error:
            raise FileRefused from None

    def rows(self) -> Iterator[Row]:
        width = len(self.headers)
        while True:
            try:
                for row in self._reader:
                    if len(row) == width:
                        if any(row):
                            yield row
                    elif any(row):
                        yield self._mended(row, width)
                return
            except csv.Error as error:
                yield self._broken(error)

    def _mended(self, row: list[str], width: int) -> Row:
        """A row of another length: spare delimiters at its end do no harm, anything else does."""
        if len(row) > width:
            return too_many_cells_in_row() if any(row[width:]) else row[:width]
        return Broken(
            _("This row has %(cells)s cells; there are %(columns)s columns.")
            % {"cells": len(row), "columns": width}
        )

    def _broken(self, error: csv.Error) -> Broken:
        if "field limit" in str(error):
            return Broken(_("A cell is far too long here, or a quotation mark is never closed."))
        return Broken(_("A quotation mark is not closed here, or stands where none can."))

    def position(self) -> float:
        return min(1.0, self._file.tell() / self._size)


def delimiter_of(sample: str) -> str:
    """The delimiter that gives the first lines of a file the most columns of equal number."""
    if len(sample) >= plain.SAMPLE:
        sample = sample[: sample.rfind("\n") + 1] or sample
    best, best_score = ALONE, 0.0
    for delimiter in DELIMITERS:
        reader = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
        try:
            rows = [row for row in reader if any(row)][:200]
        except csv.Error:
            continue
        if not rows or len(rows[0]) < 2:
            continue
        even = sum(len(row) == len(rows[0]) for row in rows) / len(rows)
        score = even * even * len(rows[0])
        if score > best_score:
            best, best_score = delimiter, score
    return best
