"""Boxes, outlines and points: drawn by keys alone, by mouse and by fingers, kept, and looked at on the picture."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from marketplace.base import ids
from tests.browser.conftest import Open
from tests.browser.program import open_batch
from tests.browser.visitor import free_hands
from tests.browser.world import World

pytestmark = pytest.mark.browser

SHOTS = os.environ.get("TESSERA_SHOTS")
LABELS = ["Car", "Person"]
ROWS = "photo\nexample:street.webp\nexample:leaf.webp\nexample:street.webp\n"
Place = tuple[int, int]  # ten-thousandths of the picture


def publish(world: World, *fields: dict[str, Any], show: bool = False) -> str:
    """An open batch of three pictures with these questions; its id."""
    form: dict[str, Any] = {"fields": list(fields)}
    if show:
        form["show"] = [{"as": "image", "column": "photo", "label": "Look closely"}]
    title = f"Mark what you see, by {fields[0]['widget']}"
    return open_batch(world, title=title, form=form, rows=ROWS, instructions="Mark every one.")


def field(widget: str, **more: Any) -> dict[str, Any]:
    return {
        "name": "marks", "widget": widget, "label": "Where are they?", "column": "photo", "labels": LABELS,
        "required": True, **more,
    }  # fmt: skip


def begin(page: Page, batch: str) -> None:
    free_hands(page)
    page.goto(f"/work/batches/{batch}/")
    page.locator("form[action$='/claim/'] button").click()
    page.wait_for_url("**/work/assignments/**")
    ready(page)


def ready(page: Page) -> None:
    page.wait_for_selector("#answer .widget[data-ready] .picture-img")
    page.wait_for_function("document.querySelector('#answer .picture-img').complete")
    page.wait_for_timeout(500)  # an Enter sooner would be taken for one meant for the task before


def value(page: Page) -> Any:
    return json.loads(page.locator("#answer [data-answer]").input_value() or "null")


def keys(page: Page, *pressed: str) -> None:
    for key in pressed:
        page.keyboard.press(key)


def spot(page: Page, place: Place) -> tuple[float, float]:
    frame = page.locator("#answer .drawing .picture-img").bounding_box()
    assert frame
    return frame["x"] + frame["width"] * place[0] / 10_000, frame["y"] + frame["height"] * place[1] / 10_000


def drag(page: Page, start: Place, end: Place) -> None:
    page.mouse.move(*spot(page, start))
    page.mouse.down()
    page.mouse.move(*spot(page, ((start[0] + end[0]) // 2, (start[1] + end[1]) // 2)))
    page.mouse.move(*spot(page, end))
    page.mouse.up()


def click(page: Page, place: Place) -> None:
    page.mouse.click(*spot(page, place))


def shot(page: Page, name: str) -> None:
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def stored(world: World, batch: str) -> list[Any]:
    """The submitted answers to the question, first one first."""
    rows = world.sql(
        "SELECT a.answer->'marks' FROM tasks_assignment a JOIN tasks_task t ON t.id = a.task_id"
        " WHERE t.batch_id = %s AND a.submitted_at IS NOT NULL ORDER BY a.submitted_at",
        ids.decode("bat", batch),
    )
    return [value for (value,) in rows]


def near(one: Any, other: Any, within: int = 60) -> bool:
    """Whether two drawings are the same but for what a pixel is worth."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(near(one[key], other[key], within) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(near(a, b, within) for a, b in zip(one, other, strict=True))
    return abs(one - other) <= within if isinstance(one, int) else bool(one == other)


# What each is drawn with: keys alone with what they make, a mouse with what it makes.

BY_KEYS = {
    "boxes": (
        ["a", "ArrowRight", "ArrowRight", "ArrowUp", "Shift+ArrowRight", "Shift+ArrowUp", "2"],
        [{"x": 4000, "y": 3700, "w": 2500, "h": 2300, "label": "Person"}],
    ),
    "outline": (
        ["a", "Enter", "Shift+ArrowRight", "Enter", "Shift+ArrowDown", " ", "ArrowLeft", "Enter", "Backspace", "c"],
        [{"points": [[5000, 5000], [5500, 5000], [5500, 5500]], "label": "Car"}],
    ),
    "points": (
        ["a", "ArrowLeft", "ArrowDown", "a", "2", "Escape"],
        [{"x": 4900, "y": 5100, "label": "Car"}, {"x": 5000, "y": 5000, "label": "Person"}],
    ),
}  # fmt: skip


def draw_boxes(page: Page) -> Any:
    drag(page, (4980, 6750), (7980, 8370))
    drag(page, (7980, 8370), (8500, 9000))  # by its lower right corner
    drag(page, (6500, 7500), (6300, 7300))  # as a whole
    return [{"x": 4780, "y": 6550, "w": 3520, "h": 2250, "label": "Car"}]


def draw_outline(page: Page) -> Any:
    for place in ((2000, 2000), (6000, 2000), (6000, 6000), (2040, 2040)):  # the last closes it
        click(page, place)
    drag(page, (6000, 6000), (7000, 7000))
    return [{"points": [[2000, 2000], [6000, 2000], [7000, 7000]], "label": "Car"}]


def draw_points(page: Page) -> Any:
    click(page, (5610, 7970))
    click(page, (2000, 3000))
    drag(page, (5610, 7970), (4000, 4000))
    return [{"x": 4000, "y": 4000, "label": "Car"}, {"x": 2000, "y": 3000, "label": "Car"}]


BY_MOUSE = {"boxes": draw_boxes, "outline": draw_outline, "points": draw_points}


@pytest.mark.parametrize("widget", ["boxes", "outline", "points"])
def test_one_draws_by_keys_alone_then_by_mouse_and_others_see_it_on_the_picture(
    world: World, visit: Open, widget: str
) -> None:
    batch, page = publish(world, field(widget)), visit("worker").page
    begin(page, batch)
    assert value(page) is None
    pressed, made = BY_KEYS[widget]
    keys(page, *pressed)
    assert value(page) == made
    expect(page.locator("#answer .picture-list li")).to_have_count(len(made))
    shot(page, f"{widget}-keys")
    before = page.url
    keys(page, "Enter")  # submits; the next task comes as a fragment
    page.wait_for_url(lambda url: url != before)
    ready(page)
    assert value(page) is None
    expect(page.locator("#answer .picture-layer .shape")).to_have_count(0)

    made_by_mouse = BY_MOUSE[widget](page)
    assert near(value(page), made_by_mouse), value(page)
    drawn = value(page)
    shot(page, f"{widget}-mouse")
    keys(page, "Control+z")
    assert value(page) != drawn
    page.get_by_role("button", name="Redo").click()
    assert value(page) == drawn
    page.get_by_role("button", name="Submit and stop").click()
    page.wait_for_url("**/done/")
    assert stored(world, batch) == [made, drawn]
    _look_at_it(visit, world, batch, widget, len(made_by_mouse))


def _look_at_it(visit: Open, world: World, batch: str, widget: str, shapes: int) -> None:
    """The review page shows the newest answer on its picture, and it can't be changed there."""
    newest = world.id(
        "asg", "tasks_assignment", "state = 'submitted' AND task_id IN (SELECT id FROM tasks_task WHERE batch_id = %s)",
        ids.decode("bat", batch),
    )  # fmt: skip
    page = visit("requester").go(f"/batches/{batch}/submissions/{newest}/")
    page.wait_for_selector(f".widget-{widget}[data-ready]")
    seen = page.locator(f".widget-{widget} .picture-layer .shape")
    expect(seen).to_have_count(shapes)
    assert page.locator(f".widget-{widget} textarea").count() == 0
    frame = page.locator(f".widget-{widget} .picture-stage").bounding_box()
    assert frame
    page.mouse.click(frame["x"] + 30, frame["y"] + 30)
    expect(seen).to_have_count(shapes)
    shot(page, f"{widget}-review")


def test_turning_and_enlarging_the_picture_changes_nothing_that_is_stored(world: World, visit: Open) -> None:
    batch, page = publish(world, field("boxes", labels=[]), show=True), visit("worker").page
    begin(page, batch)
    page.locator("#answer .drawing .picture-stage").scroll_into_view_if_needed()
    drag(page, (1000, 2000), (3000, 5000))
    drawn = value(page)
    assert near(drawn, [{"x": 1000, "y": 2000, "w": 2000, "h": 3000}])
    keys(page, "Escape", "r", "+", "+", "r", "0", "r")
    assert value(page) == drawn
    drag(page, (6000, 6000), (8000, 9000))  # on the screen, a quarter to the right: across is up
    assert near(value(page)[1], {"x": 6000, "y": 2000, "w": 3000, "h": 2000})
    page.get_by_role("button", name="Submit and stop").click()
    page.wait_for_url("**/done/")
    assert stored(world, batch)[0][0] == drawn[0]


def test_a_finger_draws_and_two_enlarge_on_a_phone(world: World, visit: Open) -> None:
    visitor = visit("worker", width=390, theme="dark")
    batch, page = publish(world, field("boxes")), visitor.page
    begin(page, batch)
    assert visitor.overflow() <= 0
    moved, what = visitor.shifts()
    assert moved < 0.05, what  # the place of what the script draws is held
    page.locator("#answer .picture-stage").scroll_into_view_if_needed()
    wire = page.context.new_cdp_session(page)

    def touch(kind: str, *fingers: tuple[float, float]) -> None:
        points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(fingers)]
        wire.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    start, middle, end = (spot(page, place) for place in ((4980, 6750), (6000, 7500), (7980, 8370)))
    touch("touchStart", start)
    touch("touchMove", middle)
    touch("touchMove", end)
    touch("touchEnd")
    assert near(value(page), [{"x": 4980, "y": 6750, "w": 3000, "h": 1620, "label": "Car"}], within=80)
    shot(page, "boxes-finger")
    before, (x, y) = page.locator("#answer .picture-img").bounding_box(), spot(page, (5000, 5000))
    touch("touchStart", (x - 30, y))
    touch("touchStart", (x - 30, y), (x + 30, y))
    touch("touchMove", (x - 60, y), (x + 60, y))
    touch("touchEnd")
    after = page.locator("#answer .picture-img").bounding_box()
    assert before and after and after["width"] > 1.5 * before["width"]
    assert len(value(page)) == 1
    page.get_by_role("button", name="Submit and stop").click()
    page.wait_for_url("**/done/")


def test_that_there_is_nothing_is_said_and_a_lost_picture_is_too(world: World, visit: Open) -> None:
    visitor = visit("worker")
    batch, page = publish(world, field("points")), visitor.page
    begin(page, batch)
    page.get_by_role("button", name="Submit and stop").click()
    expect(page.locator(".errors")).to_contain_text("nothing to mark")
    ready(page)
    page.get_by_label("There is nothing to mark").check()
    assert value(page) == []
    before = page.url
    page.get_by_role("button", name="Submit and next").click()
    page.wait_for_url(lambda url: url != before)
    ready(page)
    picture = page.locator("#answer .picture-img")
    address = picture.get_attribute("src")
    picture.evaluate("img => { img.src = '/static/examples/gone.webp' }")
    expect(page.get_by_role("alert")).to_contain_text("could not be loaded")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("button", name="Try again")).to_be_enabled()
    expect(page.get_by_role("button", name="Add a point")).to_be_hidden()
    picture.evaluate("(img, address) => { img.src = address }", address)
    expect(page.get_by_role("alert")).to_have_count(0)
    visitor.forgive("404")
    visitor.forgive("422")  # the answer that was refused
    page.get_by_role("button", name="Skip").click()
    page.wait_for_load_state()
    assert stored(world, batch) == [[]]


def test_without_scripts_the_picture_is_there(world: World, visit: Open) -> None:
    batch = publish(world, field("boxes"), show=True)
    with_scripts = visit("worker_2")
    begin(with_scripts.page, batch)
    page = visit("worker_2", scripts=False).go(with_scripts.page.url)
    assert page.locator("img.picture-plain").count() == 2
    assert page.evaluate(
        "[...document.querySelectorAll('img.picture-plain')].every((each) => each.naturalWidth > 0)"
    )
    shot(page, "no-scripts")
    assert "This question needs JavaScript." in page.content()
    with_scripts.page.get_by_role("button", name="Skip").click()
