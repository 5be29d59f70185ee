"""Whether an answer is right, judged against what is known: by every kind of question, with several right answers."""

from types import SimpleNamespace
from typing import Any

import pytest

from tasks import widgets
from tasks.forms import Form, compile_form
from tasks.known import judge, judged_fields, numeric_fields

CHOICE = {"name": "same", "widget": "choice", "label": "?", "options": [
    {"value": "1", "label": "Yes"}, {"value": "0", "label": "No"}]}  # fmt: skip
FORM = compile_form(
    {
        "fields": [
            CHOICE,
            {"name": "words", "widget": "text", "label": "?"},
            {"name": "weight", "widget": "number", "label": "?", "min": "0", "max": "100"},
            {"name": "stars", "widget": "rating", "label": "?", "steps": 5},
        ]
    }
)


def known(*answers: dict[str, Any], **tolerance: Any) -> Any:
    return SimpleNamespace(answers=list(answers), tolerance=tolerance)


def wrong(known_: Any, form: Form = FORM, **answer: Any) -> list[str]:
    return judge(form, known_, answer)


def test_an_answer_is_right_in_the_fields_that_the_known_answer_names_whatever_the_others_say() -> None:
    assert wrong(known({"same": "1"}), same="1", words="anything") == []
    assert wrong(known({"same": "1"}), same="0") == ["same"]
    assert wrong(known({"same": "1", "words": "oak"}), same="0", words="elm") == ["same", "words"]


def test_an_empty_field_is_wrong_unless_it_is_known_to_be_empty() -> None:
    assert wrong(known({"words": "oak"})) == ["words"]
    assert wrong(known({"words": None})) == []
    assert wrong(known({"words": None}), words="oak") == ["words"]


def test_one_of_several_known_answers_is_enough_and_the_nearest_says_what_is_wrong() -> None:
    several = known({"same": "1", "words": "oak"}, {"same": "0", "words": "elm"})
    assert wrong(several, same="1", words="oak") == [] == wrong(several, same="0", words="elm")
    assert wrong(several, same="0", words="oak") == ["same"]  # as far from both: the first
    assert wrong(several, same="0", words="ash") == ["words"]


def test_text_is_compared_as_results_compare_it() -> None:
    assert wrong(known({"words": "Oak table"}), words="oak  TABLE") == []


def test_a_number_is_exact_unless_the_question_or_the_form_allows_to_be_off() -> None:
    assert wrong(known({"weight": "50"}), weight="50.0") == []
    assert wrong(known({"weight": "50"}), weight="51") == [
        "weight"
    ]  # the form's twentieth is for consensus only
    assert wrong(known({"weight": "50"}, weight="1"), weight="51") == []
    assert wrong(known({"weight": "50"}, weight=0.5), weight="50.6") == ["weight"]
    loose = compile_form({"fields": [{"name": "weight", "widget": "number", "label": "?", "tolerance": "2"}]})
    assert wrong(known({"weight": "50"}), loose, weight="52") == []
    assert wrong(known({"weight": "50"}, weight="1"), loose, weight="52") == ["weight"]


def test_a_rating_may_be_a_step_off_where_the_question_says_so() -> None:
    assert wrong(known({"stars": 4}), stars=5) == ["stars"]
    assert wrong(known({"stars": 4}, stars=1), stars=5) == [] == wrong(known({"stars": 4}, stars=1), stars=3)


def test_a_tolerance_for_what_is_no_number_changes_nothing() -> None:
    assert wrong(known({"words": "oak"}, words="3"), words="elm") == ["words"]
    assert numeric_fields(FORM) == ["weight", "stars"]


def test_a_drawing_that_lies_nearly_on_the_known_one_is_right() -> None:
    form = compile_form(
        {"fields": [{"name": "cars", "widget": "boxes", "label": "?", "column": "photo", "labels": ["Car"]}]}
    )
    box = {"x": 1000, "y": 1000, "w": 4000, "h": 4000, "label": "Car"}
    right = known(form.clean({"cars": [box]}))
    assert wrong(right, form, **form.clean({"cars": [box | {"x": 1100}]})) == []
    assert wrong(right, form, **form.clean({"cars": [box | {"x": 5000}]})) == ["cars"]


SAMPLES = {key: widget.example() or {} for key, widget in widgets.all_widgets().items()}


@pytest.mark.parametrize("key", sorted(key for key, sample in SAMPLES.items() if "answer" in sample))
def test_every_widget_finds_its_own_sample_right_and_silence_wrong(key: str) -> None:
    sample = SAMPLES[key]
    form = compile_form({"fields": [{"name": "x", "widget": key, "label": "?", **sample["spec"]}]})
    right = known(form.clean({"x": sample["answer"]}), x=1)
    assert wrong(right, form, **form.clean({"x": sample["answer"]})) == []
    assert wrong(right, form) == ["x"]


def test_the_judged_fields_are_those_that_some_answer_names() -> None:
    assert judged_fields(FORM, known({"weight": "1"}, {"same": "1"})) == ["same", "weight"]
