"""The gateways by name. DEPOSIT_GATEWAYS and PAYOUT_GATEWAYS say which ones new deposits and payouts may take."""

from django.conf import settings

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
    Refunds,
    SavedMethod,
    Status,
    Transfers,
)
from .simulated import Simulated

_GATEWAYS: dict[str, Gateway] = {"simulated": Simulated()}


def by_name(name: str) -> Gateway:
    """The gateway a stored row names. Raises KeyError for one that is not there."""
    return _GATEWAYS[name]


def names() -> list[str]:
    return sorted(_GATEWAYS)


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
    "Refunds",
    "SavedMethod",
    "Status",
    "Transfers",
    "by_name",
    "for_deposits",
    "for_payouts",
    "names",
]
