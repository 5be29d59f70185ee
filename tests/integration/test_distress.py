"""What may distress is said, chosen, blurred, and left at any time without loss (charter W3)."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from marketplace.base import clock
from marketplace.base.errors import Invalid
from payments.services import earnings
from tasks import access
from tasks.errors import DistressNotChosen, IllegalMove, NotReady
from tasks.models import Assignment, Batch
from tasks.selectors import board
from tasks.services import batches, claims, eligibility, leaving, submissions
from tests import market
from tests.personas import log_in
from workers.models import WorkerProfile
from workers.services import distress as choices

EUR = market.EUR
pytestmark = pytest.mark.django_db


@pytest.fixture
def heavy(atelier, alice):
    return market.open_batch(atelier, alice, rows=8, reward_micros=EUR, distress=["violence", "hate"])


def aged(assignment, seconds):
    Assignment.objects.filter(pk=assignment.pk).update(claimed_at=clock.now() - dt.timedelta(seconds=seconds))
    assignment.refresh_from_db()
    return assignment


def test_W3_labelled_work_is_offered_only_to_those_who_chose_all_of_its_labels(heavy, bob):
    with pytest.raises(DistressNotChosen, match="violence, hate"):
        claims.claim(worker=bob, batch=heavy)
    choices.choose(user=bob, labels=["violence"])
    with pytest.raises(DistressNotChosen, match="hate"):
        claims.claim(worker=bob, batch=heavy)
    assert not board.board(bob).offers
    choices.choose(user=bob, labels=["violence", "hate", "medical"])
    assert [offer.batch for offer in board.board(bob).offers] == [heavy]
    held = market.claimed(bob, heavy)
    choices.choose(
        user=bob, labels=[]
    )  # taken back: the task in hand may be finished, the next is not offered
    done = submissions.submit(
        assignment=held, worker=bob, answer={"same": "1"}, next=True, standing=eligibility.standing(bob)
    )
    assert done.next is None
    assert done.next_refused.code == "distress_not_chosen"


def test_the_page_says_what_it_may_show_before_a_claim_and_where_to_choose(heavy, bob):
    browser = log_in(bob)
    page = browser.get(f"/work/batches/{heavy.public_id}/").content.decode()
    assert "This work may distress" in page
    assert "violence, hate" in page
    assert "/work/distress/" in page
    assert browser.post("/work/distress/", {"labels": ["violence", "hate"]}).status_code == 302
    assert WorkerProfile.objects.get(pk=bob.pk).distress_chosen == ["violence", "hate"]
    assert browser.post("/work/distress/", {"labels": ["boredom"]}).status_code == 400
    held = market.claimed(bob, heavy)
    bench = browser.get(f"/work/assignments/{held.public_id}/").content.decode()
    assert 'class="unveil"' in bench
    assert "Leave this task" in bench


def test_W3_leaving_pays_the_time_at_the_floor_a_few_times_and_never_costs_anything(heavy, bob, settings):
    settings.DISTRESS_LEAVES_PAID = 2
    choices.choose(user=bob, labels=["violence", "hate"])
    paid = []
    for _turn in range(3):
        held = aged(market.claimed(bob, heavy), 60)
        Assignment.objects.filter(state="compensated").update(ended_at=clock.now() - dt.timedelta(seconds=90))
        paid.append(leaving.leave(assignment=held, worker=bob))
    assert paid == [220_000, 220_000, 0]  # a minute at 12.85 € an hour, rounded up to the cent
    assert earnings.summary(bob).payable == 440_000
    states = Assignment.objects.filter(worker=bob).order_by("pk").values_list("state", flat=True)
    assert list(states) == ["compensated", "compensated", "released"]
    market.assert_sound()


def test_leaving_is_by_one_button_and_only_for_labelled_work(heavy, atelier, alice, bob):
    choices.choose(user=bob, labels=["violence", "hate"])
    held = aged(market.claimed(bob, heavy), 30)
    answer = log_in(bob).post(f"/work/assignments/{held.public_id}/leave/")
    assert answer.status_code == 302
    held.refresh_from_db()
    assert held.state == "compensated"
    plain = market.claimed(bob, market.open_batch(atelier, alice))
    with pytest.raises(IllegalMove):
        leaving.leave(assignment=plain, worker=bob)


def test_who_holds_posts_against_a_policy_must_say_what_they_show(atelier, alice):
    market.fund(atelier)
    draft = market.draft(atelier, alice, kind="moderate_post")
    with pytest.raises(NotReady) as refused:
        batches.publish(batch=draft, actor=alice)
    assert "distress" in refused.value.fields
    browser, address = log_in(alice), f"/batches/{draft.public_id}/distress/"
    assert browser.post(address, {"labels": ["nothing", "hate"]}).status_code == 400
    assert browser.post(address, {"labels": ["nothing"]}).status_code == 302
    draft.refresh_from_db()
    assert draft.distress == []
    assert batches.publish(batch=draft, actor=alice).state == "screening"
    with pytest.raises(Invalid):
        batches.update_draft(batch=market.draft(atelier, alice), actor=alice, distress=["boredom"])


def test_work_without_labels_asks_the_database_nothing_more(atelier, alice, bob):
    batch = market.open_batch(atelier, alice)
    who = eligibility.standing(bob)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        eligibility.check(who, batch)
    assert not asked.captured_queries
    held = market.claimed(bob, batch)
    found = access.in_hand(bob, held.public_id)
    with CaptureQueriesContext(connection) as asked:
        eligibility.check(found.standing, found.assignment.batch)
    assert not asked.captured_queries


def test_W3_the_database_knows_the_list_of_labels(heavy, bob):
    with pytest.raises(IntegrityError, match="batch_distress_from_the_list"), transaction.atomic():
        Batch.objects.filter(pk=heavy.pk).update(distress=["boredom"])
    with pytest.raises(IntegrityError, match="worker_distress_from_the_list"), transaction.atomic():
        WorkerProfile.objects.filter(pk=bob.pk).update(distress_chosen=["boredom"])


def test_a_missing_label_is_reported_with_its_reason_chosen(atelier, alice, bob):
    batch = market.open_batch(atelier, alice)
    held = market.claimed(bob, batch)
    browser = log_in(bob)
    link = f"/report/?batch={batch.public_id}&amp;reason=distress"
    assert link in browser.get(f"/work/assignments/{held.public_id}/").content.decode()
    page = browser.get(link.replace("&amp;", "&")).content.decode()
    chosen = page[page.index('value="distress"') :].partition(">")[0]
    assert "checked" in chosen
