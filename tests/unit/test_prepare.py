"""What stands in the way of a first start is said in one sentence."""

import importlib.util
import os
import socket
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def prepare() -> ModuleType:
    spec = importlib.util.spec_from_file_location("prepare", ROOT / "tools" / "prepare.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_old_python_is_named_and_what_to_do(tmp_path: Path) -> None:
    for name in ("python3", "python3.11", "python3.12", "python3.13", "python"):
        old = tmp_path / name
        old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "Python 3.9.2" && exit 0\nexit 1\n')
        old.chmod(0o755)
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "PYTHON": ""}
    done = subprocess.run(
        [str(ROOT / "tools" / "run"), "tools/prepare.py"],
        env=environment,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Tessera needs Python 3.11 or newer; found here: Python 3.9.2.")


def test_a_new_python_is_taken(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHON": sys.executable}
    done = subprocess.run(
        [str(ROOT / "tools" / "run"), "-c", "print(42)"], env=environment, capture_output=True, text=True
    )
    assert done.stdout == "42\n"


def test_a_full_disk_is_said_before_anything_is_written(
    prepare: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare.shutil, "disk_usage", lambda path: SimpleNamespace(free=120_000_000))
    with pytest.raises(SystemExit, match="Only 120 MB are free"):
        prepare.require_disk()
    monkeypatch.setattr(prepare.shutil, "disk_usage", lambda path: SimpleNamespace(free=10**11))
    prepare.require_disk()


def test_a_taken_port_is_said_before_the_work(prepare: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        monkeypatch.setenv("PORT", str(port))
        monkeypatch.delenv("BIND", raising=False)
        with pytest.raises(SystemExit, match=f"PORT={port + 1} make demo"):
            prepare.require_port()
    prepare.require_port()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("OSError: [Errno 28] No space left on device", "The disk is full"),
        ("ERROR: No matching distribution found for numpy==2", "building it would need a compiler"),
        ("THESE PACKAGES DO NOT MATCH THE HASHES: do not match the hashes", "not the one that was locked"),
        ("Max retries exceeded with url", "can't be reached"),
        ("something else", "its last words are above"),
    ],
)
def test_a_failed_step_shows_its_end_and_says_why(
    prepare: ModuleType, capsys: pytest.CaptureFixture[str], words: str, sentence: str
) -> None:
    command = [sys.executable, "-c", f"import sys; print({words!r}); sys.exit(1)"]
    with pytest.raises(SystemExit, match=sentence):
        prepare.step("Doing something", command)
    assert words in capsys.readouterr().out


def test_a_step_with_the_same_inputs_is_skipped_and_with_others_done_again(
    prepare: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepare, "ROOT", tmp_path)
    source, stamp = tmp_path / "source.txt", tmp_path / "stamps" / "one"
    source.write_text("a")
    assert not prepare.fresh(stamp, prepare.digest(source))
    prepare.mark(stamp, prepare.digest(source))
    assert prepare.fresh(stamp, prepare.digest(source))
    source.write_text("b")
    assert not prepare.fresh(stamp, prepare.digest(source))
