"""Writing cells that a spreadsheet opens as text and never runs."""

import re
from typing import Any

_RUNS = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d+)?|[.,]\d+)([eE][+-]?\d+)?")


def is_number(text: str) -> bool:
    """Whether a text is a plain number, which no spreadsheet runs."""
    return bool(_NUMBER.fullmatch(text))


def safe(cell: Any) -> Any:
    """A cell for CSV: text that a spreadsheet would take for a formula gets an apostrophe in front.

    Plain numbers such as -3.5 stay as they are, and so does everything that is not text.
    """
    if isinstance(cell, str) and cell.startswith(_RUNS) and not is_number(cell):
        return "'" + cell
    return cell
