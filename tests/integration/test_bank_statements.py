"""Bank statements: each line once for ever, taken for what it is, or explained by a named person."""

import datetime as dt
import io
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from marketplace.base.errors import Forbidden, Invalid, Lost
from marketplace.base.models import Notice
from payments.bank_errors import (
    DoesNotAddUp,
    KnownStatement,
    NothingToPay,
    OtherCurrency,
    OwnMoney,
    SamePerson,
    TooEarly,
    WrongAccount,
)
from payments.models import AccountKind, BankLine, BankStatement, Deposit, PayoutRun, Refund
from payments.services import (
    bank_explain,
    bank_lines,
    bank_xml,
    camt,
    checks,
    creditor_reference,
    ledger,
    reconcile,
    refunds,
    run_files,
    runs,
    statements_in,
)
from tests import bank_files
from tests.bank_files import THEIRS, detail, entry, statement
from tests.bank_files import camt as file
from tests.payments_helpers import EUR
from tests.personas import make_organisation, make_person

DAY = dt.date(2026, 11, 23)


@pytest.fixture(autouse=True)
def bank_is_set_up(settings, db):
    for name, value in bank_files.SETTINGS.items():
        setattr(settings, name, value)


def read(*statements, actor, **how):
    return statements_in.read(file(*statements, **how), actor=actor)


def on(kind, gateway="", **owner):
    return ledger.balance(ledger.account(kind, gateway=gateway, **owner))


def funds(organisation):
    return ledger.balance(ledger.account(AccountKind.ORGANISATION_AVAILABLE, organisation=organisation))


def broken():
    return [(check.name, check.ids) for check in checks.broken()]


def rf(organisation):
    return creditor_reference.of(organisation)


class TestDeposits:
    def test_a_transfer_with_the_reference_is_a_deposit_and_those_who_handle_money_are_told(
        self, atelier, alice, erin
    ):
        line = entry("250.00", detail(strd=rf(atelier), name="Atelier Nord SARL", account=THEIRS), ref="X1")
        report = read(statement(line), actor=erin)
        assert (report.lines, report.taken, report.to_explain) == (1, {"deposit": 1}, 0)
        deposit = Deposit.objects.get()
        assert (deposit.amount_micros, deposit.state, deposit.gateway, deposit.created_by) == (
            250 * EUR,
            "settled",
            "bank",
            None,
        )
        assert funds(atelier) == 250 * EUR and on(AccountKind.GATEWAY_CLEARING, "bank") == -250 * EUR
        assert on(AccountKind.SUSPENSE) == 0
        assert Notice.objects.get(kind="deposit_settled").user == alice
        assert broken() == []

    @pytest.mark.parametrize(
        "words",
        [
            "Invoice 12 {rf} thank you",
            "{spaced}",
            "{lower}",
            "EREF+NOTPROVIDED SVWZ+{rf}",
            "{first}|{rest}",
            "REF:{rf}.",
            "{misread}",
        ],
    )
    def test_the_reference_is_found_as_people_and_banks_write_it(self, atelier, erin, words):
        plain = rf(atelier)
        written = words.format(
            rf=plain,
            spaced=creditor_reference.grouped(plain),
            lower=plain.lower(),
            first=plain[:9],
            rest=plain[9:],
            misread=plain[:4] + plain[4:].replace("0", "O").replace("1", "I"),
        )
        report = read(statement(entry("12.34", detail(words=written), ref="X1")), actor=erin)
        assert report.taken == {"deposit": 1}, written

    def test_a_wrong_letter_never_credits_anybody(self, atelier, erin):
        plain = rf(atelier)
        wrong = plain[:-1] + ("A" if plain[-1] != "A" else "B")
        swapped = plain[:6] + plain[7] + plain[6] + plain[8:]
        report = read(
            statement(
                entry("5.00", detail(words=wrong), ref="X1"), entry("5.00", detail(strd=swapped), ref="X2")
            ),
            actor=erin,
        )
        assert report.taken == ({} if swapped != plain else {"deposit": 1})
        assert funds(atelier) in {0, 5 * EUR}

    def test_two_references_in_one_transfer_are_for_a_person(self, atelier, erin):
        other = make_organisation("Other", owner=make_person("olga"))
        report = read(
            statement(entry("5.00", detail(words=f"{rf(atelier)} {rf(other)}"), ref="X1")), actor=erin
        )
        assert report.to_explain == 1

    def test_several_transfers_in_one_entry_are_told_apart(self, atelier, erin):
        details = [detail(amount="10.00", strd=rf(atelier)), detail(amount="15.00", words="no idea")]
        report = read(statement(entry("25.00", *details, ref="X1")), actor=erin)
        assert (report.lines, report.taken) == (2, {"deposit": 1})
        assert funds(atelier) == 10 * EUR and broken() == []

    def test_who_paid_is_kept_for_a_refund_and_nothing_else_is(self, atelier, erin):
        line = entry(
            "250.00",
            detail(strd=rf(atelier), words="private words", name="A. Nord", account=THEIRS),
            ref="X1",
        )
        fee = entry(
            "-3.00", detail(words="Frais", name="Bank", came_in=False), ref="X2", code="ACMT/MDOP/CHRG"
        )
        read(statement(line, fee), actor=erin)
        deposit, charged = BankLine.objects.order_by("-amount_micros")
        assert (deposit.counterparty_iban, deposit.remittance) == (THEIRS, "")
        assert (charged.taken_as, charged.counterparty, charged.remittance) == ("fee", "", "")


class TestOnce:
    def test_the_same_statement_again_takes_nothing(self, atelier, erin):
        one = statement(entry("10.00", detail(strd=rf(atelier)), ref="X1"))
        read(one, actor=erin)
        with pytest.raises(KnownStatement):
            read(one, actor=erin)
        assert funds(atelier) == 10 * EUR

    def test_a_line_told_by_a_notice_first_is_not_taken_again_from_the_statement(self, atelier, erin):
        line = entry("10.00", detail(strd=rf(atelier)), ref="X1")
        for kind in ("054", "052"):
            read(statement(line, kind=kind), kind=kind, actor=erin)
        report = read(statement(line, entry("1.00", ref="X2")), actor=erin)
        assert (report.lines, report.known) == (1, 1)
        assert funds(atelier) == 10 * EUR and broken() == []

    def test_an_entry_told_whole_and_then_split_is_the_same(self, atelier, erin):
        details = [detail(amount="10.00", strd=rf(atelier)), detail(amount="15.00", words="?")]
        read(statement(entry("25.00", ref="X1"), kind="052"), kind="052", actor=erin)
        report = read(statement(entry("25.00", *details, ref="X1")), actor=erin)
        assert (report.lines, report.known) == (0, 2)

    def test_a_notice_without_the_banks_number_waits_for_the_statement(self, atelier, erin):
        line = entry("10.00", detail(strd=rf(atelier)))
        report = read(statement(line, kind="054"), kind="054", actor=erin)
        assert (report.lines, report.not_booked) == (0, 1)
        assert read(statement(line), actor=erin).taken == {"deposit": 1}

    def test_equal_lines_of_a_bank_that_gives_no_numbers_are_two(self, atelier, erin):
        line = entry("10.00", detail(strd=rf(atelier)), ref="NONREF")
        assert read(statement(line, line), actor=erin).taken == {"deposit": 2}
        assert funds(atelier) == 20 * EUR

    def test_equal_numbers_in_one_statement_are_two(self, atelier, erin):
        line = entry("10.00", detail(strd=rf(atelier)), ref="SAME")
        assert read(statement(line, line), actor=erin).lines == 2

    def test_many_payments_in_one_entry_are_all_kept(self, atelier, erin, monkeypatch):
        monkeypatch.setattr(statements_in, "CHUNK", 3)
        details = [detail(amount="1.00", words=f"n {n}") for n in range(10)]
        assert read(statement(entry("10.00", *details, ref="X1")), actor=erin).lines == 10
        assert broken() == []

    def test_numbers_that_start_anew_each_year_are_different_statements(self, erin):
        read(statement(entry("1.00", ref="A", day=DAY), number="1", day=DAY), actor=erin)
        later = dt.date(2027, 1, 4)
        read(statement(entry("1.00", ref="B", day=later), number="1", opening="1.00", day=later), actor=erin)
        assert BankStatement.objects.count() == 2

    def test_the_database_keeps_a_line_as_it_came(self, erin):
        read(statement(entry("1.00", ref="A")), actor=erin)
        line = BankLine.objects.get()
        with pytest.raises(IntegrityError), transaction.atomic():
            BankLine.objects.filter(pk=line.pk).update(amount_micros=2 * EUR)
        with pytest.raises(IntegrityError), transaction.atomic():
            line.delete()
        with pytest.raises(IntegrityError, match="bank_line_once"), transaction.atomic():
            BankLine.objects.create(
                statement=line.statement,
                external_id=line.external_id,
                amount_micros=1,
                booked_on=DAY,
                taken_as="suspense",
            )
        for wrong, named in (
            ({"proposed_as": "own"}, "bank_line_proposed_by_somebody"),
            ({"explained_at": dt.datetime(2026, 11, 23, tzinfo=dt.UTC)}, "bank_line_explained_by_somebody"),
            ({"proposed_by": erin, "proposed_as": "own", "explained_by": erin, "explanation": "x",
              "explained_at": dt.datetime(2026, 11, 23, tzinfo=dt.UTC)}, "bank_line_second_look_by_another"),
        ):  # fmt: skip
            with pytest.raises(IntegrityError, match=named), transaction.atomic():
                BankLine.objects.filter(pk=line.pk).update(**wrong)

    def test_money_that_went_out_cannot_be_marked_to_go_back(self, erin):
        read(statement(entry("-1.00", ref="A"), opening="5.00"), actor=erin)
        with (
            pytest.raises(IntegrityError, match="bank_line_goes_back_only_when_it_came_in"),
            transaction.atomic(),
        ):
            BankLine.objects.filter(amount_micros=-EUR).update(goes_back=True)


class TestWhatIsRefused:
    def test_another_account(self, erin):
        with pytest.raises(WrongAccount, match=f"{THEIRS[-4:]}.*{bank_files.OURS[-4:]}"):
            read(statement(entry("1.00"), account=THEIRS), actor=erin)

    def test_statements_of_other_accounts_beside_ours_are_left_out_and_said(self, erin):
        report = read(statement(entry("1.00"), account=THEIRS), statement(entry("2.00", ref="A")), actor=erin)
        assert report.lines == 1 and "other accounts" in report.notes[0]

    def test_lines_that_do_not_make_the_closing_balance(self, erin):
        with pytest.raises(DoesNotAddUp, match="€1.00"):
            read(statement(entry("1.00"), closing="2.00"), actor=erin)
        assert not BankLine.objects.exists()

    def test_another_currency(self, erin):
        with pytest.raises(OtherCurrency, match="USD"):
            read(statement(entry("1.00", currency="USD")), actor=erin)

    def test_one_that_is_older_than_the_books(self, erin):
        read(statement(entry("1.00", ref="A")), actor=erin)
        early = DAY - dt.timedelta(days=9)
        with pytest.raises(TooEarly):
            read(statement(entry("1.00", ref="B", day=early), number="0", day=early), actor=erin)

    def test_announced_movements_are_not_taken_and_said(self, atelier, erin):
        waiting = entry("9.00", detail(strd=rf(atelier)), ref="P", status="PDNG")
        report = read(statement(waiting, entry("1.00", ref="A")), actor=erin)
        assert (report.lines, report.not_booked) == (1, 1)

    def test_strangers(self, alice, erin):
        with pytest.raises(Forbidden):
            read(statement(entry("1.00")), actor=alice)

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (b"", bank_xml.NotXml),
            (b"%PDF-1.7", bank_xml.NotXml),
            (b"<html><body>Please log in</body></html>", camt.NotCamt),
            (
                b"<Document xmlns='urn:iso:std:iso:20022:tech:xsd:pain.001.001.09'><X/></Document>",
                camt.NotCamt,
            ),
            (
                b"<?xml version='1.0'?><!DOCTYPE d [<!ENTITY a 'aaa'>]><Document>&a;</Document>",
                bank_xml.Hostile,
            ),
            (b"<!DOCTYPE d SYSTEM 'file:///etc/passwd'><Document/>", bank_xml.Hostile),
            (b"<?xml version='1.0' encoding='no-such'?><Document/>", bank_xml.NotXml),
        ],
    )
    def test_what_is_no_statement_says_what_to_do(self, content, why, erin):
        with pytest.raises(why) as refusal:
            statements_in.read(io.BytesIO(content), actor=erin)
        assert refusal.value.status == 400 and len(refusal.value.message) > 30

    def test_half_a_file(self, erin):
        whole = file(statement(entry("1.00"))).getvalue()
        with pytest.raises(bank_xml.NotXml):
            statements_in.read(io.BytesIO(whole[:-40]), actor=erin)
        assert not BankStatement.objects.exists()

    def test_an_amount_that_is_none(self, erin):
        for written in ("NaN", "1e400", "1,50", "１", "", "0.0000001"):
            broken_file = (
                file(statement(entry("1.00"))).getvalue().replace(b">1.00<", f">{written}<".encode())
            )
            with pytest.raises(bank_xml.BadBankFile):
                statements_in.read(io.BytesIO(broken_file), actor=erin)

    def test_a_file_of_200_megabytes_is_refused_before_it_is_read(self, erin):
        class Huge(io.BytesIO):
            def seek(self, place, how=0):
                return super().seek(place, how) if how == 0 else 200_000_000

            def tell(self):
                return 200_000_000

        with pytest.raises(bank_xml.TooLarge, match="50 MB"):
            statements_in.read(Huge(b"<a/>"), actor=erin)


class TestHabitsOfBanks:
    @pytest.mark.parametrize("version", ["02", "04", "06", "08", "10", "13"])
    def test_every_version_reads_alike(self, atelier, erin, version):
        old = version in {"02", "04", "06"}
        line = entry(
            "10.00",
            detail(amount="10.00", strd=rf(atelier), name="N", account=THEIRS, old=version == "02"),
            ref="X",
            new=not old,
        )
        report = read(statement(line), actor=erin, version=version)
        assert report.taken == {"deposit": 1}

    @pytest.mark.parametrize(
        "how",
        [
            {"encoding": "ISO-8859-1"},
            {"encoding": "UTF-16"},
            {"bom": True},
            {"prefix": "ns2"},
            {"encoding": "windows-1252"},
        ],
    )
    def test_every_way_of_writing_reads_alike(self, atelier, erin, how):
        line = entry("10.00", detail(words="Référence Zoë", name="Zoë"), ref="X")
        read(statement(line), actor=erin, **how)
        kept = BankLine.objects.get()
        assert (kept.counterparty, kept.remittance) == ("Zoë", "Référence Zoë")

    def test_space_before_the_declaration(self, erin):
        assert (
            statements_in.read(
                io.BytesIO(b"\r\n" + file(statement(entry("1.00"))).getvalue()), actor=erin
            ).lines
            == 1
        )

    def test_a_gap_between_statements_is_said_and_closes_when_the_missing_one_comes(self, erin):
        read(statement(entry("1.00", ref="A"), number="1"), actor=erin)
        late = DAY + dt.timedelta(days=2)
        report = read(
            statement(entry("1.00", ref="C", day=late), number="3", opening="6.00", day=late), actor=erin
        )
        assert "€5.00" in report.notes[0]
        middle = DAY + dt.timedelta(days=1)
        report = read(
            statement(entry("5.00", ref="B", day=middle), number="2", opening="1.00", day=middle), actor=erin
        )
        assert report.notes == []
        assert all(statements_in.gap_before(row) == 0 for row in BankStatement.objects.all())
        assert statements_in.standing() == (7 * EUR, 7 * EUR, late)

    def test_what_lay_there_before_the_first_statement_is_a_line_to_explain(self, erin):
        report = read(statement(entry("1.00", ref="A"), opening="500.00"), actor=erin)
        assert report.lines == 2
        assert statements_in.standing()[:2] == (501 * EUR, 501 * EUR)
        assert broken() == []


class TestMoneyFromTheProvider:
    def told(self, eur):
        with transaction.atomic():
            clearing = ledger.account(AccountKind.GATEWAY_CLEARING, gateway="stripe")
            suspense = ledger.account(AccountKind.SUSPENSE)
            way = ledger.account(AccountKind.GATEWAY_CLEARING, gateway="gateway_bank")
            ledger.post("suspense_in", "dep_t", [(clearing, -eur * EUR), (suspense, eur * EUR)])
            ledger.post("gateway_payout", "gwp_t", [(clearing, eur * EUR), (way, -eur * EUR)])

    def test_it_is_taken_when_the_provider_said_so_and_waits_until_then(self, erin):
        line = entry("80.00", detail(name="STRIPE PAYMENTS EUROPE LTD", words="STRIPE X1"), ref="A")
        assert read(statement(line), actor=erin).to_explain == 1
        self.told(80)
        statements_in.follow()
        assert BankLine.objects.get().taken_as == "gateway"
        assert on(AccountKind.GATEWAY_CLEARING, "gateway_bank") == 0
        assert broken() == []

    def test_somebody_who_only_calls_himself_so_brings_no_more_than_was_said(self, erin):
        self.told(80)
        line = entry("81.00", detail(name="Stripe"), ref="A")
        assert read(statement(line), actor=erin).to_explain == 1


class TestExplaining:
    def line(self, amount, erin, *details, opening="0.00"):
        read(statement(entry(amount, *details, ref="A"), opening=opening), actor=erin)
        return BankLine.objects.get(external_id__contains=":A:")

    def say(self, line, actor, taken_as, reference="", explanation="I looked."):
        return bank_explain.explain(
            line=line, actor=actor, taken_as=taken_as, reference=reference, explanation=explanation
        )

    def test_a_deposit_without_a_reference_is_given_to_its_organisation_and_names_are_forgotten(
        self, atelier, erin
    ):
        line = self.line("40.00", erin, detail(words="for the furniture", name="A. Nord", account=THEIRS))
        assert self.say(line, erin, "deposit", atelier.public_id) is True
        assert funds(atelier) == 40 * EUR
        assert (line.explained_by, line.explanation, line.remittance) == (erin, "I looked.", "")
        assert broken() == []

    def test_a_large_line_needs_two_people(self, atelier, erin, dana):
        line = self.line("1000.00", erin, detail(words="?", account=THEIRS))
        assert self.say(line, erin, "deposit", rf(atelier)) is False
        assert funds(atelier) == 0
        with pytest.raises(SamePerson):
            bank_explain.confirm(line=line, actor=erin, explanation="", seen=bank_explain.said(line))
        bank_explain.reject(line=line, actor=dana)
        self.say(line, erin, "deposit", rf(atelier))
        bank_explain.confirm(line=line, actor=dana, explanation="", seen=bank_explain.said(line))
        assert funds(atelier) == 1000 * EUR and line.explained_by == dana
        with pytest.raises(Lost):
            bank_explain.confirm(line=line, actor=dana, explanation="", seen="")
        assert broken() == []

    def test_nobody_gives_money_to_their_own_organisation(self, atelier, alice, erin):
        line = self.line("40.00", erin)
        alice.is_moderator = True
        alice.save()
        with pytest.raises(OwnMoney):
            self.say(line, alice, "deposit", atelier.public_id)

    @pytest.mark.parametrize(
        ("amount", "taken_as", "reference", "field"),
        [
            ("40.00", "deposit", "org_nothing", "reference"),
            ("40.00", "deposit", "", "reference"),
            ("40.00", "return", "pay_0000000000000", "reference"),
            ("40.00", "gateway", "stripe", "reference"),
            ("40.00", "gateway", "paypal", "reference"),
            ("40.00", "fee", "", "taken_as"),
            ("40.00", "loss", "", "taken_as"),
            ("40.00", "back", "", "taken_as"),
            ("-40.00", "vat", "", "taken_as"),
            ("-40.00", "run", "run_0000000000000", "reference"),
            ("-40.00", "deposit", "", "taken_as"),
            ("40.00", "nonsense", "", "taken_as"),
        ],
    )
    def test_what_cannot_be_is_refused_at_its_field(self, erin, amount, taken_as, reference, field):
        line = self.line(amount, erin, opening="100.00")
        with pytest.raises(Invalid) as refusal:
            self.say(line, erin, taken_as, reference)
        assert list(refusal.value.fields) == [field]
        assert BankLine.objects.get(pk=line.pk).taken_as == "suspense"

    def test_without_a_reason_nothing_counts(self, atelier, erin):
        with pytest.raises(Invalid):
            self.say(self.line("40.00", erin), erin, "deposit", rf(atelier), explanation=" ")

    def test_fees_losses_vat_and_our_own_money(self, erin):
        with transaction.atomic():
            suspense, due = ledger.account(AccountKind.SUSPENSE), ledger.account(AccountKind.VAT_DUE)
            ledger.post("suspense_in", "x", [(suspense, -30 * EUR), (due, 30 * EUR)])
        lines = [
            entry(amount, ref=f"L{n}")
            for n, amount in enumerate(("-5.00", "-6.00", "-30.00", "200.00", "-50.00"))
        ]
        read(statement(*lines, opening="100.00"), actor=erin)
        said = {"L0": "fee", "L1": "loss", "L2": "vat", "L3": "own", "L4": "own", ":opening": "own"}
        for part, taken_as in said.items():
            self.say(BankLine.objects.get(external_id__contains=part), erin, taken_as)
        assert on(AccountKind.GATEWAY_COSTS, "bank") == -5 * EUR and on(AccountKind.LOSSES) == -6 * EUR
        assert on(AccountKind.VAT_DUE) == 0 and on(AccountKind.OWN_MONEY) == 250 * EUR
        assert on(AccountKind.GATEWAY_CLEARING, "bank") == -209 * EUR
        assert broken() == []

    def test_money_nobody_can_place_goes_back_in_the_next_file_and_only_once(self, erin, dana):
        line = self.line("40.00", erin, detail(words="?", name="Jörg Müller", account=THEIRS))
        self.say(line, erin, "back")
        assert not bank_lines.open_lines().exists()
        run = runs.draft(gateway="bank", actor=erin)
        assert (run.payouts, run.amount_micros) == (1, 40 * EUR)
        runs.release(run=run, actor=erin)
        runs.release(run=run, actor=dana)
        content = runs.download(run=run, actor=erin)[1]
        assert THEIRS.encode() in content and b"Joerg Mueller" in content
        later = DAY + dt.timedelta(days=1)
        gone = entry(
            "-40.00", detail(e2e=run_files.carried(line.public_id), came_in=False), ref="B", day=later
        )
        read(statement(gone, number="2", opening="40.00", day=later), actor=erin)
        line.refresh_from_db()
        run.refresh_from_db()
        assert (line.taken_as, line.counterparty_iban, run.state) == ("back", "", "booked")
        assert on(AccountKind.SUSPENSE) == 0 and on(AccountKind.GATEWAY_CLEARING, "bank") == 0
        assert broken() == []


class TestRefundsByBank:
    def test_unspent_money_goes_back_to_the_account_it_came_from(self, atelier, alice, erin, dana):
        read(
            statement(entry("250.00", detail(strd=rf(atelier), name="A. Nord", account=THEIRS), ref="X1")),
            actor=erin,
        )
        refunds.start(organisation=atelier, amount_micros=100 * EUR, actor=alice)
        run = runs.draft(gateway="bank", actor=erin)
        assert (run.payouts, run.amount_micros) == (1, 100 * EUR)
        runs.release(run=run, actor=erin)
        runs.release(run=run, actor=dana)
        assert THEIRS.encode() in runs.download(run=run, actor=erin)[1]
        later = DAY + dt.timedelta(days=1)
        gone = entry("-100.00", ref="B", batch=run_files.carried(run.public_id), day=later)
        report = read(statement(gone, number="2", opening="250.00", day=later), actor=erin)
        assert report.taken == {"run": 1}
        assert Refund.objects.get().state == "settled" and PayoutRun.objects.get().state == "booked"
        assert on(AccountKind.GATEWAY_CLEARING, "runs") == 0 and broken() == []
        back = entry(
            "100.00",
            detail(e2e=run_files.carried(Refund.objects.get().public_id), reason="AC04"),
            ref="C",
            day=later,
        )
        read(statement(back, number="3", opening="150.00", day=later), actor=erin)
        assert Refund.objects.get().state == "failed" and funds(atelier) == 250 * EUR
        assert broken() == []


def test_a_refund_of_money_whose_account_was_never_told_is_in_the_funds_again(atelier, alice, erin):
    read(statement(entry("250.00", detail(strd=rf(atelier)), ref="X1")), actor=erin)
    refunds.start(organisation=atelier, amount_micros=100 * EUR, actor=alice)
    with pytest.raises(NothingToPay):
        runs.draft(gateway="bank", actor=erin)
    assert Refund.objects.get().failure_code == "source_unknown" and funds(atelier) == 250 * EUR
    assert broken() == []


def test_the_rows_that_the_tour_of_pages_shows_can_be_written(erin):
    from django.db import connection

    from tests.browser.rows import AT_THE_BANK

    with connection.cursor() as cursor:
        for _ in range(2):
            cursor.execute(AT_THE_BANK)
    assert BankLine.objects.get().taken_as == "suspense" and PayoutRun.objects.count() == 2


def test_every_line_has_its_one_transaction_and_back(atelier, erin, settings, clock):
    lines = (
        entry("250.00", detail(strd=rf(atelier)), ref="X1"),
        entry("-3.00", ref="X2", code="ACMT/MDOP/CHRG"),
        entry("9.00", detail(words="?"), ref="X3"),
    )
    read(statement(*lines, opening="100.00"), actor=erin)
    clock.forward(days=3)
    report = reconcile.run()
    assert (report.looked_at, report.linked) == (4, 4)
    assert not reconcile.open_differences().filter(gateway="bank").exists()


def test_a_reference_is_permanent_checked_and_read_however_it_is_written(atelier):
    plain = rf(atelier)
    assert plain.startswith("RF") and len(plain) == 17 <= 25
    from schwifty.checksum import iso7064

    assert iso7064 is not None
    assert int("".join(str(int(letter, 36)) for letter in plain[4:] + plain[:4])) % 97 == 1
    for written in (plain, plain.lower(), creditor_reference.grouped(plain), f" {plain[:7]}-{plain[7:]} "):
        assert creditor_reference.number(written) == atelier.pk
    for place in range(2, len(plain)):
        for letter in "0AZ9":
            if plain[place] != letter:
                # A digit for a letter passes the check digits once in 97 times, and then leads to nobody.
                assert creditor_reference.find([plain[:place] + letter + plain[place + 1 :]], []) is None
    assert creditor_reference.number("RF18539007547034") is None, "somebody else's, valid by itself"


def test_the_amount_of_a_second_look_is_a_setting(settings, erin):
    settings.BANK_SECOND_LOOK_EUR = Decimal("10")
    read(statement(entry("10.00", ref="A")), actor=erin)
    assert bank_explain.is_large(BankLine.objects.get())
