"""The EU's register of VAT numbers (VIES) over its REST interface: one question, one answer.

`POST <VAT_REGISTER_URL>/check-vat-number` with the number's country and the rest of it, and our own number beside it,
so that the answer carries a consultation number: the proof that we asked (article 18 of Implementing Regulation
282/2011). Name and address in the answer are left where they are.
"""

import json
import logging
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any

from django.conf import settings

log = logging.getLogger(__name__)
TIMEOUT = 15  # seconds; a member state's own register may be slow
MOST_BYTES = 100_000
INVALID = {"INVALID_INPUT"}  # the register's word for a number that can't be


class RegisterAway(Exception):
    """No answer, or one that says nothing of the number: ask again later."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether the number is valid today, and the register's own number for having said so."""

    is_valid: bool
    consultation: str


def is_there() -> bool:
    """Whether this installation asks a register at all."""
    return bool(settings.VAT_REGISTER_URL)


def ask(number: str) -> Answer:
    """Ask about a VAT number with its prefix. Must not be inside a transaction. Raises RegisterAway."""
    question = {"countryCode": number[:2], "vatNumber": number[2:]}
    ours = settings.SELLER_VAT_NUMBER
    if ours:
        question |= {"requesterMemberStateCode": ours[:2], "requesterNumber": ours[2:]}
    told = _post("check-vat-number", question)
    errors = {str(each.get("error")) for each in told.get("errorWrappers") or [] if isinstance(each, dict)}
    if errors & INVALID:
        return Answer(False, "")
    if errors or not isinstance(told.get("valid"), bool):
        log.warning("vat_register_away", extra={"codes": sorted(errors)})
        raise RegisterAway
    return Answer(told["valid"], str(told.get("requestIdentifier") or "")[:60])


def _post(path: str, body: dict[str, str]) -> dict[str, Any]:
    address = f"{settings.VAT_REGISTER_URL.rstrip('/')}/{path}"
    if not address.startswith(("https://", "http://127.0.0.1:")):
        raise RegisterAway
    request = urllib.request.Request(  # noqa: S310 - the scheme is looked at above
        address,
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "Accept": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310 - as above
            content = response.read(MOST_BYTES)
    except urllib.error.HTTPError as error:  # errors come with a body that says which
        content = error.read(MOST_BYTES)
    except (OSError, ValueError) as error:
        log.warning("vat_register_unreachable", extra={"error": type(error).__name__})
        raise RegisterAway from None
    try:
        told = json.loads(content)
    except ValueError:
        raise RegisterAway from None
    if not isinstance(told, dict):
        raise RegisterAway
    return told
