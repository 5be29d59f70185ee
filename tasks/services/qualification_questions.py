"""Inside an attempt: the next question, judging an answer at once, the end of it (docs/adr/0043).

An answer is paid as soon as it is given: nobody reviews it, and neither a wrong nor a late one is ever refused. Lock
order: test, attempt, assignment, task, cap, accounts.
"""

import datetime as dt
from typing import Any

from django.db import connection, transaction
from django.db.models import Q

from marketplace.base import audit, clock, clockwork, notices
from marketplace.base.errors import Refusal
from marketplace.base.models import AuditEvent, User
from payments.services import cap
from tasks import known
from tasks.errors import AttemptOver, NoAttempt, QuestionInHand
from tasks.forms import compile_form
from tasks.models import Assignment, Attempt, AttemptQuestion, Batch, Gold, QualificationTest, Task
from workers.models import Award
from workers.services import awards

from . import gold_pauses, reviews
from .conditions_form import qualifications_asked

State = Assignment.State
PAUSED = f"tasks:batch:{Batch.State.PAUSED}"  # what `batches.pause` writes down
EXACT = 1e-9  # 0.7 of ten questions is seven, whatever a float makes of it

# Questions that are paid for, known, not set aside, and new to the worker. One that was drawn for a running attempt
# keeps its slot until that ends. The least used come first, so that the places are used up evenly.
_DRAW = """
SELECT t.id, t.open_slots - coalesce(r.kept, 0) AS free FROM tasks_task t
JOIN tasks_gold g ON g.task_id = t.id AND g.aside = ''
LEFT JOIN (
    SELECT q.task_id, count(*) AS kept FROM tasks_attemptquestion q
    JOIN tasks_attempt a ON a.id = q.attempt_id AND a.finished_at IS NULL AND a.test_id = %(batch)s
    LEFT JOIN tasks_assignment s ON s.id = q.assignment_id
    WHERE q.assignment_id IS NULL OR s.state = 'expired'
    GROUP BY q.task_id
) r ON r.task_id = t.id
WHERE t.batch_id = %(batch)s AND t.is_open AND NOT t.is_gold AND t.open_slots > coalesce(r.kept, 0)
  AND NOT EXISTS (SELECT 1 FROM tasks_assignment s WHERE s.task_id = t.id AND s.worker_id = %(worker)s)
  AND NOT EXISTS (
      SELECT 1 FROM tasks_attemptquestion q JOIN tasks_attempt a ON a.id = q.attempt_id
      WHERE q.task_id = t.id AND a.worker_id = %(worker)s AND a.finished_at IS NULL)
"""


def draw(test: QualificationTest, worker_id: int, most: int) -> list[int]:
    """Up to `most` questions for a new attempt, in a random order. The caller holds the lock of the test."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM ({_DRAW} ORDER BY free DESC, random() LIMIT %(most)s) d ORDER BY random()",  # noqa: S608
            {"batch": test.pk, "worker": worker_id, "most": most},
        )
        return [number for (number,) in cursor.fetchall()]


def free_answers(test: QualificationTest, worker_id: int) -> tuple[int, int]:
    """How many questions a person could still be asked, and how many answers are paid for over all of them."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*), coalesce(sum(free), 0) FROM ({_DRAW}) d",  # noqa: S608 - a constant
            {"batch": test.pk, "worker": worker_id},
        )
        questions, answers = cursor.fetchone()
    return questions, int(answers)


def running(worker: User, batch: Batch) -> Attempt | None:
    """The attempt a person is in the middle of, its time not over."""
    found = Attempt.objects.filter(worker=worker, test=batch.pk, finished_at__isnull=True).first()
    return found if found is not None and not _is_over(found) else None


def lock(worker: User, batch: Batch) -> Attempt | None:
    """The attempt a person has not finished, locked, whether its time is over or not. In a transaction."""
    return (
        Attempt.objects.select_for_update(no_key=True, of=("self",))
        .select_related("test__batch", "test__qualification")
        .filter(worker=worker, test=batch.pk, finished_at__isnull=True)
        .first()
    )


def next_question(worker: User, batch: Batch, task: Task | None) -> AttemptQuestion | Refusal:
    """The question to claim next; `task` names one whose time ran out. In a transaction, locks the attempt.

    A refusal is handed back and not raised: an attempt that was found to be over has been ended with it.
    """
    attempt = lock(worker, batch)
    if attempt is None:
        return NoAttempt()
    if _is_over(attempt):
        finish(attempt)
        return AttemptOver()
    asked = attempt.drawn.filter(assignment__state=State.CLAIMED)
    if task is not None:
        again = attempt.drawn.filter(task=task, assignment__isnull=False).first()
        return again if again is not None else NoAttempt()
    if asked.filter(assignment__lease_until__gt=clock.now()).exists():
        return QuestionInHand()
    for question in attempt.drawn.filter(assignment__isnull=True).select_related("task").order_by("position"):
        if question.task.is_open or _replaced(attempt, question):
            return question
    finish(attempt)
    return AttemptOver()


def _replaced(attempt: Attempt, question: AttemptQuestion) -> bool:
    """Another question for one that can't be asked any more; without one the attempt is that much shorter."""
    others = draw(attempt.test, attempt.worker_id, 1)
    if others:
        AttemptQuestion.objects.filter(pk=question.pk).update(task=others[0])
        question.task_id = others[0]
        return True
    question.delete()
    attempt.questions -= 1
    Attempt.objects.filter(pk=attempt.pk).update(questions=attempt.questions)
    return False


def keep(question: AttemptQuestion, assignment_id: int) -> None:
    """Write down which assignment a question became. In the transaction of the claim."""
    AttemptQuestion.objects.filter(pk=question.pk).update(assignment=assignment_id)


def answered(assignment: Assignment, answer: dict[str, Any]) -> None:
    """Pay an answer that has just been stored, judge it, and end the attempt with its last one.

    In the transaction that stored it, with the attempt locked (`lock`). After the end it is paid all the same.
    """
    batch = Batch.objects.select_related("organisation").get(pk=assignment.batch_id)
    reviews.pay(batch, [assignment.pk], None, sources=[State.SUBMITTED])
    question = (
        AttemptQuestion.objects.select_related("attempt__test__batch", "attempt__test__qualification")
        .filter(assignment=assignment, answered_at__isnull=True, attempt__finished_at__isnull=True)
        .first()
    )
    if question is None:
        return
    if _is_over(question.attempt):
        finish(question.attempt)
        return
    wrong = _judged(batch, question.task_id, answer)
    AttemptQuestion.objects.filter(pk=question.pk).update(
        answered_at=clock.now(), right=not wrong, wrong_fields=wrong
    )
    to_come = Q(assignment__isnull=True) | Q(assignment__state=State.CLAIMED)
    if not question.attempt.drawn.filter(to_come).exists():
        finish(question.attempt)


def _judged(batch: Batch, task_id: int, answer: dict[str, Any]) -> list[str]:
    """The wrong fields of an answer; none for a question that was set aside since: that is nobody's mistake."""
    gold = Gold.objects.filter(task=task_id).first()
    if gold is None or gold.aside:
        return []
    return known.judge(compile_form(batch.form), gold, answer)


def _is_over(attempt: Attempt) -> bool:
    return attempt.ends_at is not None and attempt.ends_at <= clock.now()


def finish(attempt: Attempt) -> None:
    """End an attempt: count, give the qualification when it is passed, and tell the person. Locked by the caller.

    One that could not be gone through for reasons that are not the person's is none of their tries (`_broken_off`).
    """
    test, now = attempt.test, clock.now()
    right = attempt.drawn.filter(right=True).count()
    passed = _passes(right, attempt.questions, test)
    broken_off = not passed and _broken_off(attempt, now)
    attempt.right, attempt.passed, attempt.counts = right, passed, not broken_off and attempt.questions > 0
    attempt.finished_at = min(now, attempt.ends_at or now)
    if passed:
        attempt.award = awards.give(
            qualification=test.qualification, user_id=attempt.worker_id, score=right / attempt.questions
        )
    attempt.save(update_fields=["right", "passed", "counts", "finished_at", "award"])
    audit.record(
        "tasks:attempt:finish", attempt.public_id, actor=None, organisation_id=test.batch.organisation_id,
        right=right, questions=attempt.questions, passed=passed,
    )  # fmt: skip
    key = attempt.public_id
    if passed:
        notices.tell(attempt.worker_id, "attempt_passed", key, attempt=key)
    elif attempt.counts:
        notices.tell(attempt.worker_id, "attempt_failed", key, attempt=key)
    else:
        notices.tell(attempt.worker_id, "attempt_broken_off", key, attempt=key)
    if passed and test.batch.role == Batch.Role.TRAINING:
        _lift_pauses(attempt)


def _broken_off(attempt: Attempt, now: dt.datetime) -> bool:
    """Whether questions were left that its person could not be given all the time: the test is closed, was paused
    while the attempt ran, or what they may still earn this year (charter C1) is less than an answer pays."""
    test = attempt.test
    if not attempt.drawn.filter(answered_at__isnull=True).exists():
        return False
    if test.batch.state != Batch.State.PUBLISHED:
        return True
    paused = AuditEvent.objects.filter(
        subject=test.batch.public_id, tag=PAUSED, at__gte=attempt.started_at,
        at__lte=min(now, attempt.ends_at or now),
    )  # fmt: skip
    return paused.exists() or cap.standing(attempt.worker).left < test.batch.reward_micros


def _lift_pauses(attempt: Attempt) -> None:
    """A training passed ends the pauses after missed check questions in the work that it trains for: batches of its
    organisation that ask for its qualification, or are of its kind."""
    batch, asked = attempt.test.batch, attempt.test.qualification.public_id
    paused = Batch.objects.filter(
        organisation=batch.organisation_id, state__in=Batch.LIVE, pauses__worker=attempt.worker_id,
        pauses__lifted_at__isnull=True, pauses__ends_at__gt=clock.now(),
    )  # fmt: skip
    for each in paused.distinct():
        if (batch.kind and each.kind == batch.kind) or asked in qualifications_asked(each.conditions):
            gold_pauses.trained(worker=attempt.worker, batch=each)


def _passes(right: int, questions: int, test: QualificationTest) -> bool:
    return questions > 0 and right / questions >= test.pass_mark - EXACT


def finish_due() -> int:
    """End the attempts whose time is over, or whose batch has closed. Returns how many."""
    due = Attempt.objects.filter(
        Q(ends_at__lte=clock.now()) | Q(test__batch__state__in=Batch.ENDED), finished_at__isnull=True
    )
    return clockwork.each(list(due.values_list("pk", flat=True)[:5000]), _finish_one)


@transaction.atomic
def _finish_one(number: int) -> int:
    attempt = (
        Attempt.objects.select_for_update(no_key=True, of=("self",), skip_locked=True)
        .select_related("test__batch", "test__qualification")
        .filter(pk=number, finished_at__isnull=True)
        .first()
    )
    if attempt is None:
        return 0
    finish(attempt)
    return 1


@transaction.atomic
def judge_anew(task: Task) -> int:
    """Judge the answers to a question again, after its known answers changed or it was set aside. Returns how many
    attempts are passed by it.

    It is for the people alone: what counted as right stays right, and a qualification given stays given (charter M5).
    """
    questions = AttemptQuestion.objects.filter(task=task, right=False).select_related(
        "attempt__test__batch", "attempt__test__qualification", "assignment"
    )
    passed = 0
    for question in questions.order_by("attempt_id"):
        answer = question.assignment.answer if question.assignment else None
        if _judged(question.attempt.test.batch, task.pk, answer or {}):
            continue
        AttemptQuestion.objects.filter(pk=question.pk).update(right=True, wrong_fields=[])
        passed += _count_anew(question.attempt_id)
    return passed


def _count_anew(number: int) -> int:
    """Count a finished attempt again; 1 when it is passed only now."""
    attempt = (
        Attempt.objects.select_for_update(no_key=True, of=("self",))
        .select_related("test__batch", "test__qualification")
        .get(pk=number)
    )
    if attempt.finished_at is None:
        return 0
    was_passed = attempt.passed
    attempt.right = attempt.drawn.filter(right=True).count()
    attempt.passed = was_passed or _passes(attempt.right, attempt.questions, attempt.test)
    later = (
        Award.objects.filter(  # it stands, better or taken back by a person: this old try does not touch it
            qualification=attempt.test.qualification,
            user_id=attempt.worker_id,
            granted_at__gte=attempt.finished_at,
        )
    )
    gives = not later.exists() and attempt.test.qualification.retired_at is None
    if attempt.passed and not was_passed and gives:
        attempt.award = awards.give(
            qualification=attempt.test.qualification,
            user_id=attempt.worker_id,
            score=attempt.right / attempt.questions,
        )
        notices.tell(
            attempt.worker_id, "attempt_passed", f"{attempt.public_id}:anew", attempt=attempt.public_id
        )
    attempt.save(update_fields=["right", "passed", "award"])
    return int(attempt.passed and not was_passed)
