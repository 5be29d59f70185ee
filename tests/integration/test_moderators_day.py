"""A moderator's day: the next case, one's own for a while, drafts, templates, colleagues, and no part in it."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from marketplace.base import conflicts, opinions, teams
from marketplace.base.conflicts import ConflictOfInterest
from marketplace.base.models import (
    AuditEvent,
    CaseDraft,
    CaseLease,
    FormerMembership,
    Membership,
    Notice,
    SecondOpinion,
)
from marketplace.console import desk, queues, reasons
from tasks.models import Batch, Dispute, Report, Signal
from tasks.services import batches, checks, disputes, reports, reviews
from tests import market
from tests.personas import join, log_in, make_organisation, make_person
from workers.models import Restriction
from workers.services import restrictions

EUR = market.EUR
WHY = "The third line of the instructions decides."

pytestmark = pytest.mark.django_db


def make_case(organisation, asker, worker, *, reward=EUR, **values):
    """A dispute between a requester and a worker."""
    batch = market.open_batch(organisation, asker, rows=1, reward_micros=reward, **values)
    submission = market.submitted(worker, batch)
    reviews.contest(assignment=submission, actor=asker, reason="wrong_answer", evidence="Rule 2 says no.")
    disputes.reply(assignment=submission, worker=worker, text="Rule 3 says yes.")
    return Dispute.objects.get(assignment=submission)


@pytest.fixture
def case(atelier, alice, bob):
    return make_case(atelier, alice, bob)


def item(dispute):
    return queues.QUEUES["disputes"].item(Dispute.objects.get(pk=dispute.pk))


def address(dispute):
    return f"/console/disputes/{dispute.public_id}/"


# --- next, taking, leaving ------------------------------------------------------------------------------------


def test_next_opens_the_case_promised_first_over_all_queues(case, atelier, alice, bob, dana, clock):
    report, _key = reports.file(
        reason="banned", text="It asks for likes.", reporter=bob, batch=case.assignment.batch
    )
    browser = log_in(dana)
    # Seven days were promised for the report, fourteen for the dispute.
    assert browser.post("/console/next/").headers["Location"] == f"/console/reports/{report.public_id}/"
    Report.objects.filter(pk=report.pk).update(decide_by=clock.now() + dt.timedelta(days=30))
    CaseLease.objects.all().delete()
    assert browser.post("/console/next/").headers["Location"] == address(case)
    assert desk.holder(item(case)).moderator == dana


def test_two_moderators_are_never_given_the_same_case(case, dana, dora):
    assert log_in(dana).post("/console/next/").headers["Location"] == address(case)
    assert log_in(dora).post("/console/next/").headers["Location"] == "/console/"
    page = log_in(dora).get(address(case)).content.decode()
    assert "Dana has this case until" in page
    assert "data-draft" not in page
    refused = log_in(dora).post(address(case), {"outcome": "reject", "reason": WHY})
    assert refused.status_code == 409
    assert Dispute.objects.get(pk=case.pk).decided_at is None
    listed = log_in(dora).get("/console/disputes/").content.decode()
    assert 'data-label="Who has it">Dana<' in listed


def test_a_case_comes_back_by_itself_after_a_while(case, dana, dora, clock):
    desk.next_case(dana)
    clock.forward(minutes=31)
    assert desk.next_case(dora).number == case.pk
    assert not desk.take(item(case), dana)


def test_what_was_left_goes_to_others_and_comes_to_oneself_last(case, dana, dora):
    browser = log_in(dana)
    browser.post("/console/next/")
    assert browser.post(f"/console/cases/{case.public_id}/leave/").headers["Location"] == "/console/"
    assert desk.next_case(dana) is None
    assert desk.next_case(dora).number == case.pk


def test_C6_the_first_page_shows_who_has_how_many_and_nobodys_speed(case, atelier, alice, bea, dana, dora):
    other = make_case(atelier, alice, bea)
    desk.take(item(case), dana)
    desk.take(item(other), dana)
    page = log_in(dora).get("/console/").content.decode()
    assert "Dana <b>2</b>" in page
    assert "per hour" not in page


def test_a_decision_frees_the_case_and_throws_the_draft_away(case, dana):
    desk.take(item(case), dana)
    desk.keep(item(case), dana, {"reason": "Begun."})
    assert log_in(dana).post(address(case), {"outcome": "approve", "reason": WHY}).status_code == 302
    assert not CaseLease.objects.exists()
    assert not CaseDraft.objects.exists()


# --- lists ------------------------------------------------------------------------------------------------------


def test_a_list_shows_only_what_its_filter_asks_for(case, alice, bob, bea, dana):
    second = make_organisation("Second", owner=alice)
    other = make_case(second, alice, bea, title="Another batch")
    browser = log_in(dana)
    page = browser.get(f"/console/disputes/?organisation={second.public_id}").content.decode()
    assert address(other) in page
    assert address(case) not in page
    desk.take(item(case), dana)
    page = browser.get("/console/disputes/?state=free").content.decode()
    assert address(other) in page
    assert address(case) not in page
    assert "No case fits" in browser.get("/console/disputes/?state=late").content.decode()
    assert browser.get("/console/disputes/?page=nonsense").status_code == 200


@pytest.mark.parametrize("queue", list(queues.QUEUES.values()), ids=lambda queue: queue.key)
def test_every_queue_has_a_list_that_says_when_it_is_empty(queue, dana):
    from django.urls import reverse

    assert "Nothing waits here" in log_in(dana).get(reverse(queue.page)).content.decode() or queue.key in (
        "holds", "complaints",
    )  # fmt: skip


# --- what is written --------------------------------------------------------------------------------------------


def test_nothing_typed_is_lost(case, dana, dora):
    browser = log_in(dana)
    kept = browser.post(
        f"/console/cases/{case.public_id}/draft/",
        {"outcome": "reject", "reason": "The second rule"},
        headers={"X-Requested-With": "fetch"},
    )
    assert kept.status_code == 204
    assert ">\nThe second rule</textarea>" in browser.get(address(case)).content.decode()
    assert "The second rule" not in log_in(dora).get(address(case)).content.decode()
    browser.post(f"/console/cases/{case.public_id}/draft/", {"outcome": "", "reason": " "})
    assert not CaseDraft.objects.exists()


def test_M3_templates_come_in_the_language_of_who_reads_the_reason(case, bob, dana):
    bob.locale = "fr"
    bob.save(update_fields=["locale"])
    page = log_in(dana).get(address(case) + "?template=refused").content.decode()
    assert "La réponse est refusée. La consigne de « Is it the same? » demande […]." in page
    assert page.count("checked") == 1


def test_M3_a_template_alone_is_no_reason(case, dana):
    browser = log_in(dana)
    text = next(
        one.text for one in reasons.of("disputes", "en", {"batch": "Is it the same?"}) if one.key == "unclear"
    )
    for reason in (text, text.replace(" […]", ""), text.replace("[…]", "so")):
        answer = browser.post(address(case), {"outcome": "approve", "reason": reason})
        assert answer.status_code == 400, reason
    filled = text.replace("[…]", "a name is written twice")
    assert browser.post(address(case), {"outcome": "approve", "reason": filled}).status_code == 302


def test_earlier_decisions_for_the_same_reason_are_beside_the_case(case, atelier, alice, bea, dana, dora):
    other = make_case(atelier, alice, bea)
    disputes.decide(dispute=other, moderator=dora, outcome="reject", reason="The map says otherwise.")
    assert "The map says otherwise." in log_in(dana).get(address(case)).content.decode()


def test_W3_pictures_of_hard_content_are_blurred_for_moderators_too(case, bob, dana, clock):
    batch = case.assignment.batch
    report, _key = reports.file(reason="distress", text="Blood.", reporter=bob, batch=batch)
    figures = {"median_seconds": 1, "others_median_seconds": 9, "answers": 20, "assignments": []}
    signal = Signal.objects.create(
        batch=batch, worker=bob, kind="too_fast", first_at=clock.now(), last_at=clock.now(), evidence=figures
    )
    pages = [address(case), f"/console/reports/{report.public_id}/", f"/console/signals/{signal.public_id}/"]
    browser = log_in(dana)
    for page in pages:
        assert 'class="unveil"' not in browser.get(page).content.decode()
    Batch.objects.filter(pk=batch.pk).update(distress=[Batch.Distress.values[0]])
    for page in pages:
        assert 'class="unveil"' in browser.get(page).content.decode(), page


# --- a second person --------------------------------------------------------------------------------------------


def test_a_colleague_is_asked_answers_and_both_stay_with_the_case(case, dana, dora):
    browser = log_in(dana)
    browser.post(
        f"/console/cases/{case.public_id}/ask/", {"question": "Is rule 3 meant?", "of": dora.public_id}
    )
    asked = SecondOpinion.objects.get()
    assert Notice.objects.filter(user=dora, kind="opinion_asked").exists()
    assert "Is rule 3 meant?" in log_in(dora).get("/console/opinions/").content.decode()
    assert 'id="opinion"' in log_in(dora).get(address(case)).content.decode()
    log_in(dora).post(f"/console/opinions/{asked.public_id}/", {"answer": "Yes, I would pay."})
    assert "Yes, I would pay." in browser.get(address(case)).content.decode()
    assert Notice.objects.filter(user=dana, kind="opinion_answered").exists()


def test_only_who_was_asked_answers_and_never_who_asked(case, dana, dora):
    asked = opinions.ask(kind="dis", number=case.pk, moderator=dana, question="Is rule 3 meant?")
    path = f"/console/opinions/{asked.public_id}/"
    assert log_in(dana).post(path, {"answer": "Yes."}).status_code == 403
    third = make_person("third", is_moderator=True)
    from tests.personas import give_second_factor

    give_second_factor(third)
    named = opinions.ask(kind="dis", number=case.pk, moderator=dana, question="And you?", of=dora)
    assert log_in(third).post(f"/console/opinions/{named.public_id}/", {"answer": "Yes."}).status_code == 403
    with pytest.raises(IntegrityError, match="second_opinion_by_who_was_asked"), transaction.atomic():
        SecondOpinion.objects.filter(pk=asked.pk).update(
            answered_by=dana, answered_at=asked.asked_at, answer="x"
        )


def test_M2_a_restriction_that_lasts_takes_two_people(bob, dana, dora, clock):
    long = clock.now() + dt.timedelta(days=40)
    for end in (None, long):
        with pytest.raises(opinions.SecondNeeded):
            restrictions.restrict(user=bob, moderator=dana, reason=WHY, ends_at=end)
    asked = opinions.ask(
        kind="usr", number=bob.pk, moderator=dana, question="May I?", act="restrict", act_until=long
    )
    opinions.answer(opinion=asked, moderator=dora, words="No: he explained it.", agrees=False)
    with pytest.raises(opinions.SecondNeeded):
        restrictions.restrict(user=bob, moderator=dana, reason=WHY, ends_at=long)
    market.agreed(dana, dora, kind="usr", number=bob.pk, act="restrict", until=long)
    with pytest.raises(opinions.SecondNeeded):  # agreed to forty days, not to no end
        restrictions.restrict(user=bob, moderator=dana, reason=WHY, ends_at=None)
    row = restrictions.restrict(user=bob, moderator=dana, reason=WHY, ends_at=long)
    assert (row.decided_by, row.second_by, row.needs_second) == (dana, dora, True)
    with pytest.raises(opinions.SecondNeeded):  # it was agreed to once
        restrictions.restrict(user=bob, moderator=dana, reason=WHY, ends_at=long)
    restrictions.restrict(user=bob, moderator=dana, reason=WHY, ends_at=clock.now() + dt.timedelta(days=29))


@pytest.mark.parametrize("second", ["nobody", "dana", "bob"])
def test_M2_the_database_refuses_a_heavy_restriction_without_another_person(second, bob, dana):
    person = {"nobody": None, "dana": dana, "bob": bob}[second]
    with (
        pytest.raises(IntegrityError, match="restriction_heavy_by_two|has a part in it"),
        transaction.atomic(),
    ):
        Restriction.objects.create(user=bob, decided_by=dana, reason="x", needs_second=True, second_by=person)


def test_M2_the_database_refuses_a_restriction_without_end_by_one(bob, dana):
    with pytest.raises(IntegrityError, match="takes two people"), transaction.atomic():
        Restriction.objects.create(user=bob, decided_by=dana, reason="x")


def test_M2_to_refuse_much_money_takes_two_people_and_the_page_says_so(atelier, alice, bob, dana, dora):
    case = make_case(atelier, alice, bob, reward=21 * EUR)
    browser = log_in(dana)
    answer = browser.post(address(case), {"outcome": "reject", "reason": WHY})
    assert answer.status_code == 409
    page = answer.content.decode()
    assert 'name="act" value="refuse"' in page
    assert WHY in browser.get(address(case)).content.decode()  # nothing typed is lost
    browser.post(f"/console/cases/{case.public_id}/ask/", {"question": WHY, "act": "refuse"})
    asked = SecondOpinion.objects.get()
    log_in(dora).post(f"/console/opinions/{asked.public_id}/", {"answer": "So would I.", "agrees": "yes"})
    assert browser.post(address(case), {"outcome": "reject", "reason": WHY}).status_code == 302
    case.refresh_from_db()
    assert (case.decided_by, case.second_by) == (dana, dora)
    page = log_in(bob).get(f"/work/history/{case.assignment.public_id}/").content.decode()
    assert "Two people looked at it." in page
    assert "So would I." not in page  # what colleagues said to each other is theirs


def test_to_pay_much_takes_one(atelier, alice, bob, dana):
    case = make_case(atelier, alice, bob, reward=21 * EUR)
    disputes.decide(dispute=case, moderator=dana, outcome="approve", reason=WHY)
    case.refresh_from_db()
    assert (case.outcome, case.decided_by, case.second_by) == ("approve", dana, None)


# --- no part in it ----------------------------------------------------------------------------------------------


def test_M2_who_left_the_organisation_within_a_year_decides_nothing_of_it(case, atelier, alice, dana, clock):
    join(atelier, dana, "editor")
    teams.remove(organisation=atelier, actor=alice, user_id=dana.pk)
    assert FormerMembership.objects.filter(user=dana).exists()
    with pytest.raises(ConflictOfInterest):
        disputes.decide(dispute=case, moderator=dana, outcome="approve", reason=WHY)
    assert desk.next_case(dana) is None
    clock.forward(days=366)
    disputes.decide(dispute=case, moderator=dana, outcome="approve", reason=WHY)


def test_M2_who_shares_an_organisation_with_the_worker_or_had_them_work_for_it_does_not_decide(
    case, atelier, alice, bob, dana, dora
):
    theirs = make_organisation("Theirs", owner=dana)
    market.submitted(bob, market.open_batch(theirs, dana))
    with pytest.raises(ConflictOfInterest) as refusal:
        disputes.decide(dispute=case, moderator=dana, outcome="approve", reason=WHY)
    assert "has worked for" in refusal.value.message
    with pytest.raises(ConflictOfInterest):  # the service knows nothing of work: the database does
        restrictions.restrict(user=bob, moderator=dana, reason=WHY, ends_at=market.soon())
    club = make_organisation("Club", owner=dora)
    join(club, bob, "viewer")
    with pytest.raises(ConflictOfInterest):
        disputes.decide(dispute=case, moderator=dora, outcome="approve", reason=WHY)


@pytest.mark.parametrize(("model", "columns"), [("dispute", ("decided_by", "decided_at"))])
def test_M2_the_database_refuses_a_decision_by_a_member(model, columns, case, atelier, dana, clock):
    join(atelier, dana, "viewer")
    with pytest.raises(IntegrityError, match="has a part in it"), transaction.atomic():
        Dispute.objects.filter(pk=case.pk).update(
            decided_by=dana, decided_at=clock.now(), outcome="approve", reason=WHY
        )


def test_a_decision_by_a_member_that_went_around_every_guard_is_named_by_selfcheck(
    case, atelier, dana, clock
):
    disputes.decide(dispute=case, moderator=dana, outcome="approve", reason=WHY)
    join(atelier, dana, "viewer")  # later is fine
    assert all(check.ok for check in checks.run())
    Membership.objects.filter(user=dana).update(created_at=clock.now() - dt.timedelta(days=1))
    assert [check.name for check in checks.run() if not check.ok] == [
        "disputes_are_decided_by_nobody_involved"
    ]


def test_a_stake_is_declared_once_and_the_case_goes_on_without_them(case, dana, dora):
    browser = log_in(dana)
    browser.post("/console/next/")
    assert browser.post(f"/console/cases/{case.public_id}/stake/").headers["Location"] == "/console/"
    assert browser.get(address(case)).status_code == 403
    with pytest.raises(ConflictOfInterest):
        disputes.decide(dispute=case, moderator=dana, outcome="approve", reason=WHY)
    assert desk.next_case(dora).number == case.pk
    assert AuditEvent.objects.filter(
        tag="console:case:stake", actor_id=dana.pk, subject=case.public_id
    ).exists()


def test_a_moderator_does_not_open_a_case_of_their_own_organisation(atelier, alice, dana):
    market.fund(atelier)
    batch = batches.publish(batch=market.draft(atelier, alice), actor=alice)
    join(atelier, dana, "viewer")
    answer = log_in(dana).get(f"/console/screening/{batch.public_id}/")
    assert answer.status_code == 403
    assert "somebody else must decide" in answer.content.decode()
    assert Membership.objects.filter(user=dana).exists()
    assert conflicts.CONSTRAINT == "decided_by_nobody_involved"
