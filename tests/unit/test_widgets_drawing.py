"""Boxes, outlines and points on a picture, and the picture itself: what is refused, compared, merged and drawn."""

import json
import math
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.consensus import drawings
from tasks.forms import BadAnswer, BadForm, Form, compile_form, render_task
from tasks.rows import Row

CAT_DOG = [{"value": "cat", "label": "A cat"}, {"value": "dog", "label": "A dog"}]
SQUARE = [[1000, 1000], [3000, 1000], [3000, 3000], [1000, 3000]]
ROW = Row({"photo": "example:street.webp"})


def form_of(widget: str, **options: Any) -> Form:
    field = {"name": "x", "widget": widget, "label": "Where?", "column": "photo", **options}
    return compile_form({"fields": [field]})


def cleaned(form: Form, value: Any) -> Any:
    return form.clean({"x": value}).get("x")


def refused(form: Form, value: Any) -> str:
    with pytest.raises(BadAnswer) as caught:
        form.clean({"x": value})
    return str(caught.value.fields["x"][0])


def box(x: int, y: int, w: int, h: int, **more: Any) -> dict[str, Any]:
    return {"x": x, "y": y, "w": w, "h": h, **more}


# --- what an answer may be -------------------------------------------------------------------------------


def test_boxes_come_back_in_one_order_of_entries_whatever_was_sent() -> None:
    form = form_of("boxes", labels=CAT_DOG)
    sent = [{"label": "cat", "h": 4, "w": 3, "y": 2, "x": 1} | {"w": 300, "h": 400}]
    assert json.dumps(cleaned(form, sent)) == '[{"x": 1, "y": 2, "w": 300, "h": 400, "label": "cat"}]'
    assert cleaned(form_of("boxes"), [box(0, 0, 10_000, 10_000)]) == [box(0, 0, 10_000, 10_000)]


@pytest.mark.parametrize(
    "number",
    [True, 1.0, 0.5, float("nan"), float("inf"), -1, 10_001, 10**5000, "5", None, [], {}],
    ids=lambda number: type(number).__name__,
)
def test_numbers_are_whole_and_within_the_picture(number: Any) -> None:
    assert "whole" in refused(form_of("boxes"), [box(number, 0, 500, 500)])
    assert "whole" in refused(form_of("boxes"), [box(0, 0, 500, number)])
    assert "whole" in refused(form_of("points"), [{"x": 0, "y": number}])
    assert "whole" in refused(form_of("outline"), [{"points": [[0, 0], [500, number], [0, 500]]}])


@pytest.mark.parametrize("value", [0, "x", {}, True, [1], ["x"], [None], [[]], [{}], [{"x": 1}]])
def test_what_is_no_list_of_shapes_is_refused_in_words(value: Any) -> None:
    for widget in ("boxes", "outline", "points"):
        assert refused(form_of(widget), value)


def test_boxes_stay_inside_the_picture_and_can_be_seen() -> None:
    form = form_of("boxes")
    assert "inside" in refused(form, [box(9_500, 0, 501, 100)])
    assert "inside" in refused(form, [box(0, 9_990, 100, 11)])
    assert refused(form, [box(0, 0, 9, 100)])
    assert cleaned(form, [box(9_990, 9_990, 10, 10)])


def test_labels_are_asked_for_only_where_there_are_any_and_must_be_known() -> None:
    with_labels, without = form_of("points", labels=CAT_DOG), form_of("points")
    assert cleaned(with_labels, [{"x": 1, "y": 2, "label": "dog"}]) == [{"x": 1, "y": 2, "label": "dog"}]
    assert "label" in refused(with_labels, [{"x": 1, "y": 2}])
    for label in ("A dog", "", None, 1, ["dog"]):
        assert "labels shown" in refused(with_labels, [{"x": 1, "y": 2, "label": label}])
    assert "x, y" in refused(without, [{"x": 1, "y": 2, "label": "dog"}])
    assert "x, y" in refused(without, [{"x": 1, "y": 2, "z": 3}])


def test_an_outline_needs_three_corners_that_differ_and_some_size() -> None:
    form = form_of("outline")
    assert cleaned(form, [{"points": SQUARE}]) == [{"points": SQUARE}]
    assert cleaned(form, [{"points": [*SQUARE, SQUARE[0]]}]) == [{"points": SQUARE}]
    assert cleaned(form, [{"points": [SQUARE[0], *SQUARE]}]) == [{"points": SQUARE}]
    assert "three" in refused(form, [{"points": SQUARE[:2]}])
    assert "three" in refused(form, [{"points": [[1, 1], [500, 500], [1, 1], [500, 500]]}])
    assert "small" in refused(form, [{"points": [[0, 5], [500, 5], [900, 5]]}])
    assert "[x, y]" in refused(form, [{"points": [[0, 5, 3], [500, 5], [900, 5]]}])
    assert "list" in refused(form, [{"points": "0,5 5,6"}])
    around = [
        [5000 + round(4000 * math.cos(n / 50)), 5000 + round(4000 * math.sin(n / 50))] for n in range(301)
    ]
    assert "300" in refused(form, [{"points": around}])
    assert "2000" in refused(form_of("outline", most=50), [{"points": around[:300]}] * 7)


def test_how_many_are_few_and_how_many_are_many() -> None:
    point = {"x": 1, "y": 1}
    form = form_of("points", least=2, most=3, required=True)
    assert "at least 2" in refused(form, [point])
    assert "3 at most" in refused(form, [point] * 4)
    assert "at least 2" in refused(form, [])
    assert "at least 2" in refused(form, None)
    assert cleaned(form_of("points", least=2), []) is None  # not required: left out
    assert "at least 2" in refused(form_of("points", least=2), [point])


def test_nothing_to_mark_is_an_answer_and_no_answer_is_not() -> None:
    form = form_of("boxes", required=True)
    assert cleaned(form, []) == []
    assert "nothing to mark" in refused(form, None)
    assert form.fields[0].as_text([]) == "nothing to mark"
    assert form.fields[0].as_text(None) == ""


def test_settings_that_do_not_fit_together_are_refused_with_their_place() -> None:
    for wrong, place in (
        ({"least": 3, "most": 2}, "least"),
        ({"labels": [{"value": "a", "label": "X"}, {"value": "b", "label": "X"}]}, "labels"),
        ({"most": 0}, "most"), ({"column": ""}, "column"),
    ):  # fmt: skip
        with pytest.raises(BadForm) as caught:
            form_of("boxes", **wrong)
        assert list(caught.value.fields) == [f"fields[0].{place}"]


def test_the_picture_s_column_is_read_from_the_row_and_its_cells_are_media() -> None:
    form = form_of("boxes", label="Where is {{what}}?")
    assert form.columns == ["photo", "what"]
    assert form.media_columns == ["photo"]
    assert compile_form(
        {"show": [{"as": "image", "column": "photo"}], "fields": form.spec["fields"]}
    ).media_columns


def test_the_schema_says_what_is_cleaned() -> None:
    schema = form_of("boxes", labels=CAT_DOG, least=1, most=4).answer_schema()["properties"]["x"]
    assert (schema["minItems"], schema["maxItems"]) == (1, 4)
    assert schema["items"]["required"] == ["x", "y", "w", "h", "label"]
    assert schema["items"]["properties"]["label"]["enum"] == ["cat", "dog"]
    assert (
        form_of("outline").answer_schema()["properties"]["x"]["items"]["properties"]["points"]["minItems"]
        == 3
    )


@pytest.mark.parametrize("widget", ["boxes", "outline", "points"])
def test_the_example_of_each_is_accepted_and_its_wrong_one_refused(widget: str) -> None:
    from tasks import widgets

    example = widgets.all_widgets()[widget].example()
    form = form_of(widget, **example["spec"])
    assert cleaned(form, example["answer"]) == example["answer"]
    assert refused(form, example["wrong"])


# --- in the results ----------------------------------------------------------------------------------------


def test_in_the_results_a_drawing_is_json_in_one_cell() -> None:
    widget = form_of("boxes", labels=CAT_DOG).fields[0]
    value = [box(1, 2, 30, 40, label="cat")]
    assert widget.export_columns() == ["x"]
    assert json.loads(str(widget.cells(value)[0])) == value
    assert json.loads(widget.literals(value)[0]) == value
    assert (widget.cells(None), widget.literals(None), widget.cells([])) == ([None], ["null"], ["[]"])


def test_in_words_it_is_counted_and_its_labels_are_read() -> None:
    widget = form_of("boxes", labels=CAT_DOG).fields[0]
    cats = [box(1, 2, 30, 40, label=label) for label in ("cat", "cat", "dog")]
    assert widget.as_text(cats) == "3 boxes: A cat, A cat, A dog"
    assert form_of("outline").fields[0].as_text([{"points": SQUARE}]) == "1 outline"
    assert form_of("points").fields[0].as_text([{"x": 1, "y": 1}] * 2) == "2 points"


# --- comparing -----------------------------------------------------------------------------------------------


def test_boxes_overlap_by_what_they_share_of_what_they_cover() -> None:
    assert drawings.boxes_alike(box(0, 0, 100, 100), box(0, 0, 100, 100)) == 1
    assert drawings.boxes_alike(box(0, 0, 100, 100), box(50, 0, 100, 100)) == pytest.approx(1 / 3)
    assert drawings.boxes_alike(box(0, 0, 100, 100), box(100, 0, 100, 100)) == 0


sides = st.integers(0, 4000)
boxes = st.builds(box, sides, sides, st.integers(10, 5000), st.integers(10, 5000))


def as_outline(one: dict[str, Any]) -> dict[str, Any]:
    left, top, right, low = one["x"], one["y"], one["x"] + one["w"], one["y"] + one["h"]
    return {"points": [[left, top], [right, top], [right, low], [left, low]]}


@given(boxes, boxes)
def test_an_outline_of_a_box_is_measured_as_the_box(one: dict[str, Any], other: dict[str, Any]) -> None:
    found = drawings.outlines_alike(as_outline(one), as_outline(other))
    assert found == pytest.approx(drawings.boxes_alike(one, other), abs=0.02)
    assert found == pytest.approx(drawings.outlines_alike(as_outline(other), as_outline(one)))


def test_a_slanted_outline_and_one_that_turns_in_are_measured_too() -> None:
    half = {"points": [[0, 0], [1000, 0], [0, 1000]]}
    assert drawings.outlines_alike(
        half, {"points": [[0, 0], [1000, 0], [1000, 1000], [0, 1000]]}
    ) == pytest.approx(0.5, abs=0.01)
    notch = {
        "points": [[0, 0], [900, 0], [900, 900], [600, 900], [600, 300], [300, 300], [300, 900], [0, 900]]
    }
    hole = {"points": [[300, 300], [600, 300], [600, 900], [300, 900]]}
    assert drawings.outlines_alike(notch, hole) == pytest.approx(0, abs=0.01)


def test_two_answers_agree_by_the_mean_of_their_matched_shapes_and_what_is_left_over_counts() -> None:
    form = form_of("boxes", labels=CAT_DOG)
    cat, dog = box(0, 0, 1000, 1000, label="cat"), box(5000, 0, 1000, 1000, label="dog")
    assert form.agree({"x": [cat, dog]}, {"x": [dog, cat]}) == 1
    assert form.same({"x": [cat, dog]}, {"x": [dog, cat]})
    assert form.agree({"x": [cat]}, {"x": [cat, dog]}) == 0.5
    assert form.agree({"x": [cat]}, {"x": [cat | {"label": "dog"}]}) == 0
    assert form.agree({"x": []}, {"x": []}) == 1
    assert form.agree({"x": []}, {"x": [cat]}) == 0
    assert form.agree({"x": [cat]}, {"x": [box(500, 0, 1000, 1000, label="cat")]}) == pytest.approx(1 / 3)


def test_each_shape_is_matched_once() -> None:
    one = [box(0, 0, 1000, 1000)]
    assert drawings.agreement(one, one * 3, drawings.boxes_alike) == pytest.approx(1 / 3)


# --- what many say together ----------------------------------------------------------------------------------


def test_what_most_people_drew_is_kept_with_its_middle() -> None:
    form = form_of("boxes")
    answers = [
        {"x": [box(1000, 1000, 1000, 1000), box(7000, 7000, 500, 500)]},
        {"x": [box(1020, 980, 1000, 1000)]},
        {"x": [box(1050, 1000, 960, 1000)]},
    ]
    found = form.consensus(answers)["x"]
    assert found.value == [box(1020, 1000, 990, 1000)]
    assert 0.75 < found.confidence < 0.85  # all of them for one, and 2 in 3 without the other


def test_a_label_parts_what_lies_in_one_place() -> None:
    form = form_of("boxes", labels=CAT_DOG)
    cat, dog = box(0, 0, 1000, 1000, label="cat"), box(0, 0, 1000, 1000, label="dog")
    assert form.consensus([{"x": [cat]}, {"x": [dog]}, {"x": [cat]}])["x"].value == [cat]
    assert form.consensus([{"x": [cat]}, {"x": [dog]}])["x"] == ([], 0.5)


def test_that_there_is_nothing_can_be_agreed_on() -> None:
    form = form_of("points", required=True)
    assert form.consensus([{"x": []}, {"x": []}])["x"] == ([], 1.0)
    assert form.consensus([{"x": []}, {"x": []}, {"x": [{"x": 1, "y": 1}]}])["x"].value == []
    assert form.consensus([{"x": [{"x": 1, "y": 1}]}])["x"] == ([{"x": 1, "y": 1}], 1.0)


def test_points_that_are_near_each_other_become_one_and_neighbours_stay_two() -> None:
    form = form_of("points")
    answers = [{"x": [{"x": 1000 + n, "y": 1000}, {"x": 1700 - n, "y": 1000}]} for n in (0, 30, 60)]
    assert form.consensus(answers)["x"].value == [{"x": 1030, "y": 1000}, {"x": 1670, "y": 1000}]


def test_of_outlines_the_one_most_like_the_others_is_taken() -> None:
    form = form_of("outline")

    def moved(by: int) -> dict[str, Any]:
        return {"points": [[x + by, y] for x, y in SQUARE]}

    found = form.consensus([{"x": [moved(300)]}, {"x": [moved(0)]}, {"x": [moved(100)]}])["x"]
    assert found.value == [moved(100)]
    assert 0.8 < found.confidence < 1


def test_one_careless_person_can_not_stretch_what_the_others_agree_on() -> None:
    answers = [{"x": [box(1000, 1000, 1000, 1000)]}] * 4 + [{"x": [box(0, 0, 10_000, 10_000)]}]
    assert form_of("boxes").consensus(answers)["x"].value == [box(1000, 1000, 1000, 1000)]


@given(st.lists(st.lists(boxes, max_size=4), min_size=1, max_size=5))
def test_the_result_is_itself_an_answer_and_sure_by_a_share(values: list[list[dict[str, Any]]]) -> None:
    form = form_of("boxes")
    found = form.consensus([{"x": value} for value in values])["x"]
    assert cleaned(form, found.value) == found.value
    assert 0 <= found.confidence <= 1


def test_the_same_answers_give_the_same_result_each_time_and_much_work_takes_little_time() -> None:
    chance = random.Random(1)
    circle = [[round(200 * math.cos(n / 9.5)) + 300, round(200 * math.sin(n / 9.5)) + 300] for n in range(60)]

    def drawn() -> list[dict[str, Any]]:
        return [
            {
                "points": [
                    [x + 900 * (n % 10) + chance.randint(0, 60), y + 1800 * (n // 10)] for x, y in circle
                ]
            }
            for n in range(50)
        ]

    answers = [{"x": drawn()} for _person in range(3)]
    form = form_of("outline", most=50)
    found = form.consensus(answers)["x"]
    assert len(found.value) == 50
    assert found == form.consensus(answers)["x"]


# --- on the page ---------------------------------------------------------------------------------------------


def test_a_picture_is_a_plain_one_until_scripts_come_and_says_no_more_than_it_can() -> None:
    form = compile_form(
        {"show": [{"as": "image", "column": "photo"}], "fields": form_of("boxes").spec["fields"]}
    )
    html = render_task(form, ROW)
    assert (
        html.count('<img class="picture-plain" src="/static/examples/street.webp" alt="Picture of this task"')
        == 2
    )
    assert 'data-widget="image"' in html
    assert 'data-widget="boxes"' in html
    assert "style=" not in html


def test_a_row_without_a_picture_says_so_and_what_one_can_do() -> None:
    form = compile_form(
        {"show": [{"as": "image", "column": "photo"}], "fields": form_of("boxes").spec["fields"]}
    )
    html = render_task(form, {"photo": "  "})
    assert html.count("There is no picture here.") == 2
    assert "Skip the task" in html
    assert "data-widget" not in html


def test_an_answer_is_looked_at_on_its_picture_with_its_words_beside() -> None:
    widget = form_of("boxes", labels=[{"value": "cat", "label": "<b>Cat"}]).fields[0]
    value = [box(1, 2, 30, 40, label="cat")]
    html = widget.as_html(value, ROW)
    assert 'data-widget="boxes"' in html
    assert "<textarea" not in html
    assert "1 box: &lt;b&gt;Cat" in html
    assert "&quot;shapes&quot;: [{&quot;x&quot;: 1" in html
    for data in (None, {}, {"photo": ""}):
        assert widget.as_html(value, data) == "1 box: &lt;b&gt;Cat"


def test_the_keys_1_to_9_choose_labels_where_there_are_that_few() -> None:
    assert form_of("boxes", labels=CAT_DOG).fields[0].hotkeys
    assert not form_of("boxes").fields[0].hotkeys
    assert not form_of("boxes", labels=[str(n) for n in range(10)]).fields[0].hotkeys


def test_two_drawings_of_one_thing_count_as_the_same_answer_though_no_two_hands_are() -> None:
    form = form_of("boxes")
    one, near, far = (box(x, 1000, 2000, 2000) for x in (1000, 1100, 2500))
    assert form.same({"x": [one]}, {"x": [near]})
    assert not form.same({"x": [one]}, {"x": [far]})
