"""A ZIP that is written while it is sent: no more of it is in memory than one piece, and a line for each file."""

import io
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from django.utils import timezone
from django.utils.text import slugify

from marketplace.base import clock

PIECE = 1 << 16  # bytes handed on at a time


@dataclass(frozen=True)
class Member:
    """A file of the ZIP; `chunks` yields its bytes once."""

    name: str
    chunks: Iterable[bytes]


class _Pipe(io.RawIOBase):
    """Takes what zipfile writes and hands it on. It can't seek, so sizes follow each file instead of leading it."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        piece = bytes(data)  # type: ignore[call-overload]
        self._waiting += piece
        return len(piece)

    @property
    def is_full(self) -> bool:
        return len(self._waiting) >= PIECE

    def taken(self) -> bytes:
        """What was written since the last time."""
        found = bytes(self._waiting)
        self._waiting.clear()
        return found


def chunks(first: Iterable[Member], more: Iterable[Member] = ()) -> Iterator[bytes]:
    """The bytes of a ZIP with these files, in their order."""
    pipe = _Pipe()
    moment = timezone.localtime(clock.now()).timetuple()[:6]
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in chain(first, more):
            about = zipfile.ZipInfo(member.name, moment)
            about.compress_type = zipfile.ZIP_DEFLATED
            about.external_attr = 0o644 << 16
            with archive.open(about, "w", force_zip64=True) as file:
                for chunk in member.chunks:
                    file.write(chunk)
                    if pipe.is_full:
                        yield pipe.taken()
            if pipe.is_full:
                yield pipe.taken()
    yield pipe.taken()


def plain_name(text: str, otherwise: str) -> str:
    """A part of a file's name in plain letters, that leads nowhere and that every system can keep."""
    return slugify(text)[:60].strip("-_") or otherwise
