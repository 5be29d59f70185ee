"""Numbers: the answer in the middle."""

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

from .types import NOTHING, Consensus


def median(
    values: Sequence[Decimal], *, tolerance: Decimal = Decimal(0), quantum: Decimal | None = None
) -> Consensus:
    """The median: one wild answer does not move it, as it would move the mean.

    Of an even number of answers it is the mean of the two in the middle, exact, or rounded half to even to a
    multiple of `quantum`. Confidence is the share of the answers at most `tolerance` away from it.
    """
    if not values:
        return NOTHING
    ordered = sorted(values)
    half = len(ordered) // 2
    middle = ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
    if quantum is not None:
        middle = (middle / quantum).to_integral_value(rounding=ROUND_HALF_EVEN) * quantum
    near = sum(abs(value - middle) <= tolerance for value in values)
    return Consensus(middle, near / len(values))
