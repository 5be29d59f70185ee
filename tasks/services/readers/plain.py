"""Files of text: which encoding, which lines."""

import codecs
import io
from typing import IO, cast

from charset_normalizer import from_bytes

from .base import EmptyFile, LineTooLong

CHUNK = 1 << 20
SAMPLE = 1 << 16
LONGEST_LINE = 16 << 20  # bytes
BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What spreadsheets of the world save when they do not save UTF-8.
LEGACY = [
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "koi8_r", "mac_roman",
    "shift_jis", "euc_kr", "gb18030", "big5",
]  # fmt: skip


def encoding_of(file: IO[bytes]) -> str:
    """The encoding of a text file, read through once.

    A byte order mark decides; then zero bytes in every other place (UTF-16); then whether all of it is UTF-8;
    then the most likely of the old code pages. A file that is UTF-8 but for some damaged letters counts as
    UTF-8, and its damaged rows come back as bad rows. Raises EmptyFile, LineTooLong.
    """
    file.seek(0)
    head = file.read(4096)
    if not head:
        raise EmptyFile
    for mark, name in BOMS:
        if head.startswith(mark):
            _damaged_at(file)
            return name
    zeros = head.count(0)
    if zeros > len(head) // 4:
        _damaged_at(file)
        return "utf-16-le" if head[1::2].count(0) > zeros // 2 else "utf-16-be"
    damaged = _damaged_at(file)
    return "utf-8" if damaged is None else _legacy(file, damaged)


def _damaged_at(file: IO[bytes]) -> int | None:
    """Where the file stops being UTF-8, if it does (to a chunk). Raises LineTooLong."""
    file.seek(0)
    decoder = codecs.getincrementaldecoder("utf-8")()
    damaged, run, place = None, 0, 0
    while chunk := file.read(CHUNK):
        newline = b"\n" if b"\n" in chunk else b"\r"
        first = chunk.find(newline)
        if run + (len(chunk) if first < 0 else first) > LONGEST_LINE:
            raise LineTooLong(megabytes=LONGEST_LINE >> 20)
        run = run + len(chunk) if first < 0 else len(chunk) - chunk.rfind(newline) - 1
        if damaged is None:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                damaged = place
        place += len(chunk)
    if damaged is None:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            damaged = max(0, place - CHUNK)
    return damaged


def _legacy(file: IO[bytes], damaged: int) -> str:
    """The likeliest encoding of a file that is not clean UTF-8 from the chunk at `damaged` on."""
    file.seek(damaged)
    sample = file.read(CHUNK)
    letters = [letter for letter in sample.decode("utf-8", "surrogateescape") if letter > "\x7f"]
    strays = sum("\udc80" <= letter <= "\udcff" for letter in letters)
    if len(letters) - strays > strays:
        return "utf-8"
    odd = next((place for place, byte in enumerate(sample) if byte > 0x7F), 0)
    start = max(0, odd - SAMPLE // 2)
    best = from_bytes(sample[start : start + SAMPLE], cp_isolation=LEGACY).best()
    if best is None or best.encoding in {"mac_roman", "cp1250", "cp1254", "cp1257"}:
        return _western(sample, best.encoding if best else "cp1252")
    return best.encoding


def _western(sample: bytes, guess: str) -> str:
    """Windows-1252 unless letters that only it lacks are there: its neighbours are guessed far too often."""
    text = sample.decode("cp1252", "replace")
    letters = [letter for letter in text if letter > "\x7f"]
    usual = sum(letter in "àâäáãåæçéèêëíìîïñóòôöõøœúùûüýÿßÀÂÄÁÅÆÇÉÈÊËÍÎÏÑÓÔÖØŒÚÙÛÜ€£§°«»“”‘’–—…©®™µ²³½·\xa0"
                for letter in letters)  # fmt: skip
    return "cp1252" if usual * 10 >= len(letters) * 7 else guess


def open_text(file: IO[bytes], encoding: str) -> io.TextIOWrapper:
    """The file as text from its start, line ends kept. What can't be decoded becomes a lone surrogate."""
    file.seek(0)
    errors = "replace" if encoding.startswith(("utf-16", "utf-32")) else "surrogateescape"
    text = io.TextIOWrapper(cast(IO[bytes], _Kept(file)), encoding=encoding, errors=errors, newline="")
    text._CHUNK_SIZE = SAMPLE  # type: ignore[attr-defined]  # eight times fewer calls
    return text


class _Kept(io.RawIOBase):
    """Passes bytes through and leaves the file open when the text around it is thrown away."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        piece = self._file.read(len(buffer))
        buffer[: len(piece)] = piece
        return len(piece)

    def read1(self, size: int = -1) -> bytes:
        return self._file.read(size)


def size_of(file: IO[bytes]) -> int:
    """The file's length in bytes; its place is kept."""
    place = file.tell()
    size = file.seek(0, io.SEEK_END)
    file.seek(place)
    return size
