"""Files beside rows, by hand: sent in pieces over a line that breaks, made ready, and seen by somebody at work.

TESSERA_SHOTS=folder keeps pictures of the pages, to be looked at.
"""

import json
import os
import re
import zipfile
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Open
from tests.browser.visitor import Visitor
from tests.browser.world import World

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("TESSERA_SHOTS")
FORM = {
    "show": [{"as": "image", "column": "photo"}],
    "fields": [{"name": "seen", "widget": "text", "label": "What do you see?"}],
}
ROWS = "photo,shop\nlamp.png,1\nphotos/chair.png,2\nlarge.png,3\nmissing.png,4\n"


def button(page: Page, name: str) -> None:
    page.get_by_role("button", name=re.compile(name)).first.click()


def draft(world: World, page: Page) -> str:
    """The address of a new draft whose form shows the picture in the column `photo`."""
    page.goto("/batches/new/")
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    answer = page.request.post("/batches/new/", form={"kind": "own", "csrfmiddlewaretoken": token})
    made = answer.url.split("/")[-3]
    world.sql(
        "UPDATE tasks_batch SET form = %s, title = 'What is on the picture?', purpose = 'To sort a catalogue.',"
        " instructions = 'Look at it.' WHERE id = (SELECT max(id) FROM tasks_batch)",
        json.dumps(FORM),
    )
    return f"/batches/{made}"


def files(folder: Path) -> list[Path]:
    """A small picture, a ZIP with another one, and a picture of more than one piece."""
    Image.new("RGB", (640, 480), "teal").save(folder / "lamp.png")
    Image.new("RGB", (480, 640), "purple").save(folder / "chair.png")
    with zipfile.ZipFile(folder / "all.zip", "w") as made:
        made.write(folder / "chair.png", "photos/chair.png")
    noise = Image.frombytes("RGB", (1500, 1200), os.urandom(1500 * 1200 * 3))
    noise.save(folder / "large.png")
    assert (folder / "large.png").stat().st_size > 5_000_000
    return [folder / "lamp.png", folder / "all.zip", folder / "large.png"]


def shoot(visit: Open, address: str, name: str) -> None:
    if not SHOTS:
        return
    Path(SHOTS).mkdir(parents=True, exist_ok=True)
    for width, theme in ((390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")):
        visitor = visit("requester", width=width, theme=theme)
        visitor.go(address)
        visitor.page.screenshot(path=f"{SHOTS}/{name}-{width}-{theme}.png", full_page=True)
        assert visitor.overflow() <= 0, (name, width)
        visitor.close()


def test_files_come_over_a_line_that_breaks_and_are_seen_by_who_works(
    world: World, visit: Open, tmp_path: Path
) -> None:
    requester = visit("requester")
    page = requester.page
    page.on("dialog", lambda dialog: dialog.accept())  # "leave this page?"
    here = draft(world, page)
    sent = _send_over_a_bad_line(requester, here, files(tmp_path))
    assert "offset=0" in sent[-2].split("&"), "an empty piece asks how much is there"
    assert "offset=4000000" in sent[-1].split("&"), "and only what is missing is sent"
    _rows(world, page)
    shoot(visit, f"{here}/review/", "media-review")
    _leave_out(page, here, visit)
    address = _publish(page, here)
    _work(visit("worker").page, address, visit)


def _send_over_a_bad_line(requester: Visitor, here: str, chosen: list[Path]) -> list[str]:
    """The second piece of the large file never arrives; after a reload the same file goes on where it stopped."""
    page = requester.page
    page.goto(f"{here}/data/")
    broken: list[str] = []

    def break_off(route: Route) -> None:
        if "offset=0" in route.request.url.split("?")[1].split("&"):
            route.continue_()
        else:
            broken.append(route.request.url)
            route.abort("connectionreset")

    page.route("**/media/send/**", break_off)
    page.set_input_files("#id_files", [str(path) for path in chosen])
    expect(page.locator("form[data-media] [data-said]")).to_contain_text("goes on by itself", timeout=20_000)
    expect(page.locator("form[data-media] [data-words]")).to_contain_text("2 of 3 files")
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/media-sending-1280.png", full_page=True)
    while len(broken) < 2:  # it tries again by itself
        page.wait_for_timeout(100)
    page.reload()
    page.unroute("**/media/send/**")
    requester.forgive("ERR_CONNECTION_RESET")
    after: list[str] = []
    page.on("request", lambda request: after.append(request.url) if "/media/send/" in request.url else None)
    page.set_input_files("#id_files", [str(chosen[2])])
    expect(page.locator("form[data-media] [data-said]")).to_contain_text("is here", timeout=20_000)
    return [*broken, *after]


def _rows(world: World, page: Page) -> None:
    upload = {"name": "rows.csv", "mimeType": "text/csv", "buffer": ROWS.encode()}
    page.set_input_files("form[data-upload] input[type=file]", upload)
    button(page, "Send the rows")
    page.wait_for_url("**/imports/**")
    expect(page.locator("#import")).to_contain_text("4 rows are in the batch", timeout=20_000)
    world.nudge("media")
    page.get_by_role("link", name="See how far they are").click()
    expect(page.locator("#media")).to_contain_text("3 of 4 files are ready", timeout=60_000)
    line = page.locator("#media tbody tr")
    expect(line).to_have_count(1)
    expect(line).to_contain_text("missing.png")
    expect(line).to_contain_text("There is no file of that name")
    expect(line.locator("td").first).to_have_text("4")


def _leave_out(page: Page, here: str, visit: Open) -> None:
    shoot(visit, f"{here}/data/", "media-data-failed")
    page.goto(f"{here}/review/")
    expect(page.locator("main")).to_contain_text("not ready yet")
    page.goto(f"{here}/data/")
    button(page, "Leave these rows out")
    page.locator("#ask button[value=yes]").click()
    expect(page.locator("#media")).to_contain_text("All 3 files that your rows name are ready")
    shoot(visit, f"{here}/data/", "media-data-ready")


def _publish(page: Page, here: str) -> str:
    page.goto(f"{here}/price/")
    page.fill("[name=reward]", "0.25")
    page.fill("[name=estimated_seconds]", "30")
    page.fill("[name=overlap]", "1")
    button(page, "Save and go on")
    page.wait_for_url("**/review/")
    picture = page.locator("main img").first
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("complete", True)
    button(page, "aside and publish")
    page.wait_for_url(re.compile(r"/batches/bat_\w+/$"))
    return page.url


def _work(page: Page, batch: str, visit: Open) -> None:
    """The picture comes from us alone."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"/work/batches/{batch.split('/')[-2]}/")
    page.locator("form[action$='/claim/'] button").click()
    page.wait_for_url("**/work/assignments/**")
    picture = page.locator("main img").first
    page.wait_for_function("(each) => each.complete && each.naturalWidth > 0", arg=picture.element_handle())
    assert any("/media/bat_" in url for url in asked)
    assert {url.split("/")[2] for url in asked if url.startswith("http")} == {batch.split("/")[2]}
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/media-work-1280.png")


def test_without_scripts_files_are_sent_with_an_ordinary_form(
    world: World, visit: Open, tmp_path: Path
) -> None:
    with_scripts = visit("requester")
    here = draft(world, with_scripts.page)
    page = visit("requester", scripts=False).go(f"{here}/data/")
    page.set_input_files("#id_files", [str(path) for path in files(tmp_path)[:2]])
    button(page, "Send the files")
    page.wait_for_url("**/data/")
    expect(page.locator("main")).to_contain_text("2 files are here")
