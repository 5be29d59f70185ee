"""Reading rows out of uploaded files: one module for each format; content decides, not the name of the file."""

import re
from itertools import islice
from typing import IO

from django.utils.translation import gettext as _

from . import plain
from .base import (
    Broken,
    EmptyFile,
    EncryptedFile,
    FileRefused,
    FileTooBig,
    JsonArray,
    NoRows,
    OldExcel,
    Preview,
    Reader,
    Row,
    TooManyCells,
    TooManyRows,
)
from .delimited import ALONE, DelimitedReader
from .jsonl import JsonlReader
from .xlsx import XlsxReader

PREVIEW_ROWS = 5
_ARRAY = re.compile(r"\s*\[\s*([\[{\"]|$)")
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
# What is sent by mistake: PDF, gzip, pictures, sound, programs, 7z, rar, SQLite, Parquet.
_BINARY = (
    b"%PDF", b"\x1f\x8b", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"\x7fELF", b"MZ\x90", b"7z\xbc\xaf", b"Rar!",
    b"SQLite format 3", b"PAR1", b"ID3", b"OggS",
)  # fmt: skip


def format_of(file: IO[bytes]) -> str:
    """csv, xlsx or jsonl, by the file's first bytes.

    Raises EmptyFile, OldExcel, EncryptedFile, JsonArray, FileRefused (a format we do not read).
    """
    file.seek(0)
    head = file.read(4096)
    if not head:
        raise EmptyFile
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "xlsx"
    if head.startswith(_OLE):
        raise EncryptedFile if _ENCRYPTED in head + file.read(plain.CHUNK) else OldExcel
    if head.startswith(_BINARY):
        raise FileRefused
    text = head.decode("utf-16" if head[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "replace")
    start = text.replace("\x00", "").lstrip()
    if not start:
        raise EmptyFile
    if _ARRAY.match(start):
        raise JsonArray
    if start[:9].lower().startswith(("<!doctype", "<html", "<?xml")):
        raise FileRefused
    return "jsonl" if start.startswith("{") else "csv"


def open_reader(file: IO[bytes]) -> tuple[str, Reader]:
    """(format, reader) of an open file. Raises FileRefused and its kinds."""
    found = format_of(file)
    file.seek(0)
    if found == "xlsx":
        return found, XlsxReader(file)
    encoding = plain.encoding_of(file)
    return found, JsonlReader(file, encoding) if found == "jsonl" else DelimitedReader(file, encoding)


def sniff(file: IO[bytes]) -> Preview:
    """What the file is and its first rows, for the page where columns are chosen.

    Raises FileRefused and its kinds, NoRows among them.
    """
    found, reader = open_reader(file)
    rows = [_cells(row, reader.headers) for row in islice(reader.rows(), PREVIEW_ROWS)]
    if not rows:
        raise NoRows
    delimiter = getattr(reader, "delimiter", "")
    return Preview(
        format=found,
        headers=reader.headers,
        rows=[row for row in rows if row],
        delimiter="" if delimiter == ALONE else delimiter,
        encoding=getattr(reader, "encoding", "utf-8"),
        notes=_notes(reader),
    )


def _cells(row: Row, headers: list[str]) -> list[str]:
    if isinstance(row, Broken):
        return []
    return row if isinstance(row, list) else [row.get(name, "") for name in headers]


def _notes(reader: Reader) -> list[str]:
    notes = []
    if isinstance(reader, XlsxReader) and reader.sheets > 1:
        sentence = _("This file has %(count)s sheets. Only “%(sheet)s” is read.")
        notes.append(sentence % {"count": reader.sheets, "sheet": reader.sheet})
    encoding = getattr(reader, "encoding", "utf-8")
    if not encoding.startswith("utf"):
        sentence = _("We read it as %(encoding)s. If letters look wrong below, save the file as UTF-8.")
        notes.append(sentence % {"encoding": encoding.replace("cp125", "Windows-125")})
    return notes


__all__ = [
    "Broken",
    "FileRefused",
    "FileTooBig",
    "NoRows",
    "Preview",
    "Reader",
    "Row",
    "TooManyCells",
    "TooManyRows",
    "format_of",
    "open_reader",
    "sniff",
]
