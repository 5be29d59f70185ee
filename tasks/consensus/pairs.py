"""Things compared two at a time, or put in order: how strong each is, by Bradley and Terry.

The chance that i is preferred to j is s(i) ÷ (s(i) + s(j)): R. A. Bradley and M. E. Terry, "Rank analysis of incomplete
block designs: I", Biometrika 39, 1952. Fitted by the MM algorithm (D. R. Hunter, "MM algorithms for generalized
Bradley–Terry models", Annals of Statistics 32, 2004).
"""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from .labels import Floats, Ints, natural, tally

PRIOR = 0.5  # wins and losses of everything against a thing of strength 1: nothing is infinitely strong
ROUNDS, ENOUGH = 200, 1e-6
TURNS = 5  # of strengths and raters' weights
FEW = 4.0  # comparisons that the mean of all raters counts as
LEAST = 0.05  # a rater who is no better than chance still says a little


@dataclass(frozen=True)
class Comparisons:
    """One row for each preference; a tie is two of half the weight. Things and raters are places in the names."""

    winner: Ints
    loser: Ints
    rater: Ints
    weight: Floats
    things: Sequence[Any]
    raters: Sequence[Any]


@dataclass(frozen=True)
class Strengths:
    """`strength` is on the logistic scale with mean 0; `order` are the things, strongest first; `reliability` of each
    rater is the (smoothed) share of their comparisons that the strengths agree with."""

    things: Sequence[Any]
    strength: Floats
    order: list[Any]
    reliability: Floats

    def preferred(self, one: int, other: int) -> float:
        """The probability that the first of two things (by place) is preferred."""
        return float(1 / (1 + np.exp(self.strength[other] - self.strength[one])))


def comparisons(rows: Iterable[tuple[Hashable, Hashable, Hashable, bool]]) -> Comparisons:
    """From (rater, winner, loser, whether it was a tie)."""
    kept = [(rater, one, other, 0.5 if tie else 1.0, tie) for rater, one, other, tie in rows]
    things = sorted({name for row in kept for name in row[1:3]}, key=natural)
    raters = sorted({row[0] for row in kept}, key=natural)
    at = {name: place for place, name in enumerate(things)}
    who = {name: place for place, name in enumerate(raters)}
    listed = [(at[one], at[other], who[rater], weight) for rater, one, other, weight, _tie in kept]
    listed += [(at[other], at[one], who[rater], weight) for rater, one, other, weight, tie in kept if tie]
    table = np.array(sorted(listed), dtype=float).reshape(-1, 4)
    winner, loser, rater = (table[:, column].astype(np.int32) for column in range(3))
    return Comparisons(winner, loser, rater, table[:, 3], things, raters)


def of_orders(orders: Iterable[tuple[Hashable, Sequence[Hashable]]]) -> Comparisons:
    """From (rater, things from best to last): each thing is preferred to all that stand below it."""
    return comparisons(
        (rater, above, below, False) for rater, order in orders for above, below in combinations(order, 2)
    )


def bradley_terry(rows: Comparisons) -> Strengths:
    """The strength of each thing. Raters who contradict it weigh less, found in turn with it.

    A rater who agrees no more often than chance (half of the comparisons) weighs `LEAST`. Of equal strengths the first
    by name comes first. Raises ValueError without any comparison.
    """
    if not len(rows.winner):
        raise ValueError("There is no comparison to make an order of.")
    trust = np.ones(len(rows.raters))
    strength, reliability = np.zeros(len(rows.things)), trust
    for _ in range(TURNS):
        strength = _fit(rows, rows.weight * trust[rows.rater])
        reliability = _agreeing(rows, strength)
        new = np.maximum(LEAST, 2 * reliability - 1)
        if np.abs(new - trust).max() < 1e-3:
            break
        trust = new
    order = sorted(range(len(strength)), key=lambda place: (-round(float(strength[place]), 9), place))
    return Strengths(rows.things, strength, [rows.things[place] for place in order], reliability)


def _fit(rows: Comparisons, weight: Floats) -> Floats:
    size = len(rows.things)
    wins = tally(rows.winner, weight, size) + PRIOR
    power = np.ones(size)
    for _ in range(ROUNDS):
        share = weight / (power[rows.winner] + power[rows.loser])
        met = tally(rows.winner, share, size) + tally(rows.loser, share, size) + 2 * PRIOR / (power + 1)
        new = wins / met
        done = np.abs(np.log(new) - np.log(power)).max() < ENOUGH
        power = new
        if done:
            break
    found = np.log(power)
    return np.asarray(found - found.mean())


def _agreeing(rows: Comparisons, strength: Floats) -> Floats:
    apart = np.round(strength[rows.winner] - strength[rows.loser], 9)
    agrees = np.where(apart > 0, 1.0, np.where(apart < 0, 0.0, 0.5))
    count = len(rows.raters)
    good, all_ = tally(rows.rater, rows.weight * agrees, count), tally(rows.rater, rows.weight, count)
    mean = float(good.sum() / all_.sum())
    return (good + FEW * mean) / (all_ + FEW)
