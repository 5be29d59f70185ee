"""The tour of the README, by hand: from an idea to a decision and to money, each step through the page it tells of."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.addresses import with_object
from tests.browser.conftest import Open
from tests.browser.visitor import free_hands
from tests.browser.world import World

pytestmark = pytest.mark.browser

TITLE = "What do people say of the chair?"
ROWS = """shop,text
12,It stands well and looks better.
13,{long}
14,The back came loose in a week.
15,A chair.
16,We bought four.
17,Fine.
""".format(long="Very comfortable! " * 6_000)


def button(page: Page, name: str) -> None:
    page.get_by_role("button", name=re.compile(name)).first.click()


def test_a_requester_funds_an_account_through_the_payment_page(visit: Open) -> None:
    page = visit("requester").go("/funds/")
    page.fill("[name=amount]", "50")
    button(page, "Go to the payment")
    page.wait_for_url("**/simulated/pay/**")
    page.locator("button[value=pay]").click()
    page.wait_for_url("**/funds/**")
    expect(page.locator("main")).to_contain_text("€50.00")


def _make_a_batch(page: Page) -> str:
    """Kind, file with one bad row, price beside its live quote, review, publish; the batch's address."""
    page.goto("/batches/new/")
    page.locator("button[name=kind][value=classify_text]").click()
    page.wait_for_url("**/what/")
    page.fill("[name=title]", TITLE)
    page.fill("[name=purpose]", "To build a better one.")
    page.locator("#what-form .actions button").last.click()
    page.wait_for_url("**/data/")
    upload = {"name": "chairs.csv", "mimeType": "text/csv", "buffer": ROWS.encode()}
    page.set_input_files("input[type=file]", upload)
    button(page, "Send the rows")
    page.wait_for_url("**/imports/**")
    wrong = page.locator("#import tbody tr")
    expect(wrong).to_have_count(1, timeout=20_000)
    expect(wrong.locator("td").nth(0)).to_have_text("2")
    expect(wrong.locator("td").nth(1)).to_have_text("text")
    expect(wrong.locator("td").nth(2)).to_contain_text("characters; at most")
    button(page, "Go on with 5 rows")
    expect(page.locator("#import")).to_contain_text("5 rows are in the batch", timeout=20_000)
    page.get_by_role("link", name="Go on to the price").click()
    return _price_and_publish(page)


def _price_and_publish(page: Page) -> str:
    page.wait_for_url("**/price/")
    page.fill("[name=reward]", "0.25")
    page.fill("[name=estimated_seconds]", "30")
    expect(page.locator("#quote")).to_contain_text("€30.00")  # an hour at that price and pace
    page.fill("[name=overlap]", "1")
    expect(page.locator("#quote")).to_contain_text("€1.25")  # five rewards
    page.locator("#price-form .actions button:not([name])").click()
    page.wait_for_url("**/review/")
    expect(page.locator("main")).to_contain_text(TITLE)
    button(page, "aside and publish")
    page.wait_for_url(re.compile(r"/batches/bat_\w+/$"))
    expect(page.locator("main h1")).to_contain_text(TITLE)
    return page.url


def _work(page: Page, batch: str) -> str:
    """Two answers by keyboard alone, a third that stops; the address of the first answer in the history."""
    free_hands(page)
    page.goto("/work/")
    page.locator(f"main a.button[href='/work/batches/{batch.split('/')[-2]}/']").click()
    page.wait_for_url("**/work/batches/bat_*/")  # an Enter sooner would press the link again
    page.keyboard.press("Enter")  # printed on the button: Start
    page.wait_for_url("**/work/assignments/**")
    for key in "12":
        before = page.url
        page.keyboard.press(key)
        expect(page.locator("#answer input:checked")).to_have_count(1)
        page.keyboard.press("Enter")
        expect(page.locator("#answer input:checked")).to_have_count(0)
        page.wait_for_url(lambda url, before=before: url != before)
    page.keyboard.press("3")
    button(page, "Submit and stop")
    page.wait_for_url("**/done/")
    page.goto("/work/history/")
    page.locator("main a[href*='/work/history/asg_']").filter(has_text=TITLE).first.click()
    page.wait_for_url("**/work/history/asg_*/")
    return page.url


def _review(page: Page, batch: str) -> None:
    """Approve one answer, object to the newest."""
    page.goto(batch + "submissions/")
    boxes = page.locator("#submissions [data-tick]")
    expect(boxes).to_have_count(3)
    boxes.last.check()
    button(page, "Approve the ticked ones")
    expect(page.locator("#submissions [data-tick]")).to_have_count(2)
    page.locator("#submissions tbody tr").filter(has=page.locator("[data-tick]")).first.locator(
        "th a"
    ).click()
    page.locator("details:has(textarea[name=evidence]) > summary").click()
    page.locator("input[name=reason][value=wrong_answer]:visible").check()
    page.locator("textarea[name=evidence]:visible").fill("The text praises the chair.")
    page.get_by_role("button", name="Object", exact=True).click()
    expect(page.locator("main")).to_contain_text("contested")


def _answer_back(page: Page, answer: str) -> None:
    page.goto(answer)
    expect(page.locator("main")).to_contain_text("The text praises the chair.")
    if not page.locator("#reply-text").is_visible():
        page.locator("#turn summary, details:has(#reply-text) > summary").last.click()
    page.fill("#reply-text", "It does not say so: it only says what it is.")
    button(page, "Send it to a moderator")
    expect(page.locator("main")).to_contain_text("with a moderator")


def _decide(page: Page) -> None:
    page.goto("/console/disputes/")
    page.locator("main a[href*='/console/disputes/dis_']").filter(has_text=TITLE).first.click()
    for said in ("The text praises the chair.", "It does not say so"):
        expect(page.locator("main")).to_contain_text(said)
    page.locator("input[name=outcome][value=approve]").check()
    page.fill("textarea[name=reason]", "The text can honestly be read both ways, so the answer stands.")
    button(page, "Decide")
    page.wait_for_load_state()
    expect(page.locator("main")).to_contain_text("Decided")


def test_a_batch_is_made_worked_on_contested_and_decided(visit: Open) -> None:
    requester, worker, moderator = visit("requester"), visit("worker", width=390), visit("moderator")
    batch = _make_a_batch(requester.page)
    answer = _work(worker.page, batch)
    _review(requester.page, batch)
    _answer_back(worker.page, answer)
    _decide(moderator.page)
    worker.go(answer)
    expect(worker.page.locator("main")).to_contain_text("The text can honestly be read both ways")
    expect(worker.page.locator("main")).to_contain_text("approved")


def test_a_worker_asks_for_what_is_due(visit: Open) -> None:
    page = visit("worker", width=390).go("/work/earnings/")
    page.locator("form[action='/work/earnings/payout/'] button").click()
    expect(page.locator("main")).to_contain_text("about to be sent")


@pytest.mark.usefixtures("scene")
def test_a_stranger_verifies_a_certificate_with_a_browser_and_reads_it_in_french(
    world: World, visit: Open
) -> None:
    """Through a browser: it is the browser that says, by the page's policy, where a form comes from."""
    _who, path = with_object(world)["certificate"]
    page = visit("").go(path)
    token = page.request.get(path + "jwt/").text()
    page.goto("/certificates/")
    page.fill("textarea[name=token]", token)
    button(page, "Verify it")
    expect(page.locator("main")).to_contain_text("this certificate is valid")
    page.goto(path)
    page.locator("footer button[value=fr]").click()
    expect(page.locator("main")).to_contain_text("ce certificat est valable")
