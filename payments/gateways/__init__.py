"""The gateways by name. DEPOSIT_GATEWAYS and PAYOUT_GATEWAYS say which ones new deposits and payouts may take."""

from functools import cache

from django.conf import settings

from . import bank, provider
from .base import (
    ACCOUNT_NOT_READY,
    SOURCE_SHORT,
    Account,
    Charges,
    Destination,
    Dispute,
    Gateway,
    GatewayRefused,
    GatewayUnreachable,
    Movement,
    News,
    Page,
    Payer,
    PayoutStyle,
    Refunds,
    SavedMethod,
    Status,
    Transfers,
)
from .simulated import Simulated

_GATEWAYS: dict[str, Gateway] = {"simulated": Simulated()}

# Those that take files; there once their settings are.
_FILES: dict[str, Gateway] = {bank.NAME: bank.Bank(), provider.NAME: provider.Provider()}


def _there() -> dict[str, Gateway]:
    ready = {bank.NAME: bank.is_set_up(), provider.NAME: provider.is_set_up()}
    found = _GATEWAYS | {name: gateway for name, gateway in _FILES.items() if ready[name]}
    return found | {"stripe": _stripe()} if settings.STRIPE_SECRET_KEY else found


@cache
def _stripe() -> Gateway:
    from .stripe_gateway import Stripe  # its package is loaded only where there is a key

    return Stripe()


def by_name(name: str) -> Gateway:
    """The gateway a stored row names. Raises KeyError for one that is not there."""
    return _there()[name]


def names() -> list[str]:
    return sorted(_there())


def files() -> list[str]:
    """The gateways that take files of payouts."""
    return [name for name in _FILES if name in _there()]


def for_deposits() -> list[Gateway]:
    """The gateways an organisation may pay by, the one to offer first in front."""
    return [by_name(name) for name in settings.DEPOSIT_GATEWAYS]


def for_payouts(country: str) -> list[Gateway]:
    """The gateways that reach a worker who lives in `country`, the one to take in front; empty when there is none."""
    return [gateway for name in settings.PAYOUT_GATEWAYS if (gateway := by_name(name)).pays_out_to(country)]


__all__ = [
    "ACCOUNT_NOT_READY",
    "SOURCE_SHORT",
    "Account",
    "Charges",
    "Destination",
    "Dispute",
    "Gateway",
    "GatewayRefused",
    "GatewayUnreachable",
    "Movement",
    "News",
    "Page",
    "Payer",
    "PayoutStyle",
    "Refunds",
    "SavedMethod",
    "Status",
    "Transfers",
    "by_name",
    "files",
    "for_deposits",
    "for_payouts",
    "names",
]
