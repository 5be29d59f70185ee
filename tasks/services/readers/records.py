"""From rows of a file to lines for COPY: columns renamed, cells checked, bad rows set aside.

The loop over the rows is the hot path of an import (about 3 µs a row): what most rows pass at once is asked
first and in one go, and only a row that fails it is looked at cell by cell.
"""

import json
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from .base import MOST_COLUMNS, Broken, Reader, TooManyCells, TooManyRows

BAD_KEPT = 1000
AT_ONCE = 400  # rows in one piece of the stream
_quote = json.encoder.encode_basestring  # JSON text of a string, letters of all scripts as they are
_LONE = re.compile("[\ud800-\udfff]")

Check = tuple[str, Callable[[str], str | None]]


class Bad(NamedTuple):
    """Why a row can't become a task."""

    row: int
    column: str
    reason: str


class Records:
    """The rows of a reader as pieces of a COPY stream with the columns (row_number, data).

    `mapping` is {column of the form: header of the file}, `needed` the columns the form reads, `checks` what
    the form asks of their cells. `good`, `bad_count`, `bad` (the first 1 000) and `columns` (all that were
    seen, in order) grow while `pieces` is consumed. With `stop_at_bad` nothing more is produced after the
    first bad row; the rest is only read and counted.
    """

    def __init__(
        self,
        reader: Reader,
        *,
        mapping: Mapping[str, str],
        needed: Sequence[str],
        checks: Sequence[Check],
        stop_at_bad: bool,
    ) -> None:
        self._reader = reader
        self._names = {header: column for column, header in mapping.items()}
        self._needed = list(needed)
        self._checks = list(checks)
        self._stop_at_bad = stop_at_bad
        self._longest = settings.IMPORT_MAX_CELL_CHARS
        self.columns = [self._names.get(header, header) for header in reader.headers]
        self.read = self.good = self.bad_count = 0
        self.bad: list[Bad] = []

    def pieces(self) -> Iterator[bytes]:
        """The stream, a few hundred rows at a time; each piece is also a moment to look at the counts.

        Raises FileRefused and its kinds, TooManyRows and TooManyCells among them.
        """
        encode = self._encoder()
        lines: list[str] = []
        most = min(settings.IMPORT_MAX_ROWS, settings.IMPORT_MAX_CELLS // max(1, len(self.columns)))
        number = 0
        for number, row in enumerate(self._reader.rows(), start=1):
            if type(row) is list:
                text = encode(row)
            elif type(row) is dict:
                text = self._by_name(row)
            else:
                text = row
            if type(text) is str:
                lines.append(f"{number}\t{text}\n")
            else:
                self._set_aside(number, text)
            if number % AT_ONCE == 0:
                if number > most:
                    self._refuse()
                yield self._piece(number, lines)
                lines = []
        if number > most:
            self._refuse()
        yield self._piece(number, lines)

    def _refuse(self) -> None:
        if settings.IMPORT_MAX_ROWS * len(self.columns) > settings.IMPORT_MAX_CELLS:
            raise TooManyCells(most=settings.IMPORT_MAX_CELLS)
        raise TooManyRows(most=settings.IMPORT_MAX_ROWS)

    def _piece(self, number: int, lines: list[str]) -> bytes:
        """Lines as COPY reads them: a backslash stands for itself when doubled, all else JSON has escaped."""
        self.read = number
        try:
            encoded = "".join(lines).replace("\\", "\\\\").encode()
        except UnicodeEncodeError:
            lines = [line for line in lines if not self._undecodable(line)]
            encoded = "".join(lines).replace("\\", "\\\\").encode()
        self.good += len(lines)
        return b"" if self._stop_at_bad and self.bad_count else encoded

    def _undecodable(self, line: str) -> bool:
        """Set the row of a line aside if it holds half a character: bytes that were no text, or a broken escape."""
        if not _LONE.search(line):
            return False
        number, _tab, data = line.partition("\t")
        entry = json.loads(data)
        column = next((name for name, cell in entry.items() if _LONE.search(name + cell)), "")
        reason = _("This cell holds bytes that are not text in the encoding of the file.")
        self._set_aside(int(number), Broken(reason, _LONE.sub("\ufffd", column)))
        return True

    def _encoder(self) -> Callable[[list[str]], Any]:
        """A function from a list of cells to its JSON text, or to the reason why not."""
        columns, longest = self.columns, self._longest
        template = "{" + ", ".join(_quote(name).replace("%", "%%") + ": %s" for name in columns) + "}"
        at = {name: place for place, name in enumerate(columns)}
        needed = itemgetter(*(at[name] for name in self._needed)) if self._needed else None
        checks = [(name, at[name], check) for name, check in self._checks]

        def encode(row: list[str]) -> Any:
            text = template % tuple(map(_quote, row))
            if len(text) > longest or "\\u0000" in text:
                found = self._cells(zip(columns, row, strict=True))
                if found:
                    return found
            if needed is not None and not any(needed(row)):
                return _nothing_to_show()
            for name, place, check in checks:
                reason = check(row[place])
                if reason:
                    return Broken(reason, name)
            return text

        return encode

    def _by_name(self, row: dict[str, str]) -> Any:
        """The same for a row that brings its own names."""
        row = {self._names.get(name, name): value for name, value in row.items()}
        new = [name for name in row if name not in self.columns]
        if len(self.columns) + len(new) > MOST_COLUMNS:
            return Broken(
                _("With this row there would be more than %(most)s columns.") % {"most": MOST_COLUMNS}, new[0]
            )
        missing = next((name for name in self._needed if name not in row), None)
        if missing is not None:
            return Broken(_("This row has no value of that name."), missing)
        found = self._cells(row.items())
        if found:
            return found
        if self._needed and not any(row[name] for name in self._needed):
            return _nothing_to_show()
        for name, check in self._checks:
            reason = check(row[name])
            if reason:
                return Broken(reason, name)
        self.columns.extend(new)
        return "{" + ", ".join(f"{_quote(name)}: {_quote(value)}" for name, value in row.items()) + "}"

    def _cells(self, row: Any) -> Broken | None:
        """The first cell that is too long or holds a zero character, which PostgreSQL's JSON can't."""
        for name, cell in row:
            if len(cell) > self._longest:
                sentence = _("This cell has %(length)s characters; at most %(most)s are possible.")
                return Broken(sentence % {"length": len(cell), "most": self._longest}, name)
            if "\x00" in cell:
                return Broken(
                    _("This cell holds a zero character. Remove it, or save the file again as text."), name
                )
        return None

    def _set_aside(self, number: int, broken: Broken) -> None:
        self.bad_count += 1
        if len(self.bad) < BAD_KEPT:
            self.bad.append(Bad(number, broken.column[:100], str(broken.reason)[:300]))


def _nothing_to_show() -> Broken:
    return Broken(_("Every column that the form shows is empty here."))


class Share:
    """A file for COPY that ends after some time; the next share goes on where this one ended."""

    def __init__(self, pieces: Iterator[bytes], seconds: float) -> None:
        self._pieces = pieces
        self._until = time.monotonic() + seconds
        self._first = True
        self.exhausted = False
        self.error: Exception | None = None

    def read(self, size: int = -1) -> bytes:
        """The next piece, whatever `size` says: psycopg2 takes pieces of any length. Empty at the end.

        What goes wrong is kept in `error`: raised from here it would become an error of PostgreSQL.
        """
        while not self.exhausted and (self._first or time.monotonic() < self._until):
            self._first = False
            try:
                piece = next(self._pieces, None)
            except Exception as error:
                self.error = error
                piece = None
            if piece:
                return piece
            self.exhausted = piece is None
        return b""


def rows_at(reader: Reader, numbers: set[int]) -> Iterator[tuple[int, list[str]]]:
    """The original cells of the rows with these numbers, as far as they can be read; stops after the last."""
    last = max(numbers, default=0)
    for number, row in enumerate(reader.rows(), start=1):
        if number > last:
            return
        if number in numbers:
            if isinstance(row, Broken):
                yield number, []
            else:
                yield number, row if isinstance(row, list) else [row.get(name, "") for name in reader.headers]
