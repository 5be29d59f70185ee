"""Qualifications: making them and their tests, granting and taking back; and, for those who work, taking a test."""

from typing import Any

from rest_framework.response import Response

from marketplace.base import ids
from marketplace.base.errors import Invalid, NotFound
from tasks import access, access_qualifications
from tasks.selectors import qualifications as selector
from tasks.services import qualification_attempts, qualifications
from workers.models import Qualification
from workers.services import awards

from .. import qualification_presents as said
from .. import qualification_shapes as shapes
from ..idempotency import idempotent
from ..pagination import listed
from .base import CURSOR, Call, Scope, View, describe, organisation_of, read, same_organisation
from .work import TAG as WORK
from .work import WorkView

TAG = "Qualifications"


class Qualifications(View):
    post_scope = Scope.WRITE

    @describe("list_qualifications", "List qualifications", {200: shapes.QualificationList}, tag=TAG)
    def get(self, request: Call) -> Response:
        organisation = organisation_of(request)
        access.membership(request.user, organisation.pk, "read")
        return Response({"results": [said.qualification(row) for row in selector.of(organisation)]})

    @describe(
        "make_qualification",
        "Make a qualification",
        {201: shapes.Qualification},
        sends=shapes.NewQualification,
        example={"name": "Reads old handwriting", "description": "Transcribes letters of the 19th century."},
        idempotent=True,
        tag=TAG,
    )
    @idempotent
    def post(self, request: Call) -> Response:
        organisation = organisation_of(request)
        access.membership(request.user, organisation.pk, "edit")
        sent = read(shapes.NewQualification, request)
        made = qualifications.create(organisation=organisation, actor=request.user, **sent)
        return Response(said.qualification(made), status=201)


class QualificationView(View):
    """One qualification of the caller's organisation."""

    post_scope = Scope.WRITE

    def one(self, request: Call, public_id: str, right: str) -> Qualification:
        found = access_qualifications.qualification(request.user, public_id, right)
        same_organisation(request, found.organisation_id or 0)
        return found


class OneQualification(QualificationView):
    @describe("get_qualification", "Look at a qualification", {200: shapes.Qualification}, tag=TAG)
    def get(self, request: Call, qualification: str) -> Response:
        return Response(_counted(self.one(request, qualification, "read")))

    @describe(
        "change_qualification",
        "Change what a qualification says",
        {200: shapes.Qualification},
        sends=shapes.QualificationChanges,
        example={"valid_days": 365},
        idempotent=True,
        tag=TAG,
        description="What is left out stays as it is. What was given before stays as it was given.",
    )
    @idempotent
    def post(self, request: Call, qualification: str) -> Response:
        found = self.one(request, qualification, "edit")
        sent = read(shapes.QualificationChanges, request)
        if not sent:
            raise Invalid
        return Response(_counted(qualifications.update(qualification=found, actor=request.user, **sent)))


class Retire(QualificationView):
    @describe(
        "retire_qualification",
        "Give a qualification no more",
        {200: shapes.Qualification},
        refusals=(409,),
        idempotent=True,
        tag=TAG,
        description="Who holds it keeps it until it ends. Close its tests first.",
    )
    @idempotent
    def post(self, request: Call, qualification: str) -> Response:
        found = self.one(request, qualification, "edit")
        qualifications.retire(qualification=found, actor=request.user)
        return Response(_counted(found))


def _counted(found: Qualification) -> dict[str, Any]:
    """A qualification with the counts of its holders and open tests."""
    row = next(each for each in selector.of(found.organisation) if each.pk == found.pk)
    return said.qualification(row)


class Tests(QualificationView):
    @describe(
        "make_test",
        "Turn a draft into a test or training",
        {201: shapes.Test},
        sends=shapes.NewTest,
        example={"batch": "bat_…", "role": "test", "questions": 10, "pass_mark": 0.8},
        refusals=(409,),
        idempotent=True,
        tag=TAG,
        description="Its rows are the questions, each with a known answer. Publish the batch as any other: each answer "
        "is paid, whether the person passes or not.",
    )
    @idempotent
    def post(self, request: Call, qualification: str) -> Response:
        found = self.one(request, qualification, "edit")
        sent = read(shapes.NewTest, request)
        batch = access.batch(request.user, sent.pop("batch"), "edit")
        same_organisation(request, batch.organisation_id)
        made = qualifications.make_test(qualification=found, batch=batch, actor=request.user, **sent)
        return Response(said.test(made), status=201)


class Holders(QualificationView):
    @describe(
        "list_holders", "List who holds a qualification", {200: shapes.HolderPage}, refusals=(400,),
        parameters=CURSOR, tag=TAG,
    )  # fmt: skip
    def get(self, request: Call, qualification: str) -> Response:
        found = self.one(request, qualification, "read")
        organisation = found.organisation_id or 0
        rows = selector.holders(found).order_by()
        return listed(request, rows, lambda page: [said.holder(row, organisation) for row in page])


class Grant(QualificationView):
    @describe(
        "grant_qualification",
        "Grant a qualification by hand",
        {200: shapes.Granted},
        sends=shapes.NewGrant,
        refusals=(409,),
        idempotent=True,
        tag=TAG,
        description="To people who worked for the organisation; they read the reason.",
    )
    @idempotent
    def post(self, request: Call, qualification: str) -> Response:
        found = self.one(request, qualification, "edit")
        sent = read(shapes.NewGrant, request)
        people = "\n".join(sent["people"])
        count = qualifications.grant(
            qualification=found, actor=request.user, people=people, reason=sent["reason"]
        )
        return Response({"granted": count})


class Revoke(QualificationView):
    @describe(
        "revoke_qualification",
        "Take a qualification back",
        {200: shapes.Qualification},
        sends=shapes.Revoke,
        refusals=(409,),
        idempotent=True,
        tag=TAG,
        description="The person reads the reason at once and can ask a moderator to look at it.",
    )
    @idempotent
    def post(self, request: Call, qualification: str) -> Response:
        found = self.one(request, qualification, "edit")
        sent = read(shapes.Revoke, request)
        number = ids.decode("wrk", sent["worker"], found.organisation_id)
        award = awards.held(number).filter(qualification=found).first()
        if award is None:
            raise NotFound
        qualifications.revoke(award=award, actor=request.user, reason=sent["reason"])
        return Response(_counted(found))


# --- those who work -----------------------------------------------------------------------------------------------


class OwnQualifications(WorkView):
    @describe(
        "get_own_qualifications",
        "See what you hold and what you can take",
        {200: shapes.OwnQualifications},
        tag=WORK,
    )
    def get(self, request: Call) -> Response:
        given = [said.award(row) for row in selector.own_awards(request.user)]
        offers = [said.offer(each) for each in selector.offers(request.user)]
        return Response({"awards": given, "tests": offers})


class Begin(WorkView):
    @describe(
        "begin_attempt",
        "Begin a test or training",
        {201: shapes.Attempt},
        refusals=(409,),
        idempotent=True,
        tag=WORK,
        description="Then claim and submit its questions as any task, one at a time. Every answer is paid at once.",
    )
    @idempotent
    def post(self, request: Call, batch: str) -> Response:
        found = access.open_batch(request.user, batch)
        made = qualification_attempts.begin(worker=request.user, batch=found)
        return Response(said.attempt(made), status=201)


class OneAttempt(WorkView):
    @describe("get_attempt", "Look at an attempt of yours", {200: shapes.Attempt}, tag=WORK)
    def get(self, request: Call, attempt: str) -> Response:
        return Response(said.attempt(access_qualifications.own_attempt(request.user, attempt)))
