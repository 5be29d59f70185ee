"""What a file is, by its first bytes. Its name and what a server said about it are never asked.

Each form names the one decoder that may read it, so that a file can't pick another: FFmpeg alone knows some four
hundred formats, among them lists of further addresses to open.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from .errors import MediaRefused

HEAD = 4096  # bytes looked at


@dataclass(frozen=True)
class Form:
    """A family of files ("picture", "av", "page") and the decoder's own name of the format."""

    family: str
    name: str


# Offset, bytes, form. Two entries of one form are two spellings.
_FORMS = (
    (0, b"\xff\xd8\xff", Form("picture", "JPEG")),
    (0, b"\x89PNG\r\n\x1a\n", Form("picture", "PNG")),
    (0, b"GIF87a", Form("picture", "GIF")),
    (0, b"GIF89a", Form("picture", "GIF")),
    (8, b"WEBP", Form("picture", "WEBP")),
    (0, b"II*\0", Form("picture", "TIFF")),
    (0, b"MM\0*", Form("picture", "TIFF")),
    (0, b"%PDF-", Form("page", "PDF")),
    (8, b"WAVE", Form("av", "wav")),
    (8, b"AVI ", Form("av", "avi")),
    (0, b"ID3", Form("av", "mp3")),
    (0, b"fLaC", Form("av", "flac")),
    (0, b"OggS", Form("av", "ogg")),
    (8, b"AIFF", Form("av", "aiff")),
    (8, b"AIFC", Form("av", "aiff")),
    (0, b"#!AMR", Form("av", "amr")),
    (0, b"caff", Form("av", "caf")),
    (0, b".snd", Form("av", "au")),
    (0, b"\x1aE\xdf\xa3", Form("av", "matroska")),
    (0, b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", Form("av", "asf")),
    (0, b"FLV\1", Form("av", "flv")),
    (0, b"\0\0\1\xba", Form("av", "mpeg")),
)
_OUTER = {b"WEBP": b"RIFF", b"WAVE": b"RIFF", b"AVI ": b"RIFF", b"AIFF": b"FORM", b"AIFC": b"FORM"}

_REFUSED = (
    (0, b"MZ", "program"),
    (0, b"\x7fELF", "program"),
    (0, b"\xca\xfe\xba\xbe", "program"),
    (0, b"\xcf\xfa\xed\xfe", "program"),
    (0, b"\xce\xfa\xed\xfe", "program"),
    (0, b"\0asm", "program"),
    (0, b"#!", "program"),
    (0, b"PK\3\4", "archive"),
    (0, b"PK\5\6", "archive"),
    (0, b"Rar!", "archive"),
    (0, b"7z\xbc\xaf\x27\x1c", "archive"),
    (0, b"\x1f\x8b", "archive"),
    (0, b"BZh", "archive"),
    (0, b"\xfd7zXZ", "archive"),
    (0, b"\x28\xb5\x2f\xfd", "archive"),
    (0, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "archive"),
    (257, b"ustar", "archive"),
)
_HEIC = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}
_AVIF = {b"avif", b"avis"}
_BMP_HEADERS = (12, 40, 52, 56, 64, 108, 124)
_WEB_PAGE = re.compile(rb"<(!doctype\s+html|html|head|body|script|iframe)\b", re.I)
_SVG = re.compile(rb"<(!doctype\s+)?([a-z]+:)?svg\b", re.I)


def form_of(path: Path) -> Form:
    """The form of a file. Reads its head only and runs no decoder. Raises MediaRefused."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head:
        raise MediaRefused("empty")
    for at, magic, form in _FORMS:
        if head.startswith(magic, at) and head.startswith(_OUTER.get(magic, b"")):
            return form
    return _irregular(head) or _refuse(head)


def _irregular(head: bytes) -> Form | None:
    """Forms that more than one run of bytes tells."""
    if head[4:8] == b"ftyp":
        return _boxed(head)
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:
        return Form("picture", "BMP")
    if len(head) > 3 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        if head[1] & 0xF6 == 0xF0:
            return Form("av", "aac")
        if head[1] & 0x06 in (0x02, 0x04) and head[1] & 0x18 != 0x08 and head[2] & 0xF0 != 0xF0:
            return Form("av", "mp3")
    if len(head) > 376 and head[0] == head[188] == head[376] == 0x47:
        return Form("av", "mpegts")
    return None


def _boxed(head: bytes) -> Form:
    """ISO media (MP4, M4A, MOV, 3GP), or a picture in the same boxes."""
    end = min(int.from_bytes(head[:4], "big"), 256)
    brands = {head[8:12], *(head[at : at + 4] for at in range(16, end, 4))}
    if brands & _AVIF:
        return Form("picture", "AVIF")
    if head[8:12] in _HEIC:
        raise MediaRefused("heic")
    return Form("av", "mov")


def _refuse(head: bytes) -> NoReturn:
    for at, magic, code in _REFUSED:
        if head.startswith(magic, at):
            raise MediaRefused(code)
    plain = head.replace(b"\0", b"")  # also finds the words in UTF-16
    if _SVG.search(plain):
        raise MediaRefused("svg")
    if _WEB_PAGE.search(plain):
        raise MediaRefused("web_page")
    raise MediaRefused("text" if _is_text(head) else "unknown")


def _is_text(head: bytes) -> bool:
    try:
        head.decode()
    except UnicodeDecodeError as no:
        if no.start < len(head) - 4:  # else a character was cut in two
            return False
    return not re.search(rb"[\x00-\x08\x0e-\x1f]", head)


def kind_of(path: Path) -> str:
    """ "picture", "sound", "video" or "page". Raises MediaRefused.

    Telling a sound from a video runs a decoder: call it in the child only (making.make does).
    """
    form = form_of(path)
    if form.family != "av":
        return form.family
    from . import streams

    with streams.opened(path) as container:
        return "video" if streams.picture_of(container) else "sound"
