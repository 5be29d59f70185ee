"""Files that a requester sends beside the rows: in pieces, whole, or in a ZIP that may mean harm."""

import io
import stat
import struct
import unicodedata
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings as configured

from marketplace.base.models import OutboxEvent
from marketplace.delivery import relay
from tasks.models import Batch, Medium, SentFile
from tasks.services import media_uploads, media_zip
from tests import market
from tests.personas import log_in

pytestmark = pytest.mark.django_db
FORM = {"show": [{"as": "image", "column": "photo"}], "fields": market.FORM["fields"]}


@pytest.fixture(autouse=True)
def _own_files(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def batch(atelier: Any, alice: Any) -> Batch:
    return market.draft(atelier, alice, rows=0, form=FORM)


@pytest.fixture
def post(batch: Batch, alice: Any) -> Callable[..., Any]:
    """Send a piece as the page's script does; the answer as JSON with its status."""
    browser = log_in(alice)

    def post_(body: bytes, **query: Any) -> Any:
        address = f"/batches/{batch.public_id}/media/send/?{urlencode({'modified': 1, **query})}"
        answer = browser.post(address, body, content_type="application/octet-stream")
        return answer.status_code, answer.json()

    post_.browser = browser  # type: ignore[attr-defined]
    return post_


def stored(batch: Batch) -> list[bytes]:
    folder = media_uploads.folder(batch.public_id)
    return sorted(path.read_bytes() for path in folder.iterdir()) if folder.exists() else []


# --- pieces -------------------------------------------------------------------------------------------------


def test_a_file_comes_in_pieces_and_is_whole_with_the_last(batch: Batch, post: Any) -> None:
    assert post(b"12345", name="a.jpg", size=8, offset=0) == (200, {"offset": 5, "done": False})
    assert post(b"678", name="a.jpg", size=8, offset=5) == (200, {"offset": 8, "done": True})
    sent = SentFile.objects.get()
    assert (sent.state, sent.received, stored(batch)) == ("kept", 8, [b"12345678"])


def test_who_asks_learns_where_to_go_on_after_a_break(batch: Batch, post: Any) -> None:
    post(b"12345", name="a.jpg", size=8, offset=0)
    assert post(b"", name="a.jpg", size=8, offset=0) == (200, {"offset": 5, "done": False})
    assert post(b"12345", name="a.jpg", size=8, offset=0) == (200, {"offset": 5, "done": False})
    assert post(b"8", name="a.jpg", size=8, offset=7) == (200, {"offset": 5, "done": False})
    assert post(b"6789", name="a.jpg", size=8, offset=5) == (200, {"offset": 5, "done": False})
    assert stored(batch) == [b"12345"]
    assert post(b"678", name="a.jpg", size=8, offset=5)[1]["done"]
    assert post(b"678", name="a.jpg", size=8, offset=5) == (200, {"offset": 8, "done": True})
    assert stored(batch) == [b"12345678"]


def test_what_a_crash_wrote_past_the_last_piece_does_not_count(batch: Batch, post: Any) -> None:
    post(b"12345", name="a.jpg", size=8, offset=0)
    path = media_uploads.path_of(SentFile.objects.get())
    path.write_bytes(b"12345xxxxxxxx")
    post(b"678", name="a.jpg", size=8, offset=5)
    assert stored(batch) == [b"12345678"]


def test_another_file_of_the_same_name_begins_anew(batch: Batch, post: Any) -> None:
    post(b"12345", name="a.jpg", size=8, offset=0)
    assert post(b"", name="a.jpg", size=8, offset=0, modified=2)[1] == {"offset": 0, "done": False}
    assert post(b"", name="a.jpg", size=9, offset=0, modified=2)[1] == {"offset": 0, "done": False}
    assert stored(batch) == []


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ({"name": "a.jpg", "size": 101}, 413, "media_too_large"),
        ({"name": "a.zip", "size": 1001}, 413, "media_too_large"),
        ({"name": "../a.jpg", "size": 1}, 400, "media_bad_name"),
        ({"name": "", "size": 1}, 400, "media_bad_name"),
        ({"name": "a\x00\n.jpg", "size": 1}, 400, "media_bad_name"),
        ({"name": "x" * 501, "size": 1}, 400, "media_bad_name"),
        ({"name": "a.jpg", "size": 0}, 400, "invalid"),
        ({"name": "a.jpg", "size": -1}, 400, "invalid"),
        ({"name": "a.jpg", "size": "²"}, 400, "invalid"),
        ({"name": "a.jpg"}, 400, "invalid"),
    ],
)
def test_what_can_not_be_taken_is_refused_before_a_byte_is_stored(
    batch: Batch, post: Any, settings: Any, query: dict[str, Any], status: int, code: str
) -> None:
    settings.MEDIA_MAX_FILE_BYTES, settings.MEDIA_MAX_ZIP_BYTES = 100, 1000
    got, answer = post(b"1", offset=0, **query)
    assert (got, answer["code"]) == (status, code)
    assert "%" not in answer["detail"]
    assert not SentFile.objects.exists()
    assert stored(batch) == []


def test_a_piece_larger_than_agreed_is_refused(post: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(media_uploads, "PIECE", 4)
    assert post(b"12345", name="a.jpg", size=8, offset=0)[0] == 400


def test_a_batch_holds_only_so_many_files_and_bytes(post: Any, settings: Any) -> None:
    settings.MEDIA_MAX_FILES = 1
    assert post(b"1", name="a.jpg", size=1, offset=0)[0] == 200
    assert post(b"1", name="b.jpg", size=1, offset=0)[1]["code"] == "media_too_many"
    settings.MEDIA_MAX_FILES, settings.MEDIA_MAX_BATCH_BYTES = 10, 5
    assert post(b"1", name="b.jpg", size=5, offset=0)[1]["code"] == "media_too_many"


def test_an_ended_batch_takes_no_file(batch: Batch, post: Any) -> None:
    Batch.objects.filter(pk=batch.pk).update(
        state="completed", closed_at="2026-01-01T00:00Z", published_at="2026-01-01T00:00Z",
        fee_rate=0, vat_rate=0, reserve_rate=0,
    )  # fmt: skip
    assert post(b"1", name="a.jpg", size=1, offset=0)[1]["code"] == "import_not_now"


def test_a_browser_without_scripts_sends_whole_files_and_hears_which_were_refused(
    batch: Batch, post: Any
) -> None:
    files = [io.BytesIO(b"one"), io.BytesIO(b"two")]
    files[0].name, files[1].name = "a.jpg", "b.jpg"
    page = f"/batches/{batch.public_id}/media/"
    assert post.browser.post(page, {"files": files}).status_code == 302
    assert stored(batch) == [b"one", b"two"]
    empty = io.BytesIO(b"")
    empty.name = "c.jpg"
    answer = post.browser.post(page, {"files": [empty]})
    assert answer.status_code == 400
    assert "c.jpg" in answer.content.decode()


# --- ZIP ----------------------------------------------------------------------------------------------------


def archive(entries: dict[str, bytes], **options: Any) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in entries.items():
            made.writestr(name, data, **options)
    return file.getvalue()


def unpack(batch: Batch, data: bytes, name: str = "all.zip") -> None:
    media_uploads.store(batch=batch, name=name, upload=io.BytesIO(data), size=len(data))
    relay.drain(slow=True)


def rows(batch: Batch) -> dict[str, str]:
    return dict(SentFile.objects.filter(batch=batch).values_list("name", "state"))


def test_a_zip_becomes_its_files_with_their_folders_and_wakes_the_media_that_waited(batch: Batch) -> None:
    Medium.objects.create(
        batch=batch, key="0" * 32, source="a.jpg", base="a.jpg", state="failed", failure="Gone."
    )
    accented = unicodedata.normalize("NFD", "été.jpg")
    entries = {
        "photos/a.jpg": b"one", accented: b"two", "__MACOSX/photos/._a.jpg": b"x", ".DS_Store": b"x",
        "photos/Thumbs.db": b"x",
    }  # fmt: skip
    unpack(batch, archive(entries))
    assert rows(batch) == {"photos/a.jpg": "kept", "été.jpg": "kept"}
    assert stored(batch) == [b"one", b"two"]  # the ZIP itself is gone
    assert Medium.objects.get().state == "waiting"


def test_unpacking_twice_changes_nothing_also_after_a_crash_in_between(
    batch: Batch, monkeypatch: Any
) -> None:
    data = archive({"a.jpg": b"one", "b.jpg": b"two"})
    media_uploads.store(batch=batch, name="all.zip", upload=io.BytesIO(data), size=len(data))
    sent = SentFile.objects.get()
    real, done = media_zip._write, []

    def dies(*args: Any) -> None:
        if done:
            raise MemoryError
        done.append(1)
        real(*args)

    with monkeypatch.context() as patched:
        patched.setattr(media_zip, "_write", dies)
        with pytest.raises(MemoryError):
            media_zip.unpack(sent.pk)
    media_zip.unpack(sent.pk)
    media_zip.unpack(sent.pk)
    assert rows(batch) == {"a.jpg": "kept", "b.jpg": "kept"}
    assert stored(batch)[-2:] == [b"one", b"two"]


def link(target: str) -> bytes:
    entry = zipfile.ZipInfo("link.jpg")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr(entry, target)
        made.writestr("good.jpg", b"good")
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "bad"),
    [
        (archive({"../../etc/cron.d/x": b"x", "good.jpg": b"good"}), "../../etc/cron.d/x"),
        (archive({"/etc/passwd": b"x", "good.jpg": b"good"}), "etc/passwd"),
        (archive({"inner.zip": b"x", "good.jpg": b"good"}), "inner.zip"),
        (archive({"large.jpg": b"x" * 101, "good.jpg": b"good"}), "large.jpg"),
        (link("/etc/passwd"), "link.jpg"),
    ],
    ids=["slip", "absolute", "nested", "large", "link"],
)  # fmt: skip
def test_what_means_harm_in_a_zip_is_listed_and_the_rest_goes_on(
    batch: Batch, settings: Any, data: bytes, bad: str
) -> None:
    settings.MEDIA_MAX_FILE_BYTES = 100
    unpack(batch, data)
    found = rows(batch)
    assert found.pop("good.jpg") == "kept"
    assert found == {bad: "refused"}
    assert b"good" in stored(batch)
    assert not (Path(configured.MEDIA_ROOT).parent / "etc").exists()


def test_a_damaged_file_in_a_zip_is_listed_and_the_rest_goes_on(batch: Batch) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as made:
        made.writestr("bad.jpg", b"one two three")
        made.writestr("good.jpg", b"good")
    unpack(batch, file.getvalue().replace(b"one two three", b"one twx three"))
    assert rows(batch) == {"bad.jpg": "refused", "good.jpg": "kept"}
    assert stored(batch) == [b"good"]


def encrypted() -> bytes:
    data = bytearray(archive({"a.jpg": b"one"}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("data", "word"),
    [
        (b"no zip at all", "damaged"),
        (archive({"a.jpg": b"one"})[:40], "damaged"),
        (encrypted(), "password"),
        (archive({"bomb.jpg": b"\x00" * 12_000_000}), "harmful"),
        (archive({".hidden": b"x"}), "no file"),
        (archive({str(n): b"x" for n in range(6)}), "at most 5 files"),
    ],
    ids=["text", "cut", "encrypted", "bomb", "empty", "many"],
)  # fmt: skip
def test_a_zip_that_can_not_be_unpacked_is_refused_whole_with_the_reason(
    batch: Batch, settings: Any, data: bytes, word: str
) -> None:
    settings.MEDIA_MAX_FILES = 5
    unpack(batch, data)
    sent = SentFile.objects.get()
    assert sent.state == "refused"
    assert word in sent.failure
    assert stored(batch) == []
    page = media_uploads.overview(batch)
    assert page["refused"] == [{"name": "all.zip", "failure": sent.failure}]
    assert not OutboxEvent.objects.filter(kind="media.unpack", done_at__isnull=True).exists()


def test_the_directory_of_a_zip_is_not_read_when_it_is_longer_than_our_files_need(
    batch: Batch, settings: Any, monkeypatch: Any
) -> None:
    """Millions of names without files: the ZIP is small, and what zipfile makes of it is not."""
    settings.MEDIA_MAX_FILES = 5
    data = archive({"a.jpg": b"one"})
    entry = data[data.index(b"PK\x01\x02") : data.index(b"PK\x05\x06")]
    directory = entry * 300
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, len(directory), 0, 0)
    monkeypatch.setattr(zipfile, "ZipFile", None)
    unpack(batch, directory + end)
    assert "at most 5 files" in SentFile.objects.get().failure


def test_a_refused_zip_can_be_sent_again(batch: Batch) -> None:
    unpack(batch, b"no zip at all")
    unpack(batch, archive({"a.jpg": b"one"}))
    assert rows(batch) == {"a.jpg": "kept"}


# --- the page -----------------------------------------------------------------------------------------------


def test_the_page_asks_again_while_something_moves_and_lists_what_failed_after(
    batch: Batch, post: Any
) -> None:
    page = f"/batches/{batch.public_id}/media/"
    row = Medium.objects.create(batch=batch, key="0" * 32, source="lamp.png", base="lamp.png")
    fragment = post.browser.get(page, headers={"HX-Request": "true"}).content.decode()
    assert "every 2s" in fragment
    assert "<html" not in fragment
    assert "0 of 1 file is ready" in fragment
    other = Medium.objects.create(
        batch=batch,
        key="1" * 32,
        source="cup.png",
        base="cup.png",
        state="failed",
        failure="It is no picture.",
    )
    assert "It is no picture." in post.browser.get(page).content.decode(), (
        "said at once, not after the last one"
    )
    other.delete()
    market.add_rows(batch, 2)
    batch.tasks.filter(row_number=2).update(data={"photo": " lamp.png"})
    Medium.objects.filter(pk=row.pk).update(state="failed", failure="It is <b>broken</b>.")
    whole = post.browser.get(page).content.decode()
    assert "every 2s" not in whole
    assert "It is &lt;b&gt;broken&lt;/b&gt;." in whole
    assert '<td data-label="Rows">2</td>' in whole
    answer = post.browser.get(page + "failed.csv")
    assert b"2,photo,lamp.png,It is <b>broken</b>." in b"".join(answer)


def test_what_failed_is_tried_again_or_left_out_by_its_button(batch: Batch, post: Any) -> None:
    page = f"/batches/{batch.public_id}/media/"
    market.add_rows(batch, 2)
    batch.tasks.filter(row_number=2).update(data={"photo": "lamp.png"})
    Medium.objects.create(batch=batch, key="0" * 32, source="lamp.png", state="failed", failure="Gone.")
    assert post.browser.post(page + "again/").status_code == 302
    assert Medium.objects.get().state == "waiting"
    post.browser.post(page + "leave-out/")
    assert batch.tasks.count() == 2, "a file that may still come keeps its row"
    Medium.objects.update(state="failed", failure="Gone.")
    said = post.browser.post(page + "leave-out/", follow=True).content.decode()
    assert "1 row was left out." in said
    assert batch.tasks.count() == 1


def test_the_review_step_names_what_is_not_ready_beside_what_else_is_missing(
    batch: Batch, post: Any, settings: Any
) -> None:
    market.add_rows(batch, 1)
    batch.tasks.update(data={"photo": "lamp.png"})
    Batch.objects.filter(pk=batch.pk).update(columns=["photo"], reward_micros=0)
    page = post.browser.get(f"/batches/{batch.public_id}/review/").content.decode()
    assert "Set a price for each answer." in page
    assert "1 file that your rows name is not ready yet." in page
    assert f"/batches/{batch.public_id}/media/" in page
