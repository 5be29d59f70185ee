"""Programs under one terminal: started again when they die, ended with all they started."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from marketplace.supervisor import Supervisor

ROOT = Path(__file__).resolve().parents[2]


class Terminal:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, name: str, line: str) -> None:
        self.lines.append(f"{name}: {line}")


def run(supervisor: Supervisor, until: Callable[[], bool], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < end, "waited in vain"
        supervisor.tick(0.05)


def python(code: str) -> list[str]:
    return [sys.executable, "-u", "-c", textwrap.dedent(code)]


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


def test_output_is_passed_on_line_by_line_under_its_name(terminal: Terminal) -> None:
    supervisor = Supervisor(terminal.say)
    supervisor.add(
        "one", python("print('a'); print('b', end=''); import time; time.sleep(60)"), dict(os.environ)
    )
    run(supervisor, lambda: supervisor.children[0].rest == b"b")
    supervisor.shut_down()
    assert terminal.lines == ["one: a", "one: b"]


def test_a_killed_program_is_started_again_and_said_so(terminal: Terminal) -> None:
    supervisor = Supervisor(terminal.say)
    supervisor.add("one", python("print('up'); import time; time.sleep(60)"), dict(os.environ))
    run(supervisor, lambda: "one: up" in terminal.lines)
    supervisor.children[0].signal(signal.SIGKILL)
    run(supervisor, lambda: terminal.lines.count("one: up") == 2)
    assert "one: was killed by signal 9; starting it again in 0.5 s" in terminal.lines
    supervisor.shut_down()


def test_a_program_that_fails_at_once_is_tried_ever_more_slowly(terminal: Terminal) -> None:
    supervisor = Supervisor(terminal.say)
    supervisor.add("one", python("raise SystemExit(3)"), dict(os.environ))
    run(supervisor, lambda: len(terminal.lines) == 2)
    supervisor.shut_down()
    assert terminal.lines == [
        "one: ended with code 3; starting it again in 0.5 s",
        "one: ended with code 3; starting it again in 1 s",
    ]


def test_what_a_killed_program_left_behind_is_ended(terminal: Terminal) -> None:
    supervisor = Supervisor(terminal.say)
    code = """
        import subprocess, sys, time
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        print(child.pid); time.sleep(60)
    """
    supervisor.add("one", python(code), dict(os.environ))
    run(supervisor, lambda: bool(terminal.lines))
    grandchild = int(terminal.lines[0].split()[1])
    supervisor.children[0].signal(signal.SIGKILL)
    run(supervisor, lambda: len(terminal.lines) >= 3)
    assert not alive(grandchild)
    supervisor.shut_down()


def test_a_program_that_does_not_listen_is_ended_all_the_same(terminal: Terminal) -> None:
    supervisor = Supervisor(terminal.say)
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf'); time.sleep(60)"
    supervisor.add("one", python(code), dict(os.environ))
    run(supervisor, lambda: "one: deaf" in terminal.lines)
    process = supervisor.children[0].process
    assert process
    supervisor.shut_down(seconds=0.5)
    assert process.returncode == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help exists on Linux only")
def test_children_end_when_the_supervisor_is_killed() -> None:
    code = f"""
        import os, sys
        sys.path.insert(0, {str(ROOT)!r})
        from marketplace.supervisor import Supervisor
        s = Supervisor(lambda name, line: None)
        s.add("one", [sys.executable, "-c", "import time; time.sleep(60)"], dict(os.environ))
        s.tick(0.1)
        print(s.children[0].process.pid, flush=True)
        while True: s.tick(0.1)
    """
    with subprocess.Popen(python(code), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        child = int(process.stdout.readline())
        assert alive(child)
        process.kill()
    end = time.monotonic() + 10
    while alive(child):
        assert time.monotonic() < end
        time.sleep(0.05)


def alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
