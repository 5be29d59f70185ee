"""What a simulated worker answers: mostly the task's own truth, now and then something else.

The truth of a task that nobody knows is drawn from its id, so that several workers can agree on it. Every widget that
comes with us has its way here; one that was added later is answered with words.
"""

import datetime as dt
import random
from collections.abc import Callable, Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from tasks.forms import compile_form
from tasks.widgets import Widget

from . import marks

WORDS = [
    "clear",
    "short",
    "order",
    "late",
    "parcel",
    "thanks",
    "never",
    "again",
    "good",
    "value",
    "returns",
    "easy",
    "invoice",
    "stamp",
    "window",
    "garden",
]
MARKED = frozenset({"boxes", "outline", "points", "segments", "spans"})
Data = Mapping[str, str]
Send = Callable[[str], str]  # kind of a file → the id under which it was taken


def answer(
    form_spec: dict[str, Any],
    task_id: str,
    *,
    accuracy: float,
    rng: random.Random,
    data: Data | None = None,
    send: Send | None = None,
) -> dict[str, Any]:
    """An answer to every question of a form: the truth with probability `accuracy` (0 to 1), else another value.

    `data` is the row, for marks in its text. `send` sends a photo or a recording of this person for the task and
    returns its id; without it such a question stays empty.
    """
    given = {}
    for widget in compile_form(form_spec).fields:
        truth = random.Random(f"{task_id}:{widget.name}")
        if widget.key == "upload":
            given[widget.name] = send(widget.options["accept"]) if send else None
        elif widget.key in MARKED:
            given[widget.name] = _marked(widget, truth, rng, accuracy, data or {})
        else:
            given[widget.name] = _value(widget, truth, rng, accuracy)
    return {name: value for name, value in given.items() if value is not None}


def skill(person: int, accuracy: float) -> float:
    """The accuracy of one person of a crowd whose mean is `accuracy`: always the same for the same person."""
    lot = random.Random(f"skill:{person}").uniform(-0.8, 0.8)
    return accuracy + lot * min(accuracy, 1 - accuracy)


def _marked(widget: Widget, truth: random.Random, rng: random.Random, accuracy: float, data: Data) -> Any:
    there = marks.truth(widget, truth, data)
    if rng.random() >= accuracy:
        there = marks.overlooked(widget, there, rng)
    return marks.unsteady(widget, there, rng, accuracy)


def _value(widget: Widget, truth: random.Random, rng: random.Random, accuracy: float) -> Any:
    drawn = _draw(widget, truth)
    if rng.random() < accuracy:
        return drawn
    if widget.key == "rating":  # who is not sure is off by one
        steps = int(widget.options["steps"])
        return drawn + 1 if drawn == 1 else drawn - 1 if drawn == steps else drawn + rng.choice((-1, 1))
    for _ in range(5):
        other = _draw(widget, rng)
        if other != drawn:
            return other
    return drawn


def _draw(widget: Widget, source: random.Random) -> Any:
    return _DRAWN.get(widget.key, _text)(widget, source)


def _choice(widget: Widget, source: random.Random) -> Any:
    values = [option["value"] for option in widget.options["options"]]
    if not widget.options["many"]:
        return source.choice(values)
    return source.sample(values, source.randint(1, min(2, len(values))))


def _compare(widget: Widget, source: random.Random) -> str:
    return source.choices(["a", "b", "tie"], [4, 4, 1 if widget.options["tie"] else 0])[0]


def _number(widget: Widget, source: random.Random) -> str:
    """A number on the steps that the form counts, between its ends."""
    options = widget.options
    low, high = _ends(options["min"], options["max"])
    places = options["decimals"]
    step = Decimal(options["step"]) if options["step"] else Decimal(1).scaleb(-(places or 0))
    if high - low < step and not options["step"] and places is None:
        step = (high - low) / 16
    value = low + step * source.randint(0, int((high - low) / step))
    if places is not None:
        unit = Decimal(1).scaleb(-places)
        up = value.quantize(unit, ROUND_CEILING)
        value = up if up <= high else value.quantize(unit, ROUND_FLOOR)
    return format(value, "f")


def _ends(least: str | None, most: str | None) -> tuple[Decimal, Decimal]:
    """The range that a form sets; a hundred wide, from 0 on if that can be, where it leaves an end open."""
    if least is not None:
        return Decimal(least), Decimal(most) if most is not None else Decimal(least) + 100
    high = Decimal(100 if most is None else most)
    return Decimal(0) if high > 0 else high - 100, high


def _text(widget: Widget, source: random.Random) -> str:
    """A few words; letters of the set that the form allows; as long as it asks for."""
    least = int(widget.options.get("min_length") or 1)
    most = int(widget.options.get("max_length") or max(200, least))
    if allowed := str(widget.options.get("characters") or ""):
        return _letters(allowed, source.randint(least, min(most, least + 8)), source)
    text = " ".join(source.sample(WORDS, source.randint(3, 6)))
    while len(text) < least:
        text += " " + source.choice(WORDS)
    return text[:most].rstrip().ljust(least, ".")


def _letters(allowed: str, length: int, source: random.Random) -> str:
    """`length` characters of a set such as "0-9A-Z"; a blank only where there is nothing else."""
    letters, place = [], 0
    while place < len(allowed):
        wide = allowed[place + 1 : place + 2] == "-" and place + 2 < len(allowed)
        last = allowed[place + 2] if wide else allowed[place]
        letters += [chr(code) for code in range(ord(allowed[place]), ord(last) + 1)][:200]
        place += 3 if wide else 1
    seen = [letter for letter in letters if not letter.isspace()] or letters
    return "".join(source.choice(seen) for _each in range(length))


def _rank(widget: Widget, source: random.Random) -> list[str]:
    pairs = widget.options["options"] or widget.options["columns"]
    values = [pair.get("value") or pair["column"] for pair in pairs]
    return source.sample(values, len(values))


def _table(widget: Widget, source: random.Random) -> list[dict[str, str]]:
    names = [pair["name"] for pair in widget.options["columns"]]
    least, most = max(1, widget.options["least"]), widget.options["most"]
    rows = source.randint(least, max(least, min(most, least + 2)))
    numbers = {pair["name"] for pair in widget.options["numbers"]}
    return [
        {name: str(source.randint(1, 40)) if name in numbers else source.choice(WORDS) for name in names}
        for _row in range(rows)
    ]


def _date(widget: Widget, source: random.Random) -> str:
    """A day between the ends that the form sets, or of the year at the one that it sets."""
    first, last = widget.options["earliest"], widget.options["latest"]
    year = dt.timedelta(days=365)
    latest = dt.date.fromisoformat(last) if last else None
    earliest = dt.date.fromisoformat(first) if first else latest - year if latest else dt.date(2020, 1, 1)
    days = ((latest or earliest + year) - earliest).days
    return (earliest + dt.timedelta(days=source.randint(0, days))).isoformat()


def _code(widget: Widget, source: random.Random) -> str:
    """A code of the list, or one that looks as the form says; where it says nothing, a word."""
    options = widget.options
    if options["check"] == "code":
        return str(source.choice(options["codes"])["code"])
    if options["check"] == "pattern":
        return _letters(options["characters"] or "0-9A-Z", options["length"] or 8, source)
    return source.choice(WORDS)


_DRAWN: dict[str, Callable[[Widget, random.Random], Any]] = {
    "choice": _choice,
    "code": _code,
    "compare": _compare,
    "consent": lambda widget, source: "yes",
    "date": _date,
    "number": _number,
    "rank": _rank,
    "rating": lambda widget, source: source.randint(1, int(widget.options["steps"])),
    "table": _table,
}
