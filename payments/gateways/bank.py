"""Money by bank: transfers come in by a reference and leave in a file. No call is made to anybody.

Deposits are read from statements (`services.statements_in`); payouts wait as pending until a run takes them
(`services.runs`). A gateway that is not set up is not registered.
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from schwifty import IBAN
from schwifty.exceptions import SchwiftyException

from . import sepa
from .base import (
    DepositStyle,
    Destination,
    GatewayRefused,
    Movement,
    News,
    Page,
    Payer,
    PayoutStyle,
    Status,
)

NAME = "bank"
_BIC = re.compile(r"[A-Z]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?")


@dataclass(frozen=True, slots=True)
class Account:
    """Our own account, as files and deposit pages name it."""

    bank: str
    holder: str
    iban: str
    bic: str
    street: str
    postcode: str
    town: str
    country: str


class Bank:
    name = NAME
    payout_style: PayoutStyle = "file"
    deposit_style: DepositStyle = "reference"

    def pays_out_to(self, country: str) -> bool:
        return country in sepa.COUNTRIES

    def movements(self, *, since: dt.datetime) -> Sequence[Movement]:
        """None: reconciliation reads the statements' lines themselves."""
        return ()

    def deposit_page(self, *, key: str, amount_micros: int, payer: Payer | None = None) -> Page:
        raise GatewayRefused("by_transfer_only")

    def deposit_status(self, *, key: str, external_ref: str = "", payer: Payer | None = None) -> Status:
        return Status("done")  # a deposit row of the bank is written when the money is there

    def send_payout(self, *, key: str, amount_micros: int, destination: Destination) -> Status:
        raise GatewayRefused("by_file_only")

    def payout_status(self, *, key: str) -> Status:
        return Status("processing")  # until a statement says otherwise

    def news(self, *, since: dt.datetime) -> Sequence[News]:
        return ()


def is_set_up() -> bool:
    """Whether an account was given."""
    return bool(settings.BANK_IBAN)


def account() -> Account:
    """Our account. Only to be asked where `is_set_up`."""
    return Account(
        bank=settings.BANK_NAME,
        holder=settings.BANK_HOLDER,
        iban=_plain(settings.BANK_IBAN),
        bic=_plain(settings.BANK_BIC),
        street=settings.BANK_HOLDER_STREET,
        postcode=settings.BANK_HOLDER_POSTCODE,
        town=settings.BANK_HOLDER_TOWN,
        country=settings.BANK_HOLDER_COUNTRY.upper(),
    )


def check() -> None:
    """At start: raises ImproperlyConfigured when an account is given that no file could be made for."""
    if not is_set_up():
        wanted = NAME in {*settings.DEPOSIT_GATEWAYS, *settings.PAYOUT_GATEWAYS}
        if wanted:
            raise ImproperlyConfigured("Set BANK_IBAN: `bank` is named among the gateways.")
        return
    ours = account()
    if not _is_iban(ours.iban) or ours.iban[:2] not in sepa.IBAN_COUNTRIES:
        raise ImproperlyConfigured("BANK_IBAN is not an IBAN of a SEPA country: compare it digit by digit.")
    if not _BIC.fullmatch(ours.bic):
        raise ImproperlyConfigured("BANK_BIC must have 8 or 11 letters and digits, such as BNPAFRPPXXX.")
    for name, value in (
        ("BANK_NAME", ours.bank),
        ("BANK_HOLDER", sepa.text(ours.holder, 70)),
        ("BANK_HOLDER_TOWN", sepa.text(ours.town, 35)),
    ):
        if not value:
            raise ImproperlyConfigured(f"Set {name}: payout files and deposit pages name it.")
    if not re.fullmatch(r"[A-Z]{2}", ours.country):
        raise ImproperlyConfigured("BANK_HOLDER_COUNTRY must be a country code of two letters, such as FR.")


def _plain(value: str) -> str:
    return re.sub(r"\s", "", value).upper()


def _is_iban(value: str) -> bool:
    try:
        IBAN(value)
    except SchwiftyException:
        return False
    return True
