"""A batch whose rows name pictures, and files to send for it: for the tests of what becomes of them."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from marketplace.base.errors import Refusal
from tasks.media.errors import MediaRefused
from tasks.models import Batch, Import, Medium, SentFile
from tasks.services import imports, media, media_uploads, media_work
from tests import market

FORM = {"show": [{"as": "image", "column": "photo"}], "fields": market.FORM["fields"]}
ROWS = b"photo\nlamp.png\nchair.png\n"


def draft(organisation: Any, actor: Any) -> Batch:
    """A draft whose form shows the picture in the column `photo`, without rows."""
    made = market.draft(organisation, actor, rows=0, form=FORM)
    Batch.objects.filter(pk=made.pk).update(columns=[])
    made.refresh_from_db()
    return made


def picture(colour: str = "red", size: tuple[int, int] = (64, 48)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def send(batch: Batch, name: str, data: bytes) -> SentFile:
    return media_uploads.store(batch=batch, name=name, upload=io.BytesIO(data), size=len(data))


def load(batch: Batch, data: bytes = ROWS) -> Import:
    source = imports.start(batch=batch, actor=batch.created_by, upload=io.BytesIO(data), filename="rows.csv")
    imports.run(source.pk)
    media.collect(batch.pk)
    source.refresh_from_db()
    batch.refresh_from_db()
    return source


def states(batch: Batch) -> dict[str, str]:
    return dict(Medium.objects.filter(batch=batch).order_by("pk").values_list("source", "state"))


def refused(code: str, action: Callable[[], Any]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        action()
    assert caught.value.code == code
    assert "%" not in caught.value.message
    return caught.value


def make_at_once(monkeypatch: Any) -> list[str]:
    """Makes media at once in this process; the list says of which files. Damaged ones begin with an x."""
    done: list[str] = []

    def make(path: Path, folder: Path) -> Any:
        data = path.read_bytes()
        done.append(data[:20].decode("latin-1"))
        if data[:1] == b"x":
            raise MediaRefused("unreadable")
        for size in ("thumb", "page", "full"):
            (folder / f"{size}.webp").write_bytes(size.encode() + data)
        files = {size: f"{size}.webp" for size in ("thumb", "page", "full")}
        return media_work.making.Made("picture", files, width=64, height=48)

    monkeypatch.setattr(media_work.making, "make", make)
    return done
