"""What a simulated worker answers: mostly the task's own truth, now and then something else.

The truth of a task that nobody knows is drawn from its id, so that several workers can agree on it.
"""

import datetime as dt
import random
from collections.abc import Callable
from typing import Any

from tasks.forms import compile_form

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


def answer(form_spec: dict[str, Any], task_id: str, *, accuracy: float, rng: random.Random) -> dict[str, Any]:
    """An answer to every field of a form: the truth with probability `accuracy` (0 to 1), else another value."""
    form = compile_form(form_spec)
    return {
        field["name"]: _value(
            field, truth=random.Random(f"{task_id}:{field['name']}"), rng=rng, accuracy=accuracy
        )
        for field in form.spec["fields"]
    }


def _value(field: dict[str, Any], *, truth: random.Random, rng: random.Random, accuracy: float) -> Any:
    drawn = _draw(field, truth)
    if rng.random() < accuracy:
        return drawn
    for _ in range(5):
        other = _draw(field, rng)
        if other != drawn:
            return other
    return drawn


def _draw(field: dict[str, Any], source: random.Random) -> Any:
    return _DRAWN.get(field["widget"], _text)(field, source)


def _choice(field: dict[str, Any], source: random.Random) -> Any:
    values = [option["value"] for option in field["options"]]
    return [source.choice(values)] if field.get("many") else source.choice(values)


def _number(field: dict[str, Any], source: random.Random) -> str:
    low, high = float(field.get("min") or 0), float(field.get("max") or 100)
    return str(round(source.uniform(low, high)))


def _text(field: dict[str, Any], source: random.Random) -> str:
    text = " ".join(source.sample(WORDS, source.randint(3, 6)))
    return text[: int(field.get("max_length") or 200)]


def _rank(field: dict[str, Any], source: random.Random) -> list[str]:
    values = [pair.get("value") or pair["column"] for pair in field.get("options") or field["columns"]]
    return source.sample(values, len(values))


def _table(field: dict[str, Any], source: random.Random) -> list[dict[str, str]]:
    names = [pair["name"] for pair in field["columns"]]
    rows = max(1, int(field.get("least") or 0))
    return [{name: source.choice(WORDS) for name in names} for _row in range(rows)]


def _date(field: dict[str, Any], source: random.Random) -> str:
    earliest = dt.date.fromisoformat(field.get("earliest") or "2020-01-01")
    latest = dt.date.fromisoformat(field.get("latest") or (earliest + dt.timedelta(days=365)).isoformat())
    return (earliest + dt.timedelta(days=source.randint(0, max(0, (latest - earliest).days)))).isoformat()


def _code(field: dict[str, Any], source: random.Random) -> str:
    """A code of the list; of a form that knows none, a word. A pattern is nothing that a crowd can guess."""
    return str(source.choice(field["codes"])["code"]) if field.get("codes") else source.choice(WORDS)


_DRAWN: dict[str, Callable[[dict[str, Any], random.Random], Any]] = {
    "choice": _choice,
    "code": _code,
    "compare": lambda field, source: source.choice(["a", "b"]),
    "consent": lambda field, source: "yes",
    "date": _date,
    "number": _number,
    "rank": _rank,
    "rating": lambda field, source: source.randint(1, int(field.get("steps") or 5)),
    "table": _table,
}
