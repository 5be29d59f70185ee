"""Sets of labels over a whole batch: every label is a question of its own, whether it belongs to the task."""

from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .labels import Builder, natural
from .outcome import Outcome, categorical


@dataclass(frozen=True)
class Sets:
    """`chosen` and `confidence` are by task; confidence is the mean over the labels of how sure the decision about each
    is. `outcomes` are those of each label, whose classes are False and True."""

    chosen: dict[Any, list[Any]]
    confidence: dict[Any, float]
    outcomes: dict[Any, Outcome]


def label_sets(
    rows: Iterable[tuple[Hashable, Hashable, Collection[Hashable]]],
    *,
    labels: Collection[Hashable] = (),
    method: str = "auto",
    known: Mapping[Any, Collection[Hashable]] | None = None,
) -> Sets:
    """From (task, worker, labels chosen): for each task the labels that belong to it.

    A worker's later answer replaces the earlier. `labels` are those that could be chosen (those chosen by nobody are
    left out anyway); `known` gives for some tasks the whole set that is right. Raises ValueError for no rows.
    """
    answers = {(task, worker): frozenset(chosen) for task, worker, chosen in rows}
    if not answers:
        raise ValueError("There is no answer to make a consensus of.")
    every = sorted({label for chosen in answers.values() for label in chosen} | set(labels), key=natural)
    tasks = sorted({task for task, _worker in answers}, key=natural)
    sets: dict[Any, list[Any]] = {task: [] for task in tasks}
    sure: dict[Any, list[float]] = {task: [] for task in tasks}
    outcomes = {}
    for label in every:
        builder = Builder(classes=(False, True))
        for (task, worker), chosen in answers.items():
            builder.add(task, worker, label in chosen)
        right = {task: [label in chosen] for task, chosen in (known or {}).items()}
        found = categorical(builder.build(prune=False), method=method, known=right)
        outcomes[label] = found
        for place, task in enumerate(found.labels.tasks):
            sure[task].append(float(found.confidence[place]))
            if found.label(place):
                sets[task].append(label)
    means = {task: sum(each) / len(each) if each else 1.0 for task, each in sure.items()}
    return Sets(sets, means, outcomes)
