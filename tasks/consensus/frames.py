"""A vote at each place of a line: characters of a text, or moments of a recording.

One sweep over the ends of what everybody marked, n log n for n marks, however long the line is.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from .types import NOTHING, Consensus


class Stretch(NamedTuple):
    """Half open, in whole units of the line (code points, milliseconds)."""

    start: int
    end: int
    label: str = ""


def vote(answers: Sequence[Sequence[Stretch]], weights: Sequence[float] | None = None) -> Consensus:
    """The stretches that more than half of the (weighted) answers cover, label by label; sorted, None for none.

    An answer that covers a place twice with one label counts once there. Confidence is the mean, over all places that
    somebody labelled, of the share of the votes that agrees with the result.
    """
    if not answers:
        return NOTHING
    weighed = [1.0] * len(answers) if weights is None else list(weights)
    total = sum(weighed)
    ends: dict[str, list[tuple[int, int, int]]] = defaultdict(list)
    for number, answer in enumerate(answers):
        for start, end, label in answer:
            if end > start:
                ends[label] += [(start, 1, number), (end, -1, number)]
    kept: list[Stretch] = []
    covered = agreed = 0.0
    for label, events in ends.items():
        found, length, share = _sweep(sorted(events), label, weighed, total)
        kept += found
        covered += length
        agreed += share
    return Consensus(sorted(kept) or None, agreed / covered if covered else 1.0)


def _sweep(
    events: list[tuple[int, int, int]], label: str, weights: Sequence[float], total: float
) -> tuple[list[Stretch], float, float]:
    """(what is kept, the length that anybody covers, the length times the share that agrees)."""
    inside: dict[int, int] = defaultdict(int)
    level = covered = agreed = 0.0
    people, last = 0, 0
    kept: list[Stretch] = []
    for at, step, number in events:
        if people and at > last:
            yes = 2 * level > total * (1 + 1e-9)
            covered += at - last
            agreed += (at - last) * (level if yes else total - level) / total
            if yes and kept and kept[-1].end == last:
                kept[-1] = Stretch(kept[-1].start, at, label)
            elif yes:
                kept.append(Stretch(last, at, label))
        before = inside[number]
        inside[number] += step
        if bool(before) != bool(inside[number]):
            level += step * weights[number]
            people += step
        last = at
    return kept, covered, agreed
