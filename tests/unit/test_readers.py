"""Files as people really send them: each is read right, or refused with a sentence that says what to do."""

import csv
import datetime as dt
import io
import json
import zipfile
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.styles import numbers

from marketplace.base import spreadsheet
from tasks.services.exports_tables import Cell, csv_chunks, json_text
from tasks.services.readers import FileRefused, open_reader, sniff
from tasks.services.readers.base import Broken
from tasks.services.readers.records import Records


def sniffed(data: bytes) -> Any:
    return sniff(io.BytesIO(data))


def rows(data: bytes) -> list[Any]:
    return list(open_reader(io.BytesIO(data))[1].rows())


def refusal(data: bytes) -> str:
    """The code of the refusal; its sentence must be one."""
    with pytest.raises(FileRefused) as caught:
        file = io.BytesIO(data)
        sniff(file)
        rows(data)
    assert len(caught.value.message) > 20
    assert "%" not in caught.value.message
    return caught.value.code


def workbook(*lines: Any, **changes: Any) -> bytes:
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(line)
    for name, change in changes.items():
        book.active[name] = change
    return saved(book)


def saved(book: Any) -> bytes:
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


# --- text -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        ("é,b\n1,ü\n".encode(), "utf-8"),
        ("\ufeffé,b\n1,ü\n".encode(), "utf-8-sig"),
        ("\ufeffé,b\n1,ü\n".encode("utf-16-le"), "utf-16"),
        ("\ufeffé,b\n1,ü\n".encode("utf-16-be"), "utf-16"),
        ("é,b\n1,ü\n".encode("utf-16-le"), "utf-16-le"),
        ("é,b\n1,ü\n".encode("utf-16-be"), "utf-16-be"),
        ("é,b\n1,ü\n".encode("utf-32"), "utf-32"),
        ("é,b\n1,ü\n".encode("cp1252"), "cp1252"),
    ],
)
def test_every_usual_encoding_is_read(data: bytes, encoding: str) -> None:
    seen = sniffed(data)
    assert seen.encoding == encoding
    assert seen.headers == ["é", "b"]
    assert seen.rows == [["1", "ü"]]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("nom;adresse\nÉlodie;12 rue de l’Église, 3 €\nNoël;à côté du château\n", "cp1252"),
        (
            "имя;адрес\nИван Петров;улица Ленина, дом пять\nОльга Сидорова;проспект Мира, дом десять\n",
            "cp1251",
        ),
    ],
)
def test_old_code_pages_are_recognised_and_said(text: str, encoding: str) -> None:
    seen = sniffed(text.encode(encoding))
    assert seen.encoding == encoding
    assert seen.rows[0][0] == text.split("\n")[1].split(";")[0]
    assert len(seen.notes) == 1
    assert "1251" in seen.notes[0] or "1252" in seen.notes[0]


def test_letters_beyond_the_first_chunk_decide_too() -> None:
    data = b"a,b\n" + b"1,2\n" * 600_000 + "é,ü\n".encode("cp1252")
    assert sniffed(data).encoding == "cp1252"
    assert rows(data)[-1] == ["é", "ü"]


def test_a_letter_cut_by_a_chunk_is_no_damage() -> None:
    data = b"a\n" + b"x" * ((1 << 20) - 3) + "éé\n".encode()
    assert sniffed(data).encoding == "utf-8"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_every_usual_delimiter_is_found(delimiter: str) -> None:
    data = (
        delimiter.join(["a", "b", "c"]) + "\n" + delimiter.join(["1,5", "x", '"q' + delimiter + 'r"']) + "\n"
    )
    if delimiter == ",":
        data = data.replace("1,5", '"1,5"')
    seen = sniffed(data.encode())
    assert seen.delimiter == delimiter
    assert seen.rows == [["1,5", "x", "q" + delimiter + "r"]]


def test_a_file_of_one_column_may_have_commas_in_it() -> None:
    assert rows(b"text\nHello, you\nOne; two; three\n") == [["Hello, you"], ["One; two; three"]]


def test_excels_own_hint_is_followed() -> None:
    assert sniffed(b"sep=;\r\na;b\r\n1;2\r\n").rows == [["1", "2"]]


def test_quotes_line_ends_and_empty_lines() -> None:
    data = b'a,b\r\n"two\r\nlines","say ""hi"""\r\n\r\n , \r\n,,\r\nx,y\r\n'
    assert rows(data) == [["two\r\nlines", 'say "hi"'], [" ", " "], ["x", "y"]]


def test_old_mac_line_ends() -> None:
    assert rows(b"a,b\r1,2\r3,4\r") == [["1", "2"], ["3", "4"]]


def test_ragged_rows_are_bad_rows_and_spare_delimiters_are_not() -> None:
    found = rows(b"a,b\n1\n1,2,3\n1,2,,\n")
    assert isinstance(found[0], Broken)
    assert isinstance(found[1], Broken)
    assert found[2] == ["1", "2"]


def test_a_quotation_mark_that_is_never_closed_is_one_bad_row() -> None:
    found = rows(b'a,b\n1,2\n"never,closed\n')
    assert found[0] == ["1", "2"]
    assert isinstance(found[1], Broken)


def test_spare_columns_without_name_at_the_end_are_left_out() -> None:
    assert sniffed(b"a;b;;\n1;2;;\n").headers == ["a", "b"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_file"),
        (b"  \n\n", "empty_file"),
        (b"\xef\xbb\xbf", "empty_file"),
        (b",,\n1,2,3\n", "no_rows_in_file"),  # names may come after blank lines
        (b"a,b\n", "no_rows_in_file"),
        (b"a,b", "no_rows_in_file"),
        (b"a,b\n\n,\n", "no_rows_in_file"),
        (b"a,b,a\n1,2,3\n", "duplicate_header"),
        (b"a,,b\n1,2,3\n", "bad_header"),
        (b"a\x00,b\n1,2\n", "bad_header"),
        (b"a," + b"b" * 101 + b"\n1,2\n", "bad_header"),
        (",".join(f"c{n}" for n in range(201)).encode() + b"\n1\n", "too_many_columns"),
        (b"%PDF-1.7 ...", "unreadable_file"),
        (b"\x1f\x8b\x08\x00", "unreadable_file"),
        (b"<!DOCTYPE html><html>", "unreadable_file"),
        (b'[{"a": 1}, {"a": 2}]', "json_array"),
        (b"[\n  {\n", "json_array"),
        (b'{\n  "a": 1\n}\n', "json_array"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 600, "old_excel"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted_file"),
        (b"a,b\n" + b"x" * (17 << 20), "line_too_long"),
    ],
)
def test_what_can_not_be_read_is_refused_with_a_sentence(data: bytes, code: str) -> None:
    assert refusal(data) == code


# --- JSON Lines -------------------------------------------------------------------------------------------


def test_json_lines_keep_numbers_as_they_are_written() -> None:
    data = b'{"a": 1.10, "b": true, "c": null}\n\n{"a": "x\\ny", "b": false, "c": 12345678901234567890}\n'
    assert rows(data) == [
        {"a": "1.10", "b": "true", "c": ""},
        {"a": "x\ny", "b": "false", "c": "12345678901234567890"},
    ]
    assert sniffed(data).format == "jsonl"


def test_broken_lines_are_bad_rows() -> None:
    lines = [b'{"a": 1}', b'{"a": 1', b"[1]", b'"x"', b'{"a": {"b": 1}}', b'{"a": [1]}', b'{"a": 1, "a": 2}',
             b'{"": 1}', b'{"a": NaN}', b'{"a":' * 5000, b'{"a": 2}']  # fmt: skip
    found = rows(b"\n".join(lines))
    assert found[0] == {"a": "1"}
    assert found[-1] == {"a": "2"}
    assert all(isinstance(row, Broken) for row in found[1:-1])
    assert found[4].column == "a"


# --- XLSX -------------------------------------------------------------------------------------------------


def test_cells_become_plain_text() -> None:
    data = workbook(
        ["text", "whole", "decimal", "date", "moment", "hour", "yes", "none"],
        ["x", 3, 0.1, dt.date(2026, 3, 31), dt.datetime(2026, 3, 31, 14, 5), dt.time(9, 30), True, None],
        ["=not", 1e21, 2.0, dt.datetime(2026, 1, 1), None, None, False, None],
        A3=openpyxl.cell.cell.Cell(openpyxl.Workbook().active, value="y").value,
    )
    assert rows(data) == [
        ["x", "3", "0.1", "2026-03-31", "2026-03-31 14:05:00", "09:30:00", "true", ""],
        ["y", "1000000000000000000000", "2", "2026-01-01", "", "", "false", ""],
    ]


def test_percent_and_money_are_the_numbers_they_are() -> None:
    book = openpyxl.Workbook()
    book.active.append(["a", "b"])
    book.active.append([0.25, 19.99])
    book.active["A2"].number_format = numbers.FORMAT_PERCENTAGE
    assert rows(saved(book)) == [["0.25", "19.99"]]


def test_a_formula_gives_its_value_never_itself() -> None:
    data = workbook(["a", "b"], ["=1+1", "x"])  # written without a value, as by a program
    assert rows(data) == [["", "x"]]
    with zipfile.ZipFile(io.BytesIO(data)) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = (
        parts[sheet].replace(b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>").replace(b"<v />", b"<v>2</v>")
    )
    assert rows(zipped(parts)) == [["2", "x"]]


def zipped(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return file.getvalue()


def test_the_first_visible_sheet_is_read_and_said() -> None:
    book = openpyxl.Workbook()
    book.active.append(["hidden"])
    book.active.sheet_state = "hidden"
    book.create_sheet("Rows").append(["a"])
    book["Rows"].append(["1"])
    seen = sniffed(saved(book))
    assert seen.headers == ["a"]
    assert "Rows" in seen.notes[0]


def test_empty_rows_and_gaps_cost_nothing() -> None:
    data = workbook(["a", "b"], [None, None], ["1", None], A1000000="last")
    assert rows(data) == [["1", ""], ["last", ""]]


def test_a_cell_beyond_the_named_columns_is_a_bad_row() -> None:
    found = rows(workbook(["a"], ["1"], D3="stray"))
    assert found[0] == ["1"]
    assert isinstance(found[1], Broken)


def test_an_error_in_a_cell_is_a_bad_row() -> None:
    book = openpyxl.Workbook()
    book.active.append(["a"])
    book.active.append(["#N/A"])
    book.active["A2"].data_type = "e"
    assert isinstance(rows(saved(book))[0], Broken)


def test_a_truncated_workbook_is_refused() -> None:
    whole = workbook(["a"], *[[f"some text {n}"] for n in range(500)])
    assert refusal(whole[: len(whole) // 2]) == "broken_xlsx"
    assert refusal(whole[:-10]) == "broken_xlsx"
    assert refusal(b"PK\x03\x04" + b"\x00" * 100) == "broken_xlsx"


def test_damage_inside_a_workbook_is_refused() -> None:
    with zipfile.ZipFile(io.BytesIO(workbook(["a"], ["1"]))) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    assert refusal(zipped(parts | {sheet: parts[sheet].partition(b"</sheetData>")[0]})) == "broken_xlsx"
    assert refusal(zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"})) == "broken_xlsx"
    bomb = (
        b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>' + parts[sheet].partition(b"?>")[2]
    )
    assert refusal(zipped(parts | {sheet: bomb})) == "broken_xlsx"


def test_shared_strings_are_read_as_far_as_they_are_asked_for() -> None:
    with zipfile.ZipFile(io.BytesIO(workbook(["a"], ["x"], ["y"]))) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    sheet, strings = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"
    space = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    texts = b"<si><t>a</t></si><si><t>one</t></si><si><r><t>t</t></r><r><t>wo</t></r></si>"
    parts[strings] = b"<sst %s>%s</sst>" % (space, texts)
    kind = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    listed = b'<Override PartName="/xl/sharedStrings.xml" ContentType="%s"/></Types>' % kind
    parts["[Content_Types].xml"] = parts["[Content_Types].xml"].replace(b"</Types>", listed)
    cells = b"".join(b'<row r="%d"><c r="A%d" t="s"><v>%d</v></c></row>' % (n, n, n - 1) for n in (1, 2, 3))
    parts[sheet] = b"<worksheet %s><sheetData>%s</sheetData></worksheet>" % (space, cells)
    assert rows(zipped(parts)) == [["one"], ["two"]]
    missing = parts | {sheet: parts[sheet].replace(b"<v>2</v>", b"<v>9</v>")}
    assert refusal(zipped(missing)) == "broken_xlsx"


def test_an_archive_that_unpacks_to_something_enormous_is_refused_before_it_does() -> None:
    with zipfile.ZipFile(io.BytesIO(workbook(["a"], ["1"]))) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    bomb = zipped(parts | {"xl/sharedStrings.xml": b" " * (80 << 20)})
    assert len(bomb) < 200_000
    assert refusal(bomb) == "unpacks_too_big"
    assert refusal(zipped(parts | {"xl/worksheets/sheet1.xml": b" " * (20 << 20)})) == "unpacks_too_big"
    assert refusal(zipped(parts | {f"xl/x{n}.xml": b"" for n in range(3000)})) == "unpacks_too_big"


def test_an_archive_that_lies_about_its_size_gives_no_more_than_it_declared() -> None:
    data = zipped({"[Content_Types].xml": b"<x/>" + b" " * (30 << 20)})
    lying = data.replace((4 + (30 << 20)).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert lying != data
    assert refusal(lying) == "broken_xlsx"


def test_an_archive_with_a_password_is_refused() -> None:
    data = bytearray(workbook(["a"], ["1"]))
    place = data.find(b"PK\x01\x02")
    while place >= 0:
        data[place + 8] |= 1
        place = data.find(b"PK\x01\x02", place + 4)
    assert refusal(bytes(data)) == "encrypted_file"


# --- cells to COPY ----------------------------------------------------------------------------------------


def copied(data: bytes, needed: tuple[str, ...] = (), *, stop: bool = False) -> tuple[list[Any], Records]:
    """What the rows become: (row number, data) as PostgreSQL would read them from COPY."""
    reader = open_reader(io.BytesIO(data))[1]
    records = Records(reader, mapping={}, needed=needed, checks=[], stop_at_bad=stop)
    text = b"".join(records.pieces()).decode()
    lines = [line.partition("\t") for line in text.split("\n")[:-1]]
    return [(int(number), json.loads(cell.replace("\\\\", "\\"))) for number, _tab, cell in lines], records


# A single blank cell would be an empty line: two cells a row.
CELLS = st.lists(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00\r"), max_size=20),
    min_size=2,
    max_size=2,
)


@given(st.lists(CELLS, min_size=1, max_size=20))
def test_cells_reach_the_database_as_they_stand(table: list[list[str]]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file, lineterminator="\r\n").writerows([["a", 'say "b" \\ %s'], *table])
    found, records = copied(file.getvalue().encode())
    kept = [row for row in table if any(row)]
    assert [list(data.values()) for _number, data in found] == kept
    assert records.good == len(kept)
    assert records.bad_count == 0


def test_zero_characters_and_half_characters_are_bad_rows() -> None:
    found, records = copied(b'{"a": "x\\u0000"}\n{"a": "\\ud800"}\n{"a": "\\\\u0000 is text"}\n')
    assert found == [(3, {"a": "\\u0000 is text"})]
    assert [(bad.row, bad.column) for bad in records.bad] == [(1, "a"), (2, "a")]
    found, records = copied(b"a,b\n1,x\x00\n2,y\n")
    assert found == [(2, {"a": "2", "b": "y"})]


def test_damaged_letters_in_a_utf8_file_are_bad_rows_of_their_own() -> None:
    found, records = copied("a,b\né,ü\nß,ö\n".encode() + b"x\xff,y\n" + "ä,ñ\n".encode())
    assert [number for number, _data in found] == [1, 2, 4]
    assert (records.bad[0].row, records.bad[0].column) == (3, "a")


def test_a_cell_that_is_too_long_names_its_column(settings: Any) -> None:
    settings.IMPORT_MAX_CELL_CHARS = 50
    found, records = copied(b"a,b\n1,2\n3," + b"x" * 51 + b"\n")
    assert len(found) == 1
    assert records.bad[0][:2] == (2, "b")


def test_more_rows_or_cells_than_allowed_end_the_import(settings: Any) -> None:
    settings.IMPORT_MAX_ROWS = 3
    assert len(copied(b"a\n1\n2\n3\n")[0]) == 3
    with pytest.raises(FileRefused) as caught:
        copied(b"a\n1\n2\n3\n4\n")
    assert caught.value.code == "too_many_rows"
    settings.IMPORT_MAX_ROWS, settings.IMPORT_MAX_CELLS = 1000, 4
    with pytest.raises(FileRefused) as caught:
        copied(b"a,b\n1,1\n2,2\n3,3\n")
    assert caught.value.code == "too_many_cells"


def test_a_row_with_nothing_to_show_is_bad() -> None:
    found, records = copied(b"id,a,b\n1,,\n2,x,\n", ("a", "b"))
    assert [number for number, _data in found] == [2]
    assert records.bad_count == 1


def test_bad_rows_are_all_counted_and_a_thousand_kept() -> None:
    found, records = copied(b"a,b\n" + b"1\n" * 1500 + b"1,2\n")
    assert len(found) == 1
    assert (records.bad_count, len(records.bad)) == (1500, 1000)
    found, records = copied(b"a,b\n1\n1,2\n", stop=True)
    assert found == []
    assert (records.good, records.bad_count) == (1, 1)


def test_later_json_lines_may_bring_more_columns() -> None:
    lines = [json.dumps({"a": n}) for n in range(200)] + ['{"a": 1, "late": 2}', '{"late": 3}']
    found, records = copied("\n".join(lines).encode(), ("a",))
    assert records.columns == ["a", "late"]
    assert len(found) == 201
    assert records.bad[0][:2] == (202, "a")


# --- spreadsheets that open what we send --------------------------------------------------------------------


@pytest.mark.parametrize("cell", ["=1+1", "+SUM(A1)", "-cmd", "@x", "\tx", "\rx", "-", "=-1", "+1-2"])
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(cell: str) -> None:
    assert spreadsheet.safe(cell) == "'" + cell


@pytest.mark.parametrize("cell", ["-1", "+3,5", "-0.5", "1", "a=b", "", "-1e5", 5, 0.5, None, "'x"])
def test_plain_numbers_and_plain_words_stay(cell: Any) -> None:
    assert spreadsheet.safe(cell) == cell


@given(st.lists(CELLS, min_size=1, max_size=20))
def test_what_is_exported_can_be_imported_again(table: list[list[str]]) -> None:
    records = [[Cell(cell, json_text(cell)) for cell in row] for row in table]
    data = b"".join(csv_chunks(["a", "b"], records, bom=True))
    found, _records = copied(data)
    assert [list(row.values()) for _number, row in found] == [
        [spreadsheet.safe(cell) for cell in row] for row in table if any(row)
    ]
