"""What must be true of a simulated year, whatever went wrong in it."""

from django.db.models import F, Sum

from marketplace.base.errors import Refusal
from payments.models import AccountKind, Cap, Payout, Period
from payments.services import events, journal, ledger, periods, reconcile, statements, trial_balance
from payments.services.months import Month
from tasks.services import checks

from .plan import Outcome
from .town import Town


def close_month(month: Month, outcome: Outcome) -> None:
    """Reconcile and close a month; a breach for everything that keeps it from closing."""
    report = reconciled()
    for row in reconcile.open_differences()[:10]:
        outcome.breach(
            f"{month}: {row.kind} {row.gateway} {row.external_id} {row.transaction} {row.amount_micros}"
        )
    try:
        period = periods.close(month=month, actor=None, look=checks.everything)
    except Refusal as refusal:
        outcome.breach(f"{month} did not close: {refusal.message}")
        return
    rows = trial_balance.rows(month)
    if not trial_balance.is_sound(rows):
        outcome.breach(f"{month}: the trial balance does not sum to zero")
    payable = next((row for row in trial_balance.by_kind(rows) if row.kind == "worker_payable"), None)
    outcome.months.append(
        {
            "month": str(month),
            "transactions": period.transactions,
            "accounts": len(rows),
            "earned": payable.added if payable else 0,
            "paid_out": payable.taken if payable else 0,
            "movements": report.looked_at,
            "sha256": period.sha256[:12],
        }
    )


def reconciled() -> reconcile.Report:
    """Reconcile as the hourly job does: the gateway does not always answer, and what it was not asked about in time is
    asked about again."""
    report = reconcile.run()
    for _hour in range(5):
        if report.ok:
            break
        events.handle_waiting()
        report = reconcile.run()
    return report


def look_at_everything(town: Town, outcome: Outcome) -> None:
    """At the end: caps, statements, every check, reconciliation, and closed months that still read the same."""
    _caps(outcome)
    _statements(town, outcome)
    for check in checks.everything():
        if not check.ok:
            outcome.breach(f"selfcheck: {check.name} {' '.join(check.ids[:5])}")
    for period in Period.objects.order_by("year", "month"):
        month = Month(period.year, period.month)
        if journal.digest(month).sha256 != period.sha256:
            outcome.breach(f"{month}: the journal is not the one that was closed")
        if [row.account_id for row in trial_balance.rows(month)] != [
            row.account_id for row in trial_balance.counted(month)
        ]:
            outcome.breach(f"{month}: accounts differ from those that were kept")
    under_way = Payout.objects.filter(state__in=["pending", "held", "sent"]).count()
    if under_way:
        outcome.breach(f"{under_way} payouts are still under way")


def _caps(outcome: Outcome) -> None:
    over = Cap.objects.filter(reserved_micros__gt=F("cap_micros") - F("earned_micros"))
    for row in over[:10]:
        outcome.breach(f"cap of {row.user_id} in {row.year} is passed")
    outcome.figures["workers at their cap"] = Cap.objects.filter(
        earned_micros__gte=F("cap_micros") * 95 / 100
    ).count()


def _statements(town: Town, outcome: Outcome) -> None:
    """Each worker's statements of months and year end where the ledger stands."""
    for worker in town.workers:
        balance = ledger.balance(ledger.account(AccountKind.WORKER_PAYABLE, user=worker))
        years, months = statements.periods(worker)
        running = 0
        for year, month in sorted(months):
            found = statements.of_month(worker, year, month)
            if found.opening != running:
                outcome.breach(
                    f"{worker.public_id}: {year}-{month} begins with {found.opening}, not {running}"
                )
            running = found.closing
        by_year = sum(sum(line.micros for line in statements.of_year(worker, year).lines) for year in years)
        if not running == by_year == balance:
            outcome.breach(
                f"{worker.public_id}: statements say {running} and {by_year}, the ledger {balance}"
            )


def euros(outcome: Outcome) -> None:
    """Sums of the year by kind of account and by state of payouts, in micros."""
    for kind in AccountKind.values:
        outcome.euros[str(kind)] = ledger.total(kind)
    for row in Payout.objects.values("state").annotate(sum=Sum("amount_micros")):
        outcome.euros[f"payouts {row['state']}"] = row["sum"]
