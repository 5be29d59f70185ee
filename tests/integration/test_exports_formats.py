"""Results for other tools: COCO JSON, WebVTT, plain text, ZIP; each read back by something else and compared."""

import io
import json
import re
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from django.db import connection
from django.urls import reverse

from marketplace.base import clock
from tasks.forms import compile_form
from tasks.media import links
from tasks.models import Assignment, Batch, Medium
from tasks.services import (
    batches,
    exports,
    exports_coco,
    exports_rows,
    exports_tables,
    exports_transcripts,
    reviews,
    submissions,
)
from tests import market
from tests.api_client import Program
from tests.integration.test_exports import answer, lines, refused, text

pytestmark = pytest.mark.django_db
SCHEMA = json.loads((Path(__file__).resolve().parents[2] / "docs" / "schemas" / "coco.json").read_text())
BOXES = {
    "show": [],
    "fields": [
        {"name": "boxes", "widget": "boxes", "label": "Cars and people?", "column": "photo", "required": True,
         "labels": [{"value": "car", "label": "Car"}, {"value": "person", "label": "Person"}]},
        {"name": "outline", "widget": "outline", "label": "The road?", "column": "photo"},
    ],
}  # fmt: skip
SPOKEN = {
    "show": [{"as": "audio", "column": "sound"}],
    "fields": [
        {"name": "said", "widget": "segments", "label": "Who says what?", "column": "sound", "text": True,
         "labels": [{"value": "a", "label": "Ruth & <Amaro>"}, {"value": "b", "label": "Host"}]},
        {"name": "whole", "widget": "text", "lines": "many", "label": "All of it"},
    ],
}  # fmt: skip
CAR = {"x": 1000, "y": 2500, "w": 4000, "h": 5000, "label": "car"}
ROAD = {"points": [[0, 8000], [10000, 8000], [10000, 10000], [0, 10000]]}


def batch_of(atelier: Any, alice: Any, form: Any, cells: dict[str, Any], **more: Any) -> Batch:
    """An open batch with a row for each of `cells`: what a row names, and the width and height of that (or None)."""
    market.fund(atelier, 10_000)
    atelier.trusted_at = clock.now()
    atelier.save(update_fields=["trusted_at"])
    batch: Batch = market.draft(atelier, alice, rows=len(cells), overlap=2, form=form, **more)
    columns = compile_form(form).columns
    for number, (cell, size) in enumerate(cells.items(), start=1):
        batch.tasks.filter(row_number=number).update(data=dict.fromkeys(columns, cell))
        Medium.objects.create(
            batch=batch, key=links.key_of(cell), source=cell, state="ready", finished_at=clock.now(),
            kind="sound" if "sound" in columns else "picture",
            meta={"width": size[0], "height": size[1]} if size else {},
        )  # fmt: skip
    Batch.objects.filter(pk=batch.pk).update(columns=columns)
    batch.refresh_from_db()
    return batches.publish(batch=batch, actor=alice)


@pytest.fixture
def drawn(atelier: Any, alice: Any) -> Batch:
    address = "https://img.example.org/x/b.png?v=1"
    cells = {
        "street/a.jpg": (640, 480),
        address: (1000, 500),
        "empty.jpg": (33, 77),
        "lost.jpg": None,
        "e.jpg": (9, 9),
    }
    return batch_of(atelier, alice, BOXES, cells, title="Streets")


def coco(batch: Batch) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text(exports.results(batch, "coco")))
    jsonschema.validate(found, SCHEMA, format_checker=jsonschema.FormatChecker())
    return found


# --- COCO -----------------------------------------------------------------------------------------------------------


def test_boxes_and_outlines_go_from_the_post_to_a_coco_file_that_says_the_same(
    drawn: Batch, alice: Any, bob: Any, bea: Any
) -> None:
    given = {"boxes": [CAR, {**CAR, "x": 5500, "w": 1000, "label": "person"}], "outline": [ROAD]}
    rows = []
    for worker in (bob, bea):
        held = market.claimed(worker, drawn)
        submissions.submit(assignment=held, worker=worker, answer=given)
        rows.append(held)
    reviews.approve(batch=drawn, assignments=[held.pk for held in rows], actor=alice)
    for held in rows:  # chance chose the rows
        Assignment.objects.filter(pk=held.pk).update(task=drawn.tasks.get(row_number=2))
    found = coco(drawn)
    assert found["info"]["description"] == "Streets"
    assert [(each["name"], each["supercategory"]) for each in found["categories"]] == [
        ("Car", "boxes"), ("Person", "boxes"), ("outline", "outline"),
    ]  # fmt: skip
    (image,) = found["images"]
    assert (image["width"], image["height"], image["row"]) == (1000, 500, 2)
    assert image["file_name"] == "img.example.org/x/b.png"
    assert image["coco_url"] == "https://img.example.org/x/b.png?v=1"
    car, person, road = found["annotations"]
    assert (car["bbox"], car["area"], car["category_id"]) == ([100, 125, 400, 250], 100_000, 1)
    assert car["segmentation"] == [[100, 125, 500, 125, 500, 375, 100, 375]]
    assert (person["bbox"], person["category_id"]) == ([550, 125, 100, 250], 2)
    assert (road["bbox"], road["area"], road["category_id"]) == ([0, 400, 1000, 100], 100_000, 3)
    assert {each["score"] for each in found["annotations"]} == {1.0}
    # Back to ten-thousandths it is the answer, and the other files hold the same.
    back = {
        "x": car["bbox"][0] * 10,
        "y": car["bbox"][1] * 20,
        "w": car["bbox"][2] * 10,
        "h": car["bbox"][3] * 20,
    }
    line = next(line for line in lines(exports.results(drawn, "jsonl")) if line["answers"])
    assert {**back, "label": "car"} == line["boxes"][0] == CAR


def test_a_picture_with_nothing_on_it_is_an_image_and_one_without_an_answer_is_not(
    drawn: Batch, bob: Any, bea: Any, ben: Any, dana: Any
) -> None:
    answer(bob, drawn, 3, "approved", boxes=[])
    refused(bob, drawn, 1, dana, boxes=[CAR])
    answer(bea, drawn, 1, "contested", boxes=[CAR])
    answer(ben, drawn, 4, "approved", boxes=[CAR])
    found = coco(drawn)
    assert [image["file_name"] for image in found["images"]] == ["empty.jpg"]
    assert found["annotations"] == []
    assert found["tessera"] == {"images_left_out": 1}  # lost.jpg: nobody knows how large it was


def test_an_outline_has_its_own_area_and_corners(drawn: Batch, bob: Any) -> None:
    triangle = {"points": [[0, 0], [10_000, 0], [0, 10_000]]}
    answer(bob, drawn, 1, "approved", boxes=[], outline=[triangle])
    (only,) = coco(drawn)["annotations"]
    assert only["segmentation"] == [[0, 0, 640, 0, 0, 480]]
    assert only["area"] == 640 * 480 / 2


def test_sizes_of_our_own_example_pictures_are_known() -> None:
    assert exports_coco._example("street.webp") == (1200, 900)
    assert exports_coco._example("../settings.py") is None
    assert exports_coco._example("voice.m4a") is None


# --- WebVTT and text ------------------------------------------------------------------------------------------------

CUE = re.compile(
    r"(\d+)\n(\d{2,}):(\d\d):(\d\d)\.(\d{3}) --> (\d{2,}):(\d\d):(\d\d)\.(\d{3})\n(.+)", re.DOTALL
)
UNESCAPED = {"&lt;": "<", "&gt;": ">", "&amp;": "&"}


def read_vtt(file: str) -> list[tuple[int, int, str, str]]:
    """(from, to, voice, text) of each cue, by the grammar of the W3C, without our own code."""
    head, *blocks = file.rstrip("\n").split("\n\n")
    assert head == "WEBVTT"
    cues = []
    for block in blocks:
        if block.startswith("NOTE"):
            assert "-->" not in block
            continue
        match = CUE.fullmatch(block)
        assert match, block
        h1, m1, s1, t1, h2, m2, s2, t2 = map(int, match.groups()[1:9])
        payload = match.group(10)
        assert "-->" not in payload
        voice = re.match(r"<v ([^>]*)>", payload)
        words = payload[voice.end() :] if voice else payload
        assert "<" not in words and not re.search(r"&(?!lt;|gt;|amp;)", words)
        start, end = ((h * 60 + m) * 60 + s for h, m, s in ((h1, m1, s1), (h2, m2, s2)))
        cues.append(
            (start * 1000 + t1, end * 1000 + t2, plainly(voice.group(1)) if voice else "", plainly(words))
        )
    return cues


def plainly(escaped: str) -> str:
    return re.sub("|".join(UNESCAPED), lambda match: UNESCAPED[match.group()], escaped)


MARKS = [
    {"from": 0, "to": 1500, "label": "a", "text": "Good evening.\nAnd welcome --> here <b>&amp;"},
    {"from": 1500, "to": 3_723_004, "label": "b", "text": "00:01.000 --> 00:02.000\n\nNOTE no"},
    {"from": 4_000_000, "to": 4_000_100, "label": "b"},
]


@pytest.fixture
def heard(atelier: Any, alice: Any, bob: Any, dana: Any) -> Batch:
    batch = batch_of(atelier, alice, SPOKEN, dict.fromkeys(["talks/Été 1.mp3", "b.mp3", "c.mp3"]))
    answer(bob, batch, 1, "approved", said=MARKS, whole="Good evening.\nAnd welcome.")
    refused(bob, batch, 3, dana, said=MARKS, whole="Refused words.")
    return batch


def unzipped(export: exports.Export) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(b"".join(export.chunks))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name).decode() for name in archive.namelist()}


def test_webvtt_is_read_back_as_it_was_said(heard: Batch) -> None:
    export = exports.results(heard, "vtt")
    assert export.content_type == "application/zip"
    files = unzipped(export)
    assert set(files) == {"data-card.md", "data-card.json", "000001-ete-1.vtt"}
    assert read_vtt(files["000001-ete-1.vtt"]) == [
        (0, 1500, "Ruth & <Amaro>", "Good evening.\nAnd welcome --> here <b>&amp;"),
        (1500, 3_723_004, "Host", "00:01.000 --> 00:02.000\nNOTE no"),
    ]
    assert "approved answers 1" in files["000001-ete-1.vtt"]


def test_plain_text_has_a_file_for_each_row_and_field(heard: Batch) -> None:
    files = unzipped(exports.results(heard, "txt"))
    assert files["000001-ete-1-whole.txt"] == "Good evening.\nAnd welcome.\n"
    assert (
        files["000001-ete-1-said.txt"].splitlines()[0].startswith("Ruth & <Amaro>: Good evening. And welcome")
    )
    assert not any("Refused" in words for words in files.values())


def test_one_row_is_one_file(atelier: Any, alice: Any, bob: Any) -> None:
    batch = batch_of(atelier, alice, SPOKEN, {"c.mp3": None})
    with pytest.raises(exports_transcripts.NoTranscriptYet) as caught:
        exports.results(batch, "vtt")
    assert caught.value.code == "nothing_yet"
    answer(bob, batch, 1, "approved", said=MARKS[:1])
    export = exports.results(batch, "vtt")
    assert (export.content_type, export.filename[-4:]) == ("text/vtt; charset=utf-8", ".vtt")
    assert [cue[:2] for cue in read_vtt(text(export))] == [(0, 1500)]


# --- ZIP, refusals, memory ------------------------------------------------------------------------------------------


def test_everything_is_one_zip_with_the_data_card(heard: Batch, drawn: Batch) -> None:
    files = unzipped(exports.results(heard, "zip"))
    assert {
        "results.csv",
        "results.jsonl",
        "answers.csv",
        "answers.jsonl",
        "data-card.md",
        "data-card.json",
    } < set(files)
    assert "transcripts/000001-ete-1.vtt" in files and "coco.json" not in files
    assert files["results.csv"] == text(exports.results(heard, "csv"))
    files = unzipped(exports.results(drawn, "zip"))
    jsonschema.validate(json.loads(files["coco.json"]), SCHEMA)
    assert not any("transcripts" in name for name in files)


@pytest.mark.parametrize("format", ["coco", "vtt", "txt"])
def test_a_format_that_the_form_has_nothing_for_is_refused_in_words(
    atelier: Any, alice: Any, format: str
) -> None:
    batch = market.open_batch(atelier, alice, rows=1)
    assert format not in exports.possible(batch)
    program = Program(alice, "read", organisation=atelier)
    told = program.get(f"/batches/{batch.public_id}/results/", 409, format=format)
    assert told["code"] == "nothing_of_the_sort"
    assert "Take CSV" in told["detail"]


def test_every_format_is_there_by_the_interface_and_the_page(
    heard: Batch, drawn: Batch, alice: Any, bob: Any, client_of: Any
) -> None:
    answer(bob, drawn, 1, "approved", boxes=[CAR])
    browser = client_of(alice)
    for batch, formats in ((heard, exports.possible(heard)), (drawn, exports.possible(drawn))):
        for format in formats:
            page = reverse("results-download", args=[batch.public_id])
            for path in (f"/api/v1/batches/{batch.public_id}/results/", page):
                found = browser.get(path, {"format": format})
                assert (found.status_code, found.streaming) == (200, True)
                assert found["Content-Disposition"].startswith('attachment; filename="')
                assert b"".join(found.streaming_content)
        text = browser.get(reverse("results", args=[batch.public_id])).content.decode()
        assert ("ten-thousandths" in text) is (batch == drawn)
    assert "coco" in exports.possible(drawn) and "vtt" in exports.possible(heard)


def test_more_rows_than_a_zip_can_list_are_refused(heard: Batch, monkeypatch: Any) -> None:
    monkeypatch.setattr(exports_transcripts, "MOST_FILES", 2)
    for format in ("vtt", "txt", "zip"):
        with pytest.raises(exports_transcripts.TooManyFiles):
            exports.results(heard, format)


def many(batch: Batch, worker: Any, rows: int, given: Any) -> None:
    """So many further rows, each with an approved answer."""
    known = batch.tasks.count()
    market.add_rows(batch, rows)
    batch.tasks.update(funded=True, data={"photo": "a.jpg"})
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tasks_assignment (task_id, batch_id, worker_id, state, claimed_at, lease_until, reward_micros,"
            " country, cap_year, submitted_at, worked_seconds, answer, reviewed_at, paused_seconds, topped_up_micros,"
            " topups) SELECT id, batch_id, %s, 'approved', now(), now(), 1, 'FR', 2026, now(), 5, %s, now(), 0, 0, 0"
            " FROM tasks_task WHERE batch_id = %s AND row_number > %s",
            [worker.pk, json.dumps(given), batch.pk, known],
        )


@pytest.mark.parametrize("format", ["csv", "coco", "txt", "zip"])
def test_memory_does_not_grow_with_the_rows(
    atelier: Any, alice: Any, bob: Any, format: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr(exports_rows, "AT_ONCE", 20)
    monkeypatch.setattr(exports_tables, "AT_ONCE", 20)
    monkeypatch.setattr(exports_coco, "AT_ONCE", 20)
    form = {"show": [], "fields": [BOXES["fields"][0], SPOKEN["fields"][1]]}
    batch = batch_of(atelier, alice, form, {"a.jpg": (640, 480)})
    most, total = [], []
    for rows in (200, 800):
        many(batch, bob, rows, {"boxes": [CAR] * 4, "whole": "x" * 4_000})
        found = consumed(exports.results(batch, format).chunks)
        most.append(found[0])
        total.append(found[1])
    assert total[1] > 2.5 * total[0]
    assert most[1] < 2 * most[0] < 8_000_000


def consumed(chunks: Iterator[bytes]) -> tuple[int, int]:
    """The most memory that was held while the pieces were read one by one, and how many bytes they were."""
    tracemalloc.start()
    try:
        total = 0
        for chunk in chunks:
            total += len(chunk)
        return tracemalloc.get_traced_memory()[1], total
    finally:
        tracemalloc.stop()
