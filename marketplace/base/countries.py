"""Countries and languages, by ISO code, with their names from CLDR (Babel)."""

import unicodedata
from functools import lru_cache

from babel import Locale
from django.utils.translation import get_language

# CLDR knows regions and historical codes too; these are not countries a person lives or pays in.
NOT_COUNTRIES = frozenset(
    {"AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ", "BV", "HM"}
)

LANGUAGES = [
    "ar",
    "am",
    "az",
    "bg",
    "bn",
    "bs",
    "ca",
    "cs",
    "da",
    "de",
    "el",
    "en",
    "es",
    "et",
    "fa",
    "fi",
    "fr",
    "ga",
    "gu",
    "ha",
    "he",
    "hi",
    "hr",
    "ht",
    "hu",
    "hy",
    "id",
    "ig",
    "is",
    "it",
    "ja",
    "ka",
    "kab",
    "kk",
    "km",
    "kn",
    "ko",
    "ku",
    "lb",
    "ln",
    "lt",
    "lv",
    "mg",
    "mk",
    "ml",
    "mn",
    "mr",
    "ms",
    "mt",
    "my",
    "ne",
    "nl",
    "nb",
    "om",
    "pa",
    "pl",
    "ps",
    "pt",
    "ro",
    "ru",
    "rw",
    "si",
    "sk",
    "sl",
    "so",
    "sq",
    "sr",
    "sv",
    "sw",
    "ta",
    "te",
    "th",
    "ti",
    "tl",
    "tr",
    "uk",
    "ur",
    "uz",
    "vi",
    "wo",
    "xh",
    "yo",
    "zh",
    "zu",
]


def _locale() -> Locale:
    return Locale.parse((get_language() or "en").replace("-", "_"))


@lru_cache(maxsize=1)
def codes() -> frozenset[str]:
    """All ISO 3166-1 alpha-2 codes that a person or an organisation may choose."""
    territories = (str(code) for code in Locale.parse("en").territories)
    return frozenset(code for code in territories if len(code) == 2 and code.isalpha()) - NOT_COUNTRIES


def is_country(code: str) -> bool:
    return code in codes()


def name(code: str) -> str:
    """The country's name in the active language; the code itself when there is none."""
    return str(_locale().territories.get(code, code))


def choices() -> list[tuple[str, str]]:
    """(code, name) in the active language, in its alphabetical order."""
    return sorted(((code, name(code)) for code in codes()), key=lambda pair: _plain(pair[1]))


def language_name(code: str) -> str:
    return str(_locale().languages.get(code, code))


def language_choices() -> list[tuple[str, str]]:
    return sorted(((code, language_name(code)) for code in LANGUAGES), key=lambda pair: _plain(pair[1]))


def _plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(c))
