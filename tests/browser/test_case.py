"""One case from end to end, by four people in four browsers, over six weeks: an objection that was wrong, a second
answer, a dispute, a refusal, an appeal, and the pay after all. Every clock is moved, every mail is read.

CASE_SHOTS=/somewhere keeps a picture of each screen, on a phone and at a desk.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from marketplace.base import ids
from tests.browser.conftest import Open
from tests.browser.steps import TITLE, button, make_a_batch, work
from tests.browser.visitor import Visitor
from tests.browser.world import World
from tests.conftest import HOME, _schema_digest

pytestmark = pytest.mark.browser

SHOTS = os.environ.get("CASE_SHOTS")
DEVICES = ((390, "light"), (390, "dark"), (1280, "light"), (1280, "dark"))
OBJECTION = "The text praises the chair, so it is not a complaint."
REFUSAL = "Line two of the instructions says to choose what the customer wants, and this is not it."
APPEAL = "The text says nothing that the customer wants: each answer of the list fits as well as another."
REVERSAL = (
    "The worker is right: the text fits two answers, and the instructions do not say which one to take."
)


@pytest.fixture(scope="module")
def six_weeks(django_db_setup: None) -> Iterator[World]:
    """A world of its own: six weeks go by in it."""
    made = World(services=HOME, template=f"tpl_{_schema_digest()}", queue=8)
    try:
        made.start()
        yield made
    finally:
        made.end()


@pytest.fixture
def come(six_weeks: World, browser: Browser) -> Iterator[Open]:
    """`come("worker")` is a browser in which that persona is logged in to that world."""
    opened: list[Visitor] = []

    def open_(persona: str, width: int = 1280) -> Visitor:
        opened.append(Visitor(six_weeks, browser, persona, {}, width=width))
        return opened[-1]

    yield open_
    for one in opened:
        one.had_no_trouble()
        one.close()


def look(visitor: Visitor, name: str) -> None:
    """What this person sees now fits, on a phone and at a desk."""
    page = visitor.page
    before = page.viewport_size or {"width": 1280, "height": 900}
    for width, theme in DEVICES:
        visitor.use(width, theme)
        assert visitor.overflow() <= 0, (name, width)
        if SHOTS:
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=f"{SHOTS}/{name}-{width}-{theme}.png", full_page=True)
    visitor.use(before["width"], "light")


def mail(world: World, persona: str, *words: str) -> str:
    """The newest mail to somebody that holds these words, waited for."""
    address = world.people[persona]["email"]
    like = [f"%{each}%" for each in words]
    where = "recipient = %s" + " AND subject || ' ' || body LIKE %s" * len(like)
    world.until(f"SELECT count(*) > 0 FROM base_sentmail WHERE {where}", address, *like)
    rows = world.sql(f"SELECT body FROM base_sentmail WHERE {where} ORDER BY id DESC", address, *like)
    return str(rows[0][0])


def _object(visitor: Visitor, batch: str) -> None:
    page = visitor.go(batch + "submissions/")
    page.locator("#submissions tbody tr").filter(has=page.locator("[data-tick]")).first.locator(
        "th a"
    ).click()
    page.locator("details:has(textarea[name=evidence]) > summary").click()
    page.locator("input[name=reason][value=wrong_answer]:visible").check()
    page.locator("textarea[name=evidence]:visible").fill(OBJECTION)
    page.get_by_role("button", name="Object", exact=True).click()
    expect(page.locator("main")).to_contain_text("contested")


def _do_again(page: Page, answer: str) -> None:
    page.goto(answer)
    expect(page.locator("main")).to_contain_text(OBJECTION)
    again = page.locator("form[action$='/redo/']")
    again.locator("input[type=radio]").first.check()
    again.get_by_role("button", name="Send the new answer").click()
    expect(page.locator("main")).to_contain_text("submitted")


def _hand_over(page: Page) -> None:
    page.reload()
    button(page, "Let a moderator decide")
    page.locator("#ask button[value=yes]").click()
    expect(page.locator("main")).to_contain_text("with a moderator")


def _decide(visitor: Visitor, outcome: str, reason: str, name: str) -> None:
    page = visitor.go("/console/disputes/")
    look(visitor, f"{name}-queue")
    page.locator("main a[href*='/console/disputes/dis_']").filter(has_text=TITLE).first.click()
    page.wait_for_url("**/console/disputes/dis_*/")
    look(visitor, f"{name}-case")
    page.locator(f"input[name=outcome][value={outcome}]").check()
    page.fill("textarea[name=reason]", reason)
    case = page.url
    with page.expect_response(lambda answer: answer.request.method == "POST" and answer.url == case):
        button(page, "^Decide")
    page.wait_for_load_state()
    page.goto(case)
    expect(page.locator("main")).to_contain_text(reason)
    look(visitor, f"{name}-decided")


def test_a_case_is_contested_redone_disputed_refused_appealed_and_reversed(
    six_weeks: World, come: Open
) -> None:
    world, visit = six_weeks, come
    requester, worker = visit("requester"), visit("worker", width=390)
    batch = make_a_batch(requester.page)
    answer = work(worker.page, batch)
    _object(requester, batch)
    look(requester, "1-contested-requester")
    assert "The answer is wrong" in mail(world, "worker", TITLE, "gave this reason")

    world.later(days=2)
    worker.go(answer)
    look(worker, "2-contested-worker")
    _do_again(worker.page, answer)
    look(worker, "3-redone-worker")
    mail(world, "requester", TITLE, "was redone")

    world.later(days=4)
    requester.page.reload()
    look(requester, "4-redone-requester")
    _hand_over(requester.page)
    look(requester, "5-disputed-requester")
    mail(world, "worker", "moderator")

    world.later(days=10)
    dana = visit("moderator")
    _decide(dana, "reject", REFUSAL, "6-dispute")
    assert REFUSAL in mail(world, "worker", REFUSAL[:40])
    worker.go(answer)
    expect(worker.page.locator("main")).to_contain_text(REFUSAL)
    look(worker, "7-refused-worker")

    world.later(days=40)
    worker.go(answer)
    worker.page.fill("#appeal-text", APPEAL)
    button(worker.page, "^Appeal$")
    expect(worker.page.locator("main")).to_contain_text(APPEAL)
    look(worker, "8-appealed-worker")

    # Who refused does not hear the appeal; another moderator does.
    page = dana.go("/console/disputes/")
    page.locator("main a[href*='/console/disputes/dis_']").filter(has_text=TITLE).first.click()
    page.wait_for_url("**/console/disputes/dis_*/")
    expect(page.locator("textarea[name=reason]")).to_have_count(0)
    look(dana, "9-appeal-hindered")
    world.later(days=45)
    _decide(visit("moderator_2"), "approve", REVERSAL, "10-appeal")
    for persona in ("worker", "requester"):
        assert REVERSAL in mail(world, persona, REVERSAL[:40])
    worker.go(answer)
    for words in (REFUSAL, APPEAL, REVERSAL, "approved"):
        expect(worker.page.locator("main")).to_contain_text(words)
    look(worker, "11-reversed-worker")
    requester.page.goto(requester.page.url)
    for words in (REFUSAL, REVERSAL, "The worker appealed"):
        expect(requester.page.locator("main")).to_contain_text(words)
    look(requester, "12-reversed-requester")
    worker.go("/work/earnings/")
    look(worker, "13-earnings-worker")
    # Pay and record are what they would have been: the reward is booked once, and nothing says refused.
    number = answer.rstrip("/").rpartition("/")[2]
    rows = world.sql("SELECT state FROM tasks_assignment WHERE id = %s", ids.decode("asg", number))
    assert rows == [("approved",)]
    entries = world.sql(
        "SELECT sum(e.amount) FROM payments_entry e JOIN payments_transaction t ON t.id = e.transaction_id"
        " JOIN payments_account a ON a.id = e.account_id WHERE t.reference = %s AND a.kind = 'worker_payable'",
        number,
    )
    assert entries == [(250_000,)]
    assert "ok" in world.manage("selfcheck")
