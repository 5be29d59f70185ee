"""Starting a server that dies with its keeper, from the files of a wheel. Only the standard library is there."""

import ctypes
import importlib.util
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .places import START_SECONDS


def spawn(command: list[str], ready: Callable[[], bool], name: str, **rest: Any) -> subprocess.Popen[bytes]:
    """Start a server that dies with this keeper, and wait until it answers."""
    dying = signal.SIGINT if name == "PostgreSQL" else signal.SIGTERM
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def die_with_keeper() -> None:
        if libc is not None:
            libc.prctl(1, dying)  # PR_SET_PDEATHSIG; after the change of user, which would clear it

    server = subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=die_with_keeper, **rest)
    end = time.monotonic() + START_SECONDS
    while not ready():
        if server.poll() is not None or time.monotonic() > end:
            server.kill()
            server.wait()
            sys.exit(f"{name} ended while starting.")
        time.sleep(0.03)
    return server


def package(name: str) -> Path:
    spec = importlib.util.find_spec(name)  # finds without importing
    if spec is None or spec.origin is None:
        sys.exit(f"The package {name} is missing. Run `make setup`.")
    return Path(spec.origin).parent
