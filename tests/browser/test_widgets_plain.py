"""Ratings, comparisons, orders, dates, tables, consent and codes: by keyboard, by mouse, by touch, and without scripts.

TESSERA_SHOTS=folder keeps pictures of the workbench.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from marketplace.base import ids
from tests.browser import hands
from tests.browser.axe import AXE, RULES, violations
from tests.browser.conftest import Open
from tests.browser.visitor import free_hands
from tests.browser.world import World

pytestmark = pytest.mark.browser
SHOTS = os.environ.get("TESSERA_SHOTS")
FORM: dict[str, Any] = {
    "fields": [
        {"name": "fits", "widget": "consent", "label": "Did you buy bread?", "text": "For people who **did**."},
        {"name": "liked", "widget": "rating", "label": "How was it?", "required": True, "steps": 11,
         "low": "Not good at all", "high": "Never had better"},
        {"name": "better", "widget": "compare", "label": "Which reads better?", "required": True,
         "a": "one", "b": "two", "label_a": "First", "label_b": "Second"},
        {"name": "order", "widget": "rank", "label": "What matters most?", "required": True,
         "options": ["Price", "Crust", "A long word such as Vollkornroggenbrotscheibe", "Smell"]},
        {"name": "day", "widget": "date", "label": "When?", "required": True, "earliest": "2026-01-01"},
        {"name": "bill", "widget": "table", "label": "What is on the bill?", "required": True,
         "columns": [{"name": "item", "label": "Item"}, {"name": "count", "label": "How many"},
                     {"name": "price", "label": "Price of one"}]},
        {"name": "done", "widget": "code", "label": "The survey", "required": True, "check": "code",
         "url": "https://survey.example/s?w={{worker}}&a={{assignment}}", "codes": ["GRANITE-77"]},
    ]
}  # fmt: skip
ANSWER = {
    "fits": "yes", "liked": 8, "better": "b", "order": ["Crust", "Smell", "Price", FORM["fields"][3]["options"][2]],
    "day": "2026-03-15", "bill": [{"item": "Rye", "count": "2", "price": "3.20"}], "done": "GRANITE-77",
}  # fmt: skip
PREPARE = """
import json, random
from marketplace.base import clock
from marketplace.base.models import Organisation
from tasks.models import Batch, Task
from tasks.services import batches
from tests import market
organisation = Organisation.objects.get(name="Atelier Nord")
organisation.trusted_at = clock.now()
organisation.save(update_fields=["trusted_at"])
market.fund(organisation, 200)
actor = organisation.memberships.filter(role="owner").first().user
for _batch in range(2):
    batch = batches.create_draft(organisation=organisation, actor=actor, title="Bread", purpose="To bake better.",
        instructions="Answer all of it.", form=json.loads({form!r}), estimated_seconds=120, reward_micros=700_000)
    Task.objects.bulk_create(Task(batch=batch, row_number=number, key=number, overlap=1, open_slots=1, is_open=False,
        funded=False, data={{"one": "Fresh and warm.", "two": "It is bread."}}) for number in range(1, 20))
    Batch.objects.filter(pk=batch.pk).update(columns=["one", "two"])
    batch.refresh_from_db()
    print(batches.publish(batch=batch, actor=actor).public_id)
"""


@pytest.fixture(scope="module")
def batches(world: World) -> list[str]:
    said = world.manage("shell", "-c", PREPARE.format(form=json.dumps(FORM)))
    return said.split()[-2:]


def begin(page: Page, batch: str) -> None:
    """A task of the batch in which nothing was typed yet."""
    free_hands(page)
    page.goto(f"/work/batches/{batch}/")
    page.locator(
        "main :is(form[action$='/claim/'] button, .actions a[href*='/work/assignments/'])"
    ).first.click()
    page.wait_for_url("**/work/assignments/**")
    if page.locator("#kept").is_visible():
        give_back(page)


def stored(world: World, url: str) -> tuple[str, Any]:
    number = ids.decode("asg", url.rstrip("/").rpartition("/")[2])
    state, answer = world.sql("SELECT state, answer FROM tasks_assignment WHERE id = %s", number)[0]
    return state, answer


def wait_for_draft(world: World, page: Page, name: str, wanted: Any) -> None:
    """Until the draft on the server has what was done last."""
    number = ids.decode("asg", page.url.rstrip("/").rpartition("/")[2])
    found: list[tuple[Any, ...]] = []
    for _look in range(150):
        found = world.sql("SELECT answer -> %s FROM tasks_draft WHERE assignment_id = %s", name, number)
        if found == [(wanted,)]:
            return
        page.wait_for_timeout(100)
    raise AssertionError(f"the draft has {found}")


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/plain-{name}.png", full_page=True)


def give_back(page: Page) -> None:
    """Skip it: the next test finds a task in which nothing was typed."""
    here = page.url
    page.locator("button[formaction$='/release/']").click()
    page.wait_for_function("url => location.href !== url", arg=here)


@pytest.mark.parametrize("width", [360, 1280])
def test_all_of_it_is_answered_by_keyboard_alone(
    world: World, visit: Open, batches: list[str], width: int
) -> None:
    visitor = visit("worker", width=width)
    page = visitor.page
    begin(page, batches[0])
    hands.ready(page)
    url = page.url
    page.keyboard.press("1")  # printed on the first question: yes
    hands.reach(page, "[name=answer-liked]")
    page.keyboard.press("Space")
    for _step in range(7):
        page.keyboard.press("ArrowRight")
    hands.reach(page, "[name=answer-better]")
    page.keyboard.press("ArrowDown")
    hands.reach(page, ".widget-rank li:nth-child(4) .grip")
    page.keyboard.press("1")  # Smell on top
    hands.reach(page, ".widget-rank li:nth-child(3) button:enabled")
    page.keyboard.press("Home")  # then Crust above it
    expect(page.locator(".widget-rank [role=status]")).to_have_text("Crust: place 1 of 4")
    hands.reach(page, "[name=answer-day]")
    page.keyboard.type("03152026")
    for place, words in enumerate(("Rye", "2", "3.20")):
        hands.reach(page, f"[name=answer-bill-0-{place}]")
        page.keyboard.type(words)
    page.keyboard.press("Enter")  # the row below, as in a spreadsheet
    expect(page.locator(".typed tbody tr:nth-child(2) td:nth-child(3) input")).to_be_focused()
    hands.reach(page, "[name=answer-done]")
    page.keyboard.type("GRANITE-77")
    assert visitor.overflow() <= 0
    shoot(page, f"{width}-answered")
    hands.reach(page, "button[name=then][value=stop]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/done/**")
    assert stored(world, url) == ("submitted", ANSWER)


def test_all_of_it_is_answered_without_scripts(world: World, visit: Open, batches: list[str]) -> None:
    visitor = visit("worker", width=360, scripts=False)
    page = visitor.page
    begin(page, batches[0])
    url = page.url
    page.locator("[name=then][value=stop]").click()
    expect(page.locator(".notice.error")).to_contain_text("Choose whether you want to go on.")
    expect(page.locator(".notice.error li")).to_have_count(7)
    page.locator("[name=answer-fits][value=yes]").check()
    page.locator("[name=answer-liked][value='8']").check()
    page.locator("[name=answer-better][value=b]").check()
    for number, place in enumerate("3143"):
        page.locator(f"[name=answer-order-{number}]").select_option(place)
    page.fill("[name=answer-day]", "2026-03-15")
    page.fill("[name=answer-bill-2-0]", "Rye")
    page.fill("[name=answer-bill-2-1]", "2")
    page.fill("[name=answer-bill-2-2]", "3.20")
    page.fill("[name=answer-done]", "GRANITE-78")
    page.locator("[name=then][value=stop]").click()
    expect(page.locator(".notice.error")).to_contain_text("Give each a place of its own, from 1 to 4.")
    expect(page.locator(".notice.error")).to_contain_text("not one of the codes")
    expect(page.locator("[name=answer-order-2]")).to_have_value("4")
    shoot(page, "360-without-scripts")
    page.locator("[name=answer-order-3]").select_option("2")
    page.fill("[name=answer-done]", "GRANITE-77")
    assert visitor.overflow() <= 0
    page.locator("[name=then][value=stop]").click()
    page.wait_for_url("**/done/**")
    assert stored(world, url) == ("submitted", ANSWER)
    visitor.forgive("400")


def test_an_order_is_moved_by_buttons_and_by_dragging_and_kept_as_a_draft(
    world: World, visit: Open, batches: list[str]
) -> None:
    page = visit("worker").page
    begin(page, batches[0])
    hands.ready(page)
    words = page.locator(".widget-rank .grip")
    assert page.locator("[name=answer-order-0]").input_value() == ""  # nobody has said that it is right
    page.get_by_role("button", name="Move down: Price").click()
    expect(words.nth(0)).to_have_text("Crust")
    expect(page.locator("[name=answer-order-0]")).to_have_value("2")
    page.get_by_role("button", name="Move up: Smell").click()
    expect(words.nth(2)).to_have_text("Smell")
    words.nth(3).hover()
    page.mouse.down()
    top = words.nth(0).bounding_box()
    assert top
    page.mouse.move(top["x"] + 60, top["y"] + 4, steps=8)
    page.mouse.up()
    expect(words.nth(0)).to_contain_text("Vollkorn")
    expect(page.locator("[name=answer-order-2]")).to_have_value("1")
    places = {"Price": "3", "Crust": "2", FORM["fields"][3]["options"][2]: "1", "Smell": "4"}
    wait_for_draft(world, page, "order", places)
    page.reload()
    hands.ready(page)
    expect(page.locator(".widget-rank .grip").nth(0)).to_contain_text("Vollkorn")
    expect(page.locator(".widget-rank .done button")).to_be_hidden()
    give_back(page)


def test_an_order_that_is_right_as_it_stands_is_said_so(visit: Open, batches: list[str]) -> None:
    page = visit("worker").page
    begin(page, batches[0])
    hands.ready(page)
    page.get_by_role("button", name="Keep this order").click()
    expect(page.locator(".widget-rank [role=status]")).to_have_text("This order is your answer.")
    places = [page.locator(f"[name=answer-order-{number}]").input_value() for number in range(4)]
    assert places == ["1", "2", "3", "4"]
    give_back(page)


PASTE = """([selector, text]) => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  document.querySelector(selector).dispatchEvent(
    new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


def test_cells_of_a_spreadsheet_are_pasted_and_rows_come_and_go(
    world: World, visit: Open, batches: list[str]
) -> None:
    page = visit("worker").page
    begin(page, batches[0])
    hands.ready(page)
    rows = page.locator(".typed tbody tr")
    expect(rows).to_have_count(1)
    page.evaluate(
        PASTE, ["[name=answer-bill-0-0]", "Rye\t2\t3.20\r\nOat\t1\t2.80\r\nSalt\t\t0.50\textra\r\n"]
    )
    expect(rows).to_have_count(3)
    expect(rows.nth(2).locator("input").nth(2)).to_have_value("0.50")
    expect(page.locator(".widget-table [role=status]")).to_have_text("3 rows are filled in.")
    page.evaluate(PASTE, ["[name=answer-bill-0-1]", "7"])  # one cell: the browser's own way
    expect(rows).to_have_count(3)
    page.get_by_role("button", name="Remove row 2").click()
    expect(rows).to_have_count(2)
    expect(rows.nth(1).locator("input").nth(0)).to_have_attribute("aria-label", "Row 2, Item")
    page.get_by_role("button", name="Add a row").click()
    expect(rows).to_have_count(3)
    expect(rows.nth(2).locator("input").nth(0)).to_be_focused()
    first = {"item": "Rye", "count": "2", "price": "3.20"}
    wait_for_draft(world, page, "bill", [first, {"item": "Salt", "count": "", "price": "0.50"}])
    page.reload()
    hands.ready(page)
    expect(page.locator(".typed tbody tr").nth(1).locator("input").nth(0)).to_have_value("Salt")
    give_back(page)


def test_coming_back_from_the_other_page_fills_in_its_code(visit: Open, batches: list[str]) -> None:
    page = visit("worker").page
    begin(page, batches[0])
    link = page.get_by_role("link", name="Open the other page")
    number = page.url.rstrip("/").rpartition("/")[2]
    assert f"a={number}" in (link.get_attribute("href") or "")
    page.goto(f"/work/assignments/{number}/back/?code=GRANITE-77")
    expect(page.locator("[name=answer-done]")).to_have_value("GRANITE-77")
    give_back(page)


@pytest.mark.parametrize("scripts", [True, False])
def test_no_ends_the_task_kindly(world: World, visit: Open, batches: list[str], scripts: bool) -> None:
    page = visit("worker" if scripts else "worker_2", width=390, scripts=scripts).page
    begin(page, batches[1])
    url = page.url
    page.locator("[name=answer-fits][value=no]").check()
    page.locator("button.button[name=then][value=next]").click()
    page.wait_for_url("**/done/?ended=**")
    expect(page.locator("main h1")).to_have_text("This task ends here")
    expect(page.locator("main")).to_contain_text("for the time you gave it")
    shoot(page, f"ended-{'with' if scripts else 'without'}-scripts")
    assert stored(world, url) == ("compensated", None)
    page.goto(f"/work/batches/{batches[1]}/")
    expect(page.locator("main")).to_contain_text("This batch looks for other people")


@pytest.mark.parametrize(("width", "theme"), [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")])
def test_it_is_accessible_and_big_enough_to_touch(
    visit: Open, batches: list[str], width: int, theme: str
) -> None:
    page = visit("worker", width=width, theme=theme).page
    begin(page, batches[0])
    hands.ready(page)
    page.locator("[name=answer-liked][value='8']").check()
    page.locator("[name=answer-better][value=a]").check()
    page.evaluate(AXE.read_text())
    assert violations(page, {"type": "tag", "values": RULES}) == []
    small = "#answer :is(button, select, .step, .choice, .grip, input[type=text], input[type=date])"
    boxes = [each.bounding_box() for each in page.locator(small).all() if each.is_visible()]
    assert all(box and round(box["height"]) >= 44 and round(box["width"]) >= 44 for box in boxes)
    shoot(page, f"{width}-{theme}")
    give_back(page)
