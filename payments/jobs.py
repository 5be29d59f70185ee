"""The clockwork of money. Each job is a service called by the clock; twice, or never, loses nothing."""

from marketplace.base.clockwork import job
from payments.services import (
    chargebacks,
    connected,
    deposits,
    events,
    invoices,
    payouts,
    persons,
    refunds,
    runs,
    sending,
    statements_in,
    top_ups_auto,
    vat_register,
)
from payments.services import reconcile as reconcile_books


@job("settle-deposits", every_seconds=30)
def settle_deposits() -> dict[str, int]:
    """Follow the deposits under way at the gateways, and book what they cost where that came later."""
    return {**deposits.refresh_started(), "fees": deposits.refresh_fees()}


@job("follow-news", every_seconds=5)
def follow_news() -> int:
    """Ask about what gateways sent news of, and follow their answers."""
    return events.handle_waiting()


@job("refunds", every_seconds=60)
def follow_refunds() -> dict[str, int]:
    """Send and follow the refunds under way."""
    return refunds.refresh_started()


@job("disputes", every_seconds=300)
def follow_disputes() -> dict[str, int]:
    """Ask about open disputes, and let those that want more take what has come back to the funds."""
    return chargebacks.refresh_open()


@job("top-ups", every_seconds=60)
def top_up() -> dict[str, int]:
    """Charge what organisations asked to be topped up by."""
    return top_ups_auto.run()


@job("send-payouts", every_seconds=60)
def send_payouts() -> dict[str, int]:
    """End the holds whose date has come, then send what waits."""
    return {"released": payouts.release_expired(), **sending.send_pending()}


@job("accounts", every_seconds=600)
def look_at_accounts() -> dict[str, int]:
    """Look at workers' accounts whose news may have been lost."""
    return connected.refresh_due()


@job("run-due-payouts", every_seconds=3600)
def run_due_payouts() -> dict[str, int]:
    """Make the payouts that nobody has to ask for."""
    return payouts.run_due()


@job("one-person", every_seconds=3600)
def find_persons() -> int:
    """Find accounts of one person whose details were given before anybody looked."""
    return persons.find_all()


@job("reconcile", every_seconds=300)
def reconcile() -> dict[str, int]:
    """Take in the gateways' news and ask about every payout on its way."""
    return {"news": events.poll(), "handled": events.handle_waiting(), **sending.reconcile()}


@job(reconcile_books.LOCK, every_seconds=3600)
def hold_books_against_gateways() -> dict[str, int]:
    """Take in what moved at gateways and the bank, and open or end differences."""
    report = reconcile_books.run()
    return {"looked_at": report.looked_at, "linked": report.linked, "opened": report.opened}


@job("invoices", every_seconds=3600)
def issue_invoices() -> dict[str, int]:
    """Bill the month before, to whomever it was not billed yet."""
    return invoices.issue_last_month()


@job("vat-register", every_seconds=60)
def ask_vat_register() -> dict[str, int]:
    """Have VAT numbers confirmed."""
    return vat_register.run()


@job("draft-runs", every_seconds=3600)
def draft_runs() -> dict[str, int]:
    """Make the day's files of payouts, for two people to release."""
    return runs.draft_waiting()


@job("bank", every_seconds=60)
def follow_bank() -> dict[str, int]:
    """Go on with what statements have brought, and take what was held or changed out of files in the making."""
    return {**statements_in.follow(), "dropped": runs.refresh_drafts()}


@job("forget-payout-files", every_seconds=3600)
def forget_payout_files() -> int:
    """Remove names and accounts of files that have been over for long."""
    return runs.forget_files()
