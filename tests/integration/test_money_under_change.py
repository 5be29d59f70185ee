"""A live batch changes under its money: dearer, closed, finished, measured. Nothing is lost, and nothing is missing."""

import threading

import pytest
from django.db import connection, transaction

from payments.services import debts, earnings, holdings
from tasks.errors import DebtOutstanding
from tasks.models import Assignment, Batch, Import, Task
from tasks.services import batches, checks, claims, closing, floors, imports, reviews
from tests import market
from tests.personas import make_worker

EUR = market.EUR


@pytest.fixture
def crew(db):
    return [make_worker(f"crew{number}") for number in range(3)]


def loaded(batch, alice, state, rows):
    """`rows` rows more, as an import leaves them."""
    source = Import.objects.create(
        batch=batch,
        created_by=alice,
        state=state,
        path="",
        filename="more.csv",
        format="csv",
        size=1,
        good=rows,
    )
    market.add_rows(batch, rows, source)
    return source


def test_a_task_given_back_after_a_raise_finds_its_new_price_set_aside(atelier, alice, bob, bea):
    batch = market.open_batch(atelier, alice, rows=2, reward_micros=EUR)
    in_hand = market.claimed(bob, batch)
    batch = batches.raise_price(batch=batch, actor=alice, reward_micros=10 * EUR)
    claims.release(assignment=in_hand, worker=bob)
    done = [market.submitted(bea, batch).pk for _ in range(2)]
    market.assert_sound()
    assert reviews.approve(batch=batch, assignments=done, actor=alice) == 2
    assert earnings.summary(bea).payable == 20 * EUR
    closing.complete_finished()
    assert holdings.held(batch.public_id) == 0
    market.assert_sound()


def test_what_a_raise_set_aside_for_a_task_in_hand_comes_back_when_it_is_answered_at_the_old_price(
    atelier, alice, bob
):
    batch = market.open_batch(atelier, alice, rows=1, reward_micros=EUR)
    in_hand = market.claimed(bob, batch)
    batch = batches.raise_price(batch=batch, actor=alice, reward_micros=10 * EUR)
    from tasks.services import submissions

    submissions.submit(assignment=in_hand, worker=bob, answer={"same": "1"})
    reviews.approve(batch=batch, assignments=[in_hand.pk], actor=alice)
    closing.complete_finished()
    assert holdings.available(atelier) == 1000 * EUR - 1_240_000
    market.assert_sound()


def test_topups_leave_alone_what_a_task_in_hand_will_need_at_the_raised_price(atelier, alice, bob, crew):
    batch = market.open_batch(atelier, alice, rows=13, reward_micros=EUR)
    for number in range(12):
        market.submitted(crew[number % 3], batch)
    in_hand = market.claimed(bob, batch)
    batch = batches.raise_price(batch=batch, actor=alice, reward_micros=10 * EUR)
    Assignment.objects.filter(batch=batch, answer__isnull=False).update(worked_seconds=1800)
    count, _ = floors.measure(batch_id=batch.pk)
    assert count == 12
    claims.release(assignment=in_hand, worker=bob)
    market.assert_sound()
    assert holdings.held(batch.public_id) >= 12 * 1_240_000 + 12_400_000


def test_P3_a_batch_that_ends_before_it_was_measured_is_measured_first(atelier, alice, crew):
    batch = market.open_batch(atelier, alice, rows=12)
    done = [market.submitted(crew[number % 3], batch).pk for number in range(12)]
    Assignment.objects.filter(batch=batch).update(worked_seconds=200)
    reviews.approve(batch=batch, assignments=done, actor=alice)
    assert closing.complete_finished() == 1
    assert earnings.summary(crew[0]).payable == 4 * 720_000
    assert debts.owed(atelier) == 0
    market.assert_sound()


def test_P3_closing_early_does_not_take_the_reserve_away_from_those_it_was_for(atelier, alice, crew):
    batch = market.open_batch(atelier, alice, rows=30)
    for number in range(12):
        market.submitted(crew[number % 3], batch)
    Assignment.objects.filter(batch=batch).update(worked_seconds=1800)
    closing.close(batch=batch, actor=alice)
    assert earnings.summary(crew[0]).payable == 4 * (6_430_000 - 650_000)
    market.assert_sound()


def test_topups_of_a_large_batch_are_paid_in_sets_and_all_of_them(atelier, alice, crew, monkeypatch):
    monkeypatch.setattr(floors, "SET", 5)
    batch = market.open_batch(atelier, alice, rows=12)
    for number in range(12):
        market.submitted(crew[number % 3], batch)
    Assignment.objects.filter(batch=batch).update(worked_seconds=200)
    assert floors.measure(batch_id=batch.pk) == (12, 12 * 70_000)
    assert floors.measure(batch_id=batch.pk) == (0, 0)
    market.assert_sound()


def test_rows_that_wait_for_their_price_go_when_the_batch_is_closed(atelier, alice):
    batch = market.open_batch(atelier, alice, rows=2)
    source = loaded(batch, alice, Import.State.NEEDS_FUNDS, 3)
    closing.close(batch=batch, actor=alice)
    source.refresh_from_db()
    assert source.state == Import.State.CANCELLED
    assert batch.tasks.count() == 2
    market.assert_sound()


def test_a_draft_whose_rows_were_taken_out_is_sound(atelier, alice):
    batch = market.draft(atelier, alice, rows=0)
    source = loaded(batch, alice, Import.State.DONE, 3)
    assert imports.clear(batch=batch, actor=alice) == 3
    source.refresh_from_db()
    assert source.state == Import.State.CANCELLED
    market.assert_sound()


def test_a_debt_blocks_rows_added_to_a_live_batch_too(atelier, alice, crew):
    batch = market.open_batch(atelier, alice, rows=13)
    for number in range(12):
        market.submitted(crew[number % 3], batch)
    batches.raise_price(batch=batch, actor=alice, reward_micros=10 * EUR)
    Assignment.objects.filter(batch=batch).update(worked_seconds=1800)
    floors.measure(batch_id=batch.pk)
    assert debts.owed(atelier)
    source = loaded(batch, alice, Import.State.NEEDS_FUNDS, 3)
    with pytest.raises(DebtOutstanding):
        batches.fund_rows(source=source, actor=alice)
    debts.repay(organisation=atelier, reference="once", actor=alice)
    assert batches.fund_rows(source=source, actor=alice).state == Import.State.DONE
    market.assert_sound()


def test_one_batch_that_cannot_be_paid_does_not_keep_the_others_from_being_approved(
    atelier, alice, bob, clock, monkeypatch
):
    for _ in range(2):
        market.submitted(bob, market.open_batch(atelier, alice, rows=1))
    clock.forward(days=8)
    real, tried = reviews.approve, []

    def first_one_fails(**what):
        tried.append(what)
        if len(tried) == 1:
            raise LookupError("a fault of ours")
        return real(**what)

    monkeypatch.setattr(reviews, "approve", first_one_fails)
    with pytest.raises(LookupError):
        reviews.auto_approve()
    assert sorted(Assignment.objects.values_list("state", flat=True)) == ["approved", "submitted"]


def test_rows_funded_while_the_clock_looks_for_finished_batches_keep_the_batch_open(
    atelier, alice, bob, monkeypatch
):
    batch = market.open_batch(atelier, alice, rows=1)
    reviews.approve(batch=batch, assignments=[market.submitted(bob, batch).pk], actor=alice)
    real = closing._complete

    def late(number):
        batches.fund_rows(source=loaded(batch, alice, Import.State.NEEDS_FUNDS, 2), actor=alice)
        return real(number)

    monkeypatch.setattr(closing, "_complete", late)
    assert closing.complete_finished() == 0
    batch.refresh_from_db()
    assert batch.state == Batch.State.PUBLISHED
    assert Task.objects.filter(batch=batch, is_open=True).count() == 2
    market.assert_sound()


@pytest.mark.django_db(transaction=True)
def test_the_checks_see_one_picture_while_answers_are_approved(atelier, alice, bob, monkeypatch):
    batch = market.open_batch(atelier, alice, rows=1)
    row = market.submitted(bob, batch)
    real = checks._paid
    approved = []

    def paid():
        found = real()
        if not approved:
            approved.append(1)
            elsewhere = threading.Thread(target=approve)
            elsewhere.start()
            elsewhere.join(30)
        return found

    def approve():
        try:
            assert reviews.approve(batch=batch, assignments=[row.pk], actor=alice) == 1
        finally:
            connection.close()

    monkeypatch.setattr(checks, "_paid", paid)
    broken = [check.name for check in checks.run() if not check.ok]
    assert not broken
    with transaction.atomic():
        market.assert_sound()
