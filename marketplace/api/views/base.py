"""What every address of the REST interface shares: who may call, errors as JSON, limits, and its description."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotAuthenticated
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from marketplace.base.errors import Forbidden, NotFound
from marketplace.base.models import ApiKey, Organisation
from marketplace.base.views import current_organisation, second_factor_done

from .. import errors, throttles
from ..authentication import BrowserAuthentication, Call, KeyAuthentication
from ..idempotency import HEADER
from ..parsers import StrictJson, require_length
from ..shapes import Error

Scope = ApiKey.Scope


class MissingScope(Forbidden):
    """The key was made for other things."""

    code = "missing_scope"
    detail = _("This key does not have the scope “%(scope)s”. Make a key that has it.")


class KeysDoNotWork(Forbidden):
    """Work is done by people in a browser."""

    code = "work_by_key_is_off"
    detail = _("Tasks are done by people here: claim and submit in the browser, not by a key.")


class SecondFactorNeeded(Forbidden):
    """A moderator's session without its second factor."""

    code = "second_factor_needed"
    detail = _("Confirm your second factor in the browser first.")


class View(APIView):
    """An address. `scope` is what a key needs to read it, `post_scope` to post to it (the same when left out).

    An empty scope asks for a key or a session, whatever it is for.
    """

    authentication_classes = (KeyAuthentication, BrowserAuthentication)
    parser_classes = (StrictJson,)
    renderer_classes = (JSONRenderer,)
    permission_classes = (IsAuthenticated,)  # what the description says; `check_permissions` says all of it
    http_method_names = ("get", "head", "post")
    scope: str = Scope.READ
    post_scope: str = ""

    def get_exception_handler(self) -> Callable[[Exception, Mapping[str, Any]], Response]:
        return errors.handle

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[Any, str]:
        """Always JSON: an Accept header of a browser or a tool changes nothing."""
        return JSONRenderer(), "application/json"

    def check_permissions(self, request: Request) -> None:
        if not request.user.is_authenticated:
            throttles.count_address(request)
            raise NotAuthenticated(_("Send a key in the header “Authorization: Bearer …”, or log in."))
        scope = (self.post_scope or self.scope) if request.method == "POST" else self.scope
        key = cast(ApiKey | None, request.auth)
        if key is not None:
            if scope and scope not in key.scopes:
                raise MissingScope(scope=str(scope))
            if scope == Scope.WORK and not settings.WORK_API_KEYS:
                raise KeysDoNotWork
        if scope == Scope.MODERATE:
            if not request.user.is_moderator:
                raise NotFound
            if key is None and not second_factor_done(request):
                raise SecondFactorNeeded

    def check_throttles(self, request: Request) -> None:
        throttles.count_caller(request)
        if request.method == "POST":
            require_length(request)


def read(form: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """What was sent, checked by `form`. Raises ValidationError with the fields."""
    serializer = form(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def organisation_of(request: Call) -> Organisation:
    """The organisation a call is made for: the key's, or the one chosen in the browser. Raises NotFound."""
    if request.auth is not None:
        if request.auth.organisation is None:
            raise NotFound
        return request.auth.organisation
    return current_organisation(request)


def same_organisation(request: Call, organisation_id: int) -> None:
    """A key sees one organisation alone, whatever else its person belongs to. Raises NotFound."""
    if request.auth is not None and request.auth.organisation_id != organisation_id:
        raise NotFound


# --- Describing ---------------------------------------------------------------------------------------------

CURSOR = [
    OpenApiParameter("cursor", str, description="Where the page begins; take it from `next` or `previous`."),
    OpenApiParameter(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": 200, "default": 50},
        description="Rows on a page.",
    ),
]
REASONS = {
    400: "What was sent can't be read: `fields` says where.",
    401: "No key and no session, or one that is not valid.",
    403: "The key lacks the scope, the role does not allow this, or the terms in force wait for an answer "
    "(`terms_unanswered`).",
    404: "There is nothing here, or it is not yours.",
    409: "The rules say no just now; `code` says which.",
    411: "The body has no Content-Length.",
    413: "The body is too large.",
    415: "The body is of a type that can't be read here.",
    422: "The Idempotency-Key was used for another request.",
    429: "Too many calls; wait as many seconds as Retry-After says.",
    503: "This part is switched off, or something it needs does not answer. Try again later.",
}


def describe(
    name: str,
    summary: str,
    answers: Mapping[Any, Any],
    *,
    sends: Any = None,
    refusals: tuple[int, ...] = (),
    parameters: tuple[OpenApiParameter, ...] | list[OpenApiParameter] = (),
    idempotent: bool = False,
    description: str = "",
    example: Mapping[str, Any] | None = None,
    tag: str,
) -> Callable[[Any], Any]:
    """`extend_schema` with what every call can be answered beside `answers`; `name` is for programs and stays."""
    statuses = {401, 403, 404, 429, 503, *refusals}
    if sends is not None:
        statuses |= {400, 411, 413, 415}
    if idempotent:
        statuses |= {400, 409, 411, 413, 415, 422}
    responses = {
        **answers,
        **{status: OpenApiResponse(Error, REASONS[status]) for status in sorted(statuses)},
    }
    return extend_schema(
        operation_id=name,
        summary=summary,
        description=description,
        request=sends,
        responses=responses,
        parameters=[*parameters, HEADER] if idempotent else list(parameters),
        examples=[OpenApiExample(summary, example, request_only=True)] if example else None,
        tags=[tag],
    )
