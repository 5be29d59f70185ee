"""One label out of a few for each task of a whole batch: votes, or workers estimated together with what is true."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from . import choose, em, grids
from .candidates import FULL, MOST, Candidates, candidates
from .grids import Grid
from .labels import Floats, Ints, Labels, tally, with_classes
from .model import Model

METHODS = ("auto", "majority", "wawa", "one-coin", "dawid-skene")
SHOWN = {"majority": "the majority", "wawa": "Wawa", "one-coin": "one coin", "dawid-skene": "Dawid–Skene"}


@dataclass(frozen=True)
class Worker:
    """What one worker was like, by the consensus of the batch: an estimate that other people's answers made.

    `right` of `cases` answers are expected to agree with what is true (known answers count as true). `accuracy` is
    that share, moved towards the crowd's the more, the fewer cases there are.
    """

    cases: float
    right: float
    accuracy: float


@dataclass(frozen=True)
class Outcome:
    """The result of a batch. `best` and `confidence` are by place in `labels.tasks`.

    Confidence is the posterior probability of the best label under the model that was used; of a vote (majority,
    Wawa) it is the share of the votes, which is not a probability.
    """

    method: str
    why: str
    labels: Labels
    best: Ints
    confidence: Floats
    accuracy: Floats
    made: Candidates
    share: Floats
    model: Model

    def label(self, task: int) -> Any:
        """The label of the task at this place."""
        return self.labels.classes[self.best[task]]

    def posterior(self, task: int) -> dict[Any, float]:
        """How probable each label is, of those that were considered; with many classes they don't sum to 1, since one
        that nobody gave may be true."""
        rows = range(int(self.made.start[task]), int(self.made.start[task + 1]))
        classes = self.labels.classes
        return {
            classes[self.made.kind[row]]: float(self.share[row])
            for row in rows
            if self.made.kind[row] < len(classes)
        }

    def worker(self, worker: int) -> Worker:
        """How the worker at this place did."""
        right, total = em.worker_counts(self.made, self.share)
        return Worker(float(total[worker]), float(right[worker]), float(self.accuracy[worker]))

    def workers(self) -> list[Worker]:
        """All of them, by place in `labels.workers`."""
        right, total = em.worker_counts(self.made, self.share)
        rows = zip(total.tolist(), right.tolist(), self.accuracy.tolist(), strict=True)
        return [Worker(*row) for row in rows]

    def confusion(self, worker: int | None = None) -> dict[tuple[Any, Any], float]:
        """{(what is true, what was answered): expected cases} of a worker, or of all of them together."""
        labels, classes = self.labels, self.labels.classes
        mine = np.arange(len(labels)) if worker is None else np.flatnonzero(labels.worker == worker)
        weight = np.ones(len(labels)) if labels.weight is None else labels.weight
        side = len(classes) + 1
        size, task = np.diff(self.made.start), labels.task[mine]
        counts = size[task]
        label = np.repeat(mine, counts)
        inside = np.arange(len(label)) - np.repeat(np.cumsum(counts) - counts, counts)
        entry = np.repeat(self.made.start[task], counts) + inside
        key = self.made.kind[entry].astype(np.int64) * side + labels.label[label]
        found, place = np.unique(key, return_inverse=True)
        total = tally(place, weights=self.share[entry] * weight[label], minlength=len(found))
        return {
            (classes[key // side], classes[key % side]): float(count)
            for key, count in zip(found.tolist(), total, strict=True)
            if key // side < len(classes)
        }


def categorical(
    labels: Labels,
    *,
    method: str = "auto",
    known: Mapping[Any, Collection[Any]] | None = None,
) -> Outcome:
    """The label of every task, by `method` (one of `METHODS`).

    `known` gives for some tasks the labels that are right there (gold): their posterior is clamped to them, and by them
    the workers are measured. Raises ValueError for no labels, an unknown method, or an empty set of known labels.
    """
    if method not in METHODS:
        raise ValueError(f"There is no method {method!r}: choose one of {', '.join(METHODS)}.")
    if not len(labels):
        raise ValueError("There is no label to make a consensus of.")
    clamped, labels = _known(labels, known or {})
    made = candidates(labels, clamped)
    if method == "wawa":
        return _wawa(made)
    why = f"{SHOWN.get(method, method)} was asked for"
    if method == "auto":
        choice = choose.choose(made)
        method, why = choice.method, _because(choice)
    if method == "dawid-skene":
        matrices = grids.grid(made)
        return _outcome(made, em.dawid_skene(made, matrices), method, why + _few(made), matrices)
    if method == "one-coin":
        return _outcome(made, em.one_coin(made), method, why + _few(made), None)
    return _majority(made, why)


def _known(labels: Labels, known: Mapping[Any, Collection[Any]]) -> tuple[dict[int, frozenset[int]], Labels]:
    if not known:
        return {}, labels
    if not all(known.values()):
        raise ValueError("A task with known answers needs at least one.")
    more = {label for right in known.values() for label in right} - set(labels.classes)
    if more:
        labels = with_classes(labels, more)
    place = {name: number for number, name in enumerate(labels.classes)}
    task = {name: number for number, name in enumerate(labels.tasks)}
    return {
        task[name]: frozenset(place[label] for label in right)
        for name, right in known.items()
        if name in task
    }, labels


def _because(choice: choose.Choice) -> str:
    if not choice.foretold:
        return "no two people answered the same task, so nothing tells more than the vote"
    order = sorted(choice.foretold.items(), key=lambda item: -item[1])
    rest = ", ".join(f"{SHOWN[name]} {value:.3f}" for name, value in order if name != choice.method)
    return (
        f"{SHOWN[choice.method]} foretells hidden answers best: it gave them a probability of"
        f" {choice.foretold[choice.method]:.3f} ({rest})"
    )


def _few(made: Candidates) -> str:
    if made.full:
        return ""
    return (
        f"; of {len(made.labels.classes)} classes (more than {FULL}) each task may be one of the {MOST} most given"
        " to it, or another one"
    )


def _outcome(made: Candidates, fit: em.Fit, method: str, why: str, grid: Grid | None) -> Outcome:
    best = made.best(fit.share)
    share = fit.share
    return Outcome(
        method, why, made.labels, best, _of_best(made, share, best), fit.accuracy, made, share,
        Model.fitted(made, fit, grid),
    )  # fmt: skip


def _of_best(made: Candidates, share: Floats, best: Ints) -> Floats:
    """The share of each task's best entry."""
    return np.asarray(share[made.kind == made.spread(best)])


def _majority(made: Candidates, why: str) -> Outcome:
    """The most frequent label. A tie goes to the label whose givers agree more often with other people (Wawa), then
    to the first by name; the order of the rows changes nothing."""
    trusted = _votes(made, _agreeing(made))
    return _voted(made, made.votes, trusted, "majority", why + _few(made))


def _wawa(made: Candidates) -> Outcome:
    """Worker agreement with aggregate: each vote weighs as much as its giver agrees with the majority, over all."""
    weight = _agreeing(made)
    votes = _votes(made, weight)
    return _voted(made, votes + 1e-9 * made.votes, made.votes, "wawa", "Wawa was asked for" + _few(made))


def _agreeing(made: Candidates) -> Floats:
    """For each worker the share of their labels that the majority gives too; of a tie each side is a part of it."""
    labels = made.labels
    allowed = made.votes if made.allowed is None else np.where(made.allowed, made.votes + 1e-6, 0.0)
    top = np.isclose(allowed, made.spread(np.maximum.reduceat(allowed, made.start[:-1])))
    credit = top / made.spread(np.add.reduceat(top.astype(float), made.start[:-1]))
    weight = np.ones(len(labels)) if labels.weight is None else labels.weight
    workers = len(labels.workers)
    same = np.where(made.said >= 0, credit[made.said], 0.0) * weight
    total = tally(labels.worker, weights=weight, minlength=workers)
    return tally(labels.worker, weights=same, minlength=workers) / np.maximum(total, 1e-12)


def _votes(made: Candidates, of_worker: Floats) -> Floats:
    labels = made.labels
    weight = of_worker[labels.worker] * (1.0 if labels.weight is None else labels.weight)
    heard = made.said >= 0
    return tally(made.said[heard], weights=weight[heard], minlength=len(made.kind))


def _voted(made: Candidates, votes: Floats, then: Floats, method: str, why: str) -> Outcome:
    allowed = np.ones(len(votes), dtype=bool) if made.allowed is None else made.allowed
    # A known answer nobody gave still stands: what is allowed begins a hair above what is not.
    score = np.where(allowed, votes + 1e-6, 0.0)
    share = score / made.spread(np.add.reduceat(score, made.start[:-1]))
    best = made.best(share, then=then)
    fit = em.one_coin(made, alike=True)
    right, total = em.worker_counts(made, share)
    mean = float((right.sum() + 1) / (total.sum() + 2))
    accuracy = em.smoothed(right, total, mean, 4.0)
    confidence = np.clip(_of_best(made, share, best), 0.0, 1.0)
    model = Model.fitted(made, fit, None)
    return Outcome(method, why, made.labels, best, confidence, accuracy, made, share, model)
