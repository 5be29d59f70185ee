"""The keeper of a service: starts it, starts it again when it dies, stops it when nobody uses it any more."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from . import postgres, valkey
from .places import is_used, ready_file, take

_kept_to_the_end: list[IO[str]] = []


def keep(service: str, place: Path) -> None:
    """Run `service` until nobody uses it. One keeper per place: a second one ends."""
    for _ in range(40):  # somebody may just be looking whether there is a keeper
        with suppress(BlockingIOError):
            lock = take(place, service, "keeper", fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        time.sleep(0.05)
    else:
        sys.exit("Another keeper is at work.")
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, _frame: stopping.append(received))
    start = {"postgres": postgres.start, "valkey": valkey.start}[service]
    server = start(place)
    ready_file(place, service).write_text(str(os.getpid()))
    pause = 0.2
    while not stopping and not _may_stop(place, service):
        if server.poll() is not None:
            print(f"keeper: {service} ended with {server.returncode}, starting it again", flush=True)
            ready_file(place, service).unlink(missing_ok=True)
            time.sleep(pause)
            pause = min(pause * 2, 10.0)
            server = start(place)
            ready_file(place, service).write_text(str(os.getpid()))
        time.sleep(0.2)
    ready_file(place, service).unlink(missing_ok=True)
    server.send_signal(signal.SIGINT if service == "postgres" else signal.SIGTERM)
    try:
        server.wait(20)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
    lock.close()


def _may_stop(place: Path, service: str) -> bool:
    """Whether nobody uses the service and nobody is about to: then the start lock is kept until we end."""
    if is_used(place, service):
        return False
    try:
        start = take(place, service, "start", fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    if is_used(place, service):
        start.close()
        return False
    _kept_to_the_end.append(start)
    return True
