"""N simulated workers who do open tasks for a while, so that a person can watch progress bars move."""

import datetime as dt
import random
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db import close_old_connections, connection

from marketplace.base.errors import Refusal
from marketplace.base.models import User
from tasks.forms import compile_form
from tasks.models import Assignment, Batch
from tasks.services import answer_files, claims, screenouts, submissions

from . import files
from .answers import answer, skill

THREADS = 8  # workers share a few threads: each thinks far longer than its claim takes
UNWILLING = 0.05  # share of those who are asked for their consent and say no


@dataclass
class Tally:
    """What a crowd did, counted by all its threads."""

    counts: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, name: str) -> None:
        with self.lock:
            self.counts[name] += 1


def run(
    workers: Sequence[User],
    *,
    seconds: float,
    accuracy: float,
    seed: int | None = None,
    think_seconds: float = 0.5,
) -> Counter[str]:
    """Let `workers` claim and submit for `seconds`; returns how many were claimed, submitted and refused (by code).

    `accuracy` (0 to 1) is the mean of the crowd: each person has a skill around it.
    """
    tally = Tally()
    until = time.monotonic() + seconds
    shares = [
        list(workers[index :: min(THREADS, len(workers))]) for index in range(min(THREADS, len(workers)))
    ]
    threads = [
        threading.Thread(
            target=_work,
            args=(share, until, accuracy, random.Random(f"{seed}:{index}"), think_seconds, tally),
        )
        for index, share in enumerate(shares)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tally.counts


def _work(
    share: list[User], until: float, accuracy: float, rng: random.Random, think_seconds: float, tally: Tally
) -> None:
    try:
        while time.monotonic() < until:
            close_old_connections()
            worker = rng.choice(share)
            _one_task(worker, accuracy, rng, tally)
            time.sleep(rng.uniform(0.2, 1.8) * think_seconds / len(share))
    finally:
        connection.close()


def _take_time(held: Assignment, rng: random.Random) -> None:
    """Date the claim back by what a person would have needed: nobody wants to watch for so long, and a market
    in which every answer took no time would show wages that nobody earns."""
    seconds = held.batch.estimated_seconds * rng.uniform(0.6, 1.3)
    Assignment.objects.filter(pk=held.pk).update(claimed_at=held.claimed_at - dt.timedelta(seconds=seconds))


def _one_task(worker: User, accuracy: float, rng: random.Random, tally: Tally) -> None:
    published = Batch.objects.filter(
        state=Batch.State.PUBLISHED, audience=Batch.Audience.OPEN, role=Batch.Role.WORK
    )
    batches = list(published.select_related("organisation"))
    rng.shuffle(batches)
    for batch in batches:
        try:
            claim = claims.claim(worker=worker, batch=batch)
        except Refusal as refusal:
            tally.add(f"refused_{refusal.code}")
            continue
        tally.add("claimed")
        held = Assignment.objects.select_related("batch__organisation", "task").get(pk=claim.assignment_id)
        _take_time(held, rng)
        tally.add(_answer(held, worker, skill(worker.pk, accuracy), rng))
        return


def _answer(held: Assignment, worker: User, accuracy: float, rng: random.Random) -> str:
    """Answer a task in hand, or leave it where its first question lets people; says which."""
    if compile_form(held.batch.form).screening and rng.random() < UNWILLING:
        screenouts.screen_out(assignment=held, worker=worker)
        return "screened_out"

    def send(kind: str) -> str:
        sent = answer_files.send(assignment=held, worker=worker, kind=kind, body=files.take(kind, rng))
        return sent.public_id

    given = answer(
        held.batch.form,
        held.task.public_id,
        accuracy=accuracy,
        rng=rng,
        data=held.task.data,
        send=send,
    )
    submissions.submit(assignment=held, worker=worker, answer=given)
    return "submitted"
