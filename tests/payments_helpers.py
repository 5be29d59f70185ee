"""What the tests of money share: organisations with funds, workers with bank details, threads that start together."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from marketplace.base.models import Organisation, User
from payments.models import AccountKind
from payments.services import cap, earnings, iban, ledger, payees

EUR = 1_000_000
DETAILS = payees.Details(
    legal_name="Bob Martin",
    address="3 rue des Lilas",
    town="Lyon",
    postcode="69003",
    country="FR",
    tax_residence="FR",
    tin="",
    account_holder="Bob Martin",
    iban=iban.make("FR", "20041010050500013M02606"),
)


def fund(organisation: Organisation, micros: int, reference: str = "dep_test") -> None:
    """Give an organisation funds, as a settled deposit would."""
    with transaction.atomic():
        funds = ledger.account(AccountKind.ORGANISATION_AVAILABLE, organisation=organisation)
        ledger.post(
            "suspense_in", reference, [(ledger.account(AccountKind.SUSPENSE), -micros), (funds, micros)]
        )


def earn(worker: User, micros: int, organisation: Organisation, *, reference: str, year: int = 2026) -> None:
    """Let a worker earn `micros` the way an approval pays: set aside, reserved, approved."""
    from payments.services import holdings

    batch = f"bat_{reference}"
    fund(organisation, micros, f"dep_{reference}")
    with transaction.atomic():
        holdings.set_aside(
            organisation=organisation, batch_ref=batch, amount_micros=micros, reference=batch, actor=None
        )
        assert cap.reserve(worker_id=worker.pk, cap_year=year, amount_micros=micros)
        approve(organisation, batch, [earnings.Approved(reference, worker.pk, micros, year)])


def approve(organisation: Organisation, batch: str, items: list[earnings.Approved], **rest: Any) -> int:
    values: dict[str, Any] = {
        "fee_micros": 0, "vat_micros": 0, "fees_reference": f"{batch}:fees", "actor": None, "help_rate": 0,
    } | rest  # fmt: skip
    return earnings.approve_set(organisation=organisation, batch_ref=batch, items=items, **values)


def together(number: int, work: Callable[[int], Any]) -> list[Any]:
    """Run `work(i)` in `number` threads that start at once; results or exceptions, in order of i.

    Each thread has its own connection and closes it.
    """
    results: list[Any] = [None] * number
    gate = threading.Barrier(number)

    def run(index: int) -> None:
        try:
            connection.ensure_connection()
            gate.wait()
            results[index] = work(index)
        except Exception as error:
            results[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@contextmanager
def without(drop: str, restore: str) -> Iterator[None]:
    """Run with one rule of the database taken away, as the owner; the rule comes back without looking at old rows."""
    with connection.cursor() as cursor:
        cursor.execute(drop)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(restore)


def forget_behaviours() -> None:
    """The simulated gateway writes outside our transactions, so what a test told it outlives the rollback."""
    from payments.gateways import simulated

    with simulated._outside() as cursor:
        cursor.execute("DELETE FROM payments_simulatedbehaviour")
        cursor.execute("DELETE FROM payments_simulatedobject")
