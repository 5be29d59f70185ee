"""Sound, film and files: played and marked by keys alone and by a pointer, a photo sent and freed of its place."""

import io
import os
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base
from playwright.sync_api import Page, expect

from marketplace.base import ids
from tests.browser.conftest import Open
from tests.browser.program import open_batch
from tests.browser.visitor import free_hands
from tests.browser.world import World

pytestmark = pytest.mark.browser

SHOTS = os.environ.get("TESSERA_SHOTS")
HEAR = {"as": "audio", "column": "file", "label": "Listen"}
WATCH = {"as": "video", "column": "file"}
WRITE = {"widget": "text", "name": "words", "label": "What is said?", "lines": "many"}
LABELS = [{"value": "low", "label": "Low"}, {"value": "high", "label": "High"}]


def marks(**more: Any) -> dict[str, Any]:
    asked = {"widget": "segments", "name": "marks", "label": "Mark them", "column": "file", "labels": LABELS}
    return {**asked, **more}


def upload(accept: str) -> dict[str, Any]:
    return {"widget": "upload", "name": "sent", "label": "Show us", "accept": accept, "required": True}


def publish(world: World, *fields: dict[str, Any], show: Any = (), cell: str = "example:voice.m4a") -> str:
    """An open batch of two rows with this form; its id."""
    form = {"show": [{"as": "text", "column": "file"}, *show], "fields": list(fields)}
    rows = f"file\n{cell}\n{cell}\n"
    return open_batch(world, title="Sound and film", form=form, rows=rows, instructions="Take your time.")


def begin(page: Page, batch: str) -> None:
    free_hands(page)
    page.goto(f"/work/batches/{batch}/")
    page.locator("form[action$='/claim/'] button").click()
    page.wait_for_url("**/work/assignments/**")
    expect(page.locator("#task [data-widget]:not([data-ready])")).to_have_count(0)


def media(page: Page, what: str) -> Any:
    return page.evaluate(f"document.querySelector('#task :is(audio, video)').{what}")


def loaded(page: Page) -> None:
    page.wait_for_function("() => document.querySelector('#task :is(audio, video)').readyState >= 1")


def stored(world: World, url: str) -> dict[str, Any]:
    number = ids.decode("asg", url.rstrip("/").rsplit("/", 1)[1])
    found: dict[str, Any] = world.sql("SELECT answer FROM tasks_assignment WHERE id = %s", number)[0][0]
    return found


def until_drafted(world: World, url: str) -> None:
    """Wait until the draft of the task names the file that was sent."""
    number = ids.decode("asg", url.rstrip("/").rsplit("/", 1)[1])
    wanted = "SELECT 1 FROM tasks_draft WHERE assignment_id = %s AND answer->>'sent' LIKE 'fil_%%'"
    end = time.monotonic() + 10
    while not world.sql(wanted, number):
        assert time.monotonic() < end, "no draft names the file"
        time.sleep(0.1)


def stop(page: Page) -> None:
    page.get_by_role("button", name="Submit and stop").click()
    page.wait_for_url("**/done/**")


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"sound-{name}.png", full_page=True)


@pytest.mark.parametrize("show", [HEAR, WATCH], ids=["sound", "film"])
def test_a_player_obeys_its_keys_and_from_a_text_the_same_keys_with_alt(
    world: World, visit: Open, show: dict[str, str]
) -> None:
    cell = "example:voice.m4a" if show is HEAR else "example:clip.mp4"
    worker = visit("worker_2")
    page = worker.page
    begin(page, publish(world, WRITE, show=[show], cell=cell))
    loaded(page)
    page.evaluate("() => document.activeElement.blur()")
    page.keyboard.press("l")  # as the page comes, with the focus nowhere
    expect(page.locator(".time-line .time")).to_contain_text("0:05" if show is HEAR else "0:03")
    page.keyboard.press("j")
    page.locator(".time-line input").focus()
    page.keyboard.press("l")
    expect(page.locator(".time-line .time")).to_contain_text("0:05" if show is HEAR else "0:03")
    page.keyboard.press("j")
    page.keyboard.press("ArrowRight")
    assert media(page, "currentTime") == pytest.approx(1, abs=0.1)
    for _press in range(2):
        page.keyboard.press("-")
    assert media(page, "playbackRate") == 0.5
    page.keyboard.press("r")
    assert media(page, "loop") is True
    page.keyboard.press(" ")
    page.wait_for_function("() => !document.querySelector('#task :is(audio, video)').paused")
    page.locator("textarea").focus()
    page.keyboard.type("jkl")
    page.keyboard.press("Alt+k")
    page.wait_for_function("() => document.querySelector('#task :is(audio, video)').paused")
    page.keyboard.press("Alt++")
    page.keyboard.press("Alt+r")
    assert (media(page, "playbackRate"), media(page, "loop")) == (0.75, False)
    assert page.locator("textarea").input_value() == "jkl"
    shoot(page, show["as"])
    stop(page)


def test_a_recording_stops_when_its_task_goes_and_the_speed_is_kept_for_the_next(
    world: World, visit: Open
) -> None:
    worker = visit("worker_2")
    page = worker.page
    begin(page, publish(world, WRITE, show=[HEAR]))
    loaded(page)
    page.get_by_role("button", name="Faster").click()
    page.get_by_role("button", name="Play K", exact=True).click()
    page.evaluate("window.first = document.querySelector('#task audio')")
    page.locator("textarea").fill("Good morning")
    page.get_by_role("button", name="Submit and next").click()
    page.wait_for_function("() => document.querySelector('#task audio') !== window.first")
    expect(page.locator("#task [data-widget]:not([data-ready])")).to_have_count(0)
    assert page.evaluate("window.first.paused") is True
    assert media(page, "playbackRate") == 1.25
    page.get_by_role("button", name="Skip").click()


def test_a_wave_is_drawn_under_the_strict_policy_and_without_scripts_there_is_a_plain_player(
    world: World, visit: Open
) -> None:
    batch = publish(world, WRITE, show=[HEAR])
    worker = visit("worker_2")
    begin(worker.page, batch)
    worker.page.wait_for_selector(".wave[data-drawn]")
    loaded(worker.page)
    box = worker.page.locator(".wave").bounding_box()
    assert box
    worker.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 30)
    half = float(media(worker.page, "duration")) / 2
    assert media(worker.page, "currentTime") == pytest.approx(half, abs=0.1)
    shoot(worker.page, "wave")
    plain = visit("worker_2", scripts=False)
    plain.go(worker.page.url.removeprefix(world.url))
    assert plain.page.locator("#task audio[controls]").count() == 1
    worker.page.get_by_role("button", name="Skip").click()


def test_a_recording_that_is_not_there_says_so_calmly(world: World, visit: Open) -> None:
    worker = visit("worker_2")
    worker.page.route("**/examples/voice*", lambda route: route.abort())
    begin(worker.page, publish(world, WRITE, show=[HEAR]))
    expect(worker.page.locator("#task")).to_contain_text("does not play here")
    worker.forgive("ERR_FAILED")
    worker.page.get_by_role("button", name="Skip").click()


@pytest.mark.parametrize(("width", "theme"), [(1280, "light"), (390, "dark")])
def test_stretches_are_marked_by_keys_alone(world: World, visit: Open, width: int, theme: str) -> None:
    worker = visit("worker_2", width=width, theme=theme)
    page = worker.page
    begin(page, publish(world, marks(text=True, required=True)))
    loaded(page)
    page.locator(".time-line input").focus()
    page.keyboard.press("2")  # the label of the next ones
    page.keyboard.press("ArrowRight")
    page.keyboard.press("m")
    expect(page.locator(".widget-segments [role=status]")).to_contain_text("0:01")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("m")  # the text of the stretch has the focus now
    page.keyboard.type("mmm")
    page.keyboard.press("Alt+l")
    page.keyboard.press("Alt+m")
    page.keyboard.press("Alt+j")
    page.keyboard.press("Alt+m")
    page.keyboard.type("long")
    assert page.locator(".marks > li").count() == 2
    start = page.locator(".marks > li:last-child [data-part=from]")
    start.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Shift+ArrowUp")
    assert start.input_value() == "0:03.1"
    page.keyboard.press("Control+a")
    page.keyboard.type("0:03.25")
    page.keyboard.press("Enter")  # the time, not the answer
    page.locator(".marks > li:last-child [data-part=remove]").focus()
    page.keyboard.press("1")  # another label for this one
    page.keyboard.press("Enter")
    assert page.locator(".marks > li").count() == 1
    page.keyboard.press("z")
    assert page.locator(".marks > li").count() == 2
    assert worker.overflow() == 0
    shoot(page, f"segments-{width}-{theme}")
    url = page.url
    page.locator("body").press("Control+Enter")
    page.wait_for_url(lambda now: now != url)
    assert stored(world, url)["marks"] == [
        {"from": 1000, "to": 2000, "label": "high", "text": "mmm"},
        {"from": 3250, "to": 7000, "label": "low", "text": "long"},
    ]


def test_stretches_are_dragged_on_the_wave_heard_and_taken_back(world: World, visit: Open) -> None:
    worker = visit("worker_2")
    page = worker.page
    begin(page, publish(world, marks()))
    page.wait_for_selector(".wave[data-drawn]")
    expect(page.get_by_role("button", name="Zoom in")).to_be_visible()
    box = page.locator(".wave").bounding_box()
    assert box

    def drag(start: float, end: float) -> None:
        at = box["y"] + box["height"] / 2
        page.mouse.move(box["x"] + box["width"] * start, at)
        page.mouse.down()
        page.mouse.move(box["x"] + box["width"] * (start + end) / 2, at, steps=4)
        page.mouse.move(box["x"] + box["width"] * end, at, steps=4)
        page.mouse.up()

    drag(0.2, 0.4)
    expect(page.locator(".marks > li")).to_have_count(1)
    length = media(page, "duration") * 1000
    drag(0.5, 0.7)
    expect(page.locator(".marks > li")).to_have_count(2)
    drag(0.3, 0.35)  # the whole stretch moves
    page.locator(".marks > li:first-child select").select_option("high")
    url = page.url
    page.get_by_role("button", name="Play this stretch (1)").click()
    page.wait_for_function("() => !document.querySelector('#task audio').paused")
    page.wait_for_function("() => document.querySelector('#task audio').paused")
    shoot(page, "segments-dragged")
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".marks > li:first-child select")).to_have_value("low")
    stop(page)
    found = stored(world, url)["marks"]
    assert [mark["label"] for mark in found] == ["low", "low"]
    assert found[0]["from"] == pytest.approx(0.25 * length, abs=0.02 * length)
    assert found[0]["to"] == pytest.approx(0.45 * length, abs=0.02 * length)
    page.goto(f"/work/history/{url.rstrip('/').rsplit('/', 1)[1]}/")
    page.wait_for_selector("[data-marks] button")
    shoot(page, "segments-shown")


def photo(place: Path) -> Path:
    exif = Image.Exif()
    exif[Base.Make] = "Cheap Phone"
    exif.get_ifd(IFD.GPSInfo).update({GPS.GPSLatitudeRef: "N", GPS.GPSLatitude: (48.0, 51.0, 24.0)})
    Image.linear_gradient("L").resize((640, 480)).convert("RGB").save(place, "JPEG", exif=exif)
    return place


@pytest.mark.parametrize(("width", "theme"), [(390, "light"), (1280, "dark")])
def test_a_photo_goes_from_the_worker_to_the_requester_without_its_place(
    world: World, visit: Open, tmp_path: Path, width: int, theme: str
) -> None:
    worker, requester = visit("worker_2", width=width, theme=theme), visit("requester")
    page = worker.page
    begin(page, publish(world, upload("photo")))
    page.locator("input[type=file]").first.set_input_files(photo(tmp_path / "photo.jpg"))
    page.wait_for_selector("img.sent")
    page.wait_for_function("() => document.querySelector('img.sent').naturalWidth === 640")
    until_drafted(world, page.url)
    page.reload()
    page.wait_for_selector("img.sent")
    shoot(page, f"upload-{width}-{theme}")
    url = page.url
    stop(page)
    name = stored(world, url)["sent"]
    requester.go(f"/media/answers/{name}/")
    got = requester.context.request.get(f"/media/answers/{name}/")
    assert got.status == 200 and got.headers["content-type"] == "image/webp"
    picture = Image.open(io.BytesIO(got.body()))
    assert picture.size == (640, 480) and not picture.getexif()
    assert b"Cheap Phone" not in got.body()
    assert visit().context.request.get(f"/media/answers/{name}/", max_redirects=0).status == 302


def test_what_is_no_photo_is_refused_with_what_to_do(world: World, visit: Open, tmp_path: Path) -> None:
    worker = visit("worker_2")
    page = worker.page
    begin(page, publish(world, upload("photo")))
    said = page.locator(".sending [role=alert]")
    for name, body, words in (
        ("empty.jpg", b"", "empty"),
        ("program.jpg", b"MZ\x90\0" + bytes(3000), "program"),
        ("drawing.jpg", b"<svg xmlns='http://www.w3.org/2000/svg'></svg>", "SVG"),
        ("large.jpg", b"\xff\xd8\xff" + bytes(20_000_000), "20 MB"),
    ):
        (tmp_path / name).write_bytes(body)
        page.locator("input[type=file]").set_input_files(tmp_path / name)
        expect(said).to_contain_text(words)
    shoot(page, "upload-refused")
    worker.forgive("400")
    page.locator("input[type=file]").set_input_files(photo(tmp_path / "photo.jpg"))
    page.wait_for_selector("img.sent")
    page.get_by_role("button", name="Remove").click()
    expect(page.locator("img.sent")).to_have_count(0)
    page.get_by_role("button", name="Skip").click()
