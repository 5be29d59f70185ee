"""The control plane: what payers, banks, account owners and Stripe's staff do, and what a test orders. Not Stripe's.

Each step is a function with keyword arguments, called by `POST /control/<name>` with a JSON object of them.
"""

import json
from collections.abc import Callable
from typing import Any

from . import deliveries, faults
from .api import Api, tick
from .call import Call
from .objects import accounts, balance, charges, checkout, disputes, intents, payouts, refunds
from .refusals import missing
from .store import Body

Step = Callable[..., Any]
STEPS: dict[str, Step] = {}


def step(function: Step) -> Step:
    STEPS[function.__name__] = function
    return function


def run(api: Api, name: str, given: Body) -> Any:
    """Do one step, all of it or nothing. Raises KeyError, TypeError, ValueError or Refused for what makes no sense."""
    function = STEPS[name]
    if name in OUTSIDE:
        return function(api, **given)
    call = Call(api.store, {}, api.base)
    with api.store.transaction():
        answer = function(call, **given)
        tick(api.store, api.base)
        deliveries.queue(api.store, call.events)
        api.check_events(call)
    api.postman.bell.set()
    return answer


# --- Payments ------------------------------------------------------------------------------------------


@step
def pay(call: Call, *, session: str, method: str = "card", does: str = "pay") -> Body:
    """Somebody pays a session by card, sepa_debit or customer_balance (a bank transfer). `does`: pay, pay_at_once (the
    money is available at once), card_declined, insufficient_funds, expired_card or authentication_required."""
    body = call.get("checkout.session", session)
    outcome = checkout.pay(call, body, method, does=does)
    return {"outcome": outcome, "session": body}


@step
def settle(call: Call, *, payment: str, amount: int | None = None) -> Body:
    """Money that was on its way arrives; `payment`: a session, an intent or a charge. Of a bank transfer also a part of
    it can come, `amount` cents: the rest is waited for."""
    intent = _intent(call, payment)
    if intent["status"] not in {"processing", "requires_action"}:
        raise ValueError(f"{intent['id']} is {intent['status']}")
    if amount is not None and not intents.fund(call, intent, amount):
        return intent
    intents.succeed(call, intent)
    checkout.settled(call, intent)
    return intent


@step
def fail(call: Call, *, payment: str, code: str = "insufficient_funds") -> Body:
    """Money that was on its way will not come."""
    intent = _intent(call, payment)
    if intent["status"] not in {"processing", "requires_action"}:
        raise ValueError(f"{intent['id']} is {intent['status']}")
    intents.fail(call, intent, code)
    checkout.settled(call, intent)
    return intent


def _intent(call: Call, id: str) -> Body:
    found = call.store.any(id)
    if found is None:
        raise missing("payment", id)
    body = found[0]
    return body if body["object"] == "payment_intent" else call.get("payment_intent", body["payment_intent"])


@step
def behave(call: Call, *, method: str, does: str) -> Body:
    """What becomes of the next payments with a saved method: as `does` of `pay`."""
    return call.store.save(call.get("payment_method", method), does=does)


@step
def fees_later(call: Call, *, on: bool) -> None:
    """From now on a charge succeeds without its balance transaction, which comes with `book_fees`."""
    call.store.set_meta("fees_later", on)


@step
def book_fees(call: Call) -> int:
    """Book what `fees_later` put off; how many charges."""
    open_ = call.store.find(
        "charge", extra=[("json_extract(hidden, '$.fee_open') = ?", 1)], oldest_first=True
    )
    for charge in open_:
        hidden = call.store.hidden(charge["id"])
        charges.book_fee(call, charge, hidden["method"], at_once=hidden["at_once"])
        call.emit("charge.updated", charge, before={"balance_transaction": None})
    return len(open_)


@step
def topup(call: Call, *, amount: int) -> Body:
    """The operator puts money on the platform's balance."""
    return balance.book(call, type="topup", amount=amount, source=None, description="Top-up")


# --- Refunds and disputes ------------------------------------------------------------------------------


@step
def settle_refund(call: Call, *, refund: str) -> Body:
    return refunds.settle(call, call.get("refund", refund))


@step
def fail_refund(call: Call, *, refund: str, reason: str = "unknown") -> Body:
    return refunds.fail(call, call.get("refund", refund), reason)


@step
def dispute(
    call: Call, *, charge: str, amount: int | None = None, reason: str = "fraudulent", fee: int = 2000
) -> Body:
    """A payer's bank takes a charge back; amounts in cents."""
    return disputes.open_one(call, call.get("charge", charge), amount=amount, reason=reason, fee=fee)


@step
def close_dispute(call: Call, *, dispute: str, won: bool, fee_back: int = 0) -> Body:
    return disputes.close(call, call.get("dispute", dispute), won=won, fee_back=fee_back)


# --- Connected accounts --------------------------------------------------------------------------------


@step
def onboard(call: Call, *, account: str, iban_end: str = "3000", bank_country: str = "FR") -> Body:
    """The owner answered everything, and Stripe found it right."""
    return accounts.onboard(call, call.connected(account), iban_end=iban_end, bank_country=bank_country)


@step
def restrict(
    call: Call,
    *,
    account: str,
    due: list[str] | None = None,
    reason: str | None = None,
    deadline_in: int | None = None,
    transfers: str | None = None,
    payouts: bool | None = None,
) -> Body:
    """Stripe wants more (`due`, by a time `deadline_in` seconds away), or takes something away: `transfers` active or
    inactive, `payouts` on or off, with a `reason` such as requirements.past_due or rejected.fraud."""
    return accounts.restrict(
        call,
        call.connected(account),
        due=due or [],
        reason=reason,
        deadline_in=deadline_in,
        transfers=transfers,
        payouts=payouts,
    )


@step
def adjust(call: Call, *, account: str = "", amount: int) -> Body:
    """Stripe corrects a balance by so many cents, also below zero: of a connected account, or of the platform."""
    if account:
        call.connected(account)
    return balance.book(
        call, type="adjustment", amount=amount, source=None, account=account, reporting="other_adjustment"
    )


@step
def deauthorize(call: Call, *, account: str) -> Body:
    return accounts.deauthorize(call, call.connected(account))


@step
def payout(call: Call, *, account: str = "", amount: int | None = None) -> Body:
    """Stripe sends what is available, or `amount` cents of it, to the bank of an account, or else of the platform."""
    call.account = account
    return payouts.start(call, amount)


@step
def pay_payout(call: Call, *, payout: str) -> Body:
    return payouts.pay(call, _payout(call, payout))


@step
def fail_payout(call: Call, *, payout: str, code: str = "account_closed") -> Body:
    return payouts.fail(call, _payout(call, payout), code)


def _payout(call: Call, id: str) -> Body:
    found = call.store.any(id)
    if found is None or found[0]["object"] != "payout":
        raise missing("payout", id)
    call.account = found[1]
    return found[0]


# --- The clock, faults and webhooks --------------------------------------------------------------------


@step
def clock(call: Call, *, advance: float = 0, shift: float | None = None) -> int:
    """Move the fake's clock by `advance` seconds, or to `shift` seconds from real time; the time there is then."""
    if call.store.meta("followed"):
        raise ValueError("the clock follows a file: move that")
    now_shift = (call.store.meta("shift") or 0) if shift is None else shift
    call.store.set_meta("shift", now_shift + advance)
    return call.now


@step
def follow_clock(call: Call, *, file: str) -> int:
    """From now on the time is that of the file which Tessera's own clock reads; "" ends this. The time then."""
    call.store.set_meta("followed", file)
    return call.now


@step
def search_lag(call: Call, *, seconds: int) -> None:
    """How long the search does not know of something new."""
    call.store.set_meta("search_lag", seconds)


@step
def fault(call: Call, **order: Any) -> int:
    """See faults.add; its number."""
    return faults.add(call.store, **order)


@step
def clear_faults(call: Call) -> int:
    return call.store.run("DELETE FROM faults")


@step
def hooks(call: Call, **settings: Any) -> Body:
    """See deliveries.DEFAULTS."""
    return deliveries.configure(call.store, **settings)


@step
def deliver(
    api: Api, *, shuffle: int | None = None, again: bool = False, types: list[str] | None = None
) -> int:
    """See deliveries.flush."""
    with api.postman.working:
        return deliveries.flush(api.store, shuffle=shuffle, again=again, types=types)


@step
def reset(api: Api) -> None:
    """As new; settings of webhooks are gone, too."""
    with api.postman.working:
        api.store.reset()
    api.problems.clear()


# Steps that are no single transaction.
OUTSIDE = {"deliver", "reset"}


# --- What a test looks at ------------------------------------------------------------------------------


def look(api: Api, name: str, query: dict[str, str]) -> Any:
    """`GET /control/<name>`. Raises KeyError."""
    store = api.store
    if name == "counts":
        return [dict(row) for row in store.rows("SELECT * FROM calls ORDER BY seq")]
    if name == "deliveries":
        return deliveries.known(store)
    if name == "faults":
        return faults.known(store)
    if name == "problems":
        return api.problems
    if name == "clock":
        return store.now()
    if name == "events":
        return _events(api, int(query.get("after", 0)))
    if name == "objects":
        rows = store.rows("SELECT body FROM objects WHERE kind = ? ORDER BY seq", query["kind"])
        return [json.loads(row["body"]) for row in rows]
    raise KeyError(name)


def _events(api: Api, after: int) -> list[Body]:
    """Every event, oldest first, as it would be delivered: {seq, endpoint, type, payload, signature}."""
    answer = []
    rows = api.store.rows(
        "SELECT id, account, seq FROM objects WHERE kind = 'event' AND seq > ? ORDER BY seq", after
    )
    for row in rows:
        found = api.store.any(row["id"])
        assert found is not None
        endpoint = deliveries.CONNECT if row["account"] else deliveries.PLATFORM
        payload, signature = deliveries.signed(api.store, found[0], endpoint)
        known = {"seq": row["seq"], "endpoint": endpoint, "type": found[0]["type"]}
        answer.append({**known, "payload": payload, "signature": signature})
    return answer
