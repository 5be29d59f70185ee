"""How first answers to questions with known answers were, and what follows for the questions: never for anybody's pay.

A score is written once. It changes from wrong to right alone, when a further answer turns out to be right too.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.conf import settings
from django.db import connection

from marketplace.base import audit, clock, notices, outbox
from marketplace.base.models import User
from tasks.forms import compile_form
from tasks.known import judge
from tasks.models import Assignment, Batch, Gold, GoldScore, Task

from . import gold, gold_pauses

# Questions (%(golds)s) that good workers often fail, counted without those set aside: answered by at least %(least)s
# people who were right in at least %(mark)s of two or more other check questions of the batch, most of whom were wrong.
_OFTEN_FAILED = """
WITH counted AS (
    SELECT s.gold_id, s.worker_id, s.right FROM tasks_goldscore s JOIN tasks_gold g ON g.task_id = s.gold_id
    WHERE s.batch_id = %(batch)s AND g.aside = ''
      AND s.worker_id IN (SELECT m.worker_id FROM tasks_goldscore m WHERE m.gold_id = ANY (%(golds)s))
), person AS (
    SELECT worker_id, count(*) AS n, count(*) FILTER (WHERE counted.right) AS k FROM counted GROUP BY worker_id
)
SELECT c.gold_id FROM counted c JOIN person p USING (worker_id)
WHERE c.gold_id = ANY (%(golds)s) AND p.n >= 3 AND p.k - c.right::int >= %(mark)s * (p.n - 1)
GROUP BY c.gold_id
HAVING count(*) >= %(least)s AND 2 * count(*) FILTER (WHERE NOT c.right) > count(*)
ORDER BY c.gold_id
"""


def score(batch: Batch, assignments: Sequence[int]) -> int:
    """Score the first answers of these assignments, as far as their tasks have known answers. Returns how many.

    Running it twice changes nothing. In the transaction that validates the answers; touches neither pay nor review.
    What follows is in a rule of the register (charter M1, M2): a question that good workers often fail is set
    aside, and who missed too many has a pause in this batch.
    """
    if not Gold.objects.filter(batch=batch).exists():
        return 0
    gold.lock(batch)
    form = compile_form(batch.form)
    rows = list(
        Assignment.objects.filter(
            pk__in=assignments, task__gold__isnull=False, gold_score__isnull=True, answer__isnull=False
        ).select_related("task__gold")
    )
    made = []
    for row in rows:
        first = row.answer if row.first_answer is None else row.first_answer
        wrong = judge(form, row.task.gold, first or {})
        made.append(
            GoldScore(
                assignment=row, gold=row.task.gold, batch_id=row.batch_id, worker_id=row.worker_id,
                right=not wrong, wrong_fields=wrong, scored_at=clock.now(),
            )
        )  # fmt: skip
    GoldScore.objects.bulk_create(made)
    if made and batch.role == Batch.Role.WORK:
        _set_aside_often_failed(batch, {each.gold_id for each in made})
        gold_pauses.consider(batch, sorted({each.worker_id for each in made}))
    return len(made)


def often_failed(batch: Batch, golds: Iterable[int]) -> list[int]:
    """Which of these questions good workers often fail (`_OFTEN_FAILED`)."""
    values: dict[str, Any] = {
        "batch": batch.pk,
        "golds": list(golds),
        "mark": batch.gold_pass,
        "least": settings.GOLD_OFTEN_FAILED,
    }
    with connection.cursor() as cursor:
        cursor.execute(_OFTEN_FAILED, values)
        return [number for (number,) in cursor.fetchall()]


def _set_aside_often_failed(batch: Batch, golds: Iterable[int]) -> None:
    for number in often_failed(batch, golds):
        known = Gold.objects.select_related("task").get(pk=number)
        set_aside(known, Gold.Aside.OFTEN_FAILED, actor=None)
        notices.tell_member(
            batch.created_by_id, "gold_often_failed", f"{known.task.public_id}:{clock.now().isoformat()}",
            organisation_id=batch.organisation_id, batch=batch.public_id, task=known.task.public_id,
            row=known.task.row_number,
        )  # fmt: skip


def set_aside(known: Gold, why: str, *, actor: User | None) -> bool:
    """Ask a question no more: its scores stop counting, and pauses that stood on them end. False: it was aside.

    With the batch's gold lock held (`gold.lock`).
    """
    if not Gold.objects.filter(pk=known.pk, aside="").update(aside=why, aside_at=clock.now()):
        return False
    Task.objects.filter(pk=known.pk).update(is_open=False)
    audit.record(
        "tasks:gold:aside", known.task.public_id, actor=actor, organisation_id=known.batch.organisation_id,
        batch=known.batch.public_id, why=str(why),
    )  # fmt: skip
    known.refresh_from_db()
    gold_pauses.look_again(known.batch, _workers(known), actor=actor)
    promise_judging_anew(known)
    return True


def put_right(known: Gold, *, actor: User) -> None:
    """Score the wrong answers to a question again after it was changed; pauses that stood on them end.

    With the batch's gold lock held.
    """
    form = compile_form(known.batch.form)
    changed = []
    wrong = GoldScore.objects.filter(gold=known, right=False).select_related("assignment")
    for each in wrong:
        row = each.assignment
        first = row.answer if row.first_answer is None else row.first_answer
        fields = judge(form, known, first or {})
        if fields != each.wrong_fields:
            each.wrong_fields, each.right = fields, not fields
            changed.append(each)
    GoldScore.objects.bulk_update(changed, ["right", "wrong_fields"])
    gold_pauses.look_again(known.batch, [each.worker_id for each in changed], actor=actor)
    promise_judging_anew(known)


def promise_judging_anew(known: Gold) -> None:
    """Attempts at a test that asked this question are counted again by a job: they have locks of their own."""
    if known.batch.role != Batch.Role.WORK:
        outbox.emit(
            "test.judge_anew", f"{known.task.public_id}:{clock.now().isoformat()}", task_id=known.task_id
        )


def _workers(known: Gold) -> list[int]:
    return list(GoldScore.objects.filter(gold=known).values_list("worker_id", flat=True).distinct())
