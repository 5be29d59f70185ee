"""The gateways by name. The setting PAYMENT_GATEWAY says which one new deposits and payouts take."""

from django.conf import settings

from .base import (
    Destination,
    Gateway,
    GatewayRefused,
    GatewayUnreachable,
    News,
    Page,
    Status,
)
from .simulated import Simulated

_GATEWAYS: dict[str, Gateway] = {"simulated": Simulated()}


def by_name(name: str) -> Gateway:
    """The gateway a stored row names. Raises KeyError for one that is not there."""
    return _GATEWAYS[name]


def names() -> list[str]:
    return sorted(_GATEWAYS)


def current() -> Gateway:
    """The gateway that new deposits and payouts take."""
    return by_name(settings.PAYMENT_GATEWAY)


__all__ = [
    "Destination",
    "Gateway",
    "GatewayRefused",
    "GatewayUnreachable",
    "News",
    "Page",
    "Status",
    "by_name",
    "current",
    "names",
]
