"""What a simulated worker marks: boxes, outlines and points on a picture, stretches of sound, words of a text.

The truth of a task comes from its own source of chance (`truth`), so that several workers mark the same things. Each
hand is unsteady by as much as the person lacks skill, and now and then overlooks something.
"""

import math
import random
import re
from collections.abc import Mapping
from typing import Any

from tasks.widgets import Widget
from tasks.widgets.drawing import LEAST_SIDE, WHOLE

Options = Mapping[str, Any]
SLIP = 500  # ten-thousandths by which the least skilled hand misses, and a tenth of it the usual one
LATE_MS = 800  # the same for the moment at which a key is pressed
NOTHING_THERE = 0.1  # share of the tasks in which there is nothing to mark, where a form lets people say so
_WORD = re.compile(r"\w[\w’'-]*")


def truth(widget: Widget, source: random.Random, data: Mapping[str, str]) -> list[dict[str, Any]]:
    """What is there to be marked, as a cleaned answer of `widget`, drawn from `source`; `data` is the row."""
    options = widget.options
    if widget.key == "spans":
        return _spans(options, source, data)
    least, most = int(options.get("least") or 0), int(options.get("most") or 4)
    if not least and source.random() < NOTHING_THERE:
        return []
    count = source.randint(max(1, least), max(1, least, min(most, 4)))
    if widget.key == "segments":
        return _segments(options, count, source)
    shapes = [_SHAPES[widget.key](source) for _each in range(count)]
    return [_labelled(shape, options, source) for shape in shapes]


def unsteady(widget: Widget, marks: list[dict[str, Any]], rng: random.Random, skill: float) -> Any:
    """The same marks as a hand of this `skill` (0 to 1) sets them; with 1 they are exact."""
    miss = 1 - skill
    if widget.key == "spans" or not marks:
        return marks
    if widget.key == "segments":
        return sorted((_late(mark, rng, miss) for mark in marks), key=lambda mark: (mark["from"], mark["to"]))
    return [_moved(shape, rng, miss) for shape in marks]


def overlooked(widget: Widget, marks: list[dict[str, Any]], rng: random.Random) -> list[dict[str, Any]]:
    """The same marks without one of them, as long as the form lets that be; else with another label."""
    labels = [pair["value"] for pair in widget.options["labels"]]
    if len(marks) > int(widget.options.get("least") or 0):
        gone = rng.randrange(len(marks))
        return [mark for place, mark in enumerate(marks) if place != gone]
    return [{**mark, "label": rng.choice(labels)} for mark in marks] if labels else marks


def _labelled(mark: dict[str, Any], options: Options, source: random.Random) -> dict[str, Any]:
    labels = [pair["value"] for pair in options["labels"]]
    return {**mark, "label": source.choice(labels)} if labels else mark


def _box(source: random.Random) -> dict[str, Any]:
    wide, high = source.randint(800, 3000), source.randint(800, 3000)
    return {"x": source.randint(0, WHOLE - wide), "y": source.randint(0, WHOLE - high), "w": wide, "h": high}


def _outline(source: random.Random) -> dict[str, Any]:
    """Something round, with corners of its own."""
    x, y, reach = source.randint(2500, 7500), source.randint(2500, 7500), source.randint(800, 2200)
    corners = source.randint(8, 14)
    points = []
    for number in range(corners):
        turn, far = 2 * math.pi * number / corners, reach * source.uniform(0.75, 1.1)
        points.append([round(x + far * math.cos(turn)), round(y + far * math.sin(turn))])
    return {"points": points}


def _point(source: random.Random) -> dict[str, Any]:
    return {"x": source.randint(300, WHOLE - 300), "y": source.randint(300, WHOLE - 300)}


_SHAPES = {"boxes": _box, "outline": _outline, "points": _point}


def _moved(shape: dict[str, Any], rng: random.Random, miss: float) -> dict[str, Any]:
    def off(value: int, least: int = 0, most: int = WHOLE) -> int:
        return min(most, max(least, value + round(rng.gauss(0, SLIP * miss))))

    if "points" in shape:
        return {**shape, "points": [[off(x), off(y)] for x, y in shape["points"]]}
    if "w" not in shape:
        return {**shape, "x": off(shape["x"]), "y": off(shape["y"])}
    x, y = off(shape["x"], most=WHOLE - LEAST_SIDE), off(shape["y"], most=WHOLE - LEAST_SIDE)
    wide, high = off(shape["w"], LEAST_SIDE, WHOLE - x), off(shape["h"], LEAST_SIDE, WHOLE - y)
    return {**shape, "x": x, "y": y, "w": wide, "h": high}


def _segments(options: Options, count: int, source: random.Random) -> list[dict[str, Any]]:
    """Stretches of the first seconds: how long the recording is, its row does not say."""
    marks: list[dict[str, Any]] = []
    begin = 0
    for _each in range(count):
        start = begin + source.randint(100, 1500)
        begin = start + source.randint(500, 2500)
        mark = _labelled({"from": start, "to": begin}, options, source)
        marks.append(mark | {"text": f"[{len(marks) + 1}]"} if options["text"] else mark)
    return marks


def _late(mark: dict[str, Any], rng: random.Random, miss: float) -> dict[str, Any]:
    start = max(0, mark["from"] + round(rng.gauss(0, LATE_MS * miss)))
    return {**mark, "from": start, "to": max(start + 100, mark["to"] + round(rng.gauss(0, LATE_MS * miss)))}


def _spans(options: Options, source: random.Random, data: Mapping[str, str]) -> list[dict[str, Any]]:
    """Words with a capital or a figure, as names and dates have them; where there are none, nothing."""
    text = str(data.get(options["column"], ""))
    words = [found for found in _WORD.finditer(text) if not found[0][0].islower()]
    count = min(len(words), int(options["most"]), source.randint(1, 4))
    picked = sorted(source.sample(words, count), key=lambda found: found.start())
    return [_labelled({"start": one.start(), "end": one.end()}, options, source) for one in picked]
