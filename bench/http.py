"""The page: submit-and-next through gunicorn by 16 people, beside the leanest SQL for claim + submit.

The clients are one process of plain sockets; they share the two cores with the server, as do those of the
lean SQL. One step is one request: the answer is stored, the next task claimed, its page rendered.
"""

import asyncio
import os
import re
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import Any, cast

from bench import claims, ground

CLIENTS = 16
ROUNDS = 9
BODY = "answer-same=1&then=next"
PUSHED = re.compile(rb"hx-push-url: (\S+)", re.IGNORECASE)
STRETCH = re.compile(rb"set-cookie: (stretch=[^;]+)", re.IGNORECASE)  # kept as a browser keeps it
LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)


def run(*, seconds: float, known: dict[str, float]) -> dict[str, float]:
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    call_command("collectstatic", verbosity=0, interactive=False)
    batch = ground.open_batch(20_000)
    people = [_log_in(worker, batch) for worker in ground.workers(CLIENTS, "http")]
    with connection.cursor() as cursor:
        cursor.execute(claims.LEAN_TABLES)
        cursor.execute("VACUUM ANALYZE bench_task")
    connection.close()
    rows, ratios, bares, tails = [], [], [], []
    with _server(settings.PORT):
        asyncio.run(_drive(people, settings.PORT, 2))  # caches, plans, connections
        for _ in range(ROUNDS):  # short and in turn, so that a slow moment of the machine hits both
            bare = ground.pgbench(claims.LEAN, clients=CLIENTS, seconds=1, variables={"batch": 2})
            lean = claims.lean(2, clients=CLIENTS, seconds=seconds / 4)
            steps, times = asyncio.run(_drive(people, settings.PORT, seconds / 4))
            p50, p99 = statistics.median(times), statistics.quantiles(times, n=100)[98]
            milliseconds = (f"{p50 * 1000:.0f}", f"{p99 * 1000:.0f}")
            rows.append((f"{steps:.0f}", f"{lean:.0f}", f"{steps / lean:.2f}", f"{bare:.0f}", *milliseconds))
            ratios.append(steps / lean)
            bares.append(steps / bare)
            tails.append(p99 / p50)
    ground.table(("steps /s", "lean SQL /s", "ratio", "pgbench /s", "p50 ms", "p99 ms"), rows)
    return {
        "http_steps_16": max(float(row[0]) for row in rows),
        "http_step_vs_sql_16": statistics.median(ratios),
        "http_step_vs_pgbench_16": statistics.median(bares),
        "http_step_p99_vs_p50_16": statistics.median(tails),
    }


@dataclass
class Person:
    """A logged-in worker with a task in hand."""

    cookie: str
    token: str
    url: str
    stretch: str = ""
    times: list[float] = field(default_factory=list)


def _log_in(worker: Any, batch: Any) -> Person:
    """A session as the log-in page makes it, and a first claim."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.cached_db import SessionStore
    from django.utils.crypto import get_random_string

    from tasks.services import claims as service

    session = SessionStore()
    session[SESSION_KEY] = str(worker.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = worker.get_session_auth_hash()
    session.save()
    token = get_random_string(32)
    cookie = f"{settings.SESSION_COOKIE_NAME}={session.session_key}; {settings.CSRF_COOKIE_NAME}={token}"
    taken = service.claim(worker=worker, batch=batch)
    return Person(cookie, token, f"/work/assignments/{taken.public_id}/")


class _server:
    """gunicorn as `manage.py up` starts it: two processes of four threads, the application's database role."""

    def __init__(self, port: int) -> None:
        self.port = port

    def __enter__(self) -> None:
        environment = {**os.environ, "PORT": str(self.port)}
        environment.pop("TESSERA_DATABASE_ROLE", None)
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "marketplace/gunicorn_conf.py", "marketplace.wsgi"],
            env=environment,
        )
        asyncio.run(_until_up(self.port))

    def __exit__(self, *_exc: object) -> None:
        self.process.terminate()
        self.process.wait(30)


async def _until_up(port: int) -> None:
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        except OSError:
            await asyncio.sleep(0.1)
    raise RuntimeError("gunicorn did not start")


async def _drive(people: list[Person], port: int, seconds: float) -> tuple[float, list[float]]:
    """Steps a second of all people at once, and the time of each step in seconds."""
    for person in people:
        person.times = []
    until = time.perf_counter() + seconds
    started = time.perf_counter()
    await asyncio.gather(*(_work(person, port, until) for person in people))
    took = time.perf_counter() - started
    times = [value for person in people for value in person.times]
    return len(times) / took, times


async def _work(person: Person, port: int, until: float) -> None:
    loop = asyncio.get_running_loop()
    while time.perf_counter() < until:  # a keep-alive that ended: the next request opens a new connection
        browser = _Browser(person, port, until, loop.create_future())
        await loop.create_connection(browser.itself, "127.0.0.1", port)
        await browser.over


class _Browser(asyncio.Protocol):
    """One connection of one person: sends a step as soon as the one before is answered, until the time is over.

    A bare protocol, since what the client costs is taken from the two cores of the server.
    """

    def __init__(self, person: Person, port: int, until: float, over: asyncio.Future[None]) -> None:
        self.person, self.port, self.until, self.over = person, port, until, over
        self.answer = b""

    def itself(self) -> "_Browser":
        return self

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self._send()

    def _send(self) -> None:
        person = self.person
        self.answer, self.started = b"", time.perf_counter()
        self.transport.write(
            f"POST {person.url} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nCookie: {person.cookie}{person.stretch}\r\n"
            f"X-CSRFToken: {person.token}\r\nHX-Request: true\r\nAccept-Encoding: gzip\r\n"
            "Content-Type: application/x-www-form-urlencoded\r\n"
            f"Content-Length: {len(BODY)}\r\n\r\n{BODY}".encode()
        )

    def data_received(self, data: bytes) -> None:
        self.answer += data
        head, found, body = self.answer.partition(b"\r\n\r\n")
        length = LENGTH.search(head)
        if not found or (length and len(body) < int(length[1])):
            return
        pushed = PUSHED.search(head)
        if not head.startswith(b"HTTP/1.1 200") or not pushed:
            self.over.set_exception(RuntimeError(self.answer.decode("latin-1")[:600]))
            self.transport.close()
            return
        self.person.times.append(time.perf_counter() - self.started)
        self.person.url = pushed[1].decode()
        if kept := STRETCH.search(head):
            self.person.stretch = "; " + kept[1].decode()
        if time.perf_counter() < self.until:
            self._send()
        else:
            self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.over.done():
            self.over.set_result(None)
