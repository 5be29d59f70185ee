"""Half-years of the books (Europe/Paris): the periods of the public figures (charter D4; Directive (EU) 2024/2831,
article 17: at least every six months)."""

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

from django.conf import settings

from marketplace.base import clock
from marketplace.base.errors import NotFound

_NAME = re.compile(r"(2\d{3})-H([12])")


@dataclass(frozen=True, slots=True, order=True)
class HalfYear:
    """January to June (half 1) or July to December (half 2) of a year."""

    year: int
    half: int

    @property
    def name(self) -> str:
        return f"{self.year}-H{self.half}"

    @property
    def start(self) -> dt.datetime:
        """Its first moment, in UTC."""
        return dt.datetime(self.year, 1 + 6 * (self.half - 1), 1, tzinfo=clock.BOOKS).astimezone(dt.UTC)

    @property
    def end(self) -> dt.datetime:
        """The first moment after it, in UTC."""
        return self.next.start

    @property
    def closes(self) -> dt.datetime:
        """When what happened in it is decided, paid and answered as promised, so that it is counted for good."""
        return self.end + dt.timedelta(days=settings.FIGURES_CLOSE_DAYS)

    @property
    def next(self) -> "HalfYear":
        return HalfYear(self.year + self.half - 1, 3 - self.half)


def of(moment: dt.datetime) -> HalfYear:
    """The half-year in which a moment lies."""
    day = moment.astimezone(clock.BOOKS)
    return HalfYear(day.year, 1 if day.month < 7 else 2)


def named(name: str) -> HalfYear:
    """The half-year called `name`, such as 2026-H2. Raises NotFound for what is none."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise NotFound
    return HalfYear(int(found[1]), int(found[2]))


def until(first: HalfYear, last: HalfYear) -> Iterator[HalfYear]:
    """From `first` to `last`, both included."""
    while first <= last:
        yield first
        first = first.next
