"""What tax identification numbers of people look like, where a rule is known: a hint for typing, never a refusal.

Source: European Commission, Taxpayer Identification Number portal, the national sheets "TIN structure"
(taxation-customs.ec.europa.eu, "TIN – Taxpayer Identification Number"), and for what the French file takes, DGFiP,
cahier des charges DPI-DAC7, November 2025. Lengths and letters only: check digits differ by year and kind of number.
"""

import re

_FORMS = {
    "AT": r"\d{9}", "BE": r"\d{11}", "BG": r"\d{10}", "CY": r"\d{8}[A-Z]", "CZ": r"\d{9,10}", "DE": r"\d{11}",
    "DK": r"\d{10}", "EE": r"\d{11}", "ES": r"(\d{8}|[KLMXYZ]\d{7})[A-Z]", "FI": r"\d{6}[+\-A-FU-Y]\d{3}[0-9A-Z]",
    "FR": r"[0-3]\d{12}", "GR": r"\d{9}", "HR": r"\d{11}", "HU": r"8\d{9}", "IE": r"\d{7}[A-Z]{1,2}",
    "IT": r"[A-Z]{6}[0-9LMNP-V]{2}[A-EHLMPRST][0-9LMNP-V]{2}[A-Z][0-9LMNP-V]{3}[A-Z]", "LT": r"\d{11}",
    "LU": r"\d{13}", "LV": r"\d{11}", "MT": r"\d{3,7}[A-Z]|\d{9}", "NL": r"\d{9}", "PL": r"\d{10,11}", "PT": r"\d{9}",
    "RO": r"\d{13}", "SE": r"\d{10}(\d{2})?", "SI": r"\d{8}", "SK": r"\d{9,10}",
}  # fmt: skip
EU = frozenset(_FORMS)


def plain(tin: str) -> str:
    """As tax offices store it: capitals without spaces, points, slashes; a Finnish number keeps its sign."""
    squeezed = re.sub(r"[\s./]", "", tin).upper()
    return squeezed if re.fullmatch(_FORMS["FI"], squeezed) else squeezed.replace("-", "")


def looks_right(country: str, tin: str) -> bool:
    """Whether a number has the form of its country's; true where no rule is known."""
    form = _FORMS.get(country)
    return form is None or bool(re.fullmatch(form, plain(tin)))
