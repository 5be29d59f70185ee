"""Consensus of recorded and made-up crowds: accuracy and seconds of each method, beside crowd-kit's in the same run.

Recorded crowds are folders with labels.csv (task, worker, label) and truth.csv (task, label); TESSERA_CROWDS names the
folder that holds them. crowd-kit comes from an environment of its own (requirements/crowdkit.txt), made when it is
first needed. What is missing is skipped, with a line that says so. `python -m bench.consensus [FOLDER]` runs this part
alone, without a database. Seconds are those of the processor: both sides use one core, and others may be at work.
"""

import csv
import hashlib
import json
import multiprocessing
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("TESSERA_HOME") or ROOT / ".tessera").absolute()
KEPT = HOME.parent if HOME.name == "bench" else HOME  # the benchmarks empty a home of their own at each run
REQUIREMENTS = ROOT / "requirements" / "crowdkit.txt"
MILLION = 1_000_000
LONGEST = 1_800  # seconds that crowd-kit gets for one crowd
Row = tuple[str, ...]
Measured = dict[str, tuple[dict[str, float], float]]  # method -> measures, seconds

# Runs inside crowd-kit's environment: folder, then the methods. It prints {method: [{task: label}, seconds]}.
THEIRS = """
import json, sys, time, warnings
warnings.filterwarnings("ignore")
import pandas as pd
from crowdkit import aggregation as a
known = {"majority": a.MajorityVote, "dawid-skene": lambda: a.DawidSkene(n_iter=100),
         "one-coin": lambda: a.OneCoinDawidSkene(n_iter=100), "glad": a.GLAD}
rows = pd.read_csv(sys.argv[1], dtype=str)[["task", "worker", "label"]]
found = {}
for name in sys.argv[2:]:
    started = time.process_time()
    result = known[name]().fit_predict(rows)
    seconds = time.process_time() - started
    found[name] = [{str(task): str(label) for task, label in result.items()}, seconds]
json.dump(found, sys.stdout)
"""


def run(*, seconds: float, known: dict[str, float], folder: Path | None = None) -> dict[str, float]:
    python = crowdkit()
    found: dict[str, float] = {}
    for place in crowds(folder):
        found |= _recorded(place, python)
    found |= _million(python)
    return found


def crowds(folder: Path | None) -> list[Path]:
    """The folders of recorded crowds; none, with a line that says so, where there are none."""
    named = folder or (Path(os.environ["TESSERA_CROWDS"]) if os.environ.get("TESSERA_CROWDS") else None)
    places = sorted(each.parent for each in named.glob("*/labels.csv")) if named else []
    places = [each for each in places if (each / "truth.csv").exists()]
    if not places:
        print(
            "  no recorded crowds: set TESSERA_CROWDS to a folder that holds NAME/labels.csv and NAME/truth.csv"
        )
    return places


def crowdkit() -> Path | None:
    """The Python that has crowd-kit, installed when it is missing or its requirements changed; None without it."""
    place = KEPT / "crowdkit"
    python, stamp = place / "bin" / "python", place / "requirements"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    print("  installing crowd-kit into an environment of its own …", flush=True)
    pip = [str(python), "-m", "pip"]
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", place], capture_output=True)
    if made.returncode:  # a Python without ensurepip: the pip beside it installs
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--clear", place], check=True)
        pip = [sys.executable, "-m", "pip", "--python", str(python)]
    install = [
        *pip,
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--require-hashes",
        "-r",
        str(REQUIREMENTS),
    ]
    done = subprocess.run(install, capture_output=True, text=True)
    if done.returncode:
        print(
            f"  crowd-kit could not be installed, so nothing stands beside ours: {done.stderr.strip()[-300:]}"
        )
        return None
    stamp.write_text(wanted)
    return python


def _theirs(
    python: Path | None, labels: Path, methods: tuple[str, ...]
) -> dict[str, tuple[dict[str, str], float]]:
    if python is None:
        return {}
    try:
        done = subprocess.run(
            [python, "-c", THEIRS, labels, *methods],
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=True,
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
        print(f"  crowd-kit gave nothing for {labels.parent.name}: {str(error.stderr or error)[-300:]}")
        return {}
    return {name: (result, took) for name, (result, took) in json.loads(done.stdout).items()}


def _read(path: Path, columns: Row) -> Iterator[Row]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.reader(file)
        head = next(rows)
        places = [head.index(name) for name in columns]
        for row in rows:
            yield tuple(row[place] for place in places)


# --- recorded crowds ------------------------------------------------------------------------------------


def _recorded(place: Path, python: Path | None) -> dict[str, float]:
    """Table of one crowd; numbers when its labels are more than a few different numbers, else classes."""
    from tasks.consensus import build

    labels = build(_read(place / "labels.csv", ("task", "worker", "label")))  # type: ignore[misc]
    truth = dict(_read(place / "truth.csv", ("task", "label")))  # type: ignore[misc, arg-type]
    name = place.name
    if len(labels.classes) > 20:
        measured = _numbers(labels, truth)
        _table(f"{name}, numbers", ("MAE", "RMSE"), measured)
        return {f"consensus_{name}_{measure}": value for measure, value in measured["ours: auto"][0].items()}
    measured = _classes(labels, truth)
    best = 0.0
    for method, (result, took) in _theirs(
        python, place / "labels.csv", ("majority", "dawid-skene", "one-coin", "glad")
    ).items():
        score = _accuracy(result, truth)
        best = max(best, score)
        measured[f"crowd-kit: {method}"] = ({"accuracy": score}, took)
    _table(f"{name}, {len(labels.classes)} classes", ("accuracy",), measured)
    ours = measured["ours: auto"][0]["accuracy"]
    return {f"consensus_{name}_accuracy": ours} | (
        {f"consensus_{name}_vs_crowdkit_best": ours - best} if best else {}
    )


def _classes(labels: Any, truth: dict[str, str]) -> Measured:
    from tasks.consensus import outcome

    measured: Measured = {}
    for method in outcome.METHODS:
        started = time.process_time()
        found = outcome.categorical(labels, method=method)
        took = time.process_time() - started
        named = {task: found.label(place) for place, task in enumerate(labels.tasks)}
        shown = f"ours: {method}"
        measured[shown] = ({"accuracy": _accuracy(named, truth)}, took)
        if method == "auto":
            print(f"  auto chose {found.method}: {found.why}")
    return measured


def _accuracy(result: dict[str, str], truth: dict[str, str]) -> float:
    pairs = [(result[task], label) for task, label in truth.items() if task in result]
    return sum(one == other for one, other in pairs) / len(pairs)


def _numbers(labels: Any, truth: dict[str, str]) -> Measured:
    import numpy as np

    from tasks.consensus import numbers

    values = np.array([float(name) for name in labels.classes])[labels.label]
    asked = [place for place, task in enumerate(labels.tasks) if task in truth]
    right = np.array([float(truth[labels.tasks[place]]) for place in asked])
    measured: Measured = {}
    for method in numbers.METHODS:
        started = time.process_time()
        found = numbers.numeric(labels, values, method=method)
        took = time.process_time() - started
        error = found.value[asked] - right
        measured[f"ours: {method}"] = (
            {"mae": float(np.abs(error).mean()), "rmse": float(np.sqrt((error**2).mean()))},
            took,
        )
        if method == "auto":
            print(f"  auto chose {found.method}: {found.why}")
    return measured


def _table(title: str, measures: Row, measured: Measured) -> None:
    from bench import ground

    rows = [
        (name, *(f"{value:.4f}" for value in values.values()), f"{took:.2f}")
        for name, (values, took) in measured.items()
    ]
    ground.table((title, *measures, "seconds"), rows)


# --- a million labels -----------------------------------------------------------------------------------


def _million(python: Path | None) -> dict[str, float]:
    """Ours and crowd-kit's Dawid–Skene on the same made-up million, in turn; and what ours holds in memory.

    Theirs works on the names in a frame that was read before; ours on columns, whose reading stands in the table.
    """
    from bench import ground

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "million" / "labels.csv"
        path.parent.mkdir()
        make(path, MILLION)
        context = multiprocessing.get_context("spawn")
        with context.Pool(1) as pool:
            times = [pool.apply(_fit, (str(path), "dawid-skene"))[0]]
            theirs = _theirs(python, path, ("dawid-skene",))
            times.append(pool.apply(_fit, (str(path), "dawid-skene"))[0])
            automatic, read = pool.apply(_fit, (str(path), "auto"))
        grown = [_memory(context, Path(folder), size) for size in (MILLION // 4, MILLION)]
    ours = statistics.median(times)
    rows = [
        ("read and sort", f"{read:.1f}"),
        ("ours: dawid-skene", f"{ours:.1f}"),
        ("ours: auto", f"{automatic:.1f}"),
    ]
    found = {"consensus_million_ds_s": ours, "consensus_million_auto_s": automatic}
    if theirs:
        took = theirs["dawid-skene"][1]
        rows.append(("crowd-kit: dawid-skene", f"{took:.1f}"))
        found["consensus_ds_vs_crowdkit"] = took / ours
    ground.table(("1 000 000 labels, 4 classes, 1 000 workers", "seconds"), rows)
    print(f"  memory grew by {grown[0]:.0f} MB for a quarter of them, {grown[1]:.0f} MB for all")
    return found | {
        "consensus_mb_per_million": grown[1],
        "consensus_memory_1m_vs_250k": grown[1] / max(grown[0], 1.0),
    }


def make(path: Path, count: int, *, classes: int = 4, workers: int = 1_000, overlap: int = 5) -> None:
    """A crowd of which each worker is right with a chance of their own and else names any class."""
    import numpy as np

    chance = np.random.default_rng(7)
    tasks = count // overlap
    task = np.repeat(np.arange(tasks), overlap)
    worker = (chance.integers(0, workers, (tasks, 1)) + np.arange(overlap) * 7).ravel() % workers
    true = chance.integers(0, classes, tasks)[task]
    hit = chance.random(len(task)) < chance.beta(6, 3, workers)[worker]
    label = np.where(hit, true, chance.integers(0, classes, len(task)))
    with path.open("w", encoding="utf-8") as file:
        file.write("task,worker,label\n")
        rows = zip(task.tolist(), worker.tolist(), label.tolist(), strict=True)
        file.writelines(f"t{one},w{two},c{three}\n" for one, two, three in rows)


def _fit(path: str, method: str) -> tuple[float, float]:
    """(seconds of the method, seconds of reading). In a process of its own."""
    from tasks.consensus import build, categorical

    started = time.process_time()
    labels = build(_read(Path(path), ("task", "worker", "label")))  # type: ignore[misc]
    read = time.process_time() - started
    started = time.process_time()
    categorical(labels, method=method)
    return time.process_time() - started, read


def _memory(context: Any, folder: Path, size: int) -> float:
    """By how many megabytes a process grows at most, while it reads and weighs so many labels."""
    path = folder / f"{size}.csv"
    make(path, size)
    with context.Pool(1) as pool:
        return float(pool.apply(_grown, (str(path),)))


def _grown(path: str) -> float:
    import resource

    import tasks.consensus  # noqa: F401 (what it needs itself is no growth)
    from bench.imports import _resident

    before = _resident()
    _fit(path, "dawid-skene")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6 - before


if __name__ == "__main__":
    results = run(seconds=0, known={}, folder=Path(sys.argv[1]) if len(sys.argv) > 1 else None)
    for key, value in results.items():
        print(f"  {key:<40}{value:>12.4f}")
