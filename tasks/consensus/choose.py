"""Which model of the workers fits a crowd: the one that best foretells answers it has not seen.

Labels are hidden, a fold at a time, and each model is fitted to the rest; the model that gives the hidden labels the
highest mean logarithm of probability is chosen (cross-validation of the predictive likelihood: S. Geisser and
W. F. Eddy, "A predictive approach to model selection", JASA 74, 1979). Nothing in it knows any threshold of a crowd: a
model with more parameters wins only where the labels bear them out.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import em
from .candidates import Candidates, Places
from .grids import Grid
from .grids import grid as grid_of
from .labels import Labels

FOLDS = 5
HIDDEN = 20_000  # labels whose prediction is enough: with more labels fewer folds are looked at
ROUNDS, ENOUGH = 40, 1e-3
METHODS = ("majority", "one-coin", "dawid-skene")


@dataclass(frozen=True)
class Choice:
    """The method, and for each that was tried how probable a hidden label was (geometric mean, 0 to 1)."""

    method: str
    foretold: dict[str, float]


def choose(made: Candidates) -> Choice:
    """The model for this crowd; "majority" where nothing can be compared, since no two people answered one task.

    Confusion matrices are tried only where one for the whole crowd has less cells than there are labels.
    """
    fold = _folds(made)
    grid = grid_of(made) if len(made.labels.classes) ** 2 < len(made.labels) else None
    shown = int(np.count_nonzero(fold >= 0))
    if not shown:
        return Choice("majority", {})
    per_fold = max(1, shown // FOLDS)
    tried = range(min(FOLDS, max(1, -(-HIDDEN // per_fold))))
    sums = dict.fromkeys(METHODS if grid else METHODS[:2], 0.0)
    seen = 0
    for number in tried:
        hidden = np.flatnonzero(fold == number)
        seen += len(hidden)
        for name, value in _foretell(made, grid, hidden).items():
            sums[name] += value
    if not seen:
        return Choice("majority", {})
    foretold = {name: float(np.exp(value / seen)) for name, value in sums.items()}
    return Choice(max(foretold, key=lambda name: round(foretold[name], 9)), foretold)


def _folds(made: Candidates) -> NDArray[np.int64]:
    """The fold of each label, -1 for those that can't be foretold by another answer to their task.

    Spread by a fixed sequence over the rows as they are sorted, so that the same labels always give the same folds;
    two labels of one task fall into different folds while there are folds left.
    """
    labels = made.labels
    starts = labels.starts
    counts = np.diff(starts)
    inside = np.arange(len(labels)) - np.repeat(starts[:-1], counts)
    turn = np.random.default_rng(20_261_122).integers(0, FOLDS, len(counts))
    fold = (inside + turn[labels.task]) % FOLDS
    fold[counts[labels.task] < 2] = -1
    return np.asarray(fold, dtype=np.int64)


def _foretell(made: Candidates, grid: Grid | None, hidden: Places) -> dict[str, float]:
    """The sum of the logarithms of the probabilities of the hidden labels, by method."""
    part = _without(made, hidden)
    found = {}
    for name, alike in (("majority", True), ("one-coin", False)):
        fit = em.one_coin(part, alike=alike, rounds=ROUNDS, enough=ENOUGH)
        found[name] = _by_coin(made, fit, hidden)
    if grid is not None:
        fit = em.dawid_skene(part, grid, rounds=ROUNDS, enough=ENOUGH)
        assert fit.conf is not None
        each = grid.foretold(fit.share, fit.conf, hidden)
        found["dawid-skene"] = float(np.log(np.maximum(each, 1e-12)).sum())
    return found


def _by_coin(made: Candidates, fit: em.Fit, hidden: Places) -> float:
    """Right with the worker's accuracy when the task is what they say, else one of the other classes."""
    labels = made.labels
    said = made.said[hidden]
    true = np.where(said >= 0, fit.share[said], 0.0)
    right = fit.accuracy[labels.worker[hidden]]
    each = true * right + (1 - true) * (1 - right) / max(1, len(labels.classes) - 1)
    return float(np.log(np.maximum(each, 1e-12)).sum())


def _without(made: Candidates, hidden: Places) -> Candidates:
    """The same entries, with the hidden labels of no weight."""
    labels = made.labels
    weight = np.ones(len(labels)) if labels.weight is None else labels.weight.copy()
    said = made.said[hidden]
    votes = made.votes.copy()
    np.subtract.at(votes, said[said >= 0], weight[hidden][said >= 0])
    weight[hidden] = 0.0
    left = Labels(
        labels.task, labels.worker, labels.label, labels.tasks, labels.workers, labels.classes, weight
    )
    return Candidates(left, made.full, made.start, made.kind, np.maximum(votes, 0.0), made.allowed)
