"""P3: when work takes longer than was said, every submission under its worker's floor is topped up at once."""

import pytest

from payments.services import debts, earnings, holdings
from tasks.errors import BelowYourFloor, DebtOutstanding
from tasks.models import Assignment
from tasks.services import batches, claims, floors, reviews
from tests import market
from tests.personas import make_worker


@pytest.fixture
def crew(db):
    return [make_worker(f"crew{number}") for number in range(3)]


def slow_work(batch, crew, seconds, count=12):
    done = [market.submitted(crew[number % len(crew)], batch) for number in range(count)]
    Assignment.objects.filter(batch=batch).update(worked_seconds=seconds)
    return done


def test_P3_nothing_is_measured_before_ten_submissions_by_three_workers(atelier, alice, crew):
    batch = market.open_batch(atelier, alice, rows=30)
    slow_work(batch, crew, 400, count=9)
    assert floors.measure(batch_id=batch.pk) == (0, 0)
    slow_work(batch, crew[:1], 400, count=1)
    count, _ = floors.measure(batch_id=batch.pk)
    assert count == 10


def test_P3_a_longer_median_tops_up_and_closes_the_batch_to_that_country(atelier, alice, crew, bob):
    batch = market.open_batch(atelier, alice, rows=30)
    done = slow_work(batch, crew, 200)
    # 200 s at 12.85 an hour: 0.713888 → 0.72, so 0.07 more than the reward
    assert floors.measure(batch_id=batch.pk) == (12, 12 * 70_000)
    assert earnings.summary(crew[0]).payable == 4 * 70_000
    batch.refresh_from_db()
    with pytest.raises(BelowYourFloor):
        claims.claim(worker=bob, batch=batch)
    batch = batches.raise_price(batch=batch, actor=alice, reward_micros=720_000)
    claims.claim(worker=bob, batch=batch)
    assert floors.measure(batch_id=batch.pk) == (0, 0)
    reviews.approve(batch=batch, assignments=[row.pk for row in done], actor=alice)
    market.assert_sound()


def test_a_shorter_median_changes_no_price_and_takes_nothing_back(atelier, alice, crew):
    batch = market.open_batch(atelier, alice, rows=30)
    slow_work(batch, crew, 20)
    assert floors.measure(batch_id=batch.pk) == (0, 0)
    batch.refresh_from_db()
    assert (batch.measured_seconds, batch.seconds) == (20, 180)


def test_a_reserve_that_does_not_suffice_becomes_a_debt_that_blocks_the_next_publication(
    atelier, alice, crew
):
    batch = market.open_batch(atelier, alice, rows=12)
    slow_work(batch, crew, 1800)
    count, micros = floors.measure(batch_id=batch.pk)
    reserve = 12 * 130_000
    assert count == 12 and micros == 12 * (6_430_000 - 650_000)
    assert debts.owed(atelier) == micros - reserve
    assert holdings.held(batch.public_id) == 12 * (650_000 + 130_000 + 26_000)
    market.assert_sound()
    with pytest.raises(DebtOutstanding):
        batches.publish(batch=market.draft(atelier, alice), actor=alice)
    debts.repay(organisation=atelier, reference="once", actor=alice)
    batches.publish(batch=market.draft(atelier, alice), actor=alice)
    market.assert_sound()
