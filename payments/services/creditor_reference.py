"""The permanent reference by which a bank transfer finds its organisation (ISO 11649 "RF" creditor reference).

Made from the organisation's number by the keyed permutation of public ids, so that nobody guesses another's, and kept
by two check digits (ISO 7064 mod 97-10), which find one wrong or two exchanged characters, but for one in 97 of those
that put a letter for a digit: then the number behind is any of 2^63, and nobody's.
"""

import re
from collections.abc import Iterable

from marketplace.base import ids
from marketplace.base.errors import NotFound
from marketplace.base.models import Organisation

_PREFIX = "rf"  # of the public id that lies inside; seen by nobody
_LENGTH = 4 + ids.LENGTH
# Letters that the alphabet leaves out, as people read them.
_MISREAD = str.maketrans("OIL", "011")
# Overlapping finds count: other letters may stand in front without a space.
_INSIDE = re.compile(rf"(?=(RF[0-9OIL]{{2}}[0-9A-Z]{{{ids.LENGTH}}}))")


def of(organisation: Organisation) -> str:
    """The reference of an organisation, such as RF48ABCD…: the same for ever."""
    body = ids.encode(_PREFIX, organisation.pk).removeprefix(f"{_PREFIX}_").upper()
    return f"RF{98 - _remainder(f'{body}RF00'):02d}{body}"


def grouped(reference: str) -> str:
    """In groups of four, as it is printed."""
    return " ".join(reference[i : i + 4] for i in range(0, len(reference), 4))


def number(written: str) -> int | None:
    """The number of the organisation behind a reference, however it is spaced; None when it is not one of ours."""
    plain = re.sub(r"[^0-9A-Za-z]", "", written).upper()
    if len(plain) != _LENGTH or not plain.startswith("RF"):
        return None
    plain = "RF" + plain[2:].translate(_MISREAD)
    if not plain[2:4].isdigit() or _remainder(plain[4:] + plain[:4]) != 1:
        return None
    try:
        return ids.decode(_PREFIX, f"{_PREFIX}_{plain[4:].lower()}")
    except NotFound:
        return None


def find(structured: Iterable[str], loose: Iterable[str]) -> Organisation | None:
    """The organisation whose reference a transfer carries, as a reference of its own or inside its words.

    Banks break words into lines of their own length and put labels in front. None when there is none, or several.
    """
    numbers = {found for words in structured if (found := number(words)) is not None}
    if not numbers:
        for words in loose:
            run = re.sub(r"[^0-9A-Za-z]", "", words).upper()
            inside = (number(match.group(1)) for match in _INSIDE.finditer(run))
            numbers |= {found for found in inside if found is not None}
    if len(numbers) != 1:
        return None
    return Organisation.objects.filter(pk=numbers.pop()).first()


def _remainder(text: str) -> int:
    return int("".join(str(int(letter, 36)) for letter in text)) % 97
