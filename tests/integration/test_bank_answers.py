"""What banks and providers answer to files: refusals in words, whole files, names, and the tables of providers."""

import io

import pytest
from django.core.exceptions import ImproperlyConfigured

from marketplace.base.errors import Invalid
from payments import gateways, texts
from payments.bank_errors import ProviderShort
from payments.gateways import bank, provider
from payments.models import AccountKind, BankLine, Payee, Payout, PayoutRun
from payments.services import (
    bank_answers,
    bank_explain,
    bank_reasons,
    checks,
    given_up,
    ledger,
    payees,
    payouts,
    provider_files,
    run_files,
    runs,
    statements_in,
)
from tests import bank_files
from tests.bank_files import camt, entry, pain002, statement
from tests.payments_helpers import DETAILS, EUR, earn


@pytest.fixture(autouse=True)
def bank_is_set_up(settings, db):
    for name, value in bank_files.SETTINGS.items():
        setattr(settings, name, value)


def broken():
    return [(check.name, check.ids) for check in checks.broken()]


def carried(row):
    return run_files.carried(row.public_id)


def waits(worker, atelier, eur):
    payees.save(user=worker, details=DETAILS, actor=worker)
    earn(worker, eur * EUR, atelier, reference=f"asg_{worker.pk}")
    return payouts.request(user=worker, actor=worker)


@pytest.fixture
def released(bob, bea, atelier, dana, erin):
    waits(bob, atelier, 30)
    waits(bea, atelier, 20)
    run = runs.draft(gateway="bank", actor=erin)
    runs.release(run=run, actor=dana)
    return runs.release(run=run, actor=erin)


class TestRefusals:
    def test_one_payout_is_refused_and_the_other_stays_on_its_way(self, released, erin, bob):
        one = Payout.objects.get(user=bob)
        answer = bank_answers.read(
            pain002(carried(released), single={carried(one): ("RJCT", "AC01")}), actor=erin
        )
        assert answer.refused == 1
        one.refresh_from_db()
        assert (one.state, one.failure_code) == ("failed", "AC01")
        assert ledger.balance(ledger.account(AccountKind.WORKER_PAYABLE, user=bob)) == 30 * EUR
        assert Payout.objects.exclude(pk=one.pk).get().state == "sent"
        again = bank_answers.read(
            pain002(carried(released), single={carried(one): ("RJCT", "AC01")}), actor=erin
        )
        assert again.refused == 0 and broken() == []

    def test_the_bank_then_books_the_rest_and_the_file_is_over(self, released, erin, bob):
        one = Payout.objects.get(user=bob)
        bank_answers.read(pain002(carried(released), single={carried(one): ("RJCT", "AC01")}), actor=erin)
        statements_in.read(
            camt(statement(entry("-20.00", ref="A", batch=carried(released)), opening="100.00")), actor=erin
        )
        released.refresh_from_db()
        assert released.state == "booked" and broken() == []

    def test_or_it_books_everything_and_sends_the_refused_one_back(self, released, erin, bob):
        one = Payout.objects.get(user=bob)
        bank_answers.read(pain002(carried(released), single={carried(one): ("RJCT", "AC01")}), actor=erin)
        statements_in.read(
            camt(statement(entry("-50.00", ref="A", batch=carried(released)), opening="100.00")), actor=erin
        )
        released.refresh_from_db()
        assert released.state == "released" and broken() == [], "30 euros of it are still with the bank"
        back = entry("30.00", bank_files.detail(e2e=carried(one), reason="AC01"), ref="B")
        statements_in.read(camt(statement(back, opening="50.00", number="2")), actor=erin)
        released.refresh_from_db()
        one.refresh_from_db()
        assert (released.state, one.state) == ("booked", "failed") and broken() == []

    def test_somebody_who_writes_a_refused_payouts_number_on_a_transfer_moves_nothing(
        self, released, erin, bob
    ):
        one = Payout.objects.get(user=bob)
        bank_answers.read(pain002(carried(released), single={carried(one): ("RJCT", "AC01")}), actor=erin)
        sent = entry("30.00", bank_files.detail(e2e=carried(one), reason="AC01"), ref="B")
        statements_in.read(camt(statement(sent)), actor=erin)
        line = BankLine.objects.get()
        assert line.taken_as == "suspense" and broken() == []
        with pytest.raises(Invalid, match="marked"):
            bank_explain.explain(
                line=line, actor=erin, taken_as="return", reference=one.public_id, explanation="It says so."
            )

    def test_a_person_calls_nothing_a_return_of_which_half_is_missing(self, released, erin, bob, monkeypatch):
        statements_in.read(
            camt(statement(entry("-50.00", ref="A", batch=carried(released)), opening="100.00")), actor=erin
        )
        monkeypatch.setattr(bank_explain, "CHARGES_MOST", 10 * EUR)
        statements_in.read(camt(statement(entry("15.00", ref="B"), opening="50.00", number="2")), actor=erin)
        line = BankLine.objects.get(amount_micros=15 * EUR)
        one = Payout.objects.get(user=bob)
        with pytest.raises(Invalid) as refusal:
            bank_explain.explain(
                line=line, actor=erin, taken_as="return", reference=one.public_id, explanation="x"
            )
        assert "Too little" in str(refusal.value.fields["reference"][0])

    @pytest.mark.parametrize("how", [{"group": "RJCT"}, {"batch": "RJCT"}])
    def test_a_whole_file_is_refused_and_nobody_has_to_mend_their_details(self, released, erin, how):
        answer = bank_answers.read(pain002(carried(released), reason="FF01", **how), actor=erin)
        assert answer.refused == 2 and "FF01" in answer.notes[0]
        released.refresh_from_db()
        assert released.state == "cancelled" and broken() == []
        assert payouts.run_due()["made"] == 2, "they leave again by themselves"

    def test_good_news_moves_nothing(self, released, erin):
        for status in ("ACTC", "ACCP", "ACSP", "PDNG"):
            bank_answers.read(pain002(carried(released), group=status), actor=erin)
        assert set(Payout.objects.values_list("state", flat=True)) == {"sent"}

    def test_an_answer_to_somebody_elses_file(self, released, erin):
        for message in ("OTHER-1", "run-0000000000000", ""):
            with pytest.raises(bank_answers.NotAnAnswer):
                bank_answers.read(pain002(message, group="RJCT"), actor=erin)

    def test_the_names_the_bank_checked_on_the_way_are_kept(self, released, erin, bob, bea):
        said = {
            carried(Payout.objects.get(user=bob)): ("RVNM", ""),
            carried(Payout.objects.get(user=bea)): ("RVMC", ""),
        }
        assert (
            bank_answers.read(pain002(carried(released), group="RVCM", single=said), actor=erin).checked == 2
        )
        assert Payee.objects.get(user=bob).name_check == "no_match"
        assert Payee.objects.get(user=bea).name_check == "close"

    @pytest.mark.parametrize(
        "code", ["AC01", "AC04", "AC06", "AG01", "MD07", "MS03", "RR01", "RR04", "FF01", "BE01"]
    )
    def test_every_usual_reason_has_words(self, code):
        assert len(bank_reasons.words(code)) > 20
        assert bank_reasons.words("no such code") == ""

    def test_the_worker_reads_the_reason(self, released, erin, bob):
        one = Payout.objects.get(user=bob)
        bank_answers.read(pain002(carried(released), single={carried(one): ("RJCT", "AC04")}), actor=erin)
        one.refresh_from_db()
        data = {"kind": "payout_failed", "payout": one.public_id, "amount": one.amount_micros}
        said = texts.payout_back(data, {one.public_id: one})
        assert any("closed" in str(line) for line in said.lines)


PROVIDER = {
    "BANK_IBAN": "", "DEPOSIT_GATEWAYS": ["simulated"], "PAYOUT_GATEWAYS": ["provider"], "PROVIDER_COUNTRIES": ["SN"],
    "PROVIDER_COLUMNS": ["reference", "name", "msisdn", "operator", "amount", "currency"],
    "PROVIDER_HEADERS": ["Ref", "Beneficiary", "Phone", "Network", "Value", "Cur"],
    "PROVIDER_DELIMITER": "semicolon", "PROVIDER_AMOUNTS": "comma", "PROVIDER_NUMBERS": "zeros",
    "PROVIDER_ANSWER_HEADERS": ["Ref", "Outcome", "Why"], "PROVIDER_KNOWN_AS": ["PAYAFRICA"],
}  # fmt: skip


class TestTheProvider:
    @pytest.fixture
    def run(self, settings, bob, atelier, dana, erin):
        for name, value in PROVIDER.items():
            setattr(settings, name, value)
        Payee.objects.create(
            user=bob, legal_name="Awa Diop", address="Rue 10", town="Dakar", country="SN", tax_residence="SN",
            account_holder="=Awa Dïop", mobile_number="+221771234567", mobile_provider="Orange",
        )  # fmt: skip
        earn(bob, 30 * EUR, atelier, reference="asg_1")
        payouts.request(user=bob, actor=bob)
        run = runs.draft(gateway="provider", actor=erin)
        runs.release(run=run, actor=dana)
        return runs.release(run=run, actor=erin)

    def prefund(self, settings, erin, eur=40):
        for name in ("BANK_IBAN", "BANK_BIC"):
            setattr(settings, name, bank_files.SETTINGS[name])
        line = entry(f"-{eur}.00", bank_files.detail(name="PayAfrica Ltd", came_in=False), ref="P")
        return statements_in.read(camt(statement(line, opening="100.00")), actor=erin)

    def answer(self, run, outcome, why="", newline="\n"):
        number = carried(run.lines.get())
        return io.BytesIO(f"Ref;Outcome;Why{newline}{number.upper()};{outcome};{why}{newline}".encode())

    def test_the_table_is_written_as_the_settings_say(self, run, erin):
        name, content = runs.download(run=run, actor=erin)
        assert name.endswith(".csv")
        head, row = content.decode().splitlines()
        assert head == "Ref;Beneficiary;Phone;Network;Value;Cur"
        assert row == f"{carried(run.lines.get())};Awa Diop;00221771234567;Orange;30,00;EUR"

    def test_it_is_paid_out_of_what_our_bank_sent_there(self, run, erin, settings):
        with pytest.raises(ProviderShort, match="€30.00"):
            provider_files.read(self.answer(run, "Paid"), run=run, actor=erin)
        assert self.prefund(settings, erin).taken == {"gateway": 1}
        answer = provider_files.read(self.answer(run, "Paid"), run=run, actor=erin)
        assert answer.paid == 1 and Payout.objects.get().state == "paid"
        run.refresh_from_db()
        assert run.state == "booked"
        assert ledger.balance(ledger.account(AccountKind.GATEWAY_CLEARING, gateway="provider")) == -10 * EUR
        assert provider_files.read(self.answer(run, "Paid"), run=run, actor=erin).paid == 0
        later = provider_files.read(self.answer(run, "returned", "AC06"), run=run, actor=erin)
        assert later.refused == 1 and Payout.objects.get().state == "returned" and broken() == []
        moved = {
            (move.kind, move.amount_micros)
            for move in gateways.by_name("provider").movements(since=run.created_at)
        }
        assert {("transfer", -30 * EUR), ("transfer_back", 30 * EUR), ("other", 40 * EUR)} <= moved

    def test_a_refusal_is_due_again(self, run, erin):
        answer = provider_files.read(
            self.answer(run, "FAILED", "no_mobile_account", "\r\n"), run=run, actor=erin
        )
        assert answer.refused == 1 and Payout.objects.get().failure_code == "no_mobile_account"
        assert broken() == []

    def test_words_it_never_told_us_change_nothing_and_are_said(self, run, erin):
        answer = provider_files.read(self.answer(run, "pending"), run=run, actor=erin)
        assert "pending" in answer.notes[0] and Payout.objects.get().state == "sent"

    @pytest.mark.parametrize(
        ("content", "why"),
        [
            (b"", provider_files.BadTable),
            (b"\x00\xff\xfe", provider_files.BadTable),
            (b"Ref,Outcome\n1,paid\n", provider_files.BadTable),
            (b"Ref;Outcome;Why\nnobody;paid;\n", provider_files.NothingOfOurs),
        ],
    )
    def test_other_tables_are_refused_with_what_to_do(self, run, erin, content, why):
        with pytest.raises(why):
            provider_files.read(io.BytesIO(content), run=run, actor=erin)

    def test_who_gave_no_mobile_number_is_left_out_and_shown(self, run, erin, dana):
        given_up.propose(run=run, actor=erin, reason="x")
        given_up.confirm(run=run, actor=dana)
        payouts.run_due()
        Payee.objects.update(mobile_number="")
        assert [why for _payout, why in runs.waiting("provider")] == ["no_mobile"]


class TestAtStart:
    @pytest.mark.parametrize(
        ("name", "value", "why"),
        [
            ("BANK_IBAN", "FR7630004000010000012345600", "BANK_IBAN"),
            ("BANK_IBAN", "", "BANK_IBAN"),
            ("BANK_IBAN", "SA0380000000608010167519", "SEPA"),
            ("BANK_BIC", "BNP", "BANK_BIC"),
            ("BANK_HOLDER", "", "BANK_HOLDER"),
            ("BANK_HOLDER_TOWN", "", "BANK_HOLDER_TOWN"),
            ("BANK_NAME", "", "BANK_NAME"),
            ("BANK_HOLDER_COUNTRY", "France", "BANK_HOLDER_COUNTRY"),
        ],
    )
    def test_a_bank_nobody_could_use_ends_the_start(self, settings, name, value, why):
        bank.check()
        setattr(settings, name, value)
        with pytest.raises(ImproperlyConfigured, match=why):
            bank.check()

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("PROVIDER_COUNTRIES", ["XX"]), ("PROVIDER_COUNTRIES", []), ("PROVIDER_COLUMNS", ["reference", "amount"]),
            ("PROVIDER_COLUMNS", ["reference", "amount", "msisdn", "iban2"]),
            ("PROVIDER_COLUMNS", ["reference", "amount", "amount", "msisdn"]), ("PROVIDER_COLUMNS", ["msisdn"]),
            ("PROVIDER_HEADERS", ["one"]), ("PROVIDER_HEADERS", ["a;b", "b", "c", "d", "e", "f"]),
            ("PROVIDER_DELIMITER", ";"), ("PROVIDER_AMOUNTS", "euros"), ("PROVIDER_NUMBERS", "any"),
            ("PROVIDER_ANSWER_HEADERS", ["a", "b"]), ("PROVIDER_PAID", []), ("DEPOSIT_GATEWAYS", ["provider"]),
        ],
    )  # fmt: skip
    def test_a_provider_nobody_could_read_ends_the_start(self, settings, name, value):
        for each, good in PROVIDER.items():
            setattr(settings, each, good)
        provider.check()
        setattr(settings, name, value)
        with pytest.raises(ImproperlyConfigured):
            provider.check()

    def test_gateways_are_there_once_they_are_set_up(self, settings):
        assert "bank" in gateways.names() and "provider" not in gateways.names()
        settings.BANK_IBAN = ""
        assert "bank" not in gateways.names()


def test_a_person_may_name_the_file_where_the_bank_gives_no_number(released, erin):
    statements_in.read(camt(statement(entry("-50.00", ref="A"), opening="100.00")), actor=erin)
    line = BankLine.objects.get(amount_micros=-50 * EUR)
    assert line.taken_as == "suspense" and bank_explain.run_of(line) == released
    bank_explain.explain(
        line=line, actor=erin, taken_as="run", reference=released.public_id, explanation="By its sum."
    )
    statements_in.follow()
    assert PayoutRun.objects.get().state == "booked" and broken() == []
