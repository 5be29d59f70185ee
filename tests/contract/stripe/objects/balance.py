"""Balance transactions: every cent that comes and goes is one; a balance is nothing but their sum."""

from ..call import Call
from ..store import Body

DAY = 86_400
# What Stripe takes in Europe: (share in basis points, cents, most in cents).
FEES: dict[str, tuple[int, int, int | None]] = {
    "card": (150, 25, None),
    "sepa_debit": (0, 35, None),
    "customer_balance": (50, 0, 500),
}
# Days until money that has come can be used.
DELAY = {"card": 3, "sepa_debit": 2, "customer_balance": 1}

_REPORTED = {
    "charge": "charge",
    "payment": "charge",
    "refund": "refund",
    "payment_refund": "refund",
    "refund_failure": "refund_failure",
    "adjustment": "dispute",
    "transfer": "transfer",
    "transfer_refund": "transfer_reversal",
    "payout": "payout",
    "payout_failure": "payout_reversal",
    "topup": "topup",
}


_FEE = {
    "application": None,
    "currency": "eur",
    "description": "Stripe processing fees",
    "type": "stripe_fee",
}


def fee_of(method: str, amount: int) -> int:
    """In cents, half a cent upwards."""
    share, fixed, most = FEES[method]
    fee = (amount * share + 5_000) // 10_000 + fixed
    return fee if most is None else min(fee, most)


def book(
    call: Call,
    *,
    type: str,
    amount: int,
    source: str | None,
    account: str = "",
    fee: int = 0,
    available_on: int | None = None,
    description: str | None = None,
    payout: str = "",
    reporting: str = "",
) -> Body:
    """Add a balance transaction; `amount` is signed, in cents, and `fee` comes off it."""
    now = call.now
    body: Body = {
        "id": call.store.new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": now if available_on is None else available_on,
        "balance_type": "payments",
        "created": now,
        "currency": "eur",
        "description": description,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": [{**_FEE, "amount": fee}] if fee else [],
        "net": amount - fee,
        "reporting_category": reporting or _REPORTED[type],
        "source": source,
        "status": "pending",
        "type": type,
    }
    return call.store.add(show(call, body), account=account, hidden={"payout": payout} if payout else None)


def show(call: Call, body: Body) -> Body:
    """A balance transaction as of now: it becomes available by itself."""
    return {**body, "status": "available" if body["available_on"] <= call.now else "pending"}


def retrieve(call: Call) -> Body:
    available, pending = call.store.sums(call.account, call.now)

    def line(amount: int) -> list[Body]:
        return [{"amount": amount, "currency": "eur", "source_types": {"card": amount}}]

    answer = {"object": "balance", "available": line(available), "livemode": False, "pending": line(pending)}
    return answer if call.account else {**answer, "connect_reserved": [{"amount": 0, "currency": "eur"}]}


def retrieve_line(call: Call, id: str) -> Body:
    return show(call, call.get("balance_transaction", id))
