"""Crowds made up for tests: workers with confusion matrices of known kinds, and what is really true."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

Row = tuple[str, str, str]


class Crowd(NamedTuple):
    rows: list[Row]
    truth: dict[str, str]

    def accuracy(self, named: dict[str, Any]) -> float:
        return sum(named[task] == label for task, label in self.truth.items() if task in named) / len(named)


def crowd(
    seed: int,
    *,
    tasks: int = 250,
    workers: int = 30,
    classes: int = 3,
    each: int = 5,
    accuracy: tuple[float, float] = (0.6, 0.9),
    frequent: Sequence[float] | None = None,
    spam: float = 0.0,
    first: float = 0.0,
    against: float = 0.0,
    confused: float = 0.0,
    biased: float = 0.0,
    ragged: bool = False,
) -> Crowd:
    """`spam` answer anything, `first` always the first class, `against` mostly wrong: shares of the workers.
    `confused` of the others' errors go where everybody's go; `biased` is how much their classes differ."""
    chance = np.random.default_rng(seed)
    prior = np.full(classes, 1 / classes) if frequent is None else np.array(frequent) / sum(frequent)
    true = chance.choice(classes, tasks, p=prior)
    habits = chance.dirichlet(np.full(classes, 0.3), classes) + 1e-9
    np.fill_diagonal(habits, 0)
    habits /= habits.sum(axis=1, keepdims=True)
    even = (1 - np.eye(classes)) / (classes - 1)
    errors = confused * habits + (1 - confused) * even
    matrices = np.empty((workers, classes, classes))
    for worker in range(workers):
        kind = chance.random()
        right = np.clip(chance.uniform(*accuracy) + biased * chance.normal(size=classes), 0.05, 0.99)
        if kind < spam:
            matrices[worker] = 1 / classes
        elif kind < spam + first:
            matrices[worker] = np.eye(classes)[0]
        elif kind < spam + first + against:
            matrices[worker] = 0.15 * np.eye(classes) + 0.85 * even
        else:
            matrices[worker] = np.diag(right) + errors * (1 - right)[:, None]
    rows = []
    for task in range(tasks):
        count = int(chance.integers(1, 2 * each)) if ragged else each
        for worker in chance.choice(workers, min(count, workers), replace=False):
            label = chance.choice(classes, p=matrices[worker, true[task]])
            rows.append((f"t{task}", f"w{worker}", f"c{label}"))
    return Crowd(rows, {f"t{task}": f"c{label}" for task, label in enumerate(true)})
