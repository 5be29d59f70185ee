"""What may be true of each task: the sparse shape on which every probabilistic method works.

An *entry* is a task with one class that may be true of it. With few classes each task has all of them. With many it
has those that somebody gave it (the `MOST` most voted) and one entry for "another one", so that memory stays linear in
the labels: never tasks × classes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .labels import Floats, Ints, Labels, tally

FULL = 12  # up to so many classes every one of them is considered for every task
MOST = 12  # of more classes so many of those given are considered for one task
Known = Mapping[int, frozenset[int]]  # task -> the classes that may be true of it (gold)
Places = NDArray[np.intp]


@dataclass(frozen=True)
class Candidates:
    """Entries sorted by task, then class; `classes` (one past the last class) stands for "another one"."""

    labels: Labels
    full: bool
    start: NDArray[np.int64]  # where the entries of each task begin; then their number
    kind: Ints  # the class of each entry
    votes: Floats  # the weight of the labels that say it
    allowed: NDArray[np.bool_] | None  # by known answers; None: all

    @cached_property
    def task(self) -> Ints:
        return np.repeat(np.arange(len(self.start) - 1, dtype=np.int32), np.diff(self.start))

    @cached_property
    def said(self) -> Places:
        """For each label the entry that it says; -1 where that was not considered."""
        classes = len(self.labels.classes)
        if self.full:
            return self.labels.task.astype(np.intp) * classes + self.labels.label
        key = self.task.astype(np.int64) * (classes + 1) + self.kind
        wanted = self.labels.task.astype(np.int64) * (classes + 1) + self.labels.label
        place = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
        return np.where(key[place] == wanted, place, -1)

    def share(self, score: Floats) -> tuple[Floats, float]:
        """Probabilities from the logarithms of their weights, task by task; and the log likelihood of all tasks."""
        if self.allowed is not None:
            score = np.where(self.allowed, score, -np.inf)
        starts = self.start[:-1]
        best = np.maximum.reduceat(score, starts)
        weight = np.exp(score - self.spread(best))
        total = np.add.reduceat(weight, starts)
        weight /= self.spread(total)
        return weight, float((best + np.log(total)).sum())

    def spread(self, of_tasks: NDArray[Any]) -> NDArray[Any]:
        """A number of each task, for each of its entries."""
        each = len(self.labels.classes) if self.full else np.diff(self.start)
        return np.repeat(of_tasks, each)

    def best(self, score: Floats, *, then: Floats | None = None) -> Ints:
        """For each task the class of the entry with the highest score; then of `then`; then the first by name.

        Rounded to nine places, so that a tie is a tie however the numbers were added up. "Another one" never wins.
        """
        shown = np.round(score, 9)
        shown[self.kind == len(self.labels.classes)] = -1.0
        first = self._highest(shown, np.ones(len(shown), dtype=bool))
        if then is not None:
            first = self._highest(np.round(then, 9), first)
        rows = np.flatnonzero(first)
        task = self.task[rows]
        found: Ints = self.kind[rows[np.append(True, task[1:] != task[:-1])]]
        return found

    def _highest(self, score: Floats, among: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which entries have the highest score of their task, `among` some of them."""
        left = np.where(among, score, -np.inf)
        return np.asarray(left == self.spread(np.maximum.reduceat(left, self.start[:-1])))


def candidates(labels: Labels, known: Known | None = None) -> Candidates:
    """The entries of every task. `labels` has at least one row, and each of its tasks too."""
    classes, tasks = len(labels.classes), len(labels.tasks)
    weight = labels.weight
    if classes <= FULL:
        start = np.arange(tasks + 1, dtype=np.int64) * classes
        kind = np.tile(np.arange(classes, dtype=np.int32), tasks)
        votes = tally(
            labels.task.astype(np.intp) * classes + labels.label, weights=weight, minlength=tasks * classes
        )
        full = True
    else:
        start, kind, votes = _given(labels, known or {})
        full = False
    made = Candidates(labels, full, start, kind, votes, None)
    return made if not known else _clamped(made, known)


def _given(labels: Labels, known: Known) -> tuple[NDArray[np.int64], Ints, Floats]:
    """Of each task the classes most voted for, those known, and "another one"."""
    classes, tasks = len(labels.classes), len(labels.tasks)
    key = labels.task.astype(np.int64) * (classes + 1) + labels.label
    found, place = np.unique(key, return_inverse=True)
    votes = tally(place, weights=labels.weight, minlength=len(found))
    task = found // (classes + 1)
    order = np.lexsort((found, -votes, task))  # most votes first in each task
    first = np.searchsorted(task, np.arange(tasks))
    kept = found[order[np.arange(len(found)) - first[task] < MOST]]
    gold = [t * (classes + 1) + each for t, allowed in known.items() for each in allowed]
    other = np.arange(tasks, dtype=np.int64) * (classes + 1) + classes
    every = np.unique(np.concatenate([kept, other, np.array(gold, dtype=np.int64)]))
    counted = np.zeros(len(every))
    counted[np.searchsorted(every, kept)] = votes[np.searchsorted(found, kept)]
    task = every // (classes + 1)
    start = np.searchsorted(task, np.arange(tasks + 1)).astype(np.int64)
    return start, (every % (classes + 1)).astype(np.int32), counted


def _clamped(made: Candidates, known: Known) -> Candidates:
    allowed = np.ones(len(made.kind), dtype=bool)
    for task, classes in known.items():
        rows = slice(made.start[task], made.start[task + 1])
        allowed[rows] = np.isin(made.kind[rows], list(classes))
    return Candidates(made.labels, made.full, made.start, made.kind, made.votes, allowed)
