"""Marked words, options with pictures and long lists, and what text and number boxes say of themselves."""

import itertools
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.consensus.spans import Mark, iou, kept_by_most, labelled_f1
from tasks.forms import BadAnswer, BadForm, Form, compile_form, render_task

ROOT = Path(__file__).resolve().parents[2]
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


def test_marks_come_out_sorted_and_nothing_marked_is_no_answer() -> None:
    form = spans()
    assert cleaned(form, [mark(8, 9), mark(0, 5, "where"), mark(0, 5)]) == [
        mark(0, 5, "where"), mark(0, 5), mark(8, 9),
    ]  # fmt: skip
    for nothing in (None, "", []):
        assert cleaned(form, nothing) is None
    assert refused(spans(required=True), []) == "Mark at least one word."


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
    from django.http import QueryDict

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
