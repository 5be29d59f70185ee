"""`Idempotency-Key`: a POST that is sent twice with the same key is carried out once and answered the same.

The first request writes a row and, when it is over, its answer into it. Refusals are kept too: the same key
and body get the same answer. Failures of ours and rate limits are not kept, so that they can be tried again.
"""

import datetime as dt
import hashlib
import json
import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter
from rest_framework.response import Response

from marketplace.base import clock
from marketplace.base.errors import Invalid, Refusal
from marketplace.base.models import IdempotentAnswer

from .authentication import Call

KEPT_FOR = dt.timedelta(hours=24)
# A request that was killed half-way left its row open. What it did is safe to do again: services move states by
# compare-and-swap, and money by references of their own.
GIVEN_UP_AFTER = dt.timedelta(minutes=10)
LONGEST = 120
KEY = re.compile(rf"[\x21-\x7e]{{1,{LONGEST}}}")

HEADER = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "pattern": r"^[\x21-\x7e]+$", "minLength": 1, "maxLength": LONGEST},
    OpenApiParameter.HEADER,
    description="A text of your choice, new for each thing you want done. Sent again within 24 hours with the same "
    "body, it gets the first answer again and nothing is done twice.",
)


class Mismatch(Refusal):
    """The key was used for something else."""

    code = "idempotency_mismatch"
    detail = _("This Idempotency-Key was used for another request. Choose a new one.")
    status = 422


class InProgress(Refusal):
    """The first request with this key is still being carried out."""

    code = "in_progress"
    detail = _("The first request with this Idempotency-Key is still under way. Ask again in a moment.")


def idempotent(handler: Callable[..., Response]) -> Callable[..., Response]:
    """Honour the header on a POST handler whose body is JSON; without the header this costs nothing."""

    @wraps(handler)
    def once(view: Any, request: Call, *args: Any, **kwargs: Any) -> Response:
        if "HTTP_IDEMPOTENCY_KEY" not in request.META:
            return handler(view, request, *args, **kwargs)
        body_hash = hashlib.sha256(json.dumps(request.data, sort_keys=True).encode()).hexdigest()
        row, earlier = begin(request)
        if earlier:
            return replay(row, body_hash)
        return carry_out(row, view, lambda: handler(view, request, *args, **kwargs), lambda: body_hash)

    return once


def begin(request: Call) -> tuple[IdempotentAnswer, bool]:
    """The row of this request's key, and whether an earlier request made it. Raises Invalid, Mismatch."""
    key = request.META["HTTP_IDEMPOTENCY_KEY"]
    if not KEY.fullmatch(key):
        raise Invalid(fields={"Idempotency-Key": [_("Use 1 to 120 visible ASCII characters.")]})
    now = clock.now()
    path = hashlib.sha256(f"{_holder(request)} {request.get_full_path()}".encode()).hexdigest()
    try:
        with transaction.atomic():
            return IdempotentAnswer.objects.create(
                user=request.user, key=key, path=path, created_at=now
            ), False
    except IntegrityError:
        row = IdempotentAnswer.objects.get(user=request.user, key=key)
    taken_over = row.created_at < now - KEPT_FOR or (
        row.status is None and row.created_at < now - GIVEN_UP_AFTER
    )
    if taken_over and IdempotentAnswer.objects.filter(pk=row.pk, created_at=row.created_at).update(
        created_at=now, path=path, status=None, answer=None, body_hash=""
    ):
        row.refresh_from_db()
        return row, False
    if row.path != path:
        raise Mismatch
    if row.status is None:
        raise InProgress
    return row, True


def replay(row: IdempotentAnswer, body_hash: str) -> Response:
    """The first answer again. Raises Mismatch for another body."""
    if row.body_hash != body_hash:
        raise Mismatch
    assert row.status is not None
    return Response(row.answer, status=row.status, headers={"Idempotent-Replay": "true"})


def carry_out(
    row: IdempotentAnswer, view: Any, work: Callable[[], Response], body_hash: Callable[[], str]
) -> Response:
    """Do `work` and keep its answer with the key; `body_hash` is asked for afterwards, when the body was read."""
    try:
        try:
            response = work()
        except Refusal as refusal:
            response = view.handle_exception(refusal)
        if response.status_code < 500:
            IdempotentAnswer.objects.filter(pk=row.pk).update(
                status=response.status_code, answer=response.data, body_hash=body_hash()
            )
            return response
    except BaseException:
        row.delete()
        raise
    row.delete()
    return response


def forget() -> int:
    """Delete answers that nobody may ask for again. Returns how many."""
    return IdempotentAnswer.objects.filter(created_at__lt=clock.now() - KEPT_FOR).delete()[0]


def _holder(request: Call) -> str:
    """The organisation a key acts for is part of what was asked; the session's is part of the page."""
    return f"{request.method} {request.auth.organisation_id if request.auth else ''}"
