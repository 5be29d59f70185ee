"""What is in a backup: a tar, inside its seal (`sealed`), whose members come in this order.

manifest.json            when, from which schema, how many rows of each table, fingerprints of keys
database/000001 …        pg_dump's custom format, in pieces
database.sha256          of all pieces together
media/…                  files of uploads, unless they were left out or lie in a bucket
media.json               {path: SHA-256} of those files
"""

import hashlib
import io
import json
import os
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder

from marketplace.base import clock

from . import programs
from .sealed import Opener, Sealer, SealError

PIECE = 4 << 20
KEYS = ("ID_KEY", "CERTIFICATE_KEY", "SECRET_KEY")


def write(path: Path, *, passphrase: str, with_media: bool) -> dict[str, Any]:
    """Write a backup to `path`, whole or not at all; its manifest.

    Rows are counted in the very snapshot that is dumped. Raises CommandError when pg_dump fails.
    """
    half = path.with_name(path.name + ".half")
    try:
        with (
            open(half, "xb", opener=_only_ours) as out,
            Sealer(out, passphrase) as sealer,
            tarfile.open(fileobj=sealer, mode="w|", format=tarfile.PAX_FORMAT) as tar,
        ):
            manifest = _write_members(tar, with_media)
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
    return manifest


def _only_ours(name: str, flags: int) -> int:
    return os.open(name, flags, 0o600)


def _write_members(tar: tarfile.TarFile, with_media: bool) -> dict[str, Any]:
    media = list(_media_files()) if with_media else []
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        snapshot = cursor.fetchone()[0]
        manifest = _manifest(cursor, media, with_media)
        _add(tar, "manifest.json", json.dumps(manifest, indent=1).encode())
        _dump(tar, snapshot)
    hashes = {name: _add_file(tar, f"media/{name}", path) for name, path in media}
    _add(tar, "media.json", json.dumps(hashes).encode())
    return manifest


def _manifest(cursor: Any, media: list[tuple[str, Path]], with_media: bool) -> dict[str, Any]:
    where = "in the backup" if with_media else "left out"
    return {
        "made_at": clock.now().isoformat(),
        "server": connection.pg_version,  # type: ignore[attr-defined]
        "migrations": migrations(),
        "rows": row_counts(cursor),
        "keys": fingerprints(),
        "media": {
            "where": where if not settings.S3_BUCKET else f"{where}; what browsers get lies in a bucket",
            "files": len(media),
        },
    }


def migrations() -> list[str]:
    """Every migration that is applied, as app.name."""
    return sorted(f"{app}.{name}" for app, name in MigrationRecorder(connection).applied_migrations())


def row_counts(cursor: Any) -> dict[str, int]:
    """How many rows each table has."""
    cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    names = [row[0] for row in cursor.fetchall()]
    found = {}
    for name in names:
        cursor.execute(f"SELECT count(*) FROM {connection.ops.quote_name(name)}")  # noqa: S608
        found[name] = int(cursor.fetchone()[0])
    return found


def fingerprints() -> dict[str, str]:
    """What tells whether the keys of this installation are those of a backup; the keys themselves are in none."""
    return {
        name: hashlib.sha256(f"tessera-backup:{name}:{getattr(settings, name)}".encode()).hexdigest()[:16]
        for name in KEYS
    }


def _dump(tar: tarfile.TarFile, snapshot: str) -> None:
    words = ("--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}")
    dump = programs.start("pg_dump", *words, stdout=subprocess.PIPE)
    assert dump.stdout is not None
    total, number = hashlib.sha256(), 0
    with dump.stdout:
        while piece := dump.stdout.read(PIECE):
            number += 1
            total.update(piece)
            _add(tar, f"database/{number:06d}", piece)
    programs.finish(dump, "pg_dump")
    _add(tar, "database.sha256", total.hexdigest().encode())


def _media_files() -> Iterator[tuple[str, Path]]:
    root = Path(settings.MEDIA_ROOT)
    for path in sorted(root.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path.relative_to(root).as_posix(), path


def _add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))


def _add_file(tar: tarfile.TarFile, name: str, path: Path) -> str:
    """Add a file; the SHA-256 of what was added. One that grows meanwhile is taken up to its size of now."""
    with path.open("rb") as file:
        member = tarfile.TarInfo(name)
        member.size = path.stat().st_size
        counting = _Hashing(file)
        tar.addfile(member, counting)  # type: ignore[arg-type]
    return counting.total.hexdigest()


class _Hashing:
    """A file whose bytes are hashed as they are read."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.total = file, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self.file.read(size)
        self.total.update(data)
        return data


# --- Reading -------------------------------------------------------------------------------------------------


class Reader:
    """A backup read from its beginning to its end: manifest first, then `database_into`, then `media_into`."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self.manifest: dict[str, Any] = json.loads(self._content(self._next("manifest.json")))

    def database_into(self) -> None:
        """Bring the tables into the empty database this process uses, all or nothing.

        pg_restore's one transaction ends only after the whole dump has the SHA-256 that was written beside it.
        """
        words = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction")
        restore = programs.start("pg_restore", *words, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        assert restore.stdin is not None
        total, whole = hashlib.sha256(), False
        try:
            for member in self._members():
                content = self._content(member)
                if member.name == "database.sha256":
                    whole = content.decode() == total.hexdigest()
                    break
                total.update(content)
                with suppress(BrokenPipeError):  # it says itself why it ended
                    restore.stdin.write(content)
        finally:
            if not whole:
                restore.kill()
            with suppress(BrokenPipeError):
                restore.stdin.close()
        if not whole:
            restore.wait()
            raise SealError("The database in this backup is damaged. Nothing was restored.")
        programs.finish(restore, "pg_restore")

    def media_into(self, root: Path | None) -> tuple[int, list[str]]:
        """Write the media below `root` (None: read them only); how many there are, and which are not as written."""
        found: dict[str, str] = {}
        for member in self._members():
            if member.name == "media.json":
                known = json.loads(self._content(member))
                return len(found), sorted(
                    name for name in known.keys() | found.keys() if known.get(name) != found.get(name)
                )
            name = member.name.removeprefix("media/")
            source = self._tar.extractfile(member)
            assert source is not None
            found[name] = _keep(source, root / _safe(name) if root else None)
        raise SealError("This backup is cut off: its list of media is missing.")

    def _members(self) -> Iterator[tarfile.TarInfo]:
        """Those that were not read yet; a stream can't go back, as iterating over the tar itself would."""
        while (member := self._tar.next()) is not None:
            yield member

    def _next(self, name: str) -> tarfile.TarInfo:
        member = self._tar.next()
        if member is None or member.name != name:
            raise SealError("This is no backup of Tessera.")
        return member

    def _content(self, member: tarfile.TarInfo) -> bytes:
        source = self._tar.extractfile(member)
        assert source is not None
        return source.read()


def _safe(name: str) -> Path:
    path = Path(name)
    if path.is_absolute() or ".." in path.parts:
        raise SealError(f"This backup names a file outside its folder: {name}")
    return path


def _keep(source: IO[bytes], target: Path | None) -> str:
    total = hashlib.sha256()
    if target is not None:
        target.parent.mkdir(parents=True, exist_ok=True)
    with open(target, "wb") if target else io.BytesIO() as out:
        while piece := source.read(PIECE):
            total.update(piece)
            if target is not None:
                out.write(piece)
    return total.hexdigest()


@contextmanager
def opened(path: Path, passphrase: str) -> Iterator[Reader]:
    """A backup, ready to be read. Raises CommandError with a sentence for one that can't be."""
    try:
        with (
            open(path, "rb") as file,
            io.BufferedReader(Opener(file, passphrase), PIECE) as content,
            tarfile.open(fileobj=content, mode="r|") as tar,
        ):
            yield Reader(tar)
    except (SealError, tarfile.TarError) as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror or error}") from None
