"""Every refusal as JSON: {"code", "detail", "fields"?} with stable codes (DESIGN §8)."""

import logging
import traceback
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import Http404, UnreadablePostError
from django.utils.translation import gettext as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from marketplace.base.errors import Refusal
from tasks.errors import NotQualified

log = logging.getLogger(__name__)

# Codes of REST framework's own errors where ours say more; the others keep theirs.
CODES = {
    "parse_error": "bad_json",
    "permission_denied": "forbidden",
    "authentication_failed": "not_authenticated",
    "error": "refused",
}
WHERE = {"non_field_errors": "body"}


def handle(exc: Exception, context: Mapping[str, Any]) -> Response:
    """The answer to an exception, whichever it is; a failure of ours is logged without what it was called with."""
    set_rollback()
    if isinstance(exc, Refusal):
        response = _response(exc.status, exc.code, exc.message, _refused_fields(exc))
        response.data |= missing(exc)
        return response
    if isinstance(exc, exceptions.ValidationError):
        return _response(
            400, "invalid", _("Some of what you sent can't be used. Look at the fields."), _fields(exc.detail)
        )
    if isinstance(exc, exceptions.APIException):
        return _api_exception(exc)
    if isinstance(exc, Http404):
        return _response(404, "not_found", _("There is nothing here, or it is not yours."))
    if isinstance(exc, PermissionDenied):
        return _response(403, "forbidden", _("You may not do this."))
    if isinstance(exc, RequestDataTooBig):
        return _response(413, "too_large", _("The body is larger than what can be read here."))
    if isinstance(exc, SuspiciousOperation | UnreadablePostError):
        return _response(400, "bad_request", _("The request can't be read."))
    return _failure(exc, context)


def _api_exception(exc: exceptions.APIException) -> Response:
    code = exc.get_codes()
    code = code if isinstance(code, str) else exc.default_code
    response = _response(exc.status_code, CODES.get(code, code), str(exc.detail))
    if header := getattr(exc, "auth_header", None):
        response["WWW-Authenticate"] = header
    if (wait := getattr(exc, "wait", None)) is not None:
        response["Retry-After"] = str(int(wait))
    return response


def _failure(exc: Exception, context: Mapping[str, Any]) -> Response:
    frames = traceback.extract_tb(exc.__traceback__)[-4:]
    where = " < ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in reversed(frames))
    view = type(context.get("view")).__name__
    log.error("api_failed", extra={"error": type(exc).__name__, "view": view, "where": where})
    # Django's signal for failures: its test client raises them again, and monitors count them.
    got_request_exception.send(sender=None, request=context.get("request"))
    if isinstance(exc, OperationalError | InterfaceError):
        sentence = _(
            "The database does not answer just now. Nothing was changed; please try again in a moment."
        )
        response = _response(503, "unavailable", sentence)
        response["Retry-After"] = "2"
        return response
    if isinstance(exc, DatabaseError):
        return _response(
            500, "server_error", _("Something failed here, and nothing was changed. Please tell us.")
        )
    return _response(
        500, "server_error", _("Something failed here. Please try again, and tell us if it stays.")
    )


def _response(status: int, code: str, detail: str, fields: dict[str, list[str]] | None = None) -> Response:
    body: dict[str, Any] = {"code": code, "detail": detail}
    if fields:
        body["fields"] = fields
    return Response(body, status=status)


def _refused_fields(refusal: Refusal) -> dict[str, list[str]]:
    return {name: [str(message) for message in messages] for name, messages in refusal.fields.items()}


def refused(refusal: Refusal) -> dict[str, Any]:
    """A refusal that stands beside other things."""
    return {"code": refusal.code, "detail": refusal.message, **missing(refusal)}


def missing(refusal: Refusal) -> dict[str, Any]:
    """What a person lacks for a batch: {"missing": [{what, qualifications}]}; {} for any other refusal."""
    if not isinstance(refusal, NotQualified):
        return {}
    return {
        "missing": [
            {"what": lack.text, "qualifications": list(lack.qualifications)} for lack in refusal.lacks
        ]
    }


def _fields(detail: Any, place: str = "") -> dict[str, list[str]]:
    """REST framework's nested errors as one level: {"scopes[0]": ["…"], "answer.same": ["…"]}."""
    if isinstance(detail, Mapping):
        found: dict[str, list[str]] = {}
        for name, part in detail.items():
            inner = f"[{name}]" if isinstance(name, int) else WHERE.get(name, str(name))
            found |= _fields(
                part, f"{place}.{inner}" if place and not isinstance(name, int) else f"{place}{inner}"
            )
        return found
    return {place or "body": [str(message) for message in (detail if isinstance(detail, list) else [detail])]}
