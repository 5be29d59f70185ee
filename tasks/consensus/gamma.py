"""The logarithm of the gamma function over arrays, which numpy lacks."""

import math

import numpy as np

from .labels import Floats

_SHIFT = 8
_HALF_LOG_TAU = math.log(2 * math.pi) / 2


def log_gamma(values: Floats) -> Floats:
    """ln Γ(x) of positive numbers, right to about twelve digits: Stirling's series after moving x up by eight."""
    product = values.copy()
    for step in range(1, _SHIFT):
        product *= values + step
    moved = values + _SHIFT
    series = 1 / (12 * moved) - 1 / (360 * moved**3) + 1 / (1260 * moved**5)
    found: Floats = (moved - 0.5) * np.log(moved) - moved + _HALF_LOG_TAU + series - np.log(product)
    return found
