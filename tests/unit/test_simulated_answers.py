"""The simulated crowd answers whatever a form asks: plausibly, alike for one task, and worse with less skill."""

import itertools
import random
from typing import Any

import pytest

from marketplace.base import ids
from marketplace.simulation import answers, files, marks
from tasks import kinds, widgets
from tasks.forms import Form, compile_form

LABELS = [{"value": "1", "label": "One"}, {"value": "2", "label": "Two"}]
PAIR = ["left", "right"]
# Settings that leave little room, for each widget; besides the sample that the widget shows of itself.
NARROW: dict[str, list[dict[str, Any]]] = {
    "boxes": [{"column": "photo", "least": 3, "most": 3}, {"column": "photo", "labels": LABELS, "most": 1}],
    "outline": [{"column": "photo"}, {"column": "photo", "labels": LABELS, "least": 2}],
    "points": [{"column": "photo", "least": 1, "most": 1}, {"column": "photo", "labels": LABELS}],
    "segments": [{"column": "sound"}, {"column": "sound", "labels": LABELS, "text": True}],
    "spans": [{"column": "text", "labels": LABELS, "most": 1}, {"column": "nowhere", "labels": LABELS}],
    "choice": [{"options": PAIR}, {"options": PAIR, "many": True}],
    "code": [
        {"url": "https://survey.example/", "check": "pattern", "characters": "0-9A-F", "length": 12},
        {"url": "https://survey.example/", "check": "pattern", "length": 3},
        {"url": "https://survey.example/"},
    ],
    "compare": [{"a": "a", "b": "b", "tie": False}, {"a": "a", "b": "b"}],
    "consent": [{}],
    "date": [{"earliest": "2026-02-28", "latest": "2026-02-28"}, {"latest": "1969-12-31"}, {}],
    "number": [
        {"min": "0.5", "max": "0.9"}, {"min": "-3", "max": "-1", "decimals": 2},
        {"min": "1", "max": "2", "step": "0.25"}, {"max": "-5"}, {"min": "0.5", "max": "1.5", "decimals": 0}, {},
    ],
    "rank": [{"options": PAIR}, {"columns": ["a", "b"]}],
    "rating": [{"steps": 2}, {"steps": 11}],
    "table": [{"columns": ["item"], "least": 2, "most": 2}, {"columns": ["item", "price"]}],
    "text": [
        {"min_length": 80, "max_length": 80}, {"max_length": 3}, {"characters": "0-9A-Z ", "min_length": 4},
        {"lines": "many", "min_length": 700}, {"characters": "0-9-"},
    ],
    "upload": [{"accept": "photo"}, {"accept": "sound"}],
}  # fmt: skip
ROW = {"text": "Ruth moved to Weston in 1987, and left it.", "photo": "example:street.webp"}


def form_of(key: str, spec: dict[str, Any]) -> Form:
    filled = {name: value for name, value in spec.items() if value not in (None, "", [])}
    return compile_form(
        {"fields": [{"name": "x", "label": "Question", "required": True, **filled, "widget": key}]}
    )


def sent(kind: str) -> str:
    return ids.encode("fil", 7)


def given(form: Form, number: int, *, accuracy: float, seed: int) -> dict[str, Any]:
    rng = random.Random(seed)
    return answers.answer(form.spec, f"tsk_{number}", accuracy=accuracy, rng=rng, data=ROW, send=sent)


def forms() -> list[Any]:
    found = []
    for key, widget in widgets.all_widgets().items():
        example = (widget.example() or {}).get("spec", {})
        for number, spec in enumerate([*NARROW[key], *([example] if example else [])]):
            found.append(pytest.param(key, spec, id=f"{key}-{number}"))
    return found


@pytest.mark.parametrize(("key", "spec"), forms())
def test_whatever_a_widget_asks_the_answer_is_one_that_it_takes(key: str, spec: dict[str, Any]) -> None:
    form = form_of(key, spec)
    for number in range(40):
        for accuracy in (1.0, 0.6, 0.0):
            answer = given(form, number, accuracy=accuracy, seed=number)
            assert form.clean(answer).keys() == {"x"}, answer


@pytest.mark.parametrize("kind", kinds.all_kinds(), ids=lambda kind: kind.key)
def test_every_kind_can_be_worked_by_the_crowd(kind: kinds.Kind) -> None:
    form = compile_form(kind.form())
    for number, row in enumerate(kind.example_rows()):
        answer = answers.answer(
            form.spec, f"tsk_{number}", accuracy=0.7, rng=random.Random(number), data=row, send=sent
        )
        assert form.clean(answer)


@pytest.mark.parametrize("key", [*sorted(marks._SHAPES), "segments", "spans", "rating", "rank", "choice"])
def test_skilled_people_agree_and_careless_ones_less(key: str) -> None:
    form = form_of(key, NARROW[key][0 if key == "spans" else 1])

    def agreement(accuracy: float) -> float:
        scores = []
        for number in range(30):
            crowd = [given(form, number, accuracy=accuracy, seed=1000 * number + n) for n in range(3)]
            cleaned = [form.clean(answer) for answer in crowd]
            scores += [form.agree(one, other) for one, other in itertools.combinations(cleaned, 2)]
        return sum(scores) / len(scores)

    exact, usual, careless = agreement(1.0), agreement(0.9), agreement(0.3)
    assert exact == pytest.approx(1)
    assert exact > usual > careless


def test_now_and_then_there_is_nothing_to_mark_where_that_may_be_said() -> None:
    free, bound = form_of("points", NARROW["points"][1]), form_of("points", NARROW["points"][0])
    said = [given(free, number, accuracy=1.0, seed=1)["x"] for number in range(200)]
    assert 5 <= said.count([]) <= 40
    assert all(given(bound, number, accuracy=0.0, seed=number)["x"] for number in range(50))


def test_names_are_marked_where_they_stand_in_the_row() -> None:
    form = form_of("spans", {"column": "text", "labels": LABELS})
    words = {
        ROW["text"][one["start"] : one["end"]]
        for number in range(20)
        for one in given(form, number, accuracy=1.0, seed=1)["x"]
    }
    assert words == {"Ruth", "Weston", "1987"}


def test_each_person_keeps_a_skill_around_that_of_the_crowd() -> None:
    skills = [answers.skill(number, 0.9) for number in range(500)]
    assert min(skills) >= 0.8 and max(skills) <= 1 and abs(sum(skills) / 500 - 0.9) < 0.01
    assert len(set(skills)) > 400 and answers.skill(3, 0.9) == skills[3]
    assert answers.skill(3, 1.0) == 1 and answers.skill(3, 0.0) == 0


@pytest.mark.parametrize(("kind", "begins"), [("photo", b"\x89PNG"), ("sound", b"RIFF")])
def test_a_simulated_worker_takes_photos_and_records(kind: str, begins: bytes) -> None:
    one, other = files.take(kind, random.Random(1)), files.take(kind, random.Random(2))
    assert one.startswith(begins) and one != other and len(one) < 100_000


def test_without_a_way_to_send_a_photo_the_question_stays_empty() -> None:
    form = form_of("upload", {"accept": "photo"})
    assert answers.answer(form.spec, "tsk_1", accuracy=1.0, rng=random.Random(1)) == {}
