"""Hands on a keyboard: how a person without a mouse answers each widget, and what must then be stored.

The `turn` makes answers of one person differ from task to task: another option, other words, a wider box.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from playwright.sync_api import Page, expect

Field = Mapping[str, Any]
Row = Mapping[str, str]
MOST_TABS = 80  # a page that needs more to get to a question is no page for a keyboard
WORDS = "Written without a mouse."
LETTERS = "2026-03-15"  # of the characters 0-9-, as forms ask for dates and codes
CODE = "KXR4-7TQ2"
TOO_SOON = 400  # ms: an Enter this soon after a task came is not taken, lest it was meant for the last one


def reach(page: Page, wanted: str) -> None:
    """Press Tab until what matches `wanted` has the focus."""
    for _press in range(MOST_TABS):
        page.keyboard.press("Tab")
        if page.evaluate("wanted => document.activeElement.matches(wanted)", wanted):
            return
    raise AssertionError(f"{MOST_TABS} times Tab do not lead to {wanted}")


def ready(page: Page) -> None:
    """Wait until every part that a script draws is drawn."""
    expect(page.locator("#task [data-widget]:not([data-ready])")).to_have_count(0)


def answer(page: Page, field: Field, row: Row, prefix: str = "answer-", *, turn: int = 0) -> Any:
    """Answer one question of the page by keys alone; returns what must be stored."""
    return HANDS[field["widget"]](page, field, prefix + field["name"], row, turn)


def _choice(page: Page, field: Field, name: str, row: Row, turn: int) -> Any:
    reach(page, f"[name='{name}']")
    chosen = turn % len(field["options"])
    if field.get("many"):
        for _step in range(chosen):
            page.keyboard.press("Tab")
    page.keyboard.press("Space")
    if not field.get("many"):
        for _step in range(chosen):
            page.keyboard.press("ArrowDown")
    value = field["options"][chosen]["value"]
    return [value] if field.get("many") else value


def _text(page: Page, field: Field, name: str, row: Row, turn: int) -> str:
    words = LETTERS if field.get("characters") else WORDS + f" {turn}" * bool(turn)
    reach(page, f"[name='{name}']")
    page.keyboard.type(words)
    return words


def _number(page: Page, field: Field, name: str, row: Row, turn: int) -> str:
    reach(page, f"[name='{name}']")
    page.keyboard.type(str(3 + turn))
    return str(3 + turn)


def _rating(page: Page, field: Field, name: str, row: Row, turn: int) -> int:
    reach(page, f"[name='{name}']")
    page.keyboard.press("Space")
    page.keyboard.press("ArrowRight")
    return 2


def _compare(page: Page, field: Field, name: str, row: Row, turn: int) -> str:
    reach(page, f"[name='{name}']")
    page.keyboard.press("ArrowDown")
    return "b"


def _consent(page: Page, field: Field, name: str, row: Row, turn: int) -> str:
    reach(page, f"[name='{name}']")
    page.keyboard.press("Space")
    return "yes"


def _code(page: Page, field: Field, name: str, row: Row, turn: int) -> str:
    reach(page, f"[name='{name}']")
    page.keyboard.type(CODE)
    return CODE


def _date(page: Page, field: Field, name: str, row: Row, turn: int) -> str:
    reach(page, f"[name='{name}']")
    page.keyboard.type("03152026")  # month, day, year: the browser speaks English
    return "2026-03-15"


def _rank(page: Page, field: Field, name: str, row: Row, turn: int) -> list[str]:
    """The first thing goes one down."""
    values = [pair.get("value") or pair["column"] for pair in field.get("options") or field["columns"]]
    reach(page, ".widget-rank li *")
    page.keyboard.press("ArrowDown")
    return [values[1], values[0], *values[2:]]


def _table(page: Page, field: Field, name: str, row: Row, turn: int) -> list[dict[str, str]]:
    filled = {}
    numbers = {each if isinstance(each, str) else each["name"] for each in field.get("numbers", ())}
    for place, column in enumerate(field["columns"]):
        words = str(place + 1) if column["name"] in numbers else f"cell {place}"
        reach(page, f"[name='{name}-0-{place}']")
        page.keyboard.type(words)
        filled[column["name"]] = words
    return [filled]


def _stage(page: Page, name: str) -> None:
    """Onto the picture that belongs to a question."""
    reach(page, f"#{name} .picture-stage")


def _labelled(field: Field, shape: dict[str, Any]) -> list[dict[str, Any]]:
    return [shape | ({"label": field["labels"][0]["value"]} if field.get("labels") else {})]


def _boxes(page: Page, field: Field, name: str, row: Row, turn: int) -> list[dict[str, Any]]:
    """A box in the middle, a step to the right, a step wider with each turn."""
    _stage(page, name)
    for key in ("a", "ArrowRight", *["Shift+ArrowRight"] * (1 + turn)):
        page.keyboard.press(key)
    return _labelled(field, {"x": 3900, "y": 3800, "w": 2500 + 100 * turn, "h": 2400})


def _outline(page: Page, field: Field, name: str, row: Row, turn: int) -> list[dict[str, Any]]:
    """Three corners from the middle on."""
    _stage(page, name)
    page.wait_for_timeout(TOO_SOON)
    for key in ("a", "Enter", "Shift+ArrowRight", "Enter", "Shift+ArrowDown", "Enter", "c"):
        page.keyboard.press(key)
    return _labelled(field, {"points": [[5000, 5000], [5500, 5000], [5500, 5500]]})


def _points(page: Page, field: Field, name: str, row: Row, turn: int) -> list[dict[str, Any]]:
    _stage(page, name)
    for key in ("a", "ArrowRight"):
        page.keyboard.press(key)
    return _labelled(field, {"x": 5100, "y": 5000})


def _spans(page: Page, field: Field, name: str, row: Row, turn: int) -> list[dict[str, Any]]:
    """The first word gets the second label."""
    word = re.match(r"\w+", row[field["column"]])
    assert word
    reach(page, f"#{name} [role=option]")
    page.keyboard.press("Space")
    page.keyboard.press("2")
    return [{"start": 0, "end": word.end(), "label": field["labels"][1]["value"]}]


HANDS: dict[str, Callable[[Page, Field, str, Row, int], Any]] = {
    "boxes": _boxes, "choice": _choice, "code": _code, "compare": _compare, "consent": _consent, "date": _date,
    "number": _number, "outline": _outline, "points": _points, "rank": _rank, "rating": _rating, "spans": _spans,
    "table": _table, "text": _text,
}  # fmt: skip
