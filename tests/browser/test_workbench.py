"""The workbench from one task to the next: instructions, where the page stands, and what was typed last."""

import re
import time

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.program import call
from tests.browser.visitor import Visitor, free_hands
from tests.browser.world import World

pytestmark = pytest.mark.browser

FORM = {
    "show": [{"as": "text", "column": "what"}],
    "fields": [{"name": "words", "widget": "text", "label": "What is it?", "required": True, "lines": "many"}],
}  # fmt: skip
SENTENCE = "Write down what it is, as you would say it to somebody who asks.\n\n"


@pytest.fixture(scope="module")
def batch(world: World) -> str:
    """An open batch whose instructions fill a screen."""
    draft = {
        "title": "With much to read first", "purpose": "To see where the page stands.",
        "instructions": SENTENCE * 40, "form": FORM, "reward": "0.65", "estimated_seconds": 120, "overlap": 1,
    }  # fmt: skip
    status, made = call(world, "/batches/", draft)
    assert status == 201, made
    rows = "what\n" + "".join(f"thing {number}\n" for number in range(40))
    assert call(world, f"/batches/{made['id']}/rows/", rows, kind="text/csv")[0] == 202
    end = time.monotonic() + 60
    while True:  # the rows are loaded by a job
        status, answer = call(world, f"/batches/{made['id']}/publish/", {})
        if status == 200:
            return str(made["id"])
        assert time.monotonic() < end, answer
        time.sleep(0.5)


def begin(one: Visitor, batch: str) -> None:
    free_hands(one.page)
    one.page.goto(f"/work/batches/{batch}/")
    one.page.locator("form[action$='/claim/'] button").click()
    one.page.wait_for_url("**/work/assignments/**")


def submit(one: Visitor, words: str) -> None:
    page, before = one.page, one.page.url
    page.fill("[name=answer-words]", words)
    page.keyboard.press("Control+Enter")
    expect(page).not_to_have_url(before)
    expect(page.locator("[name=answer-words]")).to_have_value("")


@pytest.mark.parametrize("width", [1280, 390])
def test_instructions_fold_after_the_first_answer_and_stay_as_they_are_left(
    visit: Open, batch: str, width: int
) -> None:
    bob = visit("worker_3", width=width)
    page, instructions = bob.page, bob.page.locator("#instructions")
    bob.context.clear_cookies(name="instructions")
    begin(bob, batch)
    expect(instructions).to_have_attribute("open", "")
    submit(bob, "a thing")
    expect(instructions).not_to_have_attribute("open", "")
    expect(page.get_by_text(re.compile(r"^thing \d+$"))).to_be_in_viewport()
    page.locator("#instructions > summary").click()
    submit(bob, "another thing")
    expect(instructions).to_have_attribute("open", "")
    expect(page.locator("#answer")).to_be_in_viewport()
    expect(page.locator("#answer button[value=stop]")).to_be_in_viewport()
    page.reload()
    expect(instructions).to_have_attribute("open", "")
    page.locator("#instructions > summary").click()
    submit(bob, "a third thing")
    expect(instructions).not_to_have_attribute("open", "")
    free_hands(page)


def test_words_typed_just_before_leaving_stand_there_when_one_comes_back(visit: Open, batch: str) -> None:
    bob = visit("worker_3")
    begin(bob, batch)
    bob.page.fill("[name=answer-words]", "first words")
    bob.page.wait_for_timeout(1500)
    bob.page.fill("[name=answer-words]", "the last words")
    bob.page.locator(".bar a[href='/work/earnings/']").first.click()
    bob.page.wait_for_url("**/work/earnings/")
    bob.page.go_back()
    expect(bob.page.locator("[name=answer-words]")).to_have_value("the last words")
    bob.page.reload()
    expect(bob.page.locator("[name=answer-words]")).to_have_value("the last words")
    free_hands(bob.page)


def test_p_ends_the_pause_that_it_began(visit: Open, batch: str) -> None:
    bob = visit("worker_3")
    begin(bob, batch)
    for open_ in (True, False, True, False):
        bob.page.keyboard.press("p")
        expect(bob.page.locator("#pause")).to_be_visible(visible=open_)
    free_hands(bob.page)
