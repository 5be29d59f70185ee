"""What a person is known by, so that it can be found in what others wrote: strings, and taking them out of a text."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress

from marketplace.base.models import User
from payments.models import Payee
from workers.models import Certificate

from .columns import ERASED

LEAST_NAME = 3  # letters; shorter ones are parts of too many words
LEAST_ALONE = (
    8  # letters of a name of two words or more that is looked for everywhere, not only in a person's cases
)


@dataclass(frozen=True, slots=True)
class Known:
    """`sure` belongs to nobody else (addresses, numbers); `names` might be a namesake's as well."""

    sure: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def all(self) -> tuple[str, ...]:
        """For texts about this very person."""
        return self.sure + self.names

    @property
    def alone(self) -> tuple[str, ...]:
        """For texts that may be about anybody: a first name alone stays, since it would take others' names out."""
        return self.sure + tuple(name for name in self.names if " " in name and len(name) >= LEAST_ALONE)


def of(user: User) -> Known:
    """Everything that the tables know this person by, the longest first."""
    sure = {user.email, *EmailAddress.objects.filter(user=user).values_list("email", flat=True)}
    names = {user.name, *Certificate.objects.filter(award__user=user).values_list("name", flat=True)}
    payee = Payee.objects.filter(user=user).first()
    if payee:
        sure |= {payee.iban, _in_fours(payee.iban), payee.tin, payee.mobile_number}
        names |= {payee.legal_name, payee.account_holder, payee.address}
    return Known(_sorted(sure, 5), _sorted(names, LEAST_NAME))


def _in_fours(text: str) -> str:
    return " ".join(text[place : place + 4] for place in range(0, len(text), 4))


def _sorted(found: Iterable[str], least: int) -> tuple[str, ...]:
    kept = {text.strip() for text in found if len(text.strip()) >= least and text != ERASED}
    return tuple(sorted(kept, key=lambda text: (-len(text), text)))


def pattern(strings: Iterable[str]) -> re.Pattern[str] | None:
    """Finds any of them as whole words, whatever their case; None where there is nothing to look for."""
    parts = [re.escape(text) for text in strings]
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)", re.IGNORECASE) if parts else None


def taken_out(value: Any, found: re.Pattern[str]) -> Any:
    """A text, or what JSON holds, with "[erased]" in each place where the pattern is found."""
    if isinstance(value, str):
        return found.sub(ERASED, value)
    if isinstance(value, list):
        return [taken_out(each, found) for each in value]
    if isinstance(value, dict):
        return {taken_out(key, found): taken_out(each, found) for key, each in value.items()}
    return value
