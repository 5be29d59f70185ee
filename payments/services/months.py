"""Months of the books: from the first to the first, in Europe/Paris (DESIGN law 9)."""

import datetime as dt
from dataclasses import dataclass

from marketplace.base import clock
from marketplace.base.errors import NotFound


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month of the books."""

    year: int
    month: int

    @property
    def start(self) -> dt.datetime:
        """Its first moment."""
        return dt.datetime(self.year, self.month, 1, tzinfo=clock.BOOKS)

    @property
    def end(self) -> dt.datetime:
        """The first moment of the next one."""
        return self.next.start

    @property
    def next(self) -> "Month":
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def before(self) -> "Month":
        return Month(self.year - (self.month == 1), (self.month - 2) % 12 + 1)

    @property
    def first_day(self) -> dt.date:
        return dt.date(self.year, self.month, 1)

    @property
    def last_day(self) -> dt.date:
        return self.next.first_day - dt.timedelta(days=1)

    @property
    def is_over(self) -> bool:
        return clock.now() >= self.end

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02d}"


def of(moment: dt.datetime) -> Month:
    """The month a moment lies in."""
    day = moment.astimezone(clock.BOOKS)
    return Month(day.year, day.month)


def parse(text: str) -> Month:
    """The month of "2026-11". Raises NotFound for anything else."""
    year, _, month = text.partition("-")
    if len(year) != 4 or len(month) != 2 or not (year + month).isascii() or not (year + month).isdigit():
        raise NotFound
    if not 1 <= int(month) <= 12 or int(year) < 1970:
        raise NotFound
    return Month(int(year), int(month))
