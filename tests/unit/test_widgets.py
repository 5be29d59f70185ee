"""The three widgets and the four shown inputs: what they accept, refuse, compare and draw."""

import json
import re
import time
from decimal import Decimal
from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from tasks import widgets
from tasks.forms import BadAnswer, BadForm, Form, compile_form, render_task
from tasks.widgets import decimals
from tasks.widgets.settings import Setting

YES_NO = [{"value": "1", "label": "Yes"}, {"value": "0", "label": "No"}]


def form_of(widget: str, **options: Any) -> Form:
    return compile_form({"fields": [{"name": "x", "widget": widget, "label": "Question", **options}]})


def cleaned(form: Form, value: Any) -> Any:
    return form.clean({"x": value}).get("x")


def refused(form: Form, value: Any) -> str:
    with pytest.raises(BadAnswer) as caught:
        form.clean({"x": value})
    assert caught.value.code == "bad_answer"
    return str(caught.value.fields["x"][0])


# --- choice ---------------------------------------------------------------------------------------------


def test_a_choice_takes_one_of_its_values_and_nothing_else() -> None:
    form = form_of("choice", options=YES_NO, required=True)
    assert cleaned(form, "1") == "1"
    assert cleaned(form, 0) == "0"  # programs like to send numbers
    for wrong in ("2", "Yes", ["1"], {"1": 1}, True, 1.0):
        assert "options" in refused(form, wrong)
    assert refused(form, "") == "Choose one option."
    assert refused(form, None) == "Choose one option."


def test_a_choice_of_many_is_a_list_in_the_order_of_the_form() -> None:
    form = form_of("choice", options=["a", "b", "c"], many=True)
    assert cleaned(form, ["c", "a", "c"]) == ["a", "c"]
    assert cleaned(form, []) == []  # none of them is an answer
    assert cleaned(form, None) == []
    assert "options" in refused(form, ["d"])
    assert "list" in refused(form, "a")
    assert "least one" in refused(form_of("choice", options=["a", "b"], many=True, required=True), [])


def test_options_may_be_plain_words() -> None:
    form = form_of("choice", options=["red", "blue"])
    assert form.spec["fields"][0]["options"] == [
        {"value": "red", "label": "red"}, {"value": "blue", "label": "blue"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    "options",
    [[], ["one"], "yes", [{"label": "x"}], [1.5, 2], ["a", "a"], ["a|b", "c"],
     [{"value": "1", "label": "Yes"}, {"value": "2", "label": "Yes"}], [{"value": "1", "label": "Yes", "x": 1}, "b"]],
)  # fmt: skip
def test_options_that_can_not_stand_are_refused_with_their_place(options: Any) -> None:
    with pytest.raises(BadForm) as caught:
        form_of("choice", options=options)
    assert list(caught.value.fields) == ["fields[0].options"]


def test_up_to_nine_options_are_buttons_with_keys_and_more_are_a_list() -> None:
    nine = render_task(form_of("choice", options=[str(n) for n in range(9)], required=True), {})
    assert nine.count('type="radio"') == 9
    assert nine.count("<kbd>") == 9
    assert 'data-hotkey="9"' in nine
    assert "<fieldset" in nine
    assert "<legend>Question</legend>" in nine
    ten = render_task(form_of("choice", options=[str(n) for n in range(10)]), {})
    assert "<select" in ten
    assert '<label for="answer-x">' in ten
    assert "<kbd>" not in ten


def test_only_the_first_choice_of_a_form_gets_the_keys() -> None:
    field = {"widget": "choice", "label": "?", "options": YES_NO}
    html = render_task(compile_form({"fields": [{"name": "a", **field}, {"name": "b", **field}]}), {})
    assert re.findall(r'name="(\w+-\w)" value="\d" data-hotkey="(\d)"', html) == [
        ("answer-a", "1"),
        ("answer-a", "2"),
    ]


def test_the_majority_wins_and_a_tie_goes_to_the_first_option() -> None:
    form = form_of("choice", options=YES_NO)
    assert form.consensus([{"x": "0"}, {"x": "0"}, {"x": "1"}])["x"] == ("0", pytest.approx(0.7))
    assert form.consensus([{"x": "0"}, {"x": "1"}])["x"] == ("1", 0.5)
    assert form.consensus([])["x"] == (None, 0.0)


def test_many_choices_are_agreed_on_one_by_one() -> None:
    form = form_of("choice", options=["a", "b"], many=True)
    assert form.consensus([{"x": ["a"]}, {"x": ["a", "b"]}, {"x": []}])["x"] == (["a"], pytest.approx(4 / 6))
    assert form.agree({"x": ["a"]}, {"x": ["a", "b"]}) == 0.5
    assert form.agree({"x": []}, {"x": []}) == 1


# --- text -----------------------------------------------------------------------------------------------


def test_text_is_trimmed_composed_and_kept_on_its_lines() -> None:
    assert cleaned(form_of("text"), "  a\nb  ") == "a b"
    assert cleaned(form_of("text", lines="many"), " a\r\nb\rc ") == "a\nb\nc"
    assert cleaned(form_of("text"), "e\u0301") == "é"
    assert cleaned(form_of("text"), "   ") is None


@pytest.mark.parametrize("wrong", [5, ["a"], "a\x00b", "a\ud800", "\x1b[31m"])
def test_text_that_can_not_be_stored_is_refused(wrong: Any) -> None:
    assert refused(form_of("text"), wrong)


def test_text_keeps_to_its_lengths_and_characters() -> None:
    form = form_of("text", min_length=2, max_length=4, characters="0-9A-Z -")
    assert cleaned(form, "A-1") == "A-1"
    assert "at least 2" in refused(form, "A")
    assert "4 characters" in refused(form, "ABCDE")
    assert "0-9A-Z -" in refused(form, "a1")
    with pytest.raises(BadForm):
        form_of("text", min_length=9, max_length=4)
    with pytest.raises(BadForm):
        form_of("text", characters="z-a")


def test_texts_that_differ_in_case_and_spaces_mean_the_same() -> None:
    form = form_of("text")
    assert form.same({"x": "Rue  du Port"}, {"x": "rue du port"})
    assert not form.same({"x": "Rue du Port"}, {"x": "Rue du Pont"})
    assert not form.same({"x": "Rue"}, {})
    found = form.consensus([{"x": "PORT"}, {"x": "Port"}, {"x": "Port"}, {"x": "Pont"}])["x"]
    assert found == ("Port", pytest.approx(15 / 16))  # three are alike, of one a letter of four differs


def test_what_was_typed_is_shown_again_as_text() -> None:
    html = render_task(form_of("text", lang="fr", lines="many"), {}, {"x": '</textarea><script>"'})
    assert "&lt;/textarea&gt;&lt;script&gt;&quot;" in html
    assert 'lang="fr"' in html
    assert "<textarea" in html


# --- number ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("1,5", "1.5"), ("１", "1"), ("１，５", "1.5"), ("٣٫٥", "3.5"), ("1 500", "1500"), ("1\u202f500,25", "1500.25"),
     ("1'000", "1000"), ("−3", "-3"), ("-0", "0"), ("+2", "2"), ("007", "7"), ("1.50", "1.5"), (".5", "0.5"),
     ("5.", "5"),     (3, "3"), (1.1, "1.1"), (1e-7, "0.0000001"), ("12 kg", "12")],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(typed: Any, kept: str) -> None:
    assert cleaned(form_of("number", unit="kg"), typed) == kept


@pytest.mark.parametrize(
    "wrong",
    [
        "one",
        "1,2,3",
        "1.234,5",
        "1e5",
        "NaN",
        "inf",
        "--1",
        "1 2",
        "0x1",
        True,
        [1],
        float("nan"),
        float("inf"),
        "9" * 50,
    ],
)
def test_what_is_no_plain_number_is_refused(wrong: Any) -> None:
    assert refused(form_of("number"), wrong)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12))
def test_every_number_comes_back_exact_with_comma_or_point(number: Decimal) -> None:
    text = format(number, "f")
    assert decimals.read(text) == number
    assert decimals.read(text.replace(".", ",")) == number
    assert decimals.read(decimals.write(number)) == number
    assert decimals.write(decimals.read(decimals.write(number))) == decimals.write(number)


def test_a_number_keeps_to_range_decimals_and_steps() -> None:
    form = form_of("number", min=0, max="100", decimals=1)
    assert cleaned(form, "99,9") == "99.9"
    assert "least is 0" in refused(form, "-1")
    assert "most is 100" in refused(form, "100.1")
    assert "at most 1" in refused(form, "1.25")
    assert "whole" in refused(form_of("number", decimals=0), "1.5")
    assert "steps of 0.5" in refused(form_of("number", min=1, step="0.5"), "1.7")
    assert cleaned(form_of("number", min=1, step="0.5"), "2.5") == "2.5"
    for bad in ({"min": 5, "max": 5}, {"step": 0}, {"tolerance": -1}, {"min": "x"}, {"decimals": 10}):
        with pytest.raises(BadForm):
            form_of("number", **bad)


def test_the_median_is_an_answer_the_form_allows() -> None:
    form = form_of("number", min=0, max=100, decimals=0)
    assert form.consensus([{"x": "10"}, {"x": "90"}, {"x": "12"}])["x"] == ("12", pytest.approx(2 / 3))
    assert form.consensus([{"x": "1"}, {"x": "2"}])["x"].value == "2"  # half to even
    stepped = form_of("number", min=1, max=9, step=2)
    assert stepped.consensus([{"x": "3"}, {"x": "5"}])["x"].value in {"3", "5"}
    assert form.agree({"x": "10"}, {"x": "15"}) == 1
    assert form.agree({"x": "10"}, {"x": "16"}) == 0
    assert form_of("number", tolerance=2).agree({"x": "1"}, {"x": "3"}) == 1


def test_a_number_is_typed_in_a_text_box_that_keeps_the_comma() -> None:
    html = render_task(form_of("number", min=0, unit="€"), {}, {"x": "1,"}, {"x": ["Write a number."]})
    assert 'inputmode="decimal"' in html
    assert 'value="1,"' in html
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="answer-x-about answer-x-error"' in html
    assert 'id="answer-x-error"' in html
    assert "<span>€</span>" in html


# --- shown inputs ---------------------------------------------------------------------------------------


def shown(data: dict[str, str], **part: Any) -> str:
    return compile_form(
        {"show": [part], "fields": [{"name": "x", "widget": "text", "label": "?"}]}
    ).render_shown(data)


def test_a_cell_is_shown_as_text_whatever_it_holds() -> None:
    html = shown(
        {"c": "<img src=x>\n{{c}}"}, **{"as": "text", "column": "c", "label": "About {{c}}", "style": "title"}
    )
    assert "<img" not in html
    assert "&lt;img src=x&gt;<br>{{c}}" in html
    assert "(empty)" in shown({"c": ""}, **{"as": "text", "column": "c", "label": "Name"})


def test_groups_stand_side_by_side() -> None:
    parts = [
        {"as": "text", "column": f"{n}_{side}", "group": side.upper()}
        for side in "ab"
        for n in ("name", "price")
    ]
    form = compile_form({"show": parts, "fields": [{"name": "x", "widget": "text", "label": "?"}]})
    html = form.render_shown({"name_a": "one", "price_a": "1", "name_b": "two", "price_b": "2"})
    assert html.count('class="pair"') == 1
    assert html.count("<article>") == 2
    assert re.search(
        r'<article><p class="label">A</p>.*one.*1</p></article><article><p class="label">B</p>', html
    )


def test_markdown_is_cleaned() -> None:
    html = shown(
        {"c": "**bold** <script>alert(1)</script> [x](javascript:alert(1))"},
        **{"as": "markdown", "column": "c"},
    )
    assert "<strong>bold</strong>" in html
    assert "<script" not in html
    assert "href" not in html


@pytest.mark.parametrize(
    "address", ["https://example.org/a?b=c", "https://example.org:8443/", "https://münchen.example/"]
)
def test_a_link_opens_apart(address: str) -> None:
    html = shown({"c": address}, **{"as": "link", "column": "c"})
    assert 'rel="noopener noreferrer nofollow external"' in html
    assert 'target="_blank"' in html


@pytest.mark.parametrize(
    "address",
    ["http://example.org", "javascript:alert(1)", "https://", "https://a@b.example", "https://a b.example",
     "//x.example",     "https://x.example:99999", "https://x.example\\@y.example",
     "data:text/html,x", "ftp://x.example", "https://[x"],
)  # fmt: skip
def test_what_is_no_plain_https_address_is_no_link_and_a_bad_row(address: str) -> None:
    assert "href" not in shown({"c": address}, **{"as": "link", "column": "c"})
    (check,) = widgets.all_shown()["link"]({"as": "link", "column": "c"}, "show[0]", {}).checks()
    assert check[1](address)
    assert check[1]("") is None


def test_a_record_is_a_card_of_names_and_values() -> None:
    html = shown(
        {"born": "1990", "town": ""},
        **{"as": "record", "columns": [{"column": "born", "label": "Born"}, "town"]},
    )
    assert "<dt>Born</dt><dd" in html
    assert "<dt>town</dt>" in html


# --- the editor -----------------------------------------------------------------------------------------


def samples_of_kind(setting: Setting) -> Any:
    """Something to write into a setting that no sample was thought of for."""
    samples = {
        "flag": True, "count": max(setting.least, 1), "decimal": "1", "language": "fr", "text": "x",
        "pairs": [{setting.keys[0]: "a", setting.keys[1]: "A"}, {setting.keys[0]: "b", setting.keys[1]: "B"}],
    }  # fmt: skip
    return setting.choices[-1][0] if setting.choices else samples[setting.kind]


@pytest.mark.parametrize("part", [*widgets.all_widgets().values(), *widgets.all_shown().values()])
def test_every_option_survives_the_form_editor(part: Any) -> None:
    samples = {
        "name": "x", "label": "A | B?", "options": [{"value": "1", "label": "Yes"}, {"value": "no", "label": "no"}],
        "columns": [{"column": "a", "label": "A"}], "column": "c", "min": "0", "max": "10", "step": "0.5",
        "lines": "many",        "min_length": 1, "max_length": 20, "lang": "pt-BR", "required": True,
        "characters": "a-z", "style": "title", "images": [{"value": "1", "column": "photo"}],
        "decimals": 1, "unit": "kg", "tolerance": "1", "many": True, "help": "hint", "group": "A",
        "numbers": None, "text": "go",
    }  # fmt: skip
    samples |= ((part.example() or {}).get("spec") or {}) | {"required": True}
    given_spec = {
        setting.name: samples.get(setting.name, samples_of_kind(setting)) for setting in part.editor_fields()
    }
    problems: dict[str, Any] = {}
    first = part(given_spec, "p", problems)
    assert not problems
    typed = {setting.name: setting.show(first.options[setting.name]) for setting in part.editor_fields()}
    parsed = {setting.name: setting.parse(typed[setting.name]) for setting in part.editor_fields()}
    again = part({name: value for name, value in parsed.items() if value is not None}, "p", problems)
    assert not problems
    assert again.spec == first.spec
    assert json.loads(json.dumps(first.spec)) == first.spec


def test_answers_come_out_of_a_browsers_post() -> None:
    form = compile_form(
        {
            "fields": [
                {"name": "one", "widget": "choice", "label": "?", "options": YES_NO},
                {"name": "many", "widget": "choice", "label": "?", "options": YES_NO, "many": True},
                {"name": "text", "widget": "text", "label": "?"},
            ]
        }
    )
    posted = QueryDict("answer-one=1&answer-many=1&answer-many=0&answer-text=&csrf=x&other=2")
    assert form.from_post(posted) == {"one": "1", "many": ["1", "0"], "text": ""}
    assert form.clean(form.from_post(QueryDict(""))) == {"many": []}


# --- answers that were made to take long ------------------------------------------------------------------


def test_a_long_list_of_choices_is_read_in_a_moment() -> None:
    options = [str(number) for number in range(5000)]
    form = form_of("choice", options=options, many=True)
    began = time.process_time()
    assert cleaned(form, options * 40) == options
    assert form.consensus([{"x": options}] * 20)["x"].value == options
    assert time.process_time() - began < 2


def test_a_step_is_checked_for_numbers_of_any_length() -> None:
    form = form_of("number", step="0.5")
    assert cleaned(form, "9" * 40) == "9" * 40
    assert cleaned(form, "1" * 36 + ".5") == "1" * 36 + ".5"
    assert "steps" in refused(form, "1" * 36 + ".3")
    assert "number" in refused(form, 1e300)
