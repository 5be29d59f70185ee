"""The floor: the least a price may be worth in an hour, by the worker's country (DESIGN §4, charter P1, P2).

Pure and exact: integers and Decimals, from `payments/data/minimum_wage.csv` and the settings. What a
country's floor is made of is worked out once and kept; a change of a setting in a test forgets it.
"""

import csv
import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from functools import cache, lru_cache
from pathlib import Path
from statistics import median
from typing import Any, Literal

from django.conf import settings
from django.core.signals import setting_changed

from marketplace.base import countries as iso
from marketplace.base import money

DATA = Path(__file__).resolve().parent.parent / "data" / "minimum_wage.csv"
HOUR = 3600
FINE_STEP = 100  # micros: prices under one cent move in these

EU = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU",
    "IE", "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
})  # fmt: skip
HOME = EU | frozenset({"IS", "LI", "NO", "GB", "US", "CA", "CH"})
# Lands with a code of their own where the minimum wage of another country is the law.
SAME_LAW = {
    "AX": "FI", "BL": "FR", "GF": "FR", "GP": "FR", "GU": "US", "MF": "FR", "MP": "US", "MQ": "FR",
    "PM": "FR", "PR": "US", "RE": "FR", "SJ": "NO", "VI": "US", "YT": "FR",
}  # fmt: skip

Source = Literal["override", "minimum_wage", "group_median", "absolute"]


@dataclass(frozen=True, slots=True)
class Wage:
    """A line of the data file: a gross hourly minimum wage, with how well it is known."""

    country: str
    eur_per_hour: Decimal | None  # None: the country has no statutory minimum, or none that can be used
    year: int
    confidence: str  # sourced, weak or memory: the page says so
    note: str


@dataclass(frozen=True, slots=True)
class FloorFigure:
    """A country's floor and where it comes from, so that the page can say which rule made it.

    `source` names the rule that decided; year, confidence and note tell of the country's own wage figure,
    where there is one, whether or not it decided. `multiplier` is what the wage was multiplied by.
    """

    country: str
    micros_per_hour: int
    source: Source
    year: int | None
    confidence: str
    note: str
    multiplier: Decimal


def floor_micros_per_hour(country: str) -> int:
    """The floor of an ISO country, in micros an hour."""
    return explain(country).micros_per_hour


def absolute_floor() -> int:
    """The floor under all floors, in micros an hour."""
    return money.from_decimal(settings.FLOOR_ABSOLUTE_EUR)


@lru_cache(maxsize=512)
def explain(country: str) -> FloorFigure:
    """How the floor of an ISO country comes about."""
    at_home = _law(country) in HOME
    wage = wages().get(_law(country))
    multiplier = Decimal(settings.FLOOR_MULTIPLIER_HOME if at_home else settings.FLOOR_MULTIPLIER_ELSEWHERE)
    year, confidence, note = (wage.year, wage.confidence, wage.note) if wage else (None, "", "")

    def figure(micros: int, source: Source) -> FloorFigure:
        return FloorFigure(country, micros, source, year, confidence, note, multiplier)

    override = settings.FLOOR_OVERRIDES.get(country, settings.FLOOR_OVERRIDES.get(_law(country)))
    if override is not None:
        return figure(max(absolute_floor(), money.from_decimal(Decimal(override))), "override")
    if wage is not None and wage.eur_per_hour is not None:
        base, source = wage.eur_per_hour, "minimum_wage"
    elif at_home:
        base, source = home_median(), "group_median"
    else:
        return figure(absolute_floor(), "absolute")
    micros = int((base * multiplier * money.MICROS).to_integral_value(rounding=ROUND_CEILING))
    if micros <= absolute_floor():
        return figure(absolute_floor(), "absolute")
    return figure(micros, "minimum_wage" if source == "minimum_wage" else "group_median")


def price_needed(seconds: int, country: str) -> int:
    """The least reward for `seconds` of work by somebody of that country, in micros, rounded up.

    To the cent, or to 100 micros when it is under one cent. A part of a second counts as a whole one.
    """
    return _price(seconds, floor_micros_per_hour(country))


def absolute_price_needed(seconds: int) -> int:
    """The least reward for `seconds` of work by anybody, in micros; below it nothing is published."""
    return _price(seconds, absolute_floor())


def reaches(reward_micros: int, seconds: int, country: str) -> bool:
    """Whether the price meets the floor of that country: the only test there is."""
    return reward_micros >= price_needed(seconds, country)


def reach(reward_micros: int, seconds: int, countries: Iterable[str] | None = None) -> list[str]:
    """The countries, in order of their codes, whose floor the price meets: of those named, or of all."""
    among = countries or iso.codes()
    return sorted(country for country in among if reaches(reward_micros, seconds, country))


def hourly(reward_micros: int, seconds: int) -> int:
    """What the price is worth in an hour, in micros, rounded down; 0 when no time is known."""
    return reward_micros * HOUR // math.ceil(seconds) if seconds > 0 else 0


@cache
def wages() -> dict[str, Wage]:
    """The data file by country."""
    with DATA.open(encoding="utf-8", newline="") as lines:
        return {row["country"]: _wage(row) for row in csv.DictReader(lines)}


@cache
def home_median() -> Decimal:
    """The median of the figures known in the home group, in EUR an hour."""
    at_home = (wage.eur_per_hour for country, wage in wages().items() if country in HOME)
    return Decimal(median(figure for figure in at_home if figure is not None))


def _law(country: str) -> str:
    return SAME_LAW.get(country, country)


def _wage(row: dict[str, str]) -> Wage:
    figure = Decimal(row["eur_per_hour_gross"]) if row["eur_per_hour_gross"] else None
    return Wage(row["country"], figure, int(row["year"]), row["confidence"], row["note"])


def _price(seconds: int, per_hour: int) -> int:
    exact = math.ceil(seconds) * per_hour  # micros × 3600
    step = money.CENT if exact >= money.CENT * HOUR else FINE_STEP
    return -(-exact // (HOUR * step)) * step


def _forget(*, setting: str, **_rest: Any) -> None:
    if setting.startswith("FLOOR_"):
        explain.cache_clear()


setting_changed.connect(_forget)
