"""The mosaic: a batch drawn as tiles, one for a task or for an equal share of many.

Pure Python. `draw` is a function of its arguments alone: the same batch (its id is the seed) always has each
tile in the same place at the same slight tilt, and only the colours move as answers come in. The picture
settles from the leading side, with a grain; a contested tile is a lozenge, one in hand lies smaller and
further off true, so that no state is told by colour alone.

One `<path>` for each state; corners are rounded by the stroke (static/css/components.css). A page of 960
tiles is about 26 kB, and 5 kB once compressed.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from random import Random

# In the order a tile moves through them; also the order of the key.
STATES = ("approved", "submitted", "claimed", "contested", "open")
CELL = 16  # side of a tile and its joint, in units of the drawing
TILTS = tuple(range(-3, 4))  # seven tilts, in thirds of a unit: few shapes compress well
GRAIN = 0.6  # how far, in widths of the picture, the front of the work is blurred


@dataclass(frozen=True)
class Size:
    """How many tiles fit: never more than `columns` × `rows`, never larger than `fewest` to a row."""

    columns: int
    rows: int
    fewest: int


SIZES = {
    "card": Size(24, 4, 16),
    "page": Size(48, 20, 24),
    "phone": Size(24, 24, 12),
    "band": Size(72, 8, 36),
}


def tally(states: Iterable[str] | Mapping[str, int]) -> dict[str, int]:
    """Counts for every state, in the order of STATES, from a list of states or from counts.

    Raises ValueError for a state that is not one of STATES, or a count below 0.
    """
    counts = Counter(states)
    unknown = set(counts) - set(STATES)
    if unknown:
        raise ValueError(f"not states of a tile: {', '.join(sorted(unknown))}")
    if any(count < 0 for count in counts.values()):
        raise ValueError("a count is below 0")
    return {state: counts.get(state, 0) for state in STATES}


def shares(counts: Mapping[str, int], tiles: int) -> dict[str, int]:
    """Split `tiles` over the states by largest remainder, so that they sum exactly.

    A state that has a task keeps at least one tile (taken from the largest), so that a single contested
    answer among thousands is still seen. Raises ValueError when there are fewer tiles than such states.
    """
    total = sum(counts.values())
    present = [state for state in STATES if counts.get(state)]
    if total <= tiles:
        return {state: counts.get(state, 0) for state in STATES}
    if tiles < len(present):
        raise ValueError(f"{tiles} tiles can't show {len(present)} states")
    result = {state: counts.get(state, 0) * tiles // total for state in STATES}
    by_rest = sorted(present, key=lambda state: -(counts[state] * tiles % total))
    for state in by_rest[: tiles - sum(result.values())]:
        result[state] += 1
    for state in present:
        if not result[state]:
            result[state] = 1
            result[max(STATES, key=lambda each: result[each])] -= 1
    return result


def grid(total: int, size: Size) -> tuple[int, int, int]:
    """(tiles, columns, rows) for a batch of `total` tasks: one tile each while they fit."""
    tiles = min(total, size.columns * size.rows)
    if tiles <= size.fewest:
        return tiles, size.fewest, 1
    wide = math.ceil(math.sqrt(tiles * size.columns / size.rows))
    columns = min(max(wide, size.fewest, math.ceil(tiles / size.rows)), size.columns)
    return tiles, columns, math.ceil(tiles / columns)


@dataclass(frozen=True)
class Bed:
    """Where the tiles of one batch lie, and in which order they fill; no state in it."""

    tilts: tuple[int, ...]
    arrival: tuple[float, ...]  # when work reaches the tile, 0 at the leading side
    approval: tuple[float, ...]  # when it settles, a little later
    chance: tuple[float, ...]


@lru_cache(maxsize=512)
def _bed(seed: str, tiles: int, rows: int) -> Bed:
    dice = Random(seed)  # noqa: S311 - the same picture for the same seed, nothing secret
    width = max(math.ceil(tiles / rows), 1)
    tilts, arrival, approval, chance = [], [], [], []
    for index in range(tiles):
        column = index // rows
        reached = column / width + GRAIN * dice.triangular(-0.5, 0.5, 0)
        tilts.append(dice.choice(TILTS))
        arrival.append(reached)
        approval.append(reached + GRAIN * dice.random() ** 4)
        chance.append(dice.random())
    return Bed(tuple(tilts), tuple(arrival), tuple(approval), tuple(chance))


def settle(counts: Mapping[str, int], *, seed: str, rows: int) -> list[str]:
    """The state of each tile, column by column from the leading side; `counts` are counts of tiles."""
    tiles = sum(counts.values())
    bed = _bed(seed, tiles, rows)
    states = ["open"] * tiles
    touched = sorted(range(tiles), key=bed.arrival.__getitem__)[: tiles - counts["open"]]
    touched.sort(key=bed.approval.__getitem__)
    for index in touched[: counts["approved"]]:
        states[index] = "approved"
    rest = sorted(touched[counts["approved"] :], key=bed.chance.__getitem__)
    for index in rest[: counts["contested"]]:
        states[index] = "contested"
    waiting = sorted(rest[counts["contested"] :], key=lambda i: bed.arrival[i] + bed.chance[i] * GRAIN)
    for place, index in enumerate(waiting):
        states[index] = "submitted" if place < counts["submitted"] else "claimed"
    return states


def _figure(value: float) -> str:
    """A number for a path, as short as it goes: "12", ".5", "-.3"."""
    text = f"{round(value, 1) + 0:g}"
    return text.replace("0.", ".", 1) if text.startswith(("0.", "-0.")) else text


def _outline(side: float, lean: float) -> str:
    """A square of `side` turned by a rise of `lean` over its side, as relative moves from its first corner."""
    steps = [(side, lean), (-lean, side), (-side, -lean)]
    path = "".join(f"l{_figure(x)} {_figure(y)}" for x, y in steps)
    return path.replace(" -", "-") + "z"


LOZENGE = "l5 5-5 5-5-5z"


@lru_cache(maxsize=64)
def _tile(state: str, tilt: int) -> tuple[float, float, str]:
    """(x, y) of the first corner within its cell, and the outline, of a tile in `state`."""
    if state == "contested":
        return CELL / 2, CELL / 2 - 5, LOZENGE
    side, lean = {"claimed": (6.0, tilt * 0.3), "submitted": (8.0, tilt / 5)}.get(state, (8.0, tilt / 8))
    start = CELL / 2 - side / 2
    return start + round(lean / 2, 1), start - round(lean / 2, 1), _outline(side, lean)


def _paths(states: list[str], *, seed: str, rows: int) -> str:
    bed = _bed(seed, len(states), rows)
    parts: dict[str, list[str]] = {state: [] for state in reversed(STATES)}
    for index, state in enumerate(states):
        column, row = divmod(index, rows)
        x, y, outline = _tile(state, bed.tilts[index])
        parts[state].append(f"M{_figure(column * CELL + x)} {_figure(row * CELL + y)}{outline}")
    return "".join(f'<path class="t {state}" d="{"".join(d)}"/>' for state, d in parts.items() if d)


@lru_cache(maxsize=256)
def _drawing(seed: str, counts: tuple[int, ...], size: Size) -> tuple[str, str]:
    tiles, columns, rows = grid(sum(counts), size)
    if not tiles:
        return f"0 0 {size.fewest * CELL} {CELL}", ""
    states = settle(shares(dict(zip(STATES, counts, strict=True)), tiles), seed=seed, rows=rows)
    return f"0 0 {columns * CELL} {rows * CELL}", _paths(states, seed=seed, rows=rows)


def draw(
    states: Iterable[str] | Mapping[str, int],
    *,
    seed: str,
    size: str | Size = "page",
    title: str = "",
    description: str = "",
    uid: str = "",
) -> str:
    """The mosaic as SVG.

    states: the state of each task, or how many tasks are in each state.
    seed: the batch's public id. size: a name of SIZES, or a Size.
    title, description: the text alternative, plain text in the reader's language; without a title the picture
        is decoration and hidden from screen readers (its figures stand beside it).
    uid: tells two drawings of one batch on one page apart.
    Raises ValueError as `tally` does, KeyError for an unknown size.
    """
    chosen = SIZES[size] if isinstance(size, str) else size
    box, paths = _drawing(seed, tuple(tally(states).values()), chosen)
    if not title:
        return f'<svg class="mosaic" viewBox="{box}" aria-hidden="true">{paths}</svg>'
    name = "m-" + "".join(c for c in f"{seed}{uid}" if c.isalnum() or c in "-_")
    words = f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(description)}</desc>'
    labels = f'role="img" aria-labelledby="{name}-t" aria-describedby="{name}-d"'
    return f'<svg class="mosaic" viewBox="{box}" {labels}>{words}{paths}</svg>'


def share_of(total: int, size: str | Size = "page") -> int:
    """How many tasks one tile stands for, rounded to the nearest (1 while each task has its own)."""
    chosen = SIZES[size] if isinstance(size, str) else size
    tiles, _, _ = grid(total, chosen)
    return max(round(total / tiles), 1) if tiles else 1
