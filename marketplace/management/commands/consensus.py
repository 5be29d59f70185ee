"""The consensus of recorded labels, as a tool in its own right: it needs no database."""

import csv
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from django.core.management.base import BaseCommand, CommandError, CommandParser

from tasks.consensus import numbers, outcome, texts
from tasks.consensus.labels import Builder, Labels

TYPES = ("categorical", "number", "text")
METHODS = {"categorical": outcome.METHODS, "number": numbers.METHODS, "text": texts.METHODS}
ALIASES = {"mv": "majority", "ds": "dawid-skene", "onecoin": "one-coin"}
GLANCE = 20_000  # rows from which the type is guessed
LONGEST_ROW = 200  # lines
FEW = 20  # different numbers that may still be classes
NAMED = 1_000  # bad rows named one by one
COLUMNS = ("task", "worker", "label")


class Result(NamedTuple):
    """What came out, by place in `labels.tasks`."""

    method: str
    why: str
    labels: Labels
    values: list[str]
    confidence: list[float]


class BadRow(NamedTuple):
    number: int
    reason: str


class Command(BaseCommand):
    help = "Make one label of many for each task of a CSV file (columns task, worker, label), and say how sure it is."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "labels", type=Path, help="CSV with the columns task, worker, label; others are ignored"
        )
        parser.add_argument(
            "--truth", type=Path, help="CSV with the columns task, label: prints how right it is"
        )
        parser.add_argument(
            "--method",
            default="auto",
            help="; ".join(f"{kind}: {', '.join(METHODS[kind])}" for kind in TYPES),
        )
        parser.add_argument("--type", choices=TYPES, help="guessed when it is not given (docs/consensus.md)")
        parser.add_argument("--out", type=Path, help="write task, label, confidence into this CSV file")
        parser.add_argument(
            "--json",
            action="store_true",
            help="print one JSON object instead of a table; seconds are those of the method, without reading",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        kind = options["type"] or guess(options["labels"])
        method = named(options["method"], kind)
        labels = self._read(options["labels"], kind)
        if not len(labels):
            raise CommandError(f"{options['labels']} has no row that can be used.")
        started = time.perf_counter()
        result = aggregate(labels, kind, method)
        seconds = time.perf_counter() - started
        if options["out"]:
            write(options["out"], result)
        report: dict[str, Any] = {
            "method": result.method,
            "tasks": len(labels.tasks),
            "workers": len(labels.workers),
            "labels": len(labels),
            "seconds": round(seconds, 3),
        }
        if options["truth"]:
            report |= self._compare(options["truth"], result, kind)
        if options["json"]:
            self.stdout.write(json.dumps(report))
        else:
            self._show(report, result, kind)

    def _read(self, path: Path, kind: str) -> Labels:
        builder, bad = Builder(), Counter[str]()
        for number, row in rows(path, COLUMNS):
            reason = row if isinstance(row, str) else flaw(row, kind)
            if reason:
                bad[reason] += 1
                self._name(path, BadRow(number, reason), bad.total())
            else:
                builder.add(*row)
        if bad.total() > NAMED:
            self.stderr.write(f"{path}: {bad.total() - NAMED} more rows were left out.")
        return builder.build()

    def _name(self, path: Path, bad: BadRow, count: int) -> None:
        if count <= NAMED:
            self.stderr.write(f"{path}, row {bad.number}: {bad.reason}; left out.")

    def _compare(self, path: Path, result: Result, kind: str) -> dict[str, float]:
        truth: dict[str, str] = {}
        count = 0
        for number, row in rows(path, ("task", "label")):
            reason = row if isinstance(row, str) else flaw(row, kind)
            if reason:
                count += 1
                self._name(path, BadRow(number, reason), count)
            else:
                truth[row[0]] = row[1]
        pairs = [
            (value, truth[task])
            for task, value in zip(result.labels.tasks, result.values, strict=True)
            if task in truth
        ]
        if len(pairs) < len(truth):
            self.stderr.write(f"{path}: {len(truth) - len(pairs)} tasks have no label; they are not counted.")
        if not pairs:
            return {}
        if kind == "number":
            error = np.array([float(value) - float(true) for value, true in pairs])
            return {"mae": float(np.abs(error).mean()), "rmse": float(np.sqrt((error**2).mean()))}
        return {"accuracy": sum(same(value, true, kind) for value, true in pairs) / len(pairs)}

    def _show(self, report: dict[str, Any], result: Result, kind: str) -> None:
        sure = np.array(result.confidence)
        shown: dict[str, str] = {"type": kind} | {
            name: f"{value:.4f}" if isinstance(value, float) else str(value) for name, value in report.items()
        }
        shown["confidence"] = (
            f"mean {sure.mean():.3f}, a tenth of the tasks below {np.quantile(sure, 0.1):.3f}"
        )
        for name, value in shown.items():
            self.stdout.write(f"{name:<12}{value}")
        self.stdout.write(f"{'why':<12}{result.why}.")


def named(method: str, kind: str) -> str:
    """The method as it is called here. Raises CommandError for one that this type does not have."""
    wanted = method.strip().lower().replace("_", "-").replace("–", "-")
    wanted = ALIASES.get(wanted, wanted)
    if wanted not in METHODS[kind]:
        raise CommandError(
            f"There is no method {method!r} for labels of type {kind}: choose one of {', '.join(METHODS[kind])}."
        )
    return wanted


def aggregate(labels: Labels, kind: str, method: str) -> Result:
    """The consensus by type."""
    if kind == "number":
        values = np.array([float(name) for name in labels.classes])[labels.label]
        found = numbers.numeric(labels, values, method=method)
        return Result(
            found.method,
            found.why,
            labels,
            [f"{value:.10g}" for value in found.value],
            found.confidence.tolist(),
        )
    if kind == "text":
        made = texts.texts(labels, method=method)
        return Result(made.method, made.why, labels, made.value, made.confidence.tolist())
    chosen = outcome.categorical(labels, method=method)
    best = [str(labels.classes[number]) for number in chosen.best]
    return Result(chosen.method, chosen.why, labels, best, chosen.confidence.tolist())


def rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, Any]]:
    """(number, values of the columns) of each row, or (number, what is wrong with it); the header is row 1.

    Read as a stream. Raises CommandError for a file that can't be read, is empty or lacks a column.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig", errors="surrogateescape") as file:
            reader = csv.reader(file)
            places = _places(path, reader, columns)
            yield from _rows(reader, places, columns)
    except OSError as error:
        raise CommandError(f"{path} can't be read: {error.strerror}.") from error


def _places(path: Path, reader: Any, columns: tuple[str, ...]) -> list[int]:
    try:
        header = [name.strip().lower() for name in next(reader)]
    except StopIteration:
        raise CommandError(
            f"{path} is empty: its first row must name the columns {', '.join(columns)}."
        ) from None
    except csv.Error as error:
        raise CommandError(f"{path} is not a CSV file: {error}.") from error
    missing = [name for name in columns if name not in header]
    if missing:
        raise CommandError(
            f"{path} has no column {' and no column '.join(missing)}. Its first row must name the columns"
            f" {', '.join(columns)}, separated by commas."
        )
    return [header.index(name) for name in columns]


def _rows(reader: Any, places: list[int], columns: tuple[str, ...]) -> Iterator[tuple[int, Any]]:
    number, last = 1, max(places)
    while True:
        number += 1
        before = reader.line_num
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield number, str(error)
            continue
        if not row:
            continue  # an empty line, as editors leave them at the end
        if reader.line_num - before > LONGEST_ROW:
            # A text may have paragraphs. As long as this, it is the rest of the file behind one quote.
            yield number, f"it runs over {reader.line_num - before} lines: a quote in it is never closed"
            continue
        if len(row) <= last:
            yield number, f"it has {len(row)} cells, too few for all columns"
            continue
        yield number, tuple(row[place].strip() for place in places)


def flaw(row: tuple[str, ...], kind: str) -> str:
    """Why a row can't be used; empty when it can."""
    if not all(row):
        names = COLUMNS if len(row) == len(COLUMNS) else ("task", "label")
        return " and ".join(f"its {name} is empty" for name, cell in zip(names, row, strict=True) if not cell)
    if any("\udc80" <= letter <= "\udcff" for cell in row if not cell.isascii() for letter in cell):
        return "it is not written in UTF-8"
    if kind == "number" and not is_number(row[-1]):
        return f"its label {row[-1][:40]!r} is not a number"
    return ""


def is_number(text: str) -> bool:
    try:
        return abs(float(text)) < float("inf") and "_" not in text
    except ValueError:
        return False


def same(value: str, true: str, kind: str) -> bool:
    """Whether a result is the true label: the same text, or the same number; texts are compared as `texts.plain`."""
    if kind == "text":
        return texts.plain(value) == texts.plain(true)
    if value == true:
        return True
    try:
        return Decimal(value) == Decimal(true)
    except InvalidOperation:
        return False


def guess(path: Path) -> str:
    """What the labels are, from the first `GLANCE` rows.

    Numbers, when at least nine in ten are numbers and there are more than `FEW` different ones; fewer are classes.
    Texts, when there are more than `FEW` different ones, and a label stands under less than two tasks on average:
    people choose a class again and again, but don't write the same text about different things. Else classes.
    """
    tasks_of: dict[str, set[str]] = {}
    count = numeric = 0
    for _number, row in rows(path, COLUMNS):
        if isinstance(row, str) or flaw(row, "categorical"):
            continue
        task, _worker, label = row
        tasks_of.setdefault(label, set()).add(task)
        numeric += is_number(label)
        count += 1
        if count >= GLANCE:
            break
    if len(tasks_of) <= FEW:
        return "categorical"
    if numeric >= 0.9 * count:
        return "number"
    return "text" if sum(map(len, tasks_of.values())) < 2 * len(tasks_of) else "categorical"


def write(path: Path, result: Result) -> None:
    """task, label, confidence as CSV. Raises CommandError when the file can't be written."""
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            sheet = csv.writer(file)
            sheet.writerow(["task", "label", "confidence"])
            for task, value, sure in zip(result.labels.tasks, result.values, result.confidence, strict=True):
                sheet.writerow([task, value, f"{sure:.6f}"])
    except OSError as error:
        raise CommandError(f"{path} can't be written: {error.strerror}.") from error


csv.field_size_limit(min(sys.maxsize, 10_000_000))
