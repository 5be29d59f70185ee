"""Check questions: make, list, mend, answer contests; a worker's own, with pauses; a moderator's look at a pause."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from rest_framework.response import Response

from marketplace.base import money
from marketplace.base.errors import Invalid
from tasks import access_gold
from tasks.models import Batch, BatchPause, Gold, GoldContest, GoldScore, Task
from tasks.selectors import gold as selector
from tasks.services import gold, gold_contests, gold_pauses, gold_questions, prices
from tasks.services.gold_questions import Question

from .. import gold_shapes, serializers, shapes
from ..idempotency import idempotent
from ..pagination import listed
from ..presents import moment
from .base import CURSOR, Call, Scope, View, describe, read
from .batches import BatchView
from .work import WorkView

TAG, WORK_TAG, CASES_TAG = "Check questions", "Work", "Pauses"
Values = dict[str, Any]
QUESTIONS = shapes.page_of(gold_shapes.CheckQuestionOf, "CheckQuestionPage")
CONTESTS = shapes.page_of(gold_shapes.CheckContestOf, "CheckContestPage")
CHECKS = shapes.page_of(gold_shapes.CheckOf, "CheckPage")
PAUSES = shapes.page_of(gold_shapes.PauseOf, "PausePage")


def _question(known: Any) -> Values:
    return {
        "task": known.task.public_id,
        "row": known.task.row_number,
        "data": known.task.data,
        "answers": known.answers,
        "tolerance": known.tolerance,
        "explanation": known.explanation,
        "asked": not known.aside,
        "aside": known.aside,
        "waits_for_price": known.batch.state in Batch.LIVE and not known.task.funded,
        "scored": known.given,
        "right": known.good,
        "contests": known.open_contests,
    }


def _contest(row: GoldContest) -> Values:
    assignment = row.score.assignment
    return {
        "submission": assignment.public_id,
        "task": assignment.task_public_id,
        "text": row.text,
        "opened_at": moment(row.opened_at),
        "outcome": row.outcome,
        "reason": row.reason,
    }


def _check(score: GoldScore) -> Values:
    contest: GoldContest | None = getattr(score, "contest", None)
    said = contest and {"text": contest.text, "outcome": contest.outcome, "reason": contest.reason}
    return {
        "assignment": score.assignment.public_id,
        "batch": score.batch.public_id,
        "right": score.right,
        "counts": not score.gold.aside,
        "your_answer": selector.first(score.assignment),
        "right_answers": score.gold.answers,
        "explanation": score.gold.explanation,
        "scored_at": moment(score.scored_at),
        "contest": said,
    }


def _pause(row: BatchPause) -> Values:
    return {
        "id": row.public_id,
        "batch": row.batch.public_id,
        "asked": row.asked,
        "right": row.right,
        "to_be_right": row.batch.gold_pass,
        "starts_at": moment(row.starts_at),
        "ends_at": moment(row.ends_at),
        "lifted_at": moment(row.lifted_at),
        "review_asked_at": moment(row.review_asked_at),
        "review_text": row.review_text,
        "reviewed_at": moment(row.reviewed_at),
        "review_reason": row.review_reason,
    }


# --- those who post -----------------------------------------------------------------------------------------------


class Questions(BatchView):
    @describe(
        "list_check_questions",
        "List the check questions of a batch",
        {200: QUESTIONS},
        refusals=(400,),
        parameters=CURSOR,
        tag=TAG,
        description="With how they are answered; who answered is not told.",
    )
    def get(self, request: Call, batch: str) -> Response:
        found = self.batch(request, batch, "read")
        return listed(request, selector.questions(found), lambda rows: [_question(row) for row in rows])

    @describe(
        "add_check_questions",
        "Make check questions",
        {201: gold_shapes.CheckQuestionOf(many=True)},
        sends=gold_shapes.NewQuestions,
        example={
            "questions": [
                {
                    "data": {"name_a": "Lamp", "name_b": "A lamp"},
                    "answers": [{"same": "1"}],
                    "explanation": "An article makes no other product.",
                }
            ]
        },
        refusals=(409,),
        idempotent=True,
        tag=TAG,
        description="All of them or none. On a draft, `gold_rate` says how often they are asked; on an open batch "
        "they wait until `gold/fund/` sets their price aside.",
    )
    @idempotent
    def post(self, request: Call, batch: str) -> Response:
        found = self.batch(request, batch, "edit")
        sent = read(gold_shapes.NewQuestions, request)["questions"]
        with transaction.atomic():
            made = [_made(request, found, place, each) for place, each in enumerate(sent)]
        rows = selector.questions(found).filter(pk__in=made).order_by("pk")
        return Response([_question(row) for row in rows], status=201)


def _made(request: Call, batch: Batch, place: int, sent: Values) -> int:
    """Make one of the questions that were sent. Raises Invalid with the place of what is wrong."""
    question = Question(
        answers=sent["answers"],
        explanation=sent["explanation"],
        tolerance=sent.get("tolerance", {}),
        data=sent.get("data", {}),
    )
    try:
        if ("row" in sent) == ("data" in sent):
            raise Invalid(fields={"row": [_("Send either “row” or “data”.")]})
        if "data" in sent:
            (known,) = gold_questions.add(batch=batch, actor=request.user, questions=[question])
        else:
            known = gold_questions.of_row(
                task=_row(batch, sent["row"]), actor=request.user, question=question
            )
    except Invalid as refusal:
        fields = {f"questions[{place}].{name}": lines for name, lines in refusal.fields.items()}
        raise Invalid(fields=fields) from None
    return known.pk


def _row(batch: Batch, number: int) -> Task:
    found = Task.objects.select_related("batch").filter(batch=batch, row_number=number).first()
    if found is None:
        raise Invalid(fields={"row": [_("There is no row of this number.")]})
    return found


class Fund(BatchView):
    @describe(
        "fund_check_questions",
        "Set the price of new check questions aside",
        {200: gold_shapes.Funded},
        refusals=(409,),
        idempotent=True,
        tag=TAG,
        description="For an open batch. What is not used comes back when it ends.",
    )
    @idempotent
    def post(self, request: Call, batch: str) -> Response:
        found = self.batch(request, batch, "edit")
        answers = gold.fund(batch=found, actor=request.user)
        price = prices.quote(found, answers).total
        return Response({"answers": answers, "price": money.to_string(price)})


class OneQuestion(BatchView):
    def known(self, request: Call, batch: str, task: str, right: str) -> Gold:
        self.batch(request, batch, right)
        return access_gold.gold(request.user, batch, task, right)

    @describe("get_check_question", "Look at a check question", {200: gold_shapes.CheckQuestionOf}, tag=TAG)
    def get(self, request: Call, batch: str, task: str) -> Response:
        return self._shown(self.known(request, batch, task, "read"))

    @describe(
        "change_check_question",
        "Mend a check question, take it back, or ask it again",
        {200: gold_shapes.CheckQuestionOf, 204: None},
        sends=gold_shapes.QuestionChanges,
        refusals=(409,),
        idempotent=True,
        tag=TAG,
        description="What was scored wrong and is right now is put right; what was right stays so. A question of a "
        "draft that is taken back is gone, or an ordinary row again; the answer is then 204.",
    )
    @idempotent
    def post(self, request: Call, batch: str, task: str) -> Response:
        known = self.known(request, batch, task, "edit")
        sent = read(gold_shapes.QuestionChanges, request)
        with transaction.atomic():
            if sent.keys() & {"answers", "tolerance", "explanation"}:
                question = Question(
                    sent.get("answers", known.answers),
                    sent.get("explanation", known.explanation),
                    sent.get("tolerance", known.tolerance),
                )
                gold_questions.change(known=known, actor=request.user, question=question)
            if sent.get("asked") is False and not known.aside:
                gold_questions.take_back(known=known, actor=request.user)
            elif sent.get("asked") and known.aside:
                gold_questions.restore(known=known, actor=request.user)
        if not Gold.objects.filter(pk=known.task_id).exists():
            return Response(status=204)
        return self._shown(known)

    def _shown(self, known: Gold) -> Response:
        return Response(_question(selector.questions(known.batch).get(pk=known.task_id)))


class Contests(BatchView):
    @describe(
        "list_check_contests",
        "List what workers said about check questions",
        {200: CONTESTS},
        refusals=(400,),
        parameters=CURSOR,
        tag=TAG,
    )
    def get(self, request: Call, batch: str) -> Response:
        found = self.batch(request, batch, "read")
        rows = GoldContest.objects.filter(score__batch=found).select_related("score__assignment")
        return listed(request, rows, lambda page: [_contest(row) for row in page])


class DecideContest(BatchView):
    @describe(
        "decide_check_contest",
        "Answer a worker who says that a check question was unfair",
        {200: gold_shapes.CheckContestOf},
        sends=gold_shapes.FairDecision,
        refusals=(409,),
        idempotent=True,
        tag=TAG,
        description="`right_too` adds the answer to the right ones, `set_aside` asks the question no more, `kept` "
        "lets it stand. Everybody's scores and pauses follow.",
    )
    @idempotent
    def post(self, request: Call, batch: str, submission: str) -> Response:
        found = self.batch(request, batch, "edit")
        contest = access_gold.gold_contest_of(found, submission)
        sent = read(gold_shapes.FairDecision, request)
        decided = gold_contests.decide(contest=contest, actor=request.user, **sent)
        return Response(_contest(decided))


# --- those who work -----------------------------------------------------------------------------------------------


class MyChecks(WorkView):
    @describe(
        "list_my_checks",
        "List the check questions that you have answered",
        {200: CHECKS},
        refusals=(400,),
        parameters=CURSOR,
        tag=WORK_TAG,
        description="Which they were is told once the answer was compared.",
    )
    def get(self, request: Call) -> Response:
        return listed(request, selector.of_worker(request.user), lambda rows: [_check(row) for row in rows])


class ContestCheck(WorkView):
    @describe(
        "contest_check",
        "Say that a check question was unfair",
        {200: gold_shapes.CheckOf},
        sends=serializers.Words,
        refusals=(409,),
        idempotent=True,
        tag=WORK_TAG,
    )
    @idempotent
    def post(self, request: Call, assignment: str) -> Response:
        score = access_gold.gold_score(request.user, assignment)
        gold_contests.contest(score=score, worker=request.user, text=read(serializers.Words, request)["text"])
        return Response(_check(access_gold.gold_score(request.user, assignment)))


class MyPauses(WorkView):
    @describe(
        "list_my_pauses",
        "List the pauses of your claims",
        {200: PAUSES},
        refusals=(400,),
        parameters=CURSOR,
        tag=WORK_TAG,
        description="After missed check questions one batch rests until `ends_at`; nothing else changes.",
    )
    def get(self, request: Call) -> Response:
        rows = BatchPause.objects.filter(worker=request.user).select_related("batch")
        return listed(request, rows, lambda page: [_pause(row) for row in page])


class AskPause(WorkView):
    @describe(
        "ask_about_pause",
        "Ask a person to look at a pause",
        {200: gold_shapes.PauseState},
        sends=serializers.Words,
        refusals=(409,),
        idempotent=True,
        tag=WORK_TAG,
    )
    @idempotent
    def post(self, request: Call, pause: str) -> Response:
        row = access_gold.own_pause(request.user, pause)
        gold_pauses.ask(pause=row, worker=request.user, text=read(serializers.Words, request)["text"])
        return Response({"id": row.public_id, "state": "asked"})


# --- moderators ---------------------------------------------------------------------------------------------------


def _cases(rows: Sequence[BatchPause]) -> list[Values]:
    return [_pause(row) for row in rows]


class Pauses(View):
    scope = Scope.MODERATE

    @describe(
        "list_pauses",
        "List pauses that wait for a person",
        {200: PAUSES},
        refusals=(400,),
        parameters=CURSOR,
        tag=CASES_TAG,
    )
    def get(self, request: Call) -> Response:
        return listed(request, selector.waiting_pauses(), _cases)


class DecidePause(View):
    scope = Scope.MODERATE

    @describe(
        "decide_pause",
        "Lift a pause, or let it stand",
        {200: gold_shapes.PauseState},
        sends=gold_shapes.PauseDecision,
        refusals=(409,),
        idempotent=True,
        tag=CASES_TAG,
        description="Its evidence is on the page of the case in the console.",
    )
    @idempotent
    def post(self, request: Call, pause: str) -> Response:
        row = access_gold.asked_pause(request.user, pause)
        sent = read(gold_shapes.PauseDecision, request)
        lifts = sent["outcome"] == "lift"
        gold_pauses.decide(pause=row, moderator=request.user, lifts=lifts, reason=sent["reason"])
        return Response({"id": row.public_id, "state": "lifted" if lifts else "kept"})
