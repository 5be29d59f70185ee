"""The media of a batch: from the cells of its rows to files that a browser gets, and a batch that opens with them."""

import io
import socket
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured
from PIL import Image

from marketplace.base.models import OutboxEvent
from marketplace.delivery import relay
from tasks.media import fetching, links
from tasks.media.errors import MediaRefused
from tasks.models import Batch, Medium
from tasks.services import batches, imports, media, media_uploads, media_work
from tests import batch_media, market
from tests.batch_media import FORM, ROWS, load, picture, refused, send, states

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


# --- the straight way ---------------------------------------------------------------------------------------


def test_a_real_picture_is_made_into_sizes_that_the_address_of_its_cell_gives(
    batch: Batch, client: Any
) -> None:
    send(batch, "lamp.png", picture())
    send(batch, "chair.png", picture("blue", (2000, 1000)))
    load(batch)
    assert media_work.work() == {"ready": 2, "failed": 0, "later": 0}
    chair = Medium.objects.get(batch=batch, source="chair.png")
    assert (chair.state, chair.kind, chair.meta) == ("ready", "picture", {"width": 2000, "height": 1000})
    assert set(chair.files) == {"thumb", "page", "full"}
    answer = client.get(links.row(batch, {"photo": "chair.png"}).address("photo", "page"))
    assert answer.status_code == 200
    shown = Image.open(io.BytesIO(b"".join(answer)))
    assert (shown.format, shown.size[0] <= 1280) == ("WEBP", True)


def test_loading_rows_promises_the_collection_and_the_relay_keeps_it(batch: Batch, made: list[str]) -> None:
    source = imports.start(batch=batch, actor=batch.created_by, upload=io.BytesIO(ROWS), filename="rows.csv")
    relay.drain(slow=True)
    relay.drain(slow=True)
    source.refresh_from_db()
    assert source.state == "done"
    assert states(batch) == {"chair.png": "waiting", "lamp.png": "waiting"}


def test_a_form_without_media_promises_nothing(atelier: Any, alice: Any) -> None:
    plain = market.draft(atelier, alice, rows=0)
    load(plain, b"name\nlamp.png\n")
    assert not OutboxEvent.objects.filter(kind="media.collect").exists()
    assert not Medium.objects.exists()


def test_a_cell_is_made_once_however_many_rows_name_it_and_collecting_twice_changes_nothing(
    batch: Batch, made: list[str]
) -> None:
    send(batch, "lamp.png", b"lamp")
    load(batch, b"photo\nlamp.png\n lamp.png \nlamp.png\n\xc2\xa0lamp.png\n")
    assert states(batch) == {"lamp.png": "waiting"}
    assert media.collect(batch.pk) == 0
    media_work.work()
    media_work.work()
    assert made == ["lamp"]
    assert Medium.objects.get(batch=batch).key == links.key_of("\u00a0lamp.png ")


def test_our_own_examples_need_no_making_and_only_those_there_are(batch: Batch, made: list[str]) -> None:
    load(batch, b"photo\nexample:street.webp\n")
    assert states(batch) == {}
    media.require_ready(batch)
    load(batch, b"photo\nexample:none-such.webp\nexample:../secret.webp\n")
    media_work.work()
    assert set(states(batch).values()) == {"failed"}


# --- which file a cell names --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sent", "cell", "found"),
    [
        (["photos/a.jpg"], "photos/a.jpg", "photos/a.jpg"),
        (["photos/a.jpg"], "a.jpg", "photos/a.jpg"),
        (["photos/a.jpg"], r".\photos\a.jpg", "photos/a.jpg"),
        (["A.JPG"], "a.jpg", "A.JPG"),
        (["A.JPG", "a.jpg"], "a.jpg", "a.jpg"),
        (["x/a.jpg", "a.jpg"], "a.jpg", "a.jpg"),
        (["cafe\u0301.jpg"], "caf\u00e9.jpg", "caf\u00e9.jpg"),
        (["x/a.jpg", "y/a.jpg"], "a.jpg", "media_several_files"),
        (["A.jpg", "a.JPG"], "a.jpg", "media_several_files"),
        (["x/a.jpg"], "y/a.jpg", "media_no_file"),
        (["a.jpg"], "../a.jpg", "media_no_file"),
        ([], "a.jpg", "media_no_file"),
    ],
)  # fmt: skip
def test_a_cell_names_a_file_by_its_whole_name_or_by_a_last_part_that_is_unique(
    batch: Batch, sent: list[str], cell: str, found: str
) -> None:
    for name in sent:
        send(batch, name, b"data")
    if found.startswith("media_"):
        refused(found, lambda: media_uploads.find(batch, cell))
    else:
        assert media_uploads.find(batch, cell).name == found


# --- failing, and what can be done --------------------------------------------------------------------------


def test_a_file_that_is_not_there_fails_with_its_rows_and_is_tried_when_it_comes(
    batch: Batch, made: list[str]
) -> None:
    load(batch, b"photo\nlamp.png\nchair.png\nlamp.png\n")
    media_work.work()
    assert media.counts(batch) == {"waiting": 0, "ready": 0, "failed": 2}
    first = media.failures(batch)[0]
    assert (first.cell, first.places) == ("lamp.png", [(1, "photo"), (3, "photo")])
    assert first.reason == "There is no file of that name. Send it, or correct the cell."
    send(batch, "lamp.png", b"lamp")
    assert states(batch) == {"chair.png": "failed", "lamp.png": "waiting"}
    media_work.work()
    assert states(batch) == {"chair.png": "failed", "lamp.png": "ready"}
    lines = b"".join(media.failures_csv(batch)).decode("utf-8-sig").splitlines()
    assert lines[0] == "row,column,cell,reason"
    assert lines[1].startswith('2,photo,chair.png,"There is no file')


def test_a_damaged_file_fails_alone_and_a_better_one_takes_its_place(batch: Batch, made: list[str]) -> None:
    send(batch, "lamp.png", b"x damaged")
    send(batch, "chair.png", b"chair")
    load(batch)
    media_work.work()
    assert states(batch) == {"chair.png": "ready", "lamp.png": "failed"}
    send(batch, "lamp.png", b"better")
    media_work.work()
    assert states(batch) == {"chair.png": "ready", "lamp.png": "ready"}
    assert len(list((Path(configured.MEDIA_ROOT) / "uploads" / batch.public_id).iterdir())) == 2


def test_in_a_draft_a_newer_file_replaces_what_was_ready_and_in_a_live_batch_it_does_not(
    batch: Batch, atelier: Any, alice: Any, made: list[str]
) -> None:
    send(batch, "lamp.png", b"lamp")
    load(batch, b"photo\nlamp.png\n")
    media_work.work()
    send(batch, "lamp.png", b"newer")
    media_work.work()
    assert made == ["lamp", "newer"]
    _publish(batch, atelier, alice)
    send(batch, "lamp.png", b"newest")
    media_work.work()
    assert made == ["lamp", "newer"]


def _publish(batch: Batch, atelier: Any, alice: Any) -> Batch:
    from marketplace.base import clock

    market.fund(atelier)
    atelier.trusted_at = clock.now()
    atelier.save(update_fields=["trusted_at"])
    return batches.publish(batch=batch, actor=alice)


def test_failed_media_can_be_tried_again(batch: Batch, alice: Any, made: list[str]) -> None:
    load(batch)
    media_work.work()
    assert media.try_again(batch=batch, actor=alice) == 2
    assert set(states(batch).values()) == {"waiting"}


def test_rows_of_failed_media_are_left_out_of_a_draft(batch: Batch, alice: Any, made: list[str]) -> None:
    send(batch, "lamp.png", b"lamp")
    source = load(batch)
    media_work.work()
    assert media.leave_out(batch=batch, actor=alice) == 1
    source.refresh_from_db()
    assert (source.good, source.bad, source.state) == (1, 1, "done")
    assert states(batch) == {"lamp.png": "ready"}
    market.assert_sound()


def test_an_import_of_which_no_row_is_left_is_given_up(batch: Batch, alice: Any, made: list[str]) -> None:
    source = load(batch)
    media_work.work()
    assert media.leave_out(batch=batch, actor=alice) == 2
    source.refresh_from_db()
    assert (source.good, source.state) == (0, "cancelled")
    assert not Medium.objects.exists()
    market.assert_sound()


def test_rows_that_are_taken_out_take_their_media_and_files_along(
    batch: Batch, alice: Any, made: list[str]
) -> None:
    send(batch, "lamp.png", b"lamp")
    load(batch, b"photo\nlamp.png\n")
    media_work.work()
    kept = Path(configured.MEDIA_ROOT) / "media" / batch.public_id
    assert len([path for path in kept.rglob("*") if path.is_file()]) == 3
    imports.clear(batch=batch, actor=alice)
    relay.drain(slow=True)
    relay.drain(slow=True)
    assert not Medium.objects.exists()
    assert not [path for path in kept.rglob("*") if path.is_file()]


# --- addresses ----------------------------------------------------------------------------------------------


@pytest.fixture
def web(monkeypatch: Any) -> dict[str, Any]:
    """The world outside: what each address gives, bytes or a refusal."""
    known: dict[str, Any] = {}

    def fetch(url: str, into: Path, **_limits: Any) -> None:
        found = known[url]
        if isinstance(found, MediaRefused):
            raise found
        into.write_bytes(found)

    monkeypatch.setattr(fetching, "fetch", fetch)
    return known


def test_an_address_is_fetched(batch: Batch, made: list[str], web: dict[str, Any]) -> None:
    web["https://shop.example/lamp.png"] = b"lamp"
    load(batch, b"photo\nhttps://shop.example/lamp.png\n")
    media_work.work()
    assert states(batch) == {"https://shop.example/lamp.png": "ready"}


def test_a_server_that_does_not_answer_is_asked_three_times_with_a_pause(
    batch: Batch, made: list[str], web: dict[str, Any], clock: Any
) -> None:
    web["https://shop.example/lamp.png"] = MediaRefused("no_answer", host="shop.example")
    load(batch, b"photo\nhttps://shop.example/lamp.png\n")
    for pause in (16, 91):
        assert media_work.work() == {"ready": 0, "failed": 0, "later": 1}
        assert media_work.work() == {"ready": 0, "failed": 0, "later": 0}
        clock.forward(seconds=pause)
    assert media_work.work()["failed"] == 1
    assert "shop.example" in Medium.objects.get().failure


@pytest.mark.parametrize(("status", "tries"), [(404, 1), (403, 1), (503, 3), (429, 3)])
def test_only_an_answer_that_may_pass_is_asked_for_again(
    batch: Batch, made: list[str], web: dict[str, Any], clock: Any, status: int, tries: int
) -> None:
    web["https://shop.example/lamp.png"] = MediaRefused("status", host="shop.example", status=status)
    load(batch, b"photo\nhttps://shop.example/lamp.png\n")
    for _ in range(3):
        media_work.work()
        clock.forward(seconds=100)
    medium = Medium.objects.get()
    assert (medium.state, medium.attempts) == ("failed", tries)


def test_an_address_of_our_own_network_is_refused_by_the_real_fetcher(batch: Batch) -> None:
    load(batch, b"photo\nhttps://127.0.0.1/lamp.png\nhttp://shop.example/a.png\nfile:///etc/passwd\n")
    media_work.work()
    assert set(states(batch).values()) == {"failed"}
    assert socket  # nothing was connected to: tests may not


# --- publishing ---------------------------------------------------------------------------------------------


def test_a_batch_opens_only_when_every_file_that_its_rows_name_is_ready(
    batch: Batch, atelier: Any, alice: Any, made: list[str]
) -> None:
    market.fund(atelier)
    send(batch, "lamp.png", b"lamp")
    load(batch)
    refusal = refused("media_not_ready", lambda: batches.publish(batch=batch, actor=alice))
    assert (refusal.status, refusal.params) == (409, {"n": 2})
    media_work.work()
    assert refused("media_not_ready", lambda: batches.publish(batch=batch, actor=alice)).params == {"n": 1}
    send(batch, "chair.png", b"chair")
    media_work.work()
    assert batches.publish(batch=batch, actor=alice).state != "draft"


def test_rows_that_were_never_collected_keep_a_batch_closed_too(batch: Batch, alice: Any) -> None:
    load(batch)
    Medium.objects.all().delete()
    refused("media_not_ready", lambda: batches.publish(batch=batch, actor=alice))


def test_a_column_that_becomes_one_of_pictures_is_collected_then(batch: Batch, alice: Any) -> None:
    text = {"show": [{"as": "text", "column": "photo"}], "fields": market.FORM["fields"]}
    batches.update_draft(batch=batch, actor=alice, form=text)
    load(batch)
    assert not Medium.objects.exists()
    batch.refresh_from_db()
    batches.update_draft(batch=batch, actor=alice, form=FORM)
    relay.drain(slow=True)
    assert set(states(batch)) == {"lamp.png", "chair.png"}


def test_rows_for_a_live_batch_wait_for_their_files_or_go_without_them(
    batch: Batch, atelier: Any, alice: Any, made: list[str]
) -> None:
    send(batch, "lamp.png", b"lamp")
    load(batch, b"photo\nlamp.png\n")
    media_work.work()
    live = _publish(batch, atelier, alice)
    source = load(live, b"photo\nlamp.png\nchair.png\n")
    assert source.state == "needs_funds"
    refused("media_not_ready", lambda: batches.fund_rows(source=source, actor=alice))
    media_work.work()
    assert media.leave_out(batch=live, actor=alice) == 1
    source.refresh_from_db()
    batches.fund_rows(source=source, actor=alice)
    assert live.tasks.filter(is_open=True).count() == 2
    market.assert_sound()
