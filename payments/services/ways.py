"""Country by country: which way out exists for a worker's money (PAYOUT_GATEWAYS, in order).

A worker whom no way reaches is told before claiming, never after.
"""

from django.conf import settings

from marketplace.base import countries
from payments import gateways
from payments.gateways import Gateway
from payments.models import Payee


def of_country(country: str) -> Gateway | None:
    """The way that a worker who lives in `country` (ISO 3166-1 alpha-2) is paid by; None when none reaches it."""
    return next(iter(gateways.for_payouts(country)), None)


def is_reached(country: str) -> bool:
    """Whether somebody who lives there can be paid at all."""
    return of_country(country) is not None


def of_payee(payee: Payee) -> Gateway | None:
    """The way this worker is paid by; None when none reaches the country they gave."""
    return of_country(payee.country)


def by_country() -> tuple[list[tuple[str, list[str]]], list[str]]:
    """The ways in the order they are taken, each with the countries (ISO codes) whose workers it pays; and the
    countries that none reaches."""
    reached: dict[str, list[str]] = {}
    without: list[str] = []
    for code, _name in countries.choices():
        way = of_country(code)
        if way is None:
            without.append(code)
        else:
            reached.setdefault(way.name, []).append(code)
    order = [gateway for gateway in settings.PAYOUT_GATEWAYS if gateway in reached]
    return [(name, reached[name]) for name in order], without
