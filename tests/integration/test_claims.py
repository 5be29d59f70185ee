"""Claiming, releasing, expiring: who may take a task, and what it costs them (nothing)."""

import datetime as dt

import pytest

from marketplace.base import clock as house_clock
from marketplace.base import switches
from marketplace.base.errors import Lost, SwitchedOff
from payments.models import Cap
from tasks.errors import (
    AlreadyYours,
    BatchNotOpen,
    BelowYourFloor,
    CapReached,
    CountryNotAsked,
    IllegalMove,
    NoneLeft,
    NoProfile,
    OwnOrganisation,
    Restricted,
    TaskTaken,
    TooManyOpen,
)
from tasks.models import Assignment, Task
from tasks.services import batches, claims, submissions
from tests import market
from workers.services import onboarding, restrictions


def test_a_claim_takes_a_slot_and_reserves_the_reward(atelier, alice, bob):
    batch = market.open_batch(atelier, alice, rows=1)
    claim = claims.claim(worker=bob, batch=batch)
    task = Task.objects.get()
    assert (task.open_slots, task.is_open) == (0, False)
    assert Cap.objects.get(user=bob).reserved_micros == batch.reward_micros == claim.reward_micros
    assert claim.lease_until > house_clock.now() + dt.timedelta(minutes=29)
    market.assert_sound()


def test_a_worker_never_gets_the_same_task_twice(atelier, alice, bob):
    batch = market.open_batch(atelier, alice, rows=2, overlap=3)
    first, second = market.submitted(bob, batch), market.submitted(bob, batch)
    assert first.task_id != second.task_id
    with pytest.raises(NoneLeft):
        claims.claim(worker=bob, batch=batch)


def test_a_released_task_is_open_to_others_and_costs_nothing(atelier, alice, bob, bea):
    batch = market.open_batch(atelier, alice, rows=1)
    assignment = market.claimed(bob, batch)
    claims.release(assignment=assignment, worker=bob)
    assert Cap.objects.get(user=bob).reserved_micros == 0
    with pytest.raises(NoneLeft):
        claims.claim(worker=bob, batch=batch)
    assert market.claimed(bea, batch).task_id == assignment.task_id
    with pytest.raises(IllegalMove):
        claims.release(assignment=assignment, worker=bob)
    market.assert_sound()


def test_only_so_many_tasks_in_hand(atelier, alice, bob, settings):
    settings.MAX_OPEN_ASSIGNMENTS = 2
    batch = market.open_batch(atelier, alice)
    first = market.claimed(bob, batch)
    market.claimed(bob, batch)
    with pytest.raises(TooManyOpen):
        claims.claim(worker=bob, batch=batch)
    assert Cap.objects.get(user=bob).reserved_micros == 2 * batch.reward_micros
    claims.release(assignment=first, worker=bob)
    market.claimed(bob, batch)
    market.assert_sound()


def test_C1_the_cap_is_checked_at_the_claim(atelier, alice, bob):
    """2 999.50 of 3 000: 0.60 is refused and 0.50 is taken."""
    Cap.objects.create(
        user=bob, year=house_clock.year_of(house_clock.now()), cap_micros=3000 * market.EUR,
        earned_micros=0, reserved_micros=0, extra_micros=2999_500_000,
    )  # fmt: skip
    dear = market.open_batch(atelier, alice, reward_micros=600_000, estimated_seconds=100)
    with pytest.raises(CapReached):
        claims.claim(worker=bob, batch=dear)
    fair = market.open_batch(atelier, alice, reward_micros=500_000, estimated_seconds=100)
    claims.claim(worker=bob, batch=fair)
    assert Cap.objects.get(user=bob).reserved_micros == 500_000
    assert Task.objects.filter(batch=dear, is_open=True).count() == 5


def test_C3_the_year_is_that_of_the_claim_in_paris(atelier, alice, bob, clock):
    batch = market.open_batch(atelier, alice)
    clock.set(dt.datetime(2026, 12, 31, 22, 59, tzinfo=dt.UTC))  # 23:59 in Paris
    first = market.claimed(bob, batch)
    clock.set(dt.datetime(2026, 12, 31, 23, 1, tzinfo=dt.UTC))  # 00:01 in Paris
    second = market.claimed(bob, batch)
    assert (first.cap_year, second.cap_year) == (2026, 2027)
    submissions.submit(assignment=first, worker=bob, answer={"same": "1"})
    first.refresh_from_db()
    assert first.cap_year == 2026
    assert set(Cap.objects.values_list("year", "reserved_micros")) == {(2026, 650_000), (2027, 650_000)}


def test_P1_only_a_price_that_meets_the_floor_of_the_workers_country(atelier, alice, bob):
    """180 seconds at France's 12.85 an hour: 0.64 is refused, 0.65 is taken."""
    low = market.open_batch(atelier, alice, reward_micros=640_000)
    with pytest.raises(BelowYourFloor) as refused:
        claims.claim(worker=bob, batch=low)
    assert "12.85" in refused.value.message
    claims.claim(worker=bob, batch=market.open_batch(atelier, alice, reward_micros=650_000))


def test_countries_the_requester_did_not_ask_for_are_refused(atelier, alice, bob):
    batch = market.open_batch(atelier, alice, countries=["DE"], reward_micros=700_000)
    with pytest.raises(CountryNotAsked):
        claims.claim(worker=bob, batch=batch)


def test_nobody_works_for_their_own_organisation(atelier, alice):
    batch = market.open_batch(atelier, alice)
    onboarding.save_profile(
        user=alice, country="FR", languages=["fr"], birth_date=dt.date(1980, 1, 1), time_zone="Europe/Paris"
    )
    with pytest.raises(OwnOrganisation):
        claims.claim(worker=alice, batch=batch)


def test_without_a_profile_or_restricted_or_switched_off_there_is_no_claim(
    atelier, alice, bob, charlie, dana, erin
):
    batch = market.open_batch(atelier, alice)
    with pytest.raises(NoProfile):
        claims.claim(worker=charlie, batch=batch)
    row = restrictions.restrict(user=bob, moderator=dana, reason="Two accounts.", ends_at=market.soon())
    with pytest.raises(Restricted):
        claims.claim(worker=bob, batch=batch)
    restrictions.lift(restriction=row, moderator=dana)
    switches.turn("claims", on=False, actor=erin, reason="Maintenance")
    with pytest.raises(SwitchedOff):
        claims.claim(worker=bob, batch=batch)
    switches.turn("claims", on=True, actor=erin, reason="Done")
    claims.claim(worker=bob, batch=batch)


def test_a_paused_batch_gives_no_task_but_takes_the_one_in_hand(atelier, alice, bob):
    batch = market.open_batch(atelier, alice)
    assignment = market.claimed(bob, batch)
    batch = batches.pause(batch=batch, actor=alice)
    with pytest.raises(BatchNotOpen):
        claims.claim(worker=bob, batch=batch)
    assert submissions.submit(assignment=assignment, worker=bob, answer={"same": "1"}).state == "submitted"
    batch = batches.resume(batch=batch, actor=alice)
    claims.claim(worker=bob, batch=batch)


def test_a_batch_object_read_before_the_pause_claims_nothing(atelier, alice, bob):
    """The state is checked again inside the claim, not only on the row the page had read."""
    batch = market.open_batch(atelier, alice)
    batches.pause(batch=batch, actor=alice)
    with pytest.raises(BatchNotOpen):
        claims.claim(worker=bob, batch=batch)


def test_a_lease_that_ran_out_goes_back_by_the_clock(atelier, alice, bob, bea, clock):
    batch = market.open_batch(atelier, alice, rows=1, time_limit_seconds=600)
    assignment = market.claimed(bob, batch)
    clock.forward(seconds=599)
    assert claims.expire() == 0
    clock.forward(seconds=2)
    assert claims.expire() == 1
    assignment.refresh_from_db()
    assert assignment.state == Assignment.State.EXPIRED
    assert Cap.objects.get(user=bob).reserved_micros == 0
    market.claimed(bea, batch)
    market.assert_sound()


def test_after_expiry_the_answer_is_taken_if_a_slot_is_still_open(atelier, alice, bob, clock):
    batch = market.open_batch(atelier, alice, rows=1, time_limit_seconds=600)
    assignment = market.claimed(bob, batch)
    clock.forward(seconds=601)
    done = submissions.submit(assignment=assignment, worker=bob, answer={"same": "0"})
    assert done.state == "submitted"
    market.assert_sound()


def test_after_expiry_and_taken_by_another_the_answer_is_kept_as_a_draft(atelier, alice, bob, bea, clock):
    from tasks.errors import LeaseOver

    batch = market.open_batch(atelier, alice, rows=1, time_limit_seconds=600)
    assignment = market.claimed(bob, batch)
    clock.forward(seconds=601)
    claims.expire()
    market.claimed(bea, batch)
    with pytest.raises(LeaseOver):
        submissions.submit(assignment=assignment, worker=bob, answer={"same": "0"})
    assignment.refresh_from_db()
    assert assignment.draft.answer == {"same": "0"}
    market.assert_sound()


def test_a_lease_is_renewed_while_working_but_not_for_ever(atelier, alice, bob, clock, settings):
    settings.LEASE_RENEWALS = 2
    batch = market.open_batch(atelier, alice, time_limit_seconds=600)
    assignment = market.claimed(bob, batch)
    clock.forward(seconds=300)
    assert claims.renew(assignment=assignment, worker=bob) > assignment.lease_until
    assignment.refresh_from_db()
    clock.forward(seconds=500)
    until = claims.renew(assignment=assignment, worker=bob)
    assert until - assignment.claimed_at == dt.timedelta(seconds=1200)
    clock.forward(seconds=500)
    with pytest.raises(Lost):
        claims.renew(assignment=assignment, worker=bob)


def test_a_named_task_is_claimed_once_and_refused_when_taken(atelier, alice, bob, bea):
    batch = market.open_batch(atelier, alice, rows=2)
    task = batch.tasks.first()
    claims.claim(worker=bob, batch=batch, task=task)
    with pytest.raises(TaskTaken):
        claims.claim(worker=bea, batch=batch, task=task)
    wide = market.open_batch(atelier, alice, rows=1, overlap=2)
    claims.claim(worker=bob, batch=wide, task=wide.tasks.get())
    with pytest.raises(AlreadyYours):
        claims.claim(worker=bob, batch=wide, task=wide.tasks.get())
    market.assert_sound()


def test_reported_pauses_do_not_count_as_work(atelier, alice, bob, clock):
    assignment = market.claimed(bob, market.open_batch(atelier, alice))
    clock.forward(seconds=100)
    claims.pause(assignment=assignment, worker=bob, seconds=60)
    submissions.submit(assignment=assignment, worker=bob, answer={"same": "1"})
    assignment.refresh_from_db()
    assert 39 <= assignment.worked_seconds <= 41
