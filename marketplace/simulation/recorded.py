"""A recorded crowd: real workers' answers given again, by as many accounts, in their own order."""

import csv
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.db import DatabaseError, InterfaceError, close_old_connections, connection

from marketplace.base.errors import Refusal
from marketplace.base.models import User
from tasks.models import Assignment, Batch, Task
from tasks.services import claims, submissions

from . import people

RETRIES = 60  # a killed service comes back within a minute


@dataclass
class Outcome:
    """What became of the recorded answers."""

    given: int = 0
    repeated: int = 0
    refused: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    retries: int = 0
    seconds: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)


def read(path: Path) -> dict[str, list[tuple[str, str]]]:
    """(task, label) per worker in recorded order, from a CSV with columns task, worker, label."""
    by_worker: dict[str, list[tuple[str, str]]] = defaultdict(list)
    with path.open(newline="", encoding="utf-8-sig") as lines:
        for row in csv.DictReader(lines):
            by_worker[row["worker"]].append((row["task"], row["label"]))
    return dict(by_worker)


def give(
    path: Path, *, batch: Batch, id_column: str, field_name: str, clients: int, country: str = "FR"
) -> Outcome:
    """Give every recorded answer to `batch`, whose rows carry the task's name in `id_column`, `clients` at a time.

    Each worker's answers come in their order; workers are taken in the order of the file. A claim names its
    task. What fails for a lost connection is tried again, and an answer already given is recognised, so the
    run survives kills of the database.
    """
    recorded = read(path)
    accounts = people.crowd(len(recorded), prefix="recorded", countries=(country,))
    tasks = {
        data[id_column]: pk
        for pk, data in Task.objects.filter(batch=batch).values_list("pk", "data").iterator()
    }
    todo: queue.SimpleQueue[tuple[User, list[tuple[str, str]]]] = queue.SimpleQueue()
    for account, answers in zip(accounts, recorded.values(), strict=True):
        todo.put((account, answers))
    outcome = Outcome()
    started = time.monotonic()
    threads = [
        threading.Thread(target=_drain, args=(todo, batch, tasks, field_name, outcome))
        for _ in range(clients)
    ]
    connection.close()  # this thread waits meanwhile, and the database may be restarted under it
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outcome.seconds = time.monotonic() - started
    return outcome


def _drain(
    todo: "queue.SimpleQueue[tuple[User, list[tuple[str, str]]]]",
    batch: Batch,
    tasks: dict[str, int],
    field_name: str,
    outcome: Outcome,
) -> None:
    try:
        for account, answers in _until_empty(todo):
            for name, label in answers:
                _persist(account, batch, tasks[name], {field_name: label}, outcome)
    finally:
        connection.close()


def _until_empty(
    todo: "queue.SimpleQueue[tuple[User, list[tuple[str, str]]]]",
) -> Iterator[tuple[User, list[tuple[str, str]]]]:
    while True:
        try:
            yield todo.get_nowait()
        except queue.Empty:
            return


def _persist(account: User, batch: Batch, task: int, answer: dict[str, str], outcome: Outcome) -> None:
    for attempt in range(RETRIES):
        try:
            return _one(account, batch, task, answer, outcome)
        except (DatabaseError, InterfaceError):
            with outcome.lock:
                outcome.retries += 1
            connection.close()
            time.sleep(min(2.0, 0.1 * 2**attempt))
            close_old_connections()
    raise RuntimeError("the database did not come back")


def _one(account: User, batch: Batch, task: int, answer: dict[str, str], outcome: Outcome) -> None:
    """Claim and submit one answer. After a lost connection either step may have been done: look before repeating."""
    held = Assignment.objects.select_related("batch").filter(task_id=task, worker=account).first()
    if held is None or held.state == Assignment.State.EXPIRED:
        try:
            claim = claims.claim(worker=account, batch=batch, task=Task(pk=task))
        except Refusal as refusal:
            with outcome.lock:
                outcome.refused[refusal.code] += 1
            return
        held = Assignment(pk=claim.assignment_id, worker=account, batch=batch, task_id=task)
    done = submissions.submit(assignment=held, worker=account, answer=answer)
    with outcome.lock:
        outcome.given += done.outcome == "submitted"
        outcome.repeated += done.outcome == "same"
