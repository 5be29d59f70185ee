"""Approvals: a set of a thousand in one transaction beside the same postings one by one."""

import time
from typing import Any

from bench import ground

SET = 1_000


def run(*, seconds: float, known: dict[str, float]) -> dict[str, float]:
    from tasks.services import reviews

    crew = ground.workers(50, "ledger")
    batch = ground.open_batch(SET * 2 + 600, overlap=1)
    waiting = _submit(batch, crew, SET * 2 + 500)
    actor = batch.created_by
    reviews.approve(
        batch=batch, assignments=waiting[:100], actor=actor
    )  # accounts and caps exist from here on
    singles = waiting[100:400]
    started = time.perf_counter()
    for number in singles:
        reviews.approve(batch=batch, assignments=[number], actor=actor)
    single = len(singles) / (time.perf_counter() - started)
    started = time.perf_counter()
    done = reviews.approve(batch=batch, assignments=waiting[400 : 400 + 2 * SET], actor=actor)
    together = done / (time.perf_counter() - started)
    ground.table(
        ("approvals", "per second"), [("one by one", f"{single:.0f}"), (f"sets of {SET}", f"{together:.0f}")]
    )
    return {"ledger_single": single, "ledger_set": together, "ledger_set_vs_single": together / single}


def _submit(batch: Any, crew: list[Any], count: int) -> list[int]:
    from tasks.models import Assignment
    from tasks.services import claims, submissions

    numbers = []
    for index in range(count):
        worker = crew[index % len(crew)]
        claim = claims.claim(worker=worker, batch=batch)
        held = Assignment(pk=claim.assignment_id, worker=worker, batch=batch, task_id=claim.task_id)
        submissions.submit(assignment=held, worker=worker, answer={"same": "1"})
        numbers.append(claim.assignment_id)
    return numbers
