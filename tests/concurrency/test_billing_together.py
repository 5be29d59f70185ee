"""Documents and limits when many come at once: numbers without a gap, and no limit passed by two."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from marketplace.base import clock
from marketplace.base.models import Organisation
from payments.models import AccountKind, Invoice
from payments.services import checks, earnings, holdings, invoices, ledger, limits
from tests.payments_helpers import EUR, approve, cap, fund, together

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 8


def organisation(number, owner):
    from tests.personas import join

    made = Organisation.objects.create(name=f"Org {number}", country="FR")
    join(made, owner, "owner")
    return made


def earned(made, worker, number, fee=EUR):
    fund(made, 2 * EUR + fee, f"dep_{number}")
    with transaction.atomic():
        holdings.set_aside(
            organisation=made, batch_ref=f"bat_{number}", amount_micros=EUR + fee + fee // 5, reference=f"bat_{number}",
            actor=None,
        )  # fmt: skip
        cap.reserve(worker_id=worker.pk, cap_year=2026, amount_micros=EUR)
        one = earnings.Approved(f"asg_{number}", worker.pk, EUR, 2026)
        approve(made, f"bat_{number}", [one], fee_micros=fee, vat_micros=fee // 5, help_rate=Decimal(0))


def month():
    today = clock.today()
    return {"year": today.year, "month": today.month}


def test_documents_that_are_written_at_once_have_numbers_without_a_gap(alice, bob):
    customers = [organisation(number, alice) for number in range(THREADS)]
    for number, made in enumerate(customers):
        earned(made, bob, number)
    results = together(THREADS, lambda index: invoices.issue(organisation=customers[index], **month()))
    assert [len(each) for each in results] == [1] * THREADS
    assert sorted(Invoice.objects.values_list("number", flat=True)) == list(range(1, THREADS + 1))
    assert not checks.broken()


def test_the_same_month_billed_by_many_at_once_is_billed_once(atelier, bob):
    earned(atelier, bob, 0)
    results = together(THREADS, lambda index: invoices.issue(organisation=atelier, **month()))
    assert sorted(len(each) for each in results) == [0] * (THREADS - 1) + [1]
    assert Invoice.objects.get().net_micros == EUR


def test_without_the_lock_two_documents_want_one_number(alice, bob, monkeypatch):
    """The control: what the lock is for."""
    customers = [organisation(number, alice) for number in range(THREADS)]
    for number, made in enumerate(customers):
        earned(made, bob, number)
    monkeypatch.setattr(invoices, "_lock_numbers", lambda: None)
    results = together(THREADS, lambda index: invoices.issue(organisation=customers[index], **month()))
    assert any(isinstance(each, IntegrityError) for each in results)
    numbers = sorted(Invoice.objects.values_list("number", flat=True))
    assert numbers == list(range(1, len(numbers) + 1))  # SQL holds all the same


def test_credit_notes_written_at_once_never_pass_their_invoice(atelier, bob, erin):
    earned(atelier, bob, 0)
    (billed,) = invoices.issue(organisation=atelier, **month())
    results = together(
        THREADS, lambda index: invoices.credit(invoice=billed, actor=erin, net_micros=400_000, reason="why")
    )
    assert sum(isinstance(each, Invoice) for each in results) == 2
    assert invoices.left(billed)[0] == 200_000
    assert not checks.broken()


@pytest.mark.parametrize("of_batch", [True, False])
def test_a_limit_is_not_passed_by_many_at_once(atelier, alice, of_batch):
    fund(atelier, 100 * EUR)
    member = None if of_batch else alice
    limits.set_limit(organisation=atelier, actor=alice, member=member, amount_micros=3 * EUR)

    def spend(index):
        with transaction.atomic():
            return holdings.set_aside(
                organisation=atelier, batch_ref="bat_one" if of_batch else f"bat_{index}", amount_micros=EUR,
                reference=f"r{index}", actor=alice,
            )  # fmt: skip

    results = together(THREADS, spend)
    assert sum(each is True for each in results) == 3
    refused = [each for each in results if each is not True]
    assert all(isinstance(each, limits.LimitReached | limits.BatchLimitReached) for each in refused)
    assert holdings.available(atelier) == 97 * EUR
    assert ledger.total(AccountKind.BATCH_HOLDING) == 3 * EUR
