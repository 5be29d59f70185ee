"""`manage.py up` for real: everything answers, comes back after a kill, and leaves nothing behind."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
import redis

from marketplace import embedded

ROOT = Path(__file__).resolve().parents[2]


class Up:
    """A running `manage.py up` in a home of its own."""

    def __init__(self, home: Path, port: int) -> None:
        self.home, self.port, self.lines = home, port, list[str]()
        outside = {
            "DATABASE_URL",
            "REDIS_URL",
            "DATABASE_OWNER_URL",
            "TESSERA_CLOCK_FILE",
            "DJANGO_SETTINGS_MODULE",
        }
        self.environment = {key: value for key, value in os.environ.items() if key not in outside} | {
            "TESSERA_ENV": "demo",
            "TESSERA_HOME": str(home),
            "TESSERA_MEDIA": str(home / "media"),
            "PORT": str(port),
        }

    def manage(self, *words: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, str(ROOT / "manage.py"), *words]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=120)

    def start(self) -> None:
        command = [sys.executable, str(ROOT / "manage.py"), "up"]
        self.process = subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.listener = threading.Thread(target=self._listen, daemon=True)
        self.listener.start()
        wait(lambda: self.says("Tessera is ready"), self)

    def _listen(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self.lines.append(line.rstrip())

    def says(self, text: str) -> bool:
        return any(text in line for line in self.lines)

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=5) as answer:
                return bool(json.load(answer)["ready"])
        except OSError:
            return False

    def pids(self, *signs: str) -> list[int]:
        """The processes of this home whose command line has all the signs."""
        found = []
        for process in psutil.process_iter():
            try:
                line = " ".join(process.cmdline())
                if all(sign in line for sign in signs) and process.environ().get("TESSERA_HOME") == str(
                    self.home
                ):
                    found.append(process.pid)
            except psutil.Error:
                continue
        return found

    def answers_a_ping(self) -> bool:
        code = "from marketplace.celery import app; print(len(app.control.ping(timeout=3)))"
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=self.environment, capture_output=True, text=True
        )
        return done.stdout.strip() == "1"


def wait(true: Callable[[], bool], up: Up, seconds: float = 90) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain; it said:\n" + "\n".join(up.lines[-40:])
        time.sleep(0.2)


@pytest.fixture(scope="module")
def up() -> Iterator[Up]:
    home = Path(tempfile.mkdtemp(prefix="tessera-up-"))
    home.chmod(0o755)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running = Up(home, port)
    migrated = running.manage("migrate", "--verbosity", "0")
    assert migrated.returncode == 0, migrated.stderr
    (home / "demo.json").write_text(
        json.dumps({"worker": {"email": "bob@example.org", "password": "of-bob"}})
    )
    running.start()
    yield running
    running.process.kill()
    running.process.wait()
    running.listener.join(5)
    assert running.process.stdout
    running.process.stdout.close()
    wait(lambda: not running.pids(str(home)), running)
    shutil.rmtree(home, ignore_errors=True)


def test_everything_answers_and_the_terminal_says_who_may_log_in(up: Up) -> None:
    wait(up.ready, up)
    wait(up.answers_a_ping, up)
    assert up.pids("celery", "beat")
    assert up.says(f"Tessera is ready: http://127.0.0.1:{up.port}")
    assert any(re.search(r"worker +bob@example\.org +of-bob", line) for line in up.lines)


def test_a_second_one_on_the_same_port_is_refused_with_a_sentence(up: Up) -> None:
    done = up.manage("up")
    assert done.returncode
    assert f"Port {up.port} is taken by another program. Stop it, or choose another port" in done.stderr


def test_another_command_joins_and_leaves_the_servers_running(up: Up) -> None:
    before = embedded.keeper_pid("postgres", up.home)
    done = up.manage("job")
    assert done.returncode == 0, done.stderr
    assert "every" in done.stdout
    assert embedded.keeper_pid("postgres", up.home) == before
    assert up.ready()


@pytest.mark.parametrize(("name", "sign"), [("web", "gunicorn"), ("worker", "celery -A marketplace worker")])
def test_a_killed_program_comes_back(up: Up, name: str, sign: str) -> None:
    wait(up.ready, up)
    first = min(up.pids(sign))
    os.kill(first, signal.SIGKILL)
    wait(
        lambda: any(line.startswith(f"{name} ") and "was killed by signal 9" in line for line in up.lines), up
    )
    wait(lambda: bool(up.pids(sign)) and first not in up.pids(sign), up)
    wait(up.ready, up)
    if name == "worker":
        wait(up.answers_a_ping, up)


def test_a_killed_postgresql_comes_back_and_the_pages_with_it(up: Up) -> None:
    wait(up.ready, up)
    pid_file = embedded.data_folder(up.home) / "postmaster.pid"
    first = int(pid_file.read_text().split()[0])
    os.kill(first, signal.SIGKILL)
    wait(lambda: pid_file.exists() and int(pid_file.read_text().split()[0]) != first, up)
    wait(up.ready, up)


@pytest.mark.parametrize("how", ["emptied", "killed"])
def test_after_valkey_was_emptied_or_killed_jobs_are_fetched_again(up: Up, how: str) -> None:
    wait(up.ready, up)
    queue = redis.Redis.from_url(embedded.redis_url(up.home))
    first = queue.info()["process_id"]
    if how == "emptied":
        queue.flushall()
    else:
        os.kill(first, signal.SIGKILL)
        wait(lambda: up.ready() and queue.info()["process_id"] != first, up)
    time.sleep(3)  # beat has rung again by now
    wait(up.answers_a_ping, up)
    # Beat goes on ringing: only a worker that fetches keeps the queue empty.
    wait(lambda: [queue.llen("celery"), time.sleep(0.7), queue.llen("celery")] == [0, None, 0], up)


def test_an_end_by_signal_leaves_nothing_behind(up: Up) -> None:
    wait(up.ready, up)
    up.process.send_signal(signal.SIGINT)
    assert up.process.wait(timeout=40) == 0
    assert up.says("stopped")
    assert not up.pids(str(up.home))
    assert not up.pids("celery")
    assert not up.pids("gunicorn")
