"""Private crowds and templates: who may do a batch, and the forms that an organisation kept."""

from typing import Any

from rest_framework.response import Response

from tasks import access
from tasks.models import FormTemplate
from tasks.services import audiences, crowd_links, templates

from .. import presents, serializers, shapes
from ..idempotency import idempotent
from .base import Call, View, describe, organisation_of, read
from .batches import TAG, BatchView


class Guests(BatchView):
    @describe(
        "invite_people",
        "Invite people to a private batch",
        {200: shapes.Crowd},
        sends=serializers.NewGuests,
        example={"people": ["name@example.org"]},
        refusals=(400, 409),
        idempotent=True,
        tag=TAG,
        description="For an `audience` of `list`. The answer is the same whether an address has an account or not; "
        "the invitations go out once the batch is open. People work only after they said yes.",
    )
    @idempotent
    def post(self, request: Call, batch: str) -> Response:
        found = self.batch(request, batch, "edit")
        people = read(serializers.NewGuests, request)["people"]
        audiences.invite(batch=found, actor=request.user, people="\n".join(people))
        crowd = audiences.crowd(found)
        return Response({"invited": len(crowd.named), "joined": crowd.joined})


class Link(BatchView):
    @describe(
        "make_link",
        "Make the link of a private batch",
        {201: shapes.CrowdLink},
        sends=serializers.NewLink,
        example={"people": 20, "days": 14},
        refusals=(400, 409),
        idempotent=True,
        tag=TAG,
        description="For an `audience` of `link`. The link made before stops working; who joined by it stays in.",
    )
    @idempotent
    def post(self, request: Call, batch: str) -> Response:
        found = self.batch(request, batch, "edit")
        sent = read(serializers.NewLink, request)
        link = crowd_links.make_link(
            batch=found, actor=request.user, days=sent.get("days"), most=sent.get("people")
        )
        made = {
            "url": crowd_links.url_of(link),
            "people": link.max_uses,
            "expires_at": presents.moment(link.expires_at),
        }
        return Response(made, status=201)


class Templates(View):
    @describe(
        "list_templates",
        "List the organisation's templates",
        {200: shapes.TemplatePage},
        tag=TAG,
        description="Send an id as `template` to `POST /batches/` to begin with its form and words.",
    )
    def get(self, request: Call) -> Response:
        organisation = organisation_of(request)
        access.membership(request.user, organisation.pk, "read")
        return Response({"results": [_template(row) for row in templates.of(organisation)]})


def _template(row: FormTemplate) -> dict[str, Any]:
    return {"id": row.public_id, "name": row.name, **templates.values(row)}
