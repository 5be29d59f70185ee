"""What the two sides of a conversation read: their threads, what is unread in them, how soon a requester answers."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery

from marketplace.base import clock
from marketplace.base.models import Organisation, User
from tasks.models import Message, Side, Thread
from tasks.services import contact_data, messages

LEAST_QUESTIONS = 5  # from so many on the time of a requester to answer is shown
COUNTED_DAYS = 180
MOST_MESSAGES = 500  # of one thread, the latest ones

# A question is a worker's message that no message of theirs stands right before; its answer is the next one of the
# requester in the thread.
_ANSWERS = """
WITH said AS (
    SELECT m.id, m.thread_id, m.side, m.sent_at,
        lag(m.side) OVER (PARTITION BY m.thread_id ORDER BY m.id) AS before,
        min(m.sent_at) FILTER (WHERE m.side = 'requester')
            OVER (PARTITION BY m.thread_id ORDER BY m.id ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS answered
    FROM tasks_message m JOIN tasks_thread t ON t.id = m.thread_id JOIN tasks_batch b ON b.id = t.batch_id
    WHERE b.organisation_id = %s
)
SELECT count(*), count(answered),
    percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM answered - sent_at))
        FILTER (WHERE answered IS NOT NULL)
FROM said WHERE side = 'worker' AND before IS DISTINCT FROM 'worker' AND sent_at > %s
"""


@dataclass(frozen=True)
class AnswerTime:
    """How a requester answered what workers asked in the last half year."""

    questions: int
    answered: int
    median_hours: float


@dataclass(frozen=True)
class Line:
    """One message as one side reads it. `by` is the first name of the member who wrote it; '' for the worker."""

    message: Message
    own: bool
    by: str
    asks_for_contact: bool


def answer_time(organisation: Organisation) -> AnswerTime | None:
    """The median time to an answer; None under LEAST_QUESTIONS questions, or without an answer. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERS, [organisation.pk, clock.now() - dt.timedelta(days=COUNTED_DAYS)])
        questions, answered, seconds = cursor.fetchone()
    if questions < LEAST_QUESTIONS or not answered:
        return None
    return AnswerTime(questions, answered, float(seconds) / 3600)


def _with_unread(rows: QuerySet[Thread], side: str) -> QuerySet[Thread]:
    """Threads with `news`, how many messages of the other side wait, and `last_text`, latest first."""
    other = Side.REQUESTER if side == Side.WORKER else Side.WORKER
    last = Message.objects.filter(thread=OuterRef("pk")).order_by("-pk")
    return (
        rows.select_related("batch__organisation")
        .defer("batch__form", "batch__instructions")
        .annotate(
            news=Count("messages", filter=Q(messages__side=other, messages__pk__gt=F(f"{side}_read"))),
            last_text=Subquery(last.values("text")[:1]),
            last_side=Subquery(last.values("side")[:1]),
        )
    )


def of_worker(worker: User) -> QuerySet[Thread]:
    """The threads of a worker."""
    return _with_unread(Thread.objects.filter(worker=worker), Side.WORKER)


def of_organisation(organisation: Organisation) -> QuerySet[Thread]:
    """The threads about the batches of an organisation."""
    return _with_unread(Thread.objects.filter(batch__organisation=organisation), Side.REQUESTER)


def lines(thread: Thread | None, side: str) -> list[Line]:
    """What was said, the oldest first, as `side` reads it; for a moderator `side` is ''."""
    if thread is None:
        return []
    rows = list(thread.messages.select_related("author", "assignment").order_by("-pk")[:MOST_MESSAGES])
    return [_line(row, side) for row in reversed(rows)]


def _line(row: Message, side: str) -> Line:
    by = first_name(row.author) if row.side == Side.REQUESTER else ""
    return Line(row, row.side == side, by, contact_data.asks(row.text))


def first_name(person: User) -> str:
    """What a member of an organisation is called in a conversation: the first word of the name they gave; '' without
    one, where the page says the organisation alone. Never anything of their address."""
    return person.name.split()[0] if person.name.split() else ""


def closes(thread: Thread) -> dt.datetime | None:
    """When the thread closes or closed, where that is known."""
    return messages.closed_since(thread.batch, thread.worker_id)


def context(thread: Thread | None, side: str, now: dt.datetime) -> dict[str, Any]:
    """What both pages of a thread show of it."""
    ends = closes(thread) if thread else None
    return {
        "thread": thread,
        "lines": lines(thread, side),
        "ends": ends,
        "closed": ends is not None and ends <= now,
        "silenced": thread is not None and thread.silenced == side,
        "reported": thread is not None and thread.objections.filter(side=side, outcome="").exists(),
    }
