"""One running Tessera and one Chromium for all tests of this folder; both are gone before the next folder begins.

Playwright's synchronous interface keeps an event loop in this thread, and Django refuses its ORM beside one: these
tests look into the database with plain SQL, and the fixtures live as long as this package, not as the session.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser.visitor import PATIENCE, Visitor
from tests.browser.world import World
from tests.conftest import HOME, _schema_digest

ARGUMENTS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PLACES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="package")
def world(django_db_setup: None) -> Iterator[World]:
    made = World(services=HOME, template=f"tpl_{_schema_digest()}")
    try:
        made.start()
        yield made
    finally:
        made.end()


def _chromium(own: str) -> str:
    named = os.environ.get("TESSERA_CHROMIUM")
    found = named or next(filter(None, map(shutil.which, PLACES)), None) or own
    if not Path(found).exists():
        pytest.fail(
            f"These tests need Chromium, and {found} is not there. Install it (apt-get install chromium, or "
            "playwright install chromium), or name yours: TESSERA_CHROMIUM=/path/to/chromium make test",
            pytrace=False,
        )
    return found


@pytest.fixture(scope="package")
def browser(world: World) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        program = _chromium(playwright.chromium.executable_path)
        expect.set_options(timeout=PATIENCE)
        started = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="package")
def _known() -> dict[str, Any]:
    """Cookies of those who have logged in once: a code of the second factor is good for one log-in only."""
    return {}


# Something unusual about answers, for the page of moderators.
SIGNAL = """
INSERT INTO tasks_signal (batch_id, worker_id, kind, evidence, first_at, last_at, note)
SELECT batch_id, worker_id, 'too_fast',
       '{"answers": 12, "median_seconds": 2, "others_median_seconds": 40, "assignments": []}',
       submitted_at, submitted_at, ''
FROM tasks_assignment WHERE state = 'submitted' ORDER BY id LIMIT 1
"""


@pytest.fixture(scope="package")
def scene(world: World, browser: Browser, _known: dict[str, Any]) -> None:
    """What pages show and the demonstration may not have: a payout of the second worker, a task of hers, a signal."""
    bea = Visitor(world, browser, "worker_2", _known)
    if not world.sql("SELECT 1 FROM payments_payout "):
        bea.go("/work/earnings/").click("form[action='/work/earnings/payout/'] button")
    bea.go("/work/")
    goes_on = bea.page.locator("main a[href*='/work/assignments/asg_']")
    if not goes_on.count():
        bea.page.locator("main a.button[href*='/work/batches/']").first.click()
        bea.page.locator("form[action$='/claim/'] button").click()
        bea.page.wait_for_url("**/work/assignments/**")
    bea.close()
    if not world.sql("SELECT 1 FROM tasks_signal"):
        world.sql(SIGNAL)


Open = Callable[..., Visitor]


@pytest.fixture
def visit(world: World, browser: Browser, _known: dict[str, Any]) -> Iterator[Open]:
    """`visit("worker")` is a browser of its own in which that persona is logged in; `visit()` is a stranger's."""
    opened: list[Visitor] = []

    def open_(persona: str = "", **options: Any) -> Visitor:
        one = Visitor(world, browser, persona, _known, **options)
        opened.append(one)
        return one

    yield open_
    try:
        for one in opened:
            one.had_no_trouble()
    finally:
        for one in opened:
            one.close()
