"""The books in the console: administrators alone, months and their figures, differences with an owner."""

import datetime as dt
import re

import pytest

from marketplace.base import ids
from payments.gateways import simulated
from payments.models import AccountKind, Difference, Period
from payments.services import deposits, ledger
from tests.payments_helpers import EUR, forget_behaviours
from tests.personas import log_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def gateway():
    forget_behaviours()
    yield
    forget_behaviours()


@pytest.fixture
def books(atelier, alice, clock):
    """50 € came in in October; it is November."""
    clock.set(dt.datetime(2026, 10, 5, 12, tzinfo=dt.UTC))
    row = deposits.start(organisation=atelier, amount_micros=50 * EUR, actor=alice)
    simulated.press(row.public_id, "pay")
    deposits.refresh(row)
    clock.set(dt.datetime(2026, 11, 3, 12, tzinfo=dt.UTC))
    return row


@pytest.fixture
def difference(db):
    return Difference.objects.create(
        gateway="simulated", kind="only_outside", external_id="ch_1", amount_micros=5 * EUR
    )


@pytest.fixture
def admin(erin):
    return log_in(erin)


def text(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def test_an_empty_market_has_no_months_and_says_so(admin):
    assert "Nothing is booked yet" in text(admin.get("/console/books/"))
    assert "The books and the world agree" in text(admin.get("/console/books/differences/"))
    assert admin.get("/console/books/2026-10/").status_code == 404


def test_a_month_from_its_list_to_the_statement_of_an_account(admin, books, atelier):
    page = text(admin.get("/console/books/"))
    assert "October 2026" in page and "To be closed next" in page
    month = admin.get("/console/books/2026-10/")
    assert "Funds of an organisation" in text(month) and "€50.00" in text(month)
    kind = text(admin.get("/console/books/2026-10/kinds/organisation_available/"))
    assert atelier.public_id in kind and atelier.name not in kind
    funds = ledger.account(AccountKind.ORGANISATION_AVAILABLE, organisation=atelier)
    statement = text(admin.get(f"/console/books/2026-10/accounts/{ids.encode('acc', funds.pk)}/"))
    assert books.public_id in statement and "€50.00" in statement
    assert admin.get("/console/books/2026-10/kinds/nothing/").status_code == 404
    assert admin.get("/console/books/2027-01/").status_code == 404
    assert admin.get(f"/console/books/2026-10/accounts/{ids.encode('acc', 99_999)}/").status_code == 404


def test_the_journal_and_the_fec_are_files(admin, books):
    csv = admin.get("/console/books/2026-10/journal.csv")
    assert csv["Content-Disposition"] == 'attachment; filename="journal-2026-10.csv"'
    assert b"".join(csv.streaming_content).startswith(b"date,journal,transaction,")
    assert admin.get("/console/books/years/2026/fec/").status_code == 404
    admin.post("/console/books/2026-10/close/")
    fec = admin.get("/console/books/years/2026/fec/")
    assert "FEC20261231.txt" in fec["Content-Disposition"]
    assert b"".join(fec.streaming_content).count(b"\r\n") == 3


def test_closing_keeps_who_and_the_fingerprint(admin, books, erin):
    answer = admin.post("/console/books/2026-10/close/", follow=True)
    period = Period.objects.get()
    assert period.closed_by == erin
    assert period.sha256 in text(answer) and "Close this month" not in text(answer)


def test_a_close_that_may_not_be_says_what_to_do_first(admin, books, difference):
    answer = admin.post("/console/books/2026-10/close/")
    # The gateway does not know of ch_1 either, so asking it once more ended the difference by itself.
    assert answer.status_code == 302
    answer = admin.post("/console/books/2026-11/close/")
    assert answer.status_code == 409 and "is not over yet" in text(answer)


def test_a_difference_is_taken_on_noted_and_ended(admin, difference, erin):
    address = f"/console/books/differences/{difference.public_id}/"
    listed = text(admin.get("/console/books/differences/"))
    assert "nobody's yet" in listed.replace("&#x27;", "'") and "ch_1" in listed
    page = text(admin.get(address))
    assert "Money moved at the gateway that our books do not know" in page
    admin.post(address, {"action": "own"})
    assert erin.short_name in text(admin.get("/console/books/differences/"))
    assert admin.post(address, {"action": "end", "note": " "}).status_code == 400
    admin.post(address, {"action": "note", "note": "asked"})
    assert "asked" in text(admin.get(address))
    admin.post(address, {"action": "end", "note": "a test charge of the provider"})
    difference.refresh_from_db()
    assert (difference.ended_by, difference.note) == (erin, "a test charge of the provider")
    ended = text(admin.get("/console/books/differences/?show=ended"))
    assert "ch_1" in ended and f"ended by {erin.short_name}" in ended
    assert admin.post(address, {"action": "own"}).status_code == 409


def test_asking_now_says_what_was_found(admin, books):
    answer = admin.post("/console/books/differences/look/", follow=True)
    assert "Looked at 1 movements" in text(answer)


@pytest.mark.parametrize(
    "page", ["/console/books/", "/console/books/differences/", "/console/books/2026-10/"]
)
def test_nobody_else_sees_that_there_is_such_a_page(page, books, dana, alice, bob, client):
    for browser in (client, log_in(alice), log_in(bob), log_in(dana)):
        assert browser.get(page).status_code == 404
