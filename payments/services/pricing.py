"""What a batch costs (DESIGN §4 "Quote", charter P13). Pure: settings in, whole micros out.

Fee, VAT and reserve are worked out for one unit (one answer to one task) and rounded there to a whole
micro, so that a quote is linear: the quote of a sum is the sum of the quotes, and what is given back for
one unit is exactly what was set aside for it.
"""

from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings

from marketplace.base import money


def split_rate(micros: int, rate: Decimal) -> tuple[int, int]:
    """(the rest, the share) of an amount at `rate` (0 to 1), by largest remainder; they sum to it exactly."""
    weight = int(rate * money.MICROS)
    rest, share = money.split(micros, [money.MICROS - weight, weight])
    return rest, share


@dataclass(frozen=True, slots=True)
class Rates:
    """Shares as Decimals from 0 up: fee of the reward, VAT of the fee, reserve of the reward, help fund of the fee."""

    fee: Decimal
    vat: Decimal
    reserve: Decimal
    help_fund: Decimal

    @classmethod
    def from_settings(cls) -> "Rates":
        return cls(
            fee=settings.FEE_RATE,
            vat=settings.VAT_RATE,
            reserve=settings.RESERVE_RATE,
            help_fund=settings.HELP_FUND_RATE,
        )

    def fee_of(self, reward_micros: int) -> int:
        """The platform's fee on one reward, in whole micros."""
        return money.share(reward_micros, self.fee)

    def vat_of(self, fee_micros: int) -> int:
        """The VAT on one fee, in whole micros."""
        return money.share(fee_micros, self.vat)

    def reserve_of(self, reward_micros: int) -> int:
        """What is set aside beside one reward in case the work takes longer than was estimated, in whole micros."""
        return money.share(reward_micros, self.reserve)

    def help_of(self, fee_micros: int) -> int:
        """The help fund's part of a sum of fees, by largest remainder."""
        return split_rate(fee_micros, self.help_fund)[1]


@dataclass(frozen=True, slots=True)
class Quote:
    """The whole price of `units` answers, in micros. `total` is rewards + reserve + fee + VAT."""

    units: int
    rewards: int
    reserve: int
    fee: int
    vat: int
    total: int

    def as_strings(self) -> dict[str, str]:
        """As the REST interface shows it: decimal strings in EUR."""
        return {
            "rewards": money.to_string(self.rewards),
            "reserve": money.to_string(self.reserve),
            "fee": money.to_string(self.fee),
            "vat": money.to_string(self.vat),
            "total": money.to_string(self.total),
            "currency": money.CURRENCY,
        }


def quote(units: int, reward_micros: int, rates: Rates) -> Quote:
    """The price of `units` answers at `reward_micros` each. Raises ValueError for negative numbers."""
    if units < 0 or reward_micros < 0:
        raise ValueError("units and reward are never negative")
    fee = rates.fee_of(reward_micros)
    parts = [reward_micros, rates.reserve_of(reward_micros), fee, rates.vat_of(fee)]
    rewards, reserve, fees, vat = (units * part for part in parts)
    return Quote(units, rewards, reserve, fees, vat, rewards + reserve + fees + vat)
