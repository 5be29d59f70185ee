"""A line that goes down in the middle of a task: the answer waits on the device, and arrives once."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Open
from tests.browser.program import open_batch
from tests.browser.visitor import Visitor, free_hands
from tests.browser.world import World

pytestmark = pytest.mark.browser


SAME = {
    "name": "same", "widget": "choice", "label": "The same?", "required": True,
    "options": [{"value": "yes", "label": "Yes"}, {"value": "no", "label": "No"}],
}  # fmt: skip


@pytest.fixture(scope="module")
def batch(world: World) -> str:
    """An open batch of its own, with more tasks than these tests do."""
    form = {"show": [{"as": "text", "column": "what"}], "fields": [SAME]}
    rows = "what\n" + "".join(f"thing {number}\n" for number in range(40))
    return open_batch(world, title="Without a line", form=form, rows=rows, instructions="Take your time.")


@pytest.fixture
def working(visit: Open, batch: str) -> Visitor:
    """The third worker on the page of a task."""
    bob = visit("worker_3")
    page = bob.page
    free_hands(page)
    page.goto(f"/work/batches/{batch}/")
    page.locator("form[action$='/claim/'] button").click()
    page.wait_for_url("**/work/assignments/**")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()  # from here on the service worker has the page
    return bob


SIGNS = ("ERR_INTERNET_DISCONNECTED", "htmx:sendError", "htmx:afterRequest", "Failed to fetch")


@contextmanager
def without_line(visitor: Visitor) -> Iterator[None]:
    """The browser has no connection; what it then complains of is what was asked for."""
    visitor.context.set_offline(True)
    yield
    visitor.context.set_offline(False)
    visitor.trouble[:] = [line for line in visitor.trouble if not any(sign in line for sign in SIGNS)]


def choose(page: Page) -> None:
    page.locator("#answer input[type=radio]").first.check()


def emptied(page: Page) -> None:
    """Wait until nothing waits on the device any more."""
    for _ in range(50):
        if not waiting(page):
            return
        page.wait_for_timeout(200)
    raise AssertionError("an answer still waits on the device")


def leave(page: Page) -> None:
    """Go to another page, which can't be had, and close that: the page of the task would send its answer itself."""
    page.goto("/work/history/")
    expect(page.locator("h1")).to_have_text("No connection")
    expect(page.locator(".bar")).not_to_contain_text("Log in")  # it is kept for anybody, and this person is
    page.close()


def submit_in_vain(page: Page, button: str) -> None:
    """Submit without a line: the page says that the answer waits."""
    page.get_by_role("button", name=button).click()
    expect(page.locator("#task-notice")).to_contain_text("your answer waits on this device")


def stored(world: World, page_url: str) -> list[tuple[object, ...]]:
    from marketplace.base import ids

    number = ids.decode("asg", page_url.rstrip("/").rsplit("/", 1)[1])
    return world.sql("SELECT state, answer::text FROM tasks_assignment WHERE id = %s", number)


def waiting(page: Page) -> int:
    return int(page.evaluate("JSON.parse(localStorage.getItem('waiting') ?? '[]').length"))


def test_an_answer_without_a_line_waits_and_is_sent_once_from_the_open_page(
    world: World, working: Visitor
) -> None:
    page, url = working.page, working.page.url
    choose(page)
    with without_line(working):
        submit_in_vain(page, "Submit and stop")
        assert waiting(page) == 1
        page.get_by_role("button", name="Submit and stop").click()  # impatient: it is the same answer
        expect(page.locator("#task-notice")).to_contain_text("your answer waits on this device")
        assert waiting(page) == 1 and stored(world, url)[0][0] == "claimed"
    page.wait_for_url("**/done/**", timeout=25_000)
    expect(page.locator("#messages")).to_contain_text("was sent")
    emptied(page)
    assert [state for state, _answer in stored(world, url)] == ["submitted"]
    working.trouble[:] = [line for line in working.trouble if not any(sign in line for sign in SIGNS)]


def test_an_answer_of_a_page_that_was_closed_is_sent_from_the_next_one(
    world: World, working: Visitor
) -> None:
    page, url = working.page, working.page.url
    choose(page)
    with without_line(working):
        submit_in_vain(page, "Submit and next")
        leave(page)
    later = working.context.new_page()
    later.goto("/work/history/")
    expect(later.locator("#messages")).to_contain_text("was sent", timeout=20_000)
    emptied(later)
    assert stored(world, url)[0][0] == "submitted"


def test_what_can_not_be_taken_any_more_is_kept_with_its_task(world: World, working: Visitor) -> None:
    page, url = working.page, working.page.url
    choose(page)
    with without_line(working):
        submit_in_vain(page, "Submit and next")
        page.evaluate(
            "(() => { const list = JSON.parse(localStorage.getItem('waiting'));"
            " list[0].body = list[0].body.replace(/answer-[^&]*/g, '');"
            " localStorage.setItem('waiting', JSON.stringify(list)); })()"
        )  # an answer that lacks what is required: the server refuses it
        leave(page)
    later = working.context.new_page()
    later.goto("/work/history/")
    expect(later.locator("#messages")).to_contain_text("could not be taken", timeout=20_000)
    link = later.locator("#messages a[data-task]")
    link.click()
    later.wait_for_url(url)
    emptied(later)
    assert stored(world, url)[0][0] == "claimed"
    later.get_by_role("button", name="Skip").click()


def test_nobody_else_sends_what_waits_on_the_device(world: World, working: Visitor, visit: Open) -> None:
    page, url = working.page, working.page.url
    choose(page)
    with without_line(working):
        submit_in_vain(page, "Submit and stop")
        kept = page.evaluate("localStorage.getItem('waiting')")
        leave(page)
        bea = visit("worker_2").go("/work/history/")
        bea.evaluate("kept => localStorage.setItem('waiting', kept)", kept)
        bea.reload()
        bea.wait_for_timeout(1_000)
        assert waiting(bea) == 1 and stored(world, url)[0][0] == "claimed"
    later = working.context.new_page()
    later.goto("/work/history/")
    expect(later.locator("#messages")).to_contain_text("was sent", timeout=20_000)
    assert stored(world, url)[0][0] == "submitted"


def test_a_page_that_can_not_be_reached_says_so_in_our_own_words(visit: Open) -> None:
    bob = visit("worker_3")
    page = bob.go("/work/")
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    with without_line(bob):
        page.goto("/work/earnings/")
        expect(page.locator("h1")).to_have_text("No connection")
        assert "Bob" not in page.content() and "Ben" not in page.content()
    page.locator("main a.button").click()
    expect(page.locator("h1")).not_to_have_text("No connection")
    kept = page.evaluate(
        "caches.open('files-1').then(c => c.keys()).then(k => k.map(each => new URL(each.url).pathname))"
    )
    assert kept and all(path == "/offline/" or path.startswith("/static/") for path in kept)


def test_the_site_can_be_installed(visit: Open) -> None:
    page = visit("worker_3").go("/work/")
    assert page.locator("link[rel=manifest]").get_attribute("href") == "/manifest.webmanifest"
    said = page.evaluate("fetch('/manifest.webmanifest').then(answer => answer.json())")
    assert said["start_url"] == "/" and said["display"] == "standalone"
    sizes = {icon["sizes"] for icon in said["icons"]}
    assert {"192x192", "512x512"} <= sizes
    for icon in said["icons"]:
        assert page.request.get(icon["src"]).ok


def test_what_waits_is_sent_as_it_was_given_when_the_page_of_its_task_is_opened_again(
    world: World, working: Visitor
) -> None:
    """The page then shows what was typed before, or nothing: that is not the answer."""
    page, url = working.page, working.page.url
    choose(page)
    with without_line(working):
        submit_in_vain(page, "Submit and stop")
        leave(page)
    later = working.context.new_page()
    later.goto(url)
    later.wait_for_url("**/work/history/**", timeout=20_000)
    emptied(later)
    assert [state for state, _answer in stored(world, url)] == ["submitted"]


def test_what_waits_is_sent_after_a_new_log_in_too(world: World, working: Visitor) -> None:
    """A log-in gives another token: the one that was kept with the answer is worth nothing any more."""
    page, url = working.page, working.page.url
    choose(page)
    with without_line(working):
        submit_in_vain(page, "Submit and stop")
        leave(page)
    working.context.clear_cookies(name="csrf")
    later = working.context.new_page()
    later.goto("/work/history/")
    expect(later.locator("#messages")).to_contain_text("was sent", timeout=20_000)
    assert [state for state, _answer in stored(world, url)] == ["submitted"]


def test_an_answer_that_meets_the_log_in_is_still_there_after_it(world: World, working: Visitor) -> None:
    page, url = working.page, working.page.url
    choose(page)
    kept = [cookie for cookie in working.context.cookies() if cookie["name"] == "session"]
    with without_line(working):
        submit_in_vain(page, "Submit and stop")
        working.context.clear_cookies(name="session")
    page.wait_for_url("**/accounts/login/**", timeout=25_000)
    assert waiting(page) == 1 and stored(world, url)[0][0] == "claimed"
    working.context.add_cookies(kept)  # logged in again
    page.goto("/work/history/")
    expect(page.locator("#messages")).to_contain_text("was sent", timeout=20_000)
    assert waiting(page) == 0 and stored(world, url)[0][0] == "submitted"
    working.trouble[:] = [line for line in working.trouble if not any(sign in line for sign in SIGNS)]
