"""Workers paid through Stripe Connect: each part of a payout is one transfer, whatever happens (ADR 51)."""

import datetime as dt

import pytest

from marketplace.base import clock as house_clock
from marketplace.base.models import Notice
from payments import gateways, jobs
from payments.errors import AccountNotReady
from payments.gateways import GatewayRefused
from payments.models import (
    AccountKind,
    ConnectedAccount,
    ExternalObject,
    PartState,
    Payout,
    PayoutPart,
    PayoutState,
)
from payments.services import connected, ledger, parts, payouts, reconcile, sending, transfers
from tests.connect_market import EUR, broken
from tests.payments_helpers import fund

TRANSFERS = "/v1/transfers"


@pytest.fixture
def market(connect_market):
    return connect_market


def due(worker):
    return ledger.balance(ledger.account(AccountKind.WORKER_PAYABLE, user=worker))


def in_transit(worker):
    return ledger.balance(ledger.account(AccountKind.PAYOUT_IN_TRANSIT, user=worker))


def told(worker):
    rows = Notice.objects.filter(user=worker).exclude(kind__startswith="cap")
    return sorted(rows.values_list("kind", flat=True))


def run(payout=None):
    """Two turns of the clockwork: what is refused in the first is cut anew in the second."""
    for _ in range(2):
        sending.send_pending()
    if payout:
        payout.refresh_from_db()


def shape(payout):
    return [
        (part.deposit_id, part.amount_micros // EUR, part.state) for part in payout.parts.order_by("position")
    ]


class TestOnePayout:
    def test_it_is_one_transfer_out_of_the_charge_to_the_workers_account(self, market, bob):
        deposit = market.deposit(100)
        account = market.worker(bob)
        payout = market.payout(bob, 30)
        run(payout)
        assert payout.state == PayoutState.PAID
        [transfer] = market.world.objects("transfer")
        assert (transfer["amount"], transfer["destination"]) == (3000, account.account_ref)
        assert transfer["source_transaction"] == deposit.charge_ref
        assert transfer["transfer_group"] == payout.public_id
        assert transfer["metadata"] == {"key": f"{payout.public_id}:1"}
        assert (due(bob), in_transit(bob)) == (0, 0)
        assert told(bob) == ["account_ready", "payout_paid"]
        assert broken() == []

    def test_charges_are_used_up_oldest_first_and_a_payout_may_need_several(self, market, bob):
        first, second = market.deposit(20), market.deposit(50)
        market.worker(bob)
        payout = market.payout(bob, 30)
        run(payout)
        assert shape(payout) == [(first.pk, 20, "done"), (second.pk, 10, "done")]
        assert parts.left() == 40 * EUR
        assert market.world.effects(TRANSFERS) == 2
        assert broken() == []

    def test_sending_again_calls_nobody(self, market, bob):
        market.deposit(100)
        market.worker(bob)
        run(market.payout(bob, 30))
        before = market.world.calls(TRANSFERS)
        run()
        sending.reconcile()
        assert market.world.calls(TRANSFERS) == before == 1

    def test_what_stripe_says_moved_and_our_books_are_the_same(self, market, bob, clock):
        market.deposit(20)
        market.deposit(50)
        market.worker(bob)
        payout = market.payout(bob, 30)
        run(payout)
        market.world.client().v1.transfers.reversals.create(payout.parts.get(position=2).external_ref)
        market.hear()
        clock.forward(days=2)
        market.world.forward(days=2)
        report = reconcile.run()
        assert [str(each) for each in reconcile.open_differences()] == [] and report.ok
        kinds = ExternalObject.objects.values_list("kind", flat=True)
        assert sorted(kinds) == ["charge", "charge", "fee", "fee", "transfer", "transfer", "transfer_back"]


class TestWhereMoneyIsShort:
    def test_a_payout_waits_whole_is_told_once_and_seen_by_those_who_run_the_place(self, market, bob, bea):
        market.deposit(50)
        fund(market.organisation, 50 * EUR)  # by bank: it lies elsewhere
        market.worker(bob)
        market.worker(bea)
        big, small = market.payout(bob, 60), market.payout(bea, 10)
        run(big)
        run(small)
        assert (big.state, big.waits_for, small.state) == ("pending", "funds", "paid")
        assert parts.waiting() == {"funds": (1, 60 * EUR)}
        assert told(bob) == ["account_ready", "payout_waits_funds"]
        market.deposit(40)
        run(big)
        assert (big.state, big.waits_for, parts.waiting()) == ("paid", "", {})
        assert broken() == []

    def test_a_charge_that_holds_less_than_we_knew_is_passed_over_for_another(self, market, bob):
        first = market.deposit(30)
        market.world.client().v1.refunds.create({"charge": first.charge_ref, "amount": 2000})  # by hand
        second = market.deposit(50)
        market.worker(bob)
        payout = market.payout(bob, 25)
        run(payout)
        assert shape(payout) == [(first.pk, 25, "refused"), (second.pk, 25, "done")]
        assert payout.parts.get(position=1).failure_code == gateways.SOURCE_SHORT
        assert payout.state == PayoutState.PAID
        assert broken() == []

    def test_with_no_other_charge_it_waits_on_its_way_and_goes_on_with_the_next_deposit(self, market, bob):
        short = market.deposit(30)
        market.world.client().v1.refunds.create({"charge": short.charge_ref, "amount": 2000})
        market.worker(bob)
        payout = market.payout(bob, 25)
        run(payout)
        assert (payout.state, payout.waits_for, in_transit(bob)) == ("sent", "funds", 25 * EUR)
        assert "payout_waits_funds" in told(bob)
        assert broken() == []
        market.deposit(40)
        run(payout)
        assert (payout.state, payout.waits_for) == ("paid", "")
        assert market.world.effects(TRANSFERS) == 1
        assert broken() == []

    def test_a_charge_that_refused_rests_for_a_day_for_everybody(self, market, bob, bea):
        short = market.deposit(30)
        market.world.client().v1.refunds.create({"charge": short.charge_ref, "amount": 2900})
        market.worker(bob)
        market.worker(bea)
        payout = market.payout(bob, 10)
        run(payout)
        other = market.payout(bea, 10)
        run(other)
        assert (other.state, other.waits_for, other.parts.count()) == ("pending", "funds", 0)

    def test_a_disputed_charge_funds_nobody(self, market, bob):
        first, second = market.deposit(30), market.deposit(40)
        market.world.dispute(first.charge_ref)
        market.hear()
        market.worker(bob)
        payout = market.payout(bob, 5)
        run(payout)
        assert shape(payout) == [(second.pk, 5, "done")]


class TestAnAccountThatCanNotTakeIt:
    def test_a_payout_is_refused_before_with_a_code_and_automatic_ones_wait_and_tell_once(self, market, bob):
        market.deposit(100)
        market.worker(bob, onboarded=False)
        market.earn(bob, 30)
        with pytest.raises(AccountNotReady) as refusal:
            payouts.request(user=bob, actor=bob)
        assert refusal.value.code == "account_not_ready"
        for _ in range(2):
            assert payouts.run_due() == {"made": 0, "micros": 0, "payee_missing": 0, "account_not_ready": 1}
        assert told(bob) == ["account_wanted"]
        assert due(bob) == 30 * EUR

    def test_one_that_lost_its_capability_before_sending_waits_and_goes_on_when_it_is_back(self, market, bob):
        market.deposit(100)
        account = market.worker(bob)
        payout = market.payout(bob, 30)
        market.world.restrict(
            account.account_ref, due=["individual.verification.document"], transfers="inactive"
        )
        market.hear()
        run(payout)
        assert (payout.state, payout.waits_for) == ("pending", "account")
        assert told(bob) == ["account_lost", "account_ready", "payout_waits_account"]
        market.world.onboard(account.account_ref)
        market.hear()
        run(payout)
        assert (payout.state, payout.waits_for) == ("paid", "")
        assert market.world.effects(TRANSFERS) == 1

    def test_a_refusal_that_we_did_not_expect_gives_everything_back_and_teaches_us(self, market, bob):
        market.deposit(100)
        account = market.worker(bob)
        payout = market.payout(bob, 30)
        market.world.restrict(account.account_ref, due=["external_account"], transfers="inactive")
        run(payout)  # before any news
        assert (payout.state, payout.failure_code) == ("failed", gateways.ACCOUNT_NOT_READY)
        assert (due(bob), in_transit(bob)) == (30 * EUR, 0)
        account.refresh_from_db()
        assert not account.can_be_paid
        assert broken() == []
        market.world.onboard(account.account_ref)
        market.hear()
        assert payouts.run_due()["made"] == 1, "its account is ready again, so that the calendar pays it"

    def test_between_two_parts_what_left_is_paid_and_the_rest_is_due_again(self, market, bob, monkeypatch):
        market.deposit(20)
        market.deposit(50)
        account = market.worker(bob)
        payout = market.payout(bob, 30)
        assert parts.allocate("stripe") == 1
        first, second = payout.parts.order_by("position")
        transfers.send(first)
        market.world.restrict(account.account_ref, due=["external_account"], transfers="inactive")
        transfers.send(second)
        payout.refresh_from_db()
        assert (payout.state, payout.back_micros) == ("paid", 10 * EUR)
        assert (due(bob), in_transit(bob)) == (10 * EUR, 0)
        assert told(bob)[-2:] == ["payout_paid", "payout_part_back"]
        assert broken() == []
        market.world.onboard(account.account_ref)
        market.hear()
        run(payouts.request(user=bob, actor=bob))
        assert sum(transfer["amount"] for transfer in market.world.objects("transfer")) == 3000
        assert broken() == []

    def test_one_that_was_closed_to_us_is_known_as_gone(self, market, bob):
        account = market.worker(bob)
        market.world.deauthorize(account.account_ref)
        market.hear()
        account.refresh_from_db()
        assert (account.disabled_reason, account.can_be_paid) == (connected.GONE, False)

    def test_its_own_bank_sending_money_back_is_told_with_what_to_do_and_a_good_payout_ends_it(
        self, market, bob
    ):
        market.deposit(100)
        account = market.worker(bob)
        run(market.payout(bob, 30))
        market.world.forward(days=10)
        market.world.fail_payout(market.world.payout(account.account_ref), "account_closed")
        market.hear()
        account.refresh_from_db()
        assert (account.last_bank_failure, account.can_be_paid) == ("account_closed", False)
        assert "account_bank_failed" in told(bob)
        market.world.onboard(account.account_ref)
        market.world.pay_payout(market.world.payout(account.account_ref))
        market.hear()
        account.refresh_from_db()
        assert (account.last_bank_failure, account.can_be_paid) == ("", True)


class TestTakenBack:
    def test_the_whole_is_due_again_and_told(self, market, bob):
        market.deposit(100)
        market.worker(bob)
        payout = market.payout(bob, 30)
        run(payout)
        market.world.client().v1.transfers.reversals.create(payout.parts.get().external_ref)
        market.hear()
        payout.refresh_from_db()
        assert (payout.state, payout.back_micros, due(bob)) == ("returned", 30 * EUR, 30 * EUR)
        assert told(bob)[-1] == "payout_returned"
        assert broken() == []

    def test_one_part_of_two_leaves_the_payout_paid_but_for_it_and_its_charge_funds_again(self, market, bob):
        market.deposit(20)
        market.deposit(50)
        market.worker(bob)
        payout = market.payout(bob, 30)
        run(payout)
        market.world.client().v1.transfers.reversals.create(payout.parts.get(position=1).external_ref)
        market.hear()
        market.hear(market.news())
        payout.refresh_from_db()
        assert (payout.state, payout.back_micros, due(bob)) == ("paid", 20 * EUR, 20 * EUR)
        assert parts.left() == 60 * EUR
        assert broken() == []
        again = payouts.request(user=bob, actor=bob)
        run(again)
        assert again.state == PayoutState.PAID
        assert broken() == []


FAULTS = ["timeout_before", "timeout_after", "conflict", "rate_limit", "error_before", "error_after"]


class TestNoAnswer:
    @pytest.mark.parametrize("mode", FAULTS)
    def test_it_is_no_failure_and_in_the_end_there_is_one_transfer(self, market, bob, clock, mode):
        market.deposit(100)
        market.worker(bob)
        payout = market.payout(bob, 30)
        market.world.fault(mode, TRANSFERS, method="POST", times=1)
        run(payout)
        assert payout.state == PayoutState.SENT
        assert broken() == []
        clock.forward(minutes=5)
        sending.reconcile()
        payout.refresh_from_db()
        assert payout.state == PayoutState.PAID
        assert market.world.effects(TRANSFERS) == 1
        assert broken() == []

    def test_after_23_hours_nothing_is_sent_again_it_is_looked_for_and_then_cut_anew(
        self, market, bob, clock
    ):
        market.deposit(100)
        market.worker(bob)
        payout = market.payout(bob, 30)
        market.world.fault("error_saved", TRANSFERS, method="POST", times=1)
        run(payout)
        for hours in (1, 21):
            clock.forward(hours=hours)
            market.world.forward(hours=hours)
            sending.reconcile()
        calls = market.world.calls(TRANSFERS)
        clock.forward(hours=2)
        sending.reconcile()
        assert market.world.calls(TRANSFERS) == calls, "not under the old key"
        run(payout)
        assert payout.state == PayoutState.PAID
        assert [part.failure_code for part in payout.parts.order_by("position")] == ["never_arrived", ""]
        assert market.world.effects(TRANSFERS) == 1
        assert broken() == []

    def test_a_lost_answer_found_after_23_hours_is_no_second_transfer(self, market, bob, clock):
        market.deposit(100)
        market.worker(bob)
        payout = market.payout(bob, 30)
        market.world.fault("timeout_after", TRANSFERS, method="POST", times=1)
        run(payout)
        clock.forward(hours=30)
        market.world.forward(hours=30)
        sending.reconcile()
        payout.refresh_from_db()
        assert (payout.state, market.world.effects(TRANSFERS)) == ("paid", 1)

    def test_a_no_to_a_second_call_is_believed_only_if_the_transfer_is_not_there(
        self, market, bob, monkeypatch
    ):
        market.deposit(100)
        market.worker(bob)
        payout = market.payout(bob, 30)
        market.world.fault("timeout_after", TRANSFERS, method="POST", times=1)
        run(payout)
        part = payout.parts.get()
        PayoutPart.objects.update(tried_at=house_clock.now() - dt.timedelta(hours=1), tries=2)
        part.refresh_from_db()

        def refuse(*_args, **_rest):
            raise GatewayRefused("idempotency_error")

        monkeypatch.setattr(type(gateways.by_name("stripe")), "send_part", refuse)
        transfers._call(part, ConnectedAccount.objects.get())
        part.refresh_from_db()
        assert part.state == PartState.DONE

    def test_stripe_that_can_not_be_reached_about_an_account_changes_nothing(self, market, bob):
        account = market.worker(bob)
        market.world.fault("error_before", "/v1/accounts", times=1)
        connected.refresh(account)
        assert account.can_be_paid


def test_the_jobs_run_by_hand_and_twice(market, bob):
    market.deposit(100)
    market.worker(bob)
    market.payout(bob, 30)
    for job in (jobs.send_payouts, jobs.reconcile, jobs.look_at_accounts):
        job.by_hand()
        job.by_hand()
    assert Payout.objects.get().state == PayoutState.PAID
