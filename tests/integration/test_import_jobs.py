"""A file that is being loaded, whatever happens in between: jobs that die, come twice or lose their lease."""

import io
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from marketplace.base import clock as house_clock
from marketplace.base.models import OutboxEvent
from tasks.models import Batch, Import, Task
from tasks.services import imports, loading
from tests import batch_files
from tests.batch_files import BAD, GOOD, load, start

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(atelier: Any, alice: Any) -> Batch:
    return batch_files.draft(atelier, alice)


@pytest.fixture(autouse=True)
def _own_uploads(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


# --- what goes wrong in between -------------------------------------------------------------------------------


def test_running_a_job_twice_changes_nothing(batch: Batch) -> None:
    source = load(batch, GOOD)
    imports.run(source.pk)
    imports.run(source.pk)
    assert batch.tasks.count() == 2


@pytest.fixture
def broken_staging(monkeypatch: Any) -> Iterator[None]:
    def crash(*_args: Any) -> None:
        raise RuntimeError("the job dies here")

    with monkeypatch.context() as patched:
        patched.setattr(loading, "_stage", crash)
        yield


def test_a_job_that_dies_is_started_again_and_nothing_is_doubled(
    batch: Batch, monkeypatch: Any, clock: Any
) -> None:
    source = start(batch, GOOD)
    with monkeypatch.context() as patched:
        patched.setattr(loading, "_settle", _die)
        with pytest.raises(RuntimeError):
            imports.run(source.pk)
    assert not batch.tasks.exists()
    source.refresh_from_db()
    assert source.state == "running"
    assert imports.sweep() == 1
    source.refresh_from_db()
    assert source.state == "queued"
    assert OutboxEvent.objects.filter(kind="import.run").count() == 2
    imports.run(source.pk)
    assert batch.tasks.count() == 2
    assert imports.sweep() == 0


def _die(*_args: Any) -> None:
    raise RuntimeError("the job dies here")


def test_a_job_killed_without_a_word_is_started_again_when_its_lease_ran_out(
    batch: Batch, clock: Any
) -> None:
    source = start(batch, GOOD)
    Import.objects.filter(pk=source.pk).update(state="running", lease_until=clock.now() + loading.LEASE)
    assert imports.sweep() == 0
    clock.forward(minutes=6)
    assert imports.sweep() == 1
    imports.run(source.pk)
    assert batch.tasks.count() == 2


def test_a_job_that_lost_its_lease_writes_nothing(batch: Batch, monkeypatch: Any) -> None:
    source = start(batch, GOOD)
    staged = loading._stage

    def overtaken(*args: Any) -> None:
        staged(*args)
        Import.objects.filter(pk=source.pk).update(
            lease_until=house_clock.now() + loading.LEASE
        )  # somebody else's

    monkeypatch.setattr(loading, "_stage", overtaken)
    imports.run(source.pk)
    assert not batch.tasks.exists()
    source.refresh_from_db()
    assert source.state == "running"


def test_a_file_that_fells_every_job_is_given_up_with_a_sentence(batch: Batch, broken_staging: None) -> None:
    source = start(batch, GOOD)
    for _ in range(loading.MOST_STARTS):
        with pytest.raises(RuntimeError):
            imports.run(source.pk)
        assert imports.sweep() == 1
    source.refresh_from_db()
    assert source.state == "failed"
    assert "several times" in source.failure


def test_a_forgotten_promise_is_given_again_and_an_undecided_import_ends(batch: Batch, clock: Any) -> None:
    source = start(batch, GOOD)
    OutboxEvent.objects.all().delete()
    clock.forward(minutes=11)
    imports.sweep()
    assert OutboxEvent.objects.filter(kind="import.run", data={"import_id": source.pk}).count() == 1
    imports.sweep()
    assert OutboxEvent.objects.filter(kind="import.run").count() == 1
    imports.run(source.pk)
    waiting = load(batch, BAD)
    clock.forward(days=31)
    imports.sweep()
    waiting.refresh_from_db()
    assert waiting.state == "cancelled"


@pytest.mark.django_db(transaction=True)
def test_progress_is_seen_by_others_while_no_row_is(batch: Batch, monkeypatch: Any) -> None:
    monkeypatch.setattr(loading, "STEP_SECONDS", 0)
    source = start(batch, b"name\n" + b"x\n" * 2000)
    seen: list[tuple[int, str, int]] = []
    moved = loading._Loading.move

    def look(held: Any, **changes: Any) -> None:
        moved(held, **changes)
        if not connection.in_atomic_block:
            other = threading.Thread(target=_look, args=(source.pk, seen))
            other.start()
            other.join()

    monkeypatch.setattr(loading._Loading, "move", look)
    imports.run(source.pk)
    assert len(seen) > 3
    assert [done for done, _state, _rows in seen] == sorted(done for done, _state, _rows in seen)
    assert {(state, rows) for _done, state, rows in seen} == {("running", 0)}
    assert Task.objects.filter(batch=batch).count() == 2000


def _look(source_id: int, seen: list[tuple[int, str, int]]) -> None:
    try:
        source = Import.objects.get(pk=source_id)
        seen.append((source.done, source.state, Task.objects.filter(source=source).count()))
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_the_sweep_leaves_an_import_alone_whose_last_transaction_is_under_way(
    batch: Batch, clock: Any
) -> None:
    source = start(batch, GOOD)
    Import.objects.filter(pk=source.pk).update(state="running", lease_until=clock.now())
    clock.forward(minutes=1)
    moved: list[int] = []

    def sweep() -> None:
        try:
            moved.append(imports.sweep())
        finally:
            connection.close()

    with transaction.atomic():
        Import.objects.select_for_update().get(pk=source.pk)
        other = threading.Thread(target=sweep)
        other.start()
        other.join(timeout=10)
        waited = other.is_alive()
    other.join()
    assert not waited
    assert moved == [0]
    assert imports.sweep() == 1


@pytest.mark.django_db(transaction=True)
def test_the_role_of_the_application_may_load_rows(batch: Batch, as_application: Any) -> None:
    with as_application.cursor() as cursor:
        cursor.execute(loading.CREATE_STAGING)
        cursor.copy_expert(loading.COPY, io.BytesIO(b'1\t{"name": "x"}\n'))
        values = {"batch": batch.pk, "source": None, "after": 0, "overlap": 1}
        cursor.execute(loading.INSERT, values)
    assert json.loads(json.dumps(batch.tasks.get().data)) == {"name": "x"}


def test_memory_stays_flat_while_a_large_file_is_read(batch: Batch, tmp_path: Path) -> None:
    import tracemalloc

    path = tmp_path / "large.csv"
    path.write_bytes(b"name,text\n" + b"".join(b"n%d,%s\n" % (n, b"x" * 200) for n in range(60_000)))
    with path.open("rb") as upload:
        source = imports.start(batch=batch, actor=batch.created_by, upload=upload, filename="large.csv")
    tracemalloc.start()
    imports.run(source.pk)
    _now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert batch.tasks.count() == 60_000
    assert peak < 8_000_000  # the file has 13 MB
