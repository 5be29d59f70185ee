"""How much people agree, beyond what chance would give: Krippendorff's alpha, and plain means of likeness.

K. Krippendorff, "Computing Krippendorff's Alpha-Reliability", University of Pennsylvania, 2011. Any number of people
for each task, any number of them missing; tasks with one answer count for nothing.
"""

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import numpy as np

from .labels import Floats, Labels, tally

LEVELS = ("nominal", "ordinal", "interval")


def alpha(labels: Labels, *, level: str = "nominal", values: Floats | None = None) -> float | None:
    """1 for full agreement, 0 for what chance gives, below 0 for less.

    `level` says how far two labels are apart: "nominal" (the same or not), "ordinal" (by the ranks between them, in the
    order of `labels.classes`) or "interval" (by the square of their difference; `values` are the numbers of the rows).
    None where nothing can be said: no task has two answers, or all answers are the same. Raises ValueError for another
    level, or for intervals without numbers.
    """
    if level not in LEVELS:
        raise ValueError(f"There is no level {level!r}: choose one of {', '.join(LEVELS)}.")
    if level == "interval" and values is None:
        raise ValueError("Differences need the numbers of the rows.")
    counts = np.diff(labels.starts)
    rows = counts[labels.task] >= 2
    if not rows.any():
        return None
    task, label, size = labels.task[rows], labels.label[rows], len(labels.tasks)
    if level == "nominal":
        observed, expected = _differing(task.astype(np.int64), label, counts, len(labels.classes))
    else:
        if level == "ordinal":
            known = _ranks(label, len(labels.classes))[label]
        else:
            assert values is not None
            known = values[rows]
        observed, expected = _apart(task, known - known.mean(), counts, size)
    return None if expected <= 0 else float(1 - observed / expected)


def _differing(task: Any, label: Any, counts: Any, classes: int) -> tuple[float, float]:
    """(the share of pairs of one task that differ, the share of all pairs)."""
    n = len(task)
    key, of_both = np.unique(task * classes + label, return_counts=True)
    inside = of_both * (of_both - 1) / (counts[key // classes] - 1)
    of_class = tally(label, minlength=classes)
    return float(1 - inside.sum() / n), float(1 - (of_class * (of_class - 1)).sum() / (n * (n - 1)))


def _apart(task: Any, values: Floats, counts: Any, size: int) -> tuple[float, float]:
    """(the mean square of the difference of two answers to one task, and of any two answers)."""
    n = len(task)
    total, squares = tally(task, values, size), tally(task, values**2, size)
    within = 2 * (counts * squares - total**2)
    observed = float((within / np.maximum(counts - 1, 1)).sum()) / n
    expected = 2 * (n * float((values**2).sum()) - float(values.sum()) ** 2) / (n * (n - 1))
    return observed, expected if expected > 1e-12 * max(1.0, float((values**2).max())) else 0.0


def _ranks(label: Any, classes: int) -> Floats:
    """The middle of the ranks of each class. Their difference is Krippendorff's ordinal distance: all answers between
    two classes, with half of those of either."""
    of_class = tally(label, minlength=classes)
    return np.asarray(np.cumsum(of_class) - of_class / 2)


def pairwise(answers: Sequence[Any], alike: Callable[[Any, Any], float]) -> float | None:
    """The mean likeness of any two answers to one task, such as the IoU of boxes or 1 − WER; None for less than two."""
    pairs = [alike(one, other) for one, other in combinations(answers, 2)]
    return sum(pairs) / len(pairs) if pairs else None
