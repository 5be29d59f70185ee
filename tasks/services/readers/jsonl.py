"""JSON Lines: one object a line, its values plain."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import IO, Any

from django.utils.translation import gettext as _

from . import plain
from .base import LONGEST_HEADER, MOST_COLUMNS, Broken, FileRefused, JsonArray, Row, TooManyColumns

SAMPLE_LINES = 100


class JsonlReader:
    """Rows by name. `headers` are the keys of the first hundred lines; later rows may bring more."""

    def __init__(self, file: IO[bytes], encoding: str) -> None:
        self._file = file
        self._size = plain.size_of(file) or 1
        self.encoding = encoding
        sample = list(islice(self._read(), SAMPLE_LINES))
        found = [row for row in sample if isinstance(row, dict)]
        if not found:
            raise JsonArray if sample else FileRefused
        self.headers = list(dict.fromkeys(name for row in found for name in row))
        if len(self.headers) > MOST_COLUMNS:
            raise TooManyColumns(most=MOST_COLUMNS)

    def rows(self) -> Iterator[Row]:
        return self._read()

    def position(self) -> float:
        return min(1.0, self._file.tell() / self._size)

    def _read(self) -> Iterator[Row]:
        for line in plain.open_text(self._file, self.encoding):
            if line and not line.isspace():
                yield _row(line)


def _row(line: str) -> Row:
    try:
        entry = _decoder.decode(line.strip())
    except (ValueError, RecursionError):
        return Broken(_("This line is not valid JSON."))
    if not isinstance(entry, dict):
        return Broken(_('This line is not an object such as {"name": "value"}.'))
    for name, value in entry.items():
        if not name or len(name) > LONGEST_HEADER or not name.isprintable():
            return Broken(_("A key of this object can't be the name of a column."))
        if isinstance(value, (dict, list)):
            return Broken(_("This value holds other values. Write plain text, numbers, true or false."), name)
        if not isinstance(value, str):
            entry[name] = "" if value is None else "true" if value else "false"
    return entry


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entry = dict(pairs)
    if len(entry) < len(pairs):
        raise ValueError("a key stands twice")
    return entry


def _constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


# Numbers stay the text that was written: 1.10 is not 1.1 in a list of versions.
_decoder = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=str, parse_int=str, parse_constant=_constant
)
