"""Photos and recordings that workers send with an answer: who may send and see them, and what is taken."""

import datetime as dt
import io
import math
import secrets
import struct
import wave
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from marketplace.base import ids
from marketplace.base.errors import NotFound
from tasks import jobs
from tasks.errors import LeaseOver, NotEditable
from tasks.forms import BadAnswer
from tasks.models import AnswerFile, Assignment, Batch, Dispute
from tasks.services import answer_files, answer_turns, claims, disputes, exports, reviews, submissions
from tests import market

pytestmark = pytest.mark.django_db

EUR = 1_000_000


def photo_with_place(width: int = 640, height: int = 480) -> bytes:
    """A JPEG as a phone makes it: lying on its side, with device and place in its EXIF."""
    exif = Image.Exif()
    exif[Base.Make] = "Cheap Phone"
    exif[Base.Orientation] = 6
    exif.get_ifd(IFD.GPSInfo).update(
        {GPS.GPSLatitudeRef: "N", GPS.GPSLatitude: (48.0, 51.0, 24.0), GPS.GPSLongitudeRef: "E"}
    )
    file = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(file, "JPEG", exif=exif)
    return file.getvalue()


def recording(seconds: float = 1.0) -> bytes:
    """A WAV of one tone."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", ""))
        out.writeframes(
            b"".join(
                struct.pack("<h", int(9000 * math.sin(at * 2 * math.pi * 440 / 8000)))
                for at in range(int(8000 * seconds))
            )
        )
    return file.getvalue()


def form(*accepts: str) -> dict[str, Any]:
    return {
        "show": [{"as": "text", "column": "name"}],
        "fields": [
            {"widget": "upload", "name": accept, "label": f"A {accept}", "accept": accept}
            for accept in accepts
        ],
    }


@pytest.fixture
def batch(alice: Any, atelier: Any) -> Batch:
    return market.open_batch(atelier, alice, form=form("photo", "sound"), reward_micros=EUR)  # type: ignore[no-any-return]


@pytest.fixture
def task(bob: Any, batch: Batch) -> Assignment:
    return market.claimed(bob, batch)  # type: ignore[no-any-return]


def send(task: Assignment, body: bytes | None = None, kind: str = "photo") -> AnswerFile:
    return answer_files.send(
        assignment=task, worker=task.worker, kind=kind, body=photo_with_place() if body is None else body
    )


def post(client: Any, task: Assignment, body: bytes, kind: str = "photo") -> Any:
    url = f"/work/assignments/{task.public_id}/files/?kind={kind}"
    return client.post(url, data=body, content_type="application/octet-stream")


def test_a_photo_is_kept_upright_and_without_the_place_it_was_taken(task: Assignment) -> None:
    file = send(task)
    with default_storage.open(file.path) as kept:
        body = kept.read()
    picture = Image.open(io.BytesIO(body))
    assert (picture.format, picture.size) == ("WEBP", (480, 640))
    assert not picture.getexif() and b"Cheap Phone" not in body and b"GPS" not in body
    assert file.size == len(body)


def test_a_photo_larger_than_any_screen_is_made_smaller(task: Assignment) -> None:
    file = send(task, photo_with_place(5000, 2000))
    with default_storage.open(file.path) as kept:
        assert max(Image.open(kept).size) <= 4000


def test_a_recording_is_kept_as_aac_that_every_browser_plays(task: Assignment) -> None:
    file = send(task, recording(), "sound")
    assert file.path.endswith(".m4a")
    with default_storage.open(file.path) as kept:
        assert kept.read()[4:8] == b"ftyp"


@pytest.mark.parametrize(
    ("kind", "body", "sentence"),
    [
        ("photo", b"", "empty"),
        ("photo", b"MZ\x90\0" + b"\0" * 2000, "program"),
        ("photo", b"\x7fELF" + b"\0" * 2000, "program"),
        ("photo", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "SVG"),
        ("photo", b"\xff\xd8\xff\xe0" + b"\0" * 500, "damaged"),
        ("sound", b"#!/bin/sh\nrm -rf /\n", "program"),
        ("sound", b"not a recording at all", "text"),
    ],
)
def test_what_is_no_photo_or_recording_is_refused_with_a_sentence(
    task: Assignment, kind: str, body: bytes, sentence: str
) -> None:
    with pytest.raises(answer_files.FileNotTaken, match=sentence):
        send(task, body, kind)
    assert not AnswerFile.objects.exists()


def test_a_hundred_megapixels_are_refused(task: Assignment) -> None:
    file = io.BytesIO()
    Image.new("1", (10_001, 10_001)).save(file, "PNG")
    with pytest.raises(answer_files.FileNotTaken, match="megapixels"):
        send(task, file.getvalue())


def test_a_recording_is_no_photo_and_a_photo_no_recording(task: Assignment) -> None:
    with pytest.raises(answer_files.FileNotTaken, match="not a photo"):
        send(task, recording(), "photo")
    with pytest.raises(answer_files.FileNotTaken, match="not a sound"):
        send(task, photo_with_place(), "sound")


def test_a_recording_of_more_than_half_an_hour_is_refused(
    task: Assignment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer_files, "MOST_SECONDS", 1)
    with pytest.raises(answer_files.FileNotTaken, match="longer than"):
        send(task, recording(2), "sound")
    assert not AnswerFile.objects.exists()


def test_more_than_twenty_megabytes_are_refused_before_they_are_read(client_of, bob, task) -> None:
    url = f"/work/assignments/{task.public_id}/files/?kind=photo"
    answer = client_of(bob).post(
        url, data=b"x", content_type="application/octet-stream", CONTENT_LENGTH="20000001"
    )
    assert answer.status_code == 413 and answer.json()["code"] == "too_large"
    with pytest.raises(answer_files.FileTooLarge):
        send(task, b"\xff\xd8\xff" + b"\0" * 20_000_000)


def test_ten_files_are_taken_for_one_task_and_not_an_eleventh(task: Assignment) -> None:
    AnswerFile.objects.bulk_create(
        AnswerFile(assignment=task, kind="photo", path=f"answers/{number}.webp", size=1)
        for number in range(9)
    )
    send(task)
    with pytest.raises(answer_files.TooManyFiles, match="10"):
        send(task)


def test_a_kind_of_file_that_the_form_does_not_ask_for_is_refused(alice: Any, atelier: Any, bob: Any) -> None:
    held = market.claimed(bob, market.open_batch(atelier, alice, form=form("photo"), reward_micros=EUR))
    with pytest.raises(answer_files.FileNotAsked):
        send(held, recording(), "sound")
    with pytest.raises(answer_files.FileNotAsked):
        send(held, recording(), "")


def test_nobody_but_the_worker_of_the_task_sends_for_it(task: Assignment, bea: Any, client_of: Any) -> None:
    with pytest.raises(NotFound):
        answer_files.send(assignment=task, worker=bea, kind="photo", body=photo_with_place())
    assert post(client_of(bea), task, photo_with_place()).status_code == 404


def test_a_file_is_taken_while_the_answer_can_be_given_or_changed_and_not_after(
    task: Assignment, bob: Any, alice: Any
) -> None:
    kept = send(task)
    submissions.submit(assignment=task, worker=bob, answer={"photo": kept.public_id})
    task.refresh_from_db()
    send(task)  # a correction before review
    reviews.contest(assignment=task, actor=alice, reason="incomplete", evidence="It is blurred.")
    task.refresh_from_db()
    better = send(task)
    disputes.redo(assignment=task, worker=bob, answer={"photo": better.public_id})
    task.refresh_from_db()
    reviews.approve(batch=task.batch, assignments=[task.pk], actor=alice)
    task.refresh_from_db()
    with pytest.raises(NotEditable):
        send(task)


def test_a_task_whose_time_ran_out_takes_no_file(task: Assignment, clock: Any) -> None:
    clock.forward(days=1)
    claims.expire_one(task)
    task.refresh_from_db()
    with pytest.raises(LeaseOver):
        send(task)


def test_an_answer_names_files_of_its_own_task_alone(
    task: Assignment, bob: Any, bea: Any, batch: Batch
) -> None:
    mine, hers = send(task), send(market.claimed(bea, batch))
    for wrong in (hers.public_id, ids.encode("fil", 10**9)):
        with pytest.raises(BadAnswer) as refused:
            submissions.submit(assignment=task, worker=bob, answer={"photo": wrong})
        assert list(refused.value.fields) == ["photo"]
    with pytest.raises(BadAnswer) as refused:  # a photo where a recording is asked for
        submissions.submit(assignment=task, worker=bob, answer={"sound": mine.public_id})
    assert list(refused.value.fields) == ["sound"]
    done = submissions.submit(assignment=task, worker=bob, answer={"photo": mine.public_id})
    assert done.state == "submitted"
    mine.refresh_from_db()
    assert mine.named_at is not None


def test_a_redone_answer_names_files_of_its_own_task_alone(
    task: Assignment, bob: Any, bea: Any, alice: Any, batch: Batch
) -> None:
    submissions.submit(assignment=task, worker=bob, answer={"photo": send(task).public_id})
    reviews.contest(assignment=task, actor=alice, reason="incomplete", evidence="It is blurred.")
    task.refresh_from_db()
    hers = send(market.claimed(bea, batch))
    with pytest.raises(BadAnswer):
        disputes.redo(assignment=task, worker=bob, answer={"photo": hers.public_id})


def test_the_worker_and_the_requester_see_the_file_and_strangers_do_not(
    client_of: Any, bob: Any, bea: Any, alice: Any, charlie: Any, task: Assignment
) -> None:
    answer = post(client_of(bob), task, photo_with_place())
    assert answer.status_code == 201, answer.content
    url = answer.json()["url"]
    assert client_of(bob).get(url).status_code == 200
    assert client_of(alice).get(url).status_code == 404  # not delivered yet
    submissions.submit(assignment=task, worker=bob, answer={"photo": answer.json()["id"]})
    seen = client_of(alice).get(url)
    assert seen.status_code == 200
    assert seen["Content-Type"] == "image/webp" and seen["X-Content-Type-Options"] == "nosniff"
    assert seen["Content-Disposition"].startswith("inline; filename=")
    assert seen["Cache-Control"] == "private, no-cache" and "sandbox" in seen["Content-Security-Policy"]
    assert client_of(bea).get(url).status_code == client_of(charlie).get(url).status_code == 404
    assert client_of(alice).get(url, HTTP_IF_NONE_MATCH=seen["ETag"]).status_code == 304


def test_a_file_that_the_answer_does_not_name_is_the_workers_alone(
    client_of: Any, bob: Any, alice: Any, task: Assignment
) -> None:
    thrown_away, kept = send(task), send(task)
    submissions.submit(assignment=task, worker=bob, answer={"photo": kept.public_id})
    assert client_of(alice).get(f"/media/answers/{kept.public_id}/").status_code == 200
    assert client_of(alice).get(f"/media/answers/{thrown_away.public_id}/").status_code == 404
    assert client_of(bob).get(f"/media/answers/{thrown_away.public_id}/").status_code == 200


def test_P9_the_file_of_a_refused_answer_is_never_delivered_but_moderators_see_it(
    client_of: Any, bob: Any, alice: Any, dana: Any, task: Assignment
) -> None:
    kept = send(task)
    url = f"/media/answers/{kept.public_id}/"
    submissions.submit(assignment=task, worker=bob, answer={"photo": kept.public_id})
    task.refresh_from_db()
    assert client_of(dana).get(url).status_code == 404  # there is no case yet
    reviews.contest(assignment=task, actor=alice, reason="incomplete", evidence="It is blurred.")
    task.refresh_from_db()
    disputes.reply(assignment=task, worker=bob, text="It is not.")
    assert client_of(dana).get(url).status_code == 200
    assert client_of(alice).get(url).status_code == 200
    disputes.decide(
        dispute=Dispute.objects.get(), moderator=dana, outcome="reject", reason="It is blurred indeed."
    )
    assert client_of(alice).get(url).status_code == 404
    assert client_of(bob).get(url).status_code == client_of(dana).get(url).status_code == 200


def test_a_player_gets_the_part_it_asks_for(client_of: Any, bob: Any, task: Assignment) -> None:
    file = send(task, recording(), "sound")
    url = f"/media/answers/{file.public_id}/"
    part = client_of(bob).get(url, HTTP_RANGE="bytes=4-7")
    assert part.status_code == 206 and b"".join(part.streaming_content) == b"ftyp"
    assert part["Content-Range"] == f"bytes 4-7/{file.size}" and part["Content-Type"] == "audio/mp4"


def test_results_hold_the_address_of_the_file(bob: Any, alice: Any, task: Assignment) -> None:
    kept = send(task)
    submissions.submit(assignment=task, worker=bob, answer={"photo": kept.public_id})
    task.refresh_from_db()
    reviews.approve(batch=task.batch, assignments=[task.pk], actor=alice)
    table = b"".join(exports.answers(task.batch).chunks)
    assert f"/media/answers/{kept.public_id}/".encode() in table


def test_files_that_no_answer_names_are_tidied_away_after_a_week(
    task: Assignment, bob: Any, bea: Any, batch: Batch, clock: Any
) -> None:
    thrown_away, kept = send(task), send(task)
    submissions.submit(assignment=task, worker=bob, answer={"photo": kept.public_id})
    clock.forward(days=6, hours=23)
    assert jobs.tidy()["answer_files"] == 0
    clock.forward(hours=2)
    in_hand = send(market.claimed(bea, batch))
    AnswerFile.objects.filter(pk=in_hand.pk).update(created_at=clock.now() - dt.timedelta(days=8))
    assert jobs.tidy()["answer_files"] == 1
    assert set(AnswerFile.objects.all()) == {kept, in_hand}
    assert default_storage.exists(kept.path) and not default_storage.exists(thrown_away.path)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("answer_file_kind_known", {"kind": "film"}),
        ("answer_file_not_empty", {"size": 0}),
        ("answer_file_path_once", {"path": "answers/taken.webp"}),
    ],
)
def test_the_database_refuses_files_that_can_not_be(
    task: Assignment, name: str, wrong: dict[str, Any]
) -> None:
    good = {"assignment": task, "kind": "photo", "path": "answers/taken.webp", "size": 1}
    AnswerFile.objects.create(**good)
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        AnswerFile.objects.create(**{**good, "path": "answers/other.webp", **wrong})


# --- whose turn it is -------------------------------------------------------------------------------------


@pytest.fixture
def taken_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Decoding takes no time."""
    monkeypatch.setattr(
        answer_files, "_cleaned", lambda kind, body: (f"answers/{secrets.token_hex(8)}.webp", 9)
    )


def test_a_person_sends_only_so_many_files_a_minute_refused_ones_counted(
    client_of, bob, bea, task, taken_at_once, monkeypatch
) -> None:
    monkeypatch.setattr(answer_turns, "MOST_A_MINUTE", 3)
    client = client_of(bob)
    assert [post(client, task, b"x").status_code for _each in range(3)] == [201, 201, 201]
    refused = post(client, task, b"x")
    assert refused.status_code == 429 and refused.json()["code"] == "slow_down"
    assert "3 files" in refused.json()["detail"]
    with answer_turns.turn(bea):  # others are not held up
        pass
    assert AnswerFile.objects.count() == 3


def test_a_person_has_one_file_decoded_at_a_time_and_the_next_one_after_it(
    client_of, bob, bea, task, taken_at_once, monkeypatch
) -> None:
    monkeypatch.setattr(answer_turns, "AT_ONCE", 2)
    with answer_turns.turn(bob):
        refused = post(client_of(bob), task, b"x")
        assert refused.status_code == 429 and refused.json()["code"] == "one_at_a_time"
        with answer_turns.turn(bea):
            pass
    assert post(client_of(bob), task, b"x").status_code == 201
    with pytest.raises(ValueError, match="fell"), answer_turns.turn(bob):
        raise ValueError("fell")
    assert post(client_of(bob), task, b"x").status_code == 201  # a turn that fell is given back


def test_a_machine_decodes_only_so_many_files_at_once_and_asks_the_others_to_try_again(
    client_of, bob, bea, task, taken_at_once, monkeypatch
) -> None:
    monkeypatch.setattr(answer_turns, "AT_ONCE", 1)
    monkeypatch.setattr(answer_turns, "WAIT", 0.2)
    with answer_turns.turn(bea):
        refused = post(client_of(bob), task, b"x")
        assert refused.status_code == 503 and refused.json()["code"] == "busy"
    assert post(client_of(bob), task, b"x").status_code == 201
