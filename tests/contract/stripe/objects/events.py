"""Events: what happened, as it was then. Stripe shows those of the last 30 days."""

from typing import Any

from ..call import Call
from ..refusals import Refused
from ..store import Body
from . import balance, lists

KEPT = 30 * balance.DAY


def retrieve(call: Call, id: str) -> Body:
    event = call.get("event", id)
    return {**event, "pending_webhooks": _pending(call, event)}


def page(call: Call) -> Body:
    params = dict(call.params)
    types = params.pop("types", None)
    if types and "type" in params:
        raise Refused("You may only specify one of these parameters: type, types.", param="types")
    where: dict[str, Any] = {}
    only = [params["type"]] if "type" in params else types
    if only and not any("*" in type for type in only) and len(only) == 1:
        where["type"] = only[0]
    elif only:
        return _filtered(call, only)
    answer = lists.page(call, "event", "/v1/events", where=where)
    return _recent(call, answer)


def _filtered(call: Call, types: list[str]) -> Body:
    """Several types, or `transfer.*`: pages are cut after the choice."""
    limit = call.params.get("limit", 10)
    wanted = Call(call.store, {**call.params, "limit": 100}, call.base, call.account)
    data: list[Body] = []
    while True:
        answer = lists.page(wanted, "event", "/v1/events")
        data += [event for event in answer["data"] if any(_fits(event["type"], type) for type in types)]
        if len(data) > limit or not answer["has_more"]:
            return _recent(call, {**answer, "data": data[:limit], "has_more": len(data) > limit})
        wanted.params["starting_after"] = answer["data"][-1]["id"]


def _fits(type: str, wanted: str) -> bool:
    return type == wanted or (wanted.endswith("*") and type.startswith(wanted[:-1]))


def _recent(call: Call, answer: Body) -> Body:
    recent = [event for event in answer["data"] if event["created"] > call.now - KEPT]
    shown = [{**event, "pending_webhooks": _pending(call, event)} for event in recent]
    return {**answer, "data": shown, "has_more": answer["has_more"] and len(recent) == len(answer["data"])}


def _pending(call: Call, event: Body) -> int:
    return len(
        call.store.rows("SELECT 1 FROM deliveries WHERE event = ? AND state != 'delivered'", event["id"])
    )
