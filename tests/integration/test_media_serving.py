"""The files that rows name, as a browser gets them: by a signed address, from us alone, in parts where it asks."""

import io
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from marketplace.base import clock as house_clock
from tasks.media import links, shelf
from tasks.models import Batch, Medium
from tests import market

pytestmark = pytest.mark.django_db
DATA = bytes(range(256)) * 4


@pytest.fixture
def medium(atelier: Any, alice: Any, tmp_path: Path, settings: Any) -> Medium:
    """A sound of a draft, ready, 1024 bytes."""
    settings.MEDIA_ROOT = tmp_path
    batch = market.draft(atelier, alice, rows=0)
    key = links.key_of("a.mp3")
    name = default_storage.save(f"media/{batch.public_id}/{key}/full.m4a", ContentFile(DATA))
    return Medium.objects.create(
        batch=batch, key=key, source="a.mp3", state="ready", kind="sound", finished_at=house_clock.now(),
        files={"full": {"name": name, "bytes": len(DATA)}},
    )  # fmt: skip


def address(medium: Medium, size: str = "full") -> str:
    return links.address(medium.batch.public_id, medium.key, size)


def body(answer: Any) -> bytes:
    return b"".join(answer) if answer.streaming else answer.content


def test_anybody_with_the_address_gets_the_file_and_nothing_that_could_run(
    client: Any, medium: Medium
) -> None:
    answer = client.get(address(medium), headers={"Accept-Encoding": "gzip"})
    assert (answer.status_code, body(answer)) == (200, DATA)
    assert answer["Content-Type"] == "audio/mp4"
    assert answer["Content-Length"] == "1024"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["Accept-Ranges"] == "bytes"
    assert "Content-Encoding" not in answer
    assert "Set-Cookie" not in answer


@pytest.mark.parametrize(
    ("asked", "status", "expected", "said"),
    [
        ("bytes=0-9", 206, DATA[:10], "bytes 0-9/1024"),
        ("bytes=1000-", 206, DATA[1000:], "bytes 1000-1023/1024"),
        ("bytes=-24", 206, DATA[1000:], "bytes 1000-1023/1024"),
        ("bytes=-5000", 206, DATA, "bytes 0-1023/1024"),
        ("bytes=1000-5000", 206, DATA[1000:], "bytes 1000-1023/1024"),
        ("bytes=1024-", 416, b"", "bytes */1024"),
        ("bytes=9-5", 416, b"", "bytes */1024"),
        ("bytes=-0", 416, b"", "bytes */1024"),
        ("bytes=0-1,4-5", 200, DATA, None),
        ("bytes=-", 200, DATA, None),
        ("lines=0-1", 200, DATA, None),
        (f"bytes={'9' * 5000}-", 200, DATA, None),
    ],
)
def test_a_part_is_given_where_it_is_asked_for(
    client: Any, medium: Medium, asked: str, status: int, expected: bytes, said: str | None
) -> None:
    answer = client.get(address(medium), headers={"Range": asked, "Accept-Encoding": "gzip"})
    assert (answer.status_code, body(answer)) == (status, expected)
    assert answer.headers.get("Content-Range") == said
    if status != 416:
        assert answer["Content-Length"] == str(len(expected))


def test_a_part_of_an_older_file_is_answered_with_the_whole(client: Any, medium: Medium) -> None:
    etag = client.get(address(medium))["ETag"]
    same = client.get(address(medium), headers={"Range": "bytes=0-9", "If-Range": etag})
    older = client.get(address(medium), headers={"Range": "bytes=0-9", "If-Range": '"older"'})
    assert (same.status_code, older.status_code) == (206, 200)


def test_what_the_browser_has_is_not_sent_again_and_a_draft_asks_each_time(
    client: Any, medium: Medium
) -> None:
    first = client.get(address(medium))
    assert first["Cache-Control"] == "private, no-cache"
    assert client.get(address(medium), headers={"If-None-Match": first["ETag"]}).status_code == 304
    Batch.objects.filter(pk=medium.batch_id).update(
        state="published", published_at=house_clock.now(), fee_rate=0, vat_rate=0, reserve_rate=0
    )
    assert client.get(address(medium))["Cache-Control"] == "private, max-age=86400"


def test_a_wrong_or_ended_address_is_a_page_that_is_not_there(
    client: Any, medium: Medium, clock: Any
) -> None:
    good = address(medium)
    for wrong in (
        good[:-1] + "x",
        good.replace("/full/", "/page/"),
        urlsplit(good).path,
        good.replace("sig=", "s="),
    ):
        assert client.get(wrong).status_code == 404
    until = parse_qs(urlsplit(good).query)["until"][0]
    assert client.get(good.replace(until, str(int(until) + 86_400))).status_code == 404
    assert client.get(good).status_code == 200
    clock.forward(days=3)
    assert client.get(good).status_code == 404


def test_what_is_not_ready_or_has_lost_its_file_is_not_there(client: Any, medium: Medium) -> None:
    shelf.remove([medium.files["full"]["name"]])
    assert client.get(address(medium)).status_code == 404
    Medium.objects.filter(pk=medium.pk).update(state="waiting")
    assert client.get(address(medium)).status_code == 404
    assert client.get(links.address(medium.batch.public_id, "0" * 32, "full")).status_code == 404


def test_a_size_that_was_not_made_gives_the_full_one_and_a_missing_page_nothing(
    client: Any, medium: Medium
) -> None:
    assert client.get(address(medium, "page")).status_code == 200
    assert client.get(address(medium, "p7")).status_code == 404
    assert client.get(address(medium, "peaks")).status_code == 404


def test_only_reading_is_allowed_and_a_head_has_no_body(client: Any, medium: Medium) -> None:
    assert client.post(address(medium)).status_code == 405
    answer = client.head(address(medium))
    assert (answer.status_code, answer["Content-Length"], body(answer)) == (200, "1024", b"")


# --- a bucket -----------------------------------------------------------------------------------------------


def test_a_bucket_is_chosen_by_the_environment(monkeypatch: Any) -> None:
    import json
    import os
    import subprocess
    import sys

    show = (
        "import json, django; django.setup(); from django.conf import settings; "
        "from django.core.files.storage import default_storage as s; "
        "print(json.dumps([settings.STORAGES['default']['BACKEND'], getattr(s, 'bucket_name', ''),"
        " getattr(s, 'endpoint_url', '')]))"
    )

    def chosen(**extra: str) -> Any:
        known = {key: value for key, value in os.environ.items() if not key.startswith("S3_")}
        ran = subprocess.run(
            [sys.executable, "-c", show], env={**known, **extra}, capture_output=True, text=True, check=True
        )
        return json.loads(ran.stdout.splitlines()[-1])

    assert chosen() == ["django.core.files.storage.FileSystemStorage", "", ""]
    there = chosen(
        S3_BUCKET="media", S3_ENDPOINT_URL="https://s3.example", S3_REGION="eu", S3_ACCESS_KEY_ID="k",
        S3_SECRET_ACCESS_KEY="s",
    )  # fmt: skip
    assert there == ["storages.backends.s3.S3Storage", "media", "https://s3.example"]


class Bucket:
    """As much of a bucket as is asked for a part of an object."""

    bucket_name = "media"

    def __init__(self) -> None:
        self.asked: list[dict[str, str]] = []
        self.connection = self.meta = self.client = self

    def _normalize_name(self, name: str) -> str:
        return name

    def get_object(self, **asked: str) -> Any:
        from botocore.exceptions import ClientError
        from botocore.response import StreamingBody

        self.asked.append(asked)
        if asked["Key"].endswith("gone"):
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        first, last = asked["Range"].removeprefix("bytes=").split("-")
        part = DATA[int(first) : int(last) + 1]
        return {"Body": StreamingBody(io.BytesIO(part), len(part))}


def test_a_part_of_an_object_is_asked_of_the_bucket_and_passes_through_us(
    client: Any, medium: Medium, monkeypatch: Any
) -> None:
    bucket = Bucket()
    monkeypatch.setattr(shelf, "default_storage", bucket)
    answer = client.get(address(medium), headers={"Range": "bytes=10-19"})
    assert (answer.status_code, body(answer)) == (206, DATA[10:20])
    assert bucket.asked == [{"Bucket": "media", "Key": medium.files["full"]["name"], "Range": "bytes=10-19"}]
    Medium.objects.filter(pk=medium.pk).update(files={"full": {"name": "gone", "bytes": 9}})
    assert client.get(address(medium)).status_code == 404
