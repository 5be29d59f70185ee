"""The pages of billing: details that come back as typed, documents as files, and an administrator's credit note."""

import pytest

from marketplace.base import ids
from marketplace.base.models import Role
from payments.models import BillingProfile, Invoice, VatCheck
from payments.services import billing, documents, holdings, invoices
from tests.api_client import Program
from tests.integration.test_invoices import earned, issue
from tests.payments_helpers import EUR
from tests.personas import join, log_in, make_organisation, make_person

pytestmark = pytest.mark.django_db
TYPED = {
    "legal_name": "Atelier GmbH", "address": "Weg 1", "postcode": "10115", "town": "Berlin", "country": "DE",
    "vat_number": "DE 123456789", "email": "", "reference": "PO 7",
}  # fmt: skip


@pytest.fixture
def inside(client, alice):
    client.force_login(alice)
    return client


@pytest.fixture
def billed(atelier, bob):
    earned(atelier, bob, fee=2 * EUR, terms=("domestic", "0.2"))
    return issue_now(atelier)[0]


def issue_now(organisation):
    from marketplace.base import clock

    return issue(organisation, clock.today().year, clock.today().month)


def words(answer):
    return answer.content.decode().replace("\u202f", " ").replace("&#x27;", "'")


def test_details_are_kept_and_the_page_says_what_follows(inside, atelier):
    assert "We don't know yet whom to bill" in words(inside.get("/funds/"))
    page = words(inside.post("/funds/billing/", TYPED, follow=True))
    assert "Kept." in page and "DE123456789 is being confirmed" in page
    assert "no confirmed VAT number of yours" in page
    assert BillingProfile.objects.get().organisation == atelier
    assert "whom to bill" not in words(inside.get("/funds/"))


def test_details_with_a_fault_come_back_as_they_were_typed(inside):
    answer = inside.post("/funds/billing/", {**TYPED, "vat_number": "DE12", "postcode": ""})
    assert answer.status_code == 400
    page = words(answer)
    assert 'value="DE12"' in page and 'value="Weg 1"' in page
    assert "they begin with DE" in page and "the VAT depends on it" in page
    assert not BillingProfile.objects.exists()


def test_without_an_invoice_the_page_says_when_the_first_one_comes(inside):
    assert "No invoice yet" in words(inside.get("/funds/invoices/"))


def test_an_invoice_can_be_read_kept_and_credited(inside, atelier, billed, erin):
    page = words(inside.get("/funds/invoices/"))
    assert "F-2026-0001" in page and "€2.40" in page
    page = words(inside.get(f"/funds/invoices/{billed.public_id}/"))
    assert "About bat_one" in page and "€0.40" in page and "Rewards" in page
    pdf = inside.get(f"/funds/invoices/{billed.public_id}/pdf/")
    assert (
        pdf.content.startswith(b"%PDF")
        and pdf["Content-Disposition"] == 'attachment; filename="F-2026-0001.pdf"'
    )
    assert pdf.content == documents.pdf_of(billed)
    table = inside.get(f"/funds/invoices/{billed.public_id}/csv/")
    assert table["Content-Type"] == "text/csv; charset=utf-8" and b"2.00,0.40" in table.content
    free = holdings.available(atelier)
    admin = log_in(erin)
    address = f"/console/billing/documents/{billed.public_id}/"
    refused = admin.post(address, {"amount": "3,00", "reason": "Our fault."})
    assert (
        refused.status_code == 400
        and "more than is left" in words(refused)
        and 'value="3,00"' in words(refused)
    )
    done = admin.post(address, {"amount": "1,50", "reason": "Our fault."}, follow=True)
    assert "Credit note A-2026-0001 is written." in words(done)
    assert holdings.available(atelier) == free + 1_800_000
    page = words(inside.get("/funds/invoices/"))
    assert "A-2026-0001" in page and "takes back a part of F-2026-0001" in page and "−€1.80" in page


def test_documents_of_others_are_not_there(client, billed, alice):
    olga = make_person("olga")
    make_organisation("Newcomers", owner=olga)
    client.force_login(olga)
    for place in ("", "pdf/", "csv/"):
        assert client.get(f"/funds/invoices/{billed.public_id}/{place}").status_code == 404
        assert client.get(f"/funds/invoices/{ids.encode('inv', 10**12)}/{place}").status_code == 404


def test_an_editor_sees_no_invoices_and_finance_does(client, atelier, billed):
    for role, status in ((Role.EDITOR, 403), (Role.FINANCE, 200)):
        person = make_person(f"{role}")
        join(atelier, person, role)
        client.force_login(person)
        for address in ("/funds/invoices/", "/funds/billing/", f"/funds/invoices/{billed.public_id}/pdf/"):
            assert client.get(address).status_code == status
        assert client.get("/funds/limits/").status_code == 200


def test_an_administrator_bills_who_leaves_and_takes_the_figures_out(atelier, bob, erin):
    earned(atelier, bob, fee=EUR)
    admin = log_in(erin)
    done = admin.post("/console/billing/issue/", {"organisation": atelier.public_id}, follow=True)
    assert "1 invoice is written." in words(done)
    again = admin.post("/console/billing/issue/", {"organisation": atelier.public_id}, follow=True)
    assert "nothing to bill" in words(again)
    found = Invoice.objects.get()
    assert found.issued_by == erin
    assert b"domestic,0.2,1,1.00,0.20" in admin.get(f"/console/billing/vat-{found.year}.csv").content
    assert admin.get("/console/billing/recapitulative-2026-13.csv").status_code == 404


def test_an_administrator_answers_for_the_register_with_a_proof(atelier, alice, erin):
    billing.save(
        organisation=atelier, actor=alice, details=billing.Details(**{**TYPED, "vat_number": "DE123456789"})
    )
    check = VatCheck.objects.get()
    admin, address = log_in(erin), f"/console/billing/numbers/{ids.encode('vck', check.pk)}/"
    assert "DE123456789" in words(admin.get("/console/billing/"))
    assert admin.post(address, {"outcome": "valid", "proof": ""}).status_code == 400
    done = admin.post(address, {"outcome": "valid", "proof": "The register's own page, WAPIX."}, follow=True)
    assert "The organisation has been told." in words(done)
    assert billing.rule(atelier).why == "checked"
    assert admin.post(address, {"outcome": "invalid", "proof": "again"}).status_code == 409


def test_a_program_reads_invoices_of_its_organisation(atelier, alice, billed, erin):
    invoices.credit(invoice=billed, actor=erin, net_micros=EUR, reason="why")
    program = Program(alice, "funds", organisation=atelier)
    note, first = program.get("/invoices/")["results"]
    assert (note["kind"], note["credits"], note["net"], note["vat"]) == (
        "credit_note",
        first["id"],
        "1.00",
        "0.20",
    )
    assert (first["number"], first["total"], first["vat_rate"], first["workers_pay"]) == (
        "F-2026-0001",
        "2.40",
        "0.2",
        "1.00",
    )
    assert [line["net"] for line in first["lines"]] == ["2.00"]
    Program(alice, "read", organisation=atelier).get("/invoices/", 403)
