"""The pages of the bank and of payout files, as moderators and administrators use them."""

import datetime as dt
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from marketplace.web import bank_transfer
from payments.models import BankLine, Payout, PayoutRun
from payments.services import creditor_reference, payees, payouts, run_files
from tests import bank_files
from tests.bank_files import camt, detail, entry, pain002, statement
from tests.payments_helpers import DETAILS, EUR, earn


@pytest.fixture(autouse=True)
def bank_is_set_up(settings, db):
    for name, value in bank_files.SETTINGS.items():
        setattr(settings, name, value)


def sent(content: io.BytesIO, name="statement.xml"):
    return SimpleUploadedFile(name, content.getvalue(), "text/xml")


def text(response):
    return response.content.decode()


@pytest.fixture
def waiting(bob, bea, atelier):
    for worker, eur in ((bob, 30), (bea, 20)):
        payees.save(user=worker, details=DETAILS, actor=worker)
        earn(worker, eur * EUR, atelier, reference=f"asg_{worker.pk}")
        payouts.request(user=worker, actor=worker)


class TestStatements:
    def test_a_statement_is_read_and_the_page_says_what_became_of_it(self, client_of, dana, atelier):
        page = client_of(dana)
        lines = (
            entry("250.00", detail(strd=creditor_reference.of(atelier)), ref="X1"),
            entry("40.00", detail(words="for the furniture", name="A. Nord"), ref="X2"),
        )
        answer = page.post("/console/bank/", {"file": sent(camt(statement(*lines)))}, follow=True)
        assert "2 new lines were read. 1 waits to be explained." in text(answer)
        assert "A. Nord" in text(answer) and "€290.00" in text(answer)

    def test_a_bad_file_says_what_to_do_and_the_page_stays(self, client_of, dana):
        page = client_of(dana)
        answer = page.post("/console/bank/", {"file": sent(io.BytesIO(b"%PDF"))})
        assert answer.status_code == 400 and "not a readable XML file" in text(answer)
        answer = page.post("/console/bank/", {"file": sent(io.BytesIO(b"<a/>"))})
        assert answer.status_code == 400 and "CAMT.053" in text(answer)
        assert page.post("/console/bank/", {}).status_code == 400
        once = camt(statement(entry("1.00", ref="A")))
        page.post("/console/bank/", {"file": sent(once)})
        again = page.post("/console/bank/", {"file": sent(once)})
        assert again.status_code == 409 and "was read on" in text(again)

    def test_without_a_bank_the_page_says_how_to_set_one_up(self, client_of, dana, settings):
        settings.BANK_IBAN = ""
        assert "BANK_IBAN" in text(client_of(dana).get("/console/bank/"))

    def test_a_line_is_explained_and_a_large_one_by_two(self, client_of, dana, erin, atelier):
        page = client_of(dana)
        page.post(
            "/console/bank/", {"file": sent(camt(statement(entry("1500.00", detail(words="hm"), ref="A"))))}
        )
        line = BankLine.objects.get()
        address = f"/console/bank/lines/{line.public_id}/"
        assert "second person" in text(page.get(address))
        wrong = page.post(
            address, {"action": "explain", "taken_as": "deposit", "reference": "?", "explanation": "I asked."}
        )
        assert (
            wrong.status_code == 400 and "Copy it from its page" in text(wrong) and "I asked." in text(wrong)
        )
        page.post(
            address,
            {
                "action": "explain",
                "taken_as": "deposit",
                "reference": atelier.public_id,
                "explanation": "I asked.",
            },
        )
        assert "somebody else must look" in text(page.get(address))
        page = client_of(erin)
        page.post(address, {"action": "confirm", "seen": "something else"})
        line.refresh_from_db()
        assert line.taken_as == "suspense"
        page.post(address, {"action": "confirm", "seen": page.get(address).context["said"]})
        line.refresh_from_db()
        assert line.taken_as == "deposit" and "I asked." in text(page.get("/console/bank/lines/"))


class TestFiles:
    def test_a_file_goes_from_draft_to_the_banks_line(self, client_of, dana, erin, waiting):
        first, second = client_of(dana), client_of(erin)
        assert "€50.00" in text(first.get("/console/runs/"))
        address = first.post("/console/runs/", {"gateway": "bank"}).url
        assert "Release it as the first person" in text(first.get(address))
        first.post(address, {"action": "release"})
        assert "A second person must look" in text(first.get(address))
        assert first.post(f"{address}file/").status_code == 302, "not before the second release"
        assert "Release it as the second person" in text(second.get(address))
        second.post(address, {"action": "release"})
        run = PayoutRun.objects.get()
        page = text(second.get(address))
        assert run.sha256 in page and "Hand it over once only" in page
        got = second.post(f"{address}file/")
        assert got["Content-Disposition"].endswith('.xml"') and got.content.startswith(b"<?xml")
        line = entry("-50.00", ref="R", batch=run_files.carried(run.public_id))
        first.post("/console/bank/", {"file": sent(camt(statement(line, opening="100.00")))})
        assert "taken by the bank" in text(second.get(address))
        assert {payout.state for payout in Payout.objects.all()} == {"paid"}

    def test_the_banks_refusal_is_read_on_the_page_of_the_bank(self, client_of, dana, erin, waiting):
        first, second = client_of(dana), client_of(erin)
        address = first.post("/console/runs/", {"gateway": "bank"}).url
        first.post(address, {"action": "release"})
        second.post(address, {"action": "release"})
        run = PayoutRun.objects.get()
        number = run_files.carried(run.lines.order_by("pk").first().public_id)
        answer = pain002(run_files.carried(run.public_id), single={number: ("RJCT", "AC04")})
        shown = first.post("/console/bank/", {"file": sent(answer, "pain002.xml")}, follow=True)
        assert "1 payouts refused" in text(shown)
        assert run.lines.filter(state="failed", failure_code="AC04").count() == 1

    def test_names_are_sent_and_the_answer_decides_who_needs_a_look(self, client_of, dana, waiting):
        page = client_of(dana)
        address = page.post("/console/runs/", {"gateway": "bank"}).url
        table = page.post(f"{address}names/").content.decode()
        number = table.splitlines()[1].split(",")[0]
        answer = SimpleUploadedFile(
            "names.csv", f"reference,result\n{number},no match\n".encode(), "text/csv"
        )
        page.post(address, {"action": "answer", "file": answer})
        assert "First decide about the 1 payout" in text(page.get(address))
        page.post(address, {"action": "pass", "payout": number.replace("-", "_")})
        assert "Release it as the first person" in text(page.get(address))

    def test_a_file_that_is_cancelled_frees_its_payouts(self, client_of, dana, waiting):
        page = client_of(dana)
        address = page.post("/console/runs/", {"gateway": "bank"}).url
        page.post(address, {"action": "cancel"})
        assert "€50.00" in text(page.get("/console/runs/")) and "cancelled" in text(page.get(address))

    def test_an_administrator_says_that_a_file_was_never_carried_out_and_another_person_confirms_it(
        self, client_of, dana, erin, waiting
    ):
        first, second = client_of(dana), client_of(erin)
        address = first.post("/console/runs/", {"gateway": "bank"}).url
        first.post(address, {"action": "release"})
        second.post(address, {"action": "release"})
        assert "Nothing of it left" not in text(first.get(address))
        assert second.post(address, {"action": "give_up"}).status_code == 400
        assert first.post(address, {"action": "give_up", "reason": "x"}).status_code == 403
        second.post(address, {"action": "give_up", "reason": "The portal refused it."})
        assert "somebody else must look" in text(second.get(address))
        second.post(address, {"action": "give_up_confirm"})
        assert {payout.state for payout in Payout.objects.all()} == {"sent"}
        first.post(address, {"action": "give_up_back"})
        second.post(address, {"action": "give_up", "reason": "The portal refused it."})
        assert "The portal refused it." in text(first.get(address))
        first.post(address, {"action": "give_up_confirm"})
        assert {payout.state for payout in Payout.objects.all()} == {"failed"}

    def test_whoever_is_paid_by_it_is_told_that_others_release_it(self, client_of, dana, bob, waiting):
        from tests.personas import give_second_factor

        bob.is_moderator = True
        bob.save()
        give_second_factor(bob)
        address = client_of(dana).post("/console/runs/", {"gateway": "bank"}).url
        page = client_of(bob)
        assert "others release it" in text(page.get(address))
        page.post(address, {"action": "release"})
        assert PayoutRun.objects.get().first_by is None


def test_the_funds_page_shows_how_to_pay_by_transfer(client_of, alice, vera, atelier, settings):
    page = text(client_of(alice).get("/funds/"))
    assert (
        creditor_reference.grouped(creditor_reference.of(atelier)) in page and "Coopérative Tessera" in page
    )
    shown = bank_transfer.card(atelier)
    assert shown is not None and shown.size > 30 and shown.code.startswith("M4 4h1v1h-1z")
    assert "By bank transfer" not in text(client_of(vera).get("/funds/"))
    settings.BANK_IBAN, settings.DEPOSIT_GATEWAYS = "", ["simulated"]
    assert "By bank transfer" not in text(client_of(alice).get("/funds/"))


def test_todays_statement_is_of_the_day_the_bank_says(client_of, dana):
    page = client_of(dana)
    page.post(
        "/console/bank/", {"file": sent(camt(statement(entry("1.00", ref="A"), day=dt.date(2026, 11, 20))))}
    )
    assert "20 November" in text(page.get("/console/bank/"))


def test_the_consoles_first_page_says_what_waits(client_of, dana, erin, settings):
    page = client_of(dana)
    page.post("/console/bank/", {"file": sent(camt(statement(entry("1.00", ref="A"))))})
    for person in (dana, erin):
        home = text(client_of(person).get("/console/"))
        assert "Bank lines to explain" in home and "Payout files to release" in home
    settings.BANK_IBAN = ""
    assert "Bank lines to explain" not in text(page.get("/console/"))
