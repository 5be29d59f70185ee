"""What tests of the fake do again and again."""

from typing import Any

import stripe

from tests.stripe_world import Method, StripeWorld

TRANSFER = {
    "customer_balance": {
        "funding_type": "bank_transfer",
        "bank_transfer": {"type": "eu_bank_transfer", "eu_bank_transfer": {"country": "FR"}},
    }
}


def session_params(cents: int = 10_000, **more: Any) -> Any:
    """Parameters of a deposit's checkout session."""
    line = {"currency": "eur", "unit_amount": cents, "product_data": {"name": "Deposit"}}
    return {
        "mode": "payment",
        "line_items": [{"price_data": line, "quantity": 1}],
        "success_url": "https://tessera.example/ok?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://tessera.example/no",
        **more,
    }


def paid(
    world: StripeWorld, cents: int = 10_000, *, method: Method = "card", does: str = "pay"
) -> stripe.Charge:
    """The charge of a session that was paid (a debit is on its way, a bank transfer has no charge yet)."""
    client = world.client()
    more: dict[str, Any] = {}
    if method == "customer_balance":
        customer = client.v1.customers.create({"name": "Atelier"})
        more = {"customer": customer.id, "payment_method_options": TRANSFER}
    session = client.v1.checkout.sessions.create(session_params(cents, **more))
    world.pay(session.id, method, does=does)
    session = client.v1.checkout.sessions.retrieve(
        session.id, {"expand": ["payment_intent.latest_charge.balance_transaction"]}
    )
    charge: Any = session.payment_intent
    return charge.latest_charge


def account(client: stripe.StripeClient, **more: Any) -> stripe.Account:
    """A connected account as Tessera makes them, not yet able to be paid."""
    controller: Any = {
        "fees": {"payer": "application"},
        "losses": {"payments": "application"},
        "stripe_dashboard": {"type": "express"},
        "requirement_collection": "stripe",
    }
    wanted: Any = {
        "country": "FR",
        "controller": controller,
        "capabilities": {"transfers": {"requested": True}},
        **more,
    }
    return client.v1.accounts.create(wanted)


def worker(world: StripeWorld) -> str:
    """The id of a connected account that can be paid."""
    made = account(world.client())
    world.onboard(made.id)
    return made.id


def transfer(
    client: stripe.StripeClient, to: str, cents: int = 500, *, key: str | None = None, **more: Any
) -> stripe.Transfer:
    options: Any = {"idempotency_key": key} if key else {}
    order: Any = {"amount": cents, "currency": "eur", "destination": to, **more}
    return client.v1.transfers.create(order, options)


def lines(client: stripe.StripeClient, account: str = "") -> list[stripe.BalanceTransaction]:
    """Every balance transaction, page by page."""
    options: Any = {"stripe_account": account} if account else {}
    return list(client.v1.balance_transactions.list({"limit": 3}, options).auto_paging_iter())


def balance(client: stripe.StripeClient, account: str = "") -> tuple[int, int]:
    """(available, pending) in cents."""
    options: Any = {"stripe_account": account} if account else {}
    known = client.v1.balance.retrieve(None, options)
    return known.available[0].amount, known.pending[0].amount
