"""Run everything in one terminal: web, worker, beat, and the local services."""

import contextlib
import http.client
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from marketplace import embedded
from marketplace.supervisor import Supervisor

PERSONAS = ("requester", "worker", "worker_2", "worker_3", "moderator", "moderator_2", "admin")


class Command(BaseCommand):
    help = "Run web, worker, beat and the local services; restart what dies; Ctrl-C stops all of it."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        self._require_free_port()
        self._require_migrations()
        connection.close()
        supervisor = Supervisor(self._say)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, supervisor.stop)
        self._add_children(supervisor)
        greeted = False
        try:
            while not supervisor.stopping:
                supervisor.tick()
                if self._services_moved():
                    supervisor.restart_all()
                if not greeted and self._answers():
                    greeted = True
                    self._greet()
        finally:
            self._say("up", "stopping…")
            supervisor.shut_down()
            embedded.leave(settings.HOME)
            self._say("up", "stopped")

    def _add_children(self, supervisor: Supervisor) -> None:
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", "TESSERA_HOME": str(settings.HOME)}
        environment.setdefault("TESSERA_ENV", settings.ENVIRONMENT)
        environment.pop("TESSERA_DATABASE_ROLE", None)
        python, celery = sys.executable, [sys.executable, "-m", "celery", "-A", "marketplace"]
        configuration = str(settings.BASE_DIR / "marketplace" / "gunicorn_conf.py")
        figures = {"PROMETHEUS_MULTIPROC_DIR": str(settings.HOME / "metrics")}
        os.chdir(settings.BASE_DIR)
        supervisor.add(
            "web", [python, "-m", "gunicorn", "-c", configuration, "marketplace.wsgi"], environment | figures
        )
        worker = [
            "worker",
            "--concurrency",
            "2",
            "--without-gossip",
            "--without-mingle",
            "--loglevel",
            "WARNING",
        ]
        supervisor.add("worker", [*celery, *worker], environment)
        supervisor.add("beat", [*celery, "beat", "--pidfile=", "--loglevel", "WARNING"], environment)

    def _require_free_port(self) -> None:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((os.environ.get("BIND", "127.0.0.1"), settings.PORT))
            except OSError:
                other = settings.PORT + 1
                raise CommandError(
                    f"Port {settings.PORT} is taken by another program. Stop it, or choose another port: "
                    f"PORT={other} make demo"
                ) from None

    def _require_migrations(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            raise CommandError(
                "The database is behind this code. Run `make demo`, or `manage.py migrate` first."
            )

    def _services_moved(self) -> bool:
        """Bring back a local service whose keeper died; true when its address changed by that."""
        if embedded.are_kept(settings.HOME):
            return False
        before = self._addresses()
        try:
            embedded.join_missing(settings.HOME)
        except embedded.ServiceError as error:
            self._say("up", str(error))
            time.sleep(2)
        return before != self._addresses()

    def _addresses(self) -> list[str]:
        return [embedded.database_url("app", settings.HOME), embedded.redis_url(settings.HOME)]

    def _answers(self) -> bool:
        link = http.client.HTTPConnection("127.0.0.1", settings.PORT, timeout=1)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(link):
            link.request("GET", "/healthz")
            return link.getresponse().status == 200
        return False

    def _greet(self) -> None:
        lines = ["", f"Tessera is ready: {settings.BASE_URL}"]
        known = Path(settings.HOME) / "demo.json"
        if known.exists():
            people = json.loads(known.read_text())
            lines.append("Log in as:")
            for name in PERSONAS:
                person = people.get(name)
                if person:
                    factor = f"  second factor: {person['totp_secret']}" if person.get("totp_secret") else ""
                    lines.append(f"  {name:<12} {person['email']}  {person['password']}{factor}")
            lines.append(f"All of it, with API keys: {known}")
        lines += ["Ctrl-C stops everything; the data stays.", ""]
        self.stdout.write("\n".join(lines))
        self.stdout.flush()

    def _say(self, name: str, line: str) -> None:
        with contextlib.suppress(BrokenPipeError):
            self.stdout.write(f"{name:<7}| {line}")
            self.stdout.flush()
