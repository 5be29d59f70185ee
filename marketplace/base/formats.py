"""How figures, money and moments are written for a person, in the active language (Babel, never by hand).

Thousands are set apart by a narrow no-break space in every language ("3 640"), since a comma or a point
between figures reads differently from one country to the next. Times are shown in the active time zone.
"""

import datetime as dt
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError, dates, numbers
from django.utils import timezone
from django.utils.translation import get_language, gettext, ngettext

from . import clock

NARROW = "\u202f"
DASH = "–"
MICROS = 1_000_000
# English here is European English: 21 November 2026, 14:00.
PREFERRED = {"en": "en_GB"}


@lru_cache(maxsize=64)
def _locale(code: str) -> Locale:
    try:
        return Locale.parse(PREFERRED.get(code, code.replace("-", "_")))
    except (UnknownLocaleError, ValueError):
        return Locale.parse(PREFERRED["en"])


def locale() -> Locale:
    """The Babel locale of the active language."""
    return _locale(get_language() or "en")


def _narrow(text: str, active: Locale) -> str:
    group = active.number_symbols.get("latn", {}).get("group", ",")
    return text.replace(group, NARROW).replace("\xa0", NARROW)


def eur(micros: int | None, *, signed: bool = False) -> str:
    """An amount of micros as money: "€0.12", "€1 197.36", "€0.0125"; finer parts than cents only when there are any.

    `signed` puts a plus before what is added. None, an amount not known yet, is a dash.
    """
    if micros is None:
        return DASH
    active, value = locale(), Decimal(micros) / MICROS
    exponent = value.normalize().as_tuple().exponent
    digits = max(2, -exponent) if isinstance(exponent, int) else 2
    text = numbers.format_decimal(abs(value), format=f"#,##0.{'0' * digits}", locale=active)
    pattern = str(active.currency_formats["standard"].pattern).partition(";")[0]
    written = _narrow(text, active)
    money = f"€{written}" if pattern.startswith("¤") else f"{written}{NARROW}€"
    sign = "−" if micros < 0 else "+" if signed and micros else ""
    return sign + money


def number(value: int | float | Decimal | None, digits: int | None = None) -> str:
    """A figure such as "3 640" or "0.91"; `digits` fixes how many decimals are shown (three at most otherwise)."""
    if value is None or value == "":
        return DASH
    active = locale()
    pattern = "#,##0" + ("." + "0" * digits if digits else "" if digits == 0 else ".###")
    return _narrow(numbers.format_decimal(value, format=pattern, locale=active), active)


def percent(share: float | Decimal | None, digits: int = 0) -> str:
    """A share from 0 to 1 as "61 %"."""
    if share is None or share == "":
        return DASH
    return f"{number(Decimal(str(share)) * 100, digits)}{NARROW}%"


def duration(seconds: float | dt.timedelta | None) -> str:
    """How long something takes: "31 s", "1 min 20", "8 min", "2 h 05", "3 days"."""
    if seconds is None or seconds == "":
        return DASH
    whole = round(seconds.total_seconds() if isinstance(seconds, dt.timedelta) else float(seconds))
    whole = max(whole, 0)
    if whole < 60:
        return f"{whole}{NARROW}s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes}{NARROW}min" + (f"{NARROW}{rest:02d}" if rest and minutes < 10 else "")
    hours, left = divmod(minutes, 60)
    if hours < 48:
        return f"{hours}{NARROW}h" + (f"{NARROW}{left:02d}" if left else "")
    days = round(hours / 24)
    return ngettext("%(days)s day", "%(days)s days", days) % {"days": number(days)}


def _local(moment: dt.datetime) -> dt.datetime:
    return timezone.localtime(moment) if timezone.is_aware(moment) else moment


def _first(text: str, date: dt.date) -> str:
    """French says "1er janvier"; the data that Babel brings does not."""
    return text.replace("1 ", "1er ", 1) if date.day == 1 and locale().language == "fr" else text


def day(value: dt.date | dt.datetime | None) -> str:
    """A date: "21 November", with the year when it is not this one."""
    if value is None or value == "":
        return DASH
    date = _local(value).date() if isinstance(value, dt.datetime) else value
    if date.year == _local(clock.now()).year:
        return _first(dates.format_skeleton("MMMMd", date, locale=locale()), date)
    return _first(dates.format_date(date, "long", locale=locale()), date)


def full_day(date: dt.date) -> str:
    """A date with its year, for documents that are read later: "21 November 2026"."""
    return _first(dates.format_date(date, "long", locale=locale()), date)


def month(date: dt.date) -> str:
    """A month with its year: "November 2026"."""
    return str(dates.format_skeleton("yMMMM", date, locale=locale()))


def hour(moment: dt.datetime) -> str:
    """The time of day on a clock of 24 hours, "14:00"."""
    return str(dates.format_time(_local(moment), "HH:mm", locale=locale()))


def exact(moment: dt.datetime | None) -> str:
    """Date, year and time in full, "Saturday 21 November 2026, 14:00": for tooltips and records."""
    if moment is None or moment == "":
        return DASH
    date = _local(moment).date()
    said = _first(dates.format_date(date, "full", locale=locale()), date)
    return gettext("%(day)s, %(hour)s") % {"day": said, "hour": hour(moment)}


def when(moment: dt.datetime | None) -> str:
    """A moment as a person would say it: "today, 14:00", "tomorrow, 09:30", "Friday, 14:00", "3 March, 08:15"."""
    if moment is None or moment == "":
        return DASH
    date = _local(moment).date()
    distance = (date - _local(clock.now()).date()).days
    near = {0: gettext("today"), 1: gettext("tomorrow"), -1: gettext("yesterday")}
    if distance in near:
        said = near[distance]
    elif 1 < distance < 7:
        said = str(dates.format_date(date, "EEEE", locale=locale()))
    else:
        said = day(moment)
    return gettext("%(day)s, %(hour)s") % {"day": said, "hour": hour(moment)}


def relative(moment: dt.datetime | None) -> str:
    """The distance from now: "in 8 minutes", "2 days ago"."""
    if moment is None or moment == "":
        return DASH
    delta = moment - clock.now()
    return str(dates.format_timedelta(delta, add_direction=True, threshold=1.2, locale=locale()))


def left(moment: dt.datetime | None) -> str:
    """The time until a moment, "8 min"; "0 s" once it has passed."""
    return DASH if moment is None or moment == "" else duration(moment - clock.now())
