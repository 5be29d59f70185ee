"""Payouts: made once, sent once, followed whatever the gateway does (charter P12, C2, M2)."""

import datetime as dt
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from marketplace.base import clock as house_clock
from marketplace.base import switches
from marketplace.base.errors import Invalid, Lost, SwitchedOff
from marketplace.base.models import AuditEvent, Notice, OutboxEvent
from payments import jobs
from payments.errors import BelowPayoutMinimum, PayeeMissing, WaitsForNewYear
from payments.gateways import GatewayRefused, Simulated, simulated
from payments.models import AccountKind, Payee, Payout, PayoutState
from payments.services import checks, earnings, events, ledger, payees, payouts, sending
from tests.payments_helpers import DETAILS, EUR, earn, forget_behaviours


@pytest.fixture(autouse=True)
def gateway(db):
    forget_behaviours()
    yield
    forget_behaviours()


@pytest.fixture
def paid_worker(bob, atelier):
    """Bob, with bank details and 30.005 € due."""
    payees.save(user=bob, details=DETAILS, actor=bob)
    earn(bob, 30 * EUR + 5_000, atelier, reference="asg_1")
    return bob


def balances(worker):
    kinds = (AccountKind.WORKER_PAYABLE, AccountKind.PAYOUT_IN_TRANSIT)
    return tuple(ledger.balance(ledger.account(kind, user=worker)) for kind in kinds)


def wrong_in_the_books():
    return [(check.name, check.ids) for check in checks.broken()]


def kinds_told(worker):
    return sorted(
        Notice.objects.filter(user=worker, kind__startswith="payout").values_list("kind", flat=True)
    )


class TestAsking:
    def test_p12_a_payout_takes_all_that_is_due_in_whole_cents(self, paid_worker):
        payout = payouts.request(user=paid_worker, actor=paid_worker)
        assert (payout.amount_micros, payout.state, payout.asked_by) == (30 * EUR, "pending", "worker")
        assert balances(paid_worker) == (5_000, 30 * EUR)
        assert wrong_in_the_books() == []

    def test_p12_under_five_euros_there_is_none_and_at_five_there_is(self, bob, atelier):
        payees.save(user=bob, details=DETAILS, actor=bob)
        earn(bob, 4_990_000, atelier, reference="asg_1")
        with pytest.raises(BelowPayoutMinimum) as refusal:
            payouts.request(user=bob, actor=bob)
        assert "€4.99" in refusal.value.message
        earn(bob, 10_000, atelier, reference="asg_2")
        assert payouts.request(user=bob, actor=bob).amount_micros == 5 * EUR

    def test_twice_in_a_row_the_second_finds_nothing(self, paid_worker):
        payouts.request(user=paid_worker, actor=paid_worker)
        with pytest.raises(BelowPayoutMinimum):
            payouts.request(user=paid_worker, actor=paid_worker)

    def test_without_bank_details_there_is_none(self, bob, atelier):
        earn(bob, 30 * EUR, atelier, reference="asg_1")
        with pytest.raises(PayeeMissing) as refusal:
            payouts.request(user=bob, actor=bob)
        assert refusal.value.code == "payee_missing"

    def test_the_switch_stops_asking_and_sending(self, paid_worker, erin):
        payout = payouts.request(user=paid_worker, actor=paid_worker)
        switches.turn("payouts", on=False, actor=erin, reason="test")
        with pytest.raises(SwitchedOff):
            payouts.request(user=paid_worker, actor=paid_worker)
        assert payouts.run_due()["made"] == 0
        assert sending.send_pending()["sent"] == 0
        payout.refresh_from_db()
        assert payout.state == PayoutState.PENDING


class TestC2WhatPassesTheCap:
    def test_c2_it_waits_until_january_visible_and_dated_and_is_then_paid(self, paid_worker, settings, clock):
        settings.CAP_EUR = Decimal("30.01")
        source = [(earnings.platform_costs(), 40 * EUR)]
        earnings.compensate(reference="asg_2", worker_id=paid_worker.pk, cap_year=2026, parts=source)
        from payments.models import Cap

        assert Cap.objects.get().cap_micros == 3000 * EUR, "a lowered setting does not touch an open year"
        # A year that was opened under the lower cap:
        clock.set(dt.datetime(2027, 6, 1, tzinfo=dt.UTC))
        earnings.compensate(reference="asg_3", worker_id=paid_worker.pk, cap_year=2027, parts=source)
        summary = earnings.summary(paid_worker)
        assert summary.payable == 110 * EUR + 5_000
        assert summary.withheld_until_january == 9_990_000
        assert summary.withheld_until == house_clock.year_start(2028)
        assert payouts.request(user=paid_worker, actor=paid_worker).amount_micros == 100_010_000
        with pytest.raises(WaitsForNewYear) as refusal:
            payouts.request(user=paid_worker, actor=paid_worker)
        assert "2028-01-01" in refusal.value.message
        clock.set(dt.datetime(2027, 12, 31, 23, 59, tzinfo=house_clock.BOOKS))
        assert payouts.run_due()["made"] == 0
        clock.set(dt.datetime(2028, 1, 1, 0, 1, tzinfo=house_clock.BOOKS))
        assert payouts.run_due()["micros"] == 9_990_000
        assert wrong_in_the_books() == []


class TestTheCalendar:
    def test_from_the_automatic_threshold_on_nobody_has_to_ask(self, paid_worker):
        assert payouts.run_due() == {"made": 1, "micros": 30 * EUR, "payee_missing": 0}
        assert payouts.run_due()["made"] == 0
        assert Payout.objects.get().asked_by == "clock"

    def test_p12_smaller_sums_are_paid_once_a_month(self, paid_worker, atelier, clock):
        clock.set(dt.datetime(2027, 3, 10, 12, tzinfo=dt.UTC))
        payouts.run_due()
        earn(paid_worker, 6 * EUR, atelier, reference="asg_2")
        assert payouts.run_due()["made"] == 0, "there was one this month"
        clock.set(dt.datetime(2027, 4, 1, 0, 1, tzinfo=house_clock.BOOKS))
        assert payouts.run_due()["micros"] == 6 * EUR

    def test_under_the_minimum_it_waits(self, bob, atelier):
        payees.save(user=bob, details=DETAILS, actor=bob)
        earn(bob, 4_999_999, atelier, reference="asg_1")
        assert payouts.run_due()["made"] == 0

    def test_who_gave_no_bank_details_is_told_once_a_month_and_loses_nothing(self, bob, atelier):
        earn(bob, 30 * EUR, atelier, reference="asg_1")
        for _ in range(2):
            assert payouts.run_due() == {"made": 0, "micros": 0, "payee_missing": 1}
        assert Notice.objects.filter(user=bob, kind="payee_missing").count() == 1
        assert balances(bob) == (30 * EUR, 0)

    def test_after_a_refusal_of_the_bank_it_waits_for_new_details(self, paid_worker):
        simulated.behave("payout", simulated.REFUSE)
        payouts.run_due()
        sending.send_pending()
        assert payouts.run_due()["made"] == 0, "the same account would refuse again"
        payees.save(user=paid_worker, details=DETAILS, actor=paid_worker)
        assert payouts.run_due()["made"] == 1


class TestSending:
    def send(self, worker, behaviour=None):
        payout = payouts.request(user=worker, actor=worker)
        if behaviour:
            simulated.behave("payout", behaviour, key=payout.key)
        sending.send_pending()
        payout.refresh_from_db()
        return payout

    def test_a_payout_that_arrives_leaves_the_books(self, paid_worker):
        payout = self.send(paid_worker)
        assert payout.state == PayoutState.PAID
        assert balances(paid_worker) == (5_000, 0)
        assert (
            ledger.total(AccountKind.GATEWAY_CLEARING) == 30 * EUR
        )  # no deposit came through it in this test
        assert kinds_told(paid_worker) == ["payout_paid"]
        assert earnings.summary(paid_worker).paid == 30 * EUR

    def test_sending_again_calls_nobody(self, paid_worker):
        payout = self.send(paid_worker)
        sending.send_pending()
        sending.reconcile()
        with pytest.raises(Lost):
            sending.send(payout)
        assert simulated.calls("payout", payout.key) == 1

    @pytest.mark.parametrize("behaviour", [simulated.REFUSE, simulated.FAIL])
    def test_a_refusal_gives_everything_back_by_new_entries(self, paid_worker, behaviour):
        payout = self.send(paid_worker, behaviour)
        assert payout.state == PayoutState.FAILED
        assert payout.failure_code
        assert balances(paid_worker) == (30 * EUR + 5_000, 0)
        assert kinds_told(paid_worker) == ["payout_failed"]
        assert payouts.request(user=paid_worker, actor=paid_worker).amount_micros == 30 * EUR
        assert wrong_but_for_the_gateway() == []

    def test_a_timeout_after_it_was_done_is_never_a_failure(self, paid_worker):
        payout = self.send(paid_worker, simulated.TIMEOUT_AFTER)
        assert payout.state == PayoutState.SENT
        assert balances(paid_worker) == (5_000, 30 * EUR)
        sending.reconcile()
        payout.refresh_from_db()
        assert payout.state == PayoutState.PAID
        assert simulated.calls("payout", payout.key) == 1

    def test_a_timeout_before_it_was_done_is_sent_again_under_the_same_key(self, paid_worker, clock):
        payout = self.send(paid_worker, simulated.TIMEOUT_BEFORE)
        assert payout.state == PayoutState.SENT
        sending.reconcile()
        payout.refresh_from_db()
        assert payout.state == PayoutState.SENT, "the first call may still be under way"
        clock.forward(minutes=5)
        sending.reconcile()
        payout.refresh_from_db()
        assert (payout.state, payout.tries) == (PayoutState.PAID, 2)
        assert simulated.calls("payout", payout.key) == 1

    def test_what_never_arrived_goes_back_once_gateways_forget_keys(self, paid_worker, clock, monkeypatch):
        payout = self.send(paid_worker, simulated.TIMEOUT_BEFORE)
        clock.forward(hours=24)
        sending.reconcile()
        payout.refresh_from_db()
        assert (payout.state, payout.failure_code) == (PayoutState.FAILED, "never_arrived")
        assert simulated.calls("payout", payout.key) == 0
        assert balances(paid_worker) == (30 * EUR + 5_000, 0)

    def test_a_crash_between_reserve_and_send_is_made_good_by_the_next_run(self, paid_worker, monkeypatch):
        payout = payouts.request(user=paid_worker, actor=paid_worker)
        send_payout = Simulated.send_payout

        def die(*_args, **_rest):
            raise KeyboardInterrupt

        monkeypatch.setattr(Simulated, "send_payout", die)
        with pytest.raises(KeyboardInterrupt):
            sending.send_pending()
        payout.refresh_from_db()
        assert payout.state == PayoutState.SENT
        assert wrong_in_the_books() == []
        monkeypatch.setattr(Simulated, "send_payout", send_payout)
        Payout.objects.update(tried_at=house_clock.now() - dt.timedelta(minutes=5))
        sending.reconcile()
        payout.refresh_from_db()
        assert payout.state == PayoutState.PAID
        assert simulated.calls("payout", payout.key) == 1

    def test_a_no_to_a_second_call_is_believed_only_if_the_gateway_knows_nothing(
        self, paid_worker, clock, monkeypatch
    ):
        payout = self.send(paid_worker, simulated.TIMEOUT_AFTER)
        Payout.objects.update(tries=2)
        payout.refresh_from_db()

        def refuse(*_args, **_rest):
            raise GatewayRefused("key_used_before")

        monkeypatch.setattr(Simulated, "send_payout", refuse)
        sending._call(payout, payees.of(payout.user))
        payout.refresh_from_db()
        assert payout.state == PayoutState.PAID, "the money had gone out"

    def test_what_comes_late_is_followed_by_the_clock(self, paid_worker, clock):
        payout = self.send(paid_worker, simulated.LATE)
        assert payout.state == PayoutState.SENT
        clock.forward(days=2)
        sending.reconcile()
        payout.refresh_from_db()
        assert payout.state == PayoutState.SENT
        clock.forward(days=2)
        assert sending.reconcile() == {"looked_at": 1, "ended": 1}

    def test_what_the_bank_sends_back_is_due_again(self, paid_worker, clock):
        payout = self.send(paid_worker, simulated.RETURN)
        assert payout.state == PayoutState.PAID
        clock.forward(days=2)
        jobs.reconcile()
        payout.refresh_from_db()
        assert payout.state == PayoutState.RETURNED
        assert balances(paid_worker) == (30 * EUR + 5_000, 0)
        assert ledger.total(AccountKind.GATEWAY_CLEARING) == 0
        assert kinds_told(paid_worker) == ["payout_paid", "payout_returned"]
        assert earnings.summary(paid_worker).paid == 0
        events.handle_waiting()
        assert wrong_in_the_books() == []

    def test_bank_details_erased_meanwhile_send_nothing(self, paid_worker):
        payout = payouts.request(user=paid_worker, actor=paid_worker)
        Payee.objects.all().delete()
        sending.send_pending()
        payout.refresh_from_db()
        assert (payout.state, payout.failure_code) == (PayoutState.FAILED, "payee_missing")

    def test_nothing_is_sent_while_an_invariant_is_broken(self, paid_worker, monkeypatch):
        payouts.request(user=paid_worker, actor=paid_worker)
        monkeypatch.setattr(checks, "run", lambda: [checks.Check("made_up", False, ["x"])])
        assert sending.send_pending() == {"sent": 0, "lost": 0, "broken_checks": 1}
        assert Payout.objects.get().state == PayoutState.PENDING


def wrong_but_for_the_gateway():
    """The tests' funds come from suspense, so a payout makes the clearing positive: the one check that says so."""
    return [wrong for wrong in wrong_in_the_books() if wrong[0] != "ledger_signs_fit_the_kinds"]


class TestHolds:
    @pytest.fixture
    def payout(self, paid_worker):
        return payouts.request(user=paid_worker, actor=paid_worker)

    def test_m2_a_person_holds_with_a_reason_and_it_is_not_sent(self, payout, dana, paid_worker):
        payouts.hold(payout=payout, actor=dana, reason="The account is in another name.")
        assert (payout.state, payout.held_by) == (PayoutState.HELD, dana)
        assert sending.send_pending()["sent"] == 0
        assert kinds_told(paid_worker) == ["payout_held"]
        assert wrong_in_the_books() == []
        payouts.release_hold(payout=payout, actor=dana)
        sending.send_pending()
        payout.refresh_from_db()
        assert (payout.state, payout.released_by) == (PayoutState.PAID, dana)

    def test_m2_a_rule_holds_until_a_date_and_ends_by_itself(self, payout, clock):
        until = clock.now() + dt.timedelta(days=3)
        payouts.hold(payout=payout, actor=None, rule="first_payout", reason="First payout.", until=until)
        assert jobs.send_payouts()["released"] == 0
        clock.forward(days=4)
        figures = jobs.send_payouts.by_hand()
        assert (figures["released"], figures["sent"]) == (1, 1)

    def test_a_hold_needs_a_reason_and_a_person_or_a_rule_with_an_end(self, payout, dana):
        with pytest.raises(Invalid):
            payouts.hold(payout=payout, actor=dana, reason="  ")
        with pytest.raises(ValueError):
            payouts.hold(payout=payout, actor=None, rule="first_payout", reason="x")
        with pytest.raises(ValueError):
            payouts.hold(payout=payout, actor=None, reason="x", until=house_clock.now())
        assert Payout.objects.get().state == PayoutState.PENDING

    def test_what_is_sent_can_not_be_held_and_what_is_not_held_not_released(self, payout, dana):
        with pytest.raises(Lost):
            payouts.release_hold(payout=payout, actor=dana)
        sending.send(payout)
        with pytest.raises(Lost):
            payouts.hold(payout=payout, actor=dana, reason="Too late.")

    def test_a_second_hold_is_told_again(self, payout, dana, paid_worker, clock):
        payouts.hold(payout=payout, actor=dana, reason="One.")
        clock.forward(minutes=1)
        payouts.release_hold(payout=payout, actor=dana)
        clock.forward(minutes=1)
        payouts.hold(payout=payout, actor=dana, reason="Two.")
        assert kinds_told(paid_worker) == ["payout_held", "payout_held", "payout_released"]


class TestTheRules:
    @pytest.fixture
    def payout(self, paid_worker):
        return payouts.request(user=paid_worker, actor=paid_worker)

    NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)

    @pytest.mark.parametrize(
        ("name", "change"),
        [
            ("payout_amount_above_zero", {"amount_micros": 0}),
            ("payout_amount_is_whole_cents", {"amount_micros": EUR + 1}),
            ("payout_(state_known|paid_has_its_date)", {"state": "lost"}),  # each alone would do
            ("payout_asked_by_known", {"asked_by": "x"}),
            ("payout_held_has_a_hold_in_force", {"state": "held"}),
            ("payout_hold_names_a_person_or_a_rule_and_its_end", {"held_at": NOW, "held_reason": "x"}),
            (
                "payout_hold_names_a_person_or_a_rule_and_its_end",
                {"held_at": NOW, "held_reason": "x", "held_rule": "r"},
            ),
            ("payout_hold_names_a_person_or_a_rule_and_its_end", {"held_reason": "x"}),
            ("payout_sent_has_its_date", {"state": "sent"}),
            ("payout_sent_has_its_date", {"sent_at": NOW}),
            ("payout_paid_has_its_date", {"state": "paid", "sent_at": NOW}),
            ("payout_paid_has_its_date", {"paid_at": NOW}),
            ("payout_reversed_has_its_date", {"state": "failed", "sent_at": NOW}),
            ("payout_reversed_has_its_date", {"reversed_at": NOW}),
        ],
    )
    def test_a_row_that_can_not_be_is_refused(self, payout, name, change):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Payout.objects.filter(pk=payout.pk).update(**change)

    def test_a_release_by_somebody_has_its_date(self, payout, dana):
        with pytest.raises(IntegrityError, match="payout_released_by_has_its_date"), transaction.atomic():
            Payout.objects.filter(pk=payout.pk).update(released_by=dana)

    def test_the_gateways_name_for_a_payout_is_there_once(self, payout, bea):
        Payout.objects.update(external_ref="x")
        with pytest.raises(IntegrityError, match="payout_external_ref_once"), transaction.atomic():
            Payout.objects.create(
                user=bea, amount_micros=EUR, gateway="simulated", asked_by="clock", external_ref="x"
            )


class TestPayees:
    def test_details_are_stored_as_a_bank_wants_them(self, bob):
        import dataclasses

        typed = dataclasses.replace(
            DETAILS, iban="fr14 2004 1010 0505 0001 3m02 606", country="fr", legal_name="  Bob   Martin "
        )
        payee = payees.save(user=bob, details=typed, actor=bob)
        assert (payee.iban, payee.country, payee.legal_name) == (
            "FR1420041010050500013M02606", "FR", "Bob Martin",
        )  # fmt: skip
        assert payees.of(bob) == payee

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("legal_name", ""),
            ("town", " "),
            ("country", "XX"),
            ("tax_residence", "ZZ"),
            ("iban", "FR1420041010050500013M02607"),
            ("account_holder", "x" * 141),
        ],
    )
    def test_details_that_can_not_be_used_name_the_field(self, bob, field, value):
        import dataclasses

        with pytest.raises(Invalid) as refusal:
            payees.save(user=bob, details=dataclasses.replace(DETAILS, **{field: value}), actor=bob)
        assert list(refusal.value.fields) == [field]
        assert payees.of(bob) is None

    @pytest.mark.parametrize(
        ("name", "change"),
        [
            ("payee_country_is_iso", {"country": "fr"}),
            ("payee_residence_is_iso", {"tax_residence": "1"}),
            ("payee_iban_looks_like_one", {"iban": "FR14 2004"}),
            ("payee_is_complete", {"legal_name": ""}),
        ],
    )
    def test_a_row_that_can_not_be_is_refused(self, bob, name, change):
        payees.save(user=bob, details=DETAILS, actor=bob)
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Payee.objects.update(**change)

    def test_personal_data_live_nowhere_else(self, paid_worker):
        payouts.request(user=paid_worker, actor=paid_worker)
        sending.send_pending()
        kept = [
            str(row) for model in (AuditEvent, OutboxEvent, Notice) for row in model.objects.values("data")
        ]
        text = " ".join(kept)
        assert DETAILS.iban not in text
        assert "Martin" not in text
        assert "Martin" not in str(payees.of(paid_worker))


class TestJobs:
    def test_every_job_runs_by_hand_and_twice_changes_nothing(self, paid_worker):
        assert jobs.run_due_payouts.by_hand()["made"] == 1
        assert jobs.send_payouts.by_hand()["sent"] == 1
        for job in (jobs.run_due_payouts, jobs.send_payouts, jobs.reconcile, jobs.settle_deposits):
            job.by_hand()
            job.by_hand()
        assert Payout.objects.count() == 1
        assert balances(paid_worker) == (5_000, 0)
