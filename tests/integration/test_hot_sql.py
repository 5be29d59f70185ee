"""EXPLAIN guards of the four traps of the hot path: an anti-join, the wrong order, the wrong index, a bad plan."""

import json

import pytest
from django.db import connection

from tasks.models import Assignment, Task
from tests import market
from tests.personas import make_worker

ROWS = 20_000


@pytest.fixture
def large(atelier, alice):
    """A batch large enough that the planner would rather not walk it."""
    batch = market.open_batch(atelier, alice, rows=1, reward_micros=650_000)
    workers = [make_worker(f"w{number}") for number in range(4)]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tasks_task (batch_id, row_number, key, overlap, open_slots, is_open, funded, data)"
            " SELECT %s, n + 1, ((random() - 0.5) * 4e9)::int, 5, CASE WHEN n %% 2 = 0 THEN 5 ELSE 0 END,"
            " n %% 2 = 0, true,"
            ' \'{"name": "x"}\' FROM generate_series(1, %s) n',
            [batch.pk, ROWS],
        )
        for worker in workers:
            cursor.execute(
                "INSERT INTO tasks_assignment (task_id, batch_id, worker_id, state, claimed_at, lease_until,"
                " reward_micros, country, cap_year, paused_seconds, topped_up_micros, topups)"
                " SELECT id, batch_id, %s, 'claimed', now(), now() + interval '1 hour', 1, 'FR', 2026, 0, 0, 0"
                " FROM tasks_task WHERE row_number %% 3 = 0",
                [worker.pk],
            )
        cursor.execute("ANALYZE tasks_task; ANALYZE tasks_assignment")
    return batch, workers


def plan(query: str, values: list[object]) -> tuple[str, float]:
    """The plan as text, and how many buffers it touched."""
    with connection.cursor() as cursor:
        cursor.execute("SET plan_cache_mode = force_generic_plan")
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {query}", values)
        (found,) = cursor.fetchone()
    found = json.loads(found) if isinstance(found, str) else found
    top = found[0]["Plan"]
    return json.dumps(found), top["Shared Hit Blocks"] + top["Shared Read Blocks"]


PICK = """SELECT c.id, c.key FROM (
        SELECT t.id, t.key, t.lineage FROM tasks_task t
        WHERE t.batch_id = %s AND t.is_open AND NOT t.is_gold AND t.key >= %s
        ORDER BY t.key LIMIT 500
    ) c
    WHERE (SELECT 1 FROM tasks_assignment a WHERE a.task_id = c.id AND a.worker_id = %s LIMIT 1) IS NULL
      AND (c.lineage IS NULL OR NOT tasks_gave(c.lineage, 1))
    ORDER BY c.key LIMIT 1"""


def test_the_pick_walks_the_index_of_open_tasks_and_stops_early(large):
    batch, workers = large
    text, blocks = plan(PICK, [batch.pk, 0, workers[0].pk])
    assert "task_open" in text and "Seq Scan" not in text
    assert "Anti" not in text and "Sort" not in text
    assert blocks < 60


def test_the_statement_under_guard_is_the_one_in_the_function(large):
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'tasks_pick'")
        (body,) = cursor.fetchone()
    squeezed = " ".join(body.split())
    for part in ("FROM tasks_assignment a WHERE a.task_id = c.id AND a.worker_id = p_worker LIMIT 1) IS NULL",
                 "WHERE t.batch_id = p_batch AND t.is_open AND NOT t.is_gold AND t.key >= p_from",
                 "ORDER BY t.key LIMIT p_probes"):  # fmt: skip
        assert part in squeezed


def test_a_worker_who_did_nearly_everything_costs_a_bounded_number_of_probes(large):
    batch, workers = large
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tasks_assignment (task_id, batch_id, worker_id, state, claimed_at, lease_until, reward_micros,"
            " country, cap_year, paused_seconds, topped_up_micros, topups)"
            " SELECT id, batch_id, %s, 'released', now(), now(), 1, 'FR', 2026, 0, 0, 0 FROM tasks_task WHERE is_open"
            " ON CONFLICT DO NOTHING",
            [workers[0].pk],
        )
        cursor.execute("ANALYZE tasks_assignment")
    _, blocks = plan(PICK, [batch.pk, -(2**31), workers[0].pk])
    assert blocks < 500 * 8


def test_submitting_locks_by_primary_key_and_not_by_the_index_of_leases(large):
    held = Assignment.objects.first()
    text, blocks = plan("SELECT * FROM tasks_assignment a WHERE a.id = %s FOR NO KEY UPDATE", [held.pk])
    assert "tasks_assignment_pkey" in text and blocks < 10
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'tasks_submit'")
        (body,) = cursor.fetchone()
    assert "WHERE a.id = p_assignment FOR NO KEY UPDATE" in body


HELD = """SELECT a.worker_id FROM tasks_assignment a
            WHERE a.worker_id >= %s AND a.state = 'claimed'
            ORDER BY a.worker_id
            LIMIT %s"""


def test_what_a_worker_holds_is_counted_in_the_index_of_tasks_in_hand_alone(large):
    _, workers = large
    text, _ = plan(HELD, [workers[0].pk, 5])
    assert "assignment_in_hand" in text and "assignment_lease" not in text and "Sort" not in text
    with connection.cursor() as cursor:
        cursor.execute("SELECT prosrc FROM pg_proc WHERE proname = 'tasks_claim'")
        (body,) = cursor.fetchone()
    asked = HELD.replace("%s AND", "p_worker AND").replace("%s", "p_max_open")
    assert " ".join(asked.split()) in " ".join(body.split())


@pytest.mark.django_db
def test_that_index_is_chosen_too_while_the_statistics_know_of_no_lease():
    text, _ = plan(HELD, [1, 5])
    assert "assignment_in_hand" in text


def test_expiry_walks_the_index_of_leases(large):
    text, blocks = plan(
        "SELECT a.id FROM tasks_assignment a WHERE a.state = 'claimed' AND a.lease_until <= %s"
        " ORDER BY a.lease_until LIMIT 100 FOR NO KEY UPDATE SKIP LOCKED",
        ["2020-01-01"],
    )
    assert "assignment_lease" in text and "Seq Scan" not in text and blocks < 20


def test_a_claim_writes_no_counter_that_others_write(atelier, alice, bob):
    """The batch row is not touched by claims and submissions: its xmin stays."""
    batch = market.open_batch(atelier, alice)
    with connection.cursor() as cursor:
        cursor.execute("SELECT xmin::text FROM tasks_batch WHERE id = %s", [batch.pk])
        before = cursor.fetchone()
        market.submitted(bob, batch)
        cursor.execute("SELECT xmin::text FROM tasks_batch WHERE id = %s", [batch.pk])
        assert cursor.fetchone() == before


def test_the_open_slots_of_a_task_are_in_no_index():
    columns = {name for index in Task._meta.indexes for name in index.fields}
    assert "open_slots" not in columns
