"""`manage.py consensus`: files as people have them, good and bad, with and without the truth."""

import csv
import io
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from tests.conftest import ROOT
from tests.made_crowds import crowd


def run(*arguments: Any, **options: Any) -> tuple[str, str]:
    out, error = io.StringIO(), io.StringIO()
    call_command("consensus", *map(str, arguments), stdout=out, stderr=error, **options)
    return out.getvalue(), error.getvalue()


def sheet(path: Path, head: str, rows: Any) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        file.write(head + "\n")
        csv.writer(file).writerows(rows)
    return path


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, Path]:
    people = crowd(3, classes=2, against=0.2, tasks=120)
    labels = sheet(
        tmp_path / "labels.csv", "worker,seen,label,task", [(w, 1, x, t) for t, w, x in people.rows]
    )
    return labels, sheet(tmp_path / "truth.csv", "label,task", [(x, t) for t, x in people.truth.items()])


def test_json_is_one_object_with_fractions(made: tuple[Path, Path], tmp_path: Path) -> None:
    out, error = run(made[0], "--truth", made[1], "--out", tmp_path / "out.csv", "--json")
    report = json.loads(out)
    assert out.count("\n") == 1 and error == ""
    assert set(report) == {"method", "tasks", "workers", "labels", "seconds", "accuracy"}
    assert (report["tasks"], report["labels"]) == (120, 600) and 0.8 < report["accuracy"] <= 1
    assert report["method"] in ("majority", "one-coin", "dawid-skene")
    with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    truth = {row["task"]: row["label"] for row in csv.DictReader(made[1].open(newline="", encoding="utf-8"))}
    assert list(rows[0]) == ["task", "label", "confidence"] and len(rows) == 120
    assert sum(truth[row["task"]] == row["label"] for row in rows) / 120 == pytest.approx(report["accuracy"])
    assert all(0 <= float(row["confidence"]) <= 1 for row in rows)


def test_without_json_a_table_says_what_and_why(made: tuple[Path, Path]) -> None:
    out, _ = run(made[0], "--truth", made[1])
    assert "accuracy" in out and "confidence  mean 0." in out and "foretells hidden answers best" in out


def test_a_method_can_be_asked_for_in_the_usual_spellings(made: tuple[Path, Path]) -> None:
    for spelling in ("majority", "MV", "wawa", "one_coin", "dawid_skene", "DS"):
        out, _ = run(made[0], "--method", spelling, "--json")
        assert json.loads(out)["method"] in ("majority", "wawa", "one-coin", "dawid-skene")
    with pytest.raises(CommandError, match="no method 'median' for labels of type categorical"):
        run(made[0], "--method", "median")


def test_numbers_are_told_from_classes_and_compared_by_their_errors(tmp_path: Path) -> None:
    chance = random.Random(1)
    true = {f"t{n}": n * 3.5 for n in range(60)}
    rows = [
        (task, f"w{w}", round(value + chance.gauss(0, 2), 1))
        for task, value in true.items()
        for w in range(5)
    ]
    labels = sheet(tmp_path / "l.csv", "task,worker,label", [*rows, ("t0", "w9", "many")])
    out, error = run(labels, "--truth", sheet(tmp_path / "t.csv", "task,label", true.items()), "--json")
    report = json.loads(out)
    assert set(report) == {"method", "tasks", "workers", "labels", "seconds", "mae", "rmse"}
    assert 0 < report["mae"] <= report["rmse"] < 2 and report["labels"] == 300
    assert "row 302: its label 'many' is not a number" in error
    few = sheet(
        tmp_path / "few.csv", "task,worker,label", [(n, w, n % 3) for n in range(60) for w in range(3)]
    )
    assert json.loads(run(few, "--json")[0])["method"] in ("majority", "one-coin", "dawid-skene")
    assert json.loads(run(few, "--json", "--type", "number", "--method", "mean")[0])["method"] == "mean"


def test_texts_are_told_from_many_classes(tmp_path: Path) -> None:
    rows = [(n, w, f"the {n} times {'' if w else 'x'}table of {n * 7}") for n in range(40) for w in range(3)]
    truth = sheet(
        tmp_path / "t.csv", "task,label", [(n, f"The {n} times table of {n * 7}") for n in range(40)]
    )
    report = json.loads(
        run(sheet(tmp_path / "l.csv", "task,worker,label", rows), "--truth", truth, "--json")[0]
    )
    assert report["method"] in ("nearest", "majority", "words", "characters") and report["accuracy"] == 1
    named = [(n, w, f"kind {n % 50}") for n in range(500) for w in range(3)]
    report = json.loads(run(sheet(tmp_path / "k.csv", "task,worker,label", named), "--json")[0])
    assert report["method"] in ("majority", "one-coin", "dawid-skene")


def test_a_later_label_replaces_the_earlier_and_bad_rows_are_named(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes(
        b"\xef\xbb\xbf Label ,worker,TASK\r\n"
        b"a,w1,t1\r\n"  # row 2
        b"b,w1,t1\r\n"
        b",w2,t1\r\n"  # row 4: no label
        b"b,w2\r\n"  # row 5: too few cells
        b"b,w2,t1,more\r\n"
        b"\xff,w3,t1\r\n"  # row 7: not UTF-8
        b"\r\n"
    )
    out, error = run(path, "--json", "--out", tmp_path / "out.csv")
    report = json.loads(out)
    assert (report["tasks"], report["workers"], report["labels"]) == (1, 2, 2)
    assert (tmp_path / "out.csv").read_text().splitlines()[1].startswith("t1,b,")
    lines = error.splitlines()
    assert len(lines) == 3
    assert "row 4: its label is empty" in lines[0]
    assert "row 5: it has 2 cells" in lines[1] and "row 7: it is not written in UTF-8" in lines[2]


def test_a_quote_that_is_never_closed_is_named_and_a_text_of_many_lines_is_a_text(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    rest = "".join(f"t{n},w1,a\n" for n in range(300))
    path.write_text('task,worker,label\nt0,w0,a\nt0,w2,"two\nlines"\nt1,w1,"a\n' + rest, encoding="utf-8")
    out, error = run(path, "--json", "--type", "categorical")
    assert json.loads(out)["labels"] == 2
    assert "row 4: it runs over 301 lines: a quote in it is never closed" in error


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "is empty"),
        ("task,label\n1,2\n", "no column worker"),
        ("task;worker;label\n1;2;3\n", "separated by commas"),
        ("task,worker,label\n", "no row that can be used"),
        ("task,worker,label\n,,\n", "no row that can be used"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(tmp_path: Path, content: str, sentence: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_text(content)
    with pytest.raises(CommandError, match=sentence):
        run(path, "--json")


def test_truth_about_other_tasks_is_said_and_not_counted(made: tuple[Path, Path], tmp_path: Path) -> None:
    truth = sheet(tmp_path / "other.csv", "task,label", [("elsewhere", "c0")])
    out, error = run(made[0], "--truth", truth, "--json")
    assert "accuracy" not in json.loads(out) and "1 tasks have no label" in error


def test_it_runs_from_the_command_line_without_any_service(made: tuple[Path, Path], tmp_path: Path) -> None:
    home = tmp_path / "home"
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DATABASE_URL", "REDIS_URL", "TESSERA_ENV")
    } | {"TESSERA_HOME": str(home)}
    command = [sys.executable, "manage.py", "consensus"]
    done = subprocess.run(
        [*command, made[0], "--json"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0 and json.loads(done.stdout)["tasks"] == 120, done.stderr
    assert not list((home / "locks").glob("postgres.ready"))
    missing = subprocess.run(
        [*command, tmp_path / "none.csv"], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert missing.returncode != 0 and "can't be read" in missing.stderr and missing.stdout == ""
