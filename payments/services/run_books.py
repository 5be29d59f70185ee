"""Booking what became of released files: payouts paid, refunds done, money sent back (DESIGN §4).

The bank's line moves the sum of a file from `bank` to `runs`; each payout then leaves `runs`. In chunks, each of them
committed: a process that dies in the middle leaves rows that the next run of the job goes on with.
"""

from collections.abc import Sequence

from django.db import transaction
from django.db.models import Sum

from marketplace.base import audit, clock
from marketplace.base.models import AuditEvent
from payments.models import (
    AccountKind,
    BankLine,
    Payout,
    PayoutRun,
    PayoutState,
    Refund,
    RefundState,
    RunState,
    Transaction,
)
from payments.services import ledger, refunds
from payments.services.payouts import tell

RUNS = "runs"
CHUNK = 500
_KINDS = ("bank_line_taken", "payout_paid", "payout_paid_reversed", "refund_paid", "refund_paid_reversed")
Taken = BankLine.Taken


def go_on(*, most: int | None = None) -> dict[str, int]:
    """Book what the bank took, wherever a process stopped; figures {settled, booked}. `most` payouts, or all."""
    figures = {"settled": 0, "booked": 0}
    for run in PayoutRun.objects.filter(state=RunState.RELEASED).order_by("pk"):
        left = None if most is None else most - figures["settled"]
        if left is not None and left <= 0:
            break
        settled, booked = settle(run, most=left)
        figures["settled"] += settled
        figures["booked"] += booked
    return figures


def settle(run: PayoutRun, *, most: int | None = None) -> tuple[int, bool]:
    """Pay what a line of the bank took as a whole file: (how many payouts, whether all of it is over now)."""
    done = 0
    if BankLine.objects.filter(taken_as=Taken.RUN, object_ref=run.public_id).exists():
        # (A chunk may come back empty: another process had its rows, and there are more behind them.)
        while (most is None or done < most) and run.lines.filter(state=PayoutState.SENT).exists():
            done += settle_chunk(run)
        with transaction.atomic():
            for refund in run.refunds.filter(state=RefundState.STARTED).order_by("pk"):
                pay_refund(refund)
            for line in run.sent_back.filter(taken_as=Taken.SUSPENSE).order_by("pk"):
                close_sent_back(line)
    return done, finish(run)


def settle_chunk(run: PayoutRun) -> int:
    """Pay up to CHUNK payouts of a run in one transaction; how many."""
    with transaction.atomic(durable=True):
        rows = run.lines.select_for_update(of=("self",)).filter(state=PayoutState.SENT).order_by("pk")
        payouts = list(rows[:CHUNK])
        pay(payouts)
    return len(payouts)


def pay(payouts: Sequence[Payout]) -> None:
    """Locked payouts that are on their way were paid: the money has left `runs`. Must be inside `atomic()`."""
    if not payouts:
        return
    now = clock.now()
    Payout.objects.filter(pk__in=[payout.pk for payout in payouts]).update(
        state=PayoutState.PAID, paid_at=now
    )
    transit = ledger.accounts_of_users(AccountKind.PAYOUT_IN_TRANSIT, [payout.user_id for payout in payouts])
    runs = clearing(RUNS)
    ledger.post_set(
        "payout_paid",
        [(p.public_id, [(transit[p.user_id], -p.amount_micros), (runs, p.amount_micros)]) for p in payouts],
    )
    AuditEvent.objects.bulk_create(
        AuditEvent(at=now, tag="payments:payout:paid", subject=p.public_id, data={"amount": p.amount_micros})
        for p in payouts
    )
    for payout in payouts:
        tell(payout, "payout_paid")


def pay_refund(refund: Refund) -> None:
    """A refund left in a file: it has arrived as far as we can know. Must be inside `atomic()`."""
    if refund.state == RefundState.STARTED:
        refunds.settle(refund, clearing=RUNS)


def close_sent_back(line: BankLine) -> None:
    """Money that nobody could place has gone back. Must be inside `atomic()`."""
    moved = BankLine.objects.filter(pk=line.pk, taken_as=Taken.SUSPENSE).update(
        taken_as=Taken.BACK,
        object_ref=line.run.public_id if line.run else "",
        counterparty="",
        counterparty_iban="",
        remittance="",
    )
    if moved:
        suspense = ledger.account(AccountKind.SUSPENSE)
        ledger.post(
            "bank_line_taken",
            line.public_id,
            [(suspense, -line.amount_micros), (clearing(RUNS), line.amount_micros)],
        )


def finish(run: PayoutRun) -> bool:
    """Close a released run when all of it has its end and `runs` holds nothing of it; True when this call did."""
    if (
        run.lines.filter(state=PayoutState.SENT).exists()
        or run.refunds.filter(state=RefundState.STARTED).exists()
        or run.sent_back.filter(taken_as=Taken.SUSPENSE).exists()
        or (run.gateway == "bank" and at_rest(run) != 0)
    ):
        return False
    closed = PayoutRun.objects.filter(pk=run.pk, state=RunState.RELEASED).update(
        state=RunState.BOOKED, ended_at=clock.now()
    )
    if closed:
        audit.record("payments:run:booked", run.public_id, actor=None)
    return bool(closed)


def has_left(run: PayoutRun) -> bool:
    """Whether anything of a file is known to have left, also what is not booked to its end yet.

    Exact only while the run's row is locked: whoever takes a line of the bank for it locks it too.
    """
    return (
        BankLine.objects.filter(taken_as=Taken.RUN, object_ref=run.public_id).exists()
        or run.lines.filter(state__in=[PayoutState.PAID, PayoutState.RETURNED]).exists()
        or run.refunds.filter(state=RefundState.SETTLED).exists()
        or run.sent_back.exclude(taken_as=Taken.SUSPENSE).exists()
        or (run.gateway == "bank" and at_rest(run) != 0)
    )


def at_rest(run: PayoutRun) -> int:
    """What lies at `runs` of one file, in micros: what the bank took for it less what was paid out of it."""
    parts = {payout.public_id for payout in run.lines.all()} | {row.public_id for row in run.refunds.all()}
    parts |= {line.public_id for line in run.sent_back.all()}
    references = list(parts)
    outside = 0
    for start in range(0, len(references), 5_000):
        chunk = references[start : start + 5_000]
        lines = BankLine.objects.filter(taken_as__in=[Taken.RUN, Taken.RETURN], object_ref__in=chunk)
        outside += _at_runs([line.public_id for line in lines])
        outside += _at_runs(chunk)
    whole = BankLine.objects.filter(taken_as=Taken.RUN, object_ref=run.public_id)
    return outside + _at_runs([line.public_id for line in whole])


def _at_runs(references: Sequence[str]) -> int:
    """What the facts of these references moved at `runs`."""
    entries = Transaction.objects.filter(
        kind__in=_KINDS, reference__in=references, entries__account=clearing(RUNS)
    )
    return int(entries.aggregate(sum=Sum("entries__amount"))["sum"] or 0)


def open_sum(run: PayoutRun) -> int:
    """What of a file is still on its way, in micros."""
    payouts = run.lines.filter(state=PayoutState.SENT)
    refunds = run.refunds.filter(state=RefundState.STARTED)
    back = run.sent_back.filter(taken_as=Taken.SUSPENSE)
    return sum(int(rows.aggregate(sum=Sum("amount_micros"))["sum"] or 0) for rows in (payouts, refunds, back))


def clearing(gateway: str) -> int:
    """The account of money that lies at a gateway, or on its way between two."""
    return ledger.account(AccountKind.GATEWAY_CLEARING, gateway=gateway).pk
