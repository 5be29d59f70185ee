"""What was learnt about a crowd, small enough to keep: it judges further answers one task at a time.

A batch with dynamic overlap asks after every answer how sure it is; that must not cost a fit of the whole batch.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .candidates import Candidates
from .em import Fit
from .grids import Grid
from .labels import Floats

DIGITS = 4
LEAST = 1e-4  # no probability is kept smaller: nobody is sure beyond that
BLANK = 0.7  # how often an unknown worker of a batch without any answers is taken to be right


@dataclass(frozen=True)
class Model:
    """`prior` of each class; `accuracy` of each worker by place in `workers`; `mean` of all of them.

    With at most `candidates.FULL` classes `pooled` is the crowd's confusion matrix (true × given) and `confusion` those
    of single workers; with more, or for one coin, both are empty and `accuracy` says all.
    """

    kind: str
    classes: tuple[Any, ...]
    workers: tuple[Any, ...]
    prior: Floats
    mean: float
    accuracy: Floats
    pooled: Floats | None = None
    confusion: Floats | None = None

    @classmethod
    def blank(cls, classes: Sequence[Any], *, accuracy: float = BLANK) -> "Model":
        """For a batch that nobody answered yet: all classes as frequent, all workers right that often."""
        prior = np.full(len(classes), 1 / max(1, len(classes)))
        return cls("one-coin", tuple(classes), (), prior, accuracy, np.zeros(0))

    @classmethod
    def fitted(cls, made: Candidates, fit: Fit, grid: Grid | None) -> "Model":
        """What `fit` found."""
        labels = made.labels
        count, workers = len(labels.classes), len(labels.workers)
        kept = (tuple(labels.classes), tuple(labels.workers), fit.prior, fit.mean)
        if fit.conf is None or fit.pool is None or grid is None or not made.full:
            return cls("one-coin", *kept, fit.accuracy)
        pooled = np.full((count, count), (1 - fit.mean) / max(1, count - 1))
        np.fill_diagonal(pooled, fit.mean)
        pooled[grid.pair_true, grid.pair_given] = fit.pool
        pooled /= pooled.sum(axis=1, keepdims=True)
        matrix = np.broadcast_to(pooled, (workers, count, count)).copy()
        matrix[grid.worker, grid.true, grid.given] = fit.conf
        matrix /= matrix.sum(axis=2, keepdims=True)
        return cls("confusion", *kept, fit.accuracy, pooled, matrix)

    def likelihood(self, worker: int, label: int) -> Floats:
        """How probable it is that this worker answers `label`, for each class that may be true.

        A worker outside the places of `workers` (such as -1) is taken for the usual one of the crowd.
        """
        seen = 0 <= worker < len(self.workers)
        if self.confusion is not None and seen:
            return np.maximum(self.confusion[worker, :, label], LEAST)
        if self.pooled is not None:
            return np.maximum(self.pooled[:, label], LEAST)
        right = float(self.accuracy[worker]) if seen else self.mean
        found = np.full(len(self.prior), (1 - right) / max(1, len(self.prior) - 1))
        found[label] = right
        return np.maximum(found, LEAST)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON: numbers with four digits, no row longer than the crowd."""
        return {
            "kind": self.kind,
            "classes": list(self.classes),
            "workers": list(self.workers),
            "prior": _rounded(self.prior),
            "mean": round(self.mean, DIGITS),
            "accuracy": _rounded(self.accuracy),
            "pooled": None if self.pooled is None else _rounded(self.pooled),
            "confusion": None if self.confusion is None else _rounded(self.confusion),
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | str) -> "Model":
        """What `to_json` gave, or its text. Raises KeyError or ValueError for anything else."""
        made: Mapping[str, Any] = json.loads(value) if isinstance(value, str) else value
        arrays = {
            name: None if made[name] is None else np.array(made[name], dtype=float)
            for name in ("pooled", "confusion")
        }
        return cls(
            made["kind"], tuple(made["classes"]), tuple(made["workers"]), np.array(made["prior"], dtype=float),
            float(made["mean"]), np.array(made["accuracy"], dtype=float), **arrays,
        )  # fmt: skip


def _rounded(values: Floats) -> Any:
    return np.round(values, DIGITS).tolist()


def posterior(answers: Sequence[tuple[int, int]], classes: int, model: Model) -> Floats:
    """How probable each of `classes` is for one task, after `answers` of (place of the worker, place of the label).

    Without an answer it is the prior. Raises ValueError when the model knows another number of classes.
    """
    if classes != len(model.prior):
        raise ValueError(f"The model knows {len(model.prior)} classes, not {classes}.")
    score = np.log(np.maximum(model.prior, LEAST))
    for worker, label in answers:
        score = score + np.log(model.likelihood(worker, label))
    weight = np.exp(score - score.max())
    return np.asarray(weight / weight.sum())


def needs_more(posterior: Floats, given: int, least: int, most: int, confidence: float) -> bool:
    """Whether a task with `given` answers needs another: always below `least`, never from `most` on, and between as
    long as no class is as probable as `confidence` (0 to 1)."""
    if given < least:
        return True
    if given >= most:
        return False
    return bool(posterior.max() < confidence)
