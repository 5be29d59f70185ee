"""Votes: the answer that most people gave."""

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Sequence
from typing import Any

from .types import NOTHING, Consensus


def majority(
    votes: Sequence[Any], *, key: Callable[[Any], Hashable] | None = None, order: Sequence[Any] = ()
) -> Consensus:
    """The most frequent vote; confidence is its share of all votes.

    `key` says which votes count as the same (case, spaces); the way of writing it that most of them chose
    stands for the group. A tie goes to the vote that comes first in `order` (the options of the form), and
    among votes that are not in it to the one submitted first, so that the same answers always give the same
    result.
    """
    if not votes:
        return NOTHING
    groups: dict[Hashable, list[Any]] = {}
    for vote in votes:
        groups.setdefault(key(vote) if key else vote, []).append(vote)
    rank = {(key(vote) if key else vote): place for place, vote in enumerate(order)}
    # min is stable: what is left of a tie goes to the group that was met first.
    best = min(groups.items(), key=lambda item: (-len(item[1]), rank.get(item[0], len(rank))))[1]
    written = best[0] if key is None else majority(best).value
    return Consensus(written, len(best) / len(votes))


def majority_of_each(votes: Sequence[Collection[Any]], options: Sequence[Any]) -> Consensus:
    """For sets of options: each option that more than half of the answers contain, in the order of the form.

    Confidence is the mean over the options of the share that agrees on keeping it or leaving it out.
    """
    if not votes or not options:
        return NOTHING
    chosen, agreed = [], 0
    counts = Counter(option for vote in votes for option in set(vote))
    for option in options:
        count = counts[option]
        kept = 2 * count > len(votes)
        agreed += count if kept else len(votes) - count
        if kept:
            chosen.append(option)
    return Consensus(chosen, agreed / (len(votes) * len(options)))
