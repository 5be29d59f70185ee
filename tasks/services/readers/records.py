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
AT_ONCE = 250  # rows in one piece of the stream
_LONE = re.compile("[\ud800-\udfff]")

_CONTROLS = bytes(code for code in range(32) if code not in b"\t\n")

Check = tuple[str, Callable[[str], str | None]]
# A row as JSON in which nothing is escaped yet: number, text, names, cells.
Draft = tuple[int, str, Sequence[str], Sequence[str]]


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
        draft = self._drafter()
        drafts: list[Draft] = []
        most = min(settings.IMPORT_MAX_ROWS, settings.IMPORT_MAX_CELLS // max(1, len(self.columns)))
        number = 0
        for number, row in enumerate(self._reader.rows(), start=1):
            found = draft(number, row) if type(row) is list else self._by_name(number, row)
            if type(found) is Broken:
                self._set_aside(number, found)
            else:
                drafts.append(found)
            if number % AT_ONCE == 0:
                if number > most:
                    self._refuse()
                yield self._piece(number, drafts)
                drafts = []
        if number > most:
            self._refuse()
        yield self._piece(number, drafts)

    def _refuse(self) -> None:
        if settings.IMPORT_MAX_ROWS * len(self.columns) > settings.IMPORT_MAX_CELLS:
            raise TooManyCells(most=settings.IMPORT_MAX_CELLS)
        raise TooManyRows(most=settings.IMPORT_MAX_ROWS)

    def _drafter(self) -> Callable[[int, list[str]], Any]:
        """A function from a row's number and cells to its draft, or to the reason why there is none."""
        columns, longest = self.columns, self._longest
        pairs = (f'"{name}": "%s"' for name in (name.replace("%", "%%") for name in columns))
        template = "{" + ", ".join(pairs) + "}"
        at = {name: place for place, name in enumerate(columns)}
        needed = itemgetter(*(at[name] for name in self._needed)) if self._needed else None
        checks = [(name, at[name], check) for name, check in self._checks]

        def draft(number: int, row: list[str]) -> Any:
            text = template % tuple(row)
            if len(text) > longest:
                found = self._too_long(zip(columns, row, strict=True))
                if found:
                    return found
            if needed is not None and not any(needed(row)):
                return _nothing_to_show()
            for name, place, check in checks:
                reason = check(row[place])
                if reason:
                    return Broken(reason, name)
            return (number, text, columns, row)

        return draft

    def _by_name(self, number: int, row: Any) -> Any:
        """The same for a row that brings its own names, or that could not be read at all."""
        if type(row) is Broken:
            return row
        row = {self._names.get(name, name): value for name, value in row.items()}
        new = [name for name in row if name not in self.columns]
        if len(self.columns) + len(new) > MOST_COLUMNS:
            sentence = _("With this row there would be more than %(most)s columns.")
            return Broken(sentence % {"most": MOST_COLUMNS}, new[0])
        missing = next((name for name in self._needed if name not in row), None)
        if missing is not None:
            return Broken(_("This row has no value of that name."), missing)
        found = self._too_long(row.items())
        if found:
            return found
        if self._needed and not any(row[name] for name in self._needed):
            return _nothing_to_show()
        for name, check in self._checks:
            reason = check(row[name])
            if reason:
                return Broken(reason, name)
        self.columns.extend(new)
        text = "{" + ", ".join(f'"{name}": "{value}"' for name, value in row.items()) + "}"
        return (number, text, list(row), list(row.values()))

    def _too_long(self, row: Any) -> Broken | None:
        for name, cell in row:
            if len(cell) > self._longest:
                sentence = _("This cell has %(length)s characters; at most %(most)s are possible.")
                return Broken(sentence % {"length": len(cell), "most": self._longest}, name)
        return None

    def _set_aside(self, number: int, broken: Broken) -> None:
        self.bad_count += 1
        if len(self.bad) < BAD_KEPT:
            self.bad.append(Bad(number, broken.column[:100], str(broken.reason)[:300]))

    # --- drafts to COPY ------------------------------------------------------------------------------------

    def _piece(self, number: int, drafts: list[Draft]) -> bytes:
        """Many drafts as COPY text: all at once when no cell needs escaping, else row by row."""
        self.read = number
        encoded = _plain(drafts)
        if encoded is None:
            lines = [line for line in map(self._line, drafts) if line]
            self.good += len(lines)
            encoded = b"".join(lines)
        else:
            self.good += len(drafts)
        return b"" if self._stop_at_bad and self.bad_count else encoded

    def _line(self, draft: Draft) -> bytes:
        """The COPY line of one draft; empty, and the row set aside, when PostgreSQL's JSON can't hold it."""
        number, text, names, _cells = draft
        if text.isprintable() and "\\" not in text and text.count('"') == 4 * len(names):
            return f"{number}\t{text}\n".encode()
        return self._with_care(draft)

    def _with_care(self, draft: Draft) -> bytes:
        number, _text, names, cells = draft
        for name, cell in zip(names, cells, strict=True):
            reason = None
            if "\x00" in cell:
                reason = _("This cell holds a zero character. Remove it, or save the file again as text.")
            elif _LONE.search(name + cell):
                reason = _("This cell holds bytes that are not text in the encoding of the file.")
            if reason:
                self._set_aside(number, Broken(reason, _LONE.sub("\ufffd", name)))
                return b""
        data = json.dumps(dict(zip(names, cells, strict=True)), ensure_ascii=False)
        return f"{number}\t{data}\n".replace("\\", "\\\\").encode()


def _plain(drafts: list[Draft]) -> bytes | None:
    """Drafts as COPY text, when their only quotes, tabs and line ends are those of the format itself.

    None when a cell holds one of them, a backslash, a control character or half a character. Asking all of
    them at once costs a tenth of escaping each cell.
    """
    text = "".join([f"{number}\t{text}\n" for number, text, _names, _cells in drafts])
    try:
        encoded = text.encode()
    except UnicodeEncodeError:
        return None
    clean = (
        encoded.count(b'"') == sum([4 * len(names) for _number, _text, names, _cells in drafts])
        and encoded.count(b"\n") == encoded.count(b"\t") == len(drafts)
        and b"\\" not in encoded
        and len(encoded.translate(None, _CONTROLS)) == len(encoded)
    )
    return encoded if clean else None


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
