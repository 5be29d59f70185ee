"""IBANs, as ISO 13616 makes them: country, two check digits (mod 97), and the country's own number.

Which countries have one, how long it is and whose bank a number names is the registry's, kept by `schwifty`.
"""

import re

from schwifty import IBAN
from schwifty.exceptions import SchwiftyException


def plain(text: str) -> str:
    """As a bank stores it: capitals, without the spaces, points and dashes people type."""
    return re.sub(r"[\s.\-\u2010-\u2015]", "", text).upper()


def is_valid(text: str) -> bool:
    """Whether `text`, written as people write it, has the length, form and check digits of its country's IBANs."""
    return _read(text) is not None


def bank(text: str) -> str:
    """The name of the bank an IBAN names; empty where its country's list does not tell."""
    found = _read(text)
    return (found.bank_name or "") if found else ""


def in_sepa(text: str) -> bool:
    """Whether a SEPA transfer reaches the account."""
    found = _read(text)
    return bool(found and found.in_sepa_zone)


def make(country: str, account: str) -> str:
    """The IBAN of an account number, with its check digits: for demonstrations and tests."""
    return f"{country}{98 - _remainder(f'{country}00{account}'):02d}{account}"


def grouped(iban: str) -> str:
    """In groups of four, as it is printed."""
    return " ".join(iban[i : i + 4] for i in range(0, len(iban), 4))


def _read(text: str) -> IBAN | None:
    iban = plain(text)
    if not re.fullmatch(r"[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}", iban):
        return None
    try:
        return IBAN(iban)
    except SchwiftyException:
        return None


def _remainder(iban: str) -> int:
    return int("".join(str(int(letter, 36)) for letter in iban[4:] + iban[:4])) % 97
