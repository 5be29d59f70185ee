"""Work: what there is, claim, submit and next, give back, redo, reply, appeal, earnings.

Claim and submit are the hot path: beside the key and the assignment they ask the database nothing that the
services do not ask.
"""

from typing import Any

from rest_framework.response import Response

from marketplace.base import duties, money
from marketplace.base.errors import Refusal
from marketplace.base.models import User
from payments import selectors
from payments.models import PayoutState
from payments.services import cap, earnings, payout_rules
from tasks import access
from tasks.errors import CapReached, NoneLeft
from tasks.models import Assignment, Batch
from tasks.selectors import board, ratings
from tasks.services import claims, disputes, submissions

from .. import errors, presents, qualification_presents, serializers, work_shapes
from ..idempotency import idempotent
from .base import Call, Scope, View, describe, read

TAG = "Work"


class WorkView(View):
    scope = Scope.WORK

    def assignment(self, request: Call, public_id: str) -> Assignment:
        return access.own_assignment(request.user, public_id)

    def moved(self, row: Assignment) -> Response:
        row.refresh_from_db(fields=["state"])
        return Response({"state": row.state})


class Board(WorkView):
    @describe(
        "get_work",
        "See what there is to do",
        {200: work_shapes.Board},
        tag=TAG,
        description="`blocked` lists the batches that are not open to you just now, each with the reason.",
    )
    def get(self, request: Call) -> Response:
        offers = board.board(request.user, size=board.MOST)
        left = cap.standing(request.user).left
        held = board.in_hand(request.user)
        marks = ratings.figures(offer.batch.organisation_id for offer in offers.offers)
        owed = duties.owed(request.user)
        able = [offer for offer in offers.offers if not owed and offer.batch.reward_micros <= left]
        blocked: list[tuple[board.Offer, Refusal]] = [
            (offer, owed or CapReached(cap=money.to_string(cap.limit())))
            for offer in offers.offers
            if offer not in able
        ]
        blocked += [(offer, NoneLeft()) for offer in offers.exhausted]
        blocked += [(offer, offer.refusal) for offer in (*offers.invited, *offers.closed) if offer.refusal]
        return Response(
            {
                "open": len(held),
                "in_hand": [_in_hand(row) for row in held],
                "available": [_offer(offer, marks.get(offer.batch.organisation_id)) for offer in able],
                "blocked": [
                    {"batch": offer.batch.public_id, **errors.refused(refusal)} for offer, refusal in blocked
                ],
            }
        )


def _in_hand(row: Assignment) -> dict[str, Any]:
    return {
        "assignment": row.public_id,
        "batch": row.batch.public_id,
        "expires_at": presents.moment(row.lease_until),
        "reward": money.to_string(row.reward_micros),
    }


def _offer(offer: board.Offer, marks: ratings.Marks | None) -> dict[str, Any]:
    batch = offer.batch
    return {
        "id": batch.public_id,
        "title": batch.title,
        "purpose": batch.purpose,
        "requester": batch.organisation.name,
        "reward": money.to_string(batch.reward_micros),
        "seconds": offer.seconds,
        "measured": offer.measured,
        "hourly_rate": presents.hourly(batch.reward_micros, offer.seconds),
        "time_limit_seconds": batch.time_limit_seconds,
        "first_run": batch.pilot in Batch.SHUT,
        "left": offer.left,
        "ratings": {"raters": marks.raters, **{name: mean for name, _words, mean in marks}}
        if marks
        else None,
    }


class Claims(WorkView):
    @describe(
        "claim_task",
        "Claim a task",
        {201: work_shapes.Claim, 204: None},
        sends=serializers.NewClaim,
        refusals=(409,),
        idempotent=True,
        tag=TAG,
        description="204: no task is left for you in this batch.",
    )
    @idempotent
    def post(self, request: Call) -> Response:
        batch = access.open_batch(request.user, read(serializers.NewClaim, request)["batch"])
        try:
            made = claims.claim(worker=request.user, batch=batch)
        except NoneLeft:
            return Response(status=204)
        return Response(presents.claim(made, batch), status=201)


class OneAssignment(WorkView):
    @describe("get_assignment", "Look at a task of yours", {200: work_shapes.OwnAssignment}, tag=TAG)
    def get(self, request: Call, assignment: str) -> Response:
        return Response(presents.own_assignment(self.assignment(request, assignment)))


class Submit(WorkView):
    @describe(
        "submit_answer",
        "Submit an answer, and claim the next task",
        {200: work_shapes.Submitted},
        sends=serializers.Submit,
        example={"answer": {"same": "1"}, "next": True},
        refusals=(409,),
        idempotent=True,
        tag=TAG,
        description="The same answer again changes nothing; another one before review replaces it. An answer that "
        "screens you out ends the task as `compensated`: the time it took is `paid` at once.",
    )
    @idempotent
    def post(self, request: Call, assignment: str) -> Response:
        held = access.in_hand(request.user, assignment)
        sent = read(serializers.Submit, request)
        done = submissions.submit(
            assignment=held.assignment,
            worker=request.user,
            answer=sent["answer"],
            paused_seconds=sent["paused_seconds"],
            next=sent["next"],
            standing=held.standing,
        )
        answer: dict[str, Any] = {
            "state": done.state,
            "next": done.next and presents.claim(done.next, held.assignment.batch),
        }
        if done.paid_micros is not None:
            answer["paid"] = money.to_string(done.paid_micros)
        answer |= qualification_presents.after(request.user, held.assignment)
        if done.next_refused is not None:
            answer["next_refused"] = errors.refused(done.next_refused)
        return Response(answer)


class Release(WorkView):
    @describe(
        "release_task",
        "Give a task back",
        {200: work_shapes.Moved},
        refusals=(409,),
        idempotent=True,
        tag=TAG,
    )
    @idempotent
    def post(self, request: Call, assignment: str) -> Response:
        return self.moved(
            claims.release(assignment=self.assignment(request, assignment), worker=request.user)
        )


class Redo(WorkView):
    @describe(
        "redo_answer",
        "Answer a contest with a better answer",
        {200: work_shapes.Moved},
        sends=serializers.Answer,
        refusals=(409,),
        idempotent=True,
        tag=TAG,
    )
    @idempotent
    def post(self, request: Call, assignment: str) -> Response:
        row = self.assignment(request, assignment)
        disputes.redo(assignment=row, worker=request.user, answer=read(serializers.Answer, request)["answer"])
        return self.moved(row)


class Reply(WorkView):
    @describe(
        "reply_to_contest",
        "Stand by an answer that was contested",
        {200: work_shapes.Moved},
        sends=serializers.Words,
        refusals=(409,),
        idempotent=True,
        tag=TAG,
        description="A moderator decides.",
    )
    @idempotent
    def post(self, request: Call, assignment: str) -> Response:
        row = self.assignment(request, assignment)
        disputes.reply(assignment=row, worker=request.user, text=read(serializers.Words, request)["text"])
        return self.moved(row)


class Appeal(WorkView):
    @describe(
        "appeal",
        "Appeal against a refusal",
        {200: work_shapes.Moved},
        sends=serializers.Words,
        refusals=(409,),
        idempotent=True,
        tag=TAG,
        description="Once; another moderator decides.",
    )
    @idempotent
    def post(self, request: Call, assignment: str) -> Response:
        row = self.assignment(request, assignment)
        disputes.appeal(assignment=row, worker=request.user, text=read(serializers.Words, request)["text"])
        return self.moved(row)


class Earnings(WorkView):
    @describe("get_earnings", "See your earnings", {200: work_shapes.Earnings}, tag=TAG)
    def get(self, request: Call) -> Response:
        found = earnings.summary(request.user)
        pending = sum(micros for _count, micros in board.waiting(request.user).values())
        amounts = {
            "payable": found.payable,
            "pending": pending,
            "reserved": found.reserved,
            "in_transit": found.in_transit,
            "paid": found.paid,
            "available": found.available,
        }
        months = [
            {
                "year": month.year,
                "month": month.month,
                "earned": money.to_string(month.earned),
                "topups": money.to_string(month.topups),
                "given": money.to_string(month.given),
                "paid": money.to_string(month.paid),
            }
            for month in found.months
        ]
        standing = {
            "year": found.cap.year,
            "limit": money.to_string(found.cap.limit),
            "used": money.to_string(found.cap.used),
        }
        strings = {name: money.to_string(micros) for name, micros in amounts.items()}
        body = {"currency": money.CURRENCY, "cap": standing, "held": _held(request.user), "months": months}
        return Response({**strings, **body})


def _held(worker: User) -> list[dict[str, Any]]:
    """The payouts of a worker that are held: who, why, until when."""
    rows = selectors.payouts(worker).filter(state=PayoutState.HELD).select_related("held_by")
    found = ((row, payout_rules.hold_of(row)) for row in rows)
    return [
        {
            "id": row.public_id,
            "amount": money.to_string(row.amount_micros),
            "by": hold.who,
            "rule": row.held_rule,
            "reason": hold.why,
            "until": hold.until,
        }
        for row, hold in found
        if hold
    ]
