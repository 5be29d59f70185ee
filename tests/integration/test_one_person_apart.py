"""Two people who were taken for one: neither reads what the other says, and what is taken back says so (ADR 73)."""

from dataclasses import replace

import pytest
from django.urls import reverse

from marketplace.base import texts
from marketplace.base.models import Notice
from payments.models import PersonPair
from payments.services import payees, persons
from tasks.services import overdue
from tests.payments_helpers import DETAILS
from workers.models import LatePromise
from workers.services import complaints

pytestmark = pytest.mark.django_db


@pytest.fixture
def decided(bob, bea, dana):
    """A pair that dana decided is one person."""
    for user in (bob, bea):
        payees.save(user=user, details=DETAILS, actor=user)
    row = PersonPair.objects.get()
    persons.object_to(pair=row, user=bea, text="We are two.")
    persons.decide(pair=row, moderator=dana, outcome="one", reason="One number, one name.")
    return row


def test_M4_nobody_reads_the_complaint_of_the_other_account(decided, bob, bea, client_of):
    said = "I am bea@example.org, and he took my papers."
    complaints.complain(about="person", subject=decided.public_id, user=bea, text=said)
    address = reverse("decision", args=["person", decided.public_id])
    assert said in client_of(bea).get(address).content.decode()
    page = client_of(bob).get(address)
    assert page.status_code == 200
    for words in (said, "took my papers", "Your complaint", "You complained"):
        assert words not in page.content.decode()


def test_M3_what_is_taken_back_names_a_reason_of_its_own_and_the_answer_leads_to_it(
    decided, bob, bea, dora, client_of, clock
):
    made = complaints.complain(about="person", subject=decided.public_id, user=bea, text="We are sisters.")
    clock.forward(minutes=5)
    complaints.decide(complaint=made, moderator=dora, outcome="upheld", statement="Both were born here.")
    decided.refresh_from_db()
    assert (decided.outcome, decided.decided_by) == ("two", dora)
    assert decided.why == "A complaint against the earlier decision was right."
    page = client_of(bob).get(reverse("one-person", args=[decided.public_id])).content.decode()
    assert decided.why in page and "One number, one name." not in page and "born here" not in page
    ((_row, told),) = texts.read(Notice.objects.filter(user=bea, kind="complaint_decided"))
    assert "Both were born here." in " ".join(told.lines)
    assert client_of(bea).get(told.url).status_code == 200
    assert Notice.objects.filter(user=bob, kind="same_person_decided").count() == 2


def test_M3_an_objection_that_nobody_answers_in_time_is_late_like_any_other(bob, bea, clock, settings):
    for user in (bob, bea):
        payees.save(user=user, details=DETAILS, actor=user)
    row = PersonPair.objects.get()
    persons.object_to(pair=row, user=bea, text="We are two.")
    assert overdue.escalate() == {}
    clock.forward(days=settings.DECISION_DAYS, minutes=1)
    assert overdue.escalate() == {"late": 1, "answered": 0}
    assert LatePromise.objects.get().subject == row.public_id


def test_M2_what_waits_once_more_can_be_taken_once_more(bob, bea, dana, clock, client_of):
    payees.save(user=bob, details=DETAILS, actor=bob)
    other = replace(DETAILS, legal_name="Somebody Else", account_holder="Somebody Else")
    payees.save(user=bea, details=replace(other, tin=""), actor=bea)
    row = PersonPair.objects.get()
    persons.decide(pair=row, moderator=dana, outcome="two", reason="A couple with one account.")
    address = reverse("console-person-pair", args=[row.public_id])
    assert "Take it" not in client_of(dana).get(address).content.decode()
    clock.forward(minutes=5)
    payees.save(user=bea, details=DETAILS, actor=bea)
    assert "Take it" in client_of(dana).get(address).content.decode()
