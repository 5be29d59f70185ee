"""Rules, seen by somebody who wants to get round them: each of these once went through, or ended in an error page."""

import datetime as dt
import threading

import pytest
from django.db import IntegrityError, connection, transaction

from marketplace.base import clock as clocks
from marketplace.base import conflicts, opinions
from marketplace.base.conflicts import ConflictOfInterest
from marketplace.base.errors import Forbidden
from marketplace.base.models import CaseDraft, Notice, SecondOpinion
from marketplace.console import queues
from marketplace.web import terms
from marketplace.web.models import TermsVersion
from payments.services import help_fund, payees, payouts
from tasks.errors import AnotherModerator
from tasks.models import Assignment, Batch, Dispute, Task
from tasks.services import batches, disputes, overdue, pilot, reviews, screening, stopping, submissions
from tests import market
from tests.payments_helpers import DETAILS, earn
from tests.personas import join, log_in, make_organisation, make_person
from workers.models import Centre, Complaint, LatePromise, Restriction
from workers.services import centres, complaints, restrictions

EUR = market.EUR
WHY = "The third line of the instructions decides."

pytestmark = pytest.mark.django_db


def make_case(organisation, asker, worker, *, reward=EUR):
    batch = market.open_batch(organisation, asker, rows=1, reward_micros=reward)
    submission = market.submitted(worker, batch)
    reviews.contest(assignment=submission, actor=asker, reason="wrong_answer", evidence="Rule 2 says no.")
    disputes.reply(assignment=submission, worker=worker, text="Rule 3 says yes.")
    return Dispute.objects.get(assignment=submission)


def refused_by_two(atelier, alice, bob, dana, dora):
    """The appeal against an answer of 21 € that Dana refused and Dora agreed to refuse."""
    case = make_case(atelier, alice, bob, reward=21 * EUR)
    market.agreed(dana, dora, kind="dis", number=case.pk, act="refuse")
    disputes.decide(dispute=case, moderator=dana, outcome="reject", reason=WHY)
    assignment = Assignment.objects.get(pk=case.assignment_id)
    return disputes.appeal(assignment=assignment, worker=bob, text="Look at rule 3 again, please.")


# --- two people are two people ------------------------------------------------------------------------------------


def test_M4_who_agreed_to_a_refusal_does_not_decide_the_appeal_against_it(atelier, alice, bob, dana, dora):
    appeal = refused_by_two(atelier, alice, bob, dana, dora)
    with pytest.raises(AnotherModerator):
        disputes.decide(dispute=appeal, moderator=dora, outcome="approve", reason=WHY)
    assert dora.pk in queues.QUEUES["disputes"].item(appeal).barred


def test_M4_who_refused_first_is_not_the_second_person_of_the_appeal(atelier, alice, bob, dana, dora):
    appeal = refused_by_two(atelier, alice, bob, dana, dora)
    dan = make_person("Dan", is_moderator=True)
    market.agreed(dan, dana, kind="dis", number=appeal.pk, act="refuse")
    with pytest.raises(opinions.SecondNeeded):
        disputes.decide(dispute=appeal, moderator=dan, outcome="reject", reason=WHY)
    asked = opinions.ask(kind="dis", number=appeal.pk, moderator=dan, question="May I?", act="refuse")
    answer = log_in(dana).post(f"/console/opinions/{asked.public_id}/", {"answer": "Yes.", "agrees": "yes"})
    assert answer.status_code == 403
    assert SecondOpinion.objects.get(pk=asked.pk).answered_at is None


def test_a_second_person_who_has_got_a_part_in_it_since_counts_no_more(atelier, alice, bob, dana, dora):
    case = make_case(atelier, alice, bob, reward=21 * EUR)
    market.agreed(dana, dora, kind="dis", number=case.pk, act="refuse")
    join(atelier, dora, "viewer")
    with pytest.raises(opinions.SecondNeeded):
        disputes.decide(dispute=case, moderator=dana, outcome="reject", reason=WHY)
    assert Dispute.objects.get(pk=case.pk).decided_at is None


def test_M2_who_agreed_to_keep_somebody_from_claiming_did_not_agree_to_close_their_account(bob, dana, dora):
    market.agreed(dana, dora, kind="usr", number=bob.pk, act="restrict")
    with pytest.raises(opinions.SecondNeeded):
        restrictions.restrict(user=bob, moderator=dana, reason=WHY, ends_at=None, scope="account")
    market.agreed(dana, dora, kind="usr", number=bob.pk, act="close")
    row = restrictions.restrict(user=bob, moderator=dana, reason=WHY, ends_at=None, scope="account")
    assert row.second_by == dora


def test_M2_the_page_asks_for_the_agreement_that_the_form_needs(bob, dana, dora):
    said = {"scope": "account", "ground": "abuse", "source": "found", "reason": WHY, "until": ""}
    browser = log_in(dana)
    page = browser.post(f"/console/people/{bob.public_id}/restrict/", said)
    assert page.status_code == 409
    assert 'name="act" value="close"' in page.content.decode()
    browser.post(f"/console/cases/{bob.public_id}/ask/", {"question": WHY, "act": "close"})
    asked = SecondOpinion.objects.get()
    seen = log_in(dora).get(f"/console/people/{bob.public_id}/").content.decode()
    assert "To agree to: a restriction without an end" in seen
    assert asked.act == "close"


def test_M2_one_person_does_not_make_a_long_restriction_of_short_ones(bob, dana, clock):
    restrictions.restrict(user=bob, moderator=dana, reason=WHY, ends_at=market.soon(20))
    clock.forward(days=19)
    with pytest.raises(opinions.SecondNeeded):
        restrictions.restrict(user=bob, moderator=dana, reason=WHY, ends_at=market.soon(20))
    restrictions.restrict(user=bob, moderator=dana, reason=WHY, ends_at=market.soon(9))
    clock.forward(days=90)
    restrictions.restrict(user=bob, moderator=dana, reason=WHY, ends_at=market.soon(20))


# --- centres --------------------------------------------------------------------------------------------------------


@pytest.fixture
def asked(charlie):
    return centres.ask(
        actor=charlie, name="Maison", town="Lyon", country="FR", time_zone="Europe/Paris", description="Rooms.",
        evidence="Look at our site.", role="head",
    )  # fmt: skip


def test_M2_who_has_a_part_in_it_decides_nothing_about_a_centre(asked, charlie, dana, dora):
    conflicts.declare(kind="ctr", number=asked.pk, moderator=dana)
    club = make_organisation("Club", owner=dora)
    join(club, charlie, "viewer")
    for who in (dana, dora):
        with pytest.raises(ConflictOfInterest):
            centres.decide(centre=asked, moderator=who, opens=True, words=WHY)
    dan = make_person("Dan", is_moderator=True)
    centres.decide(centre=asked, moderator=dan, opens=True, words=WHY)
    asked.refresh_from_db()
    for who in (dana, dora):
        with pytest.raises(ConflictOfInterest):
            centres.close(centre=asked, actor=who, words=WHY)
    centres.close(centre=asked, actor=charlie, words=WHY)  # who runs it may


def test_M2_the_database_refuses_a_centre_checked_or_closed_by_who_has_a_part_in_it(asked, charlie, dana):
    club = make_organisation("Club", owner=dana)
    join(club, charlie, "viewer")
    rows = Centre.objects.filter(pk=asked.pk)
    now = clocks.now()
    checked = {"state": "open", "checked_by": dana, "checked_at": now, "check_words": WHY}
    with pytest.raises(IntegrityError, match="has a part in it"), transaction.atomic():
        rows.update(**checked)
    dan = make_person("Dan", is_moderator=True)
    rows.update(**checked | {"checked_by": dan})
    closed = {"state": "closed", "closed_by": dana, "closed_at": now, "closed_because": WHY}
    with pytest.raises(IntegrityError, match="has a part in it"), transaction.atomic():
        rows.update(**closed)
    rows.update(**closed | {"closed_by": charlie})


# --- complaints -----------------------------------------------------------------------------------------------------


def test_M5_a_complaint_takes_back_the_decision_it_is_about_and_not_a_later_one(atelier, alice, dana, dora):
    market.fund(atelier)
    batch = batches.publish(batch=market.draft(atelier, alice, rows=3), actor=alice)
    screening.refuse(batch=batch, moderator=dana, reason="Not like this.")
    made = complaints.complain(about="screening", subject=batch.public_id, user=alice, text="Why not?")
    batch.refresh_from_db()
    batch = batches.publish(batch=batch, actor=alice)
    dan = make_person("Dan", is_moderator=True)
    screening.refuse(batch=batch, moderator=dan, reason="It asks for likes now.")
    complaints.decide(complaint=made, moderator=dora, outcome="upheld", statement="The first was wrong.")
    batch.refresh_from_db()
    assert (batch.screened_by, batch.screening_note) == (dan, "It asks for likes now.")


def test_a_part_in_a_complaint_that_only_the_database_knows_of_is_told_in_words(bob, dana, dora):
    row = restrictions.restrict(user=bob, moderator=dana, reason=WHY, ends_at=market.soon())
    made = complaints.complain(about="restriction", subject=row.public_id, user=bob, text="Why?")
    theirs = make_organisation("Theirs", owner=dora)
    Restriction.objects.filter(pk=row.pk).update(lifted_by=dana, lifted_at=clocks.now())
    market.submitted(bob, market.open_batch(theirs, dora))
    with pytest.raises(ConflictOfInterest):
        complaints.decide(complaint=made, moderator=dora, outcome="stands", statement="It stands.")
    assert Complaint.objects.get(pk=made.pk).outcome == ""


def test_M5_an_upheld_complaint_frees_the_payout_also_when_the_hold_was_prolonged_meanwhile(
    atelier, bob, dana, dora, clock
):
    payees.save(user=bob, details=DETAILS, actor=bob)
    earn(bob, 20 * EUR, atelier, reference="asg_1")
    payout = payouts.request(user=bob, actor=bob)
    payouts.hold(payout=payout, actor=dana, reason=WHY)
    made = complaints.complain(about="hold", subject=payout.public_id, user=bob, text="It is my money.")
    clock.forward(minutes=1)
    payouts.prolong(payout=payout, actor=dana, reason="Still looking.")
    complaints.decide(complaint=made, moderator=dora, outcome="upheld", statement="Nothing was found.")
    payout.refresh_from_db()
    assert payout.state == "pending"


def test_M3_an_answer_that_was_taken_back_is_late_once_more_and_told_once(bob, dana, dora, erin, clock):
    grant = help_fund.ask(worker=bob, purpose="equipment", amount_micros=80 * EUR, words="A chair.")
    clock.forward(days=15)
    assert overdue.escalate()["late"] == 1
    help_fund.refuse(request=grant, actor=dana, decision="Not this time.")
    assert overdue.escalate()["answered"] == 1
    made = complaints.complain(about="grant", subject=grant.public_id, user=bob, text="Why not?")
    complaints.decide(complaint=made, moderator=dora, outcome="upheld", statement="It was wrong.")
    assert overdue.escalate()["late"] == 1
    clock.forward(minutes=10)
    assert overdue.escalate() == {}
    assert Notice.objects.filter(user=erin, kind="promises_late").count() == 2
    assert LatePromise.objects.filter(answered_at=None).count() == 1


# --- pilots ---------------------------------------------------------------------------------------------------------


def test_W2_a_raise_does_not_open_the_rest_before_the_first_tasks_are_measured(
    atelier, alice, bob, bea, ben, settings, clock
):
    settings.PILOT, settings.PILOT_TASKS, settings.PILOT_LEAST_SLOTS = True, 4, 10
    settings.FLOOR_MEASURE_SUBMISSIONS, settings.FLOOR_MEASURE_WORKERS = 3, 3
    batch = market.open_batch(atelier, alice, rows=12, countries=["FR"])
    held = [market.claimed(worker, batch) for worker in (bob, bea, ben)]
    clock.forward(minutes=6)
    for row in held:
        submissions.submit(assignment=row, worker=row.worker, answer={"same": "1"})
    # Twice as long as was said: a cent more does not make it a price that meets the floor.
    Batch.objects.filter(pk=batch.pk).update(measured_seconds=None)
    batch = batches.raise_price(batch=Batch.objects.get(pk=batch.pk), actor=alice, reward_micros=660_000)
    assert Task.objects.filter(batch=batch, is_open=True, row_number__gt=4).count() == 0
    pilot.look(batch_id=batch.pk)
    assert Batch.objects.get(pk=batch.pk).pilot == "held"
    batches.raise_price(batch=Batch.objects.get(pk=batch.pk), actor=alice, reward_micros=1_300_000)
    assert Task.objects.filter(batch=batch, is_open=True, row_number__gt=4).count() == 8
    market.assert_sound()


# --- locks ----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_stop_waits_for_an_answer_and_does_not_lock_itself_up_with_it(
    atelier, alice, bob, dana, monkeypatch
):
    batch = market.open_batch(atelier, alice, rows=1, overlap=2)
    held = market.claimed(bob, batch)
    taken, trying = threading.Event(), threading.Event()
    failed = []

    def give_back():
        try:
            with transaction.atomic():
                list(Assignment.objects.select_for_update(no_key=True).filter(pk=held.pk))
                taken.set()
                trying.wait(5)
                Task.objects.select_for_update(no_key=True).get(pk=held.task_id)
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    worker = threading.Thread(target=give_back)
    worker.start()
    taken.wait(5)
    threading.Timer(1.0, trying.set).start()
    stopping.stop(batch=batch, moderator=dana)
    worker.join()
    assert not failed
    market.assert_sound()


# --- terms ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["", "release/"])
def test_M12_who_owes_an_answer_about_the_terms_does_not_go_on_from_task_to_task(
    way, atelier, alice, bob, monkeypatch, clock
):
    batch = market.open_batch(atelier, alice, rows=3)
    held = market.claimed(bob, batch)
    now = clocks.now()
    TermsVersion.objects.create(
        number=2, slug="2099-01", bodies={"en": "## New"}, digest="x", published_at=now,
        in_force_at=now + dt.timedelta(days=30),
    )  # fmt: skip
    monkeypatch.setattr(terms, "newest", lambda: 2)
    clock.forward(days=31)
    Assignment.objects.filter(pk=held.pk).update(lease_until=clocks.now() + dt.timedelta(hours=1))
    browser = log_in(bob)
    answer = browser.post(f"/work/assignments/{held.public_id}/{way}", {"answer-same": "1", "then": "next"})
    assert answer.status_code == 302
    held.refresh_from_db()
    assert held.state == ("released" if way else "submitted")
    assert list(Assignment.objects.filter(worker=bob)) == [held]
    assert browser.get(answer.headers["Location"]).headers["Location"] == "/terms/agree/"


# --- odd input ------------------------------------------------------------------------------------------------------


def test_a_number_of_terms_as_long_as_a_book_is_no_version(bob):
    assert log_in(bob).post("/terms/agree/", {"number": "9" * 5_000, "agrees": "1"}).status_code == 404


def test_the_last_day_there_is_asks_for_another_one(bob, dana):
    said = {"scope": "claims", "ground": "abuse", "source": "found", "reason": WHY, "until": "9999-12-31"}
    assert log_in(dana).post(f"/console/people/{bob.public_id}/restrict/", said).status_code == 400
    assert not Restriction.objects.exists()


def test_a_draft_with_a_name_that_no_form_has_is_kept_without_it(atelier, alice, bob, dana):
    case = make_case(atelier, alice, bob)
    address = f"/console/cases/{case.public_id}/draft/"
    assert log_in(dana).post(address, {"rea\x00son": "Begun.", "reason": "Begun."}).status_code == 302
    assert CaseDraft.objects.get().values["reason"] == "Begun."


def test_M2_nobody_but_a_moderator_decides_about_a_centre(asked, alice):
    with pytest.raises(Forbidden):
        centres.decide(centre=asked, moderator=alice, opens=True, words=WHY)
