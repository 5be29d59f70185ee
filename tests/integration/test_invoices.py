"""Invoices: what was recognised, in whole cents, once, without a gap in the numbers; and what is taken back of them."""

import csv
import datetime as dt
import io
from decimal import Decimal

import pypdfium2
import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Sum

from marketplace.base import outbox
from marketplace.base.errors import Forbidden, Invalid
from marketplace.base.models import Notice, OutboxEvent, SentMail
from payments.models import AccountKind, BatchTerms, Invoice, VatTreatment
from payments.services import billing, checks, documents, earnings, holdings, invoices, ledger, vat_register
from tests.payments_helpers import EUR, approve, cap, fund

pytestmark = pytest.mark.django_db
START = dt.datetime(2026, 11, 10, 12, tzinfo=dt.UTC)
COUNT = iter(range(10_000))


@pytest.fixture(autouse=True)
def november(clock):
    clock.set(START)


def earned(organisation, worker, *, fee, tax=None, reward=EUR, batch="bat_one", terms=None):
    """One approved answer with this fee and VAT (a fifth of it when left out), in micros."""
    tax = fee // 5 if tax is None else tax
    number = next(COUNT)
    fund(organisation, reward + fee + tax, f"dep_{number}")
    if terms and not BatchTerms.objects.filter(batch_ref=batch).exists():
        treatment, rate = terms
        BatchTerms.objects.create(
            organisation=organisation, batch_ref=batch, title=f"About {batch}", treatment=treatment, vat_rate=rate,
            why="domestic",
        )  # fmt: skip
    with transaction.atomic():
        holdings.set_aside(
            organisation=organisation, batch_ref=batch, amount_micros=reward + fee + tax, reference=f"{batch}:{number}",
            actor=None,
        )  # fmt: skip
        cap.reserve(worker_id=worker.pk, cap_year=2026, amount_micros=reward)
        one = earnings.Approved(f"asg_{number}", worker.pk, reward, 2026)
        approve(
            organisation, batch, [one], fee_micros=fee, vat_micros=tax, fees_reference=f"{batch}:fees:{number}",
            help_rate=Decimal("0.05"),
        )  # fmt: skip


def issue(organisation, year=2026, month=11, **rest):
    return invoices.issue(organisation=organisation, year=year, month=month, **rest)


def sound():
    assert not checks.broken()


def text_of(document):
    file = pypdfium2.PdfDocument(documents.pdf_of(document))
    texts = []
    for page in file:
        part = page.get_textpage()
        texts.append(part.get_text_bounded())
        part.close()
        page.close()
    file.close()
    return "\n".join(texts).replace("\r", "")


def test_a_month_is_billed_as_it_was_recognised(atelier, bob, bea, clock):
    earned(atelier, bob, fee=2 * EUR, terms=("domestic", "0.2"))
    earned(atelier, bea, fee=EUR, batch="bat_two", terms=("domestic", "0.2"))
    clock.set(dt.datetime(2026, 12, 1, 4, tzinfo=dt.UTC))
    assert invoices.issue_last_month() == {"issued": 1}
    found = Invoice.objects.get()
    assert (found.name, found.period_year, found.period_month) == ("F-2026-0001", 2026, 11)
    assert (found.net_micros, found.vat_micros, found.passed_on_micros) == (3 * EUR, 600_000, 2 * EUR)
    assert [(line[1], line[2]) for line in documents.lines(found)] == [(2 * EUR, 400_000), (EUR, 200_000)]
    assert found.customer["name"] == atelier.name and found.customer["is_complete"] is False
    sound()


def test_billing_the_same_month_again_changes_nothing(atelier, bob, clock):
    earned(atelier, bob, fee=EUR)
    clock.set(dt.datetime(2026, 12, 1, 4, tzinfo=dt.UTC))
    assert [invoices.issue_last_month()["issued"] for _ in range(3)] == [1, 0, 0]


def test_what_is_earned_after_midnight_in_paris_is_of_the_next_month(atelier, bob, clock):
    clock.set(dt.datetime(2026, 11, 30, 22, 59, tzinfo=dt.UTC))
    earned(atelier, bob, fee=EUR)
    clock.set(dt.datetime(2026, 11, 30, 23, 1, tzinfo=dt.UTC))
    earned(atelier, bob, fee=2 * EUR)
    clock.set(dt.datetime(2026, 12, 1, 4, tzinfo=dt.UTC))
    invoices.issue_last_month()
    assert Invoice.objects.get().net_micros == EUR


def test_parts_of_a_cent_are_carried_and_none_is_lost_over_the_year(atelier, bob, clock):
    recognised = [0, 0]
    for month in range(1, 13):
        clock.set(dt.datetime(2026, month, 15, tzinfo=dt.UTC))
        for fee in (12_345, 4_321 * month):
            earned(atelier, bob, fee=fee, tax=fee // 5 + 1, reward=10_000)
            recognised[0] += fee
            recognised[1] += fee // 5 + 1
        clock.set(dt.datetime(2026 + month // 12, month % 12 + 1, 1, 6, tzinfo=dt.UTC))
        invoices.issue_last_month()
    billed = Invoice.objects.aggregate(net=Sum("net_micros"), vat=Sum("vat_micros"))
    assert 0 <= recognised[0] - billed["net"] < 10_000
    assert 0 <= recognised[1] - billed["vat"] < 10_000
    for document in Invoice.objects.all():
        told = documents.lines(document)
        assert sum(line[1] for line in told) == document.net_micros
        assert sum(line[2] for line in told) == document.vat_micros
    sound()


def test_less_than_a_cent_waits_for_the_next_month(atelier, bob, clock):
    earned(atelier, bob, fee=4_000)
    clock.set(dt.datetime(2026, 12, 1, 4, tzinfo=dt.UTC))
    assert invoices.issue_last_month() == {"issued": 0}
    earned(atelier, bob, fee=7_000)
    clock.set(dt.datetime(2027, 1, 1, 4, tzinfo=dt.UTC))
    invoices.issue_last_month()
    found = Invoice.objects.get()
    assert (found.name, found.net_micros) == ("F-2027-0001", 10_000)


def test_each_vat_rule_has_an_invoice_of_its_own(atelier, bob, clock):
    earned(atelier, bob, fee=EUR, terms=("domestic", "0.2"))
    earned(atelier, bob, fee=EUR, tax=0, batch="bat_rc", terms=("reverse_charge", "0"))
    earned(atelier, bob, fee=EUR, tax=0, batch="bat_out", terms=("outside_eu", "0"))
    made = issue(atelier)
    assert [(each.treatment, each.vat_micros) for each in made] == [
        ("domestic", 200_000), ("outside_eu", 0), ("reverse_charge", 0),
    ]  # fmt: skip
    assert [each.number for each in made] == [1, 2, 3]
    texts = [text_of(each) for each in made]
    assert "article 44" in texts[1] and "article 196" in texts[2] and "article" not in texts[0]
    assert Invoice.objects.aggregate(sum=Sum("passed_on_micros"))["sum"] == 3 * EUR
    sound()


def test_an_organisation_that_leaves_is_billed_at_once_and_the_rest_comes_with_the_next_month(
    atelier, bob, clock, erin
):
    earned(atelier, bob, fee=EUR)
    assert issue(atelier, actor=erin)[0].issued_by == erin
    clock.forward(hours=1)
    earned(atelier, bob, fee=2 * EUR)
    assert issue(atelier) == []
    clock.set(dt.datetime(2027, 1, 1, 4, tzinfo=dt.UTC))
    invoices.issue_last_month()
    assert Invoice.objects.latest("pk").net_micros == 2 * EUR
    assert [line[1] for line in documents.lines(Invoice.objects.latest("pk"))] == [2 * EUR]
    with pytest.raises(ValueError):
        issue(atelier, 2027, 2)


def test_bonuses_and_top_ups_are_shown_as_passed_on_and_never_billed(atelier, bob, clock):
    earned(atelier, bob, fee=EUR)
    fund(atelier, 5 * EUR, "dep_bonus")
    with transaction.atomic():
        payable = ledger.accounts_of_users(AccountKind.WORKER_PAYABLE, [bob.pk])[bob.pk]
        funds = ledger.account(AccountKind.ORGANISATION_AVAILABLE, organisation=atelier)
        ledger.post("bonus", "bon_1", [(funds, -3 * EUR), (payable, 3 * EUR)], cap_year=2026)
        source = earnings.shortfall_of(atelier)
        earnings.top_up(reference="asg_0:topup:1", worker_id=bob.pk, cap_year=2026, parts=[(source, 500_000)])
    (found,) = issue(atelier)
    assert found.net_micros == EUR
    assert found.passed_on_micros == EUR + 3 * EUR + 500_000
    assert dict(documents.passed_on(found)) == {
        "Rewards": "€1.00", "Bonuses": "€3.00", "Top-ups to the measured time": "€0.50",
    }  # fmt: skip


def test_the_pdf_says_who_when_what_and_that_nothing_is_due(atelier, alice, bob):
    billing.save(
        organisation=atelier, actor=alice,
        details=billing.Details("Łódź & Cie", "1 rue du Bac", "Paris", "FR", "75007", reference="PO 77"),
    )  # fmt: skip
    earned(atelier, bob, fee=EUR, terms=("domestic", "0.2"))
    (found,) = issue(atelier)
    text = text_of(found)
    for part in (
        "Invoice F-2026-0001", "10 November 2026", "November 2026", "Łódź & Cie", "75007 Paris", "PO 77", "VAT 20",
        "€0.20", "€1.20", "About bat_one", "Tessera (demonstration)", "FR12000000000", "nothing is due", "Rewards",
        "Page 1 of 1",
    ):  # fmt: skip
        assert part in text.replace("\u202f", " ").replace("\xa0", " "), part
    assert documents.pdf_of(found) == documents.pdf_of(Invoice.objects.get(pk=found.pk))


def test_a_document_stays_as_it_was_when_the_customer_changes(atelier, alice, bob, settings):
    earned(atelier, bob, fee=EUR)
    (found,) = issue(atelier)
    before = documents.pdf_of(found)
    billing.save(
        organisation=atelier, actor=alice, details=billing.Details("New", "2 rue X", "Paris", "FR", "75001")
    )
    settings.SELLER_NAME = "Somebody else"
    assert documents.pdf_of(Invoice.objects.get()) == before


def test_the_csv_sums_to_the_invoice_and_runs_nothing(atelier, bob):
    earned(atelier, bob, fee=EUR, terms=("domestic", "0.2"))
    BatchTerms.objects.update(title="=HYPERLINK(1)")
    earned(atelier, bob, fee=5_000, batch="bat_two")
    (found,) = issue(atelier)
    rows = list(csv.DictReader(io.StringIO(documents.csv_of(found))))
    assert (
        sum(Decimal(row["net"]) for row in rows[:-1])
        == Decimal(rows[-1]["net"])
        == Decimal(found.net_micros) / EUR
    )
    assert rows[0]["description"].startswith("'=")
    assert any(row["net"].startswith("-0.0") for row in rows)
    assert rows[-1]["workers_pay"] == "2.00"


def test_who_handles_money_is_told_and_the_address_for_invoices_gets_a_link(atelier, alice, bob, settings):
    billing.save(
        organisation=atelier, actor=alice,
        details=billing.Details("Atelier", "1 rue X", "Paris", "FR", "75001", email="invoices@atelier.example"),
    )  # fmt: skip
    earned(atelier, bob, fee=EUR)
    (found,) = issue(atelier)
    assert Notice.objects.get(user=alice, kind="invoice_issued").data == {"invoice": found.public_id}
    event = OutboxEvent.objects.get(kind="invoice.mail")
    assert event.data == {"invoice_id": found.pk}
    settings.EMAIL_BACKEND = "marketplace.delivery.mailbox.EmailBackend"
    outbox.handlers["invoice.mail"](event)
    mail = SentMail.objects.get(recipient="invoices@atelier.example")
    assert found.name in mail.subject and f"/funds/invoices/{found.public_id}/" in mail.body


# --- numbers ----------------------------------------------------------------------------------------------------------


def document(organisation, number, **values):
    kept = {
        "kind": "invoice", "organisation": organisation, "year": 2026, "number": number, "period_year": 2026,
        "period_month": number, "treatment": "domestic", "vat_rate": "0.2", "net_micros": EUR, "vat_micros": 200_000,
        "customer": {}, "seller": {}, "lines": {},
    }  # fmt: skip
    return Invoice.objects.create(**(kept | values))


def test_sql_lets_no_number_be_left_out_or_used_twice(atelier):
    document(atelier, 1)
    with pytest.raises(IntegrityError, match="would leave a gap"), transaction.atomic():
        document(atelier, 3)
    with pytest.raises(IntegrityError, match="invoice_number_once"), transaction.atomic():
        document(atelier, 1, period_month=2)
    document(atelier, 2)
    document(atelier, 1, year=2027, period_month=5)  # each year begins anew


@pytest.mark.parametrize(
    "change", ["UPDATE payments_invoice SET net_micros = 0", "DELETE FROM payments_invoice"]
)
def test_sql_lets_no_document_change(atelier, change):
    document(atelier, 1)
    with pytest.raises(Exception, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"number": 0, "period_month": 1}, "invoice_number_from_one"),
        ({"period_month": 13}, "invoice_month_known"),
        ({"net_micros": -10_000}, "invoice_amounts_above_zero"),
        ({"net_micros": 0, "vat_micros": 0}, "invoice_amounts_above_zero"),
        ({"net_micros": 1}, "invoice_amounts_are_whole_cents"),
        ({"vat_micros": 1}, "invoice_amounts_are_whole_cents"),
        ({"treatment": "outside_eu"}, "invoice_vat_only_when_domestic"),
        ({"kind": "credit_note"}, "invoice_credit_note_names_what_and_why"),
    ],
)
def test_sql_knows_what_a_document_can_be(atelier, values, name):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        document(atelier, **({"number": 1} | values))


def test_sql_bills_a_month_once(atelier):
    document(atelier, 1)
    with pytest.raises(IntegrityError, match="invoice_once_per_month"), transaction.atomic():
        document(atelier, 2, period_month=1)


def test_the_selfcheck_finds_what_was_never_recognised_and_a_number_that_is_missing(atelier, bob):
    earned(atelier, bob, fee=EUR)
    document(atelier, 1, net_micros=2 * EUR)
    broken = {check.name: check.ids for check in checks.broken()}
    assert broken == {"invoices_bill_no_more_than_was_recognised": [atelier.public_id]}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        document(atelier, 7)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    assert (
        "invoice:2026"
        in {check.name: check.ids for check in checks.broken()}["numbers_of_documents_have_no_gap"]
    )


# --- credit notes -----------------------------------------------------------------------------------------------------


def test_a_credit_note_puts_the_money_back_and_names_why(atelier, alice, bob, erin):
    earned(atelier, bob, fee=2 * EUR)
    (billed,) = issue(atelier)
    free = holdings.available(atelier)
    note = invoices.credit(invoice=billed, actor=erin, net_micros=EUR, reason="Our  fault")
    assert (note.name, note.net_micros, note.vat_micros, note.reason) == (
        "A-2026-0001",
        EUR,
        200_000,
        "Our fault",
    )
    assert holdings.available(atelier) == free + 1_200_000
    assert Notice.objects.filter(user=alice, kind="credit_note_issued").exists()
    text = text_of(note)
    assert "Credit note A-2026-0001" in text and "F-2026-0001" in text and "Our fault" in text
    sound()


def test_credit_notes_take_back_the_invoice_to_the_cent_and_no_more(atelier, bob, erin):
    earned(atelier, bob, fee=1_010_000, tax=202_000)
    (billed,) = issue(atelier)
    assert (billed.net_micros, billed.vat_micros) == (1_010_000, 200_000)
    for net in (330_000, 330_000, 350_000):
        invoices.credit(invoice=billed, actor=erin, net_micros=net, reason="a part")
    assert invoices.left(billed) == (0, 0)
    with pytest.raises(Invalid):
        invoices.credit(invoice=billed, actor=erin, net_micros=10_000, reason="more")
    sound()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"net_micros": 0}, "amount"),
        ({"net_micros": -10_000}, "amount"),
        ({"net_micros": 5_000}, "amount"),
        ({"net_micros": 2 * EUR}, "amount"),
        ({"reason": " "}, "reason"),
        ({"reason": "x" * 401}, "reason"),
    ],
)
def test_a_credit_note_that_can_not_be_is_refused(atelier, bob, erin, values, field):
    earned(atelier, bob, fee=EUR)
    (billed,) = issue(atelier)
    with pytest.raises(Invalid) as refusal:
        invoices.credit(**({"invoice": billed, "actor": erin, "net_micros": EUR, "reason": "why"} | values))
    assert field in refusal.value.fields


def test_only_an_admin_credits_and_only_an_invoice(atelier, bob, erin, dana):
    earned(atelier, bob, fee=EUR)
    (billed,) = issue(atelier)
    with pytest.raises(Forbidden):
        invoices.credit(invoice=billed, actor=dana, net_micros=EUR, reason="why")
    note = invoices.credit(invoice=billed, actor=erin, net_micros=10_000, reason="why")
    with pytest.raises(Invalid):
        invoices.credit(invoice=note, actor=erin, net_micros=10_000, reason="why")


def test_what_our_fees_do_not_hold_we_bear_ourselves(atelier, bob, erin):
    earned(atelier, bob, fee=EUR)
    (billed,) = issue(atelier)
    invoices.credit(
        invoice=billed, actor=erin, net_micros=EUR, reason="all of it"
    )  # 5 % went to the help fund
    assert ledger.total(AccountKind.PLATFORM_FEES) == 0
    assert ledger.total(AccountKind.PLATFORM_COSTS) == -50_000
    assert ledger.total(AccountKind.HELP_FUND) == 50_000
    sound()


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"net_micros": 2 * EUR}, "take back more than was billed"),
        ({"vat_micros": 210_000}, "take back more than was billed"),
        ({"treatment": "outside_eu", "vat_micros": 0}, "of the invoice it names"),
        ({"vat_rate": "0.1"}, "of the invoice it names"),
    ],
)
def test_sql_holds_credit_notes_within_their_invoice(atelier, values, name):
    billed = document(atelier, 1)
    kept = {"kind": "credit_note", "credits": billed, "reason": "why", "period_month": 1} | values
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        document(atelier, 1, **kept)


def test_a_credit_note_that_is_not_in_the_ledger_is_found(atelier, bob):
    earned(atelier, bob, fee=EUR)
    (billed,) = issue(atelier)
    note = document(atelier, 1, kind="credit_note", credits=billed, reason="why", period_month=11, net_micros=10_000,
                    vat_micros=0)  # fmt: skip
    assert {check.name: check.ids for check in checks.broken()} == {
        "credit_notes_are_in_the_ledger": [note.public_id]
    }


# --- for the tax office -----------------------------------------------------------------------------------------------


def test_the_vat_return_sums_by_rule_and_month_of_issue(atelier, alice, bob, erin, clock):
    earned(atelier, bob, fee=2 * EUR, terms=("domestic", "0.2"))
    billing.save(
        organisation=atelier, actor=alice,
        details=billing.Details("Atelier GmbH", "Weg 1", "Berlin", "DE", "10115", vat_number="DE123456789"),
    )  # fmt: skip
    vat_register.decide(check=vat_register.waiting().get(), actor=erin, is_valid=True, proof="seen")
    earned(atelier, bob, fee=3 * EUR, tax=0, batch="bat_rc", terms=("reverse_charge", "0"))
    clock.set(dt.datetime(2026, 12, 1, 4, tzinfo=dt.UTC))
    invoices.issue_last_month()
    domestic = Invoice.objects.get(treatment=VatTreatment.DOMESTIC)
    invoices.credit(invoice=domestic, actor=erin, net_micros=EUR, reason="why")
    rows = list(csv.DictReader(io.StringIO(documents.vat_return(2026))))
    assert [(row["month"], row["treatment"], row["vat_rate"]) for row in rows] == [
        ("2026-12", "domestic", "0.2"), ("2026-12", "reverse_charge", "0"),
    ]  # fmt: skip
    assert rows[0] | {} == {
        "month": "2026-12", "treatment": "domestic", "vat_rate": "0.2", "invoices": "1", "net": "2.00", "vat": "0.40",
        "credit_notes": "1", "credited_net": "1.00", "credited_vat": "0.20", "net_after": "1.00", "vat_after": "0.20",
    }  # fmt: skip
    assert documents.vat_return(2026, month=11).count("\n") == 1
    assert documents.recapitulative(2026, 12).splitlines() == ["vat_number,net", "DE123456789,3.00"]
    assert documents.recapitulative(2026, 11).splitlines() == ["vat_number,net"]
