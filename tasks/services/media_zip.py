"""Unpacking a ZIP of files into a batch: each file under a name of ours, its own name kept for the cells.

The directory of the ZIP is looked at before a byte is unpacked. A file of it that can't be taken is listed with its
reason and the rest goes on; a ZIP that means harm is refused whole. Running it twice changes nothing.
"""

import logging
import stat
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock
from marketplace.base.errors import Refusal
from tasks.models import SentFile

from .media_uploads import (
    BadName,
    base_of,
    below_root,
    clean_name,
    is_hidden,
    is_zip,
    new_path,
    path_of,
    too_many,
    wake,
)

log = logging.getLogger(__name__)

MOST_RATIO = 200  # unpacked to packed; pictures, sounds and films are packed already
SMALL = 10_000_000  # bytes; below it any ratio will do
PIECE = 1 << 20  # bytes unpacked at a time
BYTES_A_NAME = 2_000  # of the directory, for each file that a batch may have


class BadZip(Refusal):
    """A ZIP that can't be unpacked as a whole."""

    code = "media_bad_zip"
    detail = _("This ZIP is damaged or cut off. Make it anew and send that.")


class BadEntry(Refusal):
    """A file of a ZIP that is left out."""

    code = "media_bad_entry"
    detail = _("This file of the ZIP is damaged. Send it by itself.")


ENCRYPTED = _("This ZIP asks for a password. Make one without and send that.")
BOMB = _("This ZIP unpacks to far more than it holds, as only harmful ones do. Send the files themselves.")
EMPTY = _("There is no file in this ZIP.")
LINK = _("This is a link to another file, not a file. Put the file itself into the ZIP.")
OUTSIDE = _("Its name leads out of the ZIP. Rename it and send it again.")
NESTED = _("This is a ZIP within a ZIP. Send it by itself.")
TOO_LARGE = _("It is larger than %(megabytes)s MB. Make it smaller and send it again.")


def unpack(sent_file_id: int) -> None:
    """Make the files of a ZIP into files of its batch; does nothing for one that was unpacked or refused."""
    sent = (
        SentFile.objects.select_related("batch__created_by")
        .filter(pk=sent_file_id, state=SentFile.State.UNPACKING)
        .first()
    )
    if sent is None:
        return
    with translation.override(sent.batch.created_by.locale):
        try:
            _unpack(sent)
        except Refusal as refused:
            SentFile.objects.filter(pk=sent.pk).update(
                state=SentFile.State.REFUSED, failure=refused.message, updated_at=clock.now()
            )
        else:
            sent.delete()  # its files are there
    path_of(sent).unlink(missing_ok=True)


def _unpack(sent: SentFile) -> None:
    """Raises BadZip, TooManyFiles."""
    try:
        _check_directory(path_of(sent))
        with zipfile.ZipFile(path_of(sent)) as archive:
            for entry in _wanted(sent, archive):
                _one(sent, archive, entry)
    except (zipfile.BadZipFile, FileNotFoundError, NotImplementedError, EOFError, ValueError):
        raise BadZip from None


def _check_directory(path: Path) -> None:
    """Raises TooManyFiles by the bytes of the directory: zipfile reads it whole, into many times its size."""
    with path.open("rb") as file:
        end = zipfile._EndRecData(file)  # type: ignore[attr-defined]
    if end and end[zipfile._ECD_SIZE] > settings.MEDIA_MAX_FILES * BYTES_A_NAME:  # type: ignore[attr-defined]
        raise too_many()


def _wanted(sent: SentFile, archive: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    """The entries to unpack, when nothing speaks against the whole."""
    entries = [entry for entry in archive.infolist() if not entry.is_dir() and not is_hidden(entry.filename)]
    if not entries:
        raise BadZip(EMPTY)
    if any(entry.flag_bits & 1 for entry in entries):
        raise BadZip(ENCRYPTED)
    total = sum(entry.file_size for entry in entries)
    if any(_swells(entry.file_size, entry.compress_size) for entry in entries) or _swells(total, sent.size):
        raise BadZip(BOMB)
    others = dict(SentFile.objects.filter(batch=sent.batch).exclude(pk=sent.pk).values_list("name", "size"))
    new = [entry for entry in entries if _plain(entry.filename) not in others]
    held = sum(others.values()) + sum(entry.file_size for entry in new)
    if len(others) + len(new) > settings.MEDIA_MAX_FILES or held > settings.MEDIA_MAX_BATCH_BYTES:
        raise too_many()
    yield from entries


def _swells(unpacked: int, packed: int) -> bool:
    return unpacked > SMALL and unpacked > MOST_RATIO * max(1, packed)


def _one(sent: SentFile, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Unpack one file, or list it with the reason why not."""
    name, stamp = _plain(entry.filename), f"{entry.CRC:08x}"
    there = SentFile.objects.filter(batch=sent.batch, name=name).first()
    if there and (there.size, there.stamp, there.state) == (entry.file_size, stamp, SentFile.State.KEPT):
        return
    path = new_path(sent.batch)
    fields = {"size": entry.file_size, "stamp": stamp, "base": base_of(name)}
    try:
        _check(entry)
        _write(archive, entry, path)
        fields |= {"state": SentFile.State.KEPT, "received": entry.file_size, "path": below_root(path)}
    except Refusal as refused:
        path.unlink(missing_ok=True)
        if there and there.state == SentFile.State.KEPT:
            return  # the one that is there is better
        fields |= {"state": SentFile.State.REFUSED, "failure": refused.message, "received": 0, "path": ""}
    with transaction.atomic():
        row, _made = SentFile.objects.update_or_create(
            batch=sent.batch, name=name, defaults={"failure": "", **fields, "updated_at": clock.now()}
        )
        if row.state == SentFile.State.KEPT:
            wake(sent.batch, [row.base])
    if there and there.path and there.path != row.path:
        path_of(there).unlink(missing_ok=True)


def _plain(name: str) -> str:
    """A name to list the file under, whatever is wrong with it."""
    try:
        return clean_name(name)
    except BadName:
        return "".join(letter for letter in name if letter.isprintable())[-500:] or "?"


def _check(entry: zipfile.ZipInfo) -> None:
    """Raises BadEntry for what is no plain file, or no file for here."""
    mode = entry.external_attr >> 16
    if mode and stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise BadEntry(LINK)
    try:
        clean_name(entry.filename)
    except BadName:
        raise BadEntry(OUTSIDE) from None
    if entry.filename.startswith(("/", "\\")):
        raise BadEntry(OUTSIDE)
    if is_zip(entry.filename):
        raise BadEntry(NESTED)
    if entry.file_size > settings.MEDIA_MAX_FILE_BYTES:
        raise BadEntry(TOO_LARGE, megabytes=settings.MEDIA_MAX_FILE_BYTES // 1_000_000)


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path) -> None:
    """Unpack piece by piece; zipfile gives no more bytes than the directory says, and checks their sum."""
    path.touch(mode=0o600)
    try:
        with archive.open(entry) as packed, path.open("wb") as file:
            while piece := packed.read(PIECE):
                file.write(piece)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        if isinstance(error, OSError) and not isinstance(error, EOFError) and error.errno:
            raise  # our disk, not their file
        raise BadEntry from None
    if path.stat().st_size != entry.file_size:
        raise BadEntry
