"""Pages of lists, the search by metadata, and what is shown in full instead of its id."""

import re
from typing import Any

from ..call import Call
from ..refusals import Refused, Shapeless, missing
from ..store import Body
from . import balance

DEEPEST = 4
_OPERATORS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
SEARCH_LAG = 60  # seconds until the search knows of something; Stripe says "less than a minute"


def page(call: Call, kind: str, url: str, *fields: str, where: Body | None = None) -> Body:
    """A page of the objects of a kind, filtered by those of `fields` that were given, newest first."""
    params = call.params
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise Shapeless("Invalid limit: must be between 1 and 100", param="limit")
    chosen = {**(where or {}), **call.take(*fields)}
    extra = _times(params, "created")
    if "payout" in params and kind == "balance_transaction":
        extra.append(("json_extract(hidden, '$.payout') = ?", params["payout"]))
    backwards = "ending_before" in params
    for name, sign in (("starting_after", "<"), ("ending_before", ">")):
        if name in params:
            extra.append((f"seq {sign} ?", _place(call, kind, params[name], name)))
    found = call.store.find(
        kind, call.account, where=chosen, extra=extra, limit=limit + 1, oldest_first=backwards
    )
    data = found[:limit][::-1] if backwards else found[:limit]
    if kind == "balance_transaction":
        data = [balance.show(call, body) for body in data]
    return {"object": "list", "data": data, "has_more": len(found) > limit, "url": url}


def lines(call: Call) -> Body:
    return page(call, "balance_transaction", "/v1/balance_transactions", "type", "source", "currency")


def _times(params: Body, field: str) -> list[tuple[str, Any]]:
    wanted = params.get(field)
    if isinstance(wanted, int):
        return [("created = ?", wanted)]
    return [(f"created {_OPERATORS[name]} ?", value) for name, value in (wanted or {}).items()]


def _place(call: Call, kind: str, id: str, param: str) -> int:
    rows = call.store.rows(
        "SELECT seq FROM objects WHERE id = ? AND kind = ? AND account = ?", id, kind, call.account
    )
    if not rows:
        raise missing(kind, id, param=param, status=400)
    return int(rows[0]["seq"])


def search(call: Call, kind: str, url: str) -> Body:
    """`metadata['k']:'v'`, `status:'…'` and `customer:'…'`, joined by AND; what is young is not found yet."""
    lag = call.store.meta("search_lag")
    extra: list[tuple[str, Any]] = [("created <= ?", call.now - (SEARCH_LAG if lag is None else lag))]
    where: Body = {}
    for clause in re.split(r"\s+AND\s+", call.params["query"].strip()):
        by_metadata = re.fullmatch(r"""metadata\[["']([^"']+)["']\]\s*:\s*["']([^"']*)["']""", clause)
        by_field = re.fullmatch(r"""(status|customer)\s*:\s*["']([^"']*)["']""", clause)
        if by_metadata:
            extra.append((f"json_extract(body, '$.metadata.\"{by_metadata[1]}\"') = ?", by_metadata[2]))
        elif by_field:
            where[by_field[1]] = by_field[2]
        else:
            raise Shapeless(f"We were unable to parse your search query: {clause}", param="query")
    limit = call.params.get("limit", 10)
    page_number = int(call.params.get("page") or 0)
    found = call.store.find(kind, call.account, where=where, extra=extra, limit=limit * (page_number + 1) + 1)
    more = len(found) > limit * (page_number + 1)
    data = found[limit * page_number : limit * (page_number + 1)]
    answer: Body = {"object": "search_result", "data": data, "has_more": more, "url": url, "next_page": None}
    return {**answer, "next_page": str(page_number + 1)} if more else answer


def expand(call: Call, answer: Body) -> Body:
    """Put objects where the answer has their ids, as `expand` asks: up to four levels, `data.` for lists."""
    for path in call.params.get("expand") or []:
        parts = path.split(".")
        if len(parts) > DEEPEST:
            raise Shapeless("You cannot expand more than 4 levels of a property", param="expand")
        _open(call, answer, parts, path)
    return answer


def _open(call: Call, here: Any, parts: list[str], path: str) -> None:
    if isinstance(here, list):
        for one in here:
            _open(call, one, parts, path)
        return
    if not parts or here is None:
        return
    name, rest = parts[0], parts[1:]
    if name not in here and name not in _LATER:
        raise Refused(f"This property cannot be expanded ({path}).", param="expand", saved=False)
    value = here.get(name)
    if isinstance(value, str):
        found = call.store.any(value)
        if found is None:
            raise Refused(f"This property cannot be expanded ({path}).", param="expand", saved=False)
        body = found[0]
        here[name] = balance.show(call, body) if body["object"] == "balance_transaction" else body
    elif name == "line_items" and value is None:
        here[name] = call.store.hidden(here["id"])["line_items"]
    _open(call, here.get(name), rest, path)


_LATER = {"line_items"}
