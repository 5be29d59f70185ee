"""For everybody: no scripts, thin lines, keyboards, and people who are interrupted."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.addresses import WORKER, pages
from tests.browser.conftest import Open
from tests.browser.visitor import Visitor
from tests.browser.world import World

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("scene")]

MOST_BYTES = 60_000
# A second Enter as a slipping finger gives it: just after the next task came.
PRESS_AGAIN = """() => document.addEventListener("htmx:load", () => setTimeout(() => {
  const enter = { key: "Enter", ctrlKey: true, bubbles: true, cancelable: true };
  document.activeElement.dispatchEvent(new KeyboardEvent("keydown", enter));
  window.pressed = 1;
}, 100), { once: true })"""


# --- Without scripts -------------------------------------------------------------------------------------


def test_without_scripts_a_worker_claims_answers_and_stops(visit: Open) -> None:
    page = visit("worker", scripts=False).go("/work/")
    page.locator("main a[href*='/work/batches/']", has_text="Look closer").last.click()
    page.get_by_role("button", name=re.compile("Start")).click()
    page.wait_for_url("**/work/assignments/**")
    page.locator("#answer input[type=radio]").first.check()
    number = page.locator("#answer input[inputmode], #answer input[type=number]")
    if number.count():
        number.first.fill("2")
    page.get_by_role("button", name="Submit and stop").click()
    page.wait_for_url("**/done/")
    expect(page.locator("main h1")).to_contain_text("Your answer is in")


def test_without_scripts_a_requester_makes_a_draft_with_a_price(visit: Open) -> None:
    page = visit("requester", scripts=False).go("/batches/new/")
    page.locator("button[name=kind][value=compare_records]").click()
    page.fill("[name=title]", "Made without scripts")
    page.locator("#what-form .actions button").last.click()
    page.wait_for_url("**/data/")
    columns = list(dict.fromkeys(page.locator("main code").all_inner_texts()))  # those the page asks for
    rows = f"{','.join(columns)}\n{','.join('x' for _ in columns)}\n".encode()
    page.set_input_files("input[type=file]", {"name": "rows.csv", "mimeType": "text/csv", "buffer": rows})
    page.get_by_role("button", name="Send the rows").click()
    page.wait_for_url("**/imports/**")
    for _ in range(40):  # without scripts the page stands still until it is asked again
        if "in the batch" in page.locator("main").inner_text():
            break
        page.wait_for_timeout(250)
        page.reload()
    page.get_by_role("link", name="Go on to the price").click()
    page.fill("[name=reward]", "0.30")
    page.fill("[name=estimated_seconds]", "30")
    page.locator("#price-form .actions button:not([name])").click()
    page.wait_for_url("**/review/")
    expect(page.locator("main")).to_contain_text("€36.00")


# --- Thin lines ------------------------------------------------------------------------------------------


def weigh(visitor: Visitor, path: str) -> dict[str, int]:
    """Bytes that came over the line for a page opened for the first time, by address."""
    line: Any = visitor.context.new_cdp_session(visitor.page)
    addresses, weights = dict[str, str](), dict[str, int]()
    line.send("Network.enable")
    line.send("Network.setCacheDisabled", {"cacheDisabled": True})
    line.on("Network.responseReceived", lambda e: addresses.update({e["requestId"]: e["response"]["url"]}))
    line.on(
        "Network.loadingFinished",
        lambda e: weights.update(
            {addresses.get(e["requestId"], e["requestId"]): int(e["encodedDataLength"])}
        ),
    )
    visitor.page.goto(path)
    visitor.page.evaluate("document.readyState")  # what the browser still had to tell comes with the answer
    line.detach()
    return weights


def test_each_page_of_a_worker_weighs_less_than_60_kB(world: World, visit: Open) -> None:
    visitor, heavy = visit(WORKER, width=390), list[str]()
    for address in pages(world):
        if not address.path.startswith("/work/"):
            continue
        weights = weigh(visitor, address.path)
        assert any(url.endswith(".css") or ".css" in url for url in weights)
        if sum(weights.values()) >= MOST_BYTES:
            heavy.append(f"{address.name}: {sum(weights.values())} bytes, {sorted(weights.items())}")
    assert not heavy, "\n".join(heavy)


# --- People who are interrupted ----------------------------------------------------------------------------


def _claim_receipt_like(page: Page) -> str:
    """A task of choices and a number, in hand; the address of its workbench."""
    page.goto("/work/")
    card = page.locator("main article, main .card").filter(has_text="Que demande ce client")
    card.get_by_role("link", name="Look closer").click()
    start = page.locator("form[action$='/claim/'] button, a[href*='/work/assignments/'].button").first
    start.click()
    page.wait_for_url("**/work/assignments/**")
    return page.url


def test_what_was_chosen_is_kept_as_a_draft_and_after_the_time_ran_out(world: World, visit: Open) -> None:
    visitor = visit("worker_3", width=390)
    page = visitor.page
    bench = _claim_receipt_like(page)
    with page.expect_response(lambda answer: answer.url.endswith("/draft/")):
        page.keyboard.press("3")
    expect(page.locator("#kept")).to_be_visible()
    page.goto("/work/")
    page.goto(bench)
    expect(page.locator("#answer input[type=radio]").nth(2)).to_be_checked()
    try:
        world.later(minutes=11)
        page.goto(bench)
        expect(page.locator("#task")).to_contain_text("time ran out")
        expect(page.locator("#answer input[type=radio]").nth(2)).to_be_checked()
    finally:
        world.later(days=0)


def test_an_answer_that_lacks_something_keeps_the_rest_and_focus_goes_to_what_is_missing(visit: Open) -> None:
    visitor = visit("worker", width=390)
    page = visitor.page
    _claim_receipt_like(page)
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.locator("#answer .errors").first).to_be_visible()
    expect(page.locator("#answer input[type=radio]").nth(1)).to_be_checked()
    focused = page.evaluate("document.activeElement.getAttribute('aria-invalid')")
    assert focused == "true"
    described = page.evaluate("document.activeElement.getAttribute('aria-describedby')") or ""
    assert any("error" in each for each in described.split()), described
    visitor.forgive("422")


def test_a_second_enter_does_not_submit_the_next_task(visit: Open) -> None:
    visitor = visit("worker", width=390)
    page = visitor.page
    bench = _claim_receipt_like(page)
    page.keyboard.press("2")
    for field in page.locator("#answer input:is([inputmode], [type=number])").all():
        field.fill("2")
    page.evaluate(PRESS_AGAIN)
    page.keyboard.press("Control+Enter")
    page.wait_for_url(lambda url: url != bench)
    page.wait_for_timeout(700)
    assert page.evaluate("window.pressed") == 1
    assert page.locator("#answer .errors").count() == 0
    page.keyboard.press("Enter")  # meant: it is looked at, and says what is missing
    expect(page.locator("#answer .errors").first).to_be_visible()
    visitor.forgive("422")


def test_the_lease_is_told_in_words_and_nothing_counts_down(visit: Open) -> None:
    page = visit("worker_3", width=390).page
    _claim_receipt_like(page)
    said = page.locator("#lease").inner_text()
    assert "min" in said, said
    page.wait_for_timeout(1_500)
    assert page.locator("#lease").inner_text() == said
