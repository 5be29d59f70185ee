"""What pages read about check questions: the requester's board, a worker's own list, a moderator's case.

A requester sees answers without anybody's name or pseudonym: who missed a check question is not theirs to know.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Count, Q, QuerySet
from django.utils.safestring import SafeString

from marketplace.base import clock, paging
from marketplace.base.errors import Refusal
from marketplace.base.models import User
from tasks.forms import Form, Line, compile_form
from tasks.known import judged_fields
from tasks.media import links
from tasks.models import Assignment, Batch, BatchPause, Gold, GoldContest, GoldScore
from tasks.services import gold_pauses

from .requester import in_few_words, row_words

FEW = 20  # check questions on a page
MOST_ANSWERS = 12  # different answers listed of one question


@dataclass(frozen=True)
class Row:
    """A check question on the requester's board."""

    known: Gold
    public_id: str
    words: str  # of its row
    right: str  # its first right answer in a few words
    more_right: int
    answers: int
    share_right: float | None
    contests: int
    state: str  # asked | aside | price | draft


@dataclass(frozen=True)
class Board:
    """A page of check questions, and figures over all of them."""

    rows: list[Row]
    page: paging.Page[Gold]
    questions: int
    aside: int
    answers: int
    share_right: float | None
    contests: int
    pauses: int


def board(batch: Batch, *, cursor: str = "", only: str = "") -> Board:
    """Page of the gold board; `only` is "aside" or "contests"."""
    all_ = Gold.objects.filter(batch=batch)
    shown = questions(batch)
    if only == "aside":
        shown = shown.exclude(aside="")
    elif only == "contests":
        shown = shown.filter(open_contests__gt=0)
    page = paging.page(shown, cursor=cursor, size=FEW)
    form = compile_form(batch.form)
    counted = GoldScore.objects.filter(batch=batch, gold__aside="").aggregate(
        n=Count("pk"), k=Count("pk", filter=Q(right=True))
    )
    return Board(
        rows=[_row(form, batch, known) for known in page.rows],
        page=page,
        questions=all_.count(),
        aside=all_.exclude(aside="").count(),
        answers=counted["n"],
        share_right=counted["k"] / counted["n"] if counted["n"] else None,
        contests=waiting_contests(batch),
        pauses=BatchPause.objects.filter(batch=batch).count(),
    )


def questions(batch: Batch) -> QuerySet[Any]:
    """The questions of a batch with their figures: `given` answers, `good` ones of them, `open_contests`."""
    return (
        Gold.objects.filter(batch=batch)
        .select_related("task", "batch")
        .annotate(
            given=Count("scores"),
            good=Count("scores", filter=Q(scores__right=True)),
            open_contests=Count(
                "scores__contest", filter=Q(scores__contest__isnull=False, scores__contest__outcome="")
            ),
        )
    )


def waiting_contests(batch: Batch) -> int:
    """How many workers said that a check question of this batch was unfair and wait for an answer."""
    return GoldContest.objects.filter(score__batch=batch, outcome="").count()


def _row(form: Form, batch: Batch, known: Any) -> Row:
    state = "aside" if known.aside else "asked"
    if not known.aside and not known.task.funded:
        state = "draft" if batch.state == Batch.State.DRAFT else "price"
    return Row(
        known=known,
        public_id=known.task.public_id,
        words=row_words(form, known.task.data),
        right=in_few_words(form, known.answers[0]) if known.answers else "",
        more_right=max(0, len(known.answers) - 1),
        answers=known.given,
        share_right=known.good / known.given if known.given else None,
        contests=known.open_contests,
        state=state,
    )


# --- one question, for its requester -------------------------------------------------------------------------


@dataclass(frozen=True)
class Given:
    """An answer that people gave, how many of them, and whether it counts as right."""

    lines: list[Line]
    count: int
    right: bool


@dataclass(frozen=True)
class Said:
    """What a worker said about the question, with the answer it is about; and what became of it."""

    contest: GoldContest
    public_id: str
    lines: list[Line]


@dataclass(frozen=True)
class One:
    """A check question with everything that its requester may know."""

    known: Gold
    shown: SafeString
    right: list[list[Line]]
    judged: list[str]
    given: list[Given]
    said: list[Said]
    answers: int
    share_right: float | None


def one(batch: Batch, known: Gold) -> One:
    form = compile_form(batch.form)
    data = links.row(batch, known.task.data)
    scores = list(
        GoldScore.objects.filter(gold=known).select_related("assignment", "contest").order_by("scored_at")
    )
    names = set(judged_fields(form, known))
    contests = [each for each in scores if getattr(each, "contest", None)]
    right = sum(each.right for each in scores)
    return One(
        known=known,
        shown=form.render_shown(data),
        right=[described(form, answer, data) for answer in known.answers],
        judged=sorted(names),
        given=_given(form, data, scores, names),
        said=[
            Said(each.contest, each.assignment.public_id, _lines(form, first(each.assignment), data, names))
            for each in contests
        ],
        answers=len(scores),
        share_right=right / len(scores) if scores else None,
    )


def described(form: Form, answer: dict[str, Any], data: Any) -> list[Line]:
    """The fields that a known answer names, in words."""
    return [line for line in form.describe(answer, data) if line.name in answer]


def first(row: Assignment) -> dict[str, Any]:
    """The answer that is scored."""
    return (row.answer if row.first_answer is None else row.first_answer) or {}


def _lines(form: Form, answer: dict[str, Any], data: Any, names: set[str]) -> list[Line]:
    return [line for line in form.describe(answer, data) if line.name in names]


def _given(form: Form, data: Any, scores: Iterable[GoldScore], names: set[str]) -> list[Given]:
    found: dict[tuple[str, ...], list[Any]] = {}
    for score in scores:
        lines = _lines(form, first(score.assignment), data, names)
        found.setdefault(tuple(line.text for line in lines), [lines, 0, score.right])[1] += 1
    kinds = sorted(found.values(), key=lambda each: -each[1])
    return [Given(*each) for each in kinds[:MOST_ANSWERS]]


# --- a worker's own ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mine:
    """A check question that a worker has answered: never shown before."""

    score: GoldScore
    assignment: Assignment
    batch: Batch
    shown: SafeString
    answer: list[Line]
    right: list[list[Line]]
    explanation: str
    contest: GoldContest | None
    may_contest: bool


# Answers to a test whose requester keeps the right ones to themselves: its questions stay useful for others.
SECRET = Q(batch__role=Batch.Role.TEST, batch__test__shows_answers=False)


def of_worker(user: User, batch: Batch | None = None) -> QuerySet[GoldScore]:
    """The scored answers of a worker to check questions, for pages by cursor; in one batch, or in all."""
    rows = (
        GoldScore.objects.filter(worker=user)
        .exclude(SECRET)
        .exclude(  # a test says what was right at its end, not in its middle
            batch__role=Batch.Role.TEST,
            assignment__question__isnull=False,
            assignment__question__attempt__finished_at__isnull=True,
        )
        .select_related("assignment__task", "batch__organisation", "gold", "contest")
    )
    return rows if batch is None else rows.filter(batch=batch)


def mine(score: GoldScore) -> Mine:
    """One of `of_worker`, with what the worker may read about it."""
    batch, row = score.batch, score.assignment
    form = compile_form(batch.form)
    data = links.row(batch, row.task.data)
    names = set(judged_fields(form, score.gold))
    contest: GoldContest | None = getattr(score, "contest", None)
    until = score.scored_at + dt.timedelta(days=settings.APPEAL_DAYS)
    return Mine(
        score=score,
        assignment=row,
        batch=batch,
        shown=form.render_shown(data),
        answer=_lines(form, first(row), data, names),
        right=[described(form, answer, data) for answer in score.gold.answers],
        explanation=score.gold.explanation,
        contest=contest,
        may_contest=not score.right and not score.gold.aside and contest is None and clock.now() <= until,
    )


def score_of(assignment: Assignment) -> GoldScore | None:
    """The score of this answer, where its task was a check question and it has been scored."""
    return of_worker(assignment.worker).filter(pk=assignment.pk).first()


@dataclass(frozen=True)
class Pause:
    """A pause as its worker sees it."""

    row: BatchPause
    is_over: bool
    may_ask: bool
    decide_by: dt.datetime | None
    because: Any = ""


def pauses_of(user: User, most: int = 20) -> list[Pause]:
    """The pauses of a worker, the newest first."""
    rows = BatchPause.objects.filter(worker=user).select_related("batch__organisation", "reviewed_by")
    return [pause(row) for row in rows.order_by("-pk")[:most]]


def pause(row: BatchPause) -> Pause:
    now = clock.now()
    asked = row.review_asked_at is not None
    return Pause(
        row=row,
        is_over=row.lifted_at is not None or row.ends_at <= now,
        may_ask=not asked
        and row.lifted_at is None
        and now <= row.starts_at + dt.timedelta(days=settings.APPEAL_DAYS),
        decide_by=gold_pauses.decide_by(row) if asked and row.reviewed_at is None else None,
        because=gold_pauses.BECAUSE.get(row.lifted_because, row.lifted_because),
    )


# --- a moderator's case --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A pause with its evidence side by side: each question behind it, the answer, what was known, what was said."""

    pause: BatchPause
    questions: list[Mine]
    decide_by: dt.datetime
    others_right: float | None  # share that everybody else had right of the same questions
    hindrance: str


def waiting_pauses() -> QuerySet[BatchPause]:
    """Pauses that a worker asked a person to look at, the one that waits longest first."""
    return (
        BatchPause.objects.filter(review_asked_at__isnull=False, reviewed_at__isnull=True)
        .select_related("batch__organisation")
        .order_by("review_asked_at", "pk")
    )


def reviewed_pauses() -> QuerySet[BatchPause]:
    """Those that were looked at, for pages by cursor."""
    return BatchPause.objects.filter(reviewed_at__isnull=False).select_related(
        "batch__organisation", "reviewed_by"
    )


def case(row: BatchPause, moderator: User) -> Case:
    behind = gold_pauses.scores(
        row.batch, row.worker_id, since=gold_pauses.since(row), until=row.starts_at
    ).select_related("assignment__task", "batch", "gold", "contest__decided_by")
    questions = [mine(score) for score in behind.order_by("scored_at")]
    hindrance = ""
    try:
        gold_pauses.check_moderator(row, moderator)
    except Refusal as refusal:
        hindrance = refusal.message
    return Case(row, questions, gold_pauses.decide_by(row), _others_right(row, questions), hindrance)


def _others_right(row: BatchPause, questions: Sequence[Mine]) -> float | None:
    golds = [each.score.gold_id for each in questions]
    others = GoldScore.objects.filter(gold__in=golds).exclude(worker_id=row.worker_id)
    found = others.aggregate(n=Count("pk"), k=Count("pk", filter=Q(right=True)))
    return found["k"] / found["n"] if found["n"] else None
