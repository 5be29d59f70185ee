"""Anybody can report what is asked here; a named person decides with reasons, and another one hears complaints."""

import datetime as dt

import pytest
from django.db import IntegrityError

from marketplace.base import clock
from marketplace.base.errors import Forbidden, Invalid, Lost
from marketplace.base.models import Notice
from marketplace.base.texts import read
from payments.services import earnings, holdings
from tasks.errors import BatchAskedToChange, ConflictOfInterest, IllegalMove, TooLate
from tasks.models import Assignment, Batch, Report, ReportComplaint
from tasks.services import batches, claims, reports, reviews
from tests import market
from tests.personas import join, log_in

EUR = market.EUR
pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(atelier, alice):
    return market.open_batch(atelier, alice, rows=5, reward_micros=EUR)


@pytest.fixture
def report(batch, bob):
    made, _key = reports.file(reason="banned", text="It asks for likes.", reporter=bob, batch=batch)
    return made


def decide(report, moderator, outcome="nothing", statement="I read all of it; it asks for opinions."):
    return reports.decide(report=report, moderator=moderator, outcome=outcome, statement=statement)


def told(user, kind):
    return [" ".join(text.lines) for _row, text in read(Notice.objects.filter(user=user, kind=kind))]


# --- reporting ------------------------------------------------------------------------------------------------


def test_W7_a_stranger_reports_a_page_without_an_account_and_follows_it_by_a_secret_link(client, dana):
    form = client.get("/report/", headers={"referer": "http://testserver/terms/"}).content.decode()
    assert (
        "/terms/"
        not in client.get("/report/", headers={"referer": "http://elsewhere.test/terms/"})
        .content.decode()
        .partition("<footer")[0]
    )
    assert "/terms/" in form
    answer = client.post("/report/", {"reason": "illegal", "text": "Paragraph 3.", "page": "/terms/"})
    assert answer.status_code == 302
    page = client.get(answer["Location"]).content.decode()
    assert "Keep the address of this page" in page
    assert "Paragraph 3." in page
    row = Report.objects.get()
    assert (row.reporter, row.page, row.secret in answer["Location"]) == (None, "/terms/", False)
    assert client.get(f"/reports/{row.public_id}/").status_code == 404
    decide(row, dana)
    assert "I read all of it" in client.get(answer["Location"]).content.decode()


def test_a_report_without_a_reason_or_words_is_asked_again_and_a_flood_is_stopped(client, settings):
    settings.REPORTS_A_MINUTE = 1
    assert client.post("/report/", {"reason": "", "text": "x"}).status_code == 400
    assert client.post("/report/", {"reason": "envy", "text": "x"}).status_code == 400
    assert client.post("/report/", {"reason": "other", "text": " "}).status_code == 400
    assert client.post("/report/", {"reason": "other", "text": "x"}).status_code == 302
    assert client.post("/report/", {"reason": "other", "text": "x"}).status_code == 429
    assert Report.objects.count() == 1


def test_every_page_leads_to_a_report_and_a_batch_names_itself(client, batch, bob):
    assert 'href="/report/"' in client.get("/charter/").content.decode()
    browser = log_in(bob)
    link = f"/report/?batch={batch.public_id}"
    assert link in browser.get(f"/work/batches/{batch.public_id}/").content.decode()
    held = market.claimed(bob, batch)
    assert link in browser.get(f"/work/assignments/{held.public_id}/").content.decode()
    assert batch.title in browser.get(link).content.decode()


def test_a_worker_follows_a_report_and_a_stranger_sees_nothing_of_it(batch, report, bob, charlie, dana):
    mine = log_in(bob)
    assert told(bob, "report_received")
    assert "Being looked at" not in mine.get(f"/reports/{report.public_id}/").content.decode()
    reports.take(report=report, moderator=dana)
    assert "Being looked at" in mine.get(f"/reports/{report.public_id}/").content.decode()
    assert log_in(charlie).get(f"/reports/{report.public_id}/").status_code == 404


def test_a_private_batch_is_named_in_a_report_only_by_who_may_know_of_it(client, batch):
    Batch.objects.filter(pk=batch.pk).update(audience="list")
    client.post("/report/", {"reason": "other", "text": "x", "batch": batch.public_id})
    assert Report.objects.get().batch is None


# --- deciding -------------------------------------------------------------------------------------------------


def test_W7_nothing_wrong_is_said_to_both_with_the_reasons(batch, report, alice, bob, dana):
    decide(report, dana)
    batch.refresh_from_db()
    assert batch.state == "published"
    for person, kind in ((bob, "report_decided"), (alice, "reported_decided")):
        assert "I read all of it" in told(person, kind)[0]
    with pytest.raises(Lost):
        decide(report, dana)
    page = log_in(alice).get(f"/reports/{report.public_id}/").content.decode()
    assert "I read all of it" in page
    assert "It asks for likes." not in page  # words may tell who reported


def test_W7_a_batch_that_must_change_rests_until_a_moderator_opens_it(batch, report, alice, bob, bea, dana):
    held = market.claimed(bea, batch)
    decide(report, dana, "change", "Say that no account is needed.")
    batch.refresh_from_db()
    assert (batch.state, batch.paused_for) == ("paused", "report")
    with pytest.raises(BatchAskedToChange):
        batches.resume(batch=batch, actor=alice)
    with pytest.raises(BatchAskedToChange):
        claims.claim(worker=bob, batch=batch)
    with pytest.raises(IllegalMove):  # not before it was changed to something else than a resting batch
        reports.change_words(report=Report(batch=batch, outcome=""), actor=alice, instructions="x")
    owner = log_in(alice)
    address = f"/reports/{report.public_id}/"
    assert "Say that no account is needed." in owner.get(address).content.decode()
    assert owner.post(address + "change/", {"instructions": " "}).status_code == 400
    assert (
        owner.post(
            address + "change/", {"instructions": "No account is needed.", "distress": ["hate"]}
        ).status_code
        == 302
    )
    batch.refresh_from_db()
    assert (batch.instructions, batch.state) == ("No account is needed.", "paused")
    assert batch.distress == ["hate"]
    assert log_in(bob).post(address + "change/", {"instructions": "x"}).status_code == 404
    console = log_in(dana)
    assert "Changed: look again" in console.get("/console/reports/").content.decode()
    assert console.post(f"/console/reports/{report.public_id}/", {"act": "reopen"}).status_code == 302
    batch.refresh_from_db()
    assert (batch.state, batch.paused_for) == ("published", "")
    assert told(alice, "reported_reopened")
    held.refresh_from_db()
    assert held.state == "claimed"


def test_W7_a_batch_that_is_stopped_pays_the_time_of_those_who_work_on_it(
    batch, report, alice, bob, bea, dana
):
    answered = market.submitted(bob, batch)
    held = market.claimed(bea, batch)
    Assignment.objects.filter(pk=held.pk).update(claimed_at=clock.now() - dt.timedelta(seconds=120))
    decide(report, dana, "stopped", "It asks for likes, which charter W5 bans.")
    batch.refresh_from_db()
    held.refresh_from_db()
    assert (batch.state, held.state) == ("cancelled", "compensated")
    assert 0 < earnings.summary(bea).payable <= EUR
    assert earnings.summary(bea).payable >= 420_000  # two minutes at the floor of France
    assert told(bea, "stopped_paid")
    reviews.approve(batch=batch, assignments=[answered.pk], actor=alice)
    assert earnings.summary(bob).payable == EUR
    market.assert_sound()
    assert holdings.held(batch.public_id) < 2 * EUR


def test_who_is_involved_decides_nothing(batch, report, atelier, dana, dora, bob):
    with pytest.raises(Forbidden):
        decide(report, bob)
    join(atelier, dana, "viewer")
    with pytest.raises(ConflictOfInterest):
        decide(report, dana)
    own, _key = reports.file(reason="other", text="x", reporter=dora, batch=batch)
    with pytest.raises(ConflictOfInterest):
        decide(own, dora)
    with pytest.raises(Invalid):
        decide(report, dora, statement=" ")
    page, _key = reports.file(reason="other", text="x", reporter=None, page="/terms/")
    with pytest.raises(Invalid):
        decide(page, dora, "stopped")


def test_the_console_lists_reports_by_promise_and_decides_in_writing(batch, report, dana):
    browser = log_in(dana)
    assert batch.title in browser.get("/console/reports/").content.decode()
    assert "Reports" in browser.get("/console/").content.decode()
    address = f"/console/reports/{report.public_id}/"
    assert "It asks for likes." in browser.get(address).content.decode()
    assert browser.post(f"/console/cases/{report.public_id}/take/").status_code == 302
    assert browser.post(address, {"act": "decide", "outcome": "nothing", "reason": ""}).status_code == 400
    answer = browser.post(address, {"act": "decide", "outcome": "nothing", "reason": "It is fine."})
    assert answer.status_code == 302
    report.refresh_from_db()
    assert (report.outcome, report.decided_by, report.taken_by) == ("nothing", dana, dana)
    assert "It is fine." in browser.get(address).content.decode()
    assert batch.title in browser.get("/console/reports/?show=decided").content.decode()


# --- complaints -----------------------------------------------------------------------------------------------


def test_W7_both_sides_may_complain_once_and_another_moderator_decides(batch, report, alice, bob, dana, dora):
    decide(report, dana)
    mine, address = log_in(bob), f"/reports/{report.public_id}/complaint/"
    assert mine.post(address, {"text": ""}).status_code == 400
    assert mine.post(address, {"text": "Row 3 asks for likes."}).status_code == 302
    assert mine.post(address, {"text": "Again."}).status_code == 409
    complaint = ReportComplaint.objects.get()
    with pytest.raises(ConflictOfInterest):
        reports.decide_complaint(complaint=complaint, moderator=dana, outcome="stands", statement="No.")
    case = f"/console/reports/{report.public_id}/"
    assert "Row 3 asks for likes." in log_in(dora).get(case).content.decode()
    said = {"act": "decide", "outcome": "stopped", "reason": "Row 3 asks for likes indeed."}
    assert log_in(dora).post(case, said).status_code == 302
    batch.refresh_from_db()
    assert batch.state == "cancelled"
    assert "Row 3 asks for likes indeed." in told(bob, "report_complained")[0]
    assert "Row 3 asks for likes indeed." in told(alice, "reported_complained")[0]
    assert log_in(alice).post(address, {"text": "We only asked."}).status_code == 302
    assert ReportComplaint.objects.filter(side="requester", made_by=alice).count() == 1


def test_a_complaint_that_is_right_opens_the_batch_again(batch, report, alice, dana, dora):
    decide(report, dana, "change", "Change it.")
    complaint = reports.complain(report=report, side="requester", made_by=alice, text="It says so already.")
    reports.decide_complaint(complaint=complaint, moderator=dora, outcome="nothing", statement="It does.")
    batch.refresh_from_db()
    assert (batch.state, batch.paused_for) == ("published", "")


def test_a_batch_that_must_change_after_a_complaint_is_changed_and_opened_as_any(
    batch, report, alice, bob, dana, dora
):
    decide(report, dana)
    complaint = reports.complain(report=report, side="reporter", made_by=bob, text="Row 3.")
    reports.decide_complaint(complaint=complaint, moderator=dora, outcome="change", statement="Row 3 indeed.")
    batch.refresh_from_db()
    assert batch.paused_for == "report"
    address = f"/reports/{report.public_id}/"
    assert log_in(alice).post(address + "change/", {"instructions": "Opinions only."}).status_code == 302
    assert "Changed: look again" in log_in(dana).get("/console/reports/").content.decode()
    reports.reopen(report=report, moderator=dana)
    batch.refresh_from_db()
    assert (batch.state, batch.instructions) == ("published", "Opinions only.")


def test_a_complaint_comes_after_a_decision_and_within_six_months(report, bob, dana):
    with pytest.raises(IllegalMove):
        reports.complain(report=report, side="reporter", made_by=bob, text="x")
    decide(report, dana)
    Report.objects.filter(pk=report.pk).update(decided_at=clock.now() - dt.timedelta(days=184))
    report.refresh_from_db()
    with pytest.raises(TooLate):
        reports.complain(report=report, side="reporter", made_by=bob, text="x")


# --- what SQL keeps -------------------------------------------------------------------------------------------


def breaks(name, rows, **values):
    with pytest.raises(IntegrityError, match=name), market.without_triggers():  # each constraint by itself
        rows.update(**values)


def test_W7_the_database_asks_for_a_named_person_a_reason_and_another_one_for_complaints(
    report, bob, dana, dora
):
    rows = Report.objects.filter(pk=report.pk)
    named = "report_decided_by_a_named_person_with_a_reason"
    breaks(named, rows, outcome="nothing", decided_at=clock.now(), statement="x")
    breaks(named, rows, outcome="nothing", decided_by=dana, decided_at=clock.now(), statement="")
    breaks(
        "report_decided_by_somebody_else",
        rows,
        outcome="nothing",
        decided_by=bob,
        decided_at=clock.now(),
        statement="x",
    )
    breaks(
        "report_acts_on_a_batch",
        rows,
        batch=None,
        outcome="stopped",
        decided_by=dana,
        decided_at=clock.now(),
        statement="x",
    )
    breaks("report_says_something", rows, text="")
    breaks("report_reason_from_the_list", rows, reason="envy")
    breaks("report_taken_by_and_at", rows, taken_by=dana)
    breaks("report_reopened_by_and_at", rows, reopened_by=dana)
    decide(report, dana)
    reports.complain(report=report, side="reporter", made_by=bob, text="x")
    said = ReportComplaint.objects.all()
    breaks(
        "report_complaint_decided_by_another",
        said,
        outcome="stands",
        decided_by=dana,
        decided_at=clock.now(),
        statement="x",
    )
    breaks(
        "report_complaint_decided_by_a_named_person",
        said,
        outcome="stands",
        decided_at=clock.now(),
        statement="x",
    )
    breaks("report_complaint_says_something", said, text="")
    breaks("report_complaint_side_known", said, side="someone")
