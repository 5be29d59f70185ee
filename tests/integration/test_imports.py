"""A file on its way into a batch: from the upload to rows that can be published, or a decision about them."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured

from marketplace.base import clock as house_clock
from marketplace.base.models import AuditEvent, OutboxEvent
from tasks.models import Batch, Import
from tasks.services import batches, imports, loading
from tests import batch_files, market
from tests.batch_files import BAD, GOOD, load, refused, start, stored

pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(atelier: Any, alice: Any) -> Batch:
    return batch_files.draft(atelier, alice)


@pytest.fixture(autouse=True)
def _own_uploads(tmp_path: Path, settings: Any) -> None:
    settings.MEDIA_ROOT = tmp_path


# --- the straight way ---------------------------------------------------------------------------------------


def test_rows_of_a_file_become_closed_tasks_in_their_order(batch: Batch) -> None:
    source = load(batch, GOOD)
    assert (source.state, source.done, source.total, source.good, source.bad) == ("done", 2, 2, 2, 0)
    assert source.finished_at is not None
    tasks = list(batch.tasks.order_by("row_number"))
    assert [task.data for task in tasks] == [
        {"name": "Lamp", "town": "Lyon"},
        {"name": "Chair", "town": "Nantes"},
    ]
    assert [task.row_number for task in tasks] == [1, 2]
    assert all(not task.is_open and not task.funded and task.source_id == source.pk for task in tasks)
    batch.refresh_from_db()
    assert batch.columns == ["name", "town"]


def test_the_upload_is_stored_under_our_name_and_promised_once(batch: Batch) -> None:
    source = start(batch, GOOD)
    assert source.filename == "rows.csv"
    assert [path.name for path in stored()] == [Path(source.path).name]
    assert stored()[0].stat().st_mode & 0o077 == 0
    event = OutboxEvent.objects.get(kind="import.run")
    assert event.data == {"import_id": source.pk}
    assert AuditEvent.objects.filter(tag="tasks:import:start", subject=source.public_id).exists()


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\x\\rows.csv", "a\x00b\u202e.csv", "x" * 500, ""])
def test_no_name_of_a_file_gets_in_our_way(batch: Batch, name: str) -> None:
    source = imports.start(batch=batch, actor=batch.created_by, upload=io.BytesIO(GOOD), filename=name)
    assert "/" not in source.filename
    assert "\\" not in source.filename
    assert source.filename.isprintable()
    assert source.filename
    assert Path(source.path).parent == Path("imports")


def test_content_decides_the_format_not_the_name(batch: Batch) -> None:
    assert load(batch, b'{"name": "Lamp"}\n{"name": "Chair"}\n').format == "jsonl"
    assert batch.tasks.count() == 2


def test_rows_added_later_go_on_counting_and_keep_their_extra_columns(batch: Batch) -> None:
    load(batch, GOOD)
    load(batch, b"colour,name\nred,Table\n")
    batch.refresh_from_db()
    assert batch.columns == ["name", "town", "colour"]
    last = batch.tasks.latest("row_number")
    assert (last.row_number, last.data) == (3, {"colour": "red", "name": "Table"})


def test_keys_are_random_over_the_whole_range(batch: Batch) -> None:
    load(batch, b"name\n" + b"".join(b"n%d\n" % n for n in range(300)))
    keys = list(batch.tasks.values_list("key", flat=True))
    assert len(set(keys)) == 300
    assert min(keys) < -(10**9)
    assert max(keys) > 10**9


def test_loaded_rows_can_be_published(batch: Batch, atelier: Any, alice: Any) -> None:
    load(batch, GOOD)
    market.fund(atelier)
    published = batches.publish(batch=batch, actor=alice)
    assert published.tasks.filter(is_open=True, funded=True).count() == 2


# --- columns ------------------------------------------------------------------------------------------------


def test_columns_are_matched_by_hand_or_by_a_name_that_differs_in_signs_only(batch: Batch) -> None:
    source = load(batch, b"product,x\nLamp,1\n", mapping={"name": "product"})
    assert source.mapping == {"name": "product"}
    assert batch.tasks.get().data == {"name": "Lamp", "x": "1"}
    assert imports.suggest(["Name ", "price_A", "PRICE a"], ["name", "price_a"]) == {"name": "Name "}
    assert load(batch, b" NAME ,x\nLamp,1\n").state == "done"


def test_missing_columns_wait_for_a_decision_or_are_refused(batch: Batch, alice: Any) -> None:
    refusal = refused("columns_missing", lambda: start(batch, b"a,b\n1,2\n", refuse_missing=True))
    assert list(refusal.fields) == ["name"]
    source = start(batch, b"a,b\n1,2\n")
    assert source.state == "needs_decision"
    assert [(bad.row, bad.column) for bad in source.bad_row_set.all()] == [(0, "name")]
    assert not OutboxEvent.objects.filter(kind="import.run").exists()
    refused("columns_missing", lambda: imports.go_on(source=source, actor=alice))
    refused("columns_missing", lambda: imports.remap(source=source, actor=alice, mapping={}))
    imports.remap(source=source, actor=alice, mapping={"name": "b"})
    imports.run(source.pk)
    assert batch.tasks.get().data == {"a": "1", "name": "2"}


@pytest.mark.parametrize(
    "mapping", [{"nope": "name"}, {"name": "nope"}, {"name": "town"}],
)  # fmt: skip
def test_a_mapping_that_can_not_be_is_refused(batch: Batch, mapping: dict[str, str]) -> None:
    refused("bad_mapping", lambda: start(batch, GOOD, mapping=mapping))
    assert stored() == []


def test_the_columns_of_the_instructions_are_needed_too(batch: Batch) -> None:
    Batch.objects.filter(pk=batch.pk).update(instructions="Look at {{shop}}.")
    batch.refresh_from_db()
    assert imports.needed_columns(batch) == ["name", "shop"]
    assert start(batch, GOOD).state == "needs_decision"


def test_the_page_sees_the_first_rows(batch: Batch) -> None:
    source = start(batch, GOOD.replace(b",", b";"))
    seen = imports.preview(source)
    assert (seen.format, seen.delimiter, seen.headers) == ("csv", ";", ["name", "town"])
    assert seen.rows == [["Lamp", "Lyon"], ["Chair", "Nantes"]]


# --- bad rows -----------------------------------------------------------------------------------------------


def test_with_bad_rows_nothing_is_loaded_until_the_person_decides(batch: Batch, alice: Any) -> None:
    source = load(batch, BAD)
    assert (source.state, source.good, source.bad) == ("needs_decision", 2, 1)
    assert not batch.tasks.exists()
    bad = source.bad_row_set.get()
    assert (bad.row, bad.column) == (2, "")
    assert "1 cells" in bad.reason
    imports.go_on(source=source, actor=alice)
    imports.run(source.pk)
    source.refresh_from_db()
    assert (source.state, source.good, source.bad) == ("done", 2, 1)
    assert list(batch.tasks.order_by("row_number").values_list("row_number", flat=True)) == [1, 3]


def test_bad_rows_are_left_out_at_once_when_asked(batch: Batch) -> None:
    assert load(batch, BAD, bad_rows="skip").state == "done"
    assert batch.tasks.count() == 2


def test_a_file_of_bad_rows_only_fails_with_the_list(batch: Batch) -> None:
    source = load(batch, b"name,town\nx\ny\n", bad_rows="skip")
    assert source.state == "failed"
    assert "Not one row" in source.failure
    assert source.bad_row_set.count() == 2


def test_bad_rows_come_back_as_a_file_with_their_cells_and_no_formula(batch: Batch) -> None:
    source = load(batch, b"name,town\nLamp,Lyon\n=1+1,x,y\nChair\n")
    text = b"".join(imports.bad_rows_csv(source)).decode()
    lines = text.split("\r\n")
    assert lines[0] == "row,column,reason,name,town"
    assert lines[1].startswith("2,,")
    assert lines[2].startswith("3,,")
    Path(configured.MEDIA_ROOT, source.path).unlink()
    assert b"".join(imports.bad_rows_csv(source)).decode().startswith("row,column,reason\r\n2,,")


def test_cells_the_form_can_not_show_are_bad_rows(batch: Batch) -> None:
    form = {
        "show": [
            {"as": "link", "column": "page", "required": True},
            {"as": "text", "column": "name", "required": True},
        ],
        "fields": market.FORM["fields"],
    }
    Batch.objects.filter(pk=batch.pk).update(form=form)
    batch.refresh_from_db()
    data = b"page,name\nhttps://a.example,x\nhttp://a.example,x\n,x\nhttps://a.example, \n,\n"
    source = load(batch, data)
    assert [(bad.row, bad.column) for bad in source.bad_row_set.all()] == [
        (2, "page"),
        (3, "page"),
        (4, "name"),
    ]


def test_reasons_are_written_in_the_language_of_the_person(batch: Batch, alice: Any) -> None:
    seen = []
    alice.locale = "fr"
    alice.save()
    original = loading._load

    def note(held: Any) -> None:
        from django.utils.translation import get_language

        seen.append(get_language())
        original(held)

    source = start(batch, GOOD)
    loading._load = note  # type: ignore[assignment]
    try:
        imports.run(source.pk)
    finally:
        loading._load = original
    assert seen == ["fr"]


# --- refusals -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"", "empty_file"), (b"name\n", "no_rows_in_file"), (b"a,a\n1,2\n", "duplicate_header"),
     (b"%PDF-1", "unreadable_file"), (b'[{"name": 1}]', "json_array"), (b"PK\x03\x04" + b"\x00" * 50, "broken_xlsx")],
)  # fmt: skip
def test_a_file_that_can_not_be_read_leaves_nothing_behind(batch: Batch, data: bytes, code: str) -> None:
    refused(code, lambda: start(batch, data))
    assert stored() == []
    assert not Import.objects.exists()


class Endless(io.RawIOBase):
    """An upload that says nothing of its length and never ends."""

    given = 0

    def read(self, size: int = -1) -> bytes:
        self.given += size
        return b"x" * size


def test_an_upload_is_cut_off_at_the_limit_whatever_it_says(batch: Batch, settings: Any) -> None:
    settings.IMPORT_MAX_BYTES = 3_000_000
    endless = Endless()
    refused(
        "file_too_big",
        lambda: imports.start(batch=batch, actor=batch.created_by, upload=endless, filename="x"),  # type: ignore[arg-type]
    )
    assert endless.given <= 4 << 20
    assert stored() == []
    refused("file_too_big", lambda: imports.check_size(2_000_000_000))
    announced = io.BytesIO(GOOD)
    announced.size = 2_000_000_000  # type: ignore[attr-defined]
    refused(
        "file_too_big",
        lambda: imports.start(batch=batch, actor=batch.created_by, upload=announced, filename="x"),
    )
    assert announced.tell() == 0


def test_a_form_comes_before_its_rows(batch: Batch) -> None:
    Batch.objects.filter(pk=batch.pk).update(form={})
    batch.refresh_from_db()
    refused("bad_form", lambda: start(batch, GOOD))


@pytest.mark.parametrize("state", ["screening", "completed"])
def test_rows_are_taken_by_drafts_and_live_batches_only(batch: Batch, state: str) -> None:
    batch.state = state
    refused("import_not_now", lambda: start(batch, GOOD))


def test_one_import_at_a_time_also_when_two_arrive_at_once(batch: Batch, monkeypatch: Any) -> None:
    start(batch, GOOD)
    refused("import_running", lambda: start(batch, GOOD))
    monkeypatch.setattr(imports, "under_way", lambda batch: False)  # as the loser of a race sees it
    refused("import_running", lambda: start(batch, GOOD))
    assert len(stored()) == 1


def test_too_many_rows_end_in_failed_with_the_sentence(batch: Batch, settings: Any) -> None:
    settings.IMPORT_MAX_ROWS = 2
    source = load(batch, b"name\na\nb\nc\n")
    assert (source.state, batch.tasks.count()) == ("failed", 0)
    assert "more than 2 rows" in source.failure


def test_a_stored_file_that_is_gone_is_said(batch: Batch) -> None:
    source = start(batch, GOOD)
    Path(configured.MEDIA_ROOT, source.path).unlink()
    imports.run(source.pk)
    source.refresh_from_db()
    assert source.state == "failed"
    assert "Send it again" in source.failure


# --- decisions ----------------------------------------------------------------------------------------------


def test_an_import_can_be_given_up_before_it_is_loaded_only(batch: Batch, alice: Any) -> None:
    source = start(batch, GOOD)
    assert imports.cancel(source=source, actor=alice).state == "cancelled"
    imports.run(source.pk)
    assert not batch.tasks.exists()
    done = load(batch, GOOD)
    refused("illegal_move", lambda: imports.cancel(source=done, actor=alice))
    refused("illegal_move", lambda: imports.go_on(source=done, actor=alice))
    refused("illegal_move", lambda: imports.remap(source=done, actor=alice, mapping={}))


def test_a_draft_can_be_emptied_for_another_file(batch: Batch, alice: Any) -> None:
    load(batch, GOOD)
    assert imports.clear(batch=batch, actor=alice) == 2
    batch.refresh_from_db()
    assert (batch.columns, batch.tasks.count()) == ([], 0)
    start(batch, GOOD)
    refused("import_running", lambda: imports.clear(batch=batch, actor=alice))


def test_the_rows_of_a_published_batch_stay(atelier: Any, alice: Any) -> None:
    live = market.open_batch(atelier, alice)
    refused("not_a_draft", lambda: imports.clear(batch=live, actor=alice))


# --- live batches -------------------------------------------------------------------------------------------


def test_rows_for_a_live_batch_wait_unseen_for_their_money(atelier: Any, alice: Any) -> None:
    live = market.open_batch(atelier, alice, rows=2)
    source = load(live, b"name\nLamp\nChair\n")
    assert source.state == "needs_funds"
    assert live.tasks.filter(is_open=True).count() == 2
    assert OutboxEvent.objects.filter(kind="import.loaded", data={"import_id": source.pk}).count() == 1
    batches.fund_rows(source=source, actor=alice)
    assert live.tasks.filter(is_open=True, funded=True).count() == 4


def test_rows_that_wait_for_money_go_when_the_import_is_given_up(atelier: Any, alice: Any) -> None:
    live = market.open_batch(atelier, alice, rows=2)
    source = load(live, b"name\nLamp\n")
    imports.cancel(source=source, actor=alice)
    assert live.tasks.count() == 2


def test_a_batch_that_ends_while_its_file_is_read_takes_no_rows(
    atelier: Any, alice: Any, monkeypatch: Any
) -> None:
    live = market.open_batch(atelier, alice, rows=2)
    source = start(live, b"name\nLamp\n")
    staged = loading._stage

    def close_meanwhile(*args: Any) -> None:
        staged(*args)
        Batch.objects.filter(pk=live.pk).update(state="completed", closed_at=house_clock.now())

    monkeypatch.setattr(loading, "_stage", close_meanwhile)
    imports.run(source.pk)
    source.refresh_from_db()
    assert source.state == "failed"
    assert live.tasks.count() == 2
