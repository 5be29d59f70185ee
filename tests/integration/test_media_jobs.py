"""The media of a batch under way: jobs that are killed or overtaken, copies and ends, the laws of the tables."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from django.db import IntegrityError, transaction

from marketplace.delivery import relay
from tasks.models import Batch, Medium, SentFile
from tasks.services import batches, media, media_uploads, media_work
from tests import batch_media, market
from tests.batch_media import load, send, states

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_files(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def batch(atelier: Any, alice: Any) -> Batch:
    return batch_media.draft(atelier, alice)


@pytest.fixture
def made(monkeypatch: Any) -> list[str]:
    return batch_media.make_at_once(monkeypatch)


# --- what goes wrong in between -----------------------------------------------------------------------------


def test_a_job_that_is_killed_loses_nothing(
    batch: Batch, made: list[str], monkeypatch: Any, clock: Any
) -> None:
    send(batch, "lamp.png", b"lamp")
    load(batch, b"photo\nlamp.png\n")
    assert len(media_work.take()) == 1  # and the process is gone
    assert media_work.work() == {"ready": 0, "failed": 0, "later": 0}
    clock.forward(minutes=3)
    assert media_work.work()["later"] == 1
    clock.forward(minutes=1)
    assert media_work.work()["ready"] == 1


def test_a_file_that_fells_every_job_is_given_up_with_a_sentence(batch: Batch, clock: Any) -> None:
    send(batch, "lamp.png", b"lamp")
    load(batch, b"photo\nlamp.png\n")
    for _ in range(media_work.MOST_ATTEMPTS):
        assert len(media_work.take()) == 1
        clock.forward(minutes=5)
        media_work.sweep()
        clock.forward(minutes=5)
    medium = Medium.objects.get()
    assert medium.state == "failed"
    assert "several times" in medium.failure


def test_one_that_was_tried_before_comes_alone(batch: Batch, clock: Any) -> None:
    load(batch)
    Medium.objects.update(attempts=1)
    assert len(media_work.take()) == 1
    Medium.objects.update(attempts=0, state="waiting", lease_until=None)
    assert len(media_work.take()) == 2


def test_a_job_that_was_overtaken_writes_nothing(batch: Batch, made: list[str], clock: Any) -> None:
    send(batch, "lamp.png", b"lamp")
    load(batch, b"photo\nlamp.png\n")
    (slow,) = media_work.take()
    clock.forward(minutes=3)
    media_work.work()
    clock.forward(minutes=3)
    media_work.work()
    assert media_work._fail(slow, "Too late.") == "failed"
    assert Medium.objects.get().state == "ready"


def test_a_storage_that_fails_is_not_the_fault_of_the_file(
    batch: Batch, made: list[str], monkeypatch: Any, clock: Any
) -> None:
    send(batch, "lamp.png", b"lamp")
    load(batch, b"photo\nlamp.png\n")
    with monkeypatch.context() as patched:
        patched.setattr(media_work.shelf, "put", _full)
        assert media_work.work()["later"] == 1
    clock.forward(seconds=20)
    assert media_work.work()["ready"] == 1


def _full(*_args: Any) -> str:
    raise OSError(28, "no space")


def test_a_medium_whose_rows_went_meanwhile_leaves_no_file(
    batch: Batch, made: list[str], monkeypatch: Any
) -> None:
    send(batch, "lamp.png", b"lamp")
    load(batch, b"photo\nlamp.png\n")
    put = media_work.shelf.put

    def and_go(name: str, path: Path) -> str:
        return put(name, path)

    monkeypatch.setattr(media_work.shelf, "put", and_go)
    (job,) = media_work.take()
    stored = media_work._stored(media_work._with_original(job))
    Medium.objects.all().delete()
    media_work._ready(job, stored)
    assert not [path for path in (Path(configured.MEDIA_ROOT) / "media").rglob("*") if path.is_file()]


# --- copies and the end -------------------------------------------------------------------------------------


def test_a_copy_of_a_batch_has_its_files_also_when_the_first_is_thrown_away(
    batch: Batch, alice: Any, made: list[str]
) -> None:
    send(batch, "lamp.png", b"lamp")
    copy = batches.duplicate(batch=batch, actor=alice)
    relay.drain(slow=True)
    media.copy(batch.pk, copy.pk)  # once more
    batches.discard(batch=batch, actor=alice)
    relay.drain()
    assert not (Path(configured.MEDIA_ROOT) / "uploads" / batch.public_id).exists()
    load(copy, b"photo\nlamp.png\n")
    media_work.work()
    assert states(copy) == {"lamp.png": "ready"}


def test_a_draft_that_is_thrown_away_leaves_no_file(batch: Batch, alice: Any, made: list[str]) -> None:
    send(batch, "lamp.png", b"lamp")
    load(batch, b"photo\nlamp.png\n")
    media_work.work()
    media.remove(batch.public_id)  # of a batch that is there: nothing
    assert Medium.objects.exists()
    assert list(Path(configured.MEDIA_ROOT).rglob("*.webp"))
    batches.discard(batch=batch, actor=alice)
    relay.drain()
    assert not list(Path(configured.MEDIA_ROOT).rglob("*.webp"))
    assert not SentFile.objects.exists()


def test_files_nobody_goes_on_sending_are_forgotten(batch: Batch, clock: Any) -> None:
    sent = media_uploads.begin(batch=batch, name="a.jpg", size=10)
    media_uploads.take(sent=sent, offset=0, piece=b"12345")
    assert media_uploads.forget() == 0
    clock.forward(days=8)
    assert media_uploads.forget() == 1
    assert not SentFile.objects.exists()


# --- the laws of the tables ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("medium_state_known", {"state": "odd"}),
        ("medium_leased_while_working", {"state": "working"}),
        ("medium_says_why_it_failed", {"state": "failed"}),
        ("medium_ready_has_a_kind", {"state": "ready", "kind": ""}),
    ],
)  # fmt: skip
def test_a_medium_that_breaks_a_law_is_not_stored(batch: Batch, name: str, values: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        Medium.objects.create(batch=batch, key="0" * 32, source="a.jpg", **values)


def test_a_cell_is_stored_once(batch: Batch) -> None:
    Medium.objects.create(batch=batch, key="0" * 32, source="a.jpg")
    with pytest.raises(IntegrityError, match="medium_once_per_cell"), transaction.atomic():
        Medium.objects.create(batch=batch, key="0" * 32, source="a.jpg")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("sent_file_state_known", {"state": "odd"}),
        ("sent_file_received_within_size", {"received": 2}),
        ("sent_file_whole_when_kept", {"state": "kept"}),
        ("sent_file_says_why_refused", {"state": "refused"}),
    ],
)  # fmt: skip
def test_a_sent_file_that_breaks_a_law_is_not_stored(batch: Batch, name: str, values: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        SentFile.objects.create(batch=batch, name="a.jpg", base="a.jpg", size=1, **values)


def test_a_name_is_stored_once(batch: Batch) -> None:
    SentFile.objects.create(batch=batch, name="a.jpg", base="a.jpg", size=1)
    with pytest.raises(IntegrityError, match="sent_file_once_per_name"), transaction.atomic():
        SentFile.objects.create(batch=batch, name="a.jpg", base="a.jpg", size=1)


def test_what_is_ready_has_its_files_or_the_nightly_check_says_so(batch: Batch, made: list[str]) -> None:
    from tasks.services import checks

    send(batch, "lamp.png", b"lamp")
    load(batch, b"photo\nlamp.png\n")
    media_work.work()
    market.assert_sound()
    medium = Medium.objects.get()
    (Path(configured.MEDIA_ROOT) / medium.files["page"]["name"]).unlink()
    broken = [check for check in checks.run() if not check.ok]
    assert [(check.name, check.ids) for check in broken] == [("ready_media_have_files", [medium.public_id])]
    assert json.dumps(medium.files)
