"""Marked words, options with pictures and long lists, and what text and number boxes say of themselves."""

import itertools
import json
import re
import time
from typing import Any

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from tasks.consensus.spans import Mark, iou, kept_by_most, labelled_f1
from tasks.forms import BadAnswer, BadForm, Form, compile_form, render_task
from tasks.rows import Row

LABELS = [{"value": "who", "label": "A person"}, {"value": "where", "label": "A place"}]


def form_of(widget: str, **options: Any) -> Form:
    return compile_form({"fields": [{"name": "x", "widget": widget, "label": "Question", **options}]})


def cleaned(form: Form, value: Any) -> Any:
    return form.clean({"x": value}).get("x")


def refused(form: Form, value: Any) -> str:
    with pytest.raises(BadAnswer) as caught:
        form.clean({"x": value})
    return str(caught.value.fields["x"][0])


def mark(start: Any, end: Any, label: Any = "who") -> dict[str, Any]:
    return {"start": start, "end": end, "label": label}


def spans(**options: Any) -> Form:
    return form_of("spans", **{"column": "text", "labels": LABELS, "overlap": True, **options})


def shown_answer(form: Form, value: Any, text: str | None) -> str:
    return form.describe({"x": value}, None if text is None else {"text": text})[0].html


# --- marked words: the answer -----------------------------------------------------------------------------


def test_marks_come_out_sorted_and_an_empty_box_is_no_answer() -> None:
    form = spans()
    assert cleaned(form, [mark(8, 9), mark(0, 5, "where"), mark(0, 5)]) == [
        mark(0, 5, "where"), mark(0, 5), mark(8, 9),
    ]  # fmt: skip
    for nothing in (None, ""):
        assert cleaned(form, nothing) is None
    assert "nothing to mark" in refused(spans(required=True), None)


def test_that_there_is_nothing_to_mark_is_an_answer_read_shown_and_exported_as_such() -> None:
    form = spans(required=True)
    (widget,) = form.fields
    assert form.clean(form.from_post(_post("[]"))) == {"x": []}
    assert "minItems" not in widget.schema()
    assert (widget.cells([]), widget.literals([])) == (["[]"], ["[]"])
    assert (
        widget.as_text([])
        == shown_answer(form, [], "Ada")
        == shown_answer(form, [], None)
        == "nothing to mark"
    )
    assert widget.as_text(None) == shown_answer(form, None, "Ada") == ""
    assert "There is nothing to mark" in render_task(form, {"text": "So be it."})


def test_most_say_together_that_there_is_nothing_and_a_few_do_not() -> None:
    form, ada = spans(), {"x": [mark(0, 3)]}
    assert form.agree({"x": []}, {"x": []}) == 1
    assert form.agree({"x": []}, ada) == 0
    assert form.consensus([{"x": []}, {"x": []}])["x"] == ([], 1.0)
    assert form.consensus([{"x": []}, {"x": []}, ada])["x"] == ([], pytest.approx(2 / 3))
    assert form.consensus([{"x": []}, ada, ada])["x"].value == [mark(0, 3)]
    assert form.consensus([{"x": []}, ada])["x"].value is None
    assert form.consensus([{}, {}, ada])["x"].value is None


@pytest.mark.parametrize(
    "wrong",
    ["who", 5, {"start": 0}, [5], [mark(-1, 2)], [mark(2, 2)], [mark(3, 2)], [mark(0, 1, "what")], [mark(0, 1, 1)],
     [mark(True, 2)], [mark(0, 1.0)], [mark("0", 1)], [mark(0, 10**9)], [{**mark(0, 1), "note": "x"}],
     [{"start": 0, "end": 1}], [mark(0, 1), mark(0, 1)]],
)  # fmt: skip
def test_marks_that_can_not_stand_are_refused(wrong: Any) -> None:
    assert refused(spans(), wrong)


def test_marks_overlap_only_where_the_form_lets_them() -> None:
    crossing = [mark(0, 5), mark(4, 9, "where")]
    assert cleaned(spans(), crossing) == crossing
    assert "overlap" in refused(spans(overlap=False), crossing)
    assert cleaned(spans(overlap=False), [mark(0, 4), mark(4, 9)])
    assert "2 marks" in refused(spans(most=2), [mark(n, n + 1) for n in range(3)])


def test_the_column_is_one_that_the_row_must_have() -> None:
    assert spans().columns == ["text"]
    with pytest.raises(BadForm):
        form_of("spans", column="text", labels=[])


def test_marks_go_to_the_script_with_the_text_and_come_back_as_json() -> None:
    html = render_task(spans(), {"text": 'a "<b>" 😀'}, {"x": [mark(0, 1)]})
    assert "<b>" not in html
    assert "a \\&quot;&lt;b&gt;\\&quot; 😀" in html
    assert "js/widgets/spans" in html
    assert re.search(r"data-answer>\[{&quot;start&quot;: 0,", html)
    form = spans()
    assert form.clean(form.from_post(_post(json.dumps([mark(0, 1)])))) == {"x": [mark(0, 1)]}
    with pytest.raises(BadAnswer):
        form.clean(form.from_post(_post("[{")))


def _post(value: str) -> Any:
    data = QueryDict(mutable=True)
    data["answer-x"] = value
    return data


def test_marks_are_looked_at_in_their_text_escaped_and_without_a_script() -> None:
    html = shown_answer(spans(), [mark(0, 3), mark(2, 5, "where")], "<b>cd e")
    assert "&lt;b" in html
    assert "<b>" not in html
    assert [re.sub(r"<small>.*?</small>", "", each) for each in re.findall(r"<mark[^>]*>(.*?)</mark>", html)] == [
        "&lt;b", "&gt; ", "cd ",
    ]  # fmt: skip
    assert html.count("<small>A person</small>") == 1
    assert html.count("<small>A place</small>") == 1
    assert "A person 0–3" in shown_answer(spans(), [mark(0, 3)], None)


@pytest.mark.parametrize(
    ("text", "span", "said"),
    [
        ("😀 Zoë", (2, 5), "Zoë"),
        ("e\u0301te\u0301 👩\u200d👧 x", (0, 5), "e\u0301te\u0301"),
        ("ولدت آدا في لندن", (5, 8), "آدا"),
    ],
)
def test_offsets_are_code_points_of_the_cell(text: str, span: tuple[int, int], said: str) -> None:
    assert f">{said} <small>" in shown_answer(spans(), [mark(*span)], text)


def test_a_mark_that_ends_past_the_text_breaks_nothing() -> None:
    assert ">cd <small>" in shown_answer(spans(), [mark(2, 99)], "abcd")
    assert "<mark" not in shown_answer(spans(), [mark(50, 99)], "abcd")


def test_marks_leave_as_json() -> None:
    (widget,) = spans().fields
    assert json.loads(str(widget.cells([mark(0, 1)])[0])) == [mark(0, 1)]
    assert widget.cells(None) == [None]
    assert widget.literals([mark(0, 1)]) == [json.dumps([mark(0, 1)])]
    assert widget.schema()["maxItems"] == 100


# --- marked words: comparing ---------------------------------------------------------------------------------


def test_agreement_is_f1_over_labelled_characters() -> None:
    form = spans()
    assert form.agree({"x": [mark(0, 10)]}, {"x": [mark(0, 10)]}) == 1
    assert form.agree({"x": [mark(0, 10)]}, {"x": [mark(0, 10, "where")]}) == 0
    assert form.agree({"x": [mark(0, 10)]}, {"x": [mark(5, 15)]}) == 0.5
    assert form.agree({"x": [mark(0, 10)]}, {"x": [mark(0, 5), mark(5, 10)]}) == 1
    assert form.agree({}, {"x": [mark(0, 10)]}) == 0


MARKS = st.lists(
    st.builds(
        lambda start, length, label: Mark(start, start + length, label),
        st.integers(0, 12), st.integers(1, 6), st.sampled_from("ab"),
    ),
    max_size=6,
)  # fmt: skip


@given(MARKS, MARKS)
def test_f1_by_intervals_is_f1_by_counting_characters(one: list[Mark], other: list[Mark]) -> None:
    first, second = (
        {(place, each.label) for each in marks for place in range(each.start, each.end)}
        for marks in (one, other)
    )
    expected = 2 * len(first & second) / (len(first) + len(second)) if first or second else 1.0
    assert labelled_f1(one, other) == pytest.approx(expected)
    assert labelled_f1(one, other) == labelled_f1(other, one)


def test_a_mark_is_kept_when_more_than_half_made_it_and_ends_in_the_middle() -> None:
    answers = [[Mark(0, 10, "a")], [Mark(0, 12, "a"), Mark(20, 30, "a")], [Mark(1, 11, "a")]]
    found = kept_by_most(answers)
    assert found.value == [Mark(0, 11, "a")]
    assert found.confidence == pytest.approx((1 + 2 / 3) / 2)


def test_half_is_not_most_and_another_label_is_another_mark() -> None:
    assert kept_by_most([[Mark(0, 9, "a")], []]).value is None
    assert kept_by_most([[Mark(0, 9, "a")], [Mark(0, 9, "b")]]).value is None
    assert kept_by_most([[Mark(0, 9, "a")], [Mark(0, 9, "b")], [Mark(0, 9, "b")]]).value == [Mark(0, 9, "b")]
    assert kept_by_most([[], []]) == (None, 1.0)
    assert kept_by_most([]) == (None, 0.0)


def test_marks_that_share_less_than_half_are_different_ones() -> None:
    assert iou(Mark(0, 10, "a"), Mark(5, 15, "a")) == pytest.approx(1 / 3)
    assert iou(Mark(0, 10, "a"), Mark(10, 15, "a")) == 0
    assert kept_by_most([[Mark(0, 10, "a")], [Mark(5, 15, "a")]]).value is None
    assert kept_by_most([[Mark(0, 10, "a")], [Mark(3, 12, "a")]]).value == [Mark(0, 10, "a")]


def test_where_marks_may_not_overlap_the_result_does_not() -> None:
    answers = [[Mark(0, 10, "a"), Mark(10, 14, "b")]] * 2 + [[Mark(0, 12, "a"), Mark(12, 15, "b")]] * 3
    kept = kept_by_most(answers, overlap=False).value
    assert all(one.end <= other.start for one, other in itertools.pairwise(kept))
    assert kept[0] == Mark(0, 12, "a")


@given(st.lists(MARKS, min_size=1, max_size=4))
def test_the_order_of_the_answers_changes_nothing(answers: list[list[Mark]]) -> None:
    assert kept_by_most(answers).value == kept_by_most(answers[::-1]).value
    for each in kept_by_most(answers).value or []:
        assert 0 <= each.start < each.end


def test_the_consensus_is_an_answer_the_form_takes() -> None:
    form = spans(overlap=False)
    values = [{"x": [mark(0, 5), mark(9, 12)]}, {"x": [mark(0, 6)]}, {"x": [mark(1, 5)]}]
    found = form.consensus(values)["x"]
    assert cleaned(form, found.value) == found.value == [mark(0, 5)]
    assert form.same({"x": [mark(0, 5)]}, {"x": [mark(0, 5)]})


def test_many_marks_are_agreed_on_in_time() -> None:
    answers = [[Mark(n * 10 + shift % 3, n * 10 + 7, "a") for n in range(500)] for shift in range(5)]
    began = time.perf_counter()
    assert len(kept_by_most(answers).value) == 500
    assert time.perf_counter() - began < 3


# --- text and numbers say what they want ------------------------------------------------------------------------


def drawn(form: Form, value: Any = None) -> str:
    return render_task(form, {}, None if value is None else {"x": value})


def test_a_text_box_says_its_language_its_characters_and_its_length() -> None:
    html = drawn(form_of("text", lang="pt-BR", characters="a-z <", min_length=2, max_length=40))
    about = re.search(r'<p class="hint" id="answer-x-about"[^>]*>(.*?)</p>', html)
    assert about is not None
    for said in ("Portuguese (Brazil)", "a–z, space, &lt;", "from 2 to 40"):
        assert said in about[1]
    assert 'aria-describedby="answer-x-about"' in html
    assert "at least 2" in drawn(form_of("text", min_length=2))
    assert "about" not in drawn(form_of("text"))
    assert "xx-YY" in drawn(form_of("text", lang="xx-YY"))


def test_marked_words_are_quoted_beside_their_row() -> None:
    form = form_of("spans", column="text", labels=[{"value": "who", "label": "Person"}])
    marks = {"x": [{"start": 0, "end": 10, "label": "who"}]}
    assert form.describe(marks, {"text": "Ruth Amaro opened it."})[0].text == "Ruth Amaro: Person"
    assert form.describe(marks)[0].text == "Person 0–10"


def test_what_is_left_of_a_limit_is_counted_only_where_there_is_one() -> None:
    html = drawn(form_of("text", max_length=40))
    assert "js/widgets/text" in html
    assert "at most 40" in html  # without a script too
    assert "at most" not in drawn(form_of("text", max_length=400))  # far away: told as it comes near
    assert "js/widgets/text" not in drawn(form_of("text"))


def test_a_number_box_says_its_unit_its_range_and_its_steps() -> None:
    html = drawn(form_of("number", min=0, max="2.5", step="0.5", unit="kg"))
    assert "Unit: kg. From 0 to 2.5. In steps of 0.5." in html
    assert 'aria-describedby="answer-x-about"' in html
    assert "3 or more. Whole numbers." in drawn(form_of("number", min=3, decimals=0))
    assert "2 or less. Decimals: 2 at most." in drawn(form_of("number", max=2, decimals=2))
    assert "about" not in drawn(form_of("number"))


def test_a_slider_stands_beside_the_box_that_holds_the_answer() -> None:
    html = drawn(form_of("number", min="-0.1", max="0.3", step="0.1", slider=True), "0.2")
    assert '"step&quot;: &quot;0.1' in html.replace("&quot;step", '"step', 1)
    assert 'name="answer-x"' in html
    assert 'value="0.2"' in html
    assert 'type="range"' not in html  # the script brings it


@pytest.mark.parametrize(
    "wrong", [{"min": 0}, {"max": 9}, {"min": 0, "max": 5000}, {"min": 0, "max": 2, "decimals": 4}]
)
def test_a_slider_needs_ends_and_not_too_many_places(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadForm) as caught:
        form_of("number", slider=True, **wrong)
    assert list(caught.value.fields) == ["fields[0].slider"]


# --- shown ---------------------------------------------------------------------------------------------------------


def shown(data: dict[str, str], **part: Any) -> str:
    field = {"name": "x", "widget": "text", "label": "?"}
    return compile_form({"show": [part], "fields": [field]}).render_shown(data)


def test_an_earlier_answer_is_set_apart_and_escaped() -> None:
    html = shown({"a": "<b>one\ntwo"}, **{"as": "previous", "column": "a"})
    assert "An earlier answer" in html
    assert "&lt;b&gt;one<br>two</blockquote>" in html
    assert 'dir="auto"' in html
    assert "blockquote" not in shown({"a": " "}, **{"as": "previous", "column": "a"})


def test_a_card_keeps_the_lines_of_a_long_value() -> None:
    html = shown({"a": "<i>one\ntwo"}, **{"as": "record", "columns": ["a"]})
    assert '<dd dir="auto">&lt;i&gt;one<br>two</dd>' in html


def test_a_link_shows_where_it_leads() -> None:
    html = shown({"a": "https://shop.example.org/x"}, **{"as": "link", "column": "a", "text": "Look"})
    assert "<bdi>shop.example.org</bdi>" in html


# --- choices with pictures, and long lists ---------------------------------------------------------------------------

ANIMALS = [
    {"value": "cat", "label": "A cat"},
    {"value": "dog", "label": "A dog"},
    {"value": "?", "label": "Neither"},
]
PHOTOS = [{"value": "cat", "column": "photo_cat"}, {"value": "dog", "column": "example:street.webp"}]


def test_options_have_pictures_from_the_row_or_from_the_examples() -> None:
    form = form_of("choice", options=ANIMALS, images=PHOTOS)
    row = Row({"photo_cat": "https://x.example/cat.jpg"}, lambda cell, size: f"/{size}/{len(cell)}")
    html = render_task(form, row)
    assert 'src="/thumb/25"' in html
    assert re.search(r'src="[^"]*examples/street\.webp"', html)
    assert html.count("<img") == 2
    assert html.count('type="radio"') == 3
    assert "https://x.example" not in html  # a browser asks us, never a stranger
    assert form.columns == form.media_columns == ["photo_cat"]


def test_an_option_whose_picture_is_not_there_keeps_its_place() -> None:
    html = render_task(form_of("choice", options=ANIMALS, images=PHOTOS), {"photo_cat": ""})
    assert html.count('class="frame"') == 2
    assert html.count("<img") == 1


@pytest.mark.parametrize(
    "images", [[{"value": "cow", "column": "c"}], [{"value": "cat", "column": "c" * 101}], "x"]
)
def test_pictures_that_fit_no_option_are_refused(images: Any) -> None:
    with pytest.raises(BadForm) as caught:
        form_of("choice", options=ANIMALS, images=images)
    assert list(caught.value.fields) == ["fields[0].images"]


def test_many_tiles_with_pictures_stay_tiles() -> None:
    options = [str(n) for n in range(12)]
    form = form_of("choice", options=options, images=[{"value": "3", "column": "c"}], many=True)
    html = render_task(form, {})
    assert html.count('type="checkbox"') == 12
    assert html.count("<kbd>") == 9


def test_a_long_list_works_without_a_script_and_takes_thousands() -> None:
    form = form_of("choice", options=[f"Place {n}" for n in range(3000)])
    html = drawn(form, "Place 2999")
    assert html.count("<option") == 3001
    assert '<option value="Place 2999" selected>' in html
    assert "js/widgets/choice" in html
    assert cleaned(form, "Place 7") == "Place 7"


def test_several_of_a_long_list_come_out_of_one_select() -> None:
    form = form_of("choice", options=[f"p{n}" for n in range(12)], many=True)
    html = drawn(form, ["p3", "p1"])
    assert 'multiple size="8"' in html
    assert html.count(" selected") == 2
    assert "Choose…" not in html
    assert '<label for="answer-x">' in html
    posted = QueryDict("answer-x=p3&answer-x=p1")
    assert form.clean(form.from_post(posted)) == {"x": ["p1", "p3"]}


def test_what_many_marks_over_each_other_say_is_found_in_seconds() -> None:
    answers = [[Mark(place, 5000 + place, "who") for place in range(100)] for _voter in range(6)]
    began = time.process_time()
    assert kept_by_most(answers).value == answers[0]
    assert time.process_time() - began < 10
