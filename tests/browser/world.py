"""A whole running Tessera for the browser: gunicorn, worker and beat on a copy of the test database."""

import datetime as dt
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

import psycopg2
from celery import Celery
from django.conf import settings

from marketplace import embedded
from marketplace.base import ids
from marketplace.supervisor import die_with_parent

ROOT = Path(__file__).resolve().parents[2]


class World:
    """The processes, what they said, and who can log in; ended by `end()`, whatever happened before."""

    def __init__(self, *, services: Path, template: str, queue: int = 7) -> None:
        """`queue` is the number of the database in Valkey: two worlds at once have two."""
        self.folder = Path(tempfile.mkdtemp(prefix="tessera-browser-"))
        self.database = f"browser_{os.getpid()}_{queue}"
        self.running: list[subprocess.Popen[bytes]] = []
        self._admin = psycopg2.connect(embedded.database_url("admin", services))
        self._admin.autocommit = True
        self._copy(template)
        with socket.socket() as probe:
            probe.bind((embedded.HOST, 0))
            self.port = probe.getsockname()[1]
        self.url = f"http://{embedded.HOST}:{self.port}"
        known = {role: self._address(role, services) for role in ("app", "owner", "admin")}
        self._sql = psycopg2.connect(known["admin"])
        self._sql.autocommit = True
        kept = {key: value for key, value in os.environ.items() if key in {"PATH", "LANG", "HOME", "TMPDIR"}}
        self.environment = kept | {
            "TESSERA_ENV": "demo",
            "DJANGO_SETTINGS_MODULE": "tests.browser.server_settings",
            "TESSERA_HOME": str(self.folder),
            "TESSERA_MEDIA": str(self.folder / "media"),
            "TESSERA_CLOCK_FILE": str(self.folder / "clock"),
            "TESSERA_ID_KEY": settings.ID_KEY,  # so that the tests can name an object's address
            "DATABASE_URL": known["app"],
            "DATABASE_OWNER_URL": known["owner"],
            "REDIS_URL": embedded.redis_url(services).removesuffix("/0") + f"/{queue}",
            "QUIET_HOURS": "-",  # mails that a test waits for come at night too
            "PORT": str(self.port),
            "PYTHONUNBUFFERED": "1",
        }

    # --- the database ---------------------------------------------------------------------------------

    def _copy(self, template: str) -> None:
        with self._admin.cursor() as cursor:
            cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'browser\\_%'")
            for (name,) in cursor.fetchall():  # of runs that were killed
                if not Path("/proc", name.split("_")[1]).exists():
                    cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            cursor.execute(f'DROP DATABASE IF EXISTS "{self.database}" WITH (FORCE)')
            cursor.execute(f'CREATE DATABASE "{self.database}" TEMPLATE "{template}"')

    def _address(self, role: str, services: Path) -> str:
        return embedded.database_url(role, services).rpartition("/")[0] + f"/{self.database}"

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of a query, or nothing of a statement, past every page and service."""
        with self._sql.cursor() as cursor:
            cursor.execute(statement, values)
            return list(cursor.fetchall()) if cursor.description else []

    def id(self, prefix: str, table: str, where: str = "true", *values: Any) -> str:
        """The public id of the newest row that matches."""
        found = self.sql(f"SELECT id FROM {table} t WHERE {where} ORDER BY id DESC LIMIT 1", *values)
        assert found, f"the demonstration has no {table} where {where}"
        return ids.encode(prefix, found[0][0])

    # --- the processes --------------------------------------------------------------------------------

    def manage(self, *words: str) -> str:
        command = [sys.executable, "manage.py", *words]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        return done.stdout

    def start(self) -> None:
        """Static files and the demonstration's people at once, then the three programs."""
        static = self._spawn("static", "manage.py", "collectstatic", "--noinput", "--verbosity", "0")
        self.manage("demo")
        assert static.wait(120) == 0, self.said()
        self.people: dict[str, Any] = json.loads((self.folder / "demo.json").read_text())
        celery = ("-m", "celery", "-A", "marketplace")
        quiet = ("--without-gossip", "--without-mingle", "--loglevel", "WARNING")
        self._spawn("web", "-m", "gunicorn", "-c", "marketplace/gunicorn_conf.py", "marketplace.wsgi")
        self._spawn("worker", *celery, "worker", "--concurrency", "1", *quiet)
        self._spawn("beat", *celery, "beat", "--pidfile=", "--loglevel", "WARNING")
        self._wait_until_ready()

    def _spawn(self, name: str, *words: str) -> "subprocess.Popen[bytes]":
        with open(self.folder / f"{name}.log", "wb") as log:
            process = subprocess.Popen(
                [sys.executable, *words],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        self.running.append(process)
        return process

    def _wait_until_ready(self) -> None:
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with suppress(OSError), urllib.request.urlopen(self.url + "/readyz", timeout=5) as answer:
                if json.load(answer)["ready"]:
                    return
            time.sleep(0.2)
        raise AssertionError("the server did not become ready:\n" + self.said())

    def said(self) -> str:
        """The last words of each program."""
        logs = sorted(self.folder.glob("*.log"))
        return "\n".join(f"--- {log.stem}\n{log.read_text(errors='replace')[-3000:]}" for log in logs)

    def nudge(self, job: str) -> None:
        """Have a job of the clockwork run now, whether or not it ran in its present slot."""
        self.sql("DELETE FROM base_jobrun WHERE name = %s", job)
        with Celery(broker=self.environment["REDIS_URL"]) as queue:
            queue.send_task(f"clockwork.{job}")

    def until(self, query: str, *values: Any, seconds: float = 30) -> None:
        """Wait for a query whose first column is true: what the programs do by themselves, looked at from outside."""
        end = time.monotonic() + seconds
        while not self.sql(query, *values)[0][0]:
            assert time.monotonic() < end, f"not within {seconds} s: {query} {values}\n{self.said()}"
            time.sleep(0.03)

    def later(self, **duration: float) -> None:
        """Move the clock of all the programs on; days=0 puts it back."""
        (self.folder / "clock").write_text(str(dt.timedelta(**duration).total_seconds()))

    def end(self) -> None:
        for number in (signal.SIGTERM, signal.SIGKILL):
            for process in self.running:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, number)
            limit = time.monotonic() + 3  # nothing of it is kept
            for process in self.running:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(max(0.1, limit - time.monotonic()))
        self._sql.close()
        with self._admin.cursor() as cursor:
            cursor.execute(f'DROP DATABASE IF EXISTS "{self.database}" WITH (FORCE)')
        self._admin.close()
        shutil.rmtree(self.folder, ignore_errors=True)
