"""A form as a whole: compiled from JSON, cleaned, drawn, compared; kinds; a widget added as one file."""

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from marketplace.base.errors import Invalid
from tasks import kinds, widgets
from tasks.forms import BadAnswer, BadForm, compile_form, render_task
from tasks.widgets.base import Widget

ROOT = Path(__file__).resolve().parents[2]
SPEC: dict[str, Any] = {
    "show": [
        {"as": "text", "column": "name_a", "label": "Product A"},
        {"as": "text", "column": "name_b", "label": "Product B"},
    ],
    "fields": [
        {
            "name": "same",
            "widget": "choice",
            "label": "The same product?",
            "required": True,
            "options": [{"value": "1", "label": "Yes"}, {"value": "0", "label": "No"}],
        },
        {"name": "why", "widget": "text", "label": "What in “{{name_a}}” tells you?", "help": "{{hint}}"},
    ],
}


JUDGED: dict[str, Any] = {
    "fields": [
        {"name": "verdict", "widget": "choice", "label": "Right?", "required": True,
         "options": [{"value": "right", "label": "Yes"}, {"value": "wrong", "label": "No: I corrected it"}]},
        {"name": "corrected", "widget": "text", "label": "The right answer", "needed_if": "verdict=wrong"},
    ],
}  # fmt: skip


def test_a_question_can_be_needed_after_a_certain_answer_only() -> None:
    form = compile_form(JUDGED)
    assert form.clean({"verdict": "right"}) == {"verdict": "right"}
    with pytest.raises(BadAnswer) as caught:
        form.clean({"verdict": "wrong", "corrected": " "})
    assert list(caught.value.fields) == ["corrected"]
    assert form.clean({"verdict": "wrong", "corrected": "Six"})["corrected"] == "Six"
    assert "needed after “No: I corrected it”" in render_task(form, {})
    assert form.answer_schema()["allOf"][0]["then"] == {"required": ["corrected"]}


@pytest.mark.parametrize(
    "rule", ["verdict", "verdict=", "verdict=maybe", "corrected=x", "nothing=wrong", "=wrong"]
)
def test_a_need_names_an_earlier_question_and_its_answers(rule: str) -> None:
    first, second = JUDGED["fields"]
    assert places({"fields": [first, {**second, "needed_if": rule}]}) == ["fields[1].needed_if"]


def places(spec: Any) -> list[str]:
    with pytest.raises(BadForm) as caught:
        compile_form(spec)
    assert caught.value.code == "bad_form"
    assert caught.value.status == 400
    assert all(str(message) for messages in caught.value.fields.values() for message in messages)
    return sorted(caught.value.fields)


def field(**changes: Any) -> dict[str, Any]:
    return {"name": "x", "widget": "text", "label": "?"} | changes


# --- compiling --------------------------------------------------------------------------------------------


def test_a_form_names_the_columns_it_shows_and_those_in_its_labels() -> None:
    assert compile_form(SPEC).columns == ["name_a", "name_b", "hint"]


def test_a_form_comes_back_as_it_was_written_and_compiles_to_itself() -> None:
    form = compile_form(SPEC)
    assert form.spec["show"] == SPEC["show"]
    assert compile_form(form.spec).spec == form.spec
    assert [widget.name for widget in form.fields] == ["same", "why"]


def test_the_same_json_is_compiled_once() -> None:
    assert compile_form(SPEC) is compile_form({**SPEC})


@pytest.mark.parametrize(
    ("spec", "where"),
    [
        (None, ["form"]),
        ([], ["form"]),
        ({}, ["fields"]),
        ({"fields": "x"}, ["fields"]),
        ({"fields": [1]}, ["fields"]),
        ({"fields": [field()], "title": "x"}, ["title"]),
        ({"fields": [field(widget="nope")]}, ["fields[0].widget"]),
        ({"fields": [field(widget=None)]}, ["fields[0].widget"]),
        ({"fields": [field(name="")]}, ["fields[0].name"]),
        ({"fields": [field(name="A b")]}, ["fields[0].name"]),
        ({"fields": [field(name="answers")]}, ["fields[0].name"]),
        ({"fields": [field(), field()]}, ["fields[1].name"]),
        ({"fields": [field(), field(name="x_confidence")]}, ["fields[1].name"]),
        ({"fields": [field(label="")]}, ["fields[0].label"]),
        ({"fields": [field(label=5)]}, ["fields[0].label"]),
        ({"fields": [field(label="a\x00")]}, ["fields[0].label"]),
        ({"fields": [field(required="yes")]}, ["fields[0].required"]),
        ({"fields": [field(colour="red")]}, ["fields[0].colour"]),
        ({"fields": [field(), field(name="y", max_length=-1)]}, ["fields[1].max_length"]),
        ({"show": [{"as": "text"}], "fields": [field()]}, ["show[0].column"]),
        ({"show": [{"column": "x"}], "fields": [field()]}, ["show[0].as"]),
        ({"show": [{"as": "text", "column": "a", "style": "huge"}], "fields": [field()]}, ["show[0].style"]),
        ({"show": [{"as": "record", "columns": []}], "fields": [field()]}, ["show[0].columns"]),
        ({"fields": [field(name=f"f{n}") for n in range(61)]}, ["fields"]),
        ({"fields": [field(lang="<b>")]}, ["fields[0].lang"]),
        ({"fields": [field(label={"deep": "x" * 300_000})]}, ["form"]),
    ],
)
def test_a_form_that_can_not_stand_is_refused_with_the_place(spec: Any, where: list[str]) -> None:
    assert places(spec) == where


def test_every_wrong_place_is_named_at_once() -> None:
    spec = {"show": [{"as": "x"}], "fields": [field(widget="y"), field(label="")]}
    assert places(spec) == ["fields[0].widget", "fields[1].label", "show[0].as"]


# --- answers ------------------------------------------------------------------------------------------------


def test_an_answer_is_cleaned_in_the_order_of_the_form() -> None:
    form = compile_form(SPEC)
    assert list(form.clean({"why": " the number ", "same": "1"}).items()) == [
        ("same", "1"),
        ("why", "the number"),
    ]
    assert form.clean({"same": "1", "why": ""}) == {"same": "1"}


@pytest.mark.parametrize(
    ("answer", "where"),
    [({}, ["same"]), ({"same": "2"}, ["same"]), ({"same": "1", "more": "x"}, ["more"]),
     ({"same": None, "why": 3}, ["same", "why"]), ("1", ["answer"]), ([], ["answer"]), (None, ["answer"])],
)  # fmt: skip
def test_an_answer_that_does_not_fit_is_refused_by_field(answer: Any, where: list[str]) -> None:
    with pytest.raises(BadAnswer) as caught:
        compile_form(SPEC).clean(answer)
    assert sorted(caught.value.fields) == where


def test_the_schema_of_an_answer_says_what_is_required() -> None:
    schema = compile_form(SPEC).answer_schema()
    assert schema["required"] == ["same"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["same"]["enum"] == ["1", "0"]


def test_an_answer_is_described_in_words() -> None:
    form = compile_form(SPEC)
    lines = form.describe({"same": "0"}, {"name_a": "Lamp", "hint": ""})
    assert [(line.label, line.text) for line in lines] == [
        ("The same product?", "No"),
        ("What in “Lamp” tells you?", ""),
    ]


def test_a_field_most_people_left_empty_is_empty() -> None:
    form = compile_form(SPEC)
    answers = [{"same": "1"}, {"same": "1"}, {"same": "1", "why": "x"}]
    assert form.consensus(answers)["why"] == (None, pytest.approx(2 / 3))
    assert form.consensus(answers[2:])["why"] == ("x", 1.0)
    assert form.consensus([*answers, {"same": "0", "why": "x"}])["why"] == ("x", 0.5)


def test_two_answers_agree_as_far_as_their_fields_do() -> None:
    form = compile_form(SPEC)
    assert form.agree({"same": "1", "why": "a"}, {"same": "1", "why": "b"}) == 0.5
    assert form.same({"same": "1", "why": "A"}, {"same": "1", "why": "a"})
    assert not form.same({"same": "1"}, {"same": "0"})


# --- drawing ------------------------------------------------------------------------------------------------

DATA = {"name_a": "<b>Lamp</b> {{name_b}}", "name_b": "Lamp 2", "hint": "{% now %}"}


def test_values_are_bound_as_text_never_as_template_or_html() -> None:
    html = render_task(compile_form(SPEC), DATA)
    assert "<b>" not in html
    assert "&lt;b&gt;Lamp&lt;/b&gt; {{name_b}}" in html
    assert "{% now %}" in html


def test_a_drawn_form_has_no_inline_style_or_script() -> None:
    for kind in kinds.all_kinds():
        form = compile_form(kind.form())
        html = render_task(form, dict(kind.example_rows()[0]))
        assert not re.search(r"\sstyle=|\son\w+=|<script", html)


def test_answer_and_errors_are_drawn_into_their_field_only() -> None:
    form = compile_form(SPEC)
    blank = render_task(form, DATA)
    html = render_task(form, DATA, {"same": "0"}, {"why": ["Too short."]})
    assert 'value="0" required checked' in html
    assert "checked" not in blank
    assert 'aria-describedby="answer-why-hint answer-why-error" aria-invalid="true"' in html
    assert render_task(form, DATA) == blank  # what was kept for speed is not touched


def test_a_form_speaks_the_language_of_its_reader() -> None:
    form = compile_form({"fields": [field(widget="choice", options=[str(n) for n in range(12)])]})
    with translation.override("en"):
        english = render_task(form, {})
    with translation.override("fr"):
        french = render_task(form, {})
    with translation.override("en"):
        assert render_task(form, {}) == english
    assert "Choose…" in english
    assert french is not english


def test_another_prefix_gives_other_names() -> None:
    assert 'name="redo-why"' in render_task(compile_form(SPEC), DATA, prefix="redo-")


# --- kinds --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("key", list(kinds.REGISTRY))
def test_every_kind_is_a_form_with_rows_that_fit_it(key: str, language: str) -> None:
    with translation.override(language):
        kind = kinds.get(key)
        form = compile_form(kind.form())
        assert kind.columns == form.columns
        assert str(kind.title)
        assert str(kind.description)
        assert str(kind.instructions).startswith("## ")
        assert kind.seconds > 0
        for row in kind.example_rows():
            assert set(row) == set(form.columns)
            for part in form.show:
                assert not [reason for column, check in part.checks() if (reason := check(row[column]))]


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Invalid) as caught:
        kinds.get("nope")
    assert "compare_records" in str(caught.value.fields["kind"][0])


# --- adding -------------------------------------------------------------------------------------------------


@pytest.fixture
def stars(tmp_path: Path) -> Iterator[None]:
    """The widget of the how-to, put in place as one file."""
    page = (ROOT / "docs/how-to/add-a-widget.md").read_text()
    (tmp_path / "stars_of_the_how_to.py").write_text(page.split("```python\n")[1].split("```")[0])
    widgets.__path__.append(str(tmp_path))
    importlib.invalidate_caches()
    widgets.discover()
    yield
    widgets.__path__.remove(str(tmp_path))
    del Widget.registry["stars"], sys.modules["tasks.widgets.stars_of_the_how_to"]


def test_adding_a_widget_is_adding_one_file(stars: None) -> None:
    form = compile_form(
        {"fields": [{"name": "good", "widget": "stars", "label": "How good?", "most": 4, "required": True}]}
    )
    html = render_task(form, {}, {"good": 3})
    assert html.count('type="radio"') == 4
    assert 'value="3" checked data-hotkey="3"' in html
    assert form.clean({"good": "3"}) == {"good": 3}
    assert form.consensus([{"good": 1}, {"good": 4}, {"good": 4}])["good"].value == 4
    assert form.answer_schema()["properties"]["good"]["maximum"] == 4
    with pytest.raises(BadAnswer):
        form.clean({"good": 5})
    assert [setting.name for setting in widgets.all_widgets()["stars"].editor_fields()][-1] == "most"


def test_adding_a_kind_is_adding_one_file(tmp_path: Path) -> None:
    source = (ROOT / "tasks/kinds/rate_number.py").read_text().replace('"rate_number"', '"rate_again"')
    (tmp_path / "rate_again.py").write_text(source)
    kinds.__path__.append(str(tmp_path))
    try:
        importlib.invalidate_caches()
        kinds.discover()
        assert kinds.get("rate_again").columns == ["text"]
    finally:
        kinds.__path__.remove(str(tmp_path))
        del sys.modules["tasks.kinds.rate_again"]
        kinds.discover()
    assert "rate_again" not in kinds.REGISTRY
