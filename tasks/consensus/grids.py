"""Confusion matrices of all workers as columns: no cell more than the labels can fill.

A *case* is an entry with one label of its task: what a worker said, if that entry were true. Equal (worker, true class,
given class) share one *parameter*. With few classes cases are never written down: sums go class by class.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .candidates import Candidates, Places
from .labels import Floats, Ints, tally


@dataclass(frozen=True)
class Grid:
    """The parameters, and how the cases of `made` meet them."""

    made: Candidates
    worker: Ints  # of each parameter, with the next two
    true: Ints
    given: Ints
    row: Places  # of each parameter: its (worker, true)
    pair: Places  # of each parameter: its (true, given)
    row_true: Ints
    row_worker: Ints
    pair_true: Ints
    pair_given: Ints

    @property
    def right(self) -> NDArray[np.bool_]:
        return self.true == self.given

    def count(self, share: Floats, weight: Floats | None) -> Floats:
        """How many cases of each parameter are expected when entries are true by their `share`."""
        raise NotImplementedError

    def score(self, logs: Floats, weight: Floats | None) -> Floats:
        """For each entry the sum over its cases of the logarithms of the parameters."""
        raise NotImplementedError

    def foretold(self, share: Floats, conf: Floats, hidden: Places) -> Floats:
        """How probable each of these labels is."""
        raise NotImplementedError


@dataclass(frozen=True)
class Full(Grid):
    """All classes for every task: parameter = place of (worker, given) × classes + true."""

    said: Places  # of each label: the place of its (worker, given)

    def count(self, share: Floats, weight: Floats | None) -> Floats:
        labels = self.made.labels
        classes, per_task = len(labels.classes), np.diff(labels.starts)
        found = np.empty((len(self.worker) // classes, classes))
        for true in range(classes):
            each = np.repeat(share[true::classes], per_task)
            found[:, true] = tally(self.said, each if weight is None else each * weight, len(found))
        return found.ravel()

    def score(self, logs: Floats, weight: Floats | None) -> Floats:
        labels = self.made.labels
        classes, starts = len(labels.classes), labels.starts[:-1]
        found = np.empty((len(labels.tasks), classes))
        for true in range(classes):
            each = np.ascontiguousarray(logs[true::classes])[self.said]
            found[:, true] = np.add.reduceat(each if weight is None else each * weight, starts)
        return found.ravel()

    def foretold(self, share: Floats, conf: Floats, hidden: Places) -> Floats:
        labels, classes = self.made.labels, len(self.made.labels.classes)
        true = share.reshape(-1, classes)[labels.task[hidden]]
        return np.asarray((true * conf.reshape(-1, classes)[self.said[hidden]]).sum(axis=1))


@dataclass(frozen=True)
class Sparse(Grid):
    """Some classes for each task: every case written down, sorted by entry."""

    entry: Places  # of each case
    label: Places  # of each case, the row of the labels
    start: NDArray[np.int64]  # where the cases of each entry begin
    param: Places  # of each case

    def count(self, share: Floats, weight: Floats | None) -> Floats:
        each = share[self.entry] if weight is None else share[self.entry] * weight[self.label]
        return tally(self.param, each, len(self.worker))

    def score(self, logs: Floats, weight: Floats | None) -> Floats:
        each = logs[self.param] if weight is None else logs[self.param] * weight[self.label]
        return np.asarray(np.add.reduceat(each, self.start))

    def foretold(self, share: Floats, conf: Floats, hidden: Places) -> Floats:
        size = len(self.made.labels)
        asked = np.zeros(size, dtype=bool)
        asked[hidden] = True
        rows = np.flatnonzero(asked[self.label])
        return tally(self.label[rows], share[self.entry[rows]] * conf[self.param[rows]], size)[hidden]


def grid(made: Candidates) -> Grid:
    """All that a confusion matrix of each worker needs."""
    return _full(made) if made.full else _sparse(made)


def _full(made: Candidates) -> Full:
    labels = made.labels
    classes, workers = len(labels.classes), len(labels.workers)
    said, keys = _compact(labels.worker * np.int64(classes) + labels.label, workers * classes)
    every = np.arange(classes, dtype=np.int32)
    true = np.tile(every, len(keys))
    given = np.repeat((keys % classes).astype(np.int32), classes)
    worker = np.repeat((keys // classes).astype(np.int32), classes)
    return Full(
        made, worker, true, given,
        worker.astype(np.intp) * classes + true, true.astype(np.intp) * classes + given,
        np.tile(every, workers), np.repeat(np.arange(workers, dtype=np.int32), classes),
        np.repeat(every, classes), np.tile(every, classes), said,
    )  # fmt: skip


def _sparse(made: Candidates) -> Sparse:
    labels, classes = made.labels, len(made.labels.classes)
    per_entry = np.diff(labels.starts)[made.task]
    entry = np.repeat(np.arange(len(made.kind)), per_entry)
    start = np.concatenate([[0], np.cumsum(per_entry)]).astype(np.int64)
    label = np.repeat(labels.starts[made.task] - start[:-1], per_entry)
    label += np.arange(len(entry))
    side = np.int64(classes + 1)
    key = (labels.worker * side**2 + labels.label)[label]
    key += np.repeat(made.kind * side, per_entry)
    param, keys = _compact(key, len(labels.workers) * int(side) ** 2)
    given, rows = (keys % side).astype(np.int32), keys // side
    true, worker = (rows % side).astype(np.int32), (rows // side).astype(np.int32)
    row, row_keys = _compact(rows, len(labels.workers) * int(side))
    pair, pair_keys = _compact(true * side + given, int(side) ** 2)
    return Sparse(
        made, worker, true, given, row, pair,
        (row_keys % side).astype(np.int32), (row_keys // side).astype(np.int32),
        (pair_keys // side).astype(np.int32), (pair_keys % side).astype(np.int32),
        entry, label, start[:-1], param,
    )  # fmt: skip


def _compact(key: NDArray[np.int64], size: int) -> tuple[Places, NDArray[np.int64]]:
    """(the place of each key among the different ones, those), by a table where that is no larger than the keys."""
    if size > 4 * len(key) + 1_000_000:
        found, place = np.unique(key, return_inverse=True)
        return np.asarray(place, dtype=np.intp), found
    seen = np.zeros(size, dtype=bool)
    seen[key] = True
    place = np.cumsum(seen) - 1
    return place[key], np.flatnonzero(seen).astype(np.int64)
