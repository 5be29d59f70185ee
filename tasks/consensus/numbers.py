"""Numbers: the value in the middle of one task's answers, and whole batches in which workers are biased or careless."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np

from .labels import Floats, Ints, Labels, tally
from .types import NOTHING, Consensus

METHODS = ("auto", "mean", "median", "robust", "weighted", "tempered")
TUNING = 1.345  # Huber's constant: 95 % efficiency where errors are normal
TO_SIGMA = 1.4826  # the median of absolute errors of a normal distribution, as its standard deviation
# Answers that the crowd's bias and spread count as beside a worker's own, and the power of the variance that weighs.
CARE = {"weighted": (5.0, 1.0), "tempered": (30.0, 0.5)}
FAR = 3.0  # standard deviations of a worker, from which on the weight of an answer falls
ROUNDS, ENOUGH = 50, 1e-6
HALVES = 10  # random halvings over which methods are compared
SEED = 20_261_122


def median(
    values: Sequence[Decimal], *, tolerance: Decimal = Decimal(0), quantum: Decimal | None = None
) -> Consensus:
    """The median: one wild answer does not move it, as it would move the mean.

    Of an even number of answers it is the mean of the two in the middle, exact, or rounded half to even to a
    multiple of `quantum`. Confidence is the share of the answers at most `tolerance` away from it.
    """
    if not values:
        return NOTHING
    ordered = sorted(values)
    half = len(ordered) // 2
    middle = ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
    if quantum is not None:
        middle = (middle / quantum).to_integral_value(rounding=ROUND_HALF_EVEN) * quantum
    near = sum(abs(value - middle) <= tolerance for value in values)
    return Consensus(middle, near / len(values))


@dataclass(frozen=True)
class Numbers:
    """The value of each task by place in `tasks`.

    `confidence` is 1 − e ÷ s, at least 0: e is the standard error of the value, from the spread of the answers around
    it and their number, and s the spread of the values between tasks (both robust). It says how much of what tells the
    tasks apart is settled; it is not the probability that the value is right. `bias` and `spread` are each worker's:
    how far above the consensus their answers lie on average, and how much they scatter (in the unit of the answers).
    """

    method: str
    why: str
    value: Floats
    confidence: Floats
    bias: Floats
    spread: Floats


def numeric(labels: Labels, values: Floats, *, method: str = "auto") -> Numbers:
    """The value of every task; `values` are the finite numbers of the rows of `labels`.

    mean and median are of one task each. "robust" is Huber's estimate, from the median on (P. J. Huber, "Robust
    estimation of a location parameter", Annals of Mathematical Statistics 35, 1964). "weighted" takes each worker's
    bias off and weighs by the inverse of their variance, both estimated in turn with the values, and bounds what is
    left as Huber does; "tempered" does so by halves (`CARE`), for crowds whose workers differ less than they seem to.
    "auto" takes the method whose values from one random half of each task's answers correlate best with those from the
    other half (split-half reliability, after Spearman and Brown 1910). Raises ValueError for an unknown method or no
    answers.
    """
    if method not in METHODS:
        raise ValueError(f"There is no method {method!r}: choose one of {', '.join(METHODS)}.")
    if not len(labels):
        raise ValueError("There is no answer to make a consensus of.")
    why = f"the {method} method was asked for"
    if method == "auto":
        method, why = _choose(labels, values)
    found, bias, spread = _estimate(labels, values, method)
    return Numbers(method, why, found, _confidence(labels, values - bias[labels.worker], found), bias, spread)


def _estimate(labels: Labels, values: Floats, method: str) -> tuple[Floats, Floats, Floats]:
    """(value of each task, bias and spread of each worker)."""
    count = len(labels.workers)
    if method in CARE:
        return _weighted(labels, values, *CARE[method])
    found = {"mean": _means, "median": _medians, "robust": _robust}[method](labels, values)
    error = values - found[labels.task]
    cases = np.maximum(tally(labels.worker, minlength=count), 1)
    spread = np.sqrt(tally(labels.worker, weights=error**2, minlength=count) / cases)
    return found, np.zeros(count), spread


def _means(labels: Labels, values: Floats, weight: Floats | None = None) -> Floats:
    weight = _weights(labels) if weight is None else weight
    size = len(labels.tasks)
    total = tally(labels.task, weights=weight, minlength=size)
    return tally(labels.task, weights=values * weight, minlength=size) / np.maximum(total, 1e-300)


def _weights(labels: Labels) -> Floats:
    return np.ones(len(labels)) if labels.weight is None else labels.weight


def _medians(labels: Labels, values: Floats) -> Floats:
    """The median of each task; of an even number of answers the mean of the two in the middle."""
    return _median_of(labels.task, values, len(labels.tasks))


def _median_of(group: Ints, values: Floats, size: int) -> Floats:
    order = np.lexsort((values, group))
    ordered = values[order]
    counts = np.bincount(group, minlength=size)
    first = np.cumsum(counts) - counts
    low, high = first + np.maximum(counts - 1, 0) // 2, first + counts // 2
    last = len(values) - 1
    return (ordered[np.minimum(low, last)] + ordered[np.minimum(high, last)]) / 2


def _robust(labels: Labels, values: Floats) -> Floats:
    """Huber's estimate of each task, with one scale of errors for all: a task has too few for its own."""
    found = _medians(labels, values)
    scale = _scale(values - found[labels.task])
    for _ in range(ROUNDS):
        weight = _weights(labels) * _huber(values - found[labels.task], scale)
        new = _means(labels, values, weight)
        if np.abs(new - found).max() <= ENOUGH * max(scale, 1e-12):
            return new
        found = new
    return found


def _scale(errors: Floats) -> float:
    """The spread of errors, whatever a few of them are; their standard deviation where half of them are nought."""
    robust = TO_SIGMA * float(np.median(np.abs(errors)))
    return robust if robust > 0 else float(np.sqrt(np.mean(errors**2)))


def _huber(errors: Floats, scale: float | Floats) -> Floats:
    bound = TUNING * np.maximum(scale, 1e-12)
    return np.minimum(1.0, bound / np.maximum(np.abs(errors), 1e-300))


def _weighted(labels: Labels, values: Floats, few: float, power: float) -> tuple[Floats, Floats, Floats]:
    """Values of tasks, bias and spread of workers, in turn; both are moved towards the crowd's by `few` answers."""
    count, base, found = len(labels.workers), _weights(labels), _medians(labels, values)
    bias, spread = np.zeros(count), np.zeros(count)
    cases = tally(labels.worker, weights=base, minlength=count)
    for _ in range(ROUNDS):
        error = values - found[labels.task]
        wild = 5 * max(_scale(error), 1e-12)
        scale = math.sqrt(float(np.average(np.clip(error, -wild, wild) ** 2, weights=base)) + 1e-24)
        near = np.clip(error, -FAR * scale, FAR * scale)
        bias = tally(labels.worker, weights=base * near, minlength=count) / (cases + few)
        bias -= np.average(bias, weights=cases)  # what all share can't be told from the truth
        rest = error - bias[labels.worker]
        near = np.clip(rest, -FAR * scale, FAR * scale)
        variance = tally(labels.worker, weights=base * near**2, minlength=count)
        spread = np.sqrt((variance + few * scale**2) / (cases + few))
        spread = np.maximum(spread, 0.1 * scale)  # nobody is taken for infallible
        sigma = spread[labels.worker]
        weight = (
            base
            * (scale / sigma) ** (2 * power)
            * np.minimum(1.0, FAR * sigma / np.maximum(np.abs(rest), 1e-300))
        )
        new = _means(labels, values - bias[labels.worker], weight)
        done = np.abs(new - found).max() <= 1e-4 * scale
        found = new
        if done:
            break
    return found, bias, spread


def _choose(labels: Labels, values: Floats) -> tuple[str, str]:
    """The most reliable method, and why; the median where no task has two answers or all answers are alike."""
    scores = dict.fromkeys(METHODS[1:], 0.0)
    chance = np.random.default_rng(SEED)
    counts = np.diff(labels.starts)
    both = counts >= 2
    if np.count_nonzero(both) < 3:
        return (
            "median",
            "too few tasks have two answers to compare methods, and one wild answer can't move a median",
        )
    bounds = _bounds(_medians(labels, values))
    rounds = HALVES if len(labels) <= 100_000 else 2
    for _ in range(rounds):
        order = np.lexsort((chance.random(len(labels)), labels.task))
        inside = np.empty(len(labels), dtype=np.int64)
        inside[order] = np.arange(len(labels)) - np.repeat(labels.starts[:-1], counts)
        odd = inside % 2 == 1
        for name in scores:
            one, other = (_estimate(_part(labels, side), values[side], name)[0] for side in (odd, ~odd))
            scores[name] += _correlation(np.clip(one[both], *bounds), np.clip(other[both], *bounds)) / rounds
    best = max(scores, key=lambda name: round(scores[name], 6))
    rest = ", ".join(f"{name} {value:.3f}" for name, value in scores.items() if name != best)
    return (
        best,
        f"{best} gives the most alike values from either half of the answers: correlation {scores[best]:.3f} ({rest})",
    )


def _part(labels: Labels, rows: np.ndarray) -> Labels:  # type: ignore[type-arg]
    weight = None if labels.weight is None else labels.weight[rows]
    return Labels(
        labels.task[rows],
        labels.worker[rows],
        labels.label[rows],
        labels.tasks,
        labels.workers,
        labels.classes,
        weight,
    )


def _bounds(middle: Floats) -> tuple[float, float]:
    """Where values of tasks can be expected, from nine in ten medians: the range of those, and as much again on both
    sides. When methods are compared, what lies beyond counts as on the edge."""
    low, high = np.quantile(middle, [0.05, 0.95])
    return float(low - (high - low)), float(high + (high - low))


def _correlation(one: Floats, other: Floats) -> float:
    """Pearson's; 0 where all are alike."""
    a, b = one - one.mean(), other - other.mean()
    size = math.sqrt(float((a**2).sum() * (b**2).sum()))
    return float((a * b).sum()) / size if size else 0.0


def _confidence(labels: Labels, values: Floats, found: Floats) -> Floats:
    counts = np.maximum(tally(labels.task, minlength=len(labels.tasks)), 1)
    error = np.abs(values - found[labels.task])
    whole = _scale(values - found[labels.task])
    mine = TO_SIGMA * _median_of(labels.task, error, len(labels.tasks))
    spread = (mine * counts + whole * 2) / (
        counts + 2
    )  # two answers' worth of the usual spread: few answers say little
    between = _scale(found - np.median(found))
    if between <= 0:
        return np.where(spread > 0, 0.0, 1.0)
    return np.clip(1 - spread / np.sqrt(counts) / between, 0.0, 1.0)
