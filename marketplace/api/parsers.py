"""Reading JSON strictly: what PostgreSQL or our arithmetic could not hold is refused here, with a sentence."""

import json
import math
from collections.abc import Mapping
from typing import IO, Any

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

DEEPEST = 40


class LengthRequired(APIException):
    status_code = 411
    default_code = "length_required"
    default_detail = _("Send the header Content-Length: a body sent in chunks can't be read here.")


class StrictJson(BaseParser):
    """UTF-8 JSON of bounded size and depth, without NaN, infinities, null characters and broken surrogates."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[bytes],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body = stream.read(most + 1)
        if len(body) > most:
            raise RequestDataTooBig
        try:
            value = json.loads(body.decode("utf-8"), parse_constant=_refuse, parse_float=_float)
            _check(value, b"\\u" in body or b"\x00" in body, 0)
        except (ValueError, RecursionError):
            raise ParseError(
                _("The body is not JSON that can be used here (UTF-8, no null characters, no NaN).")
            ) from None
        return value


def require_length(request: Any) -> None:
    """Raises LengthRequired for a body in chunks: WSGI hands it over as an empty one."""
    if "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        raise LengthRequired


def _refuse(text: str) -> None:
    raise ValueError(text)


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _check(value: Any, escaped: bool, depth: int) -> None:
    """Raises ValueError for what can't be stored; strings need a look only where escapes were used."""
    if depth > DEEPEST:
        raise ValueError("too deep")
    if isinstance(value, dict):
        for name, part in value.items():
            _check(name, escaped, depth)
            _check(part, escaped, depth + 1)
    elif isinstance(value, list):
        for part in value:
            _check(part, escaped, depth + 1)
    elif escaped and isinstance(value, str):
        if "\x00" in value:
            raise ValueError("null character")
        value.encode("utf-8")  # a lone surrogate is a UnicodeEncodeError, which is a ValueError
