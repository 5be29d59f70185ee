"""The tour of the README, by hand: from an idea to a decision and to money, each step through the page it tells of."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.steps import TITLE, button, make_a_batch, work
from tests.browser.things import with_object
from tests.browser.world import World

pytestmark = pytest.mark.browser


def test_a_requester_funds_an_account_through_the_payment_page(visit: Open) -> None:
    page = visit("requester").go("/funds/")
    page.fill("[name=amount]", "50")
    button(page, "Go to the payment")
    page.wait_for_url("**/simulated/pay/**")
    page.locator("button[value=pay]").click()
    page.wait_for_url("**/funds/**")
    expect(page.locator("main")).to_contain_text("€50.00")


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
    batch = make_a_batch(requester.page)
    answer = work(worker.page, batch)
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
