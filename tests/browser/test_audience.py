"""A private batch, from the choice of its people to a first task: through the pages, by two people."""

import json
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Open
from tests.browser.world import World

TITLE, LISTED = "For a few people", "For a list"
WIDTHS = [390, 1280]


@pytest.fixture(scope="module")
def drafts(world: World) -> dict[str, str]:
    """The ids of the drafts, by title."""
    titles = [f"{TITLE} {width}" for width in WIDTHS] + [LISTED]
    said = world.manage(
        "shell", "-c", f"from tests.browser.private_drafts import prepare; prepare(*{titles!r})"
    )
    found: dict[str, str] = json.loads(said.strip().splitlines()[-1])
    return found


@pytest.mark.parametrize("width", WIDTHS)
def test_a_requester_hands_a_link_around_and_somebody_works_by_it(
    visit: Open, drafts: dict[str, str], width: int
) -> None:
    title = f"{TITLE} {width}"
    draft = drafts[title]
    alice = visit("requester", width=width)
    page = alice.go(f"/batches/{draft}/price/")
    page.get_by_role("button", name="Choose who may do it").click()
    page.get_by_label("whoever has the link").check()
    page.get_by_role("button", name="Keep this").click()
    page.get_by_label("For how many people").fill("2")
    page.get_by_role("button", name="Make the link").click()
    link = urlsplit(page.locator(".secret").inner_text()).path
    assert alice.overflow() == 0
    page.get_by_role("link", name="On to the review").click()
    page.get_by_role("button", name="aside and publish").click()
    expect(page.get_by_text("It is open.")).to_be_visible()

    bea = visit("worker_2", width=width)
    assert title not in bea.go("/work/").locator("main").inner_text()
    page = bea.go(link)
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    assert bea.overflow() == 0
    page.get_by_role("button", name="Yes, I am in").click()
    expect(page.get_by_text("You are in.")).to_be_visible()
    page.get_by_role("button", name="Start").click()
    page.wait_for_url("**/work/assignments/**")

    page = alice.go(f"/batches/{draft}/audience/")
    expect(page.get_by_text("1 of 2 places taken.")).to_be_visible()
    page.get_by_role("button", name="Take off").click()
    page.get_by_role("button", name="Yes, go on").click()
    expect(page.get_by_text("Taken off.")).to_be_visible()
    assert title not in bea.go("/work/").get_by_role("region", name="Batches you can do now").inner_text()
    mine = bea.page.locator("li", has_text=title)  # given back: other tests count on what else she holds
    mine.locator("form[action$='/release/'] button").click()
    expect(mine).to_have_count(0)


def test_a_list_and_the_editor_work_without_scripts(visit: Open, drafts: dict[str, str]) -> None:
    draft = drafts[LISTED]
    plain = visit("requester", scripts=False)
    page = plain.go(f"/batches/{draft}/audience/")
    page.get_by_label("people I name").check()
    page.get_by_role("button", name="Keep this").click()
    page.get_by_label("Invite people").fill("bea@example.org\nsomebody@example.org")
    page.get_by_role("button", name="Put them on the list").click()
    expect(page.get_by_role("heading", name="2 people on your list")).to_be_visible()
    page = plain.go(f"/batches/{draft}/what/")
    page.locator(".adder summary").last.click()
    page.get_by_role("button", name="Rating", exact=True).click()
    expect(page.locator("#fields-1")).to_be_visible()
    page.locator("#fields-1").get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Put it back").click()
    expect(page.locator("#fields-1")).to_be_visible()
