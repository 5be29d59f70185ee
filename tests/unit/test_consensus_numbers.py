"""Numbers of a whole batch: biased, careless and wild workers, and which method is chosen for whom."""

from typing import Any

import numpy as np
import pytest

from tasks.consensus import build
from tasks.consensus.numbers import METHODS, numeric


def answers(
    kind: str, *, seed: int = 1, tasks: int = 200, workers: int = 25, each: int = 6
) -> tuple[Any, Any, Any]:
    """(labels, values of the rows, what is true) of a crowd whose errors are of that kind."""
    chance = np.random.default_rng(seed)
    true = chance.normal(50, 15, tasks)
    bias = chance.normal(0, 12, workers) if kind == "biased" else np.zeros(workers)
    spread = np.exp(chance.normal(1.5, 1, workers)) if kind == "some careless" else np.full(workers, 8.0)
    rows = []
    for task in range(tasks):
        for worker in chance.choice(workers, each, replace=False):
            value = true[task] + bias[worker] + chance.normal(0, spread[worker])
            if kind == "wild" and chance.random() < 0.1:
                value *= 10.0 ** chance.integers(1, 3)
            rows.append((task, int(worker), float(value)))
    labels = build(rows)
    return labels, np.array(labels.classes, dtype=float)[labels.label], true


def rmse(found: Any, true: Any) -> float:
    return float(np.sqrt(np.mean((found - true) ** 2)))


@pytest.mark.parametrize("kind", ["even", "biased", "some careless", "wild"])
def test_auto_is_nearly_as_good_as_the_best_method(kind: str) -> None:
    labels, values, true = answers(kind)
    errors = {method: rmse(numeric(labels, values, method=method).value, true) for method in METHODS}
    assert errors["auto"] <= 1.1 * min(errors.values()), errors


def test_a_workers_bias_is_found_and_taken_off() -> None:
    labels, values, true = answers("biased")
    found = numeric(labels, values, method="weighted")
    assert rmse(found.value, true) < 0.8 * rmse(numeric(labels, values, method="mean").value, true)
    assert found.bias.std() > 6


def test_wild_answers_do_not_move_a_robust_value() -> None:
    labels, values, true = answers("wild")
    assert numeric(labels, values).method in ("robust", "median")
    assert rmse(numeric(labels, values, method="mean").value, true) > 300
    error = np.abs(numeric(labels, values, method="robust").value - true)
    assert np.quantile(error, 0.9) < 10


def test_the_mean_and_the_median_are_what_they_are() -> None:
    labels = build([("t", "a", 1.0), ("t", "b", 2.0), ("t", "c", 9.0), ("u", "a", 4.0), ("u", "b", 5.0)])
    values = np.array(labels.classes)[labels.label]
    assert numeric(labels, values, method="mean").value == pytest.approx([4, 4.5])
    assert numeric(labels, values, method="median").value == pytest.approx([2, 4.5])


def test_more_answers_that_agree_give_more_confidence_and_it_stays_between_0_and_1() -> None:
    few = numeric(*answers("even", each=3)[:2], method="mean")
    many = numeric(*answers("even", each=12)[:2], method="mean")
    assert few.confidence.min() >= 0 and many.confidence.max() <= 1
    assert many.confidence.mean() > few.confidence.mean() + 0.1


def test_the_order_of_the_rows_changes_no_number() -> None:
    labels, values, _true = answers("some careless", tasks=60)
    rows = [
        (labels.tasks[t], labels.workers[w], float(v))
        for t, w, v in zip(labels.task, labels.worker, values, strict=True)
    ]
    mixed = build(rows[::-1])
    for method in METHODS:
        one = numeric(labels, values, method=method)
        other = numeric(mixed, np.array(mixed.classes, dtype=float)[mixed.label], method=method)
        assert np.array_equal(one.value, other.value) and one.method == other.method


def test_little_and_odd_data_is_answered_too() -> None:
    alone = build([("t", "a", 3.0)])
    for method in METHODS:
        assert numeric(alone, np.array([3.0]), method=method).value == pytest.approx([3.0])
    alike = build([(task, worker, 7.0) for task in "abcd" for worker in "xyz"])
    for method in METHODS:
        found = numeric(alike, np.full(len(alike), 7.0), method=method)
        assert found.value == pytest.approx([7.0] * 4) and found.confidence == pytest.approx([1.0] * 4)
    with pytest.raises(ValueError, match="no method"):
        numeric(alone, np.array([3.0]), method="mode")
    with pytest.raises(ValueError, match="no answer"):
        numeric(build([]), np.zeros(0))
