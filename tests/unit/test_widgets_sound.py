"""Sound, film, marked stretches and sent files: their settings, answers, agreement and drawings, without a database."""

import json
from typing import Any

import pytest

from marketplace.base import ids
from tasks.consensus import stretches
from tasks.forms import BadForm, compile_form
from tasks.rows import Row
from tasks.widgets import all_shown, all_widgets
from tasks.widgets.base import Drawing
from tasks.widgets.segments import Segments, said
from tasks.widgets.settings import Wrong
from tasks.widgets.upload import Upload

LABELS = [{"value": "dog", "label": "A dog"}, {"value": "cat", "label": "A cat"}]
VOICE = Row({"sound": "example:voice.m4a"})


def segments(**more: Any) -> Segments:
    problems: dict[str, list[Any]] = {}
    spec = {"name": "marks", "label": "Mark", "column": "sound", "labels": LABELS, **more}
    made = Segments(spec, "fields[0]", problems)
    assert not problems
    return made


def upload(accept: str = "photo") -> Upload:
    problems: dict[str, list[Any]] = {}
    made = Upload({"name": "sent", "label": "Send", "accept": accept}, "fields[0]", problems)
    assert not problems
    return made


def mark(start: int, end: int, label: str = "dog", **more: Any) -> dict[str, Any]:
    return {"from": start, "to": end, "label": label, **more}


# --- marked stretches: the answer ---------------------------------------------------------------------------


def test_stretches_are_put_in_order_and_may_overlap() -> None:
    given = [mark(3000, 7000), mark(1000, 4000, "cat"), mark(1000, 2000)]
    assert segments().clean(given) == [mark(1000, 2000), mark(1000, 4000, "cat"), mark(3000, 7000)]


def test_no_stretch_is_no_answer() -> None:
    assert segments().clean(None) is segments().clean("") is None
    assert "nothing to mark" in segments().missing()


def test_that_there_is_nothing_to_mark_is_an_answer_read_shown_and_exported_as_such() -> None:
    widget = segments()
    assert widget.clean([]) == []
    assert "minItems" not in widget.schema()
    assert (widget.cells([]), widget.literals([])) == (["[]"], ["[]"])
    assert widget.as_text([]) == widget.as_html([], VOICE) == "nothing to mark"
    assert widget.as_text(None) == ""


def test_most_say_together_that_there_is_nothing_and_a_few_do_not() -> None:
    dog = [mark(0, 100)]
    assert segments().agree([], []) == 1 and segments().agree([], dog) == 0
    assert segments().consensus([[], []]) == ([], 1.0)
    assert segments().consensus([[], [], dog]) == ([], pytest.approx(2 / 3))
    assert segments().consensus([[], dog, dog]).value == dog
    assert segments().consensus([[], dog]).value is None


@pytest.mark.parametrize(
    "wrong",
    [
        "dog",
        {"from": 0, "to": 1},
        ["dog"],
        [mark(5, 5)],
        [mark(9, 5)],
        [mark(-1, 5)],
        [mark(0, 86_400_001)],
        [mark(0, 5, "bird")],
        [{"from": 0, "to": 5}],
        [mark(0, 5, text="nobody asked")],
        [mark(0, 5, colour="red")],
        [{**mark(0, 5), "from": 0.5}],
        [{**mark(0, 5), "from": True}],
        [{**mark(0, 5), "from": "0"}],
        [{**mark(0, 5), "label": ["dog"]}],
        [mark(at, at + 1) for at in range(501)],
    ],
)
def test_what_is_no_list_of_stretches_is_refused(wrong: Any) -> None:
    with pytest.raises(Wrong):
        segments().clean(wrong)


def test_five_hundred_stretches_and_a_whole_day_are_taken() -> None:
    assert len(segments().clean([mark(at, at + 1) for at in range(500)])) == 500
    assert segments().clean([mark(0, 86_400_000)])


def test_without_labels_a_stretch_has_none_and_a_text_is_kept_where_it_is_asked_for() -> None:
    plain = segments(labels=[], text=True)
    given = [{"from": 0, "to": 9, "text": "  hello \n"}, {"from": 9, "to": 12, "text": "", "label": ""}]
    assert plain.clean(given) == [{"from": 0, "to": 9, "text": "hello"}, {"from": 9, "to": 12}]
    with pytest.raises(Wrong):
        plain.clean([mark(0, 9)])
    with pytest.raises(Wrong):
        plain.clean([{"from": 0, "to": 9, "text": "x" * 5001}])


def test_the_schema_says_what_is_cleaned() -> None:
    items = segments(text=True).schema()["items"]
    assert set(items["properties"]) == {"from", "to", "label", "text"}
    assert items["required"] == ["from", "to", "label"]
    assert segments(labels=[]).schema()["items"]["required"] == ["from", "to"]


# --- marked stretches: agreement ------------------------------------------------------------------------------


def test_overlap_is_the_share_of_what_either_covers() -> None:
    assert stretches.overlap(mark(0, 10), mark(5, 15)) == pytest.approx(1 / 3)
    assert stretches.overlap(mark(0, 10), mark(0, 10)) == 1
    assert stretches.overlap(mark(0, 10), mark(10, 20)) == 0


def test_agreement_pairs_stretches_of_one_label() -> None:
    widget = segments()
    one = [mark(0, 10), mark(20, 30, "cat")]
    assert widget.agree(one, one) == 1
    assert widget.agree(one, [mark(0, 10)]) == pytest.approx(2 / 3)
    assert widget.agree(one, [mark(0, 10, "cat"), mark(20, 30)]) == 0
    assert widget.agree([mark(0, 10)], [mark(0, 5), mark(0, 9)]) == pytest.approx(2 * 0.9 / 3)
    assert stretches.alike([], []) == 1


def test_the_consensus_keeps_what_most_marked_with_the_ends_in_the_middle() -> None:
    found = segments().consensus(
        [
            [mark(1000, 5000), mark(9000, 9500, "cat")],
            [mark(1200, 5200)],
            [mark(900, 4000), mark(20_000, 21_000)],
        ]
    )
    assert found.value == [mark(1000, 5000)]
    assert found.confidence == pytest.approx((3 + 2 + 2) / 9)


def test_one_person_counts_once_for_a_stretch_and_nothing_kept_is_nothing() -> None:
    twice = [[mark(0, 100), mark(0, 101)], [mark(5000, 6000)], [mark(8000, 9000)]]
    assert segments().consensus(twice).value is None
    assert stretches.together([]).value is None


def test_the_text_of_a_stretch_is_the_one_most_people_wrote() -> None:
    answers = [[mark(0, 100, text="Hello")], [mark(0, 100, text="hello")], [mark(0, 100, text="yellow")]]
    assert segments(text=True).consensus(answers).value == [mark(0, 100, text="Hello")]


def test_of_two_people_the_ends_are_half_way_in_whole_milliseconds() -> None:
    assert stretches.together([[mark(0, 101)], [mark(1, 104)]]).value == [mark(0, 102)]


# --- marked stretches: results and drawings ---------------------------------------------------------------------


def test_times_are_said_as_people_write_them() -> None:
    assert [said(ms) for ms in (0, 3000, 62_500, 62_050, 3_600_000)] == [
        "0:00", "0:03", "1:02.5", "1:02.05", "1:00:00",
    ]  # fmt: skip


def test_results_hold_json_and_people_read_times_and_labels() -> None:
    widget, value = segments(text=True), [mark(3000, 7000, text="wuff")]
    assert widget.as_text(value) == "0:03–0:07 A dog: wuff"
    assert json.loads(str(widget.cells(value)[0])) == value
    assert widget.cells(None) == [None] and widget.as_text(None) == ""


def test_an_answer_is_looked_at_on_its_wave_and_without_a_recording_as_a_list() -> None:
    value = [mark(3000, 7000, text="<b>")]
    drawn = segments(text=True).as_html(value, VOICE)
    assert 'data-widget="segments"' in drawn and "textarea" not in drawn and "&lt;b&gt;" in drawn
    assert "data-widget" not in segments(text=True).as_html(value, {})


def test_the_form_reads_the_column_of_the_recording() -> None:
    form = compile_form(
        {"fields": [{"widget": "segments", "name": "marks", "label": "Mark", "column": "sound"}]}
    )
    assert form.columns == ["sound"]
    assert "data-answer" in form.render_fields(VOICE)
    with pytest.raises(BadForm):
        compile_form({"fields": [{"widget": "segments", "name": "marks", "label": "Mark"}]})


# --- players and pages -------------------------------------------------------------------------------------------


def shown(key: str, data: Any, **more: Any) -> str:
    problems: dict[str, list[Any]] = {}
    part = all_shown()[key]({"column": "sound", **more}, "show[0]", problems)
    assert not problems
    return str(part.render(data))


@pytest.mark.parametrize(("key", "tag"), [("audio", "<audio controls"), ("video", "<video controls")])
def test_a_player_works_without_scripts_and_says_when_there_is_nothing(key: str, tag: str) -> None:
    assert tag in shown(key, VOICE) and 'preload="metadata"' in shown(key, VOICE)
    assert shown(key, Row({"sound": " "})) == ""
    assert "(nothing to show)" in shown(key, {"sound": "a.m4a"})  # a preview without a batch


def test_the_wave_that_the_media_job_drew_up_is_asked_for_and_not_of_examples() -> None:
    row = Row({"sound": "a.m4a"}, lambda cell, size: f"/media/{cell}/{size}/")
    assert "/media/a.m4a/peaks/" in shown("audio", row)
    assert "&quot;peaks&quot;: &quot;&quot;" in shown("audio", VOICE)


def test_a_page_of_a_pdf_is_the_picture_of_that_page() -> None:
    row = Row({"sound": "a.pdf"}, lambda cell, size: f"/media/{cell}/{size}/")
    assert 'src="/media/a.pdf/p1/"' in shown("page", row)
    assert 'src="/media/a.pdf/p3/"' in shown("page", row, number=3)
    assert "(nothing to show)" in shown("page", {"sound": "a.pdf"})
    assert shown("page", {}) == ""


# --- files that workers send ------------------------------------------------------------------------------------


def test_a_file_is_named_by_its_id_and_by_nothing_else() -> None:
    name = ids.encode("fil", 7)
    assert upload().clean(name) == name
    assert upload().files(name) == {name: "photo"} and upload("sound").files(name) == {name: "sound"}
    assert upload().clean("") is None and upload().files(None) == {}
    for wrong in (ids.encode("asg", 7), "fil_", "../../etc/passwd", 7, [name], {"id": name}):
        with pytest.raises(Wrong):
            upload().clean(wrong)


def test_the_cell_of_a_file_is_an_address_and_its_json_the_id() -> None:
    name = ids.encode("fil", 7)
    assert str(upload().cells(name)[0]).endswith(f"/media/answers/{name}/")
    assert upload().literals(name) == [f'"{name}"']
    assert upload().cells(None) == [None]


def test_a_sent_photo_is_seen_and_a_sent_recording_heard() -> None:
    name = ids.encode("fil", 7)
    assert "<img" in upload().as_html(name, None)
    assert "<audio" in upload("sound").as_html(name, None)
    assert upload().as_html(None, None) == ""


def test_every_part_of_sound_names_files_that_exist() -> None:
    from django.contrib.staticfiles import finders

    asked, seen = all_widgets(), all_shown()
    for part in (asked["segments"], asked["upload"], seen["audio"], seen["video"], seen["page"]):
        for path in (*part.scripts, *part.styles):
            assert finders.find(path), path


def test_the_question_for_a_file_knows_where_to_send_it() -> None:
    drawn = upload().render(Drawing("answer-sent"))
    assert "/work/assignments/ID/files/?kind=photo" in drawn and "/media/answers/ID/" in drawn
