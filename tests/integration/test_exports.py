"""Results as files: what leaves, in which columns, and what never does."""

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest

from marketplace.base import clock, ids
from marketplace.base.errors import Invalid, Refusal
from tasks.forms import compile_form
from tasks.models import Assignment, Batch, Dispute
from tasks.services import exports, exports_rows, exports_tables, fits
from tests import market

pytestmark = pytest.mark.django_db
FORM = {
    "show": market.FORM["show"],
    "fields": [
        *market.FORM["fields"],
        {"name": "count", "widget": "number", "label": "How many?", "min": "0", "max": "100"},
        {"name": "marks", "widget": "choice", "label": "Marks?", "many": True, "options": ["a", "b"]},
    ],
}


@pytest.fixture
def batch(atelier: Any, alice: Any) -> Batch:
    return market.open_batch(atelier, alice, rows=3, overlap=3, form=FORM, title="Lamps & chairs")


def answer(worker: Any, batch: Batch, row: int, state: str, **given: Any) -> Assignment:
    """An answer in `state`, as reviews and moderators would leave it."""
    now = clock.now()
    decided = state in {"approved", "rejected"}
    return Assignment.objects.create(
        task=batch.tasks.get(row_number=row),
        batch=batch,
        worker=worker,
        state=state,
        claimed_at=now,
        lease_until=now,
        reward_micros=batch.reward_micros,
        country="FR",
        cap_year=now.year,
        submitted_at=now,
        worked_seconds=9,
        answer={"marks": [], **given},
        review_due_at=now,
        reviewed_at=now if decided else None,
    )


def refused(worker: Any, batch: Batch, row: int, moderator: Any, **given: Any) -> Assignment:
    """An answer that a moderator refused."""
    found, now = answer(worker, batch, row, "disputed", **given), clock.now()
    Dispute.objects.create(
        assignment=found, decide_by=now, decided_at=now, decided_by=moderator, outcome="reject", reason="No.",
    )  # fmt: skip
    Assignment.objects.filter(pk=found.pk).update(state="rejected", reviewed_at=now)
    return found


@pytest.fixture
def answered(batch: Batch, bob: Any, bea: Any, ben: Any) -> Batch:
    answer(bob, batch, 1, "approved", same="1", count="1.5", marks=["a", "b"])
    answer(bea, batch, 1, "approved", same="1", count="2.5", marks=["a"])
    answer(ben, batch, 1, "approved", same="0")
    answer(bob, batch, 2, "approved", same="0", count="12")
    answer(bea, batch, 2, "submitted", same="1", count="99")
    answer(ben, batch, 2, "contested", same="1", count="98")
    answer(bob, batch, 3, "disputed", same="1", count="97")
    return batch


def text(export: exports.Export) -> str:
    return b"".join(export.chunks).decode()


def table(export: exports.Export) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text(export), newline="")))


def lines(export: exports.Export) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text(export).splitlines()]


def test_each_answer_carries_the_confidence_of_the_result_of_its_task(answered: Batch) -> None:
    found = {(row["name"], row["same"], row["same_confidence"]) for row in table(exports.answers(answered))}
    assert found == {("row 1", "1", "0.7"), ("row 1", "0", "0.7"), ("row 2", "0", "0.7")}


def test_check_questions_are_no_results_and_their_answers_are_marked(answered: Batch, bob: Any) -> None:
    assert "check_question" not in table(exports.answers(answered))[0]
    market.add_rows(answered, 1)
    answered.tasks.filter(row_number=4).update(is_gold=True, funded=True)
    answer(bob, answered, 4, "approved", same="1", count="3")
    assert len(table(exports.results(answered))) == 3
    rows = table(exports.answers(answered))
    assert [row["check_question"] for row in rows] == ["False"] * 4 + ["True"]
    assert rows[-1]["same"] == "1" and rows[-1]["same_confidence"] == ""
    assert [line["check_question"] for line in lines(exports.answers(answered, "jsonl"))][-1] is True


def sheet(export: exports.Export) -> list[tuple[Any, ...]]:
    return list(openpyxl.load_workbook(io.BytesIO(b"".join(export.chunks))).active.values)


def test_results_have_input_columns_then_values_with_confidence_then_answers(answered: Batch) -> None:
    export = exports.results(answered)
    assert export.content_type == "text/csv; charset=utf-8"
    assert export.filename == f"lamps-chairs-{answered.public_id}-results.csv"
    rows = table(export)
    assert list(rows[0]) == [
        "name", "same", "same_confidence", "count", "count_confidence", "marks", "marks_confidence", "answers",
    ]  # fmt: skip
    assert list(rows[0].values()) == ["row 1", "1", "0.7", "2", "0.6667", "a", "0.6667", "3"]
    assert list(rows[1].values()) == ["row 2", "0", "0.7", "12", "1.0", "", "1.0", "1"]
    assert list(rows[2].values()) == ["row 3", "", "", "", "", "", "", "0"]


def test_json_lines_keep_their_types(answered: Batch) -> None:
    first, _second, third = lines(exports.results(answered, "jsonl"))
    assert first["same"] == "1"
    assert first["count"] == 2
    assert first["marks"] == ["a"]
    assert first["same_confidence"] == pytest.approx(0.7)
    assert first["answers"] == 3
    assert third["same"] is None
    assert third["answers"] == 0


def test_a_spreadsheet_has_numbers_as_numbers_and_text_as_text(answered: Batch) -> None:
    rows = sheet(exports.results(answered, "xlsx"))
    assert rows[0][0] == "name"
    assert rows[1] == ("row 1", "1", 0.7, 2, 0.6667, "a", 0.6667, 3)
    assert rows[3] == ("row 3", None, None, None, None, None, None, 0)


def test_every_approved_answer_comes_with_a_pseudonym(answered: Batch, bob: Any, atelier: Any) -> None:
    rows = table(exports.answers(answered))
    assert len(rows) == 4
    assert list(rows[0]) == [
        "name", "same", "same_confidence", "count", "count_confidence", "marks", "marks_confidence", "assignment",
        "worker", "submitted_at", "reward",
    ]  # fmt: skip
    first = next(row for row in rows if row["marks"] == "a|b")
    assert first["worker"] == ids.worker_seen_by(bob.pk, atelier.pk)
    assert first["reward"] == "0.65"
    assert first["count"] == "1.5"
    assert first["assignment"].startswith("asg_")
    assert lines(exports.answers(answered, "jsonl"))[0]["count"] in (1.5, 2.5, None)
    assert len(sheet(exports.answers(answered, "xlsx"))) == 5


@pytest.mark.parametrize("format", ["csv", "jsonl", "xlsx"])
@pytest.mark.parametrize("make", [exports.results, exports.answers])
def test_nothing_of_a_worker_leaves_but_the_pseudonym(
    answered: Batch, bob: Any, make: Callable[..., exports.Export], format: str
) -> None:
    data = b"".join(make(answered, format).chunks)
    assert bob.email.encode() not in data
    assert bob.name.encode() not in data


def test_p9_rejected_and_undecided_answers_appear_in_no_export(
    answered: Batch, bob: Any, bea: Any, dana: Any
) -> None:
    Assignment.objects.filter(batch=answered, worker=bob, task__row_number=3).delete()
    refused(bob, answered, 3, dana, same="1", count="97")
    for export in (exports.results, exports.answers):
        cells = {cell for row in table(export(answered)) for cell in row.values()}
        assert cells.isdisjoint({"97", "98", "99"})
    assert table(exports.results(answered))[1]["answers"] == "1"
    assert table(exports.results(answered))[2]["answers"] == "0"


def test_rows_that_wait_for_money_are_not_results_yet(answered: Batch) -> None:
    market.add_rows(answered, 2)
    assert len(table(exports.results(answered))) == 3


def test_formulas_are_made_harmless_in_csv_and_are_text_in_a_spreadsheet(answered: Batch) -> None:
    task = answered.tasks.get(row_number=1)
    task.data = {"name": '=HYPERLINK("https://evil.example")'}
    task.save()
    assert table(exports.results(answered))[0]["name"] == '\'=HYPERLINK("https://evil.example")'
    assert lines(exports.results(answered, "jsonl"))[0]["name"].startswith("=")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(exports.results(answered, "xlsx").chunks)))
    assert book.active["A2"].data_type == "s"
    assert book.active["A2"].value.startswith("=")


def test_a_mark_for_old_excel_is_there_only_when_asked_for(answered: Batch) -> None:
    assert not text(exports.results(answered)).startswith("\ufeff")
    assert text(exports.results(answered, bom=True)).startswith("\ufeffname,")


def test_an_input_column_gives_way_to_a_result_of_the_same_name(answered: Batch) -> None:
    assert exports.input_names(["a", "same", "answers"], ["same", "same_confidence", "answers"]) == [
        "a", "input_same", "input_answers",
    ]  # fmt: skip
    assert exports.input_names(["same", "input_same"], ["same"]) == ["input_input_same", "input_same"]
    Batch.objects.filter(pk=answered.pk).update(columns=["name", "same"])
    answered.refresh_from_db()
    assert list(table(exports.results(answered))[0])[:3] == ["name", "input_same", "same"]


def test_what_a_spreadsheet_can_not_hold_is_refused(answered: Batch, monkeypatch: Any) -> None:
    with pytest.raises(Invalid):
        exports.results(answered, "pdf")
    task = answered.tasks.get(row_number=1)
    task.data = {"name": "x" * 40_000}
    task.save()
    with pytest.raises(Refusal) as caught:
        exports.results(answered, "xlsx")
    assert caught.value.code == "too_long_for_xlsx"
    monkeypatch.setattr(exports, "XLSX_MOST_ROWS", 2)
    with pytest.raises(Refusal) as caught:
        exports.results(answered, "xlsx")
    assert caught.value.code == "too_many_for_xlsx"
    assert "2" in caught.value.message


def test_control_characters_do_not_break_a_spreadsheet(answered: Batch) -> None:
    task = answered.tasks.get(row_number=1)
    task.data = {"name": "a\x07b"}
    task.save()
    assert sheet(exports.results(answered, "xlsx"))[1][0] == "ab"


def test_a_batch_without_answers_has_rows_without_values(batch: Batch) -> None:
    assert [row["answers"] for row in table(exports.results(batch))] == ["0", "0", "0"]
    assert text(exports.answers(batch)).count("\n") == 1


@pytest.mark.django_db(transaction=True)
def test_rows_come_from_a_cursor_of_the_server_in_pieces(answered: Batch, monkeypatch: Any) -> None:
    monkeypatch.setattr(exports_rows, "AT_ONCE", 1)
    monkeypatch.setattr(exports_tables, "AT_ONCE", 1)
    chunks = exports.results(answered).chunks
    first = next(chunks)
    answered.tasks.filter(row_number=3).update(data={"name": "changed meanwhile"})
    rest = b"".join(chunks)
    assert b"row 1" in first
    assert b"row 3" in rest  # one picture of the data, however slowly it is read
    assert b"changed" not in rest


def test_what_the_batch_knows_of_its_workers_decides_as_on_the_pages(
    atelier: Any, alice: Any, bob: Any, bea: Any, ben: Any
) -> None:
    batch = market.open_batch(atelier, alice, rows=30, overlap=3)
    for row in range(1, 31):
        right = "1" if row % 2 else "0"
        answer(bob, batch, row, "approved", same=right)
        answer(bea, batch, row, "approved", same=right)
        answer(ben, batch, row, "approved", same="0" if right == "1" else "1")  # always the other way round
    alone = text(exports.results(batch))
    fits.fit(batch)
    rows = table(exports.results(batch))
    assert text(exports.results(batch)) != alone
    form, judges = compile_form(batch.form), fits.judges_of(batch)
    people = [worker.pk for worker in (bob, bea, ben)]
    found = form.consensus([{"same": "1"}, {"same": "1"}, {"same": "0"}], people, judges)["same"]
    assert (rows[0]["same"], float(rows[0]["same_confidence"])) == (found.value, round(found.confidence, 4))
