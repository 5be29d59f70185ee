"""Where a worker's money goes: the one service that reads and writes those personal data."""

from dataclasses import asdict, dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock, countries, ids
from marketplace.base.errors import Invalid
from marketplace.base.models import User
from payments.models import Payee
from payments.services import iban as ibans

_LONGEST = {
    "legal_name": 140,
    "address": 140,
    "town": 70,
    "postcode": 16,
    "country": 2,
    "tax_residence": 2,
    "tin": 40,
    "account_holder": 140,
    "iban": 34,
}  # fmt: skip - characters, as the columns and bank files hold


@dataclass(frozen=True, slots=True)
class Details:
    """What a worker tells us, as typed. `tin`, and a postcode where the country has none, may be empty."""

    legal_name: str
    address: str
    town: str
    postcode: str
    country: str
    tax_residence: str
    tin: str
    account_holder: str
    iban: str


@transaction.atomic
def save(*, user: User, details: Details, actor: User) -> Payee:
    """Store or replace a worker's payout details. Raises Invalid with the fields that can't be used."""
    clean = _clean(details)
    payee, _created = Payee.objects.update_or_create(
        user=user, defaults=clean | {"updated_at": clock.now()}, create_defaults=clean | {"user": user}
    )
    audit.record("payments:payee:save", ids.encode("usr", user.pk), actor=actor)
    return payee


def of(user: User) -> Payee | None:
    """The payout details of a worker, None when there are none."""
    return Payee.objects.filter(user=user).first()


def _clean(details: Details) -> dict[str, str]:
    values = {name: " ".join(str(value).split()) for name, value in asdict(details).items()}
    values["iban"] = ibans.plain(values["iban"])
    for name in ("country", "tax_residence"):
        values[name] = values[name].upper()
    wrong: dict[str, list[Any]] = {}
    for name in ("legal_name", "address", "town", "account_holder"):
        if not values[name]:
            wrong[name] = [_("Fill this in.")]
    for name in ("country", "tax_residence"):
        if not countries.is_country(values[name]):
            wrong[name] = [_("Choose a country from the list.")]
    if not ibans.is_valid(values["iban"]):
        wrong["iban"] = [_("This is not an IBAN: compare it with your bank's letter, digit by digit.")]
    for name, value in values.items():
        longest = _LONGEST[name]
        if len(value) > longest and name not in wrong:
            wrong[name] = [
                _("This is too long for a bank: shorten it to %(most)s characters.") % {"most": longest}
            ]
    if wrong:
        raise Invalid(fields=wrong)
    return values
