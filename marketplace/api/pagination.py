"""Lists by cursor: {next, previous, results}, newest first, in an order that new rows don't disturb."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.response import Response

from marketplace.base import paging
from marketplace.base.errors import Invalid, NotFound

Row = TypeVar("Row", bound=Model)
MOST = 200


def listed(
    request: Request, rows: QuerySet[Row], present: Callable[[Sequence[Row]], Iterable[dict[str, Any]]]
) -> Response:
    """The page that `cursor` and `limit` of the address ask for. Raises Invalid for a cursor that is none."""
    try:
        page = paging.page(rows, cursor=request.query_params.get("cursor", ""), size=_limit(request))
    except NotFound:
        raise Invalid(
            fields={"cursor": [_("Take the cursor from `next` or `previous` of another page.")]}
        ) from None
    return Response(
        {
            "next": _address(request, page.older),
            "previous": _address(request, page.newer),
            "results": list(present(page.rows)),
        }
    )


def chosen(request: Request, name: str, allowed: Sequence[str]) -> str:
    """A filter of the address: one of `allowed`, or '' when it is not there. Raises Invalid."""
    value = request.query_params.get(name, "")
    if name in request.query_params and value not in allowed:
        sentence = _("Choose one of: %(allowed)s.") % {"allowed": ", ".join(allowed)}
        raise Invalid(fields={name: [sentence]})
    return value


def _limit(request: Request) -> int:
    text = request.query_params.get("limit", str(paging.SIZE))
    if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= MOST):
        raise Invalid(fields={"limit": [_("Ask for between 1 and %(most)s rows.") % {"most": MOST}]})
    return int(text)


def _address(request: Request, cursor: str) -> str | None:
    if not cursor:
        return None
    kept = {name: value for name, value in request.query_params.items() if name != "cursor"}
    return request.build_absolute_uri(f"{request.path}?{urlencode({**kept, 'cursor': cursor})}")
