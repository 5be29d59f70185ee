"""Payouts in files: drafted, released by two people, booked by the bank's line, and never twice."""

import datetime as dt
import hashlib
import io
import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from marketplace.base import clock as house_clock
from marketplace.base import switches
from marketplace.base.errors import Forbidden, Lost, SwitchedOff
from marketplace.base.models import AuditEvent, Notice
from payments.bank_errors import (
    BooksBroken,
    DraftOpen,
    FileDamaged,
    FileGone,
    NamesUndecided,
    NothingToPay,
    OwnMoney,
    RunChanged,
    SamePerson,
)
from payments.gateways import sepa
from payments.models import AccountKind, BankLine, Payee, Payout, PayoutRun, PayoutState, RunState
from payments.services import (
    bank_answers,
    bank_explain,
    checks,
    ledger,
    payees,
    payouts,
    run_files,
    run_items,
    runs,
    sending,
    statements_in,
)
from tests import bank_files
from tests.bank_files import camt, detail, entry, statement
from tests.payments_helpers import DETAILS, EUR, earn


@pytest.fixture(autouse=True)
def bank_is_set_up(settings, db):
    for name, value in bank_files.SETTINGS.items():
        setattr(settings, name, value)
    settings.BANK_SECOND_LOOK_EUR = Decimal(100_000)  # the second look has tests of its own


def payable(worker, atelier, eur=30):
    payees.save(user=worker, details=DETAILS, actor=worker)
    earn(worker, eur * EUR, atelier, reference=f"asg_{worker.pk}_{eur}")
    return payouts.request(user=worker, actor=worker)


@pytest.fixture
def three(bob, bea, ben, atelier):
    """Payouts of 30, 20 and 10 euros that wait for a file."""
    return [payable(bob, atelier, 30), payable(bea, atelier, 20), payable(ben, atelier, 10)]


@pytest.fixture
def released(three, dana, erin):
    return release(runs.draft(gateway="bank", actor=erin), dana, erin)


def release(run, first, second):
    runs.release(run=run, actor=first)
    return runs.release(run=run, actor=second)


def states():
    return sorted(Payout.objects.values_list("amount_micros", "state"))


def broken():
    return [(check.name, check.ids) for check in checks.broken()]


def on(kind, gateway=""):
    return ledger.balance(ledger.account(kind, gateway=gateway))


def money_comes(eur="1000.00", actor=None, number="0", day=dt.date(2026, 11, 20)):
    """The account's first statement: what we put in ourselves, explained."""
    statements_in.read(
        camt(statement(entry(eur, detail(words="capital"), ref="CAP", day=day), number=number, day=day)),
        actor=actor,
    )
    line = BankLine.objects.get(remittance="capital")
    bank_explain.explain(line=line, actor=actor, taken_as="own", reference="", explanation="We paid it in.")
    line.refresh_from_db()
    return line


class TestDrafting:
    def test_a_draft_takes_what_waits_and_nothing_is_sent_yet(self, three, erin):
        run = runs.draft(gateway="bank", actor=erin)
        assert (run.payouts, run.amount_micros, run.state) == (3, 60 * EUR, RunState.DRAFT)
        assert {state for _amount, state in states()} == {"pending"}
        assert broken() == []

    def test_a_payout_of_a_file_is_never_sent_by_a_call(self, three):
        assert sending.send_pending()["sent"] == 0
        assert {state for _amount, state in states()} == {"pending"}

    def test_there_is_one_draft_at_a_time_and_none_of_nothing(self, three, erin):
        runs.draft(gateway="bank", actor=erin)
        with pytest.raises(DraftOpen):
            runs.draft(gateway="bank", actor=erin)
        runs.cancel(run=PayoutRun.objects.get(), actor=erin)
        assert not Payout.objects.filter(run__isnull=False).exists(), "a cancelled draft frees its payouts"
        Payout.objects.filter(pk__in=[payout.pk for payout in three]).update(gateway="simulated")
        with pytest.raises(NothingToPay):
            runs.draft(gateway="bank", actor=erin)

    def test_held_payouts_and_those_that_sepa_cannot_reach_stay_out_and_are_shown(self, three, dana, erin):
        payouts.hold(payout=three[0], actor=dana, reason="A look first.")
        Payee.objects.filter(user=three[1].user).update(iban="")
        run = runs.draft(gateway="bank", actor=erin)
        assert run.amount_micros == 10 * EUR
        assert [(payout.amount_micros, why) for payout, why in runs.waiting("bank")] == [
            (20 * EUR, "bad_account")
        ]

    def test_the_clock_drafts_once(self, three):
        assert runs.draft_waiting() == {"drafts": 1}
        assert runs.draft_waiting() == {"drafts": 0}
        assert PayoutRun.objects.get().created_by is None

    def test_strangers_and_the_switch_stop_it(self, three, erin, alice):
        with pytest.raises(Forbidden):
            runs.draft(gateway="bank", actor=alice)
        switches.turn("payouts", on=False, actor=erin, reason="test")
        with pytest.raises(SwitchedOff):
            runs.draft(gateway="bank", actor=erin)

    def test_no_file_is_made_while_the_books_are_broken(self, three, erin):
        Payout.objects.filter(pk=three[0].pk).update(amount_micros=31 * EUR)
        with pytest.raises(BooksBroken, match="payouts"):
            runs.draft(gateway="bank", actor=erin)


class TestReleasing:
    def test_two_different_people_release_and_then_everything_is_on_its_way(self, three, dana, erin):
        run = runs.draft(gateway="bank", actor=erin)
        runs.release(run=run, actor=erin)
        assert run.state == RunState.DRAFT and run.sha256 and run.first_by == erin
        assert {state for _amount, state in states()} == {"pending"}
        with pytest.raises(SamePerson):
            runs.release(run=run, actor=erin)
        with pytest.raises(Lost):
            runs.download(run=run, actor=erin)
        runs.release(run=run, actor=dana)
        assert (run.state, run.second_by) == (RunState.RELEASED, dana)
        assert {state for _amount, state in states()} == {"sent"}
        with pytest.raises(Lost):
            runs.release(run=run, actor=dana)

    def test_the_database_itself_wants_two_people_and_a_hash(self, released, dana):
        with (
            pytest.raises(IntegrityError, match="run_released_by_two_different_people"),
            transaction.atomic(),
        ):
            PayoutRun.objects.filter(pk=released.pk).update(second_by=released.first_by)
        with (
            pytest.raises(IntegrityError, match="run_released_has_two_names_and_a_hash"),
            transaction.atomic(),
        ):
            PayoutRun.objects.filter(pk=released.pk).update(sha256="")
        with pytest.raises(IntegrityError, match="run_amount_above_zero"), transaction.atomic():
            PayoutRun.objects.filter(pk=released.pk).update(amount_micros=0)
        with pytest.raises(IntegrityError, match="run_state_known"), transaction.atomic():
            PayoutRun.objects.filter(pk=released.pk).update(state="lost")

    def test_nobody_releases_their_own_money(self, three, erin):
        run = runs.draft(gateway="bank", actor=erin)
        bob = three[0].user
        bob.is_admin = True
        bob.save()
        with pytest.raises(OwnMoney):
            runs.release(run=run, actor=bob)

    def test_what_is_held_after_the_first_release_drops_out_and_both_look_again(
        self, three, dana, erin, dora
    ):
        run = runs.draft(gateway="bank", actor=erin)
        runs.release(run=run, actor=erin)
        payouts.hold(payout=three[0], actor=dora, reason="A look first.")
        with pytest.raises(RunChanged, match="1 were taken out"):
            runs.release(run=run, actor=dana)
        run.refresh_from_db()
        assert (run.payouts, run.amount_micros, run.first_by, run.sha256) == (2, 30 * EUR, None, "")
        release(run, dana, erin)
        assert states() == [(10 * EUR, "sent"), (20 * EUR, "sent"), (30 * EUR, "held")]
        assert broken() == []

    def test_changed_details_drop_out_and_never_go_to_the_new_account_unseen(self, three, dana, erin, clock):
        run = runs.draft(gateway="bank", actor=erin)
        runs.release(run=run, actor=erin)
        clock.forward(minutes=5)
        other = replace(DETAILS, iban=bank_files.THEIRS)
        payees.save(user=three[0].user, details=other, actor=three[0].user)
        with pytest.raises(RunChanged):
            runs.release(run=run, actor=dana)
        release(PayoutRun.objects.get(), dana, erin)
        content = runs.download(run=PayoutRun.objects.get(), actor=erin)[1]
        assert bank_files.THEIRS.encode() not in content
        assert Payout.objects.get(pk=three[0].pk).state in {"held", "pending"}

    def test_details_changed_before_the_first_release_rest_like_everywhere_else(
        self, three, dana, erin, clock
    ):
        run = runs.draft(gateway="bank", actor=erin)
        clock.forward(minutes=5)
        bob = three[0].user
        payees.save(user=bob, details=replace(DETAILS, iban=bank_files.THEIRS), actor=bob)
        with pytest.raises(RunChanged):
            runs.release(run=run, actor=dana)
        one = Payout.objects.get(pk=three[0].pk)
        assert (one.state, one.run_id, one.held_rule) == ("held", None, "payout_details_changed")
        assert runs.refresh_drafts() == 0 and broken() == []

    def test_a_draft_of_which_everything_is_held_is_cancelled(self, three, dana, erin):
        run = runs.draft(gateway="bank", actor=erin)
        for payout in three:
            payouts.hold(payout=payout, actor=dana, reason="A look first.")
        with pytest.raises(Lost):
            runs.release(run=run, actor=erin)
        run.refresh_from_db()
        assert run.state == RunState.CANCELLED
        assert broken() == []

    def test_every_download_is_written_down_with_the_hash_of_what_was_handed_out(self, released, erin, alice):
        name, content = runs.download(run=released, actor=erin)
        assert name.endswith(".xml") and hashlib.sha256(content).hexdigest() == released.sha256
        event = AuditEvent.objects.get(tag="payments:run:download")
        assert event.data == {"sha256": released.sha256} and event.actor_id == erin.pk
        with pytest.raises(Forbidden):
            runs.download(run=released, actor=alice)

    def test_a_file_that_was_tampered_with_is_not_handed_out(self, released, erin):
        PayoutRun.objects.filter(pk=released.pk).update(content=b"<other/>")
        released.refresh_from_db()
        with pytest.raises(FileDamaged):
            runs.download(run=released, actor=erin)

    def test_names_and_accounts_are_removed_after_their_time_and_the_hash_stays(self, released, erin, clock):
        statements_in.read(
            camt(
                statement(
                    entry("-60.00", ref="A1", batch=run_files.carried(released.public_id)), opening="100.00"
                )
            ),
            actor=erin,
        )
        released.refresh_from_db()
        assert released.state == RunState.BOOKED
        assert runs.forget_files() == 0
        clock.forward(days=91)
        assert runs.forget_files() == 1
        released.refresh_from_db()
        assert released.content is None and len(released.sha256) == 64
        with pytest.raises(FileGone):
            runs.download(run=released, actor=erin)


class TestTheFile:
    def test_it_is_valid_says_what_the_ledger_says_and_carries_our_own_numbers(self, released):
        content = bytes(released.content)
        root = ET.fromstring(content)
        space = {"p": "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"}

        def texts(path):
            return [node.text for node in root.findall(f".//p:{path}", space)]

        carried = released.public_id.replace("_", "-")
        assert texts("GrpHdr/p:MsgId") == [carried] and texts("PmtInfId") == [f"{carried}-1"]
        assert texts("CtrlSum") == ["60.00", "60.00"] and texts("NbOfTxs") == ["3", "3"]
        assert texts("BtchBookg") == ["true"] and texts("SvcLvl/p:Cd") == ["SEPA"]
        assert sorted(texts("InstdAmt")) == ["10.00", "20.00", "30.00"]
        ends = texts("EndToEndId")
        assert [run_files.ours(end) for end in ends] == [p.public_id for p in released.lines.order_by("pk")]
        assert all(re.fullmatch(r"[A-Za-z0-9/?:().,'+ -]{1,35}", end) for end in ends)
        assert (
            texts("Cdtr/p:PstlAdr/p:TwnNm") == ["Lyon"] * 3 and texts("Cdtr/p:PstlAdr/p:Ctry") == ["FR"] * 3
        )
        assert texts("Dbtr/p:Nm") == ["Cooperative Tessera"] and texts("Dbtr/p:PstlAdr/p:TwnNm") == ["Paris"]

    def test_the_same_payouts_at_the_same_moment_make_the_same_bytes(self, three, erin):
        run = runs.draft(gateway="bank", actor=erin)
        values = {"message_id": run.public_id, "execute_on": run.execute_on, "made_at": house_clock.now()}
        first, second = (run_files.pain001(run_items.transfers(run), **values) for _ in range(2))
        assert first == second

    @pytest.mark.parametrize(
        ("written", "read"),
        [
            ("Zoë Müller-Straße", "Zoe Mueller-Strasse"),
            ("Øystein Åsen", "Oeystein Aasen"),
            ("Łukasz Żółć", "Lukasz Zolc"),
            ("Γιώργος", "Giorgos"),
            ("Анна", "Anna"),
            ("a//b & c_d <x>", "a/b + c-d x"),
            ("/slash/", "slash"),
            ("王", "Wang"),
        ],
    )
    def test_names_are_written_in_the_letters_every_bank_takes(self, written, read):
        assert sepa.text(written, 70) == read

    def test_a_name_is_cut_and_markup_never_leaves_its_field(self, bob, atelier, erin, dana):
        payout = payable(bob, atelier)
        Payee.objects.filter(user=bob).update(account_holder="</Nm><Evil>" + "x" * 100)
        run = release(runs.draft(gateway="bank", actor=erin), dana, erin)
        assert payout.run_id is None and run.payouts == 1
        assert b"Evil&" not in bytes(run.content) and b"<Evil" not in bytes(run.content)

    def test_no_country_of_africa_is_reached(self):
        assert not sepa.COUNTRIES & {"SN", "CI", "KE", "MG", "NG", "ZA", "MA", "TN"}
        assert {"FR", "RE", "GB", "CH", "AL", "RS"} <= sepa.COUNTRIES

    def test_the_day_of_execution_is_a_working_day(self, clock):
        for day, expected in ((20, 23), (21, 23), (22, 23), (23, 24)):
            clock.set(dt.datetime(2026, 11, day, 12, tzinfo=dt.UTC))
            assert runs.next_weekday() == dt.date(2026, 11, expected)


class TestBooking:
    def test_the_banks_line_pays_the_whole_file(self, released, erin):
        money_comes(actor=erin)
        report = statements_in.read(
            camt(
                statement(
                    entry("-60.00", ref="A1", batch=run_files.carried(released.public_id)), opening="1000.00"
                )
            ),
            actor=erin,
        )
        assert report.taken == {"run": 1} and report.to_explain == 0
        assert {state for _amount, state in states()} == {"paid"}
        released.refresh_from_db()
        assert released.state == RunState.BOOKED and released.ended_at
        assert (
            on(AccountKind.GATEWAY_CLEARING, "runs") == 0
            and on(AccountKind.GATEWAY_CLEARING, "bank") == -940 * EUR
        )
        assert Notice.objects.filter(kind="payout_paid").count() == 3
        assert broken() == []

    def test_another_amount_than_the_files_waits_for_a_person(self, released, erin):
        money_comes(actor=erin)
        carried = run_files.carried(released.public_id)
        report = statements_in.read(
            camt(statement(entry("-59.00", ref="A1", batch=carried), opening="1000.00")), actor=erin
        )
        assert report.taken == {} and report.to_explain == 1
        assert {state for _amount, state in states()} == {"sent"}
        assert broken() == []

    def test_a_file_is_booked_once_whatever_the_statements_say(self, released, erin):
        money_comes(actor=erin)
        carried = run_files.carried(released.public_id)
        one = statement(
            entry("-60.00", ref="A1", batch=carried),
            entry("-60.00", ref="A2", batch=carried),
            opening="1000.00",
        )
        report = statements_in.read(camt(one), actor=erin)
        assert report.taken == {"run": 1} and report.to_explain == 1
        assert broken() == []

    def test_a_bank_that_names_every_payout_in_the_entry(self, released, erin):
        money_comes(actor=erin)
        details = [
            detail(
                amount=payout.amount_micros // EUR,
                e2e=run_files.carried(payout.public_id).upper(),
                came_in=False,
            )
            for payout in released.lines.order_by("pk")
        ]
        report = statements_in.read(
            camt(statement(entry("-60.00", *details, ref="A1"), opening="1000.00")), actor=erin
        )
        assert (report.lines, report.taken) == (1, {"run": 1})
        assert {state for _amount, state in states()} == {"paid"}
        assert broken() == []

    def test_a_bank_that_books_every_payout_by_itself_over_two_days(self, released, erin):
        money_comes(actor=erin)
        lines = [
            entry(
                f"-{payout.amount_micros // EUR}.00",
                detail(e2e=run_files.carried(payout.public_id), came_in=False),
                ref=f"A{payout.pk}",
                day=dt.date(2026, 11, 23 + place // 2),
            )
            for place, payout in enumerate(released.lines.order_by("pk"))
        ]
        statements_in.read(camt(statement(*lines[:2], opening="1000.00")), actor=erin)
        released.refresh_from_db()
        assert released.state == RunState.RELEASED
        assert broken() == []
        statements_in.read(
            camt(statement(lines[2], opening="950.00", number="2", day=dt.date(2026, 11, 24))), actor=erin
        )
        released.refresh_from_db()
        assert released.state == RunState.BOOKED and {state for _amount, state in states()} == {"paid"}
        assert broken() == []

    def test_a_payout_that_comes_back_is_due_again_with_the_reason_in_words(self, released, erin, bob):
        money_comes(actor=erin)
        carried = run_files.carried(released.public_id)
        statements_in.read(
            camt(statement(entry("-60.00", ref="A1", batch=carried), opening="1000.00")), actor=erin
        )
        payout = Payout.objects.get(user=bob)
        back = entry(
            "30.00",
            detail(e2e=run_files.carried(payout.public_id), reason="AC04"),
            ref="B1",
            code="PMNT/ICDT/RRTN",
        )
        report = statements_in.read(
            camt(statement(back, opening="940.00", number="2", day=dt.date(2026, 11, 24))), actor=erin
        )
        assert report.taken == {"return": 1}
        payout.refresh_from_db()
        assert (payout.state, payout.failure_code) == ("returned", "AC04")
        assert ledger.balance(ledger.account(AccountKind.WORKER_PAYABLE, user=bob)) == 30 * EUR
        assert (
            on(AccountKind.GATEWAY_CLEARING, "runs") == 0
            and on(AccountKind.GATEWAY_CLEARING, "bank") == -970 * EUR
        )
        assert broken() == []

    def test_a_return_less_the_banks_charges_owes_the_worker_everything(self, released, erin, bob):
        money_comes(actor=erin)
        carried = run_files.carried(released.public_id)
        statements_in.read(
            camt(statement(entry("-60.00", ref="A1", batch=carried), opening="1000.00")), actor=erin
        )
        payout = Payout.objects.get(user=bob)
        back = entry(
            "27.50", detail(e2e=run_files.carried(payout.public_id), reason="AC01", charges="2.50"), ref="B1"
        )
        statements_in.read(
            camt(statement(back, opening="940.00", number="2", day=dt.date(2026, 11, 24))), actor=erin
        )
        assert ledger.balance(ledger.account(AccountKind.WORKER_PAYABLE, user=bob)) == 30 * EUR
        assert on(AccountKind.GATEWAY_COSTS, "bank") == -2_500_000
        assert broken() == []

    def test_a_return_read_before_the_line_by_which_it_left_waits_for_it(self, released, erin, bob):
        money_comes(actor=erin)
        payout = Payout.objects.get(user=bob)
        back = entry("30.00", detail(e2e=run_files.carried(payout.public_id), reason="AC04"), ref="B1")
        later = statement(back, opening="940.00", number="2", day=dt.date(2026, 11, 24))
        report = statements_in.read(camt(later), actor=erin)
        assert report.to_explain == 1 and "missing" in report.notes[0]
        assert broken() == []
        carried = run_files.carried(released.public_id)
        statements_in.read(
            camt(statement(entry("-60.00", ref="A1", batch=carried), opening="1000.00")), actor=erin
        )
        payout.refresh_from_db()
        assert payout.state == PayoutState.RETURNED
        assert not BankLine.objects.filter(taken_as="suspense").exists()
        released.refresh_from_db()
        assert released.state == RunState.BOOKED and broken() == []


class TestNames:
    def answers(self, run, *results):
        lines = "".join(
            f"{run_files.carried(payout.public_id)};{result}\n"
            for payout, result in zip(run.lines.order_by("pk"), results, strict=False)
        )
        return io.BytesIO(("Reference;Result\n" + lines).encode())

    def test_a_name_that_does_not_match_needs_a_decision_before_release(self, three, erin, dana):
        run = runs.draft(gateway="bank", actor=erin)
        answer = bank_answers.read_names(
            self.answers(run, "No match", "match", "Close match"), run=run, actor=erin
        )
        assert answer.checked == 3
        assert sorted(Payee.objects.values_list("name_check", flat=True)) == ["close", "match", "no_match"]
        with pytest.raises(NamesUndecided, match="1 payouts"):
            runs.release(run=run, actor=dana)
        doubtful = run.lines.order_by("pk").first()
        bank_answers.pass_name(run=run, payout=doubtful, actor=dana)
        assert runs.release(run=run, actor=dana).first_by == dana

    def test_a_new_answer_makes_an_old_decision_void(self, three, erin, dana):
        run = runs.draft(gateway="bank", actor=erin)
        bank_answers.read_names(self.answers(run, "no match"), run=run, actor=erin)
        bank_answers.pass_name(run=run, payout=run.lines.order_by("pk").first(), actor=dana)
        bank_answers.read_names(self.answers(run, "no match"), run=run, actor=erin)
        assert runs.undecided_names(run) == 1

    def test_nobody_passes_their_own_name(self, three, erin):
        run = runs.draft(gateway="bank", actor=erin)
        bob = three[0].user
        bob.is_admin = True
        bob.save()
        with pytest.raises(Forbidden):
            bank_answers.pass_name(run=run, payout=three[0], actor=bob)
        with (
            pytest.raises(IntegrityError, match="payout_name_not_passed_by_who_is_paid"),
            transaction.atomic(),
        ):
            Payout.objects.filter(pk=three[0].pk).update(name_passed_by=bob)

    def test_the_table_for_the_bank_names_those_who_are_paid_and_is_written_down(self, three, erin):
        run = runs.draft(gateway="bank", actor=erin)
        table = bank_answers.names_table(run, actor=erin).decode().splitlines()
        assert table[0] == "reference,name,iban" and len(table) == 4
        assert AuditEvent.objects.filter(tag="payments:run:names_table").exists()

    def test_a_table_about_something_else_is_refused(self, three, erin):
        run = runs.draft(gateway="bank", actor=erin)
        with pytest.raises(bank_answers.NoNames):
            bank_answers.read_names(io.BytesIO(b"a,b\n1,2\n"), run=run, actor=erin)
