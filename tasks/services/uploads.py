"""Uploaded files of rows: stored under our own name, looked at, their columns matched with the form's."""

import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.base.errors import Invalid, Refusal
from tasks import placeholders
from tasks.forms import compile_form
from tasks.models import Batch, Import

from .readers import FileTooBig, Preview, sniff
from .readers.base import EmptyFile

OPEN_STATES = (Batch.State.DRAFT, Batch.State.PUBLISHED, Batch.State.PAUSED)
CHUNK = 1 << 20  # bytes read from an upload at a time


class NotNow(Refusal):
    """The batch takes no rows in its present state."""

    code = "import_not_now"
    detail = gettext_lazy(
        "This batch is “%(state)s”: rows can be added to drafts and to open or paused batches only."
    )


class QuestionsAreFixed(NotNow):
    """The questions of a test, and its places, are settled when it opens."""

    detail = gettext_lazy(
        "The questions of a test are fixed once it is open. Make another test of the same qualification for more."
    )


class ColumnsMissing(Invalid):
    """The file lacks columns that the form needs; `fields` names them."""

    code = "columns_missing"
    detail = gettext_lazy("The form needs columns that this file does not have: %(columns)s.")


class BadMapping(Invalid):
    """The chosen columns can't be used; `fields` says why for each."""

    code = "bad_mapping"
    detail = gettext_lazy("These columns can't be used as chosen. Look at the marked ones.")


class FileGone(Refusal):
    """The stored upload is not there any more."""

    code = "file_gone"
    detail = gettext_lazy("The uploaded file is not there any more. Send it again.")


def check_size(length: int | None) -> None:
    """Refuse an upload by what it says of its length, in bytes, before a byte is read. Raises FileTooBig."""
    if length is not None and length > settings.IMPORT_MAX_BYTES:
        raise FileTooBig(megabytes=settings.IMPORT_MAX_BYTES // 1_000_000)


def needed_columns(batch: Batch) -> list[str]:
    """The input columns that the form and the instructions of a batch read. Raises BadForm without a form."""
    return list(dict.fromkeys([*compile_form(batch.form).columns, *placeholders.names(batch.instructions)]))


def preview(source: Import) -> Preview:
    """The first rows of a stored upload, for the page where columns are chosen. Raises FileGone, FileRefused."""
    with opened(source) as file:
        return sniff(file)


def suggest(headers: list[str], needed: list[str]) -> dict[str, str]:
    """Which header is meant by which column of the form: the same name, else the same but for case and signs."""
    found = {column: column for column in needed if column in headers}
    loose: dict[str, list[str]] = {}
    for header in headers:
        if header not in found:
            loose.setdefault(_loose(header), []).append(header)
    for column in needed:
        candidates = loose.get(_loose(column), [])
        if column not in found and len(candidates) == 1:
            found[column] = candidates.pop()
    return found


def _loose(name: str) -> str:
    return re.sub(r"[\W_]+", "", name.casefold())


def check_open(batch: Batch) -> None:
    """Raises NotNow for a batch that takes no rows, QuestionsAreFixed for a test that was published."""
    if batch.role != Batch.Role.WORK and batch.state in Batch.LIVE:
        raise QuestionsAreFixed
    if batch.state not in OPEN_STATES:
        raise NotNow(state=batch.get_state_display())


def under_way(batch: Batch) -> bool:
    return Import.objects.filter(batch=batch, state__in=[Import.State.QUEUED, Import.State.RUNNING]).exists()


def store(upload: IO[bytes]) -> tuple[Path, int]:
    """Copy an upload to a file of our own name, counting its bytes. Raises FileTooBig, EmptyFile."""
    check_size(getattr(upload, "size", None))
    folder = Path(settings.MEDIA_ROOT) / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    path, size = folder / secrets.token_hex(16), 0
    try:
        with path.open("xb") as file:
            path.chmod(0o600)
            while chunk := upload.read(CHUNK):
                size += len(chunk)
                check_size(size)
                file.write(chunk)
        if not size:
            raise EmptyFile
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path, size


def plain_name(filename: str) -> str:
    """The last part of what the person calls the file, without unseen characters."""
    name = re.split(r"[/\\]", filename)[-1]
    return "".join(letter for letter in name if letter.isprintable())[-200:] or "rows"


def checked_mapping(headers: list[str], needed: list[str], chosen: Mapping[str, str]) -> dict[str, str]:
    """What the person chose, completed by matching names. Raises BadMapping."""
    chosen = {column: header for column, header in chosen.items() if header}
    problems: dict[str, list[Any]] = {}
    for column, header in chosen.items():
        if column not in needed:
            problems[column] = [_("The form has no column of this name.")]
        elif header not in headers:
            problems[column] = [_("The file has no column “%(header)s”.") % {"header": header}]
    rest = [header for header in headers if header not in chosen.values()]
    mapping = chosen | suggest(rest, [column for column in needed if column not in chosen])
    names = {header: column for column, header in mapping.items()}
    for column, header in mapping.items():
        if names[header] != column:
            problems[column] = [_("“%(header)s” is chosen twice.") % {"header": header}]
        if column != header and column in headers and column not in names:
            sentence = _("The file also has a column “%(column)s” of its own. Rename it in the file first.")
            problems.setdefault(column, [sentence % {"column": column}])
    if problems:
        raise BadMapping(fields=problems)
    return mapping


def columns_missing(missing: list[str]) -> ColumnsMissing:
    sentence = _("The file has no such column. Choose which of its columns holds it.")
    return ColumnsMissing(fields={column: [sentence] for column in missing}, columns=", ".join(missing))


def opened(source: Import) -> IO[bytes]:
    try:
        return (Path(settings.MEDIA_ROOT) / source.path).open("rb")
    except OSError:
        raise FileGone from None
