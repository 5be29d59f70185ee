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
from tasks.models import Assignment, Batch
from tasks.services import exports
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
    assert list(rows[0].values()) == ["row 1", "1", "0.6667", "2", "0.6667", "a", "0.6667", "3"]
    assert list(rows[1].values()) == ["row 2", "0", "1.0", "12", "1.0", "", "1.0", "1"]
    assert list(rows[2].values()) == ["row 3", "", "", "", "", "", "", "0"]


def test_json_lines_keep_their_types(answered: Batch) -> None:
    first, _second, third = lines(exports.results(answered, "jsonl"))
    assert first["same"] == "1"
    assert first["count"] == 2
    assert first["marks"] == ["a"]
    assert first["same_confidence"] == pytest.approx(0.6667)
    assert first["answers"] == 3
    assert third["same"] is None
    assert third["answers"] == 0


def test_a_spreadsheet_has_numbers_as_numbers_and_text_as_text(answered: Batch) -> None:
    rows = sheet(exports.results(answered, "xlsx"))
    assert rows[0][0] == "name"
    assert rows[1] == ("row 1", "1", 0.6667, 2, 0.6667, "a", 0.6667, 3)
    assert rows[3] == ("row 3", None, None, None, None, None, None, 0)


def test_every_approved_answer_comes_with_a_pseudonym(answered: Batch, bob: Any, atelier: Any) -> None:
    rows = table(exports.answers(answered))
    assert len(rows) == 4
    assert list(rows[0]) == [
        "name",
        "same",
        "count",
        "marks",
        "assignment",
        "worker",
        "submitted_at",
        "reward",
    ]
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
    from tasks.models import Dispute

    refused = answered.assignments.get(worker=bob, task__row_number=3)
    Dispute.objects.create(
        assignment=refused,
        decide_by=clock.now(),
        decided_at=clock.now(),
        decided_by=dana,
        outcome="reject",
        reason="No.",
    )
    Assignment.objects.filter(pk=refused.pk).update(state="rejected", reviewed_at=clock.now())
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
    monkeypatch.setattr(exports, "AT_ONCE", 1)
    chunks = exports.results(answered).chunks
    first = next(chunks)
    answered.tasks.filter(row_number=3).update(data={"name": "changed meanwhile"})
    rest = b"".join(chunks)
    assert b"row 1" in first
    assert b"row 3" in rest  # one picture of the data, however slowly it is read
    assert b"changed" not in rest
