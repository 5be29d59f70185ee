"""The clockwork of money. Each job is a service called by the clock; twice, or never, loses nothing."""

from marketplace.base.clockwork import job
from payments.services import deposits, events, payouts, sending
from payments.services import reconcile as reconcile_books


@job("settle-deposits", every_seconds=30)
def settle_deposits() -> dict[str, int]:
    """Follow the deposits under way at the gateways."""
    return deposits.refresh_started()


@job("send-payouts", every_seconds=60)
def send_payouts() -> dict[str, int]:
    """End the holds whose date has come, then send what waits."""
    return {"released": payouts.release_expired(), **sending.send_pending()}


@job("run-due-payouts", every_seconds=3600)
def run_due_payouts() -> dict[str, int]:
    """Make the payouts that nobody has to ask for."""
    return payouts.run_due()


@job("reconcile", every_seconds=300)
def reconcile() -> dict[str, int]:
    """Take in the gateways' news and ask about every payout on its way."""
    return {"news": events.poll(), "handled": events.handle_waiting(), **sending.reconcile()}


@job(reconcile_books.LOCK, every_seconds=3600)
def hold_books_against_gateways() -> dict[str, int]:
    """Take in what moved at gateways and the bank, and open or end differences."""
    report = reconcile_books.run()
    return {"looked_at": report.looked_at, "linked": report.linked, "opened": report.opened}
