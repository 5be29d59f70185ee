"""The one clock of the house (DESIGN law 9): every time that is stored or compared comes from `now()`.

A test moves it by writing a number of seconds into the file that `TESSERA_CLOCK_FILE` names; every
process that inherited the variable sees the shift at its next call. Production ignores the variable.
"""

import datetime as dt
import os
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings

BOOKS = ZoneInfo("Europe/Paris")  # the books, and the years of the cap, are kept in this zone


def now() -> dt.datetime:
    """The present moment, aware, in UTC."""
    return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=_shift())


def today() -> dt.date:
    """Today's date in the zone of the books."""
    return now().astimezone(BOOKS).date()


def year_of(moment: dt.datetime) -> int:
    """The calendar year of `moment` in Europe/Paris, which is the year of the cap (charter C3)."""
    return moment.astimezone(BOOKS).year


def year_start(year: int) -> dt.datetime:
    """The first moment of `year` in Europe/Paris, in UTC."""
    return dt.datetime(year, 1, 1, tzinfo=BOOKS).astimezone(dt.UTC)


def shift_to(seconds: float) -> None:
    """Set the shift of the clock, in seconds from real time. Tests and demonstrations only.

    Raises RuntimeError where no clock file is configured.
    """
    path = _path()
    if path is None:
        raise RuntimeError("The clock can be moved only where TESSERA_CLOCK_FILE is set (tests, demo).")
    temporary = path.with_suffix(f".{os.getpid()}")
    temporary.write_text(repr(float(seconds)))
    temporary.replace(path)


def _path() -> Path | None:
    name = getattr(settings, "CLOCK_FILE", None)
    return Path(name) if name else None


def _shift() -> float:
    path = _path()
    if path is None:
        return 0.0
    try:
        return float(path.read_text() or 0)
    except FileNotFoundError:
        return 0.0
