"""Shapes drawn on one picture by several people: how alike two are, and which of them most people drew.

A shape is a mapping as the drawing widgets store it, in whole ten-thousandths of the picture's width and height:
a box {"x", "y", "w", "h"}, an outline {"points": [[x, y], …]} or a point {"x", "y"}, each with its "label" or
without. Since both sides of the picture count as 10000, all that is measured here is relative to its shape.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

from . import areas
from .types import NOTHING, Consensus

Shape = Mapping[str, Any]
Likeness = Callable[[Shape, Shape], float]
Drawn = tuple[int, int]  # whose (place of the answer), and which of theirs

ALIKE = 0.5  # from here on two shapes mean the same thing: the usual bound for overlap
REACH = 600  # ten-thousandths at which two points have nothing to do with each other any more
LINES = 128  # horizontal lines on which the overlap of two outlines is measured


def boxes_alike(one: Shape, other: Shape) -> float:
    """The area that two boxes share, as a part of the area that they cover together (IoU)."""
    wide = min(one["x"] + one["w"], other["x"] + other["w"]) - max(one["x"], other["x"])
    high = min(one["y"] + one["h"], other["y"] + other["h"]) - max(one["y"], other["y"])
    if wide <= 0 or high <= 0:
        return 0.0
    shared = wide * high
    return float(shared / (one["w"] * one["h"] + other["w"] * other["h"] - shared))


def points_alike(one: Shape, other: Shape) -> float:
    """1 for the same place, falling evenly to 0 at `REACH`."""
    return max(0.0, 1 - math.hypot(one["x"] - other["x"], one["y"] - other["y"]) / REACH)


def outlines_alike(one: Shape, other: Shape) -> float:
    """IoU of two outlines of any form, measured on `LINES` lines: right to about one part in a hundred.

    Where an outline crosses itself, what it goes around twice is outside, as it is drawn.
    """
    here, there = one["points"], other["points"]
    top = min(min(y for _x, y in here), min(y for _x, y in there))
    low = max(max(y for _x, y in here), max(y for _x, y in there))
    if not _frames_meet(here, there) or low <= top:
        return 0.0
    step = (low - top) / LINES
    shared = together = 0.0
    for mine, theirs in zip(_crossings(here, top, step), _crossings(there, top, step), strict=True):
        both = _shared(mine, theirs)
        shared += both
        together += sum(mine[1::2]) - sum(mine[::2]) + sum(theirs[1::2]) - sum(theirs[::2]) - both
    return shared / together if together > 0 else 0.0


def _frames_meet(here: Sequence[Sequence[int]], there: Sequence[Sequence[int]]) -> bool:
    return all(
        min(point[side] for point in here) < max(point[side] for point in there)
        and min(point[side] for point in there) < max(point[side] for point in here)
        for side in (0, 1)
    )


def _crossings(points: Sequence[Sequence[int]], top: float, step: float) -> list[list[float]]:
    """For each line, in order, where it crosses the outline: pairs of going in and coming out."""
    lines: list[list[float]] = [[] for _line in range(LINES)]
    for (x1, y1), (x2, y2) in zip(points, [*points[1:], points[0]], strict=True):
        if y1 > y2:
            x1, y1, x2, y2 = x2, y2, x1, y1
        first = max(0, math.ceil((y1 - top) / step - 0.5))
        last = min(LINES, math.ceil((y2 - top) / step - 0.5))
        for line in range(first, last):  # those whose middle lies in [y1, y2)
            lines[line].append(x1 + (top + (line + 0.5) * step - y1) * (x2 - x1) / (y2 - y1))
    for crossed in lines:
        crossed.sort()
    return lines


def _shared(mine: Sequence[float], theirs: Sequence[float]) -> float:
    """The length that two sets of intervals have in common."""
    found, i, j = 0.0, 0, 0
    while i + 1 < len(mine) and j + 1 < len(theirs):
        found += max(0.0, min(mine[i + 1], theirs[j + 1]) - max(mine[i], theirs[j]))
        if mine[i + 1] < theirs[j + 1]:
            i += 2
        else:
            j += 2
    return found


def agreement(one: Sequence[Shape], other: Sequence[Shape], alike: Likeness) -> float:
    """How much two drawings agree, from 0 to 1: the mean likeness of their shapes, matched label by label.

    The most alike are matched first; a shape that is left over counts 0. Two empty drawings agree.
    """
    if not one and not other:
        return 1.0
    scores = sorted(
        (
            (alike(mine, theirs), -i, -j)
            for i, mine in enumerate(one)
            for j, theirs in enumerate(other)
            if mine.get("label") == theirs.get("label")
        ),
        reverse=True,
    )
    mine_done, theirs_done, total = set[int](), set[int](), 0.0
    for score, i, j in scores:
        if score > 0 and i not in mine_done and j not in theirs_done:
            mine_done.add(i)
            theirs_done.add(j)
            total += score
    return total / (len(one) + len(other) - len(mine_done))


def together(
    answers: Sequence[Sequence[Shape]],
    *,
    alike: Likeness,
    merge: Callable[[Sequence[Shape]], Shape],
) -> Consensus:
    """The shapes that more than half of the answers hold, each made of those that people drew (`merge`).

    Shapes of different answers are the same thing when their label is the same and they are alike by `ALIKE` on
    average. Confidence is the mean over all things: for one that is kept its support (the share of the answers that
    hold it) times the mean likeness of those shapes to the result, for one that is not kept the share without it.
    """
    if not answers:
        return NOTHING
    kept, sure = [], []
    for group in _groups(answers, alike):
        shapes = [answers[whose][which] for whose, which in group]
        support = len(group) / len(answers)
        if 2 * len(group) <= len(answers):
            sure.append(1 - support)
            continue
        merged = merge(shapes)
        kept.append(dict(merged))
        sure.append(support * sum(alike(merged, shape) for shape in shapes) / len(shapes))
    return Consensus(kept, sum(sure) / len(sure) if sure else 1.0)


def _groups(answers: Sequence[Sequence[Shape]], alike: Likeness) -> list[list[Drawn]]:
    """Shapes of different answers that are the same thing, in the order in which each was first drawn.

    The most alike pair is joined first; a group takes one shape of an answer at most.
    """
    everything = [(whose, which) for whose, answer in enumerate(answers) for which in range(len(answer))]
    scores: dict[tuple[Drawn, Drawn], float] = {}
    for place, one in enumerate(everything):
        mine = answers[one[0]][one[1]]
        for other in everything[place + 1 :]:
            if one[0] == other[0]:
                continue
            theirs = answers[other[0]][other[1]]
            if mine.get("label") == theirs.get("label"):
                score = alike(mine, theirs)
                if score > 0:
                    scores[one, other] = score
    group_of: dict[Drawn, list[Drawn]] = {drawn: [drawn] for drawn in everything}
    people = {drawn: {drawn[0]} for drawn in everything}  # of the group that began with this shape
    near = [pair for pair, score in scores.items() if score >= ALIKE]
    # sorted is stable: of two pairs equally alike, the one drawn first is joined first.
    for one, other in sorted(near, key=lambda pair: -scores[pair]):
        left, right = group_of[one], group_of[other]
        if left is right or not people[left[0]].isdisjoint(people[right[0]]):
            continue
        across = [scores.get((min(a, b), max(a, b)), 0.0) for a in left for b in right]
        if sum(across) / len(across) >= ALIKE:
            people[left[0]] |= people[right[0]]
            left.extend(right)
            for drawn in right:
                group_of[drawn] = left
    return [sorted(group) for drawn, group in group_of.items() if drawn == min(group)]


def middle_box(shapes: Sequence[Shape]) -> Shape:
    """The box whose four sides are the medians of theirs."""
    left, top = _median([one["x"] for one in shapes]), _median([one["y"] for one in shapes])
    right = _median([one["x"] + one["w"] for one in shapes])
    low = _median([one["y"] + one["h"] for one in shapes])
    return {"x": left, "y": top, "w": right - left, "h": low - top, **_label(shapes)}


def middle_point(shapes: Sequence[Shape]) -> Shape:
    """The point at the medians of theirs."""
    x, y = _median([one["x"] for one in shapes]), _median([one["y"] for one in shapes])
    return {"x": x, "y": y, **_label(shapes)}


def middle_outline(shapes: Sequence[Shape]) -> Shape:
    """The outline of what more than half of them hold, or the most central of theirs, whichever is more like all.

    Corners of different outlines can't be averaged; but a place on the picture is inside or outside for each of them.
    """

    def near(one: Shape) -> float:
        return sum(outlines_alike(one, other) for other in shapes)

    central = max(shapes, key=near)
    if len(shapes) < 3:
        return central
    points = areas.of_most([one["points"] for one in shapes])
    voted = {"points": points, **_label(shapes)} if points else None
    return voted if voted is not None and near(voted) > near(central) else central


def counted(answers: Sequence[Sequence[Shape]]) -> Consensus:
    """How many things of each label there are, by the median of the answers: {label: number}.

    Confidence is the mean over the labels of the share of the answers that have this number.
    """
    if not answers:
        return NOTHING
    labels = sorted({shape.get("label", "") for answer in answers for shape in answer})
    found, agreed = {}, []
    for label in labels:
        counts = sorted(sum(shape.get("label", "") == label for shape in answer) for answer in answers)
        found[label] = counts[(len(counts) - 1) // 2]
        agreed.append(counts.count(found[label]) / len(counts))
    return Consensus(found, sum(agreed) / len(agreed) if agreed else 1.0)


def _median(values: Sequence[int]) -> int:
    return round(median(values))


def _label(shapes: Sequence[Shape]) -> dict[str, Any]:
    return {"label": shapes[0]["label"]} if "label" in shapes[0] else {}
