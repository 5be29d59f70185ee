"""Writing cells that a spreadsheet opens as text and never runs."""

import re
from typing import Any

_RUNS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# A spreadsheet set to French cuts a line at semicolons, quotes or no quotes, so a formula may also begin inside a cell.
_RUNS_INSIDE = re.compile(r"([;\t] {0,8})(?=[=@＝＠]|[+\-＋－][^\d\s.,)])")
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d+)?|[.,]\d+)([eE][+-]?\d+)?")


def is_number(text: str) -> bool:
    """Whether a text is a plain number, which no spreadsheet runs."""
    return bool(_NUMBER.fullmatch(text))


def safe(cell: Any) -> Any:
    """A cell for CSV: text that a spreadsheet would take for a formula gets an apostrophe in front, and so does what
    would become one where the line is cut at other signs than commas.

    Plain numbers such as -3.5 stay as they are, and so does everything that is not text.
    """
    if not isinstance(cell, str) or is_number(cell):
        return cell
    if cell.startswith(_RUNS):
        return "'" + cell[0] + _RUNS_INSIDE.sub(r"\1'", cell[1:])
    return _RUNS_INSIDE.sub(r"\1'", cell)
