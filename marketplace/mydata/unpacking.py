"""What a ZIP may be before anything of it is unpacked: so many files, so much of them, none of it a lie.

Whoever made the file chose every number in it. So the list of files is measured before it is read, what it says is held
against settings, and no file is unpacked past the size that it says. (`zipfile` never gives more bytes than the list
names, whatever is packed.)
"""

import io
import struct
import zipfile
from collections.abc import Iterator
from typing import IO

from django.conf import settings
from django.utils.translation import gettext as _

from marketplace.base import formats

PIECE = 1 << 18
MOST_MANIFEST = 20_000_000
MOST_SIGNATURE = 10_000  # it is read into memory as a whole, whoever sends it
A_LINE = 400  # bytes of the list of files for one file: 46, and names that are never as long as this
_TAIL = 65_557  # the end of a ZIP: its record of 22 bytes, and a comment of up to 65 535
_END, _END_64, _PLACE_64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"


class TooLarge(ValueError):
    """It would be more than is looked at here; the sentence says how much that is."""


def most_bytes() -> int:
    """How many bytes a file may unpack to, all of it together."""
    return settings.VERIFY_MOST_MB * 1_000_000


def measured(source: IO[bytes]) -> None:
    """Look at the list of files without reading it. Raises TooLarge, or ValueError where there is none."""
    source.seek(0, io.SEEK_END)
    base = max(0, source.tell() - _TAIL)
    tail = _at(source, base, _TAIL)
    place = tail.rfind(_END)
    if place < 0 or len(tail) < place + 22:
        raise ValueError("no ZIP")
    lengths = [int(struct.unpack_from("<L", tail, place + 12)[0])]
    if place >= 20 and tail[place - 20 : place - 16] == _PLACE_64:
        (named,) = struct.unpack_from("<Q", tail, place - 12)
        # `zipfile` reads the record that ends where its locator begins, wherever that one points: both are measured.
        records = [_at(source, start, 56) for start in (named, max(0, base + place - 76))]
        lengths += [int(struct.unpack_from("<Q", each, 40)[0]) for each in records if _is_record(each)]
        if not _is_record(records[0]):
            raise ValueError("no ZIP")
        lengths[0] = lengths[0] if lengths[0] != 0xFFFFFFFF else 0
    length = max(lengths)
    if length > settings.VERIFY_MOST_FILES * A_LINE:
        raise _too_many()
    source.seek(0)


def _is_record(found: bytes) -> bool:
    return found[:4] == _END_64 and len(found) == 56


def _at(source: IO[bytes], place: int, length: int) -> bytes:
    source.seek(place)
    return source.read(length)


def listed(archive: zipfile.ZipFile) -> dict[str, zipfile.ZipInfo]:
    """Its files by name. Raises TooLarge, ValueError for two of one name."""
    infos = archive.infolist()
    if len(infos) > settings.VERIFY_MOST_FILES:
        raise _too_many()
    whole = sum(info.file_size for info in infos)
    if whole > most_bytes():
        raise TooLarge(
            _("It would unpack to %(size)s MB, and at most %(most)s MB are looked at here (VERIFY_MOST_MB).")
            % {"size": formats.number(whole // 1_000_000), "most": formats.number(settings.VERIFY_MOST_MB)}
        )
    found = {info.filename: info for info in infos}
    if len(found) < len(infos):
        raise ValueError("two files of one name")
    return found


def _too_many() -> TooLarge:
    return TooLarge(
        _("It lists more files than are looked at here: at most %(most)s (VERIFY_MOST_FILES).")
        % {"most": formats.number(settings.VERIFY_MOST_FILES)}
    )


def small(archive: zipfile.ZipFile, info: zipfile.ZipInfo, most: int) -> bytes:
    """A small file as a whole. Raises ValueError for one of more than `most` bytes."""
    if info.file_size > most:
        raise ValueError("too large for what it is")
    return b"".join(pieces(archive, info))


def pieces(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[bytes]:
    """A file piece by piece. Raises ValueError when there is more or less of it than the list says."""
    left = info.file_size
    with archive.open(info) as file:
        while piece := file.read(PIECE):
            left -= len(piece)
            if left < 0:
                break
            yield piece
    if left:
        raise ValueError("not of the size it says")
