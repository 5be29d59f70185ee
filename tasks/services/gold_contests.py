"""A worker says that a check question was unfair; the requester answers, and everybody it touched is put right."""

import datetime as dt

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock, notices
from marketplace.base.errors import Invalid, Lost, NotFound, Refusal
from marketplace.base.models import User
from tasks.errors import IllegalMove, TooLate
from tasks.forms import compile_form
from tasks.models import Gold, GoldContest, GoldScore

from . import gold, gold_questions, gold_scores

MOST_TEXT = 5_000
Outcome = GoldContest.Outcome


class AlreadyAsked(Refusal):
    """One contest for each answer to a check question."""

    code = "already_contested"
    detail = _("You said so before. The answer to it stands on the page of the question.")


@transaction.atomic
def contest(*, score: GoldScore, worker: User, text: str) -> GoldContest:
    """Say that a question one got wrong was unfair, once, within `settings.APPEAL_DAYS`; it changes nothing by itself.

    Raises NotFound, Invalid, IllegalMove (it was right, or is set aside), AlreadyAsked, TooLate.
    """
    if score.worker_id != worker.pk:
        raise NotFound
    if not text.strip():
        raise Invalid(fields={"text": [_("Say in a sentence or two why your answer is right.")]})
    if len(text) > MOST_TEXT or "\x00" in text:
        raise Invalid(fields={"text": [_("Keep it under %(most)s characters.") % {"most": MOST_TEXT}]})
    gold.lock(score.batch)
    score.refresh_from_db()
    if score.right or score.gold.aside:
        raise IllegalMove(state=_("right, or set aside"))
    if clock.now() > score.scored_at + dt.timedelta(days=settings.APPEAL_DAYS):
        raise TooLate
    try:
        with transaction.atomic():
            made = GoldContest.objects.create(score=score, text=text.strip(), opened_at=clock.now())
    except IntegrityError:
        raise AlreadyAsked from None
    batch, ref = score.batch, score.assignment.public_id
    audit.record("tasks:gold:contest", ref, actor=worker, organisation_id=batch.organisation_id)
    notices.tell_member(
        batch.created_by_id, "gold_contested", ref, organisation_id=batch.organisation_id,
        batch=batch.public_id, task=score.assignment.task_public_id,
    )  # fmt: skip
    return made


@transaction.atomic
def decide(*, contest: GoldContest, actor: User, outcome: str, reason: str) -> GoldContest:
    """The requester's answer: the answer is right too, the question is set aside, or it stands. In writing, once.

    With the first two, everybody else's scores and pauses follow in the same transaction, and what they said about the
    same question is answered too. Raises Invalid, Lost (decided before).
    """
    problems = {}
    if outcome not in Outcome.values:
        problems["outcome"] = [_("Choose one of the three.")]
    if not reason.strip() or len(reason) > MOST_TEXT or "\x00" in reason:
        problems["reason"] = [_("Write the reason; the worker will read it.")]
    if problems:
        raise Invalid(fields=problems)
    score = contest.score
    gold.lock(score.batch)
    if not _close(contest, actor, outcome, reason):
        raise Lost
    known = Gold.objects.select_related("task", "batch").get(pk=score.gold_id)
    if outcome == Outcome.RIGHT_TOO:
        _accept(known, score, actor)
    elif outcome == Outcome.SET_ASIDE:
        gold_scores.set_aside(known, Gold.Aside.CONTESTED, actor=actor)
    if outcome != Outcome.KEPT:
        _answer_others(known, actor, outcome, reason)
    contest.refresh_from_db()
    return contest


def _accept(known: Gold, score: GoldScore, actor: User) -> None:
    """Add the worker's first answer to the right ones, in the fields that the question is about."""
    row = score.assignment
    first = (row.answer if row.first_answer is None else row.first_answer) or {}
    named = {name for answer in known.answers for name in answer}
    judged = {widget.name for widget in gold_questions.judged(compile_form(known.batch.form))}
    further = {name: first.get(name) for name in sorted(named & judged)}
    Gold.objects.filter(pk=known.pk).update(answers=[*known.answers, further])
    known.refresh_from_db()
    gold_scores.put_right(known, actor=actor)


def _answer_others(known: Gold, actor: User, outcome: str, reason: str) -> None:
    """Answer the other open contests about the same question that this decision settles."""
    open_ = GoldContest.objects.filter(score__gold=known, outcome="").select_related("score__assignment")
    if outcome == Outcome.RIGHT_TOO:
        open_ = open_.filter(score__right=True)
    for other in open_:
        _close(other, actor, outcome, reason)


def _close(contest: GoldContest, actor: User, outcome: str, reason: str) -> bool:
    if not GoldContest.objects.filter(pk=contest.pk, outcome="").update(
        outcome=outcome, reason=reason.strip(), decided_by=actor, decided_at=clock.now()
    ):
        return False
    score = contest.score
    ref = score.assignment.public_id
    audit.record(
        f"tasks:gold:{outcome.replace('_', '-')}", ref, actor=actor,
        organisation_id=score.batch.organisation_id,
    )  # fmt: skip
    notices.tell(score.worker_id, "gold_contest_decided", ref, assignment=ref, batch=score.batch.public_id)
    return True
