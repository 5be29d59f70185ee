"""Screen-outs: a "no" at the first question ends the task kindly, and its time is paid (charter P10, P11)."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Sum
from django.urls import reverse

from marketplace.base.errors import Refusal
from marketplace.base.models import AuditEvent, Notice
from marketplace.base.texts import read
from payments.models import Cap, Entry, Transaction
from payments.services import earnings, floor, holdings
from tasks.errors import IllegalMove, LeaseOver, ScreenedOut
from tasks.models import Assignment, Task
from tasks.services import batches, checks, claims, closing, floors, prices, reviews, screenouts, submissions
from tests import market
from tests.api_client import Program

pytestmark = pytest.mark.django_db
EUR = market.EUR
FORM = {
    "fields": [
        {
            "name": "fits",
            "widget": "consent",
            "label": "Did you take a train this year?",
            "text": "Ask **first**.",
        },
        {"name": "words", "widget": "text", "label": "How was it?", "required": True},
    ]
}
NO = {"fits": "no"}
HTMX = {"HX-Request": "true"}


@pytest.fixture
def batch(atelier, alice):
    return market.open_batch(atelier, alice, rows=3, form=FORM)


@pytest.fixture
def held(batch, bob):
    return market.claimed(bob, batch)


def leave(assignment, **values):
    return submissions.submit(assignment=assignment, worker=assignment.worker, answer=NO, **values)


def in_ledger(kind="compensation"):
    rows = Entry.objects.filter(transaction__kind=kind, account__kind="worker_payable")
    return rows.aggregate(n=Sum("amount"))["n"] or 0


def test_P11_a_screen_out_is_paid_for_the_time_it_took(batch, held, bob, clock):
    before = holdings.held(batch.public_id)
    clock.forward(seconds=40)
    done = leave(held)
    held.refresh_from_db()
    assert (done.state, done.outcome, done.next) == ("compensated", "screened_out", None)
    assert done.paid_micros in {floor.price_needed(seconds, "FR") for seconds in (40, 41)}
    assert held.state == "compensated" and held.answer is None and held.ended_at is not None
    assert held.worked_seconds is None  # it does not count among the times of those who answered
    assert earnings.summary(bob).payable == done.paid_micros == in_ledger()
    assert holdings.held(batch.public_id) == before - done.paid_micros
    assert screenouts.paid([held]) == {held.public_id: done.paid_micros}
    market.assert_sound()


def test_P10_it_is_never_more_than_the_reward_and_never_nothing(atelier, alice, bob, bea, clock):
    batch = market.open_batch(atelier, alice, rows=2, form=FORM, time_limit_seconds=3600)
    one, other = market.claimed(bob, batch), market.claimed(bea, batch)
    assert 0 < leave(other).paid_micros < 20_000
    clock.forward(minutes=50)
    assert leave(one).paid_micros == one.reward_micros == 650_000
    market.assert_sound()


def test_a_reported_pause_is_not_paid(held, bob, clock):
    clock.forward(seconds=100)
    claims.pause(assignment=held, worker=bob, seconds=90)
    assert leave(held).paid_micros in {floor.price_needed(seconds, "FR") for seconds in (10, 11)}


def test_no_ends_the_task_whatever_else_was_typed_and_yes_goes_on(batch, held, bea):
    done = submissions.submit(assignment=held, worker=held.worker, answer={"fits": "no", "words": 7, "x": 1})
    assert done.state == "compensated"
    other = market.claimed(bea, batch)
    done = submissions.submit(assignment=other, worker=bea, answer={"fits": "yes", "words": "Late."})
    other.refresh_from_db()
    assert (done.outcome, other.answer) == ("submitted", {"fits": "yes", "words": "Late."})


def test_the_slot_opens_again_and_its_money_is_still_there(batch, held, bea, alice):
    leave(held)
    task = Task.objects.get(pk=held.task_id)
    assert task.is_open and (task.open_slots, task.overlap) == (1, 1)
    claim = claims.claim(worker=bea, batch=batch, task=task)
    again = Assignment.objects.select_related("batch__organisation", "worker", "task").get(
        pk=claim.assignment_id
    )
    submissions.submit(assignment=again, worker=bea, answer={"fits": "yes", "words": "Fine."})
    assert reviews.approve(batch=batch, assignments=[again.pk], actor=alice) == 1
    market.assert_sound()


def test_the_reserved_cap_comes_back_and_what_was_paid_counts_as_extra(held, bob):
    paid = leave(held).paid_micros
    cap = Cap.objects.get(user=bob)
    assert (cap.reserved_micros, cap.earned_micros, cap.extra_micros) == (0, 0, paid)


def test_nobody_is_asked_again_by_the_same_batch(batch, held, bob, clock):
    leave(held)
    with pytest.raises(ScreenedOut):
        claims.claim(worker=bob, batch=batch)
    with pytest.raises(ScreenedOut):
        claims.claim(worker=bob, batch=batch, task=held.task)


def test_a_second_task_in_hand_may_be_finished_but_none_follows(batch, bob):
    one, two = market.claimed(bob, batch), market.claimed(bob, batch)
    leave(one)
    done = submissions.submit(assignment=two, worker=bob, answer={"fits": "yes", "words": "Well."}, next=True)
    assert done.outcome == "submitted" and isinstance(done.next_refused, ScreenedOut)
    market.assert_sound()


def test_a_second_click_pays_nothing_more_and_says_the_same(held):
    first, second = leave(held), leave(held)
    assert first.paid_micros == second.paid_micros == in_ledger()
    assert Transaction.objects.filter(kind="compensation").count() == 1
    assert AuditEvent.objects.filter(tag="tasks:assignment:screen_out").count() == 1


@pytest.mark.parametrize("state", ["submitted", "released"])
def test_what_is_not_in_hand_any_more_can_not_be_left(held, bob, state):
    if state == "submitted":
        submissions.submit(assignment=held, worker=bob, answer={"fits": "yes", "words": "Well."})
    else:
        claims.release(assignment=held, worker=bob)
    with pytest.raises(IllegalMove):
        leave(held)
    assert in_ledger() == 0
    market.assert_sound()


def test_after_a_screen_out_no_answer_is_taken(held, bob):
    leave(held)
    with pytest.raises(IllegalMove):
        submissions.submit(assignment=held, worker=bob, answer={"fits": "yes", "words": "But I did."})


def test_out_of_time_the_task_is_taken_back_first_and_only_the_lease_counts(batch, held, bob, clock):
    clock.forward(seconds=batch.time_limit_seconds + 5)
    claims.expire()
    done = leave(held)
    assert done.paid_micros == held.reward_micros  # the whole of the time limit, capped
    market.assert_sound()


def test_out_of_time_and_taken_by_others_it_is_not_paid_twice_over(atelier, alice, bob, bea, clock):
    batch = market.open_batch(atelier, alice, rows=1, form=FORM)
    held = market.claimed(bob, batch)
    clock.forward(seconds=batch.time_limit_seconds + 5)
    claims.expire()
    market.claimed(bea, batch)
    with pytest.raises(LeaseOver):
        leave(held)
    assert in_ledger() == 0
    market.assert_sound()


def test_several_tasks_in_hand_are_not_paid_for_the_same_time(atelier, alice, bob, clock):
    batch = market.open_batch(atelier, alice, rows=5, form=FORM, time_limit_seconds=3600)
    held = [market.claimed(bob, batch) for _ in range(5)]
    clock.forward(seconds=100)
    first, *others = [leave(each).paid_micros for each in held]
    assert first in {floor.price_needed(seconds, "FR") for seconds in (100, 101)}
    assert set(others) <= {floor.price_needed(seconds, "FR") for seconds in (1, 2)}
    market.assert_sound()


def test_all_screen_outs_of_a_batch_are_worth_one_reward(atelier, alice, bob, clock):
    batch = market.open_batch(atelier, alice, rows=4, form=FORM, time_limit_seconds=3600)
    held = [market.claimed(bob, batch) for _ in range(4)]
    for each in held:
        clock.forward(minutes=12)
        leave(each)
    assert in_ledger() <= held[0].reward_micros + 3 * floor.price_needed(1, "FR")
    market.assert_sound()


# --- When the reserve is used up ------------------------------------------------------------------------------


def test_when_nothing_is_left_over_the_slot_stays_closed_and_pays_itself(
    atelier, alice, bob, bea, ben, clock
):
    """Three rows of 0.65 keep 0.39 in reserve. Two who leave late use it up; then slots pay."""
    batch = market.open_batch(atelier, alice, rows=3, form=FORM, time_limit_seconds=3600)
    rows = [market.claimed(worker, batch) for worker in (bob, bea, ben)]
    assert floors.uncommitted(batch) == 390_000
    clock.forward(minutes=50)
    paid = [leave(row).paid_micros for row in rows]
    assert paid == [650_000] * 3 == [row.reward_micros for row in rows]
    slots = sorted(Task.objects.filter(batch=batch).values_list("overlap", "open_slots", "is_open"))
    # Held: three times 0.65 with fee and VAT, and the reserve: 2.808. What 1.95 leaves does for one answer more.
    assert slots == [(0, 0, False), (0, 0, False), (1, 1, True)]
    assert holdings.held(batch.public_id) == 858_000 >= prices.unit_micros(batch, 650_000)
    market.assert_sound()
    (notice,) = Notice.objects.filter(kind="screen_outs_take_answers")  # once for a batch
    assert notice.user == alice


def test_a_closed_slot_lends_what_it_does_not_need_to_the_next_who_leaves(
    atelier, alice, bob, bea, clock, settings
):
    settings.RESERVE_RATE = Decimal(0)
    batch = market.open_batch(atelier, alice, rows=3, form=FORM)
    assert floors.uncommitted(batch) == 0
    leave(market.claimed(bob, batch))
    assert Task.objects.filter(batch=batch, overlap=0).count() == 1
    leave(market.claimed(bea, batch))
    assert Task.objects.filter(batch=batch, overlap=0).count() == 1
    assert Task.objects.filter(batch=batch, is_open=True).count() == 2
    market.assert_sound()


def test_of_several_answers_to_a_task_only_one_slot_closes(atelier, alice, bob, settings):
    settings.RESERVE_RATE = Decimal(0)
    batch = market.open_batch(atelier, alice, rows=1, overlap=3, form=FORM)
    leave(market.claimed(bob, batch))
    task = Task.objects.get(batch=batch)
    assert (task.overlap, task.open_slots, task.is_open) == (2, 2, True)
    market.assert_sound()


def test_in_a_batch_that_was_closed_the_time_is_paid_and_the_rest_goes_back(batch, held, alice, atelier):
    closing.close(batch=batch, actor=alice)
    paid = leave(held).paid_micros
    closing.complete_finished()
    batch.refresh_from_db()
    assert holdings.held(batch.public_id) == 0 and batch.settled_at is not None
    assert holdings.available(atelier) == 1000 * EUR - paid
    market.assert_sound()


def test_a_price_raised_meanwhile_leaves_the_slot_its_money(batch, held, alice):
    batches.raise_price(batch=batch, actor=alice, reward_micros=900_000)
    leave(held)
    market.assert_sound()


# --- The pages -------------------------------------------------------------------------------------------------


def url(assignment, name="workbench"):
    return reverse(name, args=[assignment.public_id])


def test_the_page_works_without_scripts_and_says_what_was_paid(batch, held, bob, client_of, atelier, alice):
    market.open_batch(atelier, alice, title="Something else")
    client = client_of(bob)
    text = client.get(url(held)).content.decode()
    assert "Did you take a train this year?" in text and "<strong>first</strong>" in text
    assert "The task ends here, and your time is paid." in text
    answer = client.post(url(held), {"answer-fits": "no", "answer-words": "", "then": "next"})
    assert answer.status_code == 302
    page = client.get(answer.headers["Location"]).content.decode()
    for words in (
        "This task ends here",
        "Your time is paid",
        "€0.0",
        "Something else",
        "nothing is held against you",
    ):
        assert words in page, words
    assert "Another task of this batch" not in page and "Your answer is in" not in page
    story = client.get(url(held, "my-submission")).content.decode()
    assert "your time is paid" in story and "€0.65" not in story and "Paid for your time" in story
    assert "€0.65" not in client.get(reverse("history")).content.decode()
    batch_page = client.get(reverse("work-batch", args=[batch.public_id])).content.decode()
    assert "looks for other people" in batch_page


def test_with_htmx_the_page_is_led_there(held, bob, client_of):
    answer = client_of(bob).post(url(held), {"answer-fits": "no", "then": "next"}, headers=HTMX)
    assert answer.headers["HX-Redirect"].endswith(f"?ended={held.public_id}")


def test_what_somebody_else_was_paid_is_on_no_page(held, bea, client_of):
    leave(held)
    page = reverse("work-done", args=[held.batch.public_id])
    assert client_of(bea).get(page, {"ended": held.public_id}).status_code == 404


def test_unanswered_it_is_asked_for(held, bob, client_of):
    answer = client_of(bob).post(url(held), {"answer-words": "x", "then": "next"})
    assert "Choose whether you want to go on." in answer.content.decode()


def test_an_answer_given_can_not_be_turned_into_a_no(held, bob, client_of):
    submissions.submit(assignment=held, worker=bob, answer={"fits": "yes", "words": "Well."})
    answer = client_of(bob).post(url(held, "my-submission"), {"answer-fits": "no", "answer-words": "Well."})
    assert answer.status_code == 409
    held.refresh_from_db()
    assert held.state == "submitted" and in_ledger() == 0


def test_the_interface_says_the_same(batch, held, bob):
    program = Program(bob, "work")
    sent = program.post(f"/work/assignments/{held.public_id}/submit/", {"answer": NO, "next": True})
    assert (sent["state"], sent["next"], sent["next_refused"]["code"]) == (
        "compensated",
        None,
        "screened_out",
    )
    assert sent["paid"].startswith("0.0") and float(sent["paid"]) > 0
    assert program.post("/work/claims/", {"batch": batch.public_id}, 409)["code"] == "screened_out"


def test_the_requester_is_told_when_answers_are_lost(atelier, alice, bob, settings):
    settings.RESERVE_RATE = Decimal(0)
    batch = market.open_batch(atelier, alice, rows=2, form=FORM)
    leave(market.claimed(bob, batch))
    ((_notice, text),) = read(Notice.objects.filter(user=alice, kind="screen_outs_take_answers"))
    assert batch.title in text.subject and text.url == reverse("batch", args=[batch.public_id])


# --- At once, and looked after -----------------------------------------------------------------------------------


def test_the_selfcheck_finds_a_compensated_task_that_was_not_paid(held):
    Assignment.objects.filter(pk=held.pk).update(state="compensated")
    broken = {check.name: check.ids for check in checks.run() if not check.ok}
    assert broken["each_compensated_task_is_paid_its_time"] == [held.public_id]


@pytest.mark.django_db(transaction=True)
def test_leaving_and_submitting_at_once_end_in_one_of_the_two(atelier, alice, bob):
    batch = market.open_batch(atelier, alice, rows=6, form=FORM)
    held = market.claimed(bob, batch)
    yes = {"fits": "yes", "words": "Well."}
    ends = at_once([_send(held.pk, bob, answer) for answer in (NO, yes, NO, NO, yes)])
    held.refresh_from_db()
    paid = Transaction.objects.filter(kind="compensation").count()
    if held.state == "compensated":
        assert ends == {"screened_out": 3, "illegal_move": 2} and paid == 1
    else:
        assert held.state == "submitted" and ends["illegal_move"] == 3 and paid == 0
    market.assert_sound()


@pytest.mark.django_db(transaction=True)
def test_many_who_leave_at_once_share_what_is_left_over_once(atelier, alice, bob, bea, ben, settings):
    settings.RESERVE_RATE = Decimal(0)
    batch = market.open_batch(atelier, alice, rows=3, form=FORM)
    held = [market.claimed(worker, batch) for worker in (bob, bea, ben)]
    ends = at_once([_send(row.pk, row.worker, NO) for row in held])
    assert ends == {"screened_out": 3}
    assert Task.objects.filter(batch=batch, overlap=0).count() == 1
    market.assert_sound()


def at_once(jobs):
    """Run all jobs in threads that start together; counts what they returned, or the code of their refusal."""
    gate = threading.Barrier(len(jobs))

    def run(job):
        try:
            connection.ensure_connection()
            gate.wait(60)
            return job()
        except Refusal as refusal:
            return refusal.code
        finally:
            connection.close()

    with ThreadPoolExecutor(len(jobs)) as pool:
        return Counter(pool.map(run, jobs))


def _send(number, worker, answer):
    def send():
        row = Assignment.objects.select_related("batch__organisation", "task").get(pk=number)
        return submissions.submit(assignment=row, worker=worker, answer=answer).outcome

    return send
