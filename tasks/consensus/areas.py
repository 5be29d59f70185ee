"""The area that most outlines hold, as an outline again: a vote on a raster, traced along its edge."""

import math
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

CELLS = 192  # of the longer side of the raster that covers all outlines
Point = Sequence[int]
Corner = tuple[int, int]


def of_most(outlines: Sequence[Sequence[Point]]) -> list[list[int]]:
    """The outline of the largest area that more than half of `outlines` hold, in their unit; empty where there is none.

    Right to about a cell, one of `CELLS` of the longer side. Holes and smaller areas apart are left out, since an
    answer is one outline.
    """
    corners = np.array([point for outline in outlines for point in outline], dtype=float)
    low = corners.min(axis=0)
    cell = float(max(1.0, (corners.max(axis=0) - low).max() / CELLS))
    size = np.ceil((corners.max(axis=0) - low) / cell).astype(int) + 1
    votes = np.zeros((size[1], size[0]), dtype=int)
    for outline in outlines:
        votes += _inside((np.array(outline, dtype=float) - low) / cell, int(size[0]), int(size[1]))
    loop = _longest_edge(2 * votes > len(outlines))
    points = _simple([(float(x), float(y)) for x, y in loop], 0.75)
    return (
        [[round(low[0] + x * cell), round(low[1] + y * cell)] for x, y in points] if len(points) > 2 else []
    )


def _inside(points: NDArray[np.float64], wide: int, high: int) -> NDArray[np.bool_]:
    """Which cells have their middle inside, by the even-odd rule."""
    across = np.arange(wide) + 0.5
    odd = np.zeros((high, wide), dtype=bool)
    for (x1, y1), (x2, y2) in zip(points, np.roll(points, -1, axis=0), strict=True):
        if y1 > y2:
            x1, y1, x2, y2 = x2, y2, x1, y1
        first, last = max(0, math.ceil(y1 - 0.5)), min(high, math.ceil(y2 - 0.5))
        if last > first:
            at = x1 + (np.arange(first, last) + 0.5 - y1) * (x2 - x1) / (y2 - y1)
            odd[first:last] ^= across[None, :] > at[:, None]
    return odd


def _longest_edge(kept: NDArray[np.bool_]) -> list[Corner]:
    """The corners along the edge of the kept cells that encloses the largest area."""
    best: list[Corner] = []
    most = 0.0
    for loop in _edges(kept):
        area = abs(
            sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in zip(loop, [*loop[1:], loop[0]], strict=True))
        )
        if area > most:
            best, most = loop, area
    return best


def _edges(kept: NDArray[np.bool_]) -> list[list[Corner]]:
    """All closed edges, each with the kept cells on its right; where two meet at a corner they part."""
    wall = np.pad(kept, 1)
    steps: dict[Corner, list[Corner]] = defaultdict(list)
    for (down, right), (start, end) in {
        (-1, 0): ((0, 0), (1, 0)),
        (0, 1): ((1, 0), (1, 1)),
        (1, 0): ((1, 1), (0, 1)),
        (0, -1): ((0, 1), (0, 0)),
    }.items():
        beside = np.roll(wall, (-down, -right), axis=(0, 1))
        for y, x in np.argwhere(wall & ~beside) - 1:
            steps[int(x) + start[0], int(y) + start[1]].append((int(x) + end[0], int(y) + end[1]))
    loops = []
    while steps:
        first = min(steps)
        loop, here, before = [first], first, (first[0], first[1] + 1)
        while True:
            ahead = steps[here]
            turn = _right_most(before, here, ahead)
            ahead.remove(turn)
            if not ahead:
                del steps[here]
            before, here = here, turn
            if here == first:
                break
            loop.append(here)
        loops.append(loop)
    return loops


def _right_most(before: Corner, here: Corner, ahead: Sequence[Corner]) -> Corner:
    """Of two ways on, the one that turns right, towards the cell one came along."""
    came = (here[0] - before[0], here[1] - before[1])
    return max(ahead, key=lambda to: came[0] * (to[1] - here[1]) - came[1] * (to[0] - here[0]))


def _simple(points: list[tuple[float, float]], most: float) -> list[tuple[float, float]]:
    """The outline with less corners, nowhere further than `most` from it (D. H. Douglas and T. K. Peucker, 1973)."""
    if len(points) < 4:
        return points
    far = max(range(len(points)), key=lambda place: math.dist(points[0], points[place]))
    closed = [*points, points[0]]
    kept = {0, far}
    waiting = [(0, far), (far, len(points))]
    while waiting:
        start, end = waiting.pop()
        part = np.array(closed[start + 1 : end])
        if not len(part):
            continue
        one, other = np.array(closed[start]), np.array(closed[end])
        along = other - one
        length = float(np.hypot(*along))
        if length == 0:
            away = np.hypot(*(part - one).T)
        else:
            away = np.abs(along[0] * (part[:, 1] - one[1]) - along[1] * (part[:, 0] - one[0])) / length
        worst = int(away.argmax())
        if away[worst] > most:
            middle = start + 1 + worst
            kept.add(middle)
            waiting += [(start, middle), (middle, end)]
    return [points[place] for place in sorted(kept)]
