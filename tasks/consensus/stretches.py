"""Stretches of time: what several people marked on one recording, matched by how much they overlap."""

from collections.abc import Mapping, Sequence
from typing import Any

from .majority import majority
from .types import NOTHING, Consensus

SAME = 0.3  # two marks overlap by at least this share of what they cover together: they mean the same stretch
Stretch = Mapping[str, Any]  # {"from": ms, "to": ms, "label"?: str, "text"?: str}


def overlap(one: Stretch, other: Stretch) -> float:
    """The share that both cover of what either covers (intersection over union), from 0 to 1."""
    shared = min(one["to"], other["to"]) - max(one["from"], other["from"])
    if shared <= 0:
        return 0.0
    either = max(one["to"], other["to"]) - min(one["from"], other["from"])
    return float(shared / either)


def alike(one: Sequence[Stretch], other: Sequence[Stretch]) -> float:
    """How much two sets of marks agree, from 0 to 1.

    Marks with the same label are paired, those that overlap most first; the agreement is twice the overlap of
    the pairs over the number of marks. Two empty sets agree.
    """
    if not one and not other:
        return 1.0
    found = sorted(
        (
            (overlap(mine, theirs), -left, -right)
            for left, mine in enumerate(one)
            for right, theirs in enumerate(other)
            if mine.get("label") == theirs.get("label")
        ),
        reverse=True,
    )
    used_left: set[int] = set()
    used_right: set[int] = set()
    total = 0.0
    for share, left, right in found:
        if share and left not in used_left and right not in used_right:
            used_left.add(left)
            used_right.add(right)
            total += share
    return 2 * total / (len(one) + len(other))


def together(answers: Sequence[Sequence[Stretch]]) -> Consensus:
    """The stretches that more than half of the answers marked, each with its ends in the middle of theirs.

    Marks with the same label that overlap are one stretch; each answer counts once for it. Confidence is the mean
    over all stretches of the share that agrees on keeping it or leaving it out. A text is the most frequent one.
    """
    if not answers:
        return NOTHING
    groups = [group for label in _by_label(answers).values() for group in _groups(label)]
    kept = [group for group in groups if 2 * len(group) > len(answers)]
    agreed = sum(max(len(group), len(answers) - len(group)) for group in groups)
    value = sorted((_one(group) for group in kept), key=lambda each: (each["from"], each["to"]))
    return Consensus(value or None, agreed / (len(answers) * len(groups)) if groups else 1.0)


Given = tuple[int, Stretch]  # whose (place of the answer), and the mark


def _by_label(answers: Sequence[Sequence[Stretch]]) -> dict[Any, list[Given]]:
    found: dict[Any, list[Given]] = {}
    for number, answer in enumerate(answers):
        for mark in answer:
            found.setdefault(mark.get("label"), []).append((number, mark))
    return found


def _groups(marks: list[Given]) -> list[dict[int, Stretch]]:
    """Marks of different answers that mean the same stretch, in one sweep over the recording: each mark is compared
    only with the groups that are not over yet where it begins, so that the order of the answers changes nothing."""
    over: list[dict[int, Stretch]] = []
    going: list[tuple[dict[int, Stretch], dict[str, int]]] = []  # a group, and the middle of its marks
    for number, mark in sorted(marks, key=lambda given: (given[1]["from"], given[1]["to"], given[0])):
        over += [group for group, middle in going if middle["to"] <= mark["from"]]
        going = [each for each in going if each[1]["to"] > mark["from"]]
        open_to = [place for place, (group, _middle_) in enumerate(going) if number not in group]
        best = max(open_to, key=lambda place: overlap(going[place][1], mark), default=None)
        if best is not None and overlap(going[best][1], mark) >= SAME:
            group = going[best][0] | {number: mark}
            going[best] = (group, _middle(group))
        else:
            going.append(({number: mark}, {"from": mark["from"], "to": mark["to"]}))
    return over + [group for group, _middle_ in going]


def _label(group: Mapping[int, Stretch]) -> Any:
    return next(iter(group.values())).get("label")


def _middle(group: Mapping[int, Stretch]) -> dict[str, int]:
    return {end: _median([mark[end] for mark in group.values()]) for end in ("from", "to")}


def _one(group: Mapping[int, Stretch]) -> dict[str, Any]:
    made: dict[str, Any] = dict(_middle(group))
    if _label(group) is not None:
        made["label"] = _label(group)
    if texts := [mark["text"] for mark in group.values() if mark.get("text")]:
        made["text"] = majority(texts, key=lambda text: " ".join(text.casefold().split())).value
    return made


def _median(values: Sequence[int]) -> int:
    """Whole milliseconds; of an even number of values the middle of the two in the middle, rounded down."""
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) // 2
