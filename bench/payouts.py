"""A payout run for ten thousand workers: made, one file valid by its XSD, released, booked; killed twice on the way.

The process that makes the payouts and the one that books them are killed in the middle; what they left is finished by
the next, and the books are held against every invariant at the end.
"""

import datetime as dt
import io
import resource
import subprocess
import sys
import time
from typing import Any

from bench import ground

WORKERS = 10_000
DUE = 25_000_000  # micros each: enough for a payout that nobody asks for
MAKE = "from payments.services import payouts; payouts.run_due()"
BOOK = "from payments.services import run_books; run_books.go_on()"


def run(*, seconds: float, known: dict[str, float]) -> dict[str, float]:
    from marketplace.base.models import User
    from payments.models import Payout, PayoutRun
    from payments.services import checks, payouts, run_books, runs

    _people()
    first, second = (
        User.objects.create(email=f"{name}@bench.example", is_admin=True) for name in ("one", "two")
    )
    figures: dict[str, float] = {}
    made = _killed(MAKE, lambda: Payout.objects.count() > WORKERS // 3)
    started = time.perf_counter()
    rest = payouts.run_due()["made"]
    figures["payouts_made_per_second"] = rest / (time.perf_counter() - started)
    assert Payout.objects.count() == WORKERS, "every worker has one payout, whenever the process was killed"

    drafted, figures["payouts_draft_seconds"] = _timed(lambda: runs.draft(gateway="bank", actor=first))
    _, figures["payouts_file_seconds"] = _timed(lambda: runs.release(run=drafted, actor=first))
    _, figures["payouts_release_seconds"] = _timed(lambda: runs.release(run=drafted, actor=second))
    figures["payouts_file_megabytes"] = len(runs.content_of(drafted)) / 1e6

    _told_by_the_bank(drafted, first)
    left = _killed(BOOK, lambda: Payout.objects.filter(state="paid").count() > WORKERS // 3)
    started = time.perf_counter()
    settled = run_books.go_on()["settled"]
    figures["payouts_booked_per_second"] = settled / (time.perf_counter() - started)
    assert Payout.objects.filter(state="paid").count() == WORKERS
    assert PayoutRun.objects.get().state == "booked"
    found, figures["payouts_checks_seconds"] = _timed(checks.broken)
    assert not found, [(check.name, check.ids[:3]) for check in found]
    figures["payouts_peak_megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    _print(figures, made, rest, left, settled)
    return figures


def _print(figures: dict[str, float], made: int, rest: int, left: int, settled: int) -> None:
    ground.table(
        ("step", "figure"),
        [
            ("made before the process was killed", f"{made}"),
            ("made by the next", f"{rest}, {figures['payouts_made_per_second']:.0f}/s"),
            ("draft", f"{figures['payouts_draft_seconds']:.2f} s"),
            (
                f"file of {figures['payouts_file_megabytes']:.1f} MB, checked by XSD",
                f"{figures['payouts_file_seconds']:.1f} s",
            ),
            ("second release", f"{figures['payouts_release_seconds']:.2f} s"),
            ("booked before the process was killed", f"{left}"),
            ("booked by the next", f"{settled}, {figures['payouts_booked_per_second']:.0f}/s"),
            ("all checks of the books", f"{figures['payouts_checks_seconds']:.2f} s"),
            ("peak memory", f"{figures['payouts_peak_megabytes']:.0f} MB"),
        ],
    )  # fmt: skip


def _timed(work: Any) -> tuple[Any, float]:
    started = time.perf_counter()
    result = work()
    return result, time.perf_counter() - started


def _people() -> None:
    """Workers with bank details and something due, written in sets."""
    from django.db import transaction

    from marketplace.base.models import User
    from payments.models import AccountKind, Payee
    from payments.services import iban, ledger

    made = User.objects.bulk_create(
        [User(email=f"payee_{number}@bench.example", works=True) for number in range(WORKERS)],
        batch_size=2_000,
    )
    Payee.objects.bulk_create(
        [
            Payee(
                user=user, legal_name=f"Worker {place}", address=f"{place} rue des Lilas", town="Lyon",
                postcode="69003",
                country="FR", tax_residence="FR", account_holder=f"Wörker Nº {place}",
                iban=iban.make("FR", f"2004101005{place:013d}"),
            )
            for place, user in enumerate(made)
        ],
        batch_size=2_000,
    )  # fmt: skip
    with transaction.atomic():
        payable = ledger.accounts_of_users(AccountKind.WORKER_PAYABLE, [user.pk for user in made])
        suspense = ledger.account(AccountKind.SUSPENSE).pk
        ledger.post_set(
            "bench_due",
            [(f"due:{user.pk}", [(suspense, -DUE), (payable[user.pk], DUE)]) for user in made],
        )


def _killed(code: str, when: Any) -> int:
    """Run code in a process of its own and kill it once `when` holds; how many payouts were done by then."""
    from payments.models import Payout

    child = subprocess.Popen([sys.executable, "-c", f"import django; django.setup(); {code}"])
    while child.poll() is None and not when():
        time.sleep(0.02)
    child.kill()
    child.wait()
    paid = Payout.objects.filter(state="paid").count()
    return paid or Payout.objects.count()


def _told_by_the_bank(run: Any, actor: Any) -> None:
    """The statement in which the bank took the file, read but for the payouts in it."""
    from payments.gateways import bank
    from payments.services import run_files, statements_in

    euros, day = run.amount_micros // 1_000_000, dt.date(2026, 11, 23)
    balances = "".join(
        f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{amount}.00</Amt>'
        f"<CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>"
        for code, amount in (("OPBD", euros), ("CLBD", 0))
    )
    told = (
        '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><Stmt><Id>1</Id>'
        f"<Acct><Id><IBAN>{bank.account().iban}</IBAN></Id></Acct>{balances}"
        f'<Ntry><Amt Ccy="EUR">{euros}.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>'
        f"<BookgDt><Dt>{day}</Dt></BookgDt><AcctSvcrRef>R1</AcctSvcrRef>"
        f"<NtryDtls><Btch><MsgId>{run_files.carried(run.public_id)}</MsgId></Btch></NtryDtls></Ntry>"
        "</Stmt></BkToCstmrStmt></Document>"
    )
    wait, statements_in.AT_ONCE = statements_in.AT_ONCE, 0
    try:
        statements_in.read(io.BytesIO(told.encode()), actor=actor)
    finally:
        statements_in.AT_ONCE = wait
