"""Claim + submit: the leanest SQL, then our services, with 10 000 and with 1 000 000 open tasks.

The lean SQL keeps no cap, no state machine and no answer cleaning: two statements on two narrow tables with
the same index. It is sent by the simple protocol twice over: by psycopg2 from Python processes, as our services must
send theirs, which is the yardstick; and by pgbench, whose clients are C and cost nearly nothing, for the record.
"""

import multiprocessing
import os
import random
import statistics
import time
from typing import Any

from bench import ground

LEAN_TABLES = """
DROP TABLE IF EXISTS bench_assignment, bench_task;
CREATE TABLE bench_task (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, batch_id int NOT NULL, key int NOT NULL,
    is_open bool NOT NULL, open_slots smallint NOT NULL CHECK (open_slots >= 0), data jsonb NOT NULL)
    WITH (fillfactor = 85);
CREATE INDEX ON bench_task (batch_id, key) WHERE is_open;
CREATE TABLE bench_assignment (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, task_id bigint NOT NULL
    REFERENCES bench_task, worker_id int NOT NULL, state text NOT NULL, lease_until timestamptz NOT NULL, answer jsonb,
    submitted_at timestamptz, UNIQUE (task_id, worker_id)) WITH (fillfactor = 85);
CREATE INDEX ON bench_assignment (lease_until) WHERE state = 'claimed';
INSERT INTO bench_task (batch_id, key, is_open, open_slots, data)
    SELECT b.id, ((random() - 0.5) * 4294967290)::int, true, 5, jsonb_build_object('name_a', 'Sony turntable ' || n)
    FROM (VALUES (1, 10000), (2, 1000000)) b (id, rows), generate_series(1, b.rows) n;
"""
CLAIM = """
WITH picked AS (
    SELECT t.id FROM bench_task t WHERE t.batch_id = %(batch)s AND t.is_open AND t.key >= %(from)s
        AND (SELECT 1 FROM bench_assignment a WHERE a.task_id = t.id AND a.worker_id = %(worker)s LIMIT 1) IS NULL
    ORDER BY t.key LIMIT 1 FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE bench_task t SET open_slots = open_slots - 1, is_open = open_slots > 1 FROM picked WHERE t.id = picked.id
    RETURNING t.id, t.data
)
INSERT INTO bench_assignment (task_id, worker_id, state, lease_until)
    SELECT id, %(worker)s, 'claimed', now() + interval '10 min' FROM taken
    ON CONFLICT DO NOTHING RETURNING id
"""
SUBMIT = """
UPDATE bench_assignment SET state = 'submitted', answer = %(answer)s, submitted_at = now()
    WHERE id = %(claimed)s AND state = 'claimed'
"""
# The same two statements in pgbench's words.
LEAN = r"""
\set worker random(1, 5000)
\set from random(-2147483648, 2147483647)
\set claimed 0
WITH picked AS (
    SELECT t.id FROM bench_task t WHERE t.batch_id = :batch AND t.is_open AND t.key >= :from
        AND (SELECT 1 FROM bench_assignment a WHERE a.task_id = t.id AND a.worker_id = :worker LIMIT 1) IS NULL
    ORDER BY t.key LIMIT 1 FOR UPDATE SKIP LOCKED
), taken AS (
    UPDATE bench_task t SET open_slots = open_slots - 1, is_open = open_slots > 1 FROM picked WHERE t.id = picked.id
    RETURNING t.id
)
INSERT INTO bench_assignment (task_id, worker_id, state, lease_until)
    SELECT id, :worker, 'claimed', now() + interval '10 min' FROM taken
    ON CONFLICT DO NOTHING RETURNING id AS claimed \aset
UPDATE bench_assignment SET state = 'submitted', answer = '{"same": "1"}', submitted_at = now()
    WHERE id = :claimed AND state = 'claimed';
"""


def run(*, seconds: float, known: dict[str, float]) -> dict[str, float]:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(LEAN_TABLES)
        cursor.execute("VACUUM ANALYZE bench_task")
    batches = {10_000: ground.open_batch(10_000), 1_000_000: ground.open_batch(1_000_000)}
    crew = [worker.pk for worker in ground.workers(64, "claims")]
    connection.close()
    rows = []
    rates: dict[tuple[str, int, int], float] = {}
    for clients in (1, 4, 16):
        for size, number in ((10_000, 1), (1_000_000, 2)):
            bare = ground.pgbench(LEAN, clients=clients, seconds=seconds / 2, variables={"batch": number})
            python = lean(number, clients=clients, seconds=seconds / 2)
            ours = services(batches[size].pk, crew, clients=clients, seconds=seconds / 2)
            rates["lean", size, clients], rates["services", size, clients] = python, ours
            name = f"{size:,} tasks".replace(",", " ")
            rows.append(
                (name, clients, f"{bare:.0f}", f"{python:.0f}", f"{ours:.0f}", f"{ours / python:.2f}")
            )
    ground.table(("batch", "clients", "pgbench /s", "lean SQL /s", "services /s", "services ÷ lean"), rows)
    late = late_versus_first()
    # Pairs of runs in turn, so that a slower minute of the machine hits both; the median of the ratios counts.
    ratios = []
    for _ in range(3):
        small = services(batches[10_000].pk, crew, clients=4, seconds=seconds / 4)
        ratios.append(services(batches[1_000_000].pk, crew, clients=4, seconds=seconds / 4) / small)
    return {
        "lean_sql_16": rates["lean", 10_000, 16],
        "services_16": rates["services", 10_000, 16],
        "claim_1m_vs_10k": statistics.median(ratios),
        "claim_late_vs_first": late,
    }


def lean(batch: int, *, clients: int, seconds: float) -> float:
    """Claim + submit pairs a second by the two lean statements, from `clients` processes with psycopg2."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(clients, initializer=_ready) as pool:
        pool.map(_warm, range(clients), chunksize=1)
        started = time.perf_counter()
        done = sum(pool.map(_lean_client, [(batch, seconds)] * clients, chunksize=1))
        return done / (time.perf_counter() - started)


def _lean_client(share: tuple[int, float]) -> int:
    import psycopg2
    from django.conf import settings

    batch, seconds = share
    known = settings.DATABASES["default"]
    link = psycopg2.connect(
        dbname=known["NAME"],
        host=known["HOST"],
        port=known["PORT"],
        user=known["USER"],
        password=known["PASSWORD"],
    )
    link.autocommit = True
    cursor = link.cursor()
    until, done = time.perf_counter() + seconds, 0
    while time.perf_counter() < until:
        values = {
            "batch": batch,
            "worker": random.randint(1, 5000),
            "from": random.randint(-(2**31), 2**31 - 1),
        }
        cursor.execute(CLAIM, values)
        row = cursor.fetchone()
        if row:
            cursor.execute(SUBMIT, {"claimed": row[0], "answer": '{"same": "1"}'})
            done += 1
    link.close()
    return done


def services(batch_id: int, crew: list[int], *, clients: int, seconds: float) -> float:
    """Claim + submit pairs a second by `clients` processes through the services."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(clients, initializer=_ready) as pool:
        pool.map(_warm, range(clients), chunksize=1)
        shares = [(batch_id, crew[index::clients], seconds) for index in range(clients)]
        started = time.perf_counter()
        done = sum(pool.map(_client, shares, chunksize=1))
        return done / (time.perf_counter() - started)


def _ready() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "marketplace.settings")
    import django

    django.setup()


def _warm(_number: int) -> None:
    from django.db import connection

    connection.ensure_connection()
    time.sleep(0.05)  # so that each process of the pool takes one


def _client(share: tuple[int, list[int], float]) -> int:
    batch_id, crew, seconds = share
    from marketplace.base.errors import Refusal
    from marketplace.base.models import User
    from tasks.models import Assignment, Batch
    from tasks.services import claims, submissions

    batch = Batch.objects.select_related("organisation").get(pk=batch_id)
    people = list(User.objects.filter(pk__in=crew))
    until, done = time.perf_counter() + seconds, 0
    while time.perf_counter() < until:
        worker = random.choice(people)
        try:
            claim = claims.claim(worker=worker, batch=batch)
        except Refusal:
            continue
        held = Assignment(pk=claim.assignment_id, worker=worker, batch=batch, task_id=claim.task_id)
        submissions.submit(assignment=held, worker=worker, answer={"same": "1"})
        done += 1
    return done


def late_versus_first(claims_made: int = 6_000, window: int = 300) -> float:
    """One busy worker's claims after 6 000 in one batch of 10 000, beside the first ones of newcomers.

    Both are taken in turn in the same minute, so that only what the worker did before differs.
    """
    from tasks.models import Batch

    batch = Batch.objects.select_related("organisation").get(pk=ground.open_batch(10_000).pk)
    busy, *fresh = ground.workers(31, "busy")
    for _ in range(claims_made):
        _timed_claim(busy, batch)
    late, first = [], []
    for number in range(window):
        first.append(_timed_claim(fresh[number % len(fresh)], batch))
        late.append(_timed_claim(busy, batch))
    middle_first, middle_late = statistics.median(first), statistics.median(late)
    print(
        f"  a claim: the first {middle_first * 1000:.2f} ms, after {claims_made} {middle_late * 1000:.2f} ms"
    )
    return middle_first / middle_late


def _timed_claim(worker: Any, batch: Any) -> float:
    """Seconds of one claim; its answer is given too, outside the measured time."""
    from tasks.models import Assignment
    from tasks.services import claims, submissions

    started = time.perf_counter()
    claim = claims.claim(worker=worker, batch=batch)
    took = time.perf_counter() - started
    held = Assignment(pk=claim.assignment_id, worker=worker, batch=batch, task_id=claim.task_id)
    submissions.submit(assignment=held, worker=worker, answer={"same": "1"})
    return took
