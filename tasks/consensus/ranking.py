"""Orders of a few things, from best to last."""

from collections.abc import Sequence
from itertools import combinations
from typing import Any

from .types import NOTHING, Consensus


def borda(orders: Sequence[Sequence[Any]]) -> Consensus:
    """The order by Borda count: of n things the first of an answer gets n - 1 points, the last none.

    Jean-Charles de Borda, "Mémoire sur les élections au scrutin", Histoire de l'Académie royale des sciences, 1784.
    A tie goes to what stands higher in the answer submitted first, so that the same answers always give the same
    order. Confidence is the mean of how much the answers agree with it (`kendall`). Every answer orders the same
    things.
    """
    if not orders:
        return NOTHING
    points: dict[Any, int] = dict.fromkeys(orders[0], 0)
    for order in orders:
        for place, thing in enumerate(order):
            points[thing] += len(order) - 1 - place
    # sorted is stable: things with as many points stay in the order of the first answer.
    found = sorted(points, key=lambda thing: -points[thing])
    return Consensus(found, sum(kendall(order, found) for order in orders) / len(orders))


def kendall(one: Sequence[Any], other: Sequence[Any]) -> float:
    """The share of pairs that both orders put the same way round: 1 for the same order, 0 for the reverse.

    It is Kendall's tau scaled from -1..1 to 0..1 (M. G. Kendall, "A new measure of rank correlation", Biometrika 30,
    1938).
    """
    place = {thing: number for number, thing in enumerate(other)}
    pairs = list(combinations(one, 2))
    if not pairs:
        return 1.0
    return sum(place[above] < place[below] for above, below in pairs) / len(pairs)
