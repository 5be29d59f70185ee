"""Every kind, on a phone and on a desk, from three rows to three results, through the pages alone.

A requester begins a batch of the kind, sends rows, sets a price and publishes; a worker does the three tasks by
keyboard alone; the requester approves them and downloads the results, which must hold what was answered.

Two devices take turns, the phone light and the desk dark, to go through all of it once for each kind and not twice:
every kind is worked on at both, and each page that shows it is looked at in both widths. What is clicked to post a
kind is clicked on one device, and what is clicked to approve and export it on the other; the next kind has them the
other way around. From a phone comes the kind's example file, sent back as it was offered; from a desk come the pictures
and sounds that it names, as files. The two people keep their browsers from one kind to the next, as people do.

TESSERA_SHOTS=folder keeps a picture of each workbench, before and after it was answered.
"""

import csv
import io
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from marketplace.base import ids
from tasks import kinds
from tests.browser import hands
from tests.browser.axe import AXE, RULES, violations
from tests.browser.visitor import Visitor, free_hands
from tests.browser.world import ROOT, World

pytestmark = pytest.mark.browser
KEYS = [kind.key for kind in kinds.all_kinds()]
SHOTS = os.environ.get("TESSERA_SHOTS")
PHONE, DESK = (390, "light"), (1280, "dark")
Device = tuple[int, str]  # width, theme
EXAMPLES = ROOT / "static" / "examples"
EXAMPLE = "example:"
WANTED = "SELECT count(*) = 3 FROM tasks_task WHERE batch_id = %s"
READY = "SELECT count(*) > 0 AND bool_and(state = 'ready') FROM tasks_medium WHERE batch_id = %s"
BROKEN_OFF = ("htmx:sendAbort", "htmx:afterRequest")
# What the page does by itself each second.
ASK_NOW = "htmx.ajax('GET', location.pathname, { target: '#import', swap: 'outerHTML' })"
IN_HAND = """
    SELECT b.form, t.data, t.row_number FROM tasks_assignment a JOIN tasks_task t ON t.id = a.task_id
    JOIN tasks_batch b ON b.id = a.batch_id WHERE a.id = %s
"""
Answers = dict[int, dict[str, Any]]  # by the number of the row


@pytest.fixture(scope="module")
def people(world: World, browser: Browser, _known: dict[str, Any]) -> Iterator[tuple[Visitor, Visitor]]:
    """Who posts and who works. At the end no batch of theirs is on the board, where other tests look."""
    world.manage("shell", "-c", "from tests.browser.kind_batches import prepare; prepare()")
    requester, worker = (Visitor(world, browser, each, _known) for each in ("requester", "worker"))
    free_hands(worker.page)
    yield requester, worker
    free_hands(worker.page)
    world.sql("UPDATE tasks_batch SET state = 'paused' WHERE state = 'published' AND title LIKE 'Kind: %%'")
    for each in (requester, worker):
        each.close()


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def fits(visitor: Visitor) -> bool:
    """Nothing is wider than the window, on the phone nor on the desk."""
    page = visitor.page
    before, wide = page.viewport_size, list[int]()
    for width, _theme in (PHONE, DESK):
        page.set_viewport_size({"width": width, "height": 900})
        wide.append(visitor.overflow())
    page.set_viewport_size(before)
    return max(wide) <= 0


def button(page: Page, name: str) -> None:
    page.get_by_role("button", name=re.compile(name)).first.click()


# --- Posting ---------------------------------------------------------------------------------------------


def begin(visitor: Visitor, key: str) -> None:
    """From the list of kinds to a draft whose form is that of the kind, up to its data."""
    page = visitor.go("/batches/new/")
    page.locator(f"button[name=kind][value={key}]").click()
    page.wait_for_url("**/what/")
    assert fits(visitor)
    page.fill("[name=title]", f"Kind: {key}")
    page.fill("[name=purpose]", "To see that three rows become three results.")
    page.locator("#what-form .actions button").last.click()
    page.wait_for_url("**/data/")


def example_file(page: Page) -> bytes:
    with page.expect_download() as coming:
        page.get_by_role("link", name="An example to fill in").click()
    return coming.value.path().read_bytes()


def with_files(example: bytes) -> tuple[bytes, list[Path]]:
    """The same rows as somebody has them who sends the files along: cells say their names."""
    text = example.decode("utf-8-sig")
    names = sorted(set(re.findall(rf"{EXAMPLE}([\w.-]+)", text)))
    return text.replace(EXAMPLE, "").encode(), [EXAMPLES / name for name in names]


def send(world: World, page: Page, rows: bytes, files: list[Path]) -> int:
    """Rows, and the files that they name; the number of the batch."""
    batch = ids.decode("bat", page.url.split("/")[-3])
    if files:
        page.set_input_files("#id_files", [str(each) for each in files])
        expect(page.locator("form[data-media] [data-said]")).to_contain_text("is here")
    upload = {"name": "rows.csv", "mimeType": "text/csv", "buffer": rows}
    page.set_input_files("form[data-upload] input[type=file]", upload)
    button(page, "Send the rows")
    page.wait_for_url("**/imports/**")
    world.until(WANTED, batch)
    page.evaluate(ASK_NOW)
    expect(page.locator("#import")).to_contain_text("3 rows are in the batch")
    page.get_by_role("link", name="Go on to the price").click()
    return batch


def publish(world: World, visitor: Visitor, seconds: int, batch: int, files: list[Path]) -> None:
    page = visitor.page
    page.wait_for_url("**/price/")
    page.fill("[name=reward]", f"{seconds * 0.006:.2f}")
    page.fill("[name=estimated_seconds]", str(seconds))
    page.fill("[name=overlap]", "1")
    if files:
        world.nudge("media")
        world.until(READY, batch)
    page.locator("#price-form .actions button:not([name])").click()
    page.wait_for_url("**/review/")
    assert fits(visitor)
    if page.locator("button[disabled]", has_text="aside and publish").count():  # it must say what it may show
        page.locator("aside a[href$='/distress/']").first.click()
        page.locator("[name=labels][value=nothing]").check()
        button(page, "Save")
        page.wait_for_url("**/review/")
    button(page, "aside and publish")
    page.wait_for_url(re.compile(r"/batches/bat_\w+/$"))


def post(world: World, visitor: Visitor, key: str, device: Device) -> tuple[str, list[dict[str, str]]]:
    """The id of an open batch of the kind, and its rows."""
    page = visitor.use(*device)
    begin(visitor, key)
    rows, files = example_file(page), list[Path]()
    if device == DESK:
        rows, files = with_files(rows)
    batch = send(world, page, rows, files)
    publish(world, visitor, kinds.get(key).seconds, batch, files)
    # A preview or a quote that was asked for when the page was left: a refusal would be noted with its status.
    visitor.trouble[:] = [line for line in visitor.trouble if not any(sign in line for sign in BROKEN_OFF)]
    return page.url.split("/")[-2], list(csv.DictReader(io.StringIO(rows.decode("utf-8-sig"))))


# --- Working ---------------------------------------------------------------------------------------------


def in_hand(world: World, page: Page) -> tuple[dict[str, Any], dict[str, str], int]:
    """The task on the page: its form, its row, the number of the row."""
    number = ids.decode("asg", page.url.rstrip("/").rpartition("/")[2])
    form, row, place = world.sql(IN_HAND, number)[0]
    return form, row, place


def look(visitor: Visitor, shot: str) -> None:
    """The task as it comes, to everybody."""
    hands.ready(visitor.page)
    shoot(visitor.page, shot)
    assert visitor.overflow() <= 0
    visitor.page.evaluate(AXE.read_text())
    assert not violations(visitor.page, {"type": "tag", "values": RULES})


def work(world: World, visitor: Visitor, key: str, batch: str, devices: tuple[Device, Device]) -> Answers:
    """Do all three tasks without a mouse, the second one at the other device; what was answered to each row."""
    visitor.use(*devices[0])
    page, given = visitor.go(f"/work/batches/{batch}/"), Answers()
    page.keyboard.press("Enter")  # printed on the button: Start
    for turn in range(3):
        page.wait_for_url("**/work/assignments/**")
        if turn == 1:
            visitor.use(*devices[1])
            page.reload()
        here, shot = page.url, f"{key}-{devices[turn % 2][0]}"
        if turn < 2:
            look(visitor, shot)
        hands.ready(page)
        form, row, place = in_hand(world, page)
        given[place] = {field["name"]: hands.answer(page, field, row, turn=turn) for field in form["fields"]}
        if turn < 2:
            shoot(page, f"{shot}-answered")
        go_on(page, by_button=turn == 1)
        page.wait_for_url(lambda url, here=here: url != here)
    assert "/done/" in page.url
    return given


def go_on(page: Page, *, by_button: bool) -> None:
    if by_button:
        hands.reach(page, "button[name=then][value=next]")
    page.keyboard.press("Enter" if by_button else "Control+Enter")


# --- Taking the results ----------------------------------------------------------------------------------


def approve(visitor: Visitor, batch: str) -> None:
    page = visitor.go(f"/batches/{batch}/submissions/")
    assert fits(visitor)
    button(page, "Approve all 3")
    page.locator("#ask button[value=yes]").click()
    expect(page.locator("main")).to_contain_text("3 answers approved and paid")


def download(page: Page, query: str) -> str:
    with page.expect_download() as coming:
        page.locator(f"main a[href$='{query}']").click()
    return coming.value.path().read_text()


def cells_of(key: str, answer: Mapping[str, Any]) -> dict[str, str]:
    """What a spreadsheet has for an answer: words as they are, several with a bar between them, the rest as JSON."""
    cells = {}
    for field in kinds.get(key).form()["fields"]:
        value = answer[field["name"]]
        if isinstance(value, list):
            words = all(isinstance(each, str) for each in value)
            value = "|".join(value) if words else json.dumps(value, sort_keys=True)
        cells[field["name"]] = str(value)
    return cells


def same_order(cell: str) -> str:
    """JSON with its names in alphabetical order; any other cell as it is."""
    return json.dumps(json.loads(cell), sort_keys=True) if cell.startswith("[{") else cell


def literals_of(key: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    """What a line of JSON has for an answer: as it was given, and numbers as numbers."""
    widgets = {field["name"]: field["widget"] for field in kinds.get(key).form()["fields"]}
    return {name: int(value) if widgets[name] == "number" else value for name, value in answer.items()}


def take(visitor: Visitor, key: str, batch: str, rows: list[dict[str, str]], given: Answers) -> None:
    """Approve and download: the CSV of results and the JSON lines of answers hold each row and what was answered."""
    approve(visitor, batch)
    page = visitor.go(f"/batches/{batch}/results/")
    assert fits(visitor)
    lines = list(csv.DictReader(io.StringIO(download(page, "?format=csv"))))
    answers = [json.loads(line) for line in download(page, "?format=jsonl&what=answers").splitlines()]
    assert len(lines) == len(answers) == 3
    for place, (line, answer, row) in enumerate(zip(lines, answers, rows, strict=True), start=1):
        due = given[place]
        assert {name: same_order(line[name]) for name in due} == cells_of(key, due)
        assert {name: answer[name] for name in due} == literals_of(key, due)
        assert line["answers"] == "1"
        for column, cell in row.items():
            own = f"input_{column}" if column in due else column  # a question of that name has the column
            assert line[own] == answer[own] == cell


@pytest.mark.parametrize("key", KEYS)
def test_three_rows_of_a_kind_are_posted_answered_by_keyboard_alone_and_exported(
    world: World, people: tuple[Visitor, Visitor], key: str
) -> None:
    requester, worker = people
    for each in people:
        each.trouble.clear()
    devices = (PHONE, DESK) if KEYS.index(key) % 2 else (DESK, PHONE)
    batch, rows = post(world, requester, key, devices[0])
    given = work(world, worker, key, batch, devices)
    requester.use(*devices[1])
    take(requester, key, batch, rows, given)
    for each in people:
        each.had_no_trouble()


def test_every_widget_that_a_kind_asks_with_has_hands() -> None:
    asked = {field["widget"] for kind in kinds.all_kinds() for field in kind.form()["fields"]}
    assert asked <= set(hands.HANDS)
