"""Taking everything along (charter M7): one ZIP, made when asked for, signed, fetched by its person, gone after days.

data.json      everything, by the schema of docs/how-to/my-data.md
lists/*.csv    each list once more as a table; a text that a spreadsheet would run gets an apostrophe in front
files/…        photos and recordings that the person sent
README.txt     what is what, in the person's language
manifest.json  the SHA-256 and the size of each of these, who it is about and when it was made
signature.jws  the platform's signature over the manifest (`signing.py`)
"""

import csv
import datetime as dt
import hashlib
import io
import json
import secrets
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO, Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.base import audit, clock, formats, notices, outbox
from marketplace.base.errors import NotFound, Refusal
from marketplace.base.models import User
from marketplace.base.spreadsheet import safe
from tasks.media import shelf
from tasks.models import AnswerFile

from . import signing
from .lists import LISTS, PARTS, VERSION
from .models import DataExport

FOLDER = "exports"


class AskedJustNow(Refusal):
    """A file is being made, or was made a moment ago."""

    code = "asked_just_now"
    detail = gettext_lazy(
        "You asked for a file a moment ago: take that one, or ask again in %(minutes)s minutes."
    )
    status = 429


def ask(*, user: User) -> DataExport:
    """Ask for the file; it is made by the relay, and a notice says when it is there. Raises AskedJustNow."""
    since = clock.now() - dt.timedelta(minutes=settings.EXPORT_EVERY_MINUTES)
    minutes = settings.EXPORT_EVERY_MINUTES
    try:
        with transaction.atomic():
            if DataExport.objects.filter(user=user, asked_at__gt=since).exists():
                raise AskedJustNow(minutes=minutes)
            row = DataExport.objects.create(user=user, asked_at=clock.now())
            outbox.emit("mydata.export", str(row.pk), export_id=row.pk)
            audit.record("mydata:export:ask", user.public_id, actor=user)
    except IntegrityError:  # one is being made
        raise AskedJustNow(minutes=minutes) from None
    return row


def make(number: int) -> None:
    """Make the file of a request, once; one that is gone, or made, is passed over."""
    row = DataExport.objects.select_related("user").filter(pk=number, made_at__isnull=True).first()
    if row is None:
        return
    with tempfile.TemporaryDirectory(prefix="tessera-export-") as folder:
        path = Path(folder) / "data.zip"
        with path.open("wb") as out:
            write(row.user, out)
        name, size = f"{FOLDER}/{secrets.token_hex(16)}.zip", path.stat().st_size
        shelf.put(name, path)
    now = clock.now()
    until = now + dt.timedelta(days=settings.EXPORT_KEEP_DAYS)
    with transaction.atomic():
        mine = DataExport.objects.filter(pk=number, made_at__isnull=True)
        if mine.update(made_at=now, path=name, size=size, expires_at=until):
            notices.tell(row.user_id, "data_ready", str(number), until=until.isoformat())
            return
    shelf.remove([name])


def newest(user: User) -> DataExport | None:
    """The file that is there, or is being made."""
    return DataExport.objects.filter(user=user).order_by("-asked_at", "-pk").first()


def own(user: User, number: int) -> DataExport:
    """A file of this very person that is still there. Raises NotFound."""
    found = DataExport.objects.filter(pk=number, user=user, expires_at__gt=clock.now()).first()
    if found is None:
        raise NotFound
    return found


def forget() -> int:
    """Remove files whose days are over; how many."""
    over = list(DataExport.objects.filter(expires_at__lte=clock.now()).values_list("pk", "path")[:1000])
    shelf.remove(path for _pk, path in over)
    DataExport.objects.filter(pk__in=[pk for pk, _path in over]).delete()
    return len(over)


# --- The file ---------------------------------------------------------------------------------------------------


def write(user: User, out: IO[bytes]) -> None:
    """Write the whole ZIP. Lists are read row by row and written to disk, whatever their length.

    Unsigned only where this deployment has no key to sign with; the README says so.
    """
    files: dict[str, tuple[str, int]] = {}
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False) as archive:
        _put(archive, "data.json", (piece.encode() for piece in written(user)), files)
        for name, (rows, _what) in LISTS.items():
            _put(archive, f"lists/{name}.csv", (piece.encode() for piece in _table(rows(user))), files)
        for name, pieces in _files(user):
            _put(archive, name, pieces, files)
        with translation.override(user.locale):
            _put(archive, "README.txt", [_readme().encode()], files)
        manifest = signing.manifest(user, files)
        archive.writestr("manifest.json", manifest)
        signature = signing.signed(manifest)
        if signature:
            archive.writestr("signature.jws", signature)


def _put(
    archive: zipfile.ZipFile, name: str, pieces: Iterable[bytes], files: dict[str, tuple[str, int]]
) -> None:
    digest, size = hashlib.sha256(), 0
    with archive.open(name, "w", force_zip64=True) as target:
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            target.write(piece)
    files[name] = digest.hexdigest(), size


def _files(user: User) -> Iterator[tuple[str, Iterator[bytes]]]:
    for row in AnswerFile.objects.filter(assignment__worker=user).order_by("pk").iterator():
        if shelf.exists(row.path):
            name = f"files/{row.public_id}{PurePosixPath(row.path).suffix}"
            yield name, shelf.pieces(row.path, 0, row.size)


def written(user: User) -> Iterator[str]:
    """data.json: one JSON object; each list of it is read from the database row by row."""
    head = {
        "schema": "tessera-my-data",
        "version": VERSION,
        "made_at": clock.now(),
        "made_by": signing.here(),
    }
    yield "{" + ",\n".join(f"{_json(name)}: {_json(part)}" for name, part in head.items())
    for name, (part, _what) in PARTS.items():
        yield f",\n{_json(name)}: {_json(part(user))}"
    for name, (rows, _what) in LISTS.items():
        yield f",\n{_json(name)}: ["
        for place, row in enumerate(rows(user)):
            yield (",\n" if place else "\n") + _json(row)
        yield "]"
    yield "}\n"


def _table(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    """A list as CSV, in UTF-8 with a mark for spreadsheets; a list or an object in a cell stands there as JSON."""
    line = io.StringIO()
    table = csv.writer(line)
    names: list[str] | None = None
    yield "\ufeff"
    for row in rows:
        if names is None:
            names = list(row)
            table.writerow(names)
        table.writerow([safe(_cell(row.get(name))) for name in names])
        yield line.getvalue()
        line.seek(0)
        line.truncate()


def _cell(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float | str):
        return "" if value is None else value
    text = _json(value)
    return text.strip('"') if isinstance(value, dt.date | dt.datetime) else text


def _json(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)


def _readme() -> str:
    lines = [
        _("Your data on Tessera (%(site)s), %(day)s") % {"site": signing.here(), "day": formats.day(clock.now())},
        "",
        _("data.json holds everything; the tables in lists/ are the same lists, for a spreadsheet. files/ has what you"
          " sent."),
        "",
        *[f"lists/{name}.csv: {what}" for name, (_rows, what) in LISTS.items()],
        "",
        _("manifest.json has the SHA-256 of each file, and signature.jws our signature over it: with them anybody can"
          " see that nothing was changed. Our keys are at %(address)s.")
        % {"address": f"{signing.here()}/.well-known/jwks.json"},
        _("To look: manage.py mydata verify FILE.zip of any Tessera, or %(address)s.")
        % {"address": f"{signing.here()}/data/verify/"},
        _("It holds what only you should see, such as where your money goes. Keep it like a bank letter."),
    ]  # fmt: skip
    if not settings.CERTIFICATE_KEY:
        lines.append(_("This site has no key set up, so this file carries no signature."))
    return "\r\n".join(lines) + "\r\n"
