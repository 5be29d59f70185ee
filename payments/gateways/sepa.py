"""Where SEPA credit transfers reach, and which letters they carry.

Countries and territories: European Payments Council, EPC409-09 "List of SEPA Scheme Countries", with the geographic
extensions up to May 2025 (Albania, Montenegro, Moldova, North Macedonia, Serbia); looked up in November 2026. No
country of Africa is among them, but for the French territories Réunion and Mayotte.

Letters: EPC217-08 "SEPA requirements for an extended character set": the Latin set a-z A-Z 0-9 / - ? : ( ) . , ' + and
space is what every bank must take; a field neither begins nor ends with a slash, nor has two of them together.
"""

import re

from text_unidecode import unidecode

# The European Union.
_UNION = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
_OTHERS = "AD AL CH GB IS LI MC MD ME MK NO RS SM VA"
# Territories with a country code of their own: Finland's, France's, and the Crown's.
_TERRITORIES = "AX BL GF GP MF MQ PM RE YT GG GI IM JE"
COUNTRIES = frozenset(f"{_UNION} {_OTHERS} {_TERRITORIES}".split())
# Accounts: a territory's IBAN carries the code of its state (only Gibraltar has its own).
IBAN_COUNTRIES = frozenset(f"{_UNION} {_OTHERS} GI".split())

_NOT_LATIN_SET = re.compile(r"[^A-Za-z0-9/?:().,'+ -]")
# How banks write what has a customary spelling of its own, before everything else loses its marks.
_SPELT = str.maketrans(
    {"Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Å": "Aa", "å": "aa",
     "Ø": "Oe", "ø": "oe", "Æ": "Ae", "æ": "ae", "&": "+", "_": "-", "’": "'", "‘": "'", "\u2011": "-"}
)  # fmt: skip


def text(value: str, most: int) -> str:
    """`value` in the letters every SEPA bank takes, at most `most` characters; empty when nothing is left of it."""
    plain = _NOT_LATIN_SET.sub(" ", unidecode(value.translate(_SPELT)))
    plain = re.sub(r"/{2,}", "/", " ".join(plain.split()))
    return plain[:most].strip(" /")
