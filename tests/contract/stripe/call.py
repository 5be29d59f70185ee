"""One call of the API, or one step of the control plane, while it runs."""

from dataclasses import dataclass, field
from typing import Any

from .document import VERSION
from .refusals import Refused, Shapeless, missing, no_access
from .store import Body, Store

MOST = 99_999_999  # cents: Stripe's greatest amount of a charge, eight digits


@dataclass
class Call:
    """`account`: whose objects are meant, "" for the platform's. `base`: where this server is reached."""

    store: Store
    params: Body
    base: str
    account: str = ""
    request_id: str | None = None
    key: str | None = None
    events: list[str] = field(default_factory=list)

    @property
    def now(self) -> int:
        return self.store.now()

    def get(self, kind: str, id: str, *, param: str = "id", status: int = 404) -> Body:
        """Raises Refused for one that is not there, or is another account's."""
        found = self.store.get(kind, id, self.account)
        if found is None:
            raise missing(kind, id, param=param, status=status)
        return found

    def connected(self, id: str, *, param: str | None = None) -> Body:
        """A connected account. Named by a parameter, a missing one is no parameter's value; otherwise out of reach."""
        found = self.store.get("account", id)
        if found is None or self.store.hidden(id).get("deauthorized"):
            raise missing("destination", id, param=param, status=400) if param else no_access(id)
        return found

    def take(self, *names: str) -> Body:
        """Those parameters that were given."""
        return {name: self.params[name] for name in names if name in self.params}

    def metadata(self) -> dict[str, str]:
        return {key: value for key, value in (self.params.get("metadata") or {}).items() if value != ""}

    def emit(self, type: str, body: Body, *, account: str | None = None, before: Body | None = None) -> None:
        """Write an event of the platform or of a connected account; `before`: the earlier values of an update."""
        whose = self.account if account is None else account
        data: Body = {"object": body}
        if before is not None:
            data["previous_attributes"] = before
        event: Body = {
            "id": self.store.new_id("evt"),
            "object": "event",
            "api_version": VERSION,
            "created": self.now,
            "data": data,
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": self.request_id, "idempotency_key": self.key},
            "type": type,
        }
        if whose:
            event["account"] = whose
        self.store.add(event, account=whose)
        self.events.append(event["id"])

    def change(self, body: Body, type: str | None = None, *, hidden: Body | None = None, **new: Any) -> Body:
        """Change an object, keep it, and tell of it when `type` names an event."""
        before = {name: body.get(name) for name in new if body.get(name) != new[name]}
        body.update(new)
        self.store.save(body, **(hidden or {}))
        if type:
            found = self.store.any(body["id"])
            is_update = type.endswith(".updated")
            self.emit(type, body, account=found[1] if found else "", before=before if is_update else None)
        return body


def need_euro(call: Call) -> None:
    if call.params.get("currency") != "eur":
        raise Shapeless(
            f"This account speaks euro only, not {call.params.get('currency')}.", param="currency"
        )


def need_amount(amount: Any, *, param: str = "amount", least: int = 1, most: int = MOST) -> int:
    """A positive number of cents. Raises as Stripe does, whose document says nothing of bounds."""
    if amount is None:
        raise Shapeless(f"Missing required param: {param}.", code="parameter_missing", param=param)
    if amount < 1:
        raise Shapeless("Invalid positive integer", code="parameter_invalid_integer", param=param)
    if amount < least:
        raise Refused(f"Amount must be at least {euros(least)}", code="amount_too_small", param=param)
    if amount > most:
        raise Refused(f"Amount must be no more than {euros(most)}", code="amount_too_large", param=param)
    return int(amount)


def euros(cents: int) -> str:
    return f"€{cents / 100:,.2f}"
