"""Every page of every persona, on a phone and on a desk, light and dark, in both languages, and before axe.

TESSERA_SHOTS=folder keeps a picture of each page, to be looked at.
"""

import os
from pathlib import Path

import pytest
from django.urls import reverse

from tests.browser import addresses, french
from tests.browser.addresses import ADMIN, MODERATOR, REQUESTER, STRANGER, WORKER, Address, pages
from tests.browser.axe import AXE, RULES, violations
from tests.browser.conftest import Open
from tests.browser.visitor import Visitor
from tests.browser.world import World

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("scene")]
PERSONAS = [STRANGER, REQUESTER, WORKER, MODERATOR, ADMIN]
NAMES = ["a stranger", "the requester", "the worker", "the moderator", "the admin"]
MOST_SHIFT = 0.05
# Texts of the links in the bar that are not shown whole: outside the window, or of their row.
CUT = """() => [...document.querySelectorAll(".bar a, .bar summary")].filter((each) => {
  if (each.closest("details:not([open]) ul")) return false;
  const row = (each.closest("nav") ?? document.body).getBoundingClientRect(), link = each.getBoundingClientRect();
  return link.right > row.right + 1 || link.left < row.left - 1;
}).map((each) => each.textContent.trim())"""
# Pages for those who build, and mails in their readers' languages.
IN_ENGLISH = {"gallery", "gallery-widgets", "demo-mail"}
# Those where people do what they came for; axe looks at each of them.
MAIN = {
    "home", "account_login", "account_signup", "charter", "batches", "batch-new", "batch", "batch-what", "batch-data",
    "batch-preview", "batch-kind",
    "batch-price", "batch-review", "submissions", "submission", "results", "funds", "team", "keys", "board",
    "work-batch", "workbench", "history", "my-submission", "earnings", "worker-profile", "payee", "me", "console",
    "console-dispute", "console-screened",
}  # fmt: skip
SHOTS = os.environ.get("TESSERA_SHOTS")


def of(world: World, persona: str) -> list[Address]:
    return [page for page in pages(world) if page.persona == persona]


def look(visitor: Visitor, page: Address, name: str) -> list[str]:
    """What is wrong with a page as it comes."""
    answer = visitor.page.goto(page.path)
    if visitor.page.url.partition("?")[0].endswith("/accounts/reauthenticate/") and "reauth" not in page.name:
        visitor.page.fill("[name=password]", visitor.world.people[page.persona]["password"])
        visitor.page.click("main form button")
        visitor.page.wait_for_url("**" + page.path)
    found = []
    if answer is None or answer.status >= 400 or visitor.page.url != visitor.world.url + page.path:
        found.append(f"{page.path} ({page.name}) ended at {visitor.page.url}")
    if visitor.overflow() > 0:
        found.append(f"{page.path} ({page.name}) is {visitor.overflow()} px wider than the window")
    moved, what = visitor.shifts()
    if moved >= MOST_SHIFT:
        found.append(f"{page.path} ({page.name}) moves by {moved:.3f} while it comes: {what}")
    if SHOTS:
        Path(SHOTS).mkdir(parents=True, exist_ok=True)
        visitor.page.screenshot(path=f"{SHOTS}/{page.name}-{name}.png", full_page=True)
    return found


def barriers(visitor: Visitor, page: Address) -> list[str]:
    """What axe finds on the page that is open, in its present theme."""
    visitor.page.emulate_media(reduced_motion="reduce")
    visitor.page.evaluate(AXE.read_text())
    found = violations(visitor.page, {"type": "tag", "values": RULES})
    visitor.page.emulate_media(reduced_motion="no-preference")
    return [f"{page.path} ({page.name}): {line}" for line in found]


@pytest.mark.parametrize("width", [390, 360])
def test_in_french_the_bar_of_somebody_who_works_and_posts_fits_a_phone(
    world: World, visit: Open, width: int
) -> None:
    visitor, found = visit(WORKER, width=width, language="fr"), list[str]()
    world.sql("UPDATE base_user SET locale = 'fr', posts = true WHERE email = 'bea@example.org'")
    try:
        for name in ("board", "history", "earnings"):
            found += look(visitor, Address(name, WORKER, reverse(name)), f"both-sides-{width}")
            assert visitor.page.locator(".bar .modes a").count() == 2
            cut = visitor.page.evaluate(CUT)
            found += [f"{name}: the bar cuts {text!r}" for text in cut]
    finally:
        world.sql("UPDATE base_user SET locale = 'en', posts = false WHERE email = 'bea@example.org'")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["fr", "en"])
def test_the_bar_of_somebody_with_every_link_there_is_holds_them_all(
    world: World, visit: Open, language: str, theme: str
) -> None:
    who = world.people[ADMIN]["email"]
    kept = world.sql(f"SELECT is_moderator, posts, works FROM base_user WHERE email = '{who}'")[0]
    flags = "locale = '{}', is_moderator = {}, posts = {}, works = {}"
    visitor, found = visit(ADMIN, language=language, theme=theme), list[str]()
    world.sql(f"UPDATE base_user SET {flags.format(language, True, True, True)} WHERE email = '{who}'")
    try:
        for width in (360, 390, 768, 1024, 1280):
            visitor.use(width, theme)
            for name in ("console", "console-switches"):
                found += look(visitor, Address(name, ADMIN, reverse(name)), f"bar-{language}-{width}-{theme}")
                found += [f"{name}, {width}: the bar cuts {text!r}" for text in visitor.page.evaluate(CUT)]
            assert visitor.page.locator(".bar nav [aria-current=page]").is_visible()
            visitor.page.click(".bar nav summary")
            last = visitor.page.locator(".bar nav li").last
            assert last.is_visible()
            box = visitor.page.locator(".bar nav ul").bounding_box()
            assert box
            if visitor.overflow() > 0 or box["x"] < 0 or box["x"] + box["width"] > width:
                found.append(f"{width}: the menu opens outside the window")
            if SHOTS:
                visitor.page.screenshot(path=f"{SHOTS}/menu-{language}-{width}-{theme}.png")
    finally:
        world.sql(f"UPDATE base_user SET {flags.format('en', *kept)} WHERE email = '{who}'")
    assert not found, "\n".join(found)


def test_every_address_is_visited_or_is_known_to_be_no_page(world: World) -> None:
    assert pages(world)
    listed = (
        addresses.SENT_TO | addresses.NO_PAGE | addresses.TOLD_BY_MAIL | set(addresses.with_object(world))
    )
    assert listed <= set(addresses.named()), "these are gone: take them off the lists"


@pytest.mark.parametrize("persona", PERSONAS, ids=NAMES)
@pytest.mark.parametrize(("width", "theme"), [(390, "light"), (1280, "dark")])
def test_each_page_comes_without_complaint_overflow_jump_or_barrier(
    world: World, visit: Open, persona: str, width: int, theme: str
) -> None:
    visitor, found = visit(persona, width=width, theme=theme), list[str]()
    for page in of(world, persona):
        found += look(visitor, page, f"{width}-{theme}")
        if page.name in MAIN:
            found += barriers(visitor, page)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("persona", PERSONAS, ids=NAMES)
def test_in_french_no_sentence_is_left_in_english_and_nothing_overflows(
    world: World, visit: Open, persona: str
) -> None:
    theme = "dark" if persona in {WORKER, STRANGER} else "light"
    visitor, found = visit(persona, width=390, theme=theme, language="fr"), list[str]()
    world.sql("UPDATE base_user SET locale = 'fr'")
    try:
        for page in of(world, persona):
            found += look(visitor, page, f"french-390-{theme}")
            left = french.left_in_english(visitor.page) if page.name not in IN_ENGLISH else []
            found += [f"{page.path} ({page.name}) still says {text!r}" for text in left]
    finally:
        world.sql("UPDATE base_user SET locale = 'en'")
    assert not found, "\n".join(found)
