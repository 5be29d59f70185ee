"""The EU's VAT area and how its VAT numbers are written. No Django: the settings read it too.

Sources: Council Directive 2006/112/EC, articles 5 to 7 (the area) and 215 (prefixes; Greece writes EL); the forms are
those of the Commission's VIES, "VAT identification number structure" (question 11 of its FAQ). Northern Ireland
is treated as a member state for goods alone (Protocol on Ireland/Northern Ireland, article 8 and annex 3): an XI number
counts for nothing in a supply of services, and who is there is outside the EU.
"""

import re

# Country: what follows the prefix. Letters stand only where a country has them.
_FORMS = {
    "AT": r"U[0-9]{8}",
    "BE": r"[01][0-9]{9}",
    "BG": r"[0-9]{9,10}",
    "CY": r"[0-9]{8}[A-Z]",
    "CZ": r"[0-9]{8,10}",
    "DE": r"[0-9]{9}",
    "DK": r"[0-9]{8}",
    "EE": r"[0-9]{9}",
    "ES": r"(?:[A-Z][0-9]{7}[0-9A-Z]|[0-9]{8}[A-Z])",
    "FI": r"[0-9]{8}",
    "FR": r"[0-9A-HJ-NP-Z]{2}[0-9]{9}",
    "GR": r"[0-9]{9}",
    "HR": r"[0-9]{11}",
    "HU": r"[0-9]{8}",
    "IE": r"(?:[0-9]{7}[A-W][A-IW]?|[0-9][A-Z+*][0-9]{5}[A-W])",
    "IT": r"[0-9]{11}",
    "LT": r"(?:[0-9]{9}|[0-9]{12})",
    "LU": r"[0-9]{8}",
    "LV": r"[0-9]{11}",
    "MT": r"[0-9]{8}",
    "NL": r"[0-9A-Z+*]{10}[0-9]{2}",
    "PL": r"[0-9]{10}",
    "PT": r"[0-9]{9}",
    "RO": r"[0-9]{2,10}",
    "SE": r"[0-9]{10}01",
    "SI": r"[0-9]{8}",
    "SK": r"[0-9]{10}",
}
EU = frozenset(_FORMS)


def prefix(country: str) -> str:
    """The two letters a country's VAT numbers begin with."""
    return "EL" if country == "GR" else country


def country_of(number: str) -> str:
    """The country whose prefix a VAT number carries; empty for none of the EU."""
    found = "GR" if number[:2] == "EL" else number[:2]
    return found if found in EU and prefix(found) == number[:2] else ""


def is_number(number: str, country: str) -> bool:
    """Whether a text without spaces is written as a VAT number of an EU country; whether it exists, a register says."""
    form = _FORMS.get(country)
    return form is not None and re.fullmatch(prefix(country) + form, number) is not None
