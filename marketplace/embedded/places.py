"""Where the local services live: what is remembered of them, and the locks that say who runs and who uses them."""

import fcntl
import json
import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

HOST = "127.0.0.1"
START_SECONDS = 60.0


class ServiceError(Exception):
    """A local service could not be started; the message is for the person at the terminal."""


def home() -> Path:
    """Where the local services and secrets live: TESSERA_HOME, or `.tessera` in the checkout."""
    return Path(os.environ.get("TESSERA_HOME") or Path(__file__).resolve().parents[2] / ".tessera").absolute()


def make_place(place: Path) -> None:
    try:
        (place / "locks").mkdir(parents=True, exist_ok=True)
        (place / "logs").mkdir(exist_ok=True)
    except OSError as error:
        raise ServiceError(
            f"{place} can't be written ({error.strerror}). Set TESSERA_HOME to a folder of yours."
        ) from error


def take(place: Path, service: str, which: str, how: int) -> IO[str]:
    handle = open(place / "locks" / f"{service}.{which}", "a")  # noqa: SIM115 (held on purpose)
    try:
        fcntl.flock(handle, how)
    except OSError:
        handle.close()
        raise
    return handle


@contextmanager
def locked(place: Path, service: str, which: str) -> Iterator[None]:
    handle = take(place, service, which, fcntl.LOCK_EX)
    try:
        yield
    finally:
        handle.close()


def is_free(place: Path, service: str, which: str) -> bool:
    try:
        take(place, service, which, fcntl.LOCK_EX | fcntl.LOCK_NB).close()
    except BlockingIOError:
        return False
    return True


def is_kept(place: Path, service: str) -> bool:
    return not is_free(place, service, "keeper")


def is_used(place: Path, service: str) -> bool:
    return not is_free(place, service, "users")


def ready_file(place: Path, service: str) -> Path:
    return place / "locks" / f"{service}.ready"


def known_of(service: str, place: Path) -> dict[str, Any]:
    """Port and passwords of a service, made up once and kept in a file only the owner can read."""
    path = place / f"{service}.json"
    if not path.exists():
        make_place(place)
        with locked(place, service, "known"):
            if not path.exists():
                words = ["app", "owner", "admin"] if service == "postgres" else ["password"]
                remember(path, {"port": free_port()} | {word: secrets.token_urlsafe(24) for word in words})
    return dict(json.loads(path.read_text()))


def remember(path: Path, value: dict[str, Any]) -> None:
    temporary = path.with_suffix(f".{os.getpid()}")
    with open(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as handle:
        json.dump(value, handle)
    temporary.replace(path)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def last_line(place: Path, service: str) -> str:
    lines = (place / "logs" / f"{service}.log").read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"
