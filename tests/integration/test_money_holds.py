"""What somebody tries who is after the money: each of these once worked."""

import dataclasses
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.urls import reverse

from marketplace.base.errors import Forbidden, Invalid, Lost
from payments import gateways
from payments.bank_errors import OwnMoney, StatementsOverlap
from payments.errors import LossOwed
from payments.models import (
    BankLine,
    Chargeback,
    ConnectedAccount,
    Deposit,
    Payout,
    PayoutRun,
    Period,
    RunState,
)
from payments.services import (
    bank_answers,
    bank_explain,
    bonuses,
    checks,
    connected,
    creditor_reference,
    given_up,
    help_fund,
    iban,
    ledger,
    payees,
    payout_rules,
    payouts,
    refunds,
    run_files,
    runs,
    sending,
    statements_in,
)
from tests import bank_files
from tests.bank_files import camt, detail, entry, pain002, statement
from tests.connect_market import BACK
from tests.payments_helpers import DETAILS, EUR, earn, fund
from tests.personas import join

ELSEWHERE = iban.make("DE", "370400440532013000")


def told(worker, country, **values):
    return payees.save(
        user=worker, details=dataclasses.replace(DETAILS, country=country, **values), actor=worker
    )


def begun(worker):
    connected.onboarding(user=worker, actor=worker, return_url=BACK, again_url=BACK)
    return ConnectedAccount.objects.get(user=worker)


class TestRestAfterAnotherWay:
    """Whoever got into an account may move its money by moving its country: that rests like a change of IBAN."""

    @pytest.fixture(autouse=True)
    def two_ways(self, connect_settings, settings):
        for name, value in bank_files.SETTINGS.items():
            setattr(settings, name, value)
        settings.STRIPE_PAYOUT_COUNTRIES = frozenset({"IT", "ES"})
        settings.PAYOUT_GATEWAYS = ["stripe", "bank"]

    def test_from_an_iban_to_an_account_at_the_provider(self, bob):
        assert payout_rules.change_ends(told(bob, "FR")) is None
        assert payout_rules.change_ends(told(bob, "IT")) is not None

    def test_from_an_account_at_the_provider_to_an_iban(self, bob):
        told(bob, "IT", iban="")
        begun(bob)
        assert payout_rules.change_ends(told(bob, "DE", iban=ELSEWHERE)) is not None

    def test_to_an_account_in_another_country(self, bob):
        told(bob, "IT", iban="")
        begun(bob)
        assert payout_rules.change_ends(told(bob, "ES", iban="")) is not None
        assert not connected.has_account(bob.pk)

    def test_the_first_way_rests_for_nobody(self, bob):
        told(bob, "IT", iban="")
        assert payout_rules.change_ends(told(bob, "DE", iban=ELSEWHERE)) is None


class TestAnAccountAtTheProvider:
    def test_one_that_is_made_anew_rests_also_for_what_waited(self, connect_market, bob):
        connect_market.deposit(100)
        account = connect_market.worker(bob)
        payout = connect_market.payout(bob, 30)
        ConnectedAccount.objects.update(disabled_reason=connected.GONE)
        account = begun(bob)
        connect_market.world.onboard(account.account_ref)
        connected.refresh(account)
        sending.send_pending()
        payout.refresh_from_db()
        assert (payout.state, payout.held_rule) == ("held", payout_rules.CHANGED)

    def test_who_opens_its_page_has_just_proved_who_they_are(self, connect_market, bob, client_of):
        connect_market.worker(bob, onboarded=False)
        page = client_of(bob)
        assert page.post(reverse("connect-start")).status_code == 200
        session = page.session
        for record in session["account_authentication_methods"]:
            record["at"] -= 3_600
        session.save()
        asked = page.post(reverse("connect-start"))
        assert (
            asked.status_code == 302
            and "reauthenticate" in asked.url
            and asked.url.endswith("next=%2Fwork%2Faccount%2F")
        )

    def test_an_answer_that_says_nothing_of_it_closes_none(self, connect_market, bob, monkeypatch):
        account = connect_market.worker(bob)

        def strange(self, *, account_ref):
            raise gateways.GatewayRefused("parameter_unknown")

        monkeypatch.setattr(type(gateways.by_name("stripe")), "account_status", strange)
        connected.refresh(account)
        account.refresh_from_db()
        assert account.can_be_paid and account.disabled_reason == ""


@pytest.fixture
def bank_is_set_up(settings, db):
    for name, value in bank_files.SETTINGS.items():
        setattr(settings, name, value)
    settings.BANK_SECOND_LOOK_EUR = Decimal(100_000)


def asked(worker, atelier, eur):
    told(worker, "FR")
    earn(worker, eur * EUR, atelier, reference=f"asg_{worker.pk}")
    return payouts.request(user=worker, actor=worker)


@pytest.fixture
def two(bank_is_set_up, bob, bea, atelier):
    """Payouts of 30 and 20 euros that wait for a file."""
    return [asked(bob, atelier, 30), asked(bea, atelier, 20)]


@pytest.fixture
def released(two, dana, erin):
    run = runs.draft(gateway="bank", actor=erin)
    runs.release(run=run, actor=dana)
    return runs.release(run=run, actor=erin)


def read(*entries, actor, number="1", opening="0.00"):
    return statements_in.read(camt(statement(*entries, number=number, opening=opening)), actor=actor)


def whole(run, eur="-50.00"):
    return entry(eur, ref="WHOLE", batch=run_files.carried(run.public_id))


def single(payout, eur, ref):
    return entry(eur, detail(e2e=run_files.carried(payout.public_id)), ref=ref)


def states():
    return {payout.state for payout in Payout.objects.all()}


def broken():
    return [(check.name, check.ids) for check in checks.broken()]


class TestGivingUp:
    def test_one_person_alone_changes_nothing(self, released, dana, erin, dora):
        with pytest.raises(Forbidden):
            given_up.propose(run=released, actor=dana, reason="x")
        with pytest.raises(Invalid):
            given_up.propose(run=released, actor=erin, reason=" ")
        with pytest.raises(Lost):
            given_up.confirm(run=released, actor=dana)
        given_up.propose(run=released, actor=erin, reason="The portal refused it.")
        with pytest.raises(Forbidden):
            given_up.confirm(run=released, actor=erin)
        with pytest.raises(Lost):
            given_up.propose(run=released, actor=erin, reason="again")
        assert states() == {"sent"} and released.state == RunState.RELEASED
        assert given_up.confirm(run=released, actor=dana) == 2
        assert states() == {"failed"} and released.state == RunState.CANCELLED and broken() == []
        assert payouts.run_due()["made"] == 2, "their details were never wrong"

    def test_what_was_said_can_be_taken_back(self, released, dana, erin):
        given_up.propose(run=released, actor=erin, reason="The portal refused it.")
        given_up.take_back(run=released, actor=dana)
        with pytest.raises(Lost):
            given_up.confirm(run=released, actor=dana)
        assert states() == {"sent"}

    def test_whose_own_money_is_in_it_confirms_nothing(self, released, bob, erin):
        bob.is_moderator = True
        bob.save()
        given_up.propose(run=released, actor=erin, reason="The portal refused it.")
        with pytest.raises(OwnMoney):
            given_up.confirm(run=released, actor=bob)

    @pytest.mark.parametrize("columns", [{"given_up_second_by": "erin"}, {"given_up_reason": ""}])
    def test_the_database_holds_it_too(self, released, erin, columns):
        given_up.propose(run=released, actor=erin, reason="The portal refused it.")
        values = {name: erin if value == "erin" else value for name, value in columns.items()}
        with pytest.raises(IntegrityError, match="run_given_up_by"), transaction.atomic():
            PayoutRun.objects.filter(pk=released.pk).update(state="cancelled", **values)

    def test_not_a_file_whose_sum_the_bank_took_though_no_payout_is_booked_yet(
        self, released, dana, erin, monkeypatch
    ):
        given_up.propose(run=released, actor=erin, reason="The portal refused it.")
        with monkeypatch.context() as died:
            died.setattr(statements_in, "follow", lambda **_: {})
            read(whole(released), actor=erin, opening="100.00")
        assert states() == {"sent"}
        with pytest.raises(Lost):
            given_up.confirm(run=released, actor=dana)
        answer = bank_answers.read(pain002(run_files.carried(released.public_id), group="RJCT"), actor=erin)
        assert answer.refused == 0 and answer.notes
        statements_in.follow()
        assert states() == {"paid"} and broken() == []

    def test_one_that_is_carried_out_after_all_is_for_a_person_and_stops_nobody(
        self, released, two, dana, erin
    ):
        given_up.propose(run=released, actor=erin, reason="The portal refused it.")
        given_up.confirm(run=released, actor=dana)
        report = read(
            single(two[0], "-30.00", "A1"), single(two[1], "-20.00", "A2"), actor=erin, opening="100.00"
        )
        assert report.to_explain == 3, "with what lay there in the beginning"
        assert broken() == []

    def test_a_stranger_who_writes_the_number_of_a_refused_payout_does_not_keep_a_file_open(
        self, released, two, erin, monkeypatch
    ):
        sending.fail(Payout.objects.get(pk=two[1].pk), code="AC04")
        with monkeypatch.context() as died:
            died.setattr(statements_in, "follow", lambda **_: {})
            read(whole(released, "-30.00"), actor=erin, opening="100.00")
            read(single(two[1], "20.00", "Z1"), actor=erin, opening="70.00", number="2")
        statements_in.follow()
        released.refresh_from_db()
        assert released.state == RunState.BOOKED and broken() == []


class TestSecondLook:
    def test_what_is_said_anew_needs_another_look(self, bank_is_set_up, settings, atelier, dana, erin):
        settings.BANK_SECOND_LOOK_EUR = Decimal(100)
        read(entry("1000.00", detail(words="capital"), ref="CAP"), actor=erin)
        line = BankLine.objects.get()
        bank_explain.explain(line=line, actor=erin, taken_as="own", reference="", explanation="Ours.")
        seen = bank_explain.said(line)
        bank_explain.reject(line=line, actor=erin)
        bank_explain.explain(
            line=line, actor=erin, taken_as="deposit", reference=atelier.public_id, explanation="A friend's."
        )
        with pytest.raises(Lost):
            bank_explain.confirm(line=line, actor=dana, explanation="", seen=seen)
        assert not Deposit.objects.exists()


class TestDaysToldTwice:
    """A bank's portal makes statements of any days, and some banks give lines no number."""

    def test_a_deposit_is_not_credited_again_by_a_statement_of_other_days(
        self, bank_is_set_up, atelier, erin
    ):
        paid = entry("100.00", detail(strd=creditor_reference.of(atelier)))
        read(paid, actor=erin)
        with pytest.raises(StatementsOverlap):
            read(paid, actor=erin, number="77")
        assert Deposit.objects.count() == 1

    def test_two_statements_of_a_day_that_join_are_two(self, bank_is_set_up, atelier, erin):
        paid = entry("100.00", detail(strd=creditor_reference.of(atelier)))
        read(paid, actor=erin, number="2", opening="100.00")
        read(paid, actor=erin, number="1")
        assert Deposit.objects.count() == 2


class TestOwnMoney:
    def test_nobody_reads_in_an_answer_about_their_own_payout(self, released, two, bob):
        bob.is_moderator = True
        bob.save()
        refused = {run_files.carried(two[0].public_id): ("RJCT", "AC04")}
        with pytest.raises(OwnMoney):
            bank_answers.read(pain002(run_files.carried(released.public_id), single=refused), actor=bob)
        assert states() == {"sent"}

    def test_nobody_releases_a_refund_to_their_own_organisation(
        self, bank_is_set_up, atelier, alice, erin, dana
    ):
        paid = detail(strd=creditor_reference.of(atelier), name="Atelier", account=ELSEWHERE)
        read(entry("100.00", paid, ref="D1"), actor=erin)
        refunds.start(organisation=atelier, amount_micros=40 * EUR, actor=alice)
        run = runs.draft(gateway="bank", actor=dana)
        join(atelier, erin, "finance")
        with pytest.raises(OwnMoney):
            runs.release(run=run, actor=erin)
        runs.release(run=run, actor=dana)

    def test_a_grant_is_never_more_than_a_grant_may_be(self, bob, dana):
        with transaction.atomic():
            fund_account, suspense = ledger.account("help_fund"), ledger.account("suspense")
            ledger.post("suspense_in", "x", [(suspense, -5_000 * EUR), (fund_account, 5_000 * EUR)])
        request = help_fund.ask(worker=bob, purpose="hardship", amount_micros=10 * EUR, words="please")
        with pytest.raises(Invalid):
            help_fund.grant(request=request, actor=dana, amount_micros=301 * EUR, decision="A friend.")
        help_fund.grant(request=request, actor=dana, amount_micros=300 * EUR, decision="A laptop.")


class TestLosses:
    def test_a_transfer_that_comes_in_is_frozen_for_an_open_dispute_at_once(
        self, bank_is_set_up, atelier, erin
    ):
        reference = creditor_reference.of(atelier)
        read(entry("10.00", detail(strd=reference), ref="D1"), actor=erin)
        disputed = Deposit.objects.get()
        row = Chargeback.objects.create(
            deposit=disputed, gateway="stripe", external_ref="dp_1", amount_micros=50 * EUR
        )
        read(entry("30.00", detail(strd=reference), ref="D2"), actor=erin, number="2", opening="10.00")
        row.refresh_from_db()
        assert row.frozen_micros == 40 * EUR

    def test_free_funds_pay_a_loss_before_a_bonus(self, bob, alice, atelier):
        fund(atelier, 100 * EUR)
        with transaction.atomic():
            lost, suspense = ledger.account("losses", organisation=atelier), ledger.account("suspense")
            ledger.post("suspense_in", "y", [(lost, -50 * EUR), (suspense, 50 * EUR)])
        line = bonuses.Line(1, "k", 1, bob.pk, "bat_x", 10 * EUR, "why")
        with pytest.raises(LossOwed):
            bonuses.give(organisation=atelier, actor=alice, lines=[line])


class TestWhatStopsNobody:
    """No payout leaves while a check of the books fails: so nothing that is right may break one."""

    def test_a_credit_note_after_the_vat_was_handed_over(self, atelier, db):
        vat, suspense = ledger.account("vat_due"), ledger.account("suspense")
        funds = ledger.account("organisation_available", organisation=atelier)
        with transaction.atomic():
            ledger.post("suspense_in", "a", [(suspense, -20 * EUR), (vat, 20 * EUR)])
            ledger.post("bank_line_taken", "bln_x", [(vat, -20 * EUR), (suspense, 20 * EUR)])
            ledger.post("credit", "inv_x", [(vat, -20 * EUR), (funds, 20 * EUR)])
        assert "ledger_signs_fit_the_kinds" not in dict(broken())


class TestClosing:
    def test_no_month_is_closed_while_a_gateway_does_not_answer(self, atelier, clock, monkeypatch):
        fund(atelier, EUR)
        clock.forward(days=40)

        def silent(self, *, since):
            raise gateways.GatewayUnreachable

        with monkeypatch.context() as away:
            away.setattr(type(gateways.by_name("simulated")), "movements", silent)
            with pytest.raises(CommandError, match="no_answer_from_simulated"):
                call_command("close_month", "2026", "11")
        assert not Period.objects.exists()
