"""Writing cells that a spreadsheet opens as text and never runs."""

import re
from typing import Any

_RUNS = ("=", "+", "-", "@", "\t", "\r")
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d+)?|[.,]\d+)([eE][+-]?\d+)?")


def safe(cell: Any) -> Any:
    """A cell for CSV: text that a spreadsheet would take for a formula gets an apostrophe in front.

    Plain numbers such as -3.5 stay as they are, and so does everything that is not text.
    """
    if isinstance(cell, str) and cell.startswith(_RUNS) and not _NUMBER.fullmatch(cell):
        return "'" + cell
    return cell
