"""Bringing a backup back: into an empty database, with the rights and the files it had."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection

from . import archive, rights


def restore(path: Path, *, passphrase: str, over: bool, other_keys: bool) -> dict[str, Any]:
    """Restore a backup into the database and the media folder of this installation; its manifest.

    Refuses a database that has tables unless `over` says to throw them away, and keys other than those of the
    backup unless `other_keys` says so. Raises CommandError, and then nothing of the database has changed, but for
    media that are not as they were written.
    """
    with archive.opened(path, passphrase) as backup:
        check_keys(backup.manifest, other_keys)
        empty(over)
        backup.database_into()
        rights.give()
        _files, changed = backup.media_into(Path(settings.MEDIA_ROOT))
    if changed:
        raise CommandError(f"The database is restored. {len(changed)} media are damaged: {changed[:5]}")
    return backup.manifest


def check_keys(manifest: dict[str, Any], other_keys: bool) -> None:
    """Raises CommandError when the keys that make ids and certificates are others than the backup's."""
    other = other_than(manifest)
    if other and not other_keys:
        raise CommandError(
            f"{', '.join(other)}: not the key of this backup. With another one every address and pseudonym changes,"
            " and certificates don't verify. Set the key as it was, or say --other-keys."
        )


def other_than(manifest: dict[str, Any]) -> list[str]:
    """The keys that must never change and are not those of the backup. (SECRET_KEY may change at any time.)"""
    ours, theirs = archive.fingerprints(), manifest["keys"]
    lasting = [name for name in archive.KEYS if name != "SECRET_KEY"]
    return [f"TESSERA_{name}" for name in lasting if ours[name] != theirs.get(name)]


def empty(over: bool) -> None:
    """Make sure that the database has no tables. Raises CommandError where it has and may not lose them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
        tables = cursor.fetchone()[0]
        if not tables:
            return
        if not over:
            raise CommandError(
                f"The database {connection.settings_dict['NAME']} is not empty: it has {tables} tables. Restore into an"
                " empty one, or say --over to throw away all that is in it."
            )
        cursor.execute("DROP SCHEMA public CASCADE")
        cursor.execute("CREATE SCHEMA public")
        cursor.execute("GRANT USAGE ON SCHEMA public TO PUBLIC")
    connection.close()
