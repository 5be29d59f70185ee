"""The desk with many cases: as many queries as with few, and no button for a case that is for somebody else."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.base import opinions
from marketplace.base.conflicts import ConflictOfInterest
from marketplace.base.models import CaseLease
from marketplace.console import desk, queues
from marketplace.console.views import cases
from payments.models import HelpGrant
from tasks.models import Dispute
from tasks.services import disputes, overdue, reports, reviews
from tests import market
from tests.personas import join, log_in, make_organisation, make_worker
from workers.models import Centre, CentreCoordinator

pytestmark = pytest.mark.django_db
EUR = market.EUR
WHY = "The third line of the instructions decides."


def make_dispute(organisation, asker, worker):
    batch = market.open_batch(organisation, asker, rows=1, reward_micros=EUR)
    row = market.submitted(worker, batch)
    reviews.contest(assignment=row, actor=asker, reason="wrong_answer", evidence="Rule 2 says no.")
    disputes.reply(assignment=row, worker=worker, text="Rule 3 says yes.")
    return Dispute.objects.get(assignment=row)


def make_appeal(organisation, asker, worker, moderator):
    first = make_dispute(organisation, asker, worker)
    disputes.decide(dispute=first, moderator=moderator, outcome="reject", reason=WHY)
    first.assignment.refresh_from_db()
    return disputes.appeal(assignment=first.assignment, worker=worker, text="Rule 3 was not read.")


def make_complaint(batch, reporter, moderator):
    """A report that was decided, and a complaint about it."""
    report, _key = reports.file(reason="banned", text="It asks for likes.", reporter=reporter, batch=batch)
    reports.decide(report=report, moderator=moderator, outcome="nothing", statement=WHY)
    report.refresh_from_db()
    reports.complain(report=report, side="reporter", made_by=reporter, text="Look at row 4.")
    return report


def make_one_of_each(number, alice, dora):
    """An organisation of its own with a dispute, an appeal, a report and a complaint; a centre, a grant, a question."""
    house = make_organisation(f"House {number}", owner=alice)
    worker = make_worker(f"many{number}")
    dispute = make_dispute(house, alice, worker)
    make_appeal(house, alice, worker, dora)
    reports.file(reason="banned", text="It asks for likes.", reporter=worker, batch=dispute.assignment.batch)
    make_complaint(dispute.assignment.batch, worker, dora)
    centre = Centre.objects.create(
        name=f"Centre {number}", town="Lyon", country="FR", time_zone="Europe/Paris", description="Rooms.",
        evidence="The town hall knows us.", asked_by=worker,
    )  # fmt: skip
    CentreCoordinator.objects.create(centre=centre, user=worker, role="Runs it", added_by=worker)
    HelpGrant.objects.create(worker=worker, purpose="equipment", words="A chair.", asked_micros=10 * EUR)
    opinions.ask(kind="dis", number=dispute.pk, moderator=dora, question="What do you think?")
    opinions.ask(kind="usr", number=worker.pk, moderator=dora, question="And of this?")


def asked(act):
    with CaptureQueriesContext(connection) as seen:
        act()
    return len(seen)


ACTS = {
    "late promises": lambda dana: list(overdue.waiting()),
    "the next case": lambda dana: desk.next_case(dana),
    "questions of colleagues": lambda dana: cases.questions(dana),
    "the first page": lambda dana: log_in(dana).get("/console/"),
    "disputes": lambda dana: log_in(dana).get("/console/disputes/"),
    "decided disputes": lambda dana: log_in(dana).get("/console/disputes/?show=decided"),
    "reports": lambda dana: log_in(dana).get("/console/reports/"),
    "centres": lambda dana: log_in(dana).get("/console/centres/"),
}
MOST = {"late promises": 14, "the next case": 30, "questions of colleagues": 10, "the first page": 50}


def test_the_desk_asks_the_database_as_often_for_many_cases_as_for_few(alice, dana, dora):
    def counted():
        found = {}
        for name, act in ACTS.items():
            act(dana)  # warms what is warm in a running server
            CaseLease.objects.all().delete()
            found[name] = asked(lambda act=act: act(dana))
            CaseLease.objects.all().delete()
        return found

    make_one_of_each(0, alice, dora)
    few = counted()
    for number in range(1, 5):
        make_one_of_each(number, alice, dora)
    assert len(list(overdue.waiting())) >= 25
    many = counted()
    assert many == few
    assert {name: many[name] for name, most in MOST.items() if many[name] > most} == {}


def test_M2_who_decided_before_reads_why_not_and_who_may_and_has_no_button(atelier, alice, bob, dana, dora):
    appeal = make_appeal(atelier, alice, bob, dana)
    page = log_in(dana).get(f"/console/disputes/{appeal.public_id}/").content.decode()
    assert "Take it" not in page and "These can: Dora." in page
    assert page.count("These can") == 1
    listed = log_in(dana).get("/console/disputes/").content.decode()
    assert "Not for you:" in listed
    with pytest.raises(ConflictOfInterest, match="These can: Dora"):
        desk.take(queues.QUEUES["disputes"].item(appeal), dana)
    answer = log_in(dana).post(f"/console/cases/{appeal.public_id}/take/")
    assert answer.status_code == 403 and not CaseLease.objects.exists()
    other = log_in(dora)
    assert "Take it" in other.get(f"/console/disputes/{appeal.public_id}/").content.decode()
    assert "Not for you" not in other.get("/console/disputes/").content.decode()


def test_M2_a_complaint_about_ones_own_decision_is_for_somebody_else(atelier, alice, bob, dana, dora):
    report = make_complaint(market.open_batch(atelier, alice, rows=1), bob, dana)
    page = log_in(dana).get(f"/console/reports/{report.public_id}/").content.decode()
    assert "Take it" not in page and "These can: Dora." in page
    assert "Take it" in log_in(dora).get(f"/console/reports/{report.public_id}/").content.decode()


def test_M2_of_ones_own_organisation_one_reads_who_may_decide(atelier, alice, bob, dana, dora):
    case = make_dispute(atelier, alice, bob)
    join(atelier, dana, "viewer")
    answer = log_in(dana).get(f"/console/disputes/{case.public_id}/")
    page = answer.content.decode()
    assert "You belong to this organisation" in page and "These can: Dora." in page and "Take it" not in page
    assert "Not for you:" in log_in(dana).get("/console/disputes/").content.decode()
    join(atelier, dora, "viewer")
    page = log_in(dana).get(f"/console/disputes/{case.public_id}/").content.decode()
    assert "an administrator has to name another moderator" in page


def test_a_decided_case_offers_nobody_to_take_it(atelier, alice, bob, dana, dora):
    case = make_dispute(atelier, alice, bob)
    disputes.decide(dispute=case, moderator=dana, outcome="approve", reason=WHY)
    page = log_in(dora).get(f"/console/disputes/{case.public_id}/").content.decode()
    assert "Take it" not in page and "These can" not in page
