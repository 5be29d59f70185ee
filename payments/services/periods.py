"""Months that are closed: their balances are kept, and the ledger takes nothing more that is dated in them.

The close has an advisory lock alone that every posting shares (`payments_month_is_open` in payments/sql), so that
nothing slips in between reading and closing, whatever the clock of the posting process says.
"""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Protocol

from django.db import connection, transaction
from django.db.models import Min

from marketplace.base import audit, clock
from marketplace.base.models import User
from payments.errors import (
    BooksBroken,
    DifferencesOpen,
    EarlierMonthOpen,
    MonthClosed,
    MonthNotOver,
    NothingToClose,
)
from payments.models import Period, PeriodBalance, Transaction
from payments.services import checks, journal, reconcile, trial_balance
from payments.services import months as calendar
from payments.services.months import Month


class CheckLike(Protocol):
    """What a check of any part of the house says."""

    @property
    def name(self) -> str: ...

    @property
    def ok(self) -> bool: ...


def known() -> list[tuple[Month, Period | None]]:
    """Every month from the first transaction to the present one, newest first, with its close."""
    first = first_month()
    if first is None:
        return []
    closed = {(row.year, row.month): row for row in Period.objects.select_related("closed_by")}
    found, month = [], calendar.of(clock.now())
    while month >= first:
        found.append((month, closed.get((month.year, month.month))))
        month = month.before
    return found


def first_month() -> Month | None:
    """The month of the first transaction."""
    first = Transaction.objects.aggregate(first=Min("created_at"))["first"]
    return calendar.of(first) if first else None


def of(month: Month) -> Period | None:
    """The close of a month, if it is closed."""
    return Period.objects.filter(year=month.year, month=month.month).first()


def next_to_close() -> Month | None:
    """The month that can be closed next, once it is over; None while there are no books."""
    last = Period.objects.order_by("-year", "-month").first()
    return Month(last.year, last.month).next if last else first_month()


def look_outside() -> None:
    """Reconcile before a close: about a gateway that does not answer nothing is known, so no month is closed then.

    Asks gateways: must not be inside a transaction. Raises BooksBroken, or Lost while another process reconciles.
    """
    silent = reconcile.run().unreachable
    if silent:
        raise BooksBroken(checks=", ".join(f"no_answer_from_{name}" for name in silent))


def close(
    *,
    month: Month,
    actor: User | None,
    look: Callable[[], Sequence[CheckLike]] = checks.run,
) -> Period:
    """Close a month for ever. `look` runs the checks that must hold; call `look_outside` before.

    Raises MonthClosed, MonthNotOver, NothingToClose, EarlierMonthOpen, DifferencesOpen or BooksBroken. Must not be
    inside a transaction.
    """
    _may_close(month)
    broken = [check.name for check in look() if not check.ok]
    if broken:
        raise BooksBroken(checks=", ".join(broken))
    now = clock.now()
    before = journal.digest(month, invoices_until=now)
    with transaction.atomic(durable=True):
        _alone()
        _may_close(month)
        # Read again only if something was written since: nobody can post while we hold the lock.
        digest = before if before.mark == journal.mark(month) else journal.digest(month, invoices_until=now)
        period = _write(month, actor, now, digest)
        audit.record("payments:month:close", str(month), actor=actor, transactions=period.transactions)
    return period


def _may_close(month: Month) -> None:
    if of(month) is not None:
        raise MonthClosed(month=str(month))
    if not month.is_over:
        raise MonthNotOver(month=str(month))
    due = next_to_close()
    if due is None or month < due:
        raise NothingToClose(month=str(month))
    if month > due:
        raise EarlierMonthOpen(month=str(due))
    count = reconcile.open_differences().count()
    if count:
        raise DifferencesOpen(count=count)


def _alone() -> None:
    """Wait for postings under way, and keep further ones waiting until the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('payments_period'))")


def _write(month: Month, actor: User | None, now: dt.datetime, digest: journal.Digest) -> Period:
    balances = trial_balance.counted(month)
    if not trial_balance.is_sound(balances):
        raise BooksBroken(checks="trial_balance_sums_to_zero")
    period = Period.objects.create(
        year=month.year,
        month=month.month,
        closed_by=actor,
        closed_at=now,
        transactions=digest.transactions,
        sha256=digest.sha256,
    )
    PeriodBalance.objects.bulk_create(
        (
            PeriodBalance(
                period=period,
                account_id=row.account_id,
                opening_micros=row.opening,
                added_micros=row.added,
                taken_micros=row.taken,
                closing_micros=row.closing,
            )
            for row in balances
        ),
        batch_size=5_000,
    )
    return period
