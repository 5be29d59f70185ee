"""What the market owes beside rewards: weeks held against the floor (P14), time that our failures took (P10)."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from marketplace.base import clock as house_clock
from marketplace.base import errors
from marketplace.base.models import JobRun, Notice
from marketplace.base.texts import read
from payments.models import Cap, Transaction
from payments.services import earnings, floor
from tasks import jobs
from tasks.errors import NoSuchOutage
from tasks.models import Assignment, GuaranteedWeek, InterruptedTask, Outage
from tasks.services import claims, guarantee, outages, reviews, submissions
from tests import market

EUR = market.EUR
HOUR = floor.floor_micros_per_hour
pytestmark = pytest.mark.django_db


@pytest.fixture
def batch(atelier, alice):
    """Three minutes each at France's floor, to the cent."""
    return market.open_batch(atelier, alice, rows=8, reward_micros=650_000, estimated_seconds=180)


def worked(batch, worker, actor, seconds, *, approve=True):
    """An answer that took so long, approved."""
    row = market.submitted(worker, batch)
    Assignment.objects.filter(pk=row.pk).update(worked_seconds=seconds)
    if approve:
        reviews.approve(batch=batch, assignments=[row.pk], actor=actor)
    return row


@pytest.fixture
def monday(clock):
    """The clock stands on a Monday morning; its date."""
    now = house_clock.now()
    start = now.replace(hour=9) + dt.timedelta(days=7 - now.weekday())
    clock.set(start)
    return house_clock.today()


# --- P14 ---------------------------------------------------------------------------------------------------------


def test_P14_a_week_under_the_floor_over_all_batches_is_topped_up(batch, alice, bob, clock, monday):
    worked(batch, bob, alice, 400)
    worked(batch, bob, alice, 200)
    clock.forward(days=21)
    assert guarantee.hold_weeks()["topups"] == 1
    week = GuaranteedWeek.objects.get()
    assert (week.worker, week.monday, week.seconds, week.paid_micros) == (bob, monday, 600, 1_300_000)
    needed = -(-600 * HOUR("FR") // 3600)
    assert week.added_micros == -(-(needed - 1_300_000) // 10_000) * 10_000
    assert earnings.summary(bob).payable == 1_300_000 + week.added_micros
    assert Cap.objects.get(user=bob).extra_micros == week.added_micros
    ((_notice, text),) = read(Notice.objects.filter(user=bob, kind="week_guaranteed"))
    assert "10\u202fmin" in " ".join(text.lines)
    market.assert_sound()


def test_P14_a_good_week_gets_nothing_and_is_remembered(batch, alice, bob, clock, monday):
    worked(batch, bob, alice, 100)
    clock.forward(days=21)
    assert guarantee.hold_weeks() == {"weeks": 1, "topups": 0, "micros": 0}
    assert GuaranteedWeek.objects.get().added_micros == 0


def test_P14_a_fast_batch_makes_up_for_a_slow_one(batch, atelier, alice, bob, clock, monday):
    other = market.open_batch(atelier, alice, rows=2, reward_micros=2 * EUR, estimated_seconds=180)
    worked(batch, bob, alice, 300)
    worked(other, bob, alice, 60)
    clock.forward(days=21)
    assert guarantee.hold_weeks()["topups"] == 0


def test_P14_seconds_count_three_times_the_batchs_at_most(batch, alice, bob, clock, monday):
    worked(batch, bob, alice, 50_000)
    clock.forward(days=21)
    guarantee.hold_weeks()
    assert GuaranteedWeek.objects.get().seconds == 3 * 180


def test_P14_what_was_not_approved_is_neither_time_nor_pay(batch, alice, bob, clock, monday):
    worked(batch, bob, alice, 400, approve=False)
    clock.forward(days=21)
    assert guarantee.hold_weeks()["weeks"] == 0


def test_P14_a_week_is_held_once_and_not_before_its_answers_could_be_decided(
    batch, alice, bob, clock, monday
):
    worked(batch, bob, alice, 500)
    clock.forward(days=20)  # Sunday, two weeks after the week ended but for hours
    assert guarantee.hold_weeks()["weeks"] == 0
    clock.forward(days=1)
    assert guarantee.hold_weeks()["topups"] == 1
    assert guarantee.hold_weeks() == {"weeks": 0, "topups": 0, "micros": 0}
    assert Transaction.objects.filter(kind="topup").count() == 1


def test_P14_weeks_that_the_clock_missed_are_made_up_for(batch, alice, bob, bea, clock, monday):
    worked(batch, bob, alice, 500)
    clock.forward(days=21)
    guarantee.hold_weeks()
    worked(batch, bea, alice, 500)
    clock.forward(days=7)
    worked(batch, bob, alice, 500)
    clock.forward(days=35)
    assert guarantee.hold_weeks()["topups"] == 2
    assert GuaranteedWeek.objects.count() == 3


def test_P14_a_week_is_written_once_and_only_what_is_short_is_added(bob):
    week = {
        "worker": bob,
        "monday": dt.date(2026, 3, 2),
        "seconds": 60,
        "paid_micros": 10,
        "floor_micros": 20,
    }
    for added in (0, 5):
        with pytest.raises(IntegrityError, match="guaranteed_week_reaches_the_floor"), transaction.atomic():
            GuaranteedWeek.objects.create(**week, added_micros=added)
    with pytest.raises(IntegrityError, match="guaranteed_week_from_monday"), transaction.atomic():
        GuaranteedWeek.objects.create(**{**week, "monday": dt.date(2026, 3, 3)}, added_micros=10)
    GuaranteedWeek.objects.create(**week, added_micros=10)
    with pytest.raises(IntegrityError, match="guaranteed_week_once"), transaction.atomic():
        GuaranteedWeek.objects.create(**week, added_micros=10)


# --- P10 ---------------------------------------------------------------------------------------------------------


def beat():
    """One run of the job that ends leases, as the clock rings it."""
    now = house_clock.now()
    JobRun.objects.create(name=outages.HEARTBEAT, slot=now, started_at=now)
    return outages.notice(), claims.expire()


def test_P10_a_task_in_hand_gets_the_time_back_that_an_outage_took(batch, bob, clock):
    beat()
    row = market.claimed(bob, batch)
    clock.forward(minutes=3)
    beat()
    left = row.lease_until - house_clock.now()
    clock.forward(hours=9)
    outage, ended = beat()
    assert ended == 0
    row.refresh_from_db()
    assert abs(row.lease_until - house_clock.now() - left) < dt.timedelta(seconds=5)
    assert outage.ended_at - outage.began_at >= dt.timedelta(hours=9)
    submissions.submit(assignment=row, worker=bob, answer={"same": "1"})
    assert outages.settle() == {"paid": 0, "micros": 0}
    assert InterruptedTask.objects.get().ended_at


def test_P10_time_that_is_lost_all_the_same_is_paid_at_the_floor_by_the_platform(batch, bob, clock):
    beat()
    row = market.claimed(bob, batch)
    clock.forward(minutes=2)
    beat()
    clock.forward(hours=9)
    beat()
    clock.forward(days=1)
    JobRun.objects.filter(name=outages.HEARTBEAT).update(
        started_at=house_clock.now() - dt.timedelta(seconds=10)
    )
    beat()
    assert outages.settle()["paid"] == 1
    row.refresh_from_db()
    paid = earnings.summary(bob).payable
    assert row.state == Assignment.State.COMPENSATED
    assert abs(paid - floor.price_needed(120, "FR")) <= 10_000
    (fact,) = Transaction.objects.filter(kind="compensation")
    assert set(fact.entries.values_list("account__kind", flat=True)) == {"platform_costs", "worker_payable"}
    assert outages.settle()["paid"] == 0
    assert Notice.objects.filter(user=bob, kind="interrupted_paid").count() == 1
    market.assert_sound()


def test_P10_never_more_than_the_reward(batch, bob, clock):
    beat()
    market.claimed(bob, batch)
    for _minutes in range(0, 28, 4):
        clock.forward(minutes=4)
        beat()
    clock.forward(hours=1)
    beat()
    clock.forward(days=1)
    claims.expire()
    outages.settle()
    assert earnings.summary(bob).payable == 650_000


def test_P10_a_silence_of_a_minute_is_no_outage(batch, bob, clock):
    beat()
    market.claimed(bob, batch)
    clock.forward(minutes=1)
    assert beat()[0] is None
    assert not Outage.objects.exists()


def test_P10_the_job_that_ends_leases_looks_for_an_outage_first(batch, bob, clock):
    jobs.expire_leases.by_hand()
    row = market.claimed(bob, batch)
    clock.forward(hours=9)
    jobs.expire_leases.by_hand()
    row.refresh_from_db()
    assert row.state == Assignment.State.CLAIMED


def test_P10_an_outage_that_the_clock_did_not_see_is_declared_by_a_named_person(
    batch, bob, clock, dana, erin
):
    row = market.claimed(bob, batch)
    clock.forward(minutes=10)
    began = house_clock.now()
    clock.forward(hours=2)
    claims.expire()
    row.refresh_from_db()
    assert row.state == Assignment.State.EXPIRED
    with pytest.raises(errors.Forbidden):
        outages.declare(began_at=began, ended_at=house_clock.now(), reason="Pages failed.", actor=dana)
    with pytest.raises(errors.Invalid):
        outages.declare(began_at=began, ended_at=house_clock.now(), reason=" ", actor=erin)
    with pytest.raises(NoSuchOutage):
        outages.declare(began_at=house_clock.now(), ended_at=began, reason="Pages failed.", actor=erin)
    outages.declare(began_at=began, ended_at=house_clock.now(), reason="Pages failed.", actor=erin)
    assert outages.settle()["paid"] == 1
    assert earnings.summary(bob).payable == 650_000  # ten minutes are worth more than the reward
    market.assert_sound()


def test_P10_an_outage_has_an_end_and_its_declaration_a_reason(bob):
    now = house_clock.now()
    with pytest.raises(IntegrityError, match="outage_ends_after_it_began"), transaction.atomic():
        Outage.objects.create(began_at=now, ended_at=now)
    later = now + dt.timedelta(hours=1)
    with pytest.raises(IntegrityError, match="outage_declared_with_a_reason"), transaction.atomic():
        Outage.objects.create(began_at=now, ended_at=later, declared_by=bob)
    Outage.objects.create(began_at=now, ended_at=later)
    with pytest.raises(IntegrityError, match="outage_once"), transaction.atomic():
        Outage.objects.create(began_at=now, ended_at=later)


def test_P10_a_task_in_hand_of_a_batch_that_closes_early_may_be_finished_and_is_paid(batch, alice, bob):
    from tasks.services import closing

    row = market.claimed(bob, batch)
    closing.close(batch=batch, actor=alice)
    submissions.submit(assignment=row, worker=bob, answer={"same": "1"})
    reviews.approve(batch=batch, assignments=[row.pk], actor=alice)
    assert earnings.summary(bob).payable == 650_000
    market.assert_sound()


def test_P10_an_administrator_declares_an_outage_on_a_page(batch, bob, clock, erin, client_of):
    market.claimed(bob, batch)
    clock.forward(minutes=30)
    page = client_of(erin, second_factor=True)
    now = house_clock.now().astimezone(house_clock.BOOKS)
    shape = "%Y-%m-%dT%H:%M"
    values = {"began_at": (now - dt.timedelta(minutes=20)).strftime(shape), "ended_at": now.strftime(shape)}
    refused = page.post("/console/outages/", {**values, "reason": ""})
    assert refused.status_code == 400
    assert values["began_at"] in refused.content.decode()
    late = page.post(
        "/console/outages/", {"began_at": values["ended_at"], "ended_at": values["began_at"], "reason": "x"}
    )
    assert "began before it ended" in late.content.decode()
    assert page.post("/console/outages/", {**values, "reason": "Pages failed."}).status_code == 302
    shown = page.get("/console/outages/").content.decode()
    assert "Pages failed." in shown
    assert Outage.objects.get().interrupted.count() == 1
