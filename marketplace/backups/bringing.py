"""Bringing a backup back: into an empty database, with the rights and the files it had."""

import datetime as dt
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection

from marketplace.base import clock
from marketplace.base.models import Switch

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
        rest(dt.datetime.fromisoformat(backup.manifest["made_at"]))
        _files, changed = backup.media_into(Path(settings.MEDIA_ROOT))
    if changed:
        raise CommandError(f"The database is restored. {len(changed)} media are damaged: {changed[:5]}")
    return backup.manifest


# Rows whose numbers gateways, banks and customers know: what was made after the backup is forgotten here, not there.
_KNOWN_OUTSIDE = "payments\\_%", "base\\_organisation%", "base\\_user\\_id\\_seq"
RESTS = ("payouts", "deposits")


def rest(made_at: dt.datetime) -> None:
    """Let no money move by itself in books that miss what moved since `made_at`, and no number be given twice.

    A payout that left after the backup waits again in it, and would leave again; a top-up would be charged again. New
    rows skip the numbers that were given since, 100 for each second, since keys of gateways are made of them.
    """
    now = clock.now()
    reason = f"Restored from a backup of {made_at:%Y-%m-%d %H:%M} UTC. First read “Restore” in docs/how-to/backup.md."
    for name in RESTS:
        Switch.objects.update_or_create(
            name=name, defaults={"is_on": False, "reason": reason, "changed_by": None, "changed_at": now}
        )
    gap = 1_000_000 + 100 * max(0, int((now - made_at).total_seconds()))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setval(format('%%I.%%I', schemaname, sequencename)::regclass, coalesce(last_value, 0) + %s)"
            " FROM pg_sequences WHERE schemaname = 'public' AND sequencename LIKE ANY (%s)",
            [gap, list(_KNOWN_OUTSIDE)],
        )


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
