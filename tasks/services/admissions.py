"""How much work there is for each person who works here, for the line at the door (charter C4, docs/adr/0063)."""

import datetime as dt

from django.conf import settings
from django.db import connection

from marketplace.base import clock
from workers.services import admission

# Rewards of the answers that anybody may still give, as of the last snapshots. Private batches are for those invited.
_OPEN = """
SELECT coalesce(sum(f.open_slots * b.reward_micros), 0)::bigint FROM tasks_batch b
JOIN tasks_batchfigures f ON f.batch_id = b.id
WHERE b.state = 'published' AND b.audience = 'open' AND b.role = 'work'
"""
# By the latest task of each, as for shares; and who joined or was let in since and has not taken any yet.
_PEOPLE = """
SELECT count(*) FILTER (WHERE l.at > %(since)s),
       count(*) FILTER (WHERE l.at IS NULL AND p.admitted_at > %(since)s)
FROM workers_workerprofile p LEFT JOIN LATERAL (
    SELECT a.claimed_at AS at FROM tasks_assignment a WHERE a.worker_id = p.user_id ORDER BY a.id DESC LIMIT 1
) l ON true
"""


def turn() -> dict[str, int]:
    """Count the work and the people, and let in whom it is enough for. Figures for the job's log."""
    if not settings.ADMISSION:
        return {"let_in": admission.turn(open_micros=0, active_workers=0, just_let_in=0)}
    since = clock.now() - dt.timedelta(days=settings.ADMISSION_DAYS)
    with connection.cursor() as cursor:
        cursor.execute(_OPEN)
        (open_micros,) = cursor.fetchone()
        cursor.execute(_PEOPLE, {"since": since})
        active, just_let_in = cursor.fetchone()
    let_in = admission.turn(open_micros=open_micros, active_workers=active, just_let_in=just_let_in)
    return {"active_workers": active, "let_in": let_in, "waiting": admission.waiting().count()}
