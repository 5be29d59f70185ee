"""The one clock of the house (DESIGN law 9): every time that is stored or compared comes from `now()`.

A test moves it by writing a number of seconds into the file that `TESSERA_CLOCK_FILE` names; every
process that inherited the variable sees the shift at its next call. With "@" before it the number is a moment, in
seconds since 1970, at which the clock stands still: then a simulation is the same in every run. Production ignores
the variable.
"""

import datetime as dt
import os
from pathlib import Path
from zoneinfo import ZoneInfo

from django.conf import settings

BOOKS = ZoneInfo("Europe/Paris")  # the books, and the years of the cap, are kept in this zone


def now() -> dt.datetime:
    """The present moment, aware, in UTC."""
    written = _written()
    if written.startswith("@"):
        return dt.datetime.fromtimestamp(float(written[1:]), dt.UTC)
    return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=float(written or 0))


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
    _write(repr(float(seconds)))


def stand_at(moment: dt.datetime) -> None:
    """Stop the clock at an aware moment, until it is moved again. Tests and demonstrations only.

    Raises RuntimeError where no clock file is configured.
    """
    _write(f"@{moment.timestamp()!r}")


def _write(text: str) -> None:
    path = _path()
    if path is None:
        raise RuntimeError("The clock can be moved only where TESSERA_CLOCK_FILE is set (tests, demo).")
    temporary = path.with_suffix(f".{os.getpid()}")
    temporary.write_text(text)
    temporary.replace(path)


def _path() -> Path | None:
    name = getattr(settings, "CLOCK_FILE", None)
    return Path(name) if name else None


def _written() -> str:
    path = _path()
    if path is None:
        return ""
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""
