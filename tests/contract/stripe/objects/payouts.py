"""Payouts: from a balance, the platform's or a connected account's, to a bank account."""

from ..call import Call, need_amount
from ..refusals import Refused
from ..store import Body
from . import balance, lists

FAILURES = [
    "account_closed",
    "account_frozen",
    "bank_account_restricted",
    "bank_ownership_changed",
    "could_not_process",
    "debit_not_authorized",
    "declined",
    "incorrect_account_holder_name",
    "incorrect_account_holder_address",
    "invalid_account_number",
    "invalid_currency",
    "no_account",
    "insufficient_funds",
    "incorrect_account_type",
    "unsupported_card",
]


def start(call: Call, amount: int | None) -> Body:
    """Stripe sends what is available, or `amount` cents of it, to the bank; `call.account` says whose."""
    available = call.store.sums(call.account, call.now)[0]
    amount = need_amount(available if amount is None else amount) if available > 0 else 0
    if not 0 < amount <= available:
        raise Refused(
            "You have insufficient funds in your Stripe account for this payout.", code="balance_insufficient"
        )
    destination = None
    if call.account:
        account = call.connected(call.account)
        banks = account["external_accounts"]["data"]
        if not account["payouts_enabled"] or not banks:
            raise Refused("Payouts are not enabled for this account.", code="payouts_not_allowed")
        destination = banks[0]["id"]
    id = call.store.new_id("po")
    line = balance.book(
        call,
        type="payout",
        amount=-amount,
        source=id,
        account=call.account,
        description="STRIPE PAYOUT",
        payout=id,
    )
    _reconcile(call, id)
    body = _body(call, id, amount, line["id"], destination)
    call.store.add(body, account=call.account)
    call.emit("payout.created", body)
    return body


def _reconcile(call: Call, payout: str) -> None:
    """An automatic payout holds what became available before it: lists of balance transactions by payout tell."""
    call.store.run(
        "UPDATE objects SET hidden = json_patch(hidden, json_object('payout', ?)) WHERE kind = 'balance_transaction'"
        " AND account = ? AND available_on <= ? AND json_extract(hidden, '$.payout') IS NULL",
        payout,
        call.account,
        call.now,
    )


def _body(call: Call, id: str, amount: int, line: str, destination: str | None) -> Body:
    return {
        "id": id,
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": call.now + 2 * balance.DAY,
        "automatic": True,
        "balance_transaction": line,
        "created": call.now,
        "currency": "eur",
        "description": "STRIPE PAYOUT",
        "destination": destination,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "reconciliation_status": "completed",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "in_transit",
        "trace_id": None,
        "type": "bank_account",
    }


def pay(call: Call, payout: Body) -> Body:
    if payout["status"] not in {"pending", "in_transit"}:
        raise Refused(f"This payout is {payout['status']}.")
    call.change(payout, "payout.updated", status="paid")
    call.emit("payout.paid", payout)
    return payout


def fail(call: Call, payout: Body, code: str) -> Body:
    """The bank sent it back: the money is on the balance again, and a connected account's bank details are not used
    any more. A payout that counted as paid can still fail, within about five days."""
    if payout["status"] not in {"pending", "in_transit", "paid"}:
        raise Refused(f"This payout is {payout['status']}.")
    if code not in FAILURES:
        raise Refused(f"No such reason: {code}. There are {', '.join(FAILURES)}.")
    line = balance.book(
        call,
        type="payout_failure",
        amount=payout["amount"],
        source=payout["id"],
        account=call.account,
        description="PAYOUT FAILURE",
    )
    call.change(
        payout,
        "payout.failed",
        status="failed",
        failure_code=code,
        failure_message="The bank could not process this payout.",
        failure_balance_transaction=line["id"],
    )
    if call.account:
        _lose_bank(call)
    return payout


def _lose_bank(call: Call) -> None:
    account = call.connected(call.account)
    banks = [{**bank, "status": "errored"} for bank in account["external_accounts"]["data"]]
    due = ["external_account"]
    call.change(
        account,
        external_accounts={**account["external_accounts"], "data": banks},
        payouts_enabled=False,
        requirements={
            **account["requirements"],
            "currently_due": due,
            "eventually_due": due,
            "past_due": due,
        },
    )
    for bank in banks:
        call.emit("account.external_account.updated", bank, account=call.account, before={"status": "new"})
    call.emit("account.updated", account, account=call.account, before={"payouts_enabled": True})


def retrieve(call: Call, payout: str) -> Body:
    return call.get("payout", payout)


def page(call: Call) -> Body:
    return lists.page(call, "payout", "/v1/payouts", "status", "destination")
