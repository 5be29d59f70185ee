"""Who said what about which task, as columns: the input of every method that looks at a whole batch."""

from array import array
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Labels:
    """One row for each worker and task, sorted by task, then worker; names are sorted too (`natural`).

    So nothing that is computed from it depends on the order in which the rows came. `task`, `worker` and `label` are
    places in `tasks`, `workers` and `classes`; `weight` (None: all 1) says how much a row counts, 0 or more.
    """

    task: Ints
    worker: Ints
    label: Ints
    tasks: Sequence[Any]
    workers: Sequence[Any]
    classes: Sequence[Any]
    weight: Floats | None = None

    def __len__(self) -> int:
        return len(self.task)

    @cached_property
    def starts(self) -> NDArray[np.int64]:
        """Where the rows of each task begin, and at the end the number of rows."""
        return np.searchsorted(self.task, np.arange(len(self.tasks) + 1)).astype(np.int64)


def tally(places: NDArray[Any], weights: Floats | None = None, minlength: int = 0) -> Floats:
    """How much weight (None: 1 each) fell on each place."""
    return np.asarray(np.bincount(places, weights=weights, minlength=minlength), dtype=float)


def natural(name: Hashable) -> tuple[int, Any, str]:
    """Sorts numbers by their value, before all else by its text: "9" before "10" before "a"."""
    text = str(name)
    try:
        number = Decimal(text)
    except InvalidOperation:
        return 1, text, ""
    return (0, number, text) if number.is_finite() else (1, text, "")


class Builder:
    """Collects rows one by one; what it holds grows with the number of rows, at 16 bytes each, and with the names."""

    def __init__(self, *, classes: Iterable[Hashable] = ()) -> None:
        """`classes` are labels that are possible even if nobody gives them."""
        self._names: tuple[dict[Any, int], dict[Any, int], dict[Any, int]] = ({}, {}, {})
        self._columns = (array("i"), array("i"), array("i"))
        self._weight = array("f")
        self._weighted = False
        for name in classes:
            self._names[2].setdefault(name, len(self._names[2]))

    def add(self, task: Hashable, worker: Hashable, label: Hashable, weight: float = 1.0) -> None:
        """A worker's label of a task. A later one of the same worker and task takes the place of the earlier."""
        tasks, workers, labels = self._names
        self._columns[0].append(tasks.setdefault(task, len(tasks)))
        self._columns[1].append(workers.setdefault(worker, len(workers)))
        self._columns[2].append(labels.setdefault(label, len(labels)))
        if weight != 1.0 and not self._weighted:
            self._weighted = True
            self._weight = array("f", [1.0]) * (len(self._columns[0]) - 1)
        if self._weighted:
            self._weight.append(weight)

    def build(self, *, prune: bool = True) -> Labels:
        """The columns. With `prune`, labels that stand only in replaced rows are no classes."""
        task, worker, label = (
            np.frombuffer(column, dtype=np.intc).astype(np.int32) for column in self._columns
        )
        orders = [sorted(names, key=natural) for names in self._names]
        task, worker, label = (
            _places(order, names)[column] if len(column) else column
            for order, names, column in zip(orders, self._names, (task, worker, label), strict=True)
        )
        chosen = _latest(task, worker, len(orders[1]))
        weight = (
            np.frombuffer(self._weight, dtype=np.float32).astype(float)[chosen] if self._weighted else None
        )
        found = Labels(task[chosen], worker[chosen], label[chosen], orders[0], orders[1], orders[2], weight)
        return _without_unused_classes(found) if prune else found


def _places(order: Sequence[Any], names: dict[Any, int]) -> Ints:
    places = np.empty(len(order), dtype=np.int32)
    places[[names[name] for name in order]] = np.arange(len(order), dtype=np.int32)
    return places


def _latest(task: Ints, worker: Ints, workers: int) -> NDArray[np.intp]:
    """The rows to keep, sorted by task and worker: of each pair the last that came."""
    key = task.astype(np.int64) * max(1, workers) + worker
    order = np.argsort(key, kind="stable")
    last = np.ones(len(order), dtype=bool)
    last[:-1] = key[order[1:]] != key[order[:-1]]
    return order[last]


def _without_unused_classes(labels: Labels) -> Labels:
    used = np.zeros(len(labels.classes), dtype=bool)
    used[labels.label] = True
    if used.all():
        return labels
    places = (np.cumsum(used) - 1).astype(np.int32)
    classes = [name for name, kept in zip(labels.classes, used, strict=True) if kept]
    return Labels(
        labels.task, labels.worker, places[labels.label], labels.tasks, labels.workers, classes, labels.weight
    )


def build(rows: Iterable[tuple[Hashable, Hashable, Hashable]], *, classes: Iterable[Hashable] = ()) -> Labels:
    """Columns from (task, worker, label) rows, read once; `classes` stay even if nobody gives them."""
    given = tuple(classes)
    builder = Builder(classes=given)
    for task, worker, label in rows:
        builder.add(task, worker, label)
    return builder.build(prune=not given)


def with_classes(labels: Labels, more: Iterable[Hashable]) -> Labels:
    """The same rows with further possible classes."""
    classes = sorted({*labels.classes, *more}, key=natural)
    place = {name: number for number, name in enumerate(classes)}
    moved = np.array([place[name] for name in labels.classes], dtype=np.int32)
    label = moved[labels.label] if len(labels) else labels.label
    return Labels(labels.task, labels.worker, label, labels.tasks, labels.workers, classes, labels.weight)
