"""Many at once on one row of money: exactly the allowed number get through, and without the lock they do not."""

import dataclasses
import random
import time

import pytest
from django.db import connection, transaction

from marketplace.base import clock
from payments.errors import BelowPayoutMinimum, InsufficientFunds, NotSetAside
from payments.gateways import simulated
from payments.models import Account, AccountKind, Cap, Payout, PayoutState, Transaction
from payments.services import bonuses, cap, checks, holdings, iban, ledger, payees, payouts, sending
from payments.services.earnings import Approved
from tests.payments_helpers import DETAILS, EUR, approve, earn, forget_behaviours, fund, together, without
from tests.personas import make_organisation, make_person, make_worker

pytestmark = pytest.mark.django_db(transaction=True)

THREADS, ALLOWED = 100, 75
BATCH = "bat_one"


def count(results, kind):
    return sum(isinstance(result, kind) for result in results)


def wrong_in_the_books():
    return [(check.name, check.ids) for check in checks.broken()]


class TestOneCap:
    def test_c1_a_hundred_claims_at_once_reserve_exactly_what_the_cap_allows(self, bob):
        def claim(_index):
            return cap.reserve(worker_id=bob.pk, cap_year=2026, amount_micros=EUR, cap_limit=ALLOWED * EUR)

        results = together(THREADS, claim)
        assert (results.count(True), results.count(False)) == (ALLOWED, THREADS - ALLOWED)
        assert Cap.objects.get().reserved_micros == ALLOWED * EUR

    def test_c1_of_two_at_once_on_the_last_50_cents_one_wins(self, bob):
        cap.reserve(worker_id=bob.pk, cap_year=2026, amount_micros=2_999_500_000)
        results = together(2, lambda _i: cap.reserve(worker_id=bob.pk, cap_year=2026, amount_micros=500_000))
        assert sorted(results) == [False, True]

    def test_control_looking_first_and_writing_after_lets_too_many_through(self, bob):
        Cap.objects.create(user=bob, year=2026, cap_micros=ALLOWED * EUR)

        def look_then_write(_index):
            row = Cap.objects.get()
            if row.reserved_micros + EUR > row.cap_micros:
                return False
            time.sleep(0.05)
            with connection.cursor() as cursor:
                cursor.execute("UPDATE payments_cap SET reserved_micros = reserved_micros + %s", [EUR])
            return True

        drop = "ALTER TABLE payments_cap DROP CONSTRAINT cap_holds_reserved_and_earned"
        restore = (
            "ALTER TABLE payments_cap ADD CONSTRAINT cap_holds_reserved_and_earned"
            " CHECK (cap_micros >= reserved_micros + earned_micros) NOT VALID"
        )
        with without(drop, restore):
            results = together(THREADS, look_then_write)
        assert results.count(True) > ALLOWED
        assert "cap_is_never_passed_by_claims" in {check.name for check in checks.broken()}


class TestOneOrganisationsFunds:
    def set_aside(self, organisation, index):
        with transaction.atomic():
            return holdings.set_aside(
                organisation=organisation,
                batch_ref=BATCH,
                amount_micros=EUR,
                reference=f"{BATCH}:{index}",
                actor=None,
            )

    def test_p4_a_hundred_at_once_set_aside_exactly_what_is_there(self, atelier):
        fund(atelier, ALLOWED * EUR)
        results = together(THREADS, lambda index: self.set_aside(atelier, index))
        assert (results.count(True), count(results, InsufficientFunds)) == (ALLOWED, THREADS - ALLOWED)
        assert (holdings.available(atelier), holdings.held(BATCH)) == (0, ALLOWED * EUR)
        assert wrong_in_the_books() == []

    def test_control_without_the_lock_the_constraint_alone_stands_and_without_both_money_is_made(
        self, atelier, monkeypatch
    ):
        fund(atelier, ALLOWED * EUR)

        def look(accounts):
            rows = Account.objects.filter(pk__in=[getattr(a, "pk", a) for a in accounts])
            seen = dict(rows.values_list("pk", "balance"))
            time.sleep(0.05)
            return seen

        monkeypatch.setattr(ledger, "lock", look)
        drop = "ALTER TABLE payments_account DROP CONSTRAINT account_balance_never_below_zero"
        restore = (
            "ALTER TABLE payments_account ADD CONSTRAINT account_balance_never_below_zero"
            " CHECK (balance >= 0) NOT VALID"
        )
        with without(drop, restore):
            results = together(THREADS, lambda index: self.set_aside(atelier, index))
        assert results.count(True) > ALLOWED
        assert holdings.available(atelier) < 0
        assert "ledger_balances_are_never_negative" in {check.name for check in checks.broken()}


class TestOneBatchsHolding:
    def test_a_hundred_approvals_at_once_pay_exactly_what_is_set_aside(self, atelier, bob, bea):
        fund(atelier, ALLOWED * EUR)
        with transaction.atomic():
            holdings.set_aside(
                organisation=atelier,
                batch_ref=BATCH,
                amount_micros=ALLOWED * EUR,
                reference=BATCH,
                actor=None,
            )
        for worker in (bob, bea):
            cap.reserve(worker_id=worker.pk, cap_year=2026, amount_micros=THREADS * EUR)

        def pay(index):
            item = Approved(f"asg_{index}", (bob, bea)[index % 2].pk, EUR, 2026)
            with transaction.atomic():
                return approve(atelier, BATCH, [item])

        results = together(THREADS, pay)
        assert (results.count(1), count(results, NotSetAside)) == (ALLOWED, THREADS - ALLOWED)
        assert holdings.held(BATCH) == 0
        assert ledger.total(AccountKind.WORKER_PAYABLE) == ALLOWED * EUR
        assert wrong_in_the_books() == []

    def test_the_same_work_approved_by_many_at_once_is_paid_once(self, atelier, bob):
        fund(atelier, 10 * EUR)
        with transaction.atomic():
            holdings.set_aside(
                organisation=atelier, batch_ref=BATCH, amount_micros=10 * EUR, reference=BATCH, actor=None
            )
        cap.reserve(worker_id=bob.pk, cap_year=2026, amount_micros=10 * EUR)

        def pay(_index):
            with transaction.atomic():
                return approve(
                    atelier, BATCH, [Approved("asg_1", bob.pk, EUR, 2026)], fee_micros=10, vat_micros=2
                )

        assert sorted(together(30, pay)) == [0] * 29 + [1]
        assert holdings.held(BATCH) == 9 * EUR - 12
        assert wrong_in_the_books() == []


class TestTheLedger:
    def test_one_fact_posted_by_many_at_once_is_written_once(self, atelier, bob):
        fund(atelier, 100 * EUR)
        funds = ledger.account(AccountKind.ORGANISATION_AVAILABLE, organisation=atelier)
        payable = ledger.account(AccountKind.WORKER_PAYABLE, user=bob)

        def post(_index):
            with transaction.atomic():
                return ledger.post("test", "one", [(funds, -EUR), (payable, EUR)])

        assert sorted(together(50, post)) == [False] * 49 + [True]
        assert Transaction.objects.filter(kind="test").count() == 1

    def test_one_account_asked_for_by_many_at_once_is_made_once(self, bob):
        def make(_index):
            return ledger.account(AccountKind.WORKER_PAYABLE, user=bob).pk

        assert len(set(together(50, make))) == 1

    def test_sets_that_share_accounts_in_any_order_never_wait_for_each_other(self, alice):
        """Each thread moves money between random accounts, in random order, many times: no deadlock."""
        ids = []
        for n in range(6):
            organisation = make_organisation(f"o{n}", owner=alice)
            fund(organisation, 100 * EUR, f"dep_{n}")
            ids.append(ledger.account(AccountKind.ORGANISATION_AVAILABLE, organisation=organisation))

        def move(index):
            chance = random.Random(index)
            for turn in range(20):
                pairs = [chance.sample(ids, 2) for _ in range(3)]
                items = [(f"{index}:{turn}:{n}", [(a, -1), (b, 1)]) for n, (a, b) in enumerate(pairs)]
                with transaction.atomic():
                    ledger.post_set("test", items)
            return "done"

        assert together(8, move) == ["done"] * 8
        assert ledger.total(AccountKind.ORGANISATION_AVAILABLE) == 600 * EUR
        assert wrong_in_the_books() == []


class TestPayouts:
    @pytest.fixture
    def paid_worker(self, bob, atelier):
        forget_behaviours()
        payees.save(user=bob, details=DETAILS, actor=bob)
        earn(bob, 30 * EUR, atelier, reference="asg_1")
        return bob

    def test_many_requests_at_once_make_one_payout(self, paid_worker):
        results = together(20, lambda _i: payouts.request(user=paid_worker, actor=paid_worker))
        assert (count(results, Payout), count(results, BelowPayoutMinimum)) == (1, 19)
        assert wrong_in_the_books() == []

    def test_jobs_at_once_make_and_send_each_payout_once(self, paid_worker):
        together(6, lambda _i: payouts.run_due())
        payout = Payout.objects.get()
        together(6, lambda _i: sending.send_pending())
        together(6, lambda _i: sending.reconcile())
        payout.refresh_from_db()
        assert payout.state == PayoutState.PAID
        assert simulated.calls("payout", payout.key) == 1
        assert Transaction.objects.filter(kind="payout_paid").count() == 1

    def test_a_hold_and_a_send_at_once_one_wins(self, paid_worker, dana):
        payout = payouts.request(user=paid_worker, actor=paid_worker)

        def act(index):
            row = Payout.objects.get(pk=payout.pk)
            if index:
                return sending.send(row).state
            return payouts.hold(payout=row, actor=dana, reason="Look at it.").state

        results = together(2, act)
        assert sum(isinstance(result, str) for result in results) == 1
        payout.refresh_from_db()
        assert simulated.calls("payout", payout.key) == (payout.state != PayoutState.HELD)

    def test_new_details_and_a_request_at_once_never_send_what_is_asked_for(self, paid_worker):
        other = dataclasses.replace(DETAILS, iban=iban.make("FR", "30004000031234567890143"))

        def act(index):
            if index:
                return payouts.request(user=paid_worker, actor=paid_worker).pk
            return payees.save(user=paid_worker, details=other, actor=paid_worker).pk

        assert not [result for result in together(2, act) if isinstance(result, Exception)]
        assert Payout.objects.get().state == PayoutState.HELD

    def test_new_details_and_a_send_at_once_hold_it_or_send_it_to_the_old_account(
        self, paid_worker, monkeypatch
    ):
        sent_to = []
        call = simulated.Simulated.send_payout

        def watched(self, *, key, amount_micros, destination):
            sent_to.append(destination.iban)
            return call(self, key=key, amount_micros=amount_micros, destination=destination)

        monkeypatch.setattr(simulated.Simulated, "send_payout", watched)
        other = dataclasses.replace(DETAILS, iban=iban.make("FR", "30004000031234567890143"))
        payout = payouts.request(user=paid_worker, actor=paid_worker)

        def act(index):
            if index:
                return sending.send(Payout.objects.get(pk=payout.pk)).state
            return payees.save(user=paid_worker, details=other, actor=paid_worker).pk

        together(2, act)
        payout.refresh_from_db()
        assert sent_to == ([] if payout.state == PayoutState.HELD else [DETAILS.iban])


class TestBonuses:
    def test_c1_many_bonuses_at_once_never_pass_the_cap_and_the_same_list_is_given_once(
        self, bob, alice, atelier
    ):
        fund(atelier, 500 * EUR)
        assert cap.reserve(worker_id=bob.pk, cap_year=clock.year_of(clock.now()), amount_micros=2900 * EUR)

        def line(key):
            return bonuses.Line(1, key, 1, bob.pk, "bat_1", 20 * EUR, "So")

        def give(index):
            return bonuses.give(organisation=atelier, actor=alice, lines=[line(f"list {index // 2}")])

        results = together(20, give)
        assert not [result for result in results if isinstance(result, Exception)]
        assert sum(len(result.bonuses) for result in results) == 5, (
            "each list twice at once, and the cap holds five"
        )
        assert Cap.objects.get().earned_micros == 100 * EUR
        assert wrong_in_the_books() == []

    def test_two_organisations_to_the_same_people_in_any_order_never_wait_for_each_other(
        self, alice, atelier
    ):
        other = make_organisation("Another", owner=make_person("olga"))
        workers = [make_worker(f"w{n}") for n in range(5)]
        for organisation, name in ((atelier, "dep_1"), (other, "dep_2")):
            fund(organisation, 500 * EUR, name)

        def give(index):
            order = workers if index % 2 else workers[::-1]
            lines = [
                bonuses.Line(place, f"list {index}", place, worker.pk, "bat_1", EUR, "So")
                for place, worker in enumerate(order, start=1)
            ]
            return bonuses.give(organisation=(atelier, other)[index % 2], actor=alice, lines=lines)

        results = together(8, give)
        assert [len(getattr(result, "bonuses", [])) for result in results] == [5] * 8, results
        assert wrong_in_the_books() == []
