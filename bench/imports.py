"""Loading 1 000 000 rows: our import of a CSV file, checked row by row, beside a staged COPY of the same file.

The yardstick: COPY of the file into a temporary table of text columns, then INSERT … SELECT into a table with the
same constraints and indexes as ours, but for its foreign keys. No look at a row, no encoding, no report.
"""

import csv
import multiprocessing
import resource
import tempfile
import threading
import time
from pathlib import Path

from bench import ground

ROWS = 1_000_000
YARDSTICK = "DROP TABLE IF EXISTS bench_row; CREATE TABLE bench_row (LIKE tasks_task INCLUDING ALL)"


def run(*, seconds: float, known: dict[str, float]) -> dict[str, float]:
    from django.db import connection

    connection.close()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        _write(path)
        plain = _staged_copy(path)
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            took, grown = pool.apply(_import, (str(path),))
    ours, yardstick = ROWS / took, ROWS / plain
    ground.table(
        ("1 000 000 rows", "rows /s", "seconds"),
        [("staged COPY", f"{yardstick:.0f}", f"{plain:.1f}"), ("import", f"{ours:.0f}", f"{took:.1f}")],
    )
    print(f"  memory of the job grew by {grown:.0f} MB over idle")
    return {"import_rows": ours, "import_vs_copy": ours / yardstick, "import_memory_mb": grown}


def _write(path: Path) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(["name_a", "name_b", "price"])
        rows.writerows(
            (f"Sony Turntable {n}", f"PS-LX350H, belt drive no {n}", f"{n % 900}.99") for n in range(ROWS)
        )


def _staged_copy(path: Path) -> float:
    from django.db import connection, transaction

    with connection.cursor() as cursor:
        cursor.execute(YARDSTICK)
    started = time.perf_counter()
    with transaction.atomic(), connection.cursor() as cursor, path.open("rb") as file:
        cursor.execute(
            "CREATE TEMP TABLE staged (n serial, name_a text, name_b text, price text) ON COMMIT DROP"
        )
        cursor.copy_expert("COPY staged (name_a, name_b, price) FROM STDIN WITH (FORMAT csv, HEADER)", file)
        cursor.execute(
            "INSERT INTO bench_row (batch_id, row_number, key, overlap, open_slots, is_open, funded, data)"
            " SELECT 1, n, ((random() - 0.5) * 4294967290)::int, 1, 1, false, false,"
            " jsonb_build_object('name_a', name_a, 'name_b', name_b, 'price', price) FROM staged ORDER BY n"
        )
    took = time.perf_counter() - started
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE bench_row")
    connection.close()
    return took


def _import(path: str) -> tuple[float, float]:
    """Seconds of the job, and by how many megabytes its process grew. In a process of its own."""
    import django

    django.setup()
    from tasks.models import Import
    from tasks.services import batches, imports, loading

    organisation, user = ground.owner()
    batch = batches.create_draft(
        organisation=organisation, actor=user, title="A million rows", form=ground.FORM
    )
    with open(path, "rb") as file:
        source = imports.start(batch=batch, actor=user, upload=file, filename="rows.csv", bad_rows="stop")
    before = _resident()
    peak = [before]
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            peak[0] = max(peak[0], _resident())

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    started = time.perf_counter()
    loading.run(source.pk)
    took = time.perf_counter() - started
    done.set()
    watcher.join()
    source.refresh_from_db()
    assert source.state == Import.State.DONE and batch.tasks.count() == ROWS, (source.state, source.failure)
    return took, peak[0] - before


def _resident() -> float:
    """Megabytes of memory this process holds now; the peak where the system does not say."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return pages * resource.getpagesize() / 1_000_000
