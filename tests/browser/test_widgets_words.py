"""Marking words, searching a long list, a limit and a slider: by keyboard alone, by mouse, by touch, for axe."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.axe import AXE, RULES, violations
from tests.browser.conftest import Open
from tests.browser.world import World

pytestmark = pytest.mark.browser

PATIENCE = (
    60_000  # ms: the page of all parts loads pictures, sounds and films, on machines that do other things too
)
# In the shadow of a wave axe writes a style of its own, which the page's policy rightly refuses.
NO_STYLES = "() => { const run = axe.run; axe.run = (where, how) => run(where, { ...how, preload: false }); }"
WHO = {"start": 0, "end": 12, "label": "who"}
LONDON = {"start": 25, "end": 31, "label": "where"}
PUT = """([root, text, labels, overlap]) => {
  const old = root.querySelector("[data-widget=spans]"), next = old.cloneNode(false);
  const options = { ...JSON.parse(old.dataset.options), text, overlap, ...(labels && { labels }) };
  next.dataset.options = JSON.stringify(options);
  delete next.dataset.ready;
  const box = document.createElement("textarea");
  box.hidden = true; box.dataset.answer = ""; box.name = "answer-x";
  next.append(box);
  old.replaceWith(next);
  document.dispatchEvent(new CustomEvent("htmx:load"));
}"""


def part(page: Page, key: str, state: int = 1) -> Locator:
    page.goto(f"/gallery/widgets/?only={key}", timeout=PATIENCE)
    found = page.locator(f"section[id$='-{key}'] [data-state='{state}']")
    expect(found.locator("[data-widget]").first).to_have_attribute("data-ready", "")
    return found


def answer(found: Locator) -> Any:
    text = found.locator("[data-answer]").input_value()
    return json.loads(text) if text else None


def with_text(page: Page, text: str, labels: list[str] | None = None, *, overlap: bool = True) -> Locator:
    """The gallery's empty widget with another text in it, drawn anew as after a swap of htmx."""
    found = part(page, "spans")
    pairs = [{"value": each, "label": each} for each in labels] if labels else None
    page.evaluate(PUT, [found.element_handle(), text, pairs, overlap])
    expect(found.locator("[data-widget]")).to_have_attribute("data-ready", "")
    return found


def word(found: Locator, text: str) -> Locator:
    return found.locator("[role=option]").filter(has_text=text).first


@pytest.fixture
def touched(world: World, browser: Browser) -> Iterator[Page]:
    """A phone."""
    context: BrowserContext = browser.new_context(
        base_url=world.url, viewport={"width": 390, "height": 800}, has_touch=True, is_mobile=True
    )
    yield context.new_page()
    context.close()


# --- marking words ---------------------------------------------------------------------------------------


def test_words_are_marked_and_unmarked_by_keyboard_alone(visit: Open) -> None:
    page = visit().page
    found = part(page, "spans")
    word(found, "Ada").focus()
    page.keyboard.press("Shift+ArrowRight")
    expect(found.locator("[role=status]")).to_contain_text("Ada Lovelace")
    page.keyboard.press("1")
    assert answer(found) == [WHO]
    expect(found.locator("[role=status]")).to_contain_text("A person")
    for _step in range(4):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("2")
    assert answer(found) == [WHO, LONDON]
    assert word(found, "London").get_attribute("aria-label") == "London, A place"
    page.keyboard.press("Backspace")
    assert answer(found) == [WHO]
    page.keyboard.press("Control+z")
    assert answer(found) == [WHO, LONDON]
    for _step in range(3):
        page.keyboard.press("Control+z")
    assert answer(found) is None
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.textContent") == "."
    page.keyboard.press("Home")
    assert page.evaluate("document.activeElement.textContent") == "Ada"


def test_words_are_marked_with_the_mouse(visit: Open) -> None:
    page = visit().page
    found = part(page, "spans")
    first, last = word(found, "Ada").bounding_box(), word(found, "Lovelace").bounding_box()
    assert first and last
    page.mouse.move(first["x"] + 2, first["y"] + first["height"] / 2)
    page.mouse.down()
    page.mouse.move(last["x"] + last["width"] - 2, last["y"] + last["height"] / 2, steps=4)
    page.mouse.up()
    found.get_by_role("button", name="A person").click()
    assert answer(found) == [WHO]
    word(found, "London").click()
    page.keyboard.press("2")
    assert answer(found) == [WHO, LONDON]


def test_words_are_marked_by_two_taps_and_changed_in_the_list(touched: Page) -> None:
    found = part(touched, "spans")
    word(found, "Ada").tap()
    word(found, "Lovelace").tap()
    found.get_by_role("button", name="A person").tap()
    word(found, "London").tap()
    found.get_by_role("button", name="A place").tap()
    assert answer(found) == [WHO, LONDON]
    found.get_by_label("Label of “London”").select_option("when")
    assert answer(found) == [WHO, {**LONDON, "label": "when"}]
    found.get_by_label("Remove the mark of “Ada Lovelace”").tap()
    assert answer(found) == [{**LONDON, "label": "when"}]
    found.get_by_role("button", name="Undo").tap()
    assert len(answer(found)) == 2
    small = found.locator("button, select").evaluate_all(
        "all => all.filter((each) => each.checkVisibility()).map((each) => each.getBoundingClientRect())"
        ".filter((box) => box.width < 44 || box.height < 43.9).length"
    )
    assert small == 0


@pytest.mark.parametrize(
    ("text", "chosen", "span"),
    [
        ("😀😀 Zoë left", "Zoë", (3, 6)),
        ("e\u0301te\u0301 chaud", "chaud", (6, 11)),
        ("👩\u200d👩\u200d👧 family", "family", (6, 12)),
        ("ولدت آدا في لندن", "لندن", (12, 16)),
        ("Ⱥ 𝒳𝒴 end", "end", (5, 8)),
    ],
)
def test_offsets_are_code_points_whatever_the_letters(
    visit: Open, text: str, chosen: str, span: tuple[int, int]
) -> None:
    assert text[slice(*span)] == chosen
    found = with_text(visit().page, text)
    word(found, chosen).click()
    found.page.keyboard.press("1")
    assert answer(found) == [{"start": span[0], "end": span[1], "label": "who"}]


def test_in_a_text_from_right_to_left_the_left_arrow_goes_on(visit: Open) -> None:
    page = visit().page
    found = with_text(page, "ولدت آدا في لندن")
    word(found, "ولدت").focus()
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.textContent") == "آدا"
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.activeElement.textContent") == "ولدت"


def test_where_marks_may_not_overlap_the_new_one_takes_the_place_of_the_old(visit: Open) -> None:
    page = visit().page
    found = with_text(page, "New York City", ["place", "state"], overlap=False)
    word(found, "New").focus()
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("2")
    page.keyboard.press("Home")
    page.keyboard.press("Shift+End")
    page.keyboard.press("1")
    assert answer(found) == [{"start": 0, "end": 13, "label": "place"}]
    expect(found.locator("[role=status]")).to_contain_text("took the place")


def test_a_text_with_nothing_in_it_says_so(visit: Open) -> None:
    expect(with_text(visit().page, " ")).to_contain_text("(nothing to show)")


def test_the_page_keeps_its_own_keys_when_no_word_has_focus(visit: Open) -> None:
    page = visit().page
    found = part(page, "spans")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("1")
    assert answer(found) is None


# --- a long list ---------------------------------------------------------------------------------------------


def test_a_long_list_is_searched_by_keyboard_without_accents_or_case(visit: Open) -> None:
    page = visit().page
    found = part(page, "choice", 6 + 2)
    page.evaluate(
        "root => root.querySelectorAll('option')[7].text = 'Éméville-sur-Ère'", found.element_handle()
    )
    page.evaluate(
        "root => { const w = root.querySelector('[data-widget]'), s = w.querySelector('select');"
        "s.id = root.querySelector('input').id; s.hidden = false; const next = w.cloneNode(false);"
        "next.append(s); delete next.dataset.ready; w.replaceWith(next);"
        "document.dispatchEvent(new CustomEvent('htmx:load')); }",
        found.element_handle(),
    )
    box = found.get_by_role("combobox")
    expect(box).to_have_count(1)
    box.focus()
    page.keyboard.type("emeville")
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(found.locator("[role=status]")).to_have_text("Matches: 1")
    page.keyboard.press("Enter")
    expect(box).to_have_value("Éméville-sur-Ère")
    assert found.locator("select").input_value() == "Place 7"
    box.fill("nowhere at all")
    expect(found).to_contain_text("Nothing matches")
    page.keyboard.press("Escape")
    expect(box).to_have_value("Éméville-sur-Ère")  # what was chosen stays chosen
    box.fill("")
    assert found.locator("select").input_value() == ""
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert found.locator("select").input_value() != ""


def test_several_of_a_long_list_are_chips_by_touch(touched: Page) -> None:
    found = part(touched, "choice", 6 + 4)
    box = found.get_by_role("combobox")
    for name in ("Place 12", "Place 250"):
        box.tap()
        box.fill(name)
        found.get_by_role("option", name=name, exact=True).tap()
    chosen: Callable[[], Any] = lambda: found.locator("select").evaluate(  # noqa: E731
        "select => [...select.selectedOptions].map((each) => each.value)"
    )
    assert chosen() == ["Place 12", "Place 250"]
    found.get_by_label("Remove “Place 12”").tap()
    assert chosen() == ["Place 250"]
    expect(found.locator(".chips li")).to_have_count(1)


def test_without_scripts_a_long_list_is_a_plain_one(visit: Open) -> None:
    page = visit("", scripts=False).go("/gallery/widgets/?only=choice")
    page.locator("select").first.select_option("Place 9")
    expect(page.locator("select").first).to_have_value("Place 9")


# --- a limit and a slider ----------------------------------------------------------------------------------------


def test_near_the_limit_the_letters_left_are_counted_and_said(visit: Open) -> None:
    found = part(visit().page, "text")
    box = found.locator("input")
    box.press_sequentially("short")
    expect(found.locator(".hint[aria-hidden]")).to_be_hidden()
    box.fill("x" * 55)
    expect(found.locator(".hint[aria-hidden]")).to_have_text("Characters left: 5")
    expect(found.locator("[role=status]")).to_have_text("Characters left: 5", timeout=4_000)


def test_a_slider_writes_exact_decimals_and_follows_what_is_typed(visit: Open) -> None:
    page = visit().page
    found = part(page, "number")
    slider, box = found.locator("[type=range]"), found.locator("input[name]")
    expect(box).to_have_value("")  # nothing is answered before somebody moves it
    slider.focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    expect(box).to_have_value("0.5")
    assert slider.get_attribute("aria-valuetext") == "0.5 kg"
    box.fill("7,5")
    expect(slider).to_have_value("15")


# --- for everybody -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("turn", "width"), [("", 1280), ("?dir=rtl", 390)], ids=["desk", "phone, right to left"]
)
def test_axe_finds_nothing_on_any_widget_in_any_state_in_either_theme(
    visit: Open, turn: str, width: int
) -> None:
    visitor, found = visit("", width=width), list[str]()
    page = visitor.page
    page.goto(f"/gallery/widgets/{turn}", timeout=PATIENCE)
    page.wait_for_function("!document.querySelector('[data-widget]:not([data-ready])')", timeout=PATIENCE)
    assert page.locator("html").get_attribute("dir") == ("rtl" if turn else "ltr")
    page.evaluate(AXE.read_text())
    page.evaluate(NO_STYLES)
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    found += violations(page, {"type": "tag", "values": RULES})
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    found += [f"dark: {line}" for line in violations(page, {"type": "rule", "values": ["color-contrast"]})]
    if visitor.overflow() > 0:
        found.append(f"the page is {visitor.overflow()} px wider than the window")
    assert not found, "\n".join(found)
