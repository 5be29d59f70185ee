"""Review: the submissions of a batch, approved one by one or many at once, contested, handed to a moderator."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework.response import Response

from marketplace.base import ids
from marketplace.base.errors import Invalid, NotFound
from tasks import access
from tasks.errors import IllegalMove
from tasks.models import Assignment
from tasks.selectors import requester
from tasks.services import reviews

from .. import presents, serializers, shapes
from ..idempotency import idempotent
from ..pagination import chosen, listed
from .base import CURSOR, Call, Scope, View, describe, read, same_organisation
from .batches import BatchView

TAG = "Submissions"
PAGE = shapes.page_of(shapes.Submission, "SubmissionPage")
STATES = [str(state) for state in Assignment.ANSWERED]
STATE = OpenApiParameter("state", str, enum=STATES, description="Only submissions in this state.")
AT_ONCE = 10_000  # approvals in one call


class Submissions(BatchView):
    @describe(
        "list_submissions",
        "List the submissions of a batch, newest first",
        {200: PAGE},
        refusals=(400,),
        parameters=[STATE, *CURSOR],
        tag=TAG,
    )
    def get(self, request: Call, batch: str) -> Response:
        found = self.batch(request, batch, "read")
        rows = requester.submissions(found, requester.Filter()).select_related("task", "contest")
        if state := chosen(request, "state", STATES):
            rows = rows.filter(state=state)

        def present(page: Sequence[Assignment]) -> list[dict[str, Any]]:
            return presents.submissions(page, found.organisation_id)

        return listed(request, rows, present)


class ApproveMany(BatchView):
    @describe(
        "approve_submissions",
        "Approve many submissions",
        {200: shapes.Approved},
        sends=serializers.ApproveMany,
        idempotent=True,
        tag=TAG,
        description="What is not waiting for review is left alone, so a list may be sent twice. `all` takes up to "
        f"{AT_ONCE} at once: call again while `waiting` is above 0.",
    )
    @idempotent
    def post(self, request: Call, batch: str) -> Response:
        found = self.batch(request, batch, "edit")
        sent = read(serializers.ApproveMany, request)
        waiting = Assignment.objects.filter(batch=found, state=Assignment.State.SUBMITTED)
        if sent["all"]:
            numbers = list(waiting.order_by("pk").values_list("pk", flat=True)[:AT_ONCE])
        else:
            numbers = _numbers(sent["assignments"])
        approved = reviews.approve(batch=found, assignments=numbers, actor=request.user)
        return Response({"approved": approved, "waiting": waiting.count()})


def _numbers(public_ids: Sequence[str]) -> list[int]:
    """Row numbers behind ids. Raises Invalid for what is no id; one of another batch approves nothing."""
    numbers = []
    for place, public_id in enumerate(public_ids):
        try:
            numbers.append(ids.decode("asg", public_id))
        except NotFound as error:
            raise Invalid(fields={f"assignments[{place}]": [error.message]}) from None
    return numbers


class OneSubmission(View):
    """One submission to the caller's organisation."""

    post_scope = Scope.WRITE

    def submission(self, request: Call, public_id: str, right: str) -> Assignment:
        found = access.submission(request.user, public_id, right)
        same_organisation(request, found.batch.organisation_id)
        return found

    def moved(self, row: Assignment) -> Response:
        row.refresh_from_db(fields=["state"])
        return Response({"id": row.public_id, "state": row.state})


class Submission(OneSubmission):
    @describe("get_submission", "Look at a submission", {200: shapes.Submission}, tag=TAG)
    def get(self, request: Call, submission: str) -> Response:
        row = self.submission(request, submission, "read")
        return Response(presents.submission(row, row.batch.organisation_id))


class Approve(OneSubmission):
    @describe(
        "approve_submission",
        "Approve a submission",
        {200: shapes.AssignmentState},
        refusals=(409,),
        idempotent=True,
        tag=TAG,
        description="Pays the worker. Approving it again changes nothing.",
    )
    @idempotent
    def post(self, request: Call, submission: str) -> Response:
        row = self.submission(request, submission, "edit")
        if not reviews.approve(batch=row.batch, assignments=[row.pk], actor=request.user):
            row.refresh_from_db()
            if row.state != Assignment.State.APPROVED:
                raise IllegalMove(state=row.get_state_display())
        return self.moved(row)


class Contest(OneSubmission):
    @describe(
        "contest_submission",
        "Object to a submission",
        {200: shapes.AssignmentState},
        sends=serializers.NewContest,
        refusals=(409,),
        idempotent=True,
        tag=TAG,
        description="Once for each submission. The worker redoes it or replies.",
    )
    @idempotent
    def post(self, request: Call, submission: str) -> Response:
        row = self.submission(request, submission, "edit")
        sent = read(serializers.NewContest, request)
        reviews.contest(assignment=row, actor=request.user, reason=sent["reason"], evidence=sent["evidence"])
        return self.moved(row)


class Withdraw(OneSubmission):
    @describe(
        "withdraw_contest",
        "Take an objection back",
        {200: shapes.AssignmentState},
        refusals=(409,),
        idempotent=True,
        tag=TAG,
        description="The submission is approved and paid.",
    )
    @idempotent
    def post(self, request: Call, submission: str) -> Response:
        row = self.submission(request, submission, "edit")
        reviews.withdraw(assignment=row, actor=request.user)
        return self.moved(row)


class HandOver(OneSubmission):
    @describe(
        "hand_over_submission",
        "Hand a redone submission to a moderator",
        {200: shapes.AssignmentState},
        refusals=(409,),
        idempotent=True,
        tag=TAG,
        description="When the worker's second answer does not satisfy either.",
    )
    @idempotent
    def post(self, request: Call, submission: str) -> Response:
        row = self.submission(request, submission, "edit")
        reviews.hand_over(assignment=row, actor=request.user)
        return self.moved(row)
