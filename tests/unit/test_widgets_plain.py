"""Ratings, comparisons, orders, dates, tables, consent, completion codes: what they take, refuse, compare and draw."""

import itertools
import json
import random
import re
from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from marketplace.simulation import answers
from tasks import rows
from tasks.consensus import ranking, tables
from tasks.forms import BadAnswer, BadForm, Form, compile_form, render_task

COLUMNS = [{"name": "item", "label": "Item"}, {"name": "price", "label": "Price"}]
CODES = ["ALPHA-1", "BETA-22"]


def form_of(widget: str, **options: Any) -> Form:
    return compile_form({"fields": [{"name": "x", "widget": widget, "label": "Question", **options}]})


def problems(widget: str, **options: Any) -> dict[str, Any]:
    with pytest.raises(BadForm) as caught:
        form_of(widget, **options)
    return {place.removeprefix("fields[0]."): str(lines[0]) for place, lines in caught.value.fields.items()}


def cleaned(form: Form, value: Any) -> Any:
    return form.clean({"x": value}).get("x")


def refused(form: Form, value: Any) -> str:
    with pytest.raises(BadAnswer) as caught:
        form.clean({"x": value})
    return str(caught.value.fields["x"][0])


def posted(form: Form, text: str) -> Any:
    return form.from_post(QueryDict(text)).get("x")


def together(form: Form, *values: Any) -> tuple[Any, float]:
    return tuple(form.consensus([{"x": value} for value in values])["x"])  # type: ignore[return-value]


def drawn(form: Form, value: Any = None, data: Any = None) -> str:
    return render_task(form, data, {} if value is None else {"x": value})


# --- rating ------------------------------------------------------------------------------------------------


def test_a_rating_takes_a_step_of_its_scale_and_nothing_else() -> None:
    form = form_of("rating", steps=5, required=True)
    assert cleaned(form, "4") == 4 and cleaned(form, 1) == 1 and cleaned(form, " 5 ") == 5
    for wrong in ("0", 6, -1, 2.0, True, "４", "a", [1], "1" * 50):
        assert "1 to 5" in refused(form, wrong)
    assert refused(form, "") == "Choose a step of the scale."


@pytest.mark.parametrize("steps", [1, 12, "5", 2.5])
def test_a_scale_has_two_to_eleven_steps(steps: Any) -> None:
    assert "steps" in problems("rating", steps=steps)


def test_ratings_agree_by_their_distance_and_meet_at_the_median() -> None:
    form = form_of("rating", steps=5)
    assert [form.agree({"x": 1}, {"x": step}) for step in (1, 2, 3, 5)] == [1, 0.75, 0.5, 0]
    assert together(form, 1, 4, 5) == (4, pytest.approx((0.25 + 1 + 0.75) / 3))
    assert together(form, 2, 4) == (3, 0.75)


@given(st.lists(st.integers(1, 11), min_size=1, max_size=9))
def test_the_rating_of_many_is_one_that_somebody_could_have_given(steps: list[int]) -> None:
    found, confidence = together(form_of("rating", steps=11), *steps)
    assert min(steps) <= found <= max(steps) and 0 <= confidence <= 1


def test_a_scale_names_its_ends_for_eyes_and_ears_and_has_keys() -> None:
    html = drawn(form_of("rating", steps=3, low="Bad", high="Good"), 2)
    assert 'aria-hidden="true"><span>1: Bad</span><span>3: Good</span>' in html
    assert '<span class="sr-only"> Good</span>' in html
    assert 'value="2" checked data-hotkey="2"' in html
    assert "plain.css" in html
    assert form_of("rating", steps=3, low="Bad").describe({"x": 1})[0].text == "1 of 3 (Bad)"


# --- compare -----------------------------------------------------------------------------------------------


def test_a_comparison_takes_a_b_or_tie() -> None:
    form = form_of("compare", a="one", b="two", required=True)
    assert [cleaned(form, each) for each in ("a", "b", "tie")] == ["a", "b", "tie"]
    assert "options" in refused(form, "one")
    assert "options" in refused(form, 1)
    assert refused(form, None) == "Choose one option."
    assert "options" in refused(form_of("compare", a="one", b="two", tie=False), "tie")


def test_a_comparison_needs_two_columns_and_two_names() -> None:
    assert "b" in problems("compare", a="one", b="one")
    assert "label_b" in problems("compare", a="one", b="two", label_a="This", label_b="This")
    assert "as" in problems("compare", a="one", b="two", **{"as": "film"})
    assert form_of("compare", a="one", b="two").columns == ["one", "two"]


def test_as_many_for_a_as_for_b_is_a_tie_where_the_form_knows_one() -> None:
    form = form_of("compare", a="one", b="two")
    assert together(form, "a", "b", "a") == ("a", pytest.approx(0.79, abs=0.01))
    assert together(form, "a", "b", "tie") == ("tie", pytest.approx(1 / 3))
    assert together(form_of("compare", a="one", b="two", tie=False), "b", "a") == ("b", 0.5)


def test_a_comparison_shows_both_texts_escaped_and_what_is_missing_calmly() -> None:
    form = form_of("compare", a="one", b="two", label_a="Left")
    html = drawn(form, data={"one": "<b>x</b>", "two": ""})
    assert "&lt;b&gt;x" in html and "<b>" not in html
    assert "(nothing to show)" in html and '<p class="label">Left</p>' in html and "Both alike" in html
    assert html.index("Left") < html.index("(nothing to show)")


@pytest.mark.parametrize(("way", "tag"), [("image", "<img"), ("audio", "<audio"), ("video", "<video")])
def test_a_comparison_of_media_draws_each_from_its_address(way: str, tag: str) -> None:
    form = form_of("compare", a="one", b="two", **{"as": way})
    data = rows.Row({"one": "cat.x", "two": "dog.x"}, lambda cell, size: f"/media/{cell}?{size}")
    html = drawn(form, data=data)
    assert html.count(tag) == 2 and 'src="/media/cat.x?' in html and "/media/dog.x?full" in html
    assert drawn(form, data={"one": "cat.x", "two": ""}).count("(nothing to show)") == 2


# --- rank --------------------------------------------------------------------------------------------------


def test_an_order_comes_as_a_list_or_as_places_of_the_page() -> None:
    form = form_of("rank", options=["red", "green", "blue"], required=True)
    assert cleaned(form, ["blue", "red", "green"]) == ["blue", "red", "green"]
    typed = posted(form, "answer-x-0=2&answer-x-1=3&answer-x-2=1")
    assert typed == {"red": "2", "green": "3", "blue": "1"}
    assert cleaned(form, typed) == ["blue", "red", "green"]
    assert posted(form, "answer-x-0=&answer-x-1=") is None
    assert refused(form, None) == "Put them in order."


@pytest.mark.parametrize(
    "wrong",
    [["red", "green"], ["red", "red", "blue"], ["red", "green", "black"], {"red": "1", "green": "1", "blue": "2"},
     {"red": "1"}, {"red": "1", "green": "2", "blue": "4"}, {"red": "1", "green": "2", "blue": "3", "x": "4"},
     [1, 2, 3], [None, {}, []]],
)  # fmt: skip
def test_an_order_that_is_not_whole_is_refused_in_words(wrong: Any) -> None:
    form = form_of("rank", options=["red", "green", "blue"])
    assert refused(form, wrong) == "Give each a place of its own, from 1 to 3."
    assert "list" in refused(form, "red")


def test_an_order_is_of_options_or_of_columns() -> None:
    assert "options" in problems("rank")
    assert "options" in problems("rank", options=["a", "b"], columns=["c", "d"])
    assert "options" in problems("rank", options=["a"])
    assert "options" in problems("rank", options=[str(number) for number in range(10)])
    assert "options" in problems("rank", options=["a|b", "c"])
    form = form_of("rank", columns=["one", {"column": "two", "label": "The second"}])
    assert form.columns == ["one", "two"]
    html = drawn(form, data={"one": "<i>first</i>", "two": " "})
    assert "&lt;i&gt;first" in html and "The second" in html
    assert cleaned(form, ["two", "one"]) == ["two", "one"]


def test_an_unfinished_order_keeps_what_was_typed() -> None:
    form = form_of("rank", options=["red", "green", "blue"])
    html = drawn(form, {"red": "2", "green": "2"})
    assert html.count('value="2" selected') == 2 and html.count("selected") == 2
    assert drawn(form, ["blue", "green", "red"]).count("selected") == 3


def test_borda_counts_points_and_leaves_ties_to_the_first_answer() -> None:
    assert ranking.borda([["a", "b", "c"], ["b", "c", "a"], ["b", "a", "c"]]).value == ["b", "a", "c"]
    assert ranking.borda([["c", "a", "b"], ["b", "a", "c"]]).value == ["c", "a", "b"]
    assert ranking.borda([]) == (None, 0.0)


@given(st.permutations("abcde"), st.permutations("abcde"))
def test_kendall_is_even_handed_and_the_reverse_is_nothing(one: list[str], other: list[str]) -> None:
    form = form_of("rank", options=list("abcde"))
    assert form.agree({"x": one}, {"x": other}) == form.agree({"x": other}, {"x": one})
    assert ranking.kendall(one, one) == 1 and ranking.kendall(one, one[::-1]) == 0
    assert ranking.kendall(one, other) == pytest.approx(1 - ranking.kendall(one, other[::-1]))


@given(st.lists(st.permutations("abcd"), min_size=1, max_size=6))
def test_the_order_of_many_is_an_order_and_one_alone_is_itself(orders: list[list[str]]) -> None:
    found, confidence = together(form_of("rank", options=list("abcd")), *orders)
    assert sorted(found) == list("abcd") and 0 <= confidence <= 1
    assert ranking.borda(orders[:1]) == (orders[0], 1.0)


def test_no_order_agrees_better_with_its_own_majority_when_all_say_the_same() -> None:
    for order in itertools.permutations("abc"):
        assert ranking.borda([order] * 3) == (list(order), 1.0)


def test_an_order_leaves_with_bars_and_reads_as_a_list() -> None:
    form = form_of("rank", options=[{"value": "2", "label": "Two"}, {"value": "3", "label": "Three"}])
    widget = form.fields[0]
    assert widget.cells(["3", "2"]) == ["3|2"] and widget.literals(["3", "2"]) == ['["3", "2"]']
    assert widget.as_text(["3", "2"]) == "1. Three\n2. Two"


# --- date --------------------------------------------------------------------------------------------------


def test_a_date_is_a_day_that_there_is() -> None:
    form = form_of("date", required=True)
    assert cleaned(form, " 2024-02-29 ") == "2024-02-29"
    assert "no such day" in refused(form, "2026-02-29") and "2026-11-22" in refused(form, "2026-02-29")
    for wrong in (
        "22.11.2026",
        "2026-1-1",
        "tomorrow",
        20261122,
        ["2026-01-01"],
        "2026-01-01T00:00",
        "0000-01-01",
    ):
        assert "year-month-day, such as 2026-11-22" in refused(form, wrong)
    assert refused(form, "") == "Choose a date."


def test_a_date_lies_between_its_bounds() -> None:
    form = form_of("date", earliest="2020-01-01", latest="2020-12-31")
    assert cleaned(form, "2020-01-01") == "2020-01-01" and cleaned(form, "2020-12-31") == "2020-12-31"
    assert refused(form, "2019-12-31") == "The earliest is 2020-01-01."
    assert refused(form, "2021-01-01") == "The latest is 2020-12-31."
    assert 'min="2020-01-01" max="2020-12-31"' in drawn(form)
    assert "latest" in problems("date", earliest="2020-01-02", latest="2020-01-01")
    assert "earliest" in problems("date", earliest="2020-02-30")


@given(st.dates())
def test_every_day_comes_back_as_it_was(day: Any) -> None:
    assert cleaned(form_of("date"), day.isoformat()) == day.isoformat()


# --- table -------------------------------------------------------------------------------------------------


def test_a_table_drops_empty_rows_and_trims_its_cells() -> None:
    form = form_of("table", columns=COLUMNS)
    value = [{"item": " Tea\u00a0 bags ", "price": 2}, {"item": "", "price": " "}, {"price": "3,10"}]
    assert cleaned(form, value) == [{"item": "Tea bags", "price": "2"}, {"item": "", "price": "3,10"}]
    assert cleaned(form, [{}]) is None and cleaned(form, []) is None
    assert refused(form_of("table", columns=COLUMNS, required=True), [{}]) == "Write at least one row."


def test_a_table_is_read_from_the_boxes_of_a_page_in_their_order_with_gaps() -> None:
    form = form_of("table", columns=COLUMNS)
    typed = posted(
        form, "answer-x-10-0=b&answer-x-2-0=a&answer-x-2-1=1&answer-x-3-0=+&answer-x-3-1=&answer-xx-1-0=no"
    )
    assert typed == [{"item": "a", "price": "1"}, {"item": "b", "price": ""}]
    assert posted(form, "answer-x-0-0=&answer-x-0-1=") is None


def test_a_table_refuses_what_does_not_fit_and_says_where() -> None:
    form = form_of("table", columns=COLUMNS, least=2, most=3)
    assert "at least 2" in refused(form, [{"item": "a"}])
    assert "3 rows at most" in refused(form, [{"item": "a"}] * 4)
    assert "no column “colour”" in refused(form, [{"colour": "a"}])
    assert refused(form, [{"item": "a"}, {"price": "x" * 501}]).startswith("Row 2, Price: keep it under 500")
    assert refused(form, [{"item": "a\x00b"}]).startswith("Row 1, Item")
    assert "send a text" in refused(form, [{"item": ["a"]}])
    for wrong in ("a", [["a"]], {"item": "a"}, 1):
        assert "list of rows" in refused(form, wrong)
    assert "columns" in problems("table", columns=["Item"])
    assert "columns" in problems("table", columns=[])
    assert "least" in problems("table", columns=["a"], least=9, most=3)


@given(
    st.lists(st.fixed_dictionaries({"item": st.text(max_size=20), "price": st.text(max_size=5)}), max_size=8)
)
def test_a_cleaned_table_is_cleaned_the_same_again_and_survives_the_page(value: list[dict[str, str]]) -> None:
    form = form_of("table", columns=COLUMNS)
    try:
        once = cleaned(form, value)
    except BadAnswer:
        return
    assert cleaned(form, once) == once
    data = QueryDict(mutable=True)
    for number, row in enumerate(once or []):
        data.update({f"answer-x-{number}-0": row["item"], f"answer-x-{number}-1": row["price"]})
    assert cleaned(form, form.from_post(data).get("x")) == once


def test_a_column_of_numbers_holds_a_number_written_in_one_way_or_nothing() -> None:
    form = form_of("table", columns=COLUMNS, numbers=["price"])
    assert cleaned(form, [{"item": "Tea", "price": "2,40"}, {"item": "Salt", "price": " "}]) == [
        {"item": "Tea", "price": "2.4"}, {"item": "Salt", "price": ""},
    ]  # fmt: skip
    for text in ("many", "10+", "2 €", "1,234.5"):
        told = refused(form, [{"item": "Tea", "price": text}])
        assert told == "Row 1, Price: write a number, such as 2 or 12.50, and nothing else."
    html = drawn(form)
    assert html.count('inputmode="decimal"') == html.count("<tr>") - 1
    assert "numbers" in problems("table", columns=COLUMNS, numbers=["colour"])


def test_tables_meet_cell_by_cell() -> None:
    form = form_of("table", columns=COLUMNS)
    one = [{"item": "Tea", "price": "2"}, {"item": "Salt", "price": "1"}]
    two = [{"item": "tea", "price": "3"}, {"item": "Salt", "price": "1"}]
    three = [{"item": "tea", "price": "3"}]
    found, confidence = together(form, one, two, three)
    assert found == [{"item": "tea", "price": "3"}, {"item": "Salt", "price": "1"}]
    assert confidence == pytest.approx((0.75 + 1 + 0.5) / 3)
    assert form.agree({"x": one}, {"x": three}) == 0.25
    assert form.same({"x": [{"item": "TEA ", "price": "2"}]}, {"x": [{"item": "tea", "price": "2"}]})
    assert tables.by_cell([], ["item"], str) == (None, 0.0) and tables.shared([], [], ["item"], str) == 1


def test_a_table_offers_empty_rows_and_leaves_as_json() -> None:
    form = form_of("table", columns=COLUMNS, most=6)
    assert drawn(form).count("<tr>") == 1 + 5
    typed = [{"item": 'a"<b>', "price": "1"}] * 3
    html = drawn(form, typed)
    assert html.count("<tr>") == 1 + 6  # never more than fit
    assert "a&quot;&lt;b&gt;" in html and 'aria-label="Row 2, Price"' in html
    widget = form.fields[0]
    assert json.loads(widget.cells(typed)[0]) == typed and json.loads(widget.literals(typed)[0]) == typed
    assert widget.cells(None) == [None]
    assert "&lt;b&gt;" in widget.as_html(typed, None) and "Item: a" in widget.as_text(typed)


# --- consent -----------------------------------------------------------------------------------------------


def test_consent_is_yes_or_the_end_and_can_not_be_left_out() -> None:
    form = form_of("consent", text="Are you **over 18**?")
    assert cleaned(form, "yes") == "yes"
    assert form.screened_out({"x": "no"}) and not form.screened_out({"x": "yes"})
    assert not form.screened_out({}) and not form.screened_out("no") and not form.screened_out({"y": "no"})
    assert "the task ends" in refused(form, "no")  # it is never stored
    assert "options" in refused(form, "maybe") and "options" in refused(form, ["no"])
    assert refused(form, None) == "Choose whether you want to go on."
    assert "no" in problems("consent", yes="OK", no="OK")
    assert not form_of("rating").screened_out({"x": "no"})


def test_consent_says_that_leaving_is_paid_and_fills_in_the_row() -> None:
    form = form_of("consent", text="Do you speak {{language}}?", yes="I do", no="I don't")
    html = drawn(form, data={"language": "<Breton>"})
    assert "Do you speak &lt;Breton&gt;?" in html and "your time is paid" in html
    assert form.columns == ["language"] and 'data-hotkey="2"' in html and "I don&#x27;t" in html


# --- completion codes ----------------------------------------------------------------------------------------

SURVEY = "https://survey.example/s?w={{worker}}&a={{assignment}}&t={{topic}}"


def test_a_code_is_one_of_the_list_and_nothing_near_it() -> None:
    form = form_of("code", url=SURVEY, check="code", codes=CODES, required=True)
    assert cleaned(form, " ALPHA-1 ") == "ALPHA-1" and cleaned(form, "BETA-22") == "BETA-22"
    for wrong in ("alpha-1", "ALPHA-", "ALPHA-11", "x", "ALPHA-1 BETA-22", "é" * 9):
        told = refused(form, wrong)
        assert "not one of the codes" in told and "ALPHA" not in told
    assert "not a completion code" in refused(form, "x" * 101)
    assert "not a completion code" in refused(form, "ALPHA\x00-1")
    assert refused(form, 5) == "Send a text."
    assert "at its end" in refused(form, "  ")


def test_a_code_may_be_checked_by_its_characters_or_not_at_all() -> None:
    form = form_of("code", url=SURVEY, check="pattern", characters="0-9A-F", length=4)
    assert cleaned(form, "0AF9") == "0AF9"
    for wrong in ("0AF", "0AF99", "0AG9", "0af9"):
        told = refused(form, wrong)
        assert "looks different" in told and "0-9" not in told
    assert cleaned(form_of("code", url=SURVEY), "anything") == "anything"
    assert form.guarded == [] and form_of("code", url=SURVEY, check="code", codes=CODES).guarded


def test_a_form_with_codes_says_what_is_missing() -> None:
    assert "codes" in problems("code", url=SURVEY, check="code")
    assert "codes" in problems("code", url=SURVEY, check="code", codes=["short"])
    assert "characters" in problems("code", url=SURVEY, check="pattern")
    assert "characters" in problems("code", url=SURVEY, check="pattern", characters="z-a")
    for address in (
        "http://survey.example/", "https://{{topic}}.example/", "https://a@b.example/", "//x", "javascript:alert(1)",
        "https://survey.example{{topic}}/", "https://{{worker}}/",
    ):  # fmt: skip
        assert "url" in problems("code", url=address), address
    assert form_of("code", url="https://survey.example?x={{topic}}").columns == ["topic"]


def test_the_link_names_person_task_and_row_percent_encoded_and_opens_apart() -> None:
    form = form_of("code", url=SURVEY)
    data = rows.Row(
        {"topic": "a&b=c/é", "worker": "mallory"}, None, {"worker": "wrk_1", "assignment": "asg_2"}
    )
    html = drawn(form, data=data)
    assert 'href="https://survey.example/s?w=wrk_1&amp;a=asg_2&amp;t=a%26b%3Dc%2F%C3%A9"' in html
    assert 'target="_blank" rel="noopener noreferrer external"' in html
    assert form.columns == ["topic"]
    assert "wrk_1" not in drawn(form, data={"topic": "x"})  # no drawing of somebody's is kept for others


def test_secrets_are_in_no_drawing_and_in_no_form_that_workers_get() -> None:
    form = form_of("code", url=SURVEY, check="code", codes=CODES, characters="0-9", length=7)
    public = json.dumps(form.public_spec)
    for secret in (*CODES, "0-9", '"length"', "codes"):
        assert secret not in public
        assert secret not in json.dumps(form.answer_schema()["properties"]["x"] | {"title": ""})
    assert form.public_spec["fields"][0]["url"] == SURVEY
    assert not any(code in drawn(form, "ALPHA", {"topic": ""}) for code in CODES)
    assert CODES[0] in json.dumps(form.spec)
    plain = form_of("rating", steps=4)
    assert plain.public_spec == plain.spec


# --- all of them ---------------------------------------------------------------------------------------------

EVERY = {
    "rating": {"low": "Bad"},
    "compare": {"a": "one", "b": "two"},
    "rank": {"options": ["x", "y"]},
    "date": {"latest": "2030-01-01"},
    "table": {"columns": COLUMNS},
    "consent": {"text": "*Hm*"},
    "code": {"url": SURVEY, "check": "code", "codes": CODES},
}


@pytest.mark.parametrize("widget", EVERY)
def test_the_form_compiles_to_itself_and_is_drawn_without_inline_style_or_script(widget: str) -> None:
    form = form_of(widget, help="A hint", **EVERY[widget])
    assert compile_form(form.spec).spec == form.spec
    html = drawn(form, data={"one": "1", "two": "2", "topic": "t"})
    assert not re.search(r"\sstyle=|\son\w+=|<script", html)
    assert "answer-x-hint" in html
    assert form.answer_schema()["properties"]["x"]["title"] == "Question"


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@pytest.mark.parametrize("widget", EVERY)
@given(value=ANYTHING)
def test_no_value_breaks_a_widget(widget: str, value: Any) -> None:
    """Whatever a program sends is cleaned to something that is cleaned the same again, or refused in words."""
    form = form_of(widget, **EVERY[widget])
    try:
        once = form.clean({"x": value})
    except BadAnswer:
        return
    assert form.clean(once) == once
    json.dumps(once)
    if once:
        assert form.agree(once, once) == 1 and form.consensus([once, once])["x"].value == once["x"]
    drawn(form, value if isinstance(value, (str, list, dict, int)) else None)


@pytest.mark.parametrize("widget", EVERY)
def test_a_simulated_worker_can_answer_it(widget: str) -> None:
    form = form_of(widget, **EVERY[widget])
    for number in range(5):
        drawn_answer = answers.answer(form.spec, f"tsk_{number}", accuracy=0.5, rng=random.Random(number))
        assert form.clean(drawn_answer)["x"]
