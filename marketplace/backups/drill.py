"""The drill: a backup is brought back beside the real database, looked at from all sides, and thrown away."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from django.db import connection

from payments.services import reconcile
from tasks.services import checks

from . import archive, bringing, rights, scratch


@dataclass(frozen=True)
class Found:
    """One thing that was looked at: whether it is right, and what is not."""

    name: str
    ok: bool
    words: str = ""


def run(path: Path, *, passphrase: str) -> list[Found]:
    """Restore into a scratch database, look at everything, drop it. Raises CommandError where it can't be restored."""
    with scratch.database("drill") as name, scratch.pointed_at(name):
        with archive.opened(path, passphrase) as backup:
            backup.database_into()
            rights.give()
            files, changed = backup.media_into(None)
        manifest = backup.manifest
        return [
            Found("restored", True, f"made {manifest['made_at']}"),
            _rows(manifest["rows"]),
            _listed(
                "migrations",
                set(manifest["migrations"]) ^ set(archive.migrations()),
                len(manifest["migrations"]),
            ),
            _listed("rights", rights.wrong(), 0),
            _listed("keys", bringing.other_than(manifest), len(archive.KEYS)),
            _listed("media", changed, files),
            _selfcheck(),
            _reconcile(dt.datetime.fromisoformat(manifest["made_at"])),
        ]


def _rows(known: dict[str, int]) -> Found:
    with connection.cursor() as cursor:
        found = archive.row_counts(cursor)
    other = sorted(name for name in known.keys() | found.keys() if known.get(name) != found.get(name))
    return _listed("rows", other, sum(found.values()))


def _selfcheck() -> Found:
    found = checks.everything()
    return _listed("selfcheck", [check.name for check in found if not check.ok], len(found))


def _reconcile(until: dt.datetime) -> Found:
    report = reconcile.run(until=until)
    words = [f"no answer from {name}" for name in report.unreachable]
    words += [
        f"{row.kind} {row.gateway} {row.external_id or row.transaction}"
        for row in reconcile.open_differences()[:5]
    ]
    return _listed("reconcile", words, report.looked_at)


def _listed(name: str, wrong: object, count: int) -> Found:
    faults = sorted(map(str, wrong))  # type: ignore[call-overload]
    return Found(name, not faults, ", ".join(faults[:5]) if faults else f"{count} looked at")
