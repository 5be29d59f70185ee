"""What several people's answers to one question say together, given what is known of each of them.

A share of the votes is no probability: two who agree are not certain, and two who are often wrong know little. A
`Judge` holds what a fit over the whole batch found out about its workers (tasks/services/fits.py); before there is one
everybody is taken for the same unknown worker.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .consensus import Consensus
from .consensus.candidates import FULL
from .consensus.labels import Labels
from .consensus.model import LEAST, Model, posterior
from .widgets.base import Widget

UNTOLD = "prior"  # the method of a result that was made before the batch was fitted
NEARLY = 1e-9


class Judge:
    """Judges answers to one question out of a few by a model of the workers, named by their row numbers."""

    def __init__(self, model: Model, method: str) -> None:
        self.model = model
        self.method = method
        self._workers = {worker: place for place, worker in enumerate(model.workers)}
        self._classes = {label: place for place, label in enumerate(model.classes)}

    @classmethod
    def blank(cls, classes: Sequence[Any]) -> "Judge":
        """For a batch of which nothing is known yet."""
        return cls(Model.blank(classes), UNTOLD)

    def posterior(self, said: Sequence[tuple[Any, Any]]) -> dict[Any, float]:
        """How probable each class is after these (worker, label); a worker it does not know is the usual one."""
        places = [
            (self._workers.get(worker, -1), self._classes[label])
            for worker, label in said
            if label in self._classes
        ]
        found = posterior(places, len(self.model.classes), self.model)
        return dict(zip(self.model.classes, found.tolist(), strict=True))

    def judge(self, widget: Widget, said: Sequence[tuple[Any, Any]]) -> Consensus:
        """The most probable value and its probability. A tie is settled as the widget settles one among votes."""
        chances = self.posterior(said)
        most = max(chances.values())
        first = [label for label, chance in chances.items() if most - chance < NEARLY]
        if len(first) == 1:
            return Consensus(first[0], chances[first[0]])
        voted = widget.consensus([label for _, label in said]).value
        return Consensus(voted, chances.get(voted, most))

    def judge_all(self, labels: Labels) -> tuple[list[Any], NDArray[np.float64]]:
        """For each task of `labels`, whose workers and classes are those of the model: the most probable class and its
        probability, up to ties. In a few passes over all labels; memory grows with the labels, or tasks × FULL."""
        model, tasks = self.model, len(labels.tasks)
        if len(model.classes) <= FULL:
            score = np.tile(np.log(np.maximum(model.prior, LEAST)), (tasks, 1))
            for place in range(len(model.classes)):
                said = np.log(self._likelihoods(labels, place))
                score[:, place] += np.bincount(labels.task, weights=said, minlength=tasks)
            weight = np.exp(score - score.max(axis=1, keepdims=True))
            weight /= weight.sum(axis=1, keepdims=True)
            return [model.classes[place] for place in weight.argmax(axis=1)], weight.max(axis=1)
        return self._judge_given(labels)

    def _likelihoods(self, labels: Labels, true: int) -> NDArray[np.float64]:
        """Of each label: how probable it is if `true` is true."""
        model = self.model
        if model.confusion is not None:
            return np.maximum(model.confusion[labels.worker, true, labels.label], LEAST)
        right = model.accuracy[labels.worker]
        wrong = (1 - right) / max(1, len(model.classes) - 1)
        return np.maximum(np.where(labels.label == true, right, wrong), LEAST)

    def _judge_given(self, labels: Labels) -> tuple[list[Any], NDArray[np.float64]]:
        """As `judge_all`, of many classes with one coin for each worker: only those that somebody gave are looked at
        one by one, since all others are as probable as their frequency says."""
        model, tasks, classes = self.model, len(labels.tasks), len(self.model.classes)
        prior = np.maximum(model.prior, LEAST)
        right = np.maximum(model.accuracy[labels.worker], LEAST)
        wrong = np.maximum((1 - model.accuracy[labels.worker]) / (classes - 1), LEAST)
        key, place = np.unique(labels.task.astype(np.int64) * classes + labels.label, return_inverse=True)
        task, label = key // classes, key % classes
        gain = np.bincount(place, weights=np.log(right) - np.log(wrong), minlength=len(key))
        odds = prior[label] * np.exp(np.minimum(gain, 600.0))
        others = prior.sum() - np.bincount(task, weights=prior[label], minlength=tasks)
        total = np.bincount(task, weights=odds, minlength=tasks) + others
        order = np.lexsort((-odds, task))
        best = order[np.searchsorted(task[order], np.arange(tasks))]
        return [model.classes[each] for each in label[best]], odds[best] / total


Judges = Mapping[str, Judge]


def together(widget: Widget, values: Sequence[Any], workers: Sequence[Any], judge: Judge | None) -> Consensus:
    """What the answers to one question say together; `workers` says who gave each, where that is known.

    A question that most people left empty is empty, with their share as its confidence; else the confidence counts
    those who left it empty as disagreeing.
    """
    if not values:
        return Consensus(None, 0.0)
    who = workers or [None] * len(values)
    said = [(worker, value) for worker, value in zip(who, values, strict=True) if value is not None]
    if 2 * len(said) < len(values) or not said:
        return Consensus(None, 1 - len(said) / len(values))
    if widget.classes:
        found = (judge or Judge.blank(widget.classes)).judge(widget, said)
    else:
        found = widget.consensus([value for _, value in said])
    return Consensus(found.value, found.confidence * len(said) / len(values))
