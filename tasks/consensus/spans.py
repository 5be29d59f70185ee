"""Marked stretches of a text: how much two people agree on them, and what many of them say together.

A mark is (start, end, label): half open, in code points. Everything is done on intervals, so that a mark as long as
the text costs no more than one of a word.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush
from statistics import median_low
from typing import NamedTuple

from .types import NOTHING, Consensus

ALIKE = 0.5  # two marks of one label mean the same from this share of their union on


class Mark(NamedTuple):
    start: int
    end: int
    label: str


class _Vote(NamedTuple):
    voter: int
    mark: Mark


def labelled_f1(one: Iterable[Mark], other: Iterable[Mark]) -> float:
    """F1 over labelled characters: twice what both labelled alike, by all that either labelled. 1 when both are empty.

    Source: the measure of SemEval-2021 task 5 (Pavlopoulos et al. 2021, after Da San Martino et al. 2019), which
    gives part of the credit for part of a mark. F1 and not kappa, since nobody can count the marks that were rightly
    left out (Hripcsak & Rothschild 2005, "Agreement, the F-measure, and reliability in information retrieval").
    """
    first, second = _covered(one), _covered(other)
    both = sum(_shared(first[label], second[label]) for label in first.keys() & second.keys())
    sizes = sum(end - start for parts in (*first.values(), *second.values()) for start, end in parts)
    return 2 * both / sizes if sizes else 1.0


def iou(one: Mark, other: Mark) -> float:
    """What two marks share, by what they cover together; 0 for those that don't touch."""
    shared = min(one.end, other.end) - max(one.start, other.start)
    return max(0, shared) / (one.end - one.start + other.end - other.start - shared) if shared > 0 else 0.0


def kept_by_most(answers: Sequence[Sequence[Mark]], *, overlap: bool = True) -> Consensus:
    """The marks that more than half of the answers hold, with ends in the middle; sorted. None when there are none.

    Two marks are the same one when they have one label and share at least half of what they cover together. Each
    answer supports a mark once. Marks are taken from the best supported on, so that the order of the answers changes
    nothing. An end is the (lower) median of the supporters' ends: always one that somebody gave. Without `overlap`,
    a mark that runs into a better supported one is left out. Confidence is the mean over all marks found, kept or
    not, of the share of the answers that agrees on that.
    """
    if not answers:
        return NOTHING
    votes = [_Vote(voter, mark) for voter, marks in enumerate(answers) for mark in marks]
    kept: list[Mark] = []
    agreed: list[float] = []
    for supporters in _groups(votes):
        share = len(supporters) / len(answers)
        mark = Mark(
            median_low(vote.mark.start for vote in supporters),
            median_low(vote.mark.end for vote in supporters),
            supporters[0].mark.label,
        )
        fits = overlap or not any(mark.start < each.end and each.start < mark.end for each in kept)
        if share > 0.5 and fits:
            kept.append(mark)
            agreed.append(share)
        else:
            agreed.append(1 - share)
    return Consensus(sorted(kept) or None, sum(agreed) / len(agreed) if agreed else 1.0)


def _groups(votes: list[_Vote]) -> Iterable[list[_Vote]]:
    """Votes for the same mark together, the best supported first; each vote is in one group.

    Votes that are used up only make the others' support smaller, so a rank read again is never better: the first
    that has not changed is the best of all that are left.
    """
    near = _neighbours(votes)
    left = set(range(len(votes)))
    waiting = [(_rank(place, votes, near, left), place) for place in left]
    heapify(waiting)
    while waiting:
        rank, place = heappop(waiting)
        if place not in left:
            continue
        now = _rank(place, votes, near, left)
        if now != rank:
            heappush(waiting, (now, place))
            continue
        group = list(_supporters(place, votes, near, left).values())
        left.difference_update(group)
        yield [votes[each] for each in sorted(group)]


def _rank(
    place: int, votes: list[_Vote], near: dict[int, dict[int, float]], left: set[int]
) -> tuple[int, float, Mark]:
    """What orders the candidates: most supporters, then the closest to them, then the first in the text."""
    group = _supporters(place, votes, near, left)
    closeness = sum(near[place].get(each, 1.0) for each in group.values())
    return -len(group), -closeness, votes[place].mark


def _supporters(
    place: int, votes: list[_Vote], near: dict[int, dict[int, float]], left: set[int]
) -> dict[int, int]:
    """For each voter the one vote that says the same as the one at `place`, the closest of theirs."""
    found = {votes[place].voter: place}
    for each in near[place]:
        if each in left:
            found.setdefault(votes[each].voter, each)
    return found


def _neighbours(votes: list[_Vote]) -> dict[int, dict[int, float]]:
    """For each vote those of others that are alike, how much, the closest first; one sweep over the text."""
    near: dict[int, dict[int, float]] = {place: {} for place in range(len(votes))}
    open_: list[int] = []
    for place in sorted(near, key=lambda place: votes[place].mark):
        mark = votes[place].mark
        open_ = [each for each in open_ if votes[each].mark.end > mark.start]
        for each in open_:
            if votes[each].voter == votes[place].voter or votes[each].mark.label != mark.label:
                continue
            alike = iou(votes[each].mark, mark)
            if alike >= ALIKE:
                near[each][place] = near[place][each] = alike
        open_.append(place)
    return {
        place: dict(sorted(found.items(), key=lambda item: (-item[1], votes[item[0]].mark)))
        for place, found in near.items()
    }


def _covered(marks: Iterable[Mark]) -> dict[str, list[tuple[int, int]]]:
    """For each label what it covers, as sorted intervals that don't touch."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for start, end, label in sorted(marks):
        parts = found[label]
        if parts and start <= parts[-1][1]:
            parts[-1] = (parts[-1][0], max(end, parts[-1][1]))
        else:
            parts.append((start, end))
    return found


def _shared(one: list[tuple[int, int]], other: list[tuple[int, int]]) -> int:
    """The length that two lists of intervals have in common."""
    total = here = there = 0
    while here < len(one) and there < len(other):
        total += max(0, min(one[here][1], other[there][1]) - max(one[here][0], other[there][0]))
        if one[here][1] < other[there][1]:
            here += 1
        else:
            there += 1
    return total
