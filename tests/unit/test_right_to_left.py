"""Style sheets say start and end, not left and right: a page in Arabic or Hebrew costs nothing more."""

import re
from pathlib import Path

import pytest

CSS = Path(__file__).resolve().parents[2] / "static" / "css"
SHEETS = sorted(CSS.rglob("*.css"))
# Places in a picture are counted from its left edge, in whichever direction people read.
ALLOWED = {"widgets/picture.css": {"left:"}}
SIDE = re.compile(
    r"(?<![\w-])(?:(?:margin|padding|border|scroll-margin|scroll-padding)-(?:left|right)(?:-\w+)?"
    r"|border-(?:top|bottom)-(?:left|right)-radius|left|right)\s*:"
    r"|(?:text-align|float|clear|justify-\w+|caption-side)\s*:\s*(?:left|right)\b"
)
BOX = re.compile(
    r"(?<![\w-])((?:margin|padding|inset|border-width|scroll-margin|scroll-padding)\s*:\s*)([^;}]+)"
)
VALUE = re.compile(r"(?:[\w-]*\((?:[^()]|\([^()]*\))*\)|[^\s()])+")


def physical(sheet: str) -> list[str]:
    """Declarations that name a side, and boxes of four values whose sides differ."""
    text = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    found = [match[0] for match in SIDE.finditer(text)]
    for match in BOX.finditer(text):
        values = VALUE.findall(match[2].replace("!important", ""))
        if len(values) == 4 and values[1] != values[3]:
            found.append(match[0])
    return found


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: str(path.relative_to(CSS)))
def test_a_style_sheet_knows_no_left_and_no_right(path: Path) -> None:
    allowed = ALLOWED.get(path.relative_to(CSS).as_posix(), set())
    assert not set(physical(path.read_text(encoding="utf-8"))) - allowed


@pytest.mark.parametrize(
    "wrong",
    ["a{margin-left:1px}", "a { left : 0 }", "a{text-align: right}", "a{padding:1px 2px 1px 0}", "a{float:left;}",
     "a{border-right-color:red}", "a{border-top-left-radius:1px}", "a{margin:0 calc(1px + var(--a)) 0 0}"],
)  # fmt: skip
def test_a_side_is_found(wrong: str) -> None:
    assert physical(wrong)


@pytest.mark.parametrize(
    "right",
    ["a{margin-inline-start:1px}", "a{inset-inline:0}", "a{text-align:start}", "a{padding:1px 2px 3px 2px}",
     "/* left: */ a{float:inline-start}", "a{margin:0 calc(1px * (2 + 1)) 0 calc(1px * (2 + 1))}"],
)  # fmt: skip
def test_start_and_end_are_fine(right: str) -> None:
    assert not physical(right)
