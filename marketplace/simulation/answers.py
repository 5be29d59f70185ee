"""What a simulated worker answers: mostly the task's own truth, now and then something else.

The truth of a task that nobody knows is drawn from its id, so that several workers can agree on it.
"""

import random
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
    if field["widget"] == "choice":
        values = [option["value"] for option in field["options"]]
        return [source.choice(values)] if field.get("many") else source.choice(values)
    if field["widget"] == "number":
        low, high = float(field.get("min") or 0), float(field.get("max") or 100)
        return str(round(source.uniform(low, high)))
    text = " ".join(source.sample(WORDS, source.randint(3, 6)))
    return text[: int(field.get("max_length") or 200)]
