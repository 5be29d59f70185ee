"""Files of another kind than the column that names them can show."""

from typing import Any

import pytest

from tasks.models import Batch, Medium
from tasks.services import batches, media, media_uses
from tests import batch_media, market
from tests.batch_media import load, refused

pytestmark = pytest.mark.django_db(transaction=True)
SIZES = {
    "picture": {"full": {"name": "x.webp", "bytes": 1}},
    "page": {"p1": {"name": "x.webp", "bytes": 1}},
    "sound": {"full": {"name": "x.m4a", "bytes": 1}, "peaks": {"name": "p.json", "bytes": 1}},
    "video": {"full": {"name": "x.mp4", "bytes": 1}, "peaks": {"name": "p.json", "bytes": 1}},
    "silent": {"full": {"name": "x.mp4", "bytes": 1}},
}


@pytest.fixture(autouse=True)
def _own_files(tmp_path: Any, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


def draft(organisation: Any, actor: Any, *shown: dict[str, Any], rows: str) -> Batch:
    """A draft that shows these parts, its rows loaded, and every file ready as the kind that its name says."""
    batch = batch_media.draft(organisation, actor)
    form = {"show": list(shown), "fields": market.FORM["fields"]}
    Batch.objects.filter(pk=batch.pk).update(form=form)
    batch.refresh_from_db()
    load(batch, rows.encode())
    for medium in Medium.objects.filter(batch=batch):
        kind = medium.source.partition(".")[0]
        medium.state, medium.kind, medium.files = "ready", kind.replace("silent", "video"), SIZES[kind]
        medium.save()
    return batch


ALL = "file\npicture.x\npage.x\nsound.x\nvideo.x\nsilent.x\n"


@pytest.mark.parametrize(
    ("part", "fits"),
    [
        ({"as": "image"}, {"picture", "page"}),
        ({"as": "page"}, {"picture", "page"}),
        ({"as": "audio"}, {"sound", "video"}),
        ({"as": "video"}, {"video", "silent"}),
    ],
)
def test_each_part_takes_the_files_that_it_can_show_and_the_rest_is_listed_with_row_column_and_reason(
    atelier: Any, alice: Any, part: dict[str, Any], fits: set[str]
) -> None:
    batch = draft(atelier, alice, part | {"column": "file"}, rows=ALL)
    names = ["picture", "page", "sound", "video", "silent"]
    wrong = [(f"{name}.x", [(names.index(name) + 1, "file")]) for name in names if name not in fits]
    found = media.failures(batch)
    assert [(one.cell, one.places) for one in found] == wrong
    assert all("This column is" in one.reason and "%" not in one.reason for one in found)
    assert media.counts(batch) == {"waiting": 0, "ready": len(fits), "failed": len(wrong)}


def test_a_picture_in_a_column_of_sounds_keeps_the_batch_closed_until_it_is_left_out(
    atelier: Any, alice: Any, client_of: Any
) -> None:
    batch = draft(atelier, alice, {"as": "audio", "column": "file"}, rows="file\nsound.x\npicture.x\n")
    refused("media_not_ready", lambda: batches.publish(batch=batch, actor=alice))
    text = client_of(alice).get(f"/batches/{batch.public_id}/media/").content.decode()
    assert "This column is played as sound, and this is a picture." in text and "1 file can" in text
    lines = b"".join(media.failures_csv(batch)).decode("utf-8-sig").splitlines()
    assert lines[1].startswith("2,file,picture.x,")
    assert media.leave_out(batch=batch, actor=alice) == 1
    assert media.counts(batch) == {"waiting": 0, "ready": 1, "failed": 0}
    media.require_ready(batch)


def test_one_file_in_two_columns_is_refused_only_where_it_does_not_fit(atelier: Any, alice: Any) -> None:
    batch = draft(
        atelier, alice, {"as": "image", "column": "photo"}, {"as": "audio", "column": "sound"},
        rows="photo,sound\npicture.x,sound.x\npicture.x,picture.x\nsound.x,sound.x\n",
    )  # fmt: skip
    found = [(one.cell, one.column, one.row) for one in media_uses.misfits(batch)]
    assert found == [("picture.x", "sound", 2), ("sound.x", "photo", 3)]
    assert media.not_ready(batch) == 2
    assert media.leave_out(batch=batch, actor=alice) == 2
    assert media.counts(batch) == {"waiting": 0, "ready": 2, "failed": 0}


def test_another_form_makes_the_same_file_fit(atelier: Any, alice: Any) -> None:
    batch = draft(atelier, alice, {"as": "audio", "column": "file"}, rows="file\npicture.x\n")
    assert media.not_ready(batch) == 1
    form = {"show": [{"as": "image", "column": "file"}], "fields": market.FORM["fields"]}
    Batch.objects.filter(pk=batch.pk).update(form=form)
    batch.refresh_from_db()
    assert media.not_ready(batch) == 0
