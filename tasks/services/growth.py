"""Dynamic overlap: a task that is not sure yet asks one more person, never for a victim (docs/adr/0041)."""

from collections.abc import Sequence

from django.db import connection

from tasks.models import Batch

# A task grows when all its answers are in and none is on the way: not one slot open, nobody at work on it. A confident
# one stops growing, and what was set aside for its further answers is free again.
_GROW = """
WITH due AS (
    SELECT t.id, coalesce(r.confidence, 0) >= %(confidence)s AS is_sure
    FROM tasks_task t LEFT JOIN tasks_result r ON r.task_id = t.id
    WHERE t.id = ANY (%(tasks)s) AND t.most IS NOT NULL AND t.open_slots = 0
      AND NOT EXISTS (SELECT 1 FROM tasks_assignment a WHERE a.task_id = t.id AND a.state = 'claimed')
    ORDER BY t.id FOR NO KEY UPDATE OF t
)
UPDATE tasks_task t
SET overlap = CASE WHEN due.is_sure THEN t.overlap ELSE t.overlap + 1 END,
    open_slots = CASE WHEN due.is_sure THEN 0 ELSE 1 END,
    is_open = NOT due.is_sure AND t.funded AND b.state IN ('published', 'paused'),
    most = CASE WHEN due.is_sure OR t.overlap + 1 >= t.most THEN NULL ELSE t.most END
FROM due, tasks_batch b
WHERE t.id = due.id AND b.id = t.batch_id AND b.closed_at IS NULL
"""


def ask_for_more(batch: Batch, tasks: Sequence[int]) -> None:
    """Open one more slot for each of `tasks` whose answers are all in and whose result is not sure enough.

    In the transaction that wrote their results; does nothing for a batch with a fixed number of answers.
    """
    if batch.overlap_most is None:
        return
    with connection.cursor() as cursor:
        cursor.execute(_GROW, {"tasks": list(tasks), "confidence": batch.confidence})
