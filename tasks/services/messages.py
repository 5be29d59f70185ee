"""Messages between a worker and a requester about a task (ILO 11, 12; charter M11).

One thread for each worker and batch. Nobody else reads it (charter M6): a moderator does once one of the two has
reported it (`objections`), and no rule, signal or ranking ever does (charter M8).
"""

import datetime as dt

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Max, Q, QuerySet
from django.utils.translation import gettext as _

from marketplace.base import audit, clock, notices
from marketplace.base.errors import Forbidden, Invalid
from marketplace.base.models import User
from payments.models import Payout, PayoutState
from tasks.errors import IllegalMove, Silenced, ThreadClosed, TooManyMessages
from tasks.models import Assignment, Batch, BatchQuestion, Message, Side, Thread

from .ratings import said

MOST_QUESTIONS = 50  # published for one batch
OPEN_STATES = (Assignment.State.CLAIMED, Assignment.State.EXPIRED, *Assignment.UNDECIDED)


def thread_of(batch: Batch, worker_id: int) -> Thread | None:
    """What the two wrote to each other so far, with its batch and organisation."""
    rows = Thread.objects.select_related("batch__organisation")
    return rows.filter(batch=batch, worker_id=worker_id).first()


@transaction.atomic
def send(
    *, batch: Batch, worker: User, author: User, text: str, assignment: Assignment | None = None
) -> Message:
    """Write to the other one; the first message opens the thread. `author` is the worker, or a member who may edit.

    `assignment` is the task or answer that it is about. Raises Invalid, ThreadClosed, Silenced, TooManyMessages, and
    Forbidden for a member who writes to somebody who never had a task of the batch and never asked.
    """
    side = Side.WORKER if author.pk == worker.pk else Side.REQUESTER
    words = said(text, Message.MOST)
    now = clock.now()
    _check_often(author, now)
    closed = closed_since(batch, worker.pk)
    if closed is not None and closed <= now:
        raise ThreadClosed
    known = Thread.objects.filter(batch=batch, worker=worker).exists()
    if side == Side.REQUESTER and not (known or batch.assignments.filter(worker=worker).exists()):
        raise Forbidden
    thread, _made = Thread.objects.get_or_create(batch=batch, worker=worker, defaults={"opened_at": now})
    thread = Thread.objects.select_for_update(no_key=True).get(pk=thread.pk)
    if thread.silenced == side:
        raise Silenced
    if assignment is not None and (assignment.batch_id, assignment.worker_id) != (batch.pk, worker.pk):
        raise Invalid
    made = Message.objects.create(
        thread=thread, side=side, author=author, assignment=assignment, text=words, sent_at=now
    )
    # Who writes has read what stands above.
    Thread.objects.filter(pk=thread.pk).update(last_at=now, **{f"{side}_read": made.pk})
    thread.batch = batch
    _tell(thread, made)
    return made


def _check_often(author: User, now: dt.datetime) -> None:
    """Raises TooManyMessages. What is only counted can't be locked: messages of one author go one after the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"messages:{author.pk}"])
    today = Message.objects.filter(author=author, sent_at__gt=now - dt.timedelta(days=1))
    if today[: settings.MESSAGES_A_DAY].count() >= settings.MESSAGES_A_DAY:
        raise TooManyMessages(most=settings.MESSAGES_A_DAY)


def _tell(thread: Thread, made: Message) -> None:
    """One notice for all that the other side has not read yet: its key names the first of them."""
    seen = thread.requester_read if made.side == Side.WORKER else thread.worker_read
    first = Message.objects.filter(thread=thread, side=made.side, pk__gt=seen).order_by("pk").first()
    key = f"{thread.public_id}:{(first or made).public_id}"
    data = {"thread": thread.public_id, "batch": thread.batch.public_id}
    if made.side == Side.REQUESTER:
        notices.tell(thread.worker_id, "message_to_worker", key, **data)
        return
    last = Message.objects.filter(thread=thread, side=Side.REQUESTER).order_by("-pk").first()
    notices.tell_member(
        last.author_id if last else thread.batch.created_by_id, "message_to_requester", key,
        organisation_id=thread.batch.organisation_id, **data,
    )  # fmt: skip


def read(*, thread: Thread, side: str) -> None:
    """What stands in the thread was on the screen of this side."""
    last = thread.messages.aggregate(last=Max("pk"))["last"] or 0
    Thread.objects.filter(pk=thread.pk, **{f"{side}_read__lt": last}).update(**{f"{side}_read": last})


# --- how long one can write -----------------------------------------------------------------------------------------


def closed_since(batch: Batch, worker_id: int) -> dt.datetime | None:
    """When a thread about `batch` closes or closed for both sides; None while nothing says when.

    THREAD_OPEN_DAYS after the batch has ended, all answers of the worker are decided, and what they earned has been
    paid out: the first payout made after the last decision has arrived. Where the worker earned nothing: after the
    later of the end and the last decision.
    """
    if batch.state not in Batch.ENDED or batch.closed_at is None:
        return None
    mine = Assignment.objects.filter(batch=batch, worker_id=worker_id)
    if mine.filter(
        Q(state__in=OPEN_STATES) | Q(disputes__decided_by__isnull=True, disputes__isnull=False)
    ).exists():
        return None
    decided = mine.aggregate(
        last=Max("reviewed_at"), paid=Max("reviewed_at", filter=Q(state=Assignment.State.APPROVED))
    )
    over = max(moment for moment in (batch.closed_at, decided["last"]) if moment is not None)
    if decided["paid"] is not None:
        payouts = Payout.objects.filter(
            user_id=worker_id, state=PayoutState.PAID, created_at__gte=decided["paid"], paid_at__isnull=False
        )
        arrived = payouts.order_by("paid_at").values_list("paid_at", flat=True).first()
        if arrived is None:
            return None
        over = max(over, arrived)
    return over + dt.timedelta(days=settings.THREAD_OPEN_DAYS)


def unread_threads_of(worker: User) -> int:
    """In how many threads of a worker something waits to be read; counted up to 100."""
    return _unread(Thread.objects.filter(worker=worker), Side.REQUESTER, "worker_read")


def unread_threads_for(organisation_id: int) -> int:
    """In how many threads about the batches of an organisation something waits to be read; counted up to 100."""
    rows = Thread.objects.filter(batch__organisation_id=organisation_id)
    return _unread(rows, Side.WORKER, "requester_read")


def _unread(rows: QuerySet[Thread], side: str, seen: str) -> int:
    return rows.filter(messages__side=side, messages__pk__gt=F(seen)).distinct()[:100].count()


# --- questions and answers for everybody ----------------------------------------------------------------------------


@transaction.atomic
def publish(
    *, batch: Batch, actor: User, question: str, answer: str, thread: Thread | None = None
) -> BatchQuestion:
    """Show a question and its answer to everybody who works on the batch, in the requester's own wording.

    `thread` is where it came up, never shown. Raises Invalid, IllegalMove above MOST_QUESTIONS.
    """
    words = {
        "question": _field("question", question, Message.MOST),
        "answer": _field("answer", answer, Message.MOST),
    }
    if batch.questions.count() >= MOST_QUESTIONS:
        raise IllegalMove(state=_("full: take one out first"))
    made = BatchQuestion.objects.create(batch=batch, thread=thread, published_by=actor, **words)
    audit.record(
        "tasks:question:publish", made.public_id, actor=actor, organisation_id=batch.organisation_id,
        batch=batch.public_id,
    )  # fmt: skip
    return made


def _field(name: str, text: str, most: int) -> str:
    try:
        return said(text, most)
    except Invalid as refusal:
        raise Invalid(fields={name: refusal.fields["text"]}) from None


@transaction.atomic
def withdraw_question(*, question: BatchQuestion, actor: User) -> None:
    """Take a published question and its answer out again."""
    audit.record(
        "tasks:question:withdraw", question.public_id, actor=actor,
        organisation_id=question.batch.organisation_id, batch=question.batch.public_id,
    )  # fmt: skip
    question.delete()
