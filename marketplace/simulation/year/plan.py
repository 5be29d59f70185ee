"""How much happens in a simulated year, and what came of it."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from marketplace.base import clock

RULES = ("floor", "cap", "rotation")


@dataclass(frozen=True)
class Plan:
    """The size of a year. The same seed makes the same people, prices and decisions."""

    seed: int = 1
    workers: int = 200
    organisations: int = 20
    submissions: int = 20_000
    months: int = 12
    year: int = 2027
    faults: float = 0.05  # share of the gateway's calls that go wrong
    without: frozenset[str] = (
        frozenset()
    )  # rules of the charter that are left off, of RULES, to see what they change

    @property
    def start(self) -> dt.datetime:
        return dt.datetime(self.year, 1, 1, 6, tzinfo=clock.BOOKS)


@dataclass
class Outcome:
    """Figures of a year, and every breach of a promise that was found (none, it is hoped)."""

    figures: Counter[str] = field(default_factory=Counter)
    euros: dict[str, int] = field(default_factory=dict)  # micros by name
    faults: dict[str, int] = field(default_factory=dict)
    months: list[dict[str, object]] = field(default_factory=list)
    charter: dict[str, Any] = field(default_factory=dict)  # what people got, see `figures.py`
    breaches: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        return not self.breaches

    def breach(self, sentence: str) -> None:
        self.breaches.append(sentence)
