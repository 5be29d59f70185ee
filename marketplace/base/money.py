"""Money: whole micros inside (1 EUR = 1 000 000), `Decimal` at the edges, never a float (DESIGN §4)."""

import re
import unicodedata
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext_lazy as _

from . import formats
from .errors import Refusal

MICROS = 1_000_000
CENT = 10_000
CURRENCY = "EUR"
# One row can never hold more than this; it keeps every sum far inside a bigint.
MOST = 1_000_000_000 * MICROS


class BadAmount(Refusal):
    """The text is not an amount of money."""

    code = "bad_amount"
    detail = _("Write an amount in euros such as 12.50, with at most six decimals and without a sign.")


class UnclearAmount(BadAmount):
    """The text means one amount in one country and a thousand times as much in another."""

    detail = _(
        "“%(text)s” can be read in two ways. Write %(less)s if you mean %(less_eur)s, or %(more)s for %(more_eur)s."
    )


def parse_eur(text: str) -> int:
    """Micros for an amount as a person types it: "1.50", "1,50", "1 500,00", "１" (full-width digits).

    A comma or a point is the decimal sign; spaces and apostrophes may group thousands. Raises UnclearAmount where
    the sign may group thousands as well ("1,500", "12.000"), and BadAmount for anything else: signs, exponents, NaN,
    two decimal signs, more than six decimals, or over a thousand million euros.
    """
    if any(unicodedata.category(char) == "No" for char in str(text)):
        raise BadAmount  # "1²" is not 12, and "①" is no amount
    typed = unicodedata.normalize("NFKC", str(text)).strip().removeprefix("€").removesuffix("€").strip()
    plain = re.sub(r"(?<=\d)[ '\u2019](?=\d{3}(\D|$))", "", typed)
    if not re.fullmatch(r"[0-9]{1,12}([.,][0-9]{1,6})?", plain):
        raise BadAmount
    if re.fullmatch(r"[1-9][0-9]{0,2}[.,][0-9]{3}", typed):
        raise _unclear(typed)
    return parse_plain(plain.replace(",", "."))


def parse_plain(text: str) -> int:
    """Micros for an amount as a program writes it: digits, a point, at most six decimals. Raises BadAmount."""
    if not re.fullmatch(r"[0-9]{1,12}([.][0-9]{1,6})?", text):
        raise BadAmount
    amount = int(Decimal(text) * MICROS)
    if amount > MOST:
        raise BadAmount
    return amount


def _unclear(typed: str) -> UnclearAmount:
    """The refusal of "1,500", with the two ways in which it can be written so that it means one thing."""
    small = parse_plain(typed.replace(",", "."))
    return UnclearAmount(
        text=typed,
        # Nobody groups thousands by two or by four digits.
        less=typed[:-1] if typed.endswith("0") else typed + "0",
        less_eur=formats.eur(small),
        more=re.sub(r"[.,]", " ", typed),
        more_eur=formats.eur(small * 1000),
    )


def to_decimal(micros: int) -> Decimal:
    """Euros as a Decimal: at least two decimals, and up to six when there are finer parts."""
    value = Decimal(micros) / MICROS
    return value.quantize(Decimal("0.01")) if micros % CENT == 0 else value.normalize()


def to_string(micros: int) -> str:
    """The decimal string of the REST interface: "0.10", "0.0125", "-3.00"."""
    return format(to_decimal(micros), "f")


def from_decimal(value: Decimal) -> int:
    """Micros of a Decimal in euros, which must be a whole number of micros (ValueError if not)."""
    micros = value * MICROS
    if micros != micros.to_integral_value():
        raise ValueError(f"{value} is finer than a micro")
    return int(micros)


def share(micros: int, rate: Decimal) -> int:
    """`rate` of an amount, rounded half up to a whole micro."""
    return int((Decimal(micros) * rate).to_integral_value(rounding=ROUND_HALF_UP))


def whole_cents(micros: int) -> int:
    """The part of an amount that a bank can move: rounded down to cents."""
    return micros - micros % CENT


def split(micros: int, weights: Sequence[int]) -> list[int]:
    """Split an amount by weights with the largest-remainder method; the parts sum to it exactly."""
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError("weights must be ≥ 0 and not all 0")
    parts = [micros * weight // total for weight in weights]
    rest = micros - sum(parts)
    order = sorted(range(len(weights)), key=lambda i: (-(micros * weights[i] % total), i))
    for index in order[:rest]:
        parts[index] += 1
    assert sum(parts) == micros
    return parts
