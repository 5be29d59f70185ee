"""Country by country: which way out exists for a worker's money (PAYOUT_GATEWAYS, in order).

A worker whom no way reaches is told before claiming, never after.
"""

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
