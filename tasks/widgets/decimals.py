"""Numbers as people type them, exact: "1,5", "１．５", "1 500", "−3". Never a float."""

import re
import unicodedata
from decimal import Decimal
from typing import Any

LONGEST = 40
_GROUPS = re.compile(r"(?<=\d)[ '\u2019](?=\d{3}(?!\d))")
_PLAIN = re.compile(r"[+-]?(\d+([.]\d*)?|[.]\d+)")
_MINUS = str.maketrans({"\u2212": "-", "\u2012": "-", "\u2013": "-", "\u066b": ".", ",": "."})


def read(value: Any) -> Decimal:
    """The number in a text, an int, a Decimal or a JSON number. Raises ValueError for anything else.

    One comma or one point is always the decimal sign; only spaces and apostrophes group thousands, so that
    "1,234" can't mean two things. Digits of every script count. No exponent, no NaN, at most 40 characters.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        raise ValueError("not a number")
    text = format(value, "f") if isinstance(value, Decimal) else str(value)
    if isinstance(value, float):
        text = format(Decimal(repr(value)), "f")  # the shortest decimal that a JSON number stands for
    if len(text) > LONGEST:
        raise ValueError("too long")
    text = unicodedata.normalize("NFKC", text).strip()
    text = "".join(str(unicodedata.decimal(letter)) if letter.isdecimal() else letter for letter in text)
    text = _GROUPS.sub("", text.translate(_MINUS).replace("\u202f", " "))
    if not _PLAIN.fullmatch(text):
        raise ValueError("not a number")
    return Decimal(text)


def write(number: Decimal) -> str:
    """The one way a number is stored: "-1.5", "1000"; no exponent, no trailing zeros, no minus zero."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text


def places(number: Decimal) -> int:
    """How many decimals a number has."""
    return len(write(number).partition(".")[2])
