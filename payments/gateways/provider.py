"""A provider of mobile money or bank payments that takes a table: for countries that SEPA does not reach.

Its columns, their names and the way amounts and numbers are written are settings, since every provider has its own.
Payouts wait as pending until a run takes them (`services.runs`); what became of them is read from its answer
(`services.provider_files`).
"""

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from marketplace.base import countries, ids
from payments.models import BankLine, Payout

from .base import (
    DepositStyle,
    Destination,
    GatewayRefused,
    Movement,
    MovementKind,
    News,
    Page,
    Payer,
    PayoutStyle,
    Status,
)

NAME = "provider"
# What a column may hold.
COLUMNS = (
    "reference", "name", "msisdn", "operator", "iban", "amount", "currency", "country", "town", "address", "date",
    "description",
)  # fmt: skip
ANSWER_COLUMNS = ("reference", "status", "reason")
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
AMOUNTS = ("point", "comma", "cents")  # 12.50 · 12,50 · 1250
NUMBERS = ("plus", "zeros", "digits")  # +22177… · 0022177… · 22177…
MOBILE, ACCOUNT = "msisdn", "iban"


@dataclass(frozen=True, slots=True)
class Format:
    """How the provider's files look. `headers` are the names of `columns` in the first line of the file."""

    columns: tuple[str, ...]
    headers: tuple[str, ...]
    delimiter: str
    amounts: str
    numbers: str
    answer: tuple[str, str, str]  # the headers of reference, status and reason in its answer
    paid: frozenset[str]
    failed: frozenset[str]


class Provider:
    name = NAME
    payout_style: PayoutStyle = "file"
    deposit_style: DepositStyle = "reference"

    def pays_out_to(self, country: str) -> bool:
        return country in settings.PROVIDER_COUNTRIES

    def movements(self, *, since: dt.datetime) -> Sequence[Movement]:
        """What its answers and our bank's lines told: payouts it made, and money that went there or came back."""
        payouts = Payout.objects.filter(gateway=NAME, paid_at__gte=since).order_by("pk")
        found = [
            Movement(
                f"paid:{row.public_id}",
                "transfer",
                -row.amount_micros,
                row.paid_at or row.created_at,
                row.public_id,
            )
            for row in payouts
        ]
        back = Payout.objects.filter(gateway=NAME, paid_at__isnull=False, reversed_at__gte=since)
        found += [
            _moved(row.public_id, "transfer_back", row.amount_micros, row.reversed_at)
            for row in back.order_by("pk")
        ]
        lines = BankLine.objects.filter(object_ref=NAME, created_at__gte=since).order_by("pk")
        return found + [
            _moved(ids.encode("bln", line.pk), "other", -line.amount_micros, line.created_at)
            for line in lines
        ]

    def deposit_page(self, *, key: str, amount_micros: int, payer: Payer | None = None) -> Page:
        raise GatewayRefused("takes_no_deposits")

    def deposit_status(self, *, key: str, external_ref: str = "", payer: Payer | None = None) -> Status:
        return Status("unknown")

    def send_payout(self, *, key: str, amount_micros: int, destination: Destination) -> Status:
        raise GatewayRefused("by_file_only")

    def payout_status(self, *, key: str) -> Status:
        return Status("processing")  # until its answer is read

    def news(self, *, since: dt.datetime) -> Sequence[News]:
        return ()


def _moved(key: str, kind: MovementKind, amount: int, at: dt.datetime | None) -> Movement:
    assert at is not None
    return Movement(f"{kind}:{key}", kind, amount, at, key)


def is_set_up() -> bool:
    """Whether any country is named."""
    return bool(settings.PROVIDER_COUNTRIES)


def file_format() -> Format:
    """How its files look, from the settings. Only to be asked where `is_set_up`."""
    columns = tuple(settings.PROVIDER_COLUMNS)
    answer = tuple(settings.PROVIDER_ANSWER_HEADERS)
    return Format(
        columns=columns,
        headers=tuple(settings.PROVIDER_HEADERS) or columns,
        delimiter=DELIMITERS[settings.PROVIDER_DELIMITER],
        amounts=settings.PROVIDER_AMOUNTS,
        numbers=settings.PROVIDER_NUMBERS,
        answer=(answer[0], answer[1], answer[2]),
        paid=frozenset(word.casefold() for word in settings.PROVIDER_PAID),
        failed=frozenset(word.casefold() for word in settings.PROVIDER_FAILED),
    )


def destination() -> str:
    """What a payee must have given: `msisdn` (a mobile money number) or `iban`."""
    return MOBILE if MOBILE in settings.PROVIDER_COLUMNS else ACCOUNT


def check() -> None:
    """At start: raises ImproperlyConfigured when a setting would make a file that nobody can read."""
    if not is_set_up():
        if NAME in {*settings.DEPOSIT_GATEWAYS, *settings.PAYOUT_GATEWAYS}:
            raise ImproperlyConfigured("Set PROVIDER_COUNTRIES: `provider` is named among the gateways.")
        return
    if NAME in settings.DEPOSIT_GATEWAYS:
        raise ImproperlyConfigured("`provider` pays out only: take it out of DEPOSIT_GATEWAYS.")
    for country in settings.PROVIDER_COUNTRIES:
        if not countries.is_country(country):
            raise ImproperlyConfigured(f"PROVIDER_COUNTRIES: {country!r} is no country code such as SN.")
    _check_columns()
    for name, known in (
        ("PROVIDER_DELIMITER", tuple(DELIMITERS)),
        ("PROVIDER_AMOUNTS", AMOUNTS),
        ("PROVIDER_NUMBERS", NUMBERS),
    ):
        if getattr(settings, name) not in known:
            raise ImproperlyConfigured(f"{name} must be one of {', '.join(known)}.")
    if len(settings.PROVIDER_ANSWER_HEADERS) != len(ANSWER_COLUMNS):
        raise ImproperlyConfigured(
            "PROVIDER_ANSWER_HEADERS must name three columns: reference,status,reason."
        )
    if not settings.PROVIDER_PAID or not settings.PROVIDER_FAILED:
        raise ImproperlyConfigured("PROVIDER_PAID and PROVIDER_FAILED must each name a status.")


def _check_columns() -> None:
    columns, headers = settings.PROVIDER_COLUMNS, settings.PROVIDER_HEADERS
    unknown = [name for name in columns if name not in COLUMNS]
    if unknown:
        raise ImproperlyConfigured(
            f"PROVIDER_COLUMNS: there is no column {unknown[0]!r}; choose from {', '.join(COLUMNS)}."
        )
    if len(set(columns)) != len(columns):
        raise ImproperlyConfigured("PROVIDER_COLUMNS names a column twice.")
    missing = [name for name in ("reference", "amount") if name not in columns]
    if missing or not {MOBILE, ACCOUNT} & set(columns):
        raise ImproperlyConfigured("PROVIDER_COLUMNS must have reference, amount, and msisdn or iban.")
    if headers and len(headers) != len(columns):
        raise ImproperlyConfigured("PROVIDER_HEADERS must have one name for each of PROVIDER_COLUMNS.")
    used = DELIMITERS.get(settings.PROVIDER_DELIMITER, ",")
    if any(used in header or re.search(r'["\r\n]', header) for header in headers):
        raise ImproperlyConfigured("PROVIDER_HEADERS: a name holds the delimiter or a quotation mark.")
