"""Money set aside, approvals, fees, top-ups, appeals won: who has what afterwards."""

from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from payments.errors import InsufficientFunds, NotSetAside
from payments.models import AccountKind, Cap, Entry, Transaction
from payments.selectors import funds, statement
from payments.services import cap, checks, debts, earnings, holdings, ledger
from payments.services.earnings import Approved
from tests.payments_helpers import EUR, approve, fund

BATCH = "bat_one"


@pytest.fixture
def batch(atelier):
    """100 € of funds, 50 € of them set aside for the batch."""
    fund(atelier, 100 * EUR)
    set_aside(atelier, 50 * EUR)
    return BATCH


def set_aside(organisation, micros, reference="bat_one:publish"):
    with transaction.atomic():
        return holdings.set_aside(
            organisation=organisation, batch_ref=BATCH, amount_micros=micros, reference=reference, actor=None
        )


def give_back(organisation, micros, reference="bat_one:close"):
    with transaction.atomic():
        return holdings.give_back(
            organisation=organisation, batch_ref=BATCH, amount_micros=micros, reference=reference
        )


def reserve(worker, micros):
    assert cap.reserve(worker_id=worker.pk, cap_year=2026, amount_micros=micros)


def payable(worker):
    return ledger.balance(ledger.account(AccountKind.WORKER_PAYABLE, user=worker))


def wrong_in_the_books():
    return [(check.name, check.ids) for check in checks.broken()]


class TestSettingAside:
    def test_money_moves_from_the_funds_to_the_batch(self, atelier, batch):
        assert (holdings.available(atelier), holdings.held(BATCH)) == (50 * EUR, 50 * EUR)
        assert funds(atelier).by_batch == {BATCH: 50 * EUR}

    def test_p4_less_than_the_price_is_refused_and_says_what_is_missing(self, atelier, batch):
        with pytest.raises(InsufficientFunds) as refusal:
            set_aside(atelier, 50 * EUR + 1, "more")
        assert refusal.value.code == "insufficient_funds"
        assert refusal.value.missing_micros == 1
        assert "Add €0.01" in refusal.value.message, "a person adds whole cents"
        assert set_aside(atelier, 50 * EUR, "more")

    def test_an_organisation_without_funds_has_nothing_to_set_aside(self, atelier):
        assert holdings.available(atelier) == 0
        with pytest.raises(InsufficientFunds):
            set_aside(atelier, 1)

    def test_the_same_reason_moves_money_once_even_when_the_funds_are_used_up(self, atelier, batch):
        assert set_aside(atelier, 50 * EUR, "more")
        assert holdings.available(atelier) == 0
        assert set_aside(atelier, 50 * EUR, "more") is False
        assert holdings.held(BATCH) == 100 * EUR

    def test_what_nothing_holds_any_more_goes_back_once(self, atelier, batch):
        assert give_back(atelier, 50 * EUR)
        assert give_back(atelier, 50 * EUR) is False
        assert (holdings.available(atelier), holdings.held(BATCH)) == (100 * EUR, 0)

    def test_more_than_is_held_never_goes_back(self, atelier, batch):
        with pytest.raises(NotSetAside):
            give_back(atelier, 50 * EUR + 1)

    def test_nothing_is_nothing_and_negative_amounts_are_faults(self, atelier, batch):
        assert set_aside(atelier, 0, "x") is False
        assert give_back(atelier, 0) is False
        with pytest.raises(ValueError):
            set_aside(atelier, -1, "x")
        with pytest.raises(ValueError):
            give_back(atelier, -1)

    def test_the_statement_tells_every_movement(self, atelier, batch):
        give_back(atelier, EUR)
        lines = [(line.kind, line.micros) for line in statement(atelier)]
        assert lines == [("give_back", EUR), ("set_aside", -50 * EUR), ("suspense_in", 100 * EUR)]


class TestApproval:
    def items(self, *workers, micros=EUR):
        return [Approved(f"asg_{n}", worker.pk, micros, 2026) for n, worker in enumerate(workers)]

    def test_a_set_pays_each_worker_and_recognises_the_fee_once(self, atelier, batch, bob, bea):
        for worker in (bob, bob, bea):
            reserve(worker, EUR)
        paid = approve(
            atelier, BATCH, self.items(bob, bob, bea), fee_micros=600_001, vat_micros=120_000,
            help_rate=Decimal("0.05"), fees_reference="bat_one:1",
        )  # fmt: skip
        assert paid == 3
        assert (payable(bob), payable(bea)) == (2 * EUR, EUR)
        assert holdings.held(BATCH) == 50 * EUR - 3 * EUR - 720_001
        assert ledger.total(AccountKind.HELP_FUND) == 30_000
        assert ledger.total(AccountKind.PLATFORM_FEES) == 570_001
        assert ledger.total(AccountKind.VAT_DUE) == 120_000
        assert Cap.objects.get(user=bob).earned_micros == 2 * EUR
        assert Cap.objects.get(user=bob).reserved_micros == 0
        assert wrong_in_the_books() == []

    def test_the_same_set_again_changes_nothing(self, atelier, batch, bob):
        reserve(bob, EUR)
        rest = {"fee_micros": 200_000, "vat_micros": 40_000, "help_rate": Decimal("0.05")}
        assert approve(atelier, BATCH, self.items(bob), **rest) == 1
        before = Entry.objects.count()
        assert approve(atelier, BATCH, self.items(bob), **rest) == 0
        assert Entry.objects.count() == before
        assert payable(bob) == EUR

    def test_a_set_of_which_a_part_was_paid_before_is_a_fault(self, atelier, batch, bob, bea):
        reserve(bob, EUR)
        reserve(bea, EUR)
        approve(atelier, BATCH, self.items(bob))
        with pytest.raises(earnings.AlreadyPaid), transaction.atomic():
            approve(atelier, BATCH, self.items(bob, bea))
        assert payable(bea) == 0

    def test_more_than_is_set_aside_is_refused(self, atelier, batch, bob):
        reserve(bob, 51 * EUR)
        with pytest.raises(NotSetAside), transaction.atomic():
            approve(atelier, BATCH, self.items(bob, micros=51 * EUR))
        with pytest.raises(NotSetAside), transaction.atomic():
            approve(atelier, BATCH, self.items(bob, micros=50 * EUR), fee_micros=1)

    def test_work_that_was_not_reserved_is_not_approved(self, atelier, batch, bob):
        with pytest.raises((IntegrityError, LookupError)), transaction.atomic():
            approve(atelier, BATCH, self.items(bob))
        assert payable(bob) == 0

    def test_each_year_has_its_own_cap(self, atelier, batch, bob):
        reserve(bob, EUR)
        assert cap.reserve(worker_id=bob.pk, cap_year=2027, amount_micros=2 * EUR)
        approve(
            atelier, BATCH, [Approved("asg_0", bob.pk, EUR, 2026), Approved("asg_1", bob.pk, 2 * EUR, 2027)]
        )
        assert Cap.objects.get(user=bob, year=2026).earned_micros == EUR
        assert Cap.objects.get(user=bob, year=2027).earned_micros == 2 * EUR
        assert wrong_in_the_books() == []

    def test_an_empty_set_is_nothing(self, atelier, batch):
        assert approve(atelier, BATCH, []) == 0


class TestTopUps:
    def test_a_top_up_comes_from_what_is_held_then_from_us_and_counts_as_extra(self, atelier, batch, bob):
        parts = [(earnings.holding(BATCH), 30_000), (earnings.shortfall_of(atelier), 20_000)]
        for new in (True, False):
            with transaction.atomic():
                paid = earnings.top_up(
                    reference="asg_1:topup:1", worker_id=bob.pk, cap_year=2026, parts=parts
                )
            assert paid is new
        assert payable(bob) == 50_000
        assert Cap.objects.get(user=bob).extra_micros == 50_000
        assert holdings.held(BATCH) == 50 * EUR - 30_000
        assert debts.owed(atelier) == 20_000 == funds(atelier).owed
        assert wrong_in_the_books() == []

    def test_a_set_of_top_ups_is_one_posting_each(self, atelier, batch, bob, bea):
        source = earnings.holding(BATCH)
        items = [
            earnings.Extra("asg_1:topup:1", bob.pk, 2026, [(source, 10)]),
            earnings.Extra("asg_2:topup:1", bea.pk, 2026, [(source, 20)]),
        ]
        assert earnings.top_up_set(items[:1]) == {"asg_1:topup:1"}
        assert earnings.top_up_set(items) == {"asg_2:topup:1"}
        assert (payable(bob), payable(bea)) == (10, 20)

    def test_more_than_the_batch_holds_is_refused(self, atelier, batch, bob):
        parts = [(earnings.holding(BATCH), 50 * EUR + 1)]
        with pytest.raises(NotSetAside):
            earnings.top_up(reference="asg_1:topup:1", worker_id=bob.pk, cap_year=2026, parts=parts)

    def test_our_own_failure_is_paid_by_us_and_is_nobodys_debt(self, atelier, batch, bob):
        parts = [(earnings.platform_costs(), 70_000)]
        assert earnings.compensate(reference="asg_9", worker_id=bob.pk, cap_year=2026, parts=parts)
        assert payable(bob) == 70_000
        assert debts.owed(atelier) == 0
        assert ledger.total(AccountKind.PLATFORM_COSTS) == -70_000
        assert wrong_in_the_books() == []

    @pytest.mark.django_db(transaction=True)
    def test_a_debt_is_repaid_whole_and_once(self, atelier, batch, bob):
        parts = [(earnings.shortfall_of(atelier), EUR)]
        with transaction.atomic():
            earnings.top_up(reference="asg_1:topup:1", worker_id=bob.pk, cap_year=2026, parts=parts)
        assert debts.repay(organisation=atelier, reference="bat_two", actor=None) == EUR
        assert debts.repay(organisation=atelier, reference="bat_two", actor=None) == 0
        assert (debts.owed(atelier), holdings.available(atelier)) == (0, 49 * EUR)

    def test_a_debt_the_funds_do_not_cover_stays(self, atelier, batch, bob):
        parts = [(earnings.shortfall_of(atelier), 51 * EUR)]
        earnings.top_up(reference="asg_1:topup:1", worker_id=bob.pk, cap_year=2026, parts=parts)
        with pytest.raises(InsufficientFunds):
            debts.repay(organisation=atelier, reference="bat_two", actor=None)
        assert debts.owed(atelier) == 51 * EUR


class TestAppealsWon:
    def won(self, atelier, worker, *, held, reserved, **rest):
        with transaction.atomic():
            return earnings.pay_late(
                organisation=atelier, batch_ref=BATCH, reference="asg_1", worker_id=worker.pk, reward_micros=EUR,
                cap_year=2026, still_held=held, still_reserved=reserved, actor=None, **rest,
            )  # fmt: skip

    def test_while_the_reward_is_held_it_and_the_fee_come_from_the_batch(self, atelier, batch, bob):
        reserve(bob, EUR)
        rest = {"fee_micros": 200_000, "vat_micros": 40_000, "help_rate": Decimal("0.05")}
        assert self.won(atelier, bob, held=True, reserved=True, **rest)
        assert not self.won(atelier, bob, held=True, reserved=True, **rest)
        assert payable(bob) == EUR
        assert holdings.held(BATCH) == 50 * EUR - 1_240_000
        assert Cap.objects.get(user=bob).earned_micros == EUR
        assert wrong_in_the_books() == []

    def test_later_we_pay_and_it_counts_as_extra(self, atelier, batch, bob):
        assert self.won(atelier, bob, held=False, reserved=False)
        assert payable(bob) == EUR
        assert holdings.held(BATCH) == 50 * EUR
        assert ledger.total(AccountKind.PLATFORM_COSTS) == -EUR
        assert Cap.objects.get(user=bob).extra_micros == EUR
        assert wrong_in_the_books() == []

    def test_c1_extra_passes_the_cap_and_then_nothing_more_can_be_claimed(
        self, atelier, batch, bob, settings
    ):
        settings.CAP_EUR = Decimal(1)
        reserve(bob, EUR)
        approve(atelier, BATCH, [Approved("asg_0", bob.pk, EUR, 2026)])
        assert self.won(atelier, bob, held=True, reserved=False)
        assert payable(bob) == 2 * EUR
        assert not cap.reserve(worker_id=bob.pk, cap_year=2026, amount_micros=1)
        assert wrong_in_the_books() == []

    def test_held_money_that_is_not_there_is_refused(self, atelier, bob):
        fund(atelier, EUR)
        set_aside(atelier, EUR - 1)
        with pytest.raises(NotSetAside):
            self.won(atelier, bob, held=True, reserved=False)


class TestSummary:
    def test_an_empty_summary(self, bob):
        summary = earnings.summary(bob)
        assert (summary.payable, summary.available, summary.paid, summary.months) == (0, 0, 0, [])

    def test_it_tells_what_is_due_reserved_and_in_which_month(self, atelier, batch, bob, clock):
        reserve(bob, 10 * EUR)
        approve(atelier, BATCH, [Approved("asg_0", bob.pk, 3 * EUR + 1, 2026)])
        earnings.top_up(
            reference="asg_0:topup:1", worker_id=bob.pk, cap_year=2026, parts=[(earnings.holding(BATCH), 5)]
        )
        summary = earnings.summary(bob)
        assert summary.payable == 3 * EUR + 6
        assert summary.available == 3 * EUR, "whole cents"
        assert summary.reserved == 7 * EUR - 1
        today = clock.now()
        assert summary.months == [earnings.Month(today.year, today.month, 3 * EUR + 1, 5, 0, 0)]

    def test_each_transaction_of_an_approval_is_named_by_its_assignment(self, atelier, batch, bob):
        reserve(bob, EUR)
        approve(atelier, BATCH, [Approved("asg_0", bob.pk, EUR, 2026)])
        assert Transaction.objects.get(kind="approval").reference == "asg_0"
