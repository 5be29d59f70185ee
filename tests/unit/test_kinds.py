"""What every kind keeps to, and that a person and a program find it."""

from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from tasks import kinds
from tasks.forms import compile_form
from tasks.kinds import Group, Kind
from tasks.rows import EXAMPLE
from tests.conftest import ROOT

EXAMPLES = ROOT / "static" / "examples"
PAGE = ROOT / "docs" / "kinds.md"
PROMISED = {
    "name_objects", "sort_photos", "outline_object", "boxes_objects", "check_keywords", "transcribe_voice",
    "transcribe_handwriting", "transcribe_invoice", "translate_text", "verify_record", "find_detail",
    "moderate_post", "judge_search", "judge_ad", "rate_media", "choose_ai_answer", "check_ai_answer",
    "classify_text", "mark_names", "tag_keywords", "survey", "outside_survey", "own", "compare_records",
    "rate_number", "transcribe_text",
}  # fmt: skip
every_kind = pytest.mark.parametrize("kind", kinds.all_kinds(), ids=lambda kind: kind.key)


def test_every_kind_that_was_promised_is_there() -> None:
    assert {kind.key for kind in kinds.all_kinds()} >= PROMISED


@every_kind
def test_a_kind_has_a_form_that_stands_and_rows_for_it_in_both_languages(kind: Kind) -> None:
    for language in ("en", "fr"):
        with translation.override(language):
            form = compile_form(kind.form())
            rows = kind.example_rows()
        assert len(rows) == 3
        for row in rows:
            assert set(row) == set(form.columns)
            wrong = [
                told for part in form.show for column, check in part.checks() if (told := check(row[column]))
            ]
            assert not wrong
    words = [[cell for row in kind.examples[language] for cell in row.values()] for language in ("en", "fr")]
    drawn = all(cell.startswith(EXAMPLE) for cell in words[0])
    assert drawn or words[0] != words[1]


@every_kind
def test_a_kind_says_what_to_do_and_what_is_promised(kind: Kind) -> None:
    with translation.override("en"):
        words = kind.words()
        assert words.startswith("## ") and "## What to do" in words
        assert words.endswith("You are never punished for an honest answer.")
        assert len(words) <= settings.INSTRUCTIONS_MAX_CHARS / 4  # room for what the requester adds
        assert len(str(kind.title)) <= 60 and len(str(kind.description)) <= 160
    assert 5 <= kind.seconds <= 600
    assert 1 <= kind.overlap <= 100


def test_files_of_examples_are_there_and_small() -> None:
    named = {
        cell.removeprefix(EXAMPLE)
        for kind in kinds.all_kinds()
        for rows in kind.examples.values()
        for row in rows
        for cell in row.values()
        if cell.startswith(EXAMPLE)
    }
    assert not {name for name in named if not (EXAMPLES / name).is_file()}
    sizes = {path.name: path.stat().st_size for path in EXAMPLES.iterdir()}
    assert not {name for name, size in sizes.items() if name.endswith(".webp") and size > 30_000}
    assert sum(sizes.values()) <= 700_000


def test_a_program_may_change_the_form_of_a_kind_without_changing_the_kind() -> None:
    kinds.get("boxes_objects").form()["fields"][0]["labels"].clear()
    assert kinds.get("boxes_objects").form()["fields"][0]["labels"]


# --- Finding one ------------------------------------------------------------------------------------------------


def test_kinds_are_found_by_any_of_their_words_whatever_case_and_accents() -> None:
    with translation.override("en"):
        assert [kind.key for kind in kinds.search("INVOICE")] == ["transcribe_invoice"]
        assert [kind.key for kind in kinds.search("ai bettér")] == ["choose_ai_answer"]
        assert {kind.group for kind in kinds.search("pictures")} == {Group.PICTURES}
        assert kinds.search("  ") == kinds.all_kinds()
        assert kinds.search("zeppelin") == []


def test_groups_keep_their_order_and_an_empty_one_is_left_out() -> None:
    every = kinds.grouped(kinds.all_kinds())
    assert [group for group, _members in every] == list(Group)
    assert sum(len(members) for _group, members in every) == len(kinds.all_kinds())
    assert [group for group, _members in kinds.grouped([kinds.get("survey")])] == [Group.SURVEYS]


# --- The page in docs -------------------------------------------------------------------------------------------


def table() -> str:
    """The table of docs/kinds.md, as the kinds are."""
    lines = [
        "| kind | what it is | answered with | columns | seconds | answers |",
        "|---|---|---|---|---|---|",
    ]
    with translation.override("en"):
        for group, members in kinds.grouped(kinds.all_kinds()):
            lines.append(f"| **{group.label}** | | | | | |")
            for kind in members:
                form = compile_form(kind.form())
                widgets = ", ".join(dict.fromkeys(widget.key for widget in form.fields))
                columns = ", ".join(f"`{column}`" for column in form.columns)
                lines.append(
                    f"| `{kind.key}` | {kind.title} | {widgets} | {columns} | {kind.seconds} | {kind.overlap} |"
                )
    return "\n".join(lines) + "\n"


def test_the_table_in_the_docs_is_what_the_kinds_are() -> None:
    assert table() in Path(PAGE).read_text(encoding="utf-8"), f"docs/kinds.md should have:\n\n{table()}"
