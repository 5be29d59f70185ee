"""A PostgreSQL and a Valkey of our own, from wheels, for the demonstration, development and tests.

Each service has a *keeper*: a small process (`python marketplace/embedded keep postgres HOME`) that starts it,
starts it again when it dies, and stops it when the last command that uses it has gone. "Uses it" means
holding a shared lock on `HOME/locks/<service>.users`; the kernel drops that lock however a process ends,
so nothing is left behind after kill -9. Production sets DATABASE_URL and REDIS_URL and never comes here.

The keeper runs this folder by its path, so only the standard library may be imported at the top of its files.
"""

import fcntl
import json
import os
import secrets
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from .places import (
    HOST,
    START_SECONDS,
    ServiceError,
    free_port,
    home,
    is_kept,
    is_used,
    known_of,
    last_line,
    locked,
    make_place,
    port_is_free,
    ready_file,
    remember,
    take,
)
from .postgres import APP, DATABASE, DEFAULT_PRIVILEGES, OWNER, SUPERUSER, data_folder

__all__ = [
    "DEFAULT_PRIVILEGES",
    "HOST",
    "SUPERUSER",
    "ServiceError",
    "are_kept",
    "data_folder",
    "database_url",
    "home",
    "is_kept",
    "join",
    "join_missing",
    "keeper_pid",
    "known_of",
    "leave",
    "local_secrets",
    "redis_url",
]

LEAST_FREE_BYTES = 300_000_000

_held: dict[tuple[str, Path], IO[str]] = {}
_keepers: list[subprocess.Popen[bytes]] = []


def join_missing(place: Path | None = None) -> None:
    """Start or join the services that the environment does not name (DATABASE_URL, REDIS_URL)."""
    place = place or home()
    if not os.environ.get("DATABASE_URL"):
        join("postgres", place)
    if not os.environ.get("REDIS_URL"):
        join("valkey", place)


def database_url(role: str = "app", place: Path | None = None) -> str:
    """The address of the local database for role "app", "owner" or "admin"; starts nothing."""
    known = known_of("postgres", place or home())
    name = {"app": APP, "owner": OWNER, "admin": SUPERUSER}[role]
    return f"postgresql://{name}:{known[role]}@{HOST}:{known['port']}/{DATABASE}"


def redis_url(place: Path | None = None) -> str:
    """The address of the local Valkey; starts nothing."""
    known = known_of("valkey", place or home())
    return f"redis://:{known['password']}@{HOST}:{known['port']}/0"


def join(service: str, place: Path) -> None:
    """Make sure `service` ("postgres" or "valkey") runs, and keep it running while this process lives.

    Raises ServiceError with a sentence that says what is wrong.
    """
    make_place(place)
    with locked(place, service, "start"):
        if (service, place) not in _held:
            _held[(service, place)] = take(place, service, "users", fcntl.LOCK_SH)
        if not is_kept(place, service):
            _start_keeper(service, place)
        else:
            _wait_until_ready(service, place, None)


def are_kept(place: Path) -> bool:
    """Whether each service that this process joined still has its keeper."""
    return all(is_kept(where, service) for service, where in _held if where == place)


def leave(place: Path, *, seconds: float = 20.0) -> None:
    """Give up the services, and wait until they have stopped if nobody else uses them."""
    for service, where in [pair for pair in _held if pair[1] == place]:
        _held.pop((service, where)).close()
        end, users = time.monotonic() + seconds, 0
        while time.monotonic() < end and users < 5 and is_kept(place, service):
            time.sleep(0.05)
            users = users + 1 if is_used(place, service) else 0  # the keeper's own glance looks like a user
    for keeper in _keepers:
        if keeper.poll() is None:
            keeper.returncode = 0  # it goes on for others: no child to warn about any more
    _keepers.clear()


def local_secrets(place: Path, *names: str) -> dict[str, str]:
    """Secrets of this machine's demonstration or tests, made up once and kept beside its data."""
    path = place / "secrets.json"
    make_place(place)
    with locked(place, "secrets", "known"):
        known = json.loads(path.read_text()) if path.exists() else {}
        missing = {name: secrets.token_urlsafe(48) for name in names if name not in known}
        if missing:
            remember(path, known | missing)
    return {name: (known | missing)[name] for name in names}


def keeper_pid(service: str, place: Path) -> int | None:
    """The process that keeps `service`, or None when it is not running."""
    try:
        return int(ready_file(place, service).read_text())
    except (OSError, ValueError):
        return None


def _start_keeper(service: str, place: Path) -> None:
    known = known_of(service, place)
    # A server whose keeper was killed is still shutting down: give it a moment to free its port.
    end = time.monotonic() + 5
    while not port_is_free(known["port"]) and time.monotonic() < end:
        time.sleep(0.05)
    if not port_is_free(known["port"]):
        remember(place / f"{service}.json", known | {"port": free_port()})
    if shutil.disk_usage(place).free < LEAST_FREE_BYTES:
        raise ServiceError(
            f"The disk that holds {place} is almost full. Free 500 MB, or set TESSERA_HOME elsewhere."
        )
    ready_file(place, service).unlink(missing_ok=True)
    command = [sys.executable, "-P", str(Path(__file__).resolve().parent), "keep", service, str(place)]
    with open(place / "logs" / f"{service}.log", "ab") as log:
        keeper = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/"
        )
    _keepers.append(keeper)
    _wait_until_ready(service, place, keeper)


def _wait_until_ready(service: str, place: Path, keeper: subprocess.Popen[bytes] | None) -> None:
    end = time.monotonic() + START_SECONDS
    while not ready_file(place, service).exists():
        ended = keeper is not None and keeper.poll() is not None
        if ended or time.monotonic() > end:
            raise ServiceError(
                f"The local {service} did not start: {last_line(place, service)} (more in {place}/logs/{service}.log)"
            )
        time.sleep(0.02)
