"""Every kind, on a phone and on a desk: a worker does its first task by keyboard alone, and the answer is stored.

TESSERA_SHOTS=folder keeps a picture of each workbench, before and after it was answered.
"""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from marketplace.base import ids
from tasks import kinds
from tests.browser import hands
from tests.browser.conftest import Open
from tests.browser.test_access import AXE, RULES, violations
from tests.browser.world import World

pytestmark = pytest.mark.browser
KEYS = [kind.key for kind in kinds.all_kinds()]
SHOTS = os.environ.get("TESSERA_SHOTS")


@pytest.fixture(scope="module")
def batches(world: World) -> Iterator[Mapping[str, str]]:
    """The id of an open batch of each kind; paused at the end, so that other tests find the board as it was."""
    said = world.manage("shell", "-c", "from tests.browser.kind_batches import prepare; prepare()")
    found: dict[str, str] = json.loads(said.splitlines()[-1])
    yield found
    world.sql("UPDATE tasks_batch SET state = 'paused' WHERE state = 'published' AND title LIKE 'Kind: %%'")


def shoot(page: Page, name: str) -> None:
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def in_hand(world: World, page: Page) -> tuple[int, dict[str, Any], dict[str, str]]:
    """The assignment on the page: its number, the form, the row."""
    number = ids.decode("asg", page.url.rstrip("/").rpartition("/")[2])
    found = world.sql(
        "SELECT b.form, t.data FROM tasks_assignment a JOIN tasks_task t ON t.id = a.task_id"
        " JOIN tasks_batch b ON b.id = a.batch_id WHERE a.id = %s",
        number,
    )
    return number, *found[0]


@pytest.mark.parametrize(("width", "theme"), [(390, "light"), (1280, "dark")])
@pytest.mark.parametrize("key", KEYS)
def test_a_kind_is_done_by_keyboard_alone(
    world: World, visit: Open, batches: Mapping[str, str], key: str, width: int, theme: str
) -> None:
    visitor = visit("worker", width=width, theme=theme)
    page = visitor.go(f"/work/batches/{batches[key]}/")
    page.keyboard.press("Enter")  # printed on the button: Start
    page.wait_for_url("**/work/assignments/**")
    hands.ready(page)
    shoot(page, f"{key}-{width}")
    assert visitor.overflow() <= 0
    page.evaluate(AXE.read_text())
    assert not violations(page, {"type": "tag", "values": RULES})
    number, form, row = in_hand(world, page)
    due = {field["name"]: hands.answer(page, field, row) for field in form["fields"]}
    shoot(page, f"{key}-{width}-answered")
    hands.reach(page, "button[name=then][value=stop]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/done/**")
    state, answer = world.sql("SELECT state, answer FROM tasks_assignment WHERE id = %s", number)[0]
    assert (state, answer) == ("submitted", due)


def test_every_widget_that_a_kind_asks_with_has_hands() -> None:
    asked = {field["widget"] for kind in kinds.all_kinds() for field in kind.form()["fields"]}
    assert asked <= set(hands.HANDS)
