"""What the books, the bank and the bills hold of the small market (`world.py`)."""

from typing import Any

from tests.market import EUR


def at_the_bank() -> dict[str, str]:
    """A line of a statement that waits for an explanation, and a payout file that was cancelled."""
    from marketplace.base import clock
    from payments.models import BankLine, BankStatement, PayoutRun

    statement = BankStatement.objects.create(account="FR00", statement_id="1", sha256="0" * 64)
    line = BankLine.objects.create(
        statement=statement,
        external_id="matrix",
        amount_micros=EUR,
        booked_on=clock.today(),
        taken_as="suspense",
    )
    run = PayoutRun.objects.create(
        gateway="bank", state="cancelled", payouts=1, amount_micros=EUR, execute_on=clock.today()
    )
    return {"bank_line": line.public_id, "run": run.public_id}


def books(atelier: Any) -> dict[str, str]:
    """The month under way, an account, a difference."""
    from marketplace.base import clock, ids
    from payments.models import AccountKind, Difference
    from payments.services import ledger, months

    funds = ledger.account(AccountKind.ORGANISATION_AVAILABLE, organisation=atelier)
    difference = Difference.objects.create(
        gateway="simulated", kind="only_outside", external_id="matrix", amount_micros=EUR
    )
    return {
        "month": str(months.of(clock.now())),
        "account": ids.encode("acc", funds.pk),
        "difference": difference.public_id,
    }


def billed(alice: Any, atelier: Any) -> dict[str, str]:
    """An invoice, and a VAT number that waits to be confirmed."""
    from marketplace.base import ids
    from payments.models import Invoice
    from payments.services import billing, vat_register

    details = billing.Details("Atelier GmbH", "Weg 1", "Berlin", "DE", "10115", vat_number="DE123456789")
    billing.save(organisation=atelier, actor=alice, details=details)
    invoice = Invoice.objects.create(
        kind="invoice", organisation=atelier, year=2026, number=1, period_year=2026, period_month=10,
        treatment="domestic", vat_rate="0.2", net_micros=EUR, vat_micros=EUR // 5,
        customer=billing.snapshot(atelier), seller=_seller(), lines={"batches": []},
    )  # fmt: skip
    check = vat_register.waiting().get(organisation=atelier)
    return {"invoice": invoice.public_id, "vat_check": ids.encode("vck", check.pk)}


def _seller() -> dict[str, Any]:
    from payments.services import seller

    return {**seller.facts(), "mention": ""}
