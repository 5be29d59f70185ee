"""Typed reading of environment variables: a bad or missing value ends the start with a hint.

Every variable that is read here is remembered in `KNOWN`, against which a test holds the table of
docs/how-to/deploy.md.
"""

import datetime as dt
import os
from collections.abc import Collection
from decimal import Decimal, InvalidOperation

from django.core.exceptions import ImproperlyConfigured

KNOWN: dict[str, str] = {}  # name: default as text, or "required"
TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str | None = None, *, hint: str = "") -> str:
    """The variable as it is; ImproperlyConfigured with `hint` when it is missing and has no default."""
    KNOWN.setdefault(name, "required" if default is None else default)
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if default is None:
        raise ImproperlyConfigured(f"Set {name}. {hint}".strip())
    return default


def flag(name: str, default: bool) -> bool:
    """A yes or a no: 1, true, yes, on, or 0, false, no, off."""
    value = text(name, "1" if default else "0").lower()
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}.")


def whole(name: str, default: int, *, least: int = 0, most: int | None = None) -> int:
    """A whole number of at least `least`, and at most `most`."""
    value = text(name, str(default))
    try:
        number = int(value.replace("_", ""))
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None
    if number < least:
        raise ImproperlyConfigured(f"{name} must be at least {least}, not {number}.")
    if most is not None and number > most:
        raise ImproperlyConfigured(f"{name} must be at most {most}, not {number}.")
    return number


def hours(name: str, default: str) -> tuple[dt.time, dt.time] | None:
    """Two hours of a day such as `21-8`; None for a single `-`."""
    value = text(name, default)
    if value == "-":
        return None
    first, _, last = value.partition("-")
    try:
        found = dt.time(int(first)), dt.time(int(last))
    except ValueError:
        raise ImproperlyConfigured(f"{name} must look like 21-8, or be -, not {value!r}.") from None
    if found[0] == found[1]:
        raise ImproperlyConfigured(f"{name} must end at another hour than it begins, not {value!r}.")
    return found


def decimal(name: str, default: str, *, least: str = "0", most: str | None = None) -> Decimal:
    """A decimal number such as 0.20 (with a point), between `least` and `most`."""
    value = text(name, default)
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ImproperlyConfigured(f"{name} must be a number such as {default}, not {value!r}.") from None
    if not number.is_finite() or number < Decimal(least) or (most is not None and number > Decimal(most)):
        between = f"at least {least}" if most is None else f"between {least} and {most}"
        raise ImproperlyConfigured(f"{name} must be {between}, not {value}.")
    return number


def words(name: str, default: str | None = "", *, hint: str = "") -> list[str]:
    """A list separated by commas; spaces around the parts are dropped."""
    return [part.strip() for part in text(name, default, hint=hint).split(",") if part.strip()]


def choice(name: str, default: str | None, known: Collection[str], *, hint: str = "") -> str:
    """One of the `known` words, in capitals."""
    value = text(name, default, hint=hint).upper()
    if value not in known:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(sorted(known))}, not {value!r}.")
    return value


def pairs(name: str, default: str) -> dict[str, Decimal]:
    """Amounts by country, such as `FR=12.85,DE=13.00`; a single `-` stands for none."""
    value = text(name, default)
    found: dict[str, Decimal] = {}
    for part in [] if value == "-" else value.split(","):
        country, _, amount = part.strip().partition("=")
        try:
            found[country.upper()] = Decimal(amount)
        except InvalidOperation:
            raise ImproperlyConfigured(f"{name} must look like FR=12.85,DE=13.00, not {value!r}.") from None
        if len(country) != 2 or not found[country.upper()].is_finite():
            raise ImproperlyConfigured(f"{name} must look like FR=12.85,DE=13.00, not {value!r}.")
    return found
