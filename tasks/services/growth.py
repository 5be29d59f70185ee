"""Dynamic overlap: a task that is not sure yet asks one more person, never for a victim (docs/adr/0041)."""

from collections.abc import Sequence

from django.db import connection

from tasks.models import Batch

# Answers that the results of these tasks have not seen: asking for more before would be asking too early.
_UNSEEN = """EXISTS (
    SELECT 1 FROM tasks_assignment a WHERE a.task_id = t.id AND (
        a.state = 'claimed'
        OR a.state IN ('submitted', 'contested', 'disputed', 'approved') AND a.validated_at IS NULL
    )
)"""

# A task grows when all its answers are in and none is on the way: not one slot open, nobody at work on it. One that is
# sure keeps what it may grow by: what the batch learns later about those who answered it may make it unsure again.
_GROW = f"""
WITH due AS (
    SELECT t.id FROM tasks_task t LEFT JOIN tasks_result r ON r.task_id = t.id
    WHERE t.batch_id = %(batch)s AND t.most IS NOT NULL AND t.open_slots = 0
      AND (%(tasks)s::bigint[] IS NULL OR t.id = ANY (%(tasks)s))
      AND coalesce(r.confidence, 0) < %(confidence)s AND NOT {_UNSEEN}
    ORDER BY t.id FOR NO KEY UPDATE OF t
)
UPDATE tasks_task t
SET overlap = t.overlap + 1, open_slots = 1, is_open = t.funded AND b.state IN ('published', 'paused'),
    most = CASE WHEN t.overlap + 1 >= t.most THEN NULL ELSE t.most END
FROM due, tasks_batch b
WHERE t.id = due.id AND b.id = t.batch_id AND b.closed_at IS NULL
"""  # noqa: S608 - made of the constant above

_LET_GO = """
UPDATE tasks_task SET most = NULL WHERE batch_id = %(batch)s AND most IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM tasks_batch b WHERE b.id = %(batch)s AND b.pilot IN ('running', 'held', 'opening'))
  AND NOT EXISTS (SELECT 1 FROM tasks_task o WHERE o.batch_id = %(batch)s AND o.is_open AND NOT o.is_gold)
  AND NOT EXISTS (SELECT 1 FROM tasks_assignment a WHERE a.batch_id = %(batch)s AND a.state = 'claimed')
  AND NOT EXISTS (
      SELECT 1 FROM tasks_assignment a WHERE a.batch_id = %(batch)s AND a.validated_at IS NULL
      AND a.state IN ('submitted', 'contested', 'disputed', 'approved')
  )
"""


def hold(batch: Batch) -> None:
    """Keep a batch that grows from being closed until the transaction ends, so that what opens now is closed then.

    Before any row of an assignment or a task is locked; others may hold it too.
    """
    if batch.overlap_most is not None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM tasks_batch WHERE id = %s FOR SHARE", [batch.pk])


def ask_for_more(batch: Batch, tasks: Sequence[int] | None = None) -> int:
    """Open one more slot for each of `tasks` (None: all that may grow) whose answers are all in and seen, and whose
    result is not as sure as the batch asks for. Returns how many.

    In a transaction that holds the batch (`hold`) and its results; nothing happens in one of a fixed number of answers.
    """
    if batch.overlap_most is None:
        return 0
    values = {
        "batch": batch.pk,
        "tasks": None if tasks is None else list(tasks),
        "confidence": batch.confidence,
    }
    with connection.cursor() as cursor:
        cursor.execute(_GROW, values)
        return int(cursor.rowcount)


def let_go(batch: Batch) -> int:
    """Once nothing of a batch is open, in hand or unseen: its tasks are as sure as they will be, and what was set aside
    for further answers is free. Returns for how many tasks. To be called after the last fit, as `ask_for_more`.
    """
    with connection.cursor() as cursor:
        cursor.execute(_LET_GO, {"batch": batch.pk})
        return int(cursor.rowcount)
