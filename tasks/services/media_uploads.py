"""Files that a requester sends beside the rows: piece by piece, so that a connection that breaks costs one piece.

A file is known by its batch and its name. Whoever sends the same file again (same size, same moment of its last
change) goes on where it stopped; another one takes its place. The pieces lie in a folder of our own on the disk that
web and worker share (docs/adr/0028); names that came from outside are never names of files of ours.
"""

import datetime as dt
import secrets
import shutil
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Sum
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock, outbox
from marketplace.base.errors import Invalid, Refusal
from tasks.models import Batch, Medium, SentFile

from .uploads import CHUNK, check_open

PIECE = 4_000_000  # bytes that a browser sends at a time; below every proxy's limit
REFUSED_SHOWN = 50
ABANDONED = dt.timedelta(days=7)  # a file of which no piece came for so long is forgotten
KEPT_AFTER_END = dt.timedelta(days=30)  # what a batch was sent stays so long after its end, for a copy of it


class FileTooLarge(Refusal):
    """A file, or a ZIP, larger than we take."""

    code = "media_too_large"
    detail = _("“%(name)s” is larger than %(megabytes)s MB. Make it smaller and send it again.")
    status = 413


class TooManyFiles(Refusal):
    """A batch holds only so many files and bytes."""

    code = "media_too_many"
    detail = _(
        "A batch takes at most %(files)s files of %(gigabytes)s GB in all. Split it into several batches."
    )


class BadName(Invalid):
    """A file without a name that cells could say."""

    code = "media_bad_name"
    detail = _("This file has no name that a cell could say. Rename it and send it again.")


def clean_name(name: str) -> str:
    """The name of a file as cells say it: NFC, with its folders, without ways out of them. Raises BadName."""
    name = unicodedata.normalize("NFC", name).replace("\\", "/").replace("\x00", "")
    parts = [part.strip() for part in name.split("/")]
    parts = [part for part in parts if part not in {"", "."}]
    if not parts or ".." in parts or not name.isprintable() or len("/".join(parts)) > 500:
        raise BadName
    return "/".join(parts)


def base_of(name: str) -> str:
    """Its last part, casefolded."""
    return name.rpartition("/")[2].casefold()[:500]


def base_of_cell(cell: str) -> str:
    """The same of what a cell says; empty for what can't be the name of a file."""
    try:
        return base_of(clean_name(cell))
    except BadName:
        return ""


def is_hidden(name: str) -> bool:
    """What systems put beside files and nobody means: `__MACOSX/…`, `.DS_Store`, `Thumbs.db`."""
    parts = name.replace("\\", "/").split("/")
    dotted = any(part.startswith(".") and part not in {".", ".."} for part in parts)
    return dotted or parts[0] == "__MACOSX" or parts[-1] == "Thumbs.db"


def is_zip(name: str) -> bool:
    return name.casefold().endswith(".zip")


def folder(batch_public_id: str) -> Path:
    """Where the files lie that were sent for a batch."""
    return Path(settings.MEDIA_ROOT) / "uploads" / batch_public_id


def path_of(sent: SentFile) -> Path:
    return Path(settings.MEDIA_ROOT) / sent.path


def new_path(batch: Batch) -> Path:
    """A place for a file; the name is ours."""
    place = folder(batch.public_id)
    place.mkdir(parents=True, exist_ok=True)
    return place / secrets.token_hex(16)


def below_root(path: Path) -> str:
    return str(path.relative_to(settings.MEDIA_ROOT))


# --- taking pieces -------------------------------------------------------------------------------------------


def begin(*, batch: Batch, name: str, size: int, stamp: str = "") -> SentFile:
    """The row of a file that is about to be sent; `received` says from which byte on.

    `size` is in bytes; `stamp` is the moment of the file's last change, in whatever words the sender has. Raises
    NotNow, BadName, FileTooLarge, TooManyFiles, Invalid for an empty file.
    """
    check_open(batch)
    name, stamp = clean_name(name), stamp[:40]
    _check_size(name, size)
    with transaction.atomic():
        # One at a time for each batch: two tabs with the same file meet here.
        Batch.objects.select_for_update(no_key=True, of=("self",)).get(pk=batch.pk)
        found = SentFile.objects.filter(batch=batch, name=name).first()
        if found and (found.size, found.stamp) == (size, stamp) and found.state != SentFile.State.REFUSED:
            return found
        _check_room(batch, size)
        old = found.path if found else ""
        if found:
            found.delete()
        made = SentFile.objects.create(
            batch=batch, name=name, base=base_of(name), size=size, stamp=stamp,
            path=below_root(new_path(batch)),
        )  # fmt: skip
    if old:
        (Path(settings.MEDIA_ROOT) / old).unlink(missing_ok=True)
    return made


def most_bytes(name: str) -> int:
    """How large a file of this name may be."""
    return int(settings.MEDIA_MAX_ZIP_BYTES if is_zip(name) else settings.MEDIA_MAX_FILE_BYTES)


def _check_size(name: str, size: int) -> None:
    most = most_bytes(name)
    if size > most:
        raise FileTooLarge(name=name, megabytes=most // 1_000_000)
    if size <= 0:
        raise Invalid(_("“%(name)s” is empty (0 bytes). Send it again."), name=name)


def _check_room(batch: Batch, more: int) -> None:
    """Raises TooManyFiles when the batch would hold more files or bytes than it may."""
    held = SentFile.objects.filter(batch=batch)
    total = held.aggregate(total=Sum("size"))["total"] or 0
    if held.count() >= settings.MEDIA_MAX_FILES or total + more > settings.MEDIA_MAX_BATCH_BYTES:
        raise too_many()


def too_many() -> TooManyFiles:
    return TooManyFiles(
        files=settings.MEDIA_MAX_FILES, gigabytes=round(settings.MEDIA_MAX_BATCH_BYTES / 1_000_000_000, 1)
    )


def take(*, sent: SentFile, offset: int, piece: bytes) -> SentFile:
    """Put a piece where the last one ended; with the last piece the file is whole.

    One that begins elsewhere changes nothing: `received` of what is returned says where to go on.
    """
    with transaction.atomic():
        row = (
            SentFile.objects.select_for_update(no_key=True, of=("self",))
            .select_related("batch")
            .get(pk=sent.pk)
        )
        fits = offset == row.received and offset + len(piece) <= row.size
        if row.state != SentFile.State.ARRIVING or not piece or not fits:
            return row
        _write(path_of(row), offset, piece)
        row.received += len(piece)
        row.updated_at = clock.now()
        if row.received == row.size:
            _whole(row)
        row.save(update_fields=["received", "state", "updated_at"])
    return row


def _write(path: Path, offset: int, piece: bytes) -> None:
    """Write at `offset`, whatever an earlier try left behind it: the row alone says how much of it counts."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    with path.open("r+b") as file:
        file.truncate(offset)
        file.seek(offset)
        file.write(piece)


def _whole(row: SentFile) -> None:
    """The last piece came: a ZIP waits to be unpacked, any other file is there for the cells that name it."""
    if is_zip(row.name):
        row.state = SentFile.State.UNPACKING
        outbox.emit("media.unpack", str(row.pk), sent_file_id=row.pk)
        return
    row.state = SentFile.State.KEPT
    wake(row.batch, [row.base])


def wake(batch: Batch, bases: list[str]) -> int:
    """Try the media again that name one of these files: failed ones, those in hand, and in a draft those that are
    ready from an older file.

    Returns how many. Must be called inside a transaction.
    """
    states = [Medium.State.FAILED, Medium.State.WORKING]
    if batch.state == Batch.State.DRAFT:
        states.append(Medium.State.READY)
    return (
        Medium.objects.filter(batch=batch, base__in=bases, state__in=states)
        .exclude(base="")
        .update(
            state=Medium.State.WAITING,
            failure="",
            attempts=0,
            due_at=clock.now(),
            finished_at=None,
            lease_until=None,
        )
    )


def store(*, batch: Batch, name: str, upload: IO[bytes], size: int) -> SentFile:
    """Take a whole file at once, as a browser without scripts sends it. Raises what `begin` raises."""
    sent = begin(batch=batch, name=name, size=size, stamp=clock.now().isoformat())
    while sent.state == SentFile.State.ARRIVING and (piece := upload.read(CHUNK)):
        sent = take(sent=sent, offset=sent.received, piece=piece)
    return sent


# --- finding the file of a cell ---------------------------------------------------------------------------------


class NoSuchFile(Refusal):
    """A cell names a file that was not sent."""

    code = "media_no_file"
    detail = _("There is no file of that name. Send it, or correct the cell.")


class SeveralFiles(Refusal):
    """A cell names several files."""

    code = "media_several_files"
    detail = _("Several files have this name: %(names)s. Write the folder into the cell too.")


def find(batch: Batch, cell: str) -> SentFile:
    """The file that a cell names: by its whole name, else by its last part where that is unique.

    Capital letters count where they have to. Raises NoSuchFile, SeveralFiles.
    """
    try:
        name = clean_name(cell)
    except BadName:
        raise NoSuchFile from None
    rows = list(
        SentFile.objects.filter(batch=batch, base=base_of(name), state=SentFile.State.KEPT).order_by("name")
    )
    bare = "/" not in name
    ways: list[list[SentFile]] = [
        [row for row in rows if row.name == name],
        [row for row in rows if row.name.casefold() == name.casefold()],
        [row for row in rows if bare and row.name.rpartition("/")[2] == name],
        rows if bare else [],
    ]
    candidates = next((way for way in ways if way), [])
    if not candidates:
        raise NoSuchFile
    if len(candidates) > 1:
        raise SeveralFiles(names=", ".join(row.name for row in candidates[:3]))
    return candidates[0]


# --- copies, and what is no longer of use ------------------------------------------------------------------------


def copy(source: Batch, target: Batch) -> int:
    """Give the files of one batch to another, as further names of the same bytes on the disk. Returns how many.

    Running it twice changes nothing.
    """
    there = set(SentFile.objects.filter(batch=target).values_list("name", flat=True))
    count = 0
    for row in (
        SentFile.objects.filter(batch=source, state=SentFile.State.KEPT).exclude(name__in=there).iterator()
    ):
        path = new_path(target)
        try:
            path.hardlink_to(path_of(row))
        except FileNotFoundError:
            continue  # removed meanwhile
        except OSError:
            shutil.copyfile(path_of(row), path)
        fields: dict[str, Any] = {
            name: getattr(row, name) for name in ("name", "base", "state", "size", "received", "stamp")
        }
        SentFile.objects.create(batch=target, path=below_root(path), **fields)
        count += 1
    return count


def overview(batch: Batch) -> dict[str, Any]:
    """How many files are kept, arriving and being unpacked, their bytes, and which were refused, with the reason."""
    rows = (
        SentFile.objects.filter(batch=batch).values_list("state").annotate(n=Count("pk"), bytes=Sum("size"))
    )
    found = {state: (n, size) for state, n, size in rows.order_by()}
    refused = SentFile.objects.filter(batch=batch, state=SentFile.State.REFUSED).order_by("name")
    return {
        "kept": found.get(SentFile.State.KEPT, (0, 0))[0],
        "bytes": found.get(SentFile.State.KEPT, (0, 0))[1],
        "arriving": found.get(SentFile.State.ARRIVING, (0, 0))[0],
        "unpacking": found.get(SentFile.State.UNPACKING, (0, 0))[0],
        "refused": list(refused.values("name", "failure")[:REFUSED_SHOWN]),
        "refused_count": found.get(SentFile.State.REFUSED, (0, 0))[0],
    }


def remove_all(batch_public_id: str) -> None:
    """Remove everything that was sent for a batch that is gone."""
    shutil.rmtree(folder(batch_public_id), ignore_errors=True)


def _to_forget() -> Iterator[SentFile]:
    now = clock.now()
    yield from SentFile.objects.filter(state=SentFile.State.ARRIVING, updated_at__lt=now - ABANDONED)[:1000]
    yield from SentFile.objects.filter(batch__closed_at__lt=now - KEPT_AFTER_END)[:1000]


def forget() -> int:
    """Remove files that nobody went on sending, and those of batches that ended a month ago. Returns how many."""
    count = 0
    for row in _to_forget():
        path_of(row).unlink(missing_ok=True)
        row.delete()
        count += 1
    return count
