"""Processes under one terminal: output with a name before it, a restart for who dies, an end for all together.

One thread and a selector: a fork between threads could hang. Each child leads a process group of its own, so that
what a killed child leaves behind can be ended too; and on Linux the kernel ends the children when this process is
killed (PR_SET_PDEATHSIG).
"""

import ctypes
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import IO

LONGEST_PAUSE = 10.0
HEALTHY_AFTER = 30.0
_libc = ctypes.CDLL(None) if sys.platform == "linux" else None


def die_with_parent() -> None:
    if _libc is not None:
        _libc.prctl(1, signal.SIGTERM)


class Child:
    """One program that must always run."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        self.name, self.command, self.environment = name, command, environment
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.pause = 0.5
        self.due = 0.0
        self.rest = b""

    def start(self) -> IO[bytes]:
        """Start it; what it prints can be read from the answer without waiting."""
        self.process = subprocess.Popen(
            self.command,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
        assert self.process.stdout
        os.set_blocking(self.process.stdout.fileno(), False)
        self.started = time.monotonic()
        return self.process.stdout

    def signal(self, number: int, *, group: bool = False) -> None:
        if self.process is None:
            return
        try:
            (os.killpg if group else os.kill)(self.process.pid, number)
        except (ProcessLookupError, PermissionError):
            return


class Supervisor:
    """Runs children until `stop()`; `say` prints one line under a name."""

    def __init__(self, say: Callable[[str, str], None]) -> None:
        self.say = say
        self.children: list[Child] = []
        self.selector = selectors.DefaultSelector()
        self.stopping = 0

    def add(self, name: str, command: list[str], environment: dict[str, str]) -> None:
        self.children.append(Child(name, command, environment))

    def stop(self, *_: object) -> None:
        """Ask for the end; safe in a signal handler. Asking twice ends at once."""
        self.stopping += 1

    def tick(self, seconds: float = 0.3) -> None:
        """Start what is due, pass on what was printed, notice who died."""
        for child in self.children:
            if child.process is None and time.monotonic() >= child.due and not self.stopping:
                self.selector.register(child.start(), selectors.EVENT_READ, child)
        self._pass_on(seconds)
        for child in self.children:
            if child.process is not None and child.process.poll() is not None:
                self._bury(child)

    def restart_all(self) -> None:
        for child in self.children:
            child.signal(signal.SIGTERM)

    def shut_down(self, seconds: float = 15.0) -> None:
        """End all children: first politely, then for certain, with all they started."""
        end = time.monotonic() + seconds
        self.stopping = max(self.stopping, 1)
        self.restart_all()
        while any(child.process for child in self.children) and time.monotonic() < end and self.stopping < 2:
            self.tick(0.1)
        for child in self.children:
            child.signal(signal.SIGKILL, group=True)
            if child.process is not None and child.process.stdout is not None:
                child.process.wait()
                child.process.stdout.close()
        self.selector.close()

    def _bury(self, child: Child) -> None:
        assert child.process and child.process.stdout
        self._read(child)
        self.selector.unregister(child.process.stdout)
        child.process.stdout.close()
        child.signal(signal.SIGKILL, group=True)  # what it left behind
        code, child.process = child.process.returncode, None
        if self.stopping:
            return
        if time.monotonic() - child.started > HEALTHY_AFTER:
            child.pause = 0.5
        how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        self.say(child.name, f"{how}; starting it again in {child.pause:g} s")
        child.due = time.monotonic() + child.pause
        child.pause = min(child.pause * 2, LONGEST_PAUSE)

    def _pass_on(self, seconds: float) -> None:
        if not self.selector.get_map():
            time.sleep(seconds)
            return
        for key, _ in self.selector.select(seconds):
            self._read(key.data)

    def _read(self, child: Child) -> None:
        assert child.process and child.process.stdout
        ended = False
        while True:
            try:
                piece = os.read(child.process.stdout.fileno(), 65536)
            except BlockingIOError:
                break
            if not piece:
                ended = True
                break
            *lines, child.rest = (child.rest + piece).split(b"\n")
            for line in lines:
                self.say(child.name, line.decode(errors="replace"))
        if ended:
            if child.rest:
                self.say(child.name, child.rest.decode(errors="replace"))
            child.rest = b""
            time.sleep(0.02)  # the pipe is closed, the process about to end
