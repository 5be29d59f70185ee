"""By what a person's payout details are known again, without keeping them: keyed digests (docs/adr/0073).

The key is derived from TESSERA_ID_KEY, which stands outside the database: whoever has only the rows can't try numbers.
Source of the derivation: RFC 2104 (HMAC) with SHA-256, keyed by a labelled HMAC of the secret, as HKDF-Expand does
(RFC 5869, section 2.3).
"""

import hashlib
import hmac
import re
import unicodedata

from django.conf import settings

from payments.services import tins

LABEL = b"tessera person marks 1"
TIN, NAMED, ACCOUNT = "tin", "account_and_name", "account"
LEAST_TIN = 6  # characters: less is no number of one person
Mark = tuple[str, bytes]


def of(*, legal_name: str, tax_residence: str, tin: str, iban: str, mobile_number: str) -> set[Mark]:
    """The marks of payout details: {(kind, digest of 32 bytes)}. Values as `payees` stores them; each may be empty."""
    name = comparable(legal_name)
    found = set()
    for account in filter(None, (iban, mobile_number)):
        found.add(_mark(ACCOUNT, account))
        if name:
            found.add(_mark(NAMED, account, name))
    number = _tin(tax_residence, tin)
    if number:
        # Where no form of a country's numbers is known, anything may have been typed: the name stands for the rest.
        found.add(_mark(TIN, tax_residence, number, "" if tax_residence in tins.EU else name))
    return found


def comparable(name: str) -> str:
    """A name as one writes it in any order, case and accents: its words without these, sorted."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    letters = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return " ".join(sorted(re.findall(r"\w+", letters)))


def _tin(country: str, tin: str) -> str:
    """The number as tax offices store it; empty for what many people type who have none at hand."""
    number = re.sub(r"\W", "", tins.plain(tin))
    if len(number) < LEAST_TIN or len(set(number)) < 3 or not tins.looks_right(country, tin):
        return ""
    row = "0123456789" * 4
    return "" if number in row or number in row[::-1] else number


def _mark(kind: str, *values: str) -> Mark:
    text = "\0".join((kind, *values)).encode()
    return kind, hmac.new(_key(), text, hashlib.sha256).digest()


def _key() -> bytes:
    return hmac.new(settings.ID_KEY.encode(), LABEL + b"\x01", hashlib.sha256).digest()
