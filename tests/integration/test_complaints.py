"""Decisions against people: a named person, reasons on the first day, a complaint that another person answers by a
date, and what is restored when it was right (charter M2 to M5)."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from marketplace.base import clock as house_clock
from marketplace.base import keys
from marketplace.base.errors import Forbidden, Invalid, Lost, NotFound
from marketplace.base.models import ApiKey, Notice, User
from marketplace.base.texts import read
from marketplace.celery import BEAT
from payments.services import help_fund, payees, payouts
from tasks.errors import Restricted
from tasks.services import batches, claims, overdue, screening, submissions
from tests import market
from tests.payments_helpers import DETAILS, earn
from tests.personas import log_in
from workers.models import Award, Complaint, LatePromise, Qualification, Restriction
from workers.services import complaints, restrictions
from workers.services.complaints import Complained, PartOfIt, TooLate

EUR = market.EUR
WHY = "The same words came from two accounts within a minute."
pytestmark = pytest.mark.django_db


def soon():
    """So near that one moderator restricts alone."""
    return house_clock.now() + dt.timedelta(days=25)


@pytest.fixture
def held(bob, dana, atelier):
    """A payout of Bob that Dana holds."""
    payees.save(user=bob, details=DETAILS, actor=bob)
    earn(bob, 20 * EUR, atelier, reference="asg_1")
    payout = payouts.request(user=bob, actor=bob)
    payouts.hold(payout=payout, actor=dana, reason="The account is in another name.")
    return payout


@pytest.fixture
def closed(bob, dana):
    """Bob's whole account, closed by Dana for a while."""
    return restrictions.restrict(
        user=bob,
        moderator=dana,
        reason=WHY,
        ends_at=soon(),
        scope="account",
        ground="second_account",
        source="signal",
    )


def complain(user, row, text="They are my sister's words; she works at the next table."):
    return complaints.complain(about="restriction", subject=row.public_id, user=user, text=text)


def texts_of(user, kind):
    return [text for _notice, text in read(Notice.objects.filter(user=user, kind=kind))]


# --- M2: a named person ---------------------------------------------------------------------------------------------


def test_M2_an_account_is_closed_only_by_a_named_moderator_who_is_somebody_else(bob, dana, erin, alice):
    for who in (alice, erin, bob):
        with pytest.raises(Forbidden):
            restrictions.restrict(user=bob, moderator=who, reason=WHY, ends_at=soon(), scope="account")
    with pytest.raises(IntegrityError), transaction.atomic():
        Restriction.objects.create(user=bob, decided_by=None, reason=WHY, scope="account", ends_at=soon())
    with pytest.raises(IntegrityError, match="restriction_ground_from_the_list"), transaction.atomic():
        Restriction.objects.create(user=bob, decided_by=dana, reason=WHY, ground="mood", ends_at=soon())
    for wrong in ({"scope": "all"}, {"ground": "mood"}, {"source": "program"}):
        with pytest.raises(Invalid):
            restrictions.restrict(user=bob, moderator=dana, reason=WHY, ends_at=soon(), **wrong)
    bob.refresh_from_db()
    assert not bob.is_suspended


def test_M2_a_complaint_is_answered_by_a_named_person_who_neither_decided_nor_complains(
    closed, bob, dana, dora
):
    made = complain(bob, closed)
    for who in (dana, bob):  # a trigger on conflicts may be the first to say so
        with (
            pytest.raises(IntegrityError, match="complaint_decided_by_another|a part in it"),
            transaction.atomic(),
        ):
            Complaint.objects.filter(pk=made.pk).update(
                outcome="stands", statement="x", decided_by=who, decided_at=made.made_at
            )
    with pytest.raises(IntegrityError, match="complaint_decided_by_a_named_person"), transaction.atomic():
        Complaint.objects.filter(pk=made.pk).update(outcome="stands", statement="x")
    with pytest.raises(IntegrityError, match="complaint_decided_by_a_named_person"), transaction.atomic():
        Complaint.objects.filter(pk=made.pk).update(
            outcome="stands", statement="", decided_by=dora, decided_at=made.made_at
        )


# --- M3: reasons on the first day, an answer by a date --------------------------------------------------------------


def test_M3_the_statement_of_reasons_is_there_at_once_in_a_notice_and_on_a_page(closed, bob, dana):
    (text,) = texts_of(bob, "restricted")
    words = " ".join(text.lines)
    assert WHY in words and "Dana" in words and "second account" in words and "a rule pointed" in words
    assert text.url == f"/me/decisions/restriction/{closed.public_id}/"
    page = log_in(bob).get(text.url).content.decode()
    assert WHY in page and "Dana" in page and "No. A person read it and decided." in page
    assert "You can complain" in page


def test_M3_a_complaint_is_promised_an_answer_within_fourteen_days_and_both_sides_see_the_clock(
    closed, bob, dora
):
    answer = log_in(bob).post(
        f"/me/decisions/restriction/{closed.public_id}/", {"text": "My sister sits beside me."}
    )
    assert answer.status_code == 302
    made = Complaint.objects.get()
    assert (made.decide_by - made.made_at).days == 14
    assert "Another person answers you" in log_in(bob).get(answer["Location"]).content.decode()
    queue = log_in(dora).get("/console/complaints/").content.decode()
    assert made.public_id in queue and "Late" not in queue
    case = log_in(dora).get(f"/console/complaints/{made.public_id}/").content.decode()
    assert "My sister sits beside me." in case and WHY in case


def test_M3_a_late_answer_is_told_to_the_administrators_once_counted_and_stands_on_top(
    closed, bob, bea, dana, dora, erin, clock
):
    made = complain(bob, closed)
    other = restrictions.restrict(user=bea, moderator=dana, reason=WHY, ends_at=soon())
    clock.forward(days=10)
    complain(bea, other)
    clock.forward(days=4, seconds=1)
    assert BEAT["late-promises"][0] == "clockwork.late-promises"
    assert overdue.escalate() == {"late": 1, "answered": 0}
    assert overdue.escalate() == {}
    (text,) = texts_of(erin, "promises_late")
    assert text.subject == "1 answer is late"
    late = LatePromise.objects.get()
    assert (late.kind, late.subject, late.due_at) == ("complaint", made.public_id, made.decide_by)
    assert next(row.pk for row in complaints.waiting()) == made.pk
    page = log_in(bob).get(f"/me/decisions/restriction/{closed.public_id}/").content.decode()
    assert "We are late" in page
    complaints.decide(complaint=made, moderator=dora, outcome="stands", statement="Two cards, one hand.")
    assert overdue.escalate() == {"late": 0, "answered": 1}
    assert LatePromise.objects.get().answered_at is not None


def test_M3_whatever_waits_for_a_person_is_followed(bob, dana, erin, atelier, alice, clock):
    help_fund.ask(worker=bob, purpose="hardship", amount_micros=10 * EUR, words="The roof.")
    market.fund(atelier, 20_000)
    batches.publish(batch=market.draft(atelier, alice), actor=alice)
    assert {each.kind for each in overdue.waiting()} == {"grant", "screening"}
    clock.forward(days=15)
    assert overdue.escalate()["late"] == 2
    (text,) = texts_of(erin, "promises_late")
    assert text.subject == "2 answers are late"


# --- M4: for six months, also with a closed account -----------------------------------------------------------------


OPEN = (
    "/me/decisions/", "/me/notices/", "/me/", "/work/earnings/", "/work/payee/", "/me/data/", "/work/history/",
    "/terms/", "/charter/", "/accounts/email/",
)  # fmt: skip
SHUT = ("/work/", "/batches/", "/start/", "/work/profile/")


def test_M4_a_closed_account_keeps_reasons_money_data_and_complaints_and_nothing_else(
    closed, bob, alice, atelier
):
    browser = log_in(bob)
    there = f"/me/decisions/restriction/{closed.public_id}/"
    for path in OPEN:
        assert browser.get(path).status_code == 200, path
    for path in SHUT:
        answer = browser.get(path)
        assert (answer.status_code, answer["Location"]) == (302, there), path
    assert browser.get("/api/v1/work/").json()["code"] == "account_closed"


def test_M4_a_key_of_a_closed_account_opens_nothing(bob, dana, client):
    _key, secret = keys.create(user=bob, name="mine", scopes=[ApiKey.Scope.WORK], organisation=None, days=30)
    row = restrictions.restrict(user=bob, moderator=dana, reason=WHY, ends_at=soon(), scope="account")
    answer = client.get("/api/v1/work/", headers={"Authorization": f"Bearer {secret}"})
    assert (answer.status_code, answer.json()["code"]) == (403, "account_closed")
    restrictions.lift(restriction=row, moderator=dana)
    assert client.get("/api/v1/work/", headers={"Authorization": f"Bearer {secret}"}).status_code == 200


def test_M4_what_one_holds_may_be_finished_and_is_paid_and_nothing_new_is_given(bob, dana, alice, atelier):
    batch = market.open_batch(atelier, alice, rows=3)
    held = market.claimed(bob, batch)
    restrictions.restrict(user=bob, moderator=dana, reason=WHY, ends_at=soon(), scope="account")
    assert log_in(bob).get(f"/work/assignments/{held.public_id}/").status_code == 200
    submissions.submit(assignment=held, worker=bob, answer={"same": "1"})
    with pytest.raises(Restricted):
        claims.claim(worker=bob, batch=batch)


def test_M4_one_complains_for_six_months_and_once(closed, bob, bea, clock):
    with pytest.raises(NotFound):
        complain(bea, closed)
    clock.forward(days=183, seconds=-60)
    complain(bob, closed)
    with pytest.raises(Complained):
        complain(bob, closed)
    later = Restriction.objects.get()
    Complaint.objects.all().delete()
    clock.forward(seconds=61)
    with pytest.raises(TooLate):
        complain(bob, later)


def test_M4_another_moderator_answers(closed, bob, dana, dora, erin):
    made = complain(bob, closed)
    for who, refusal in ((dana, PartOfIt), (erin, Forbidden), (bob, Forbidden)):
        with pytest.raises(refusal):
            complaints.decide(complaint=made, moderator=who, outcome="upheld", statement="x")
    assert (
        "Leave it to a colleague"
        in log_in(dana).get(f"/console/complaints/{made.public_id}/").content.decode()
    )
    address = f"/console/complaints/{made.public_id}/"
    assert log_in(dora).post(address, {"outcome": "stands", "reason": " "}).status_code == 400
    answer = log_in(dora).post(address, {"outcome": "stands", "reason": "The cards were yours."})
    assert answer.status_code == 302
    (text,) = texts_of(bob, "complaint_decided")
    assert "The cards were yours." in " ".join(text.lines) and "court" in " ".join(text.lines)
    with pytest.raises(Lost):
        complaints.decide(complaint=made, moderator=dora, outcome="upheld", statement="x")
    assert restrictions.suspension(bob.pk) is not None


def test_a_closed_account_opens_by_itself_on_its_day(bob, dana, clock):
    restrictions.restrict(
        user=bob, moderator=dana, reason=WHY, ends_at=clock.now() + dt.timedelta(days=2), scope="account"
    )
    assert log_in(bob).get("/work/").status_code == 302
    clock.forward(days=2, seconds=1)
    assert log_in(bob).get("/work/").status_code == 200
    assert restrictions.open_ended() == 1
    assert not User.objects.get(pk=bob.pk).is_suspended


def test_two_restrictions_and_one_is_lifted_the_account_stays_closed(closed, bob, dora):
    other = restrictions.restrict(
        user=bob, moderator=dora, reason="Another.", ends_at=soon(), scope="account"
    )
    restrictions.lift(restriction=closed, moderator=dora)
    assert User.objects.get(pk=bob.pk).is_suspended
    restrictions.lift(restriction=other, moderator=dora)
    assert not User.objects.get(pk=bob.pk).is_suspended


# --- M5: what is restored -------------------------------------------------------------------------------------------


def test_M5_a_restriction_that_was_wrong_ends_and_leaves_the_record_and_lost_time_is_given_back(
    closed, bob, dana, dora, clock
):
    held = Qualification.objects.create(name="Reads hands", description="Before 1900.", created_by=dana)
    ends = clock.now() + dt.timedelta(days=5)
    award = Award.objects.create(
        qualification=held,
        user=bob,
        score=0.9,
        granted_at=closed.starts_at - dt.timedelta(days=1),
        expires_at=ends,
    )
    made = complain(bob, closed)
    clock.forward(days=7)
    complaints.decide(complaint=made, moderator=dora, outcome="upheld", statement="Two people, two cards.")
    closed.refresh_from_db()
    award.refresh_from_db()
    assert closed.overturned_at is not None and closed.lifted_by == dora
    assert not User.objects.get(pk=bob.pk).is_suspended
    assert log_in(bob).get("/work/").status_code == 200
    assert (award.expires_at - ends).days == 7
    assert restrictions.history(bob) == []
    assert WHY not in log_in(dora).get(f"/console/people/{bob.public_id}/").content.decode()
    assert "You were right" in texts_of(bob, "complaint_decided")[0].subject


def test_M5_a_held_payout_leaves_again(held, bob, dora):
    made = complaints.complain(about="hold", subject=held.public_id, user=bob, text="It is my married name.")
    complaints.decide(complaint=made, moderator=dora, outcome="upheld", statement="The paper says so.")
    held.refresh_from_db()
    assert held.state == "pending"
    assert complaints.find("hold", held.public_id).over_at is not None


def test_M5_a_refused_request_to_the_help_fund_waits_again_for_another_decision(bob, dana, dora):
    request = help_fund.ask(worker=bob, purpose="hardship", amount_micros=10 * EUR, words="The roof.")
    help_fund.refuse(request=request, actor=dana, decision="Not this time.")
    made = complaints.complain(about="grant", subject=request.public_id, user=bob, text="It rains in.")
    complaints.decide(complaint=made, moderator=dora, outcome="upheld", statement="It does.")
    request.refresh_from_db()
    assert (request.state, request.decided_by, request.decision) == ("asked", None, "")
    made.refresh_from_db()
    assert made.first_reason == "Not this time."


def test_M5_a_batch_that_was_wrongly_handed_back_keeps_no_trace_of_it(alice, atelier, bea, dana, dora):
    market.fund(atelier, 20_000)
    batch = batches.publish(batch=market.draft(atelier, alice), actor=alice)
    screening.refuse(batch=batch, moderator=dana, reason="It asks for reviews.")
    with pytest.raises(NotFound):
        complaints.find_for(bea, "screening", batch.public_id)
    page = log_in(alice).get(f"/me/decisions/screening/{batch.public_id}/").content.decode()
    assert "It asks for reviews." in page
    made = complaints.complain(
        about="screening", subject=batch.public_id, user=alice, text="It asks for names."
    )
    complaints.decide(complaint=made, moderator=dora, outcome="upheld", statement="It does ask for names.")
    batch.refresh_from_db()
    assert (batch.state, batch.screened_by, batch.screening_note) == ("draft", None, "")
    assert log_in(alice).get(f"/me/decisions/screening/{batch.public_id}/").status_code == 404


def test_a_complaint_is_of_a_decision_and_a_later_decision_has_its_own(held, bob, dora):
    complaints.complain(about="hold", subject=held.public_id, user=bob, text="It is my married name.")
    payouts.prolong(payout=held, actor=dora, reason="The paper is missing.")
    again = complaints.complain(about="hold", subject=held.public_id, user=bob, text="Here it is.")
    assert again.first_decided_by == dora
    assert Complaint.objects.count() == 2


def test_a_strangers_decision_is_nowhere_to_be_found(closed, bea, client):
    assert log_in(bea).get(f"/me/decisions/restriction/{closed.public_id}/").status_code == 404
    assert log_in(bea).get("/me/decisions/nonsense/x/").status_code == 404
    assert client.get("/me/decisions/").status_code == 302
