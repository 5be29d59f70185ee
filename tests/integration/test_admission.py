"""The line at the door (charter C4): who joins while there is little work waits, and is let in in order of arrival."""

import datetime as dt

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from marketplace.base.models import Notice, User
from tasks.errors import NotLetInYet
from tasks.models import Assignment
from tasks.selectors import board
from tasks.services import admissions, aggregation, checks, claims, crowd_links, eligibility
from tests import crowds, market
from workers.models import Gate, WorkerProfile
from workers.services import admission, onboarding

pytestmark = pytest.mark.django_db
EUR = market.EUR
BORN = dt.date(1990, 5, 31)


@pytest.fixture
def door(settings, atelier, alice, bob):
    """A market of one active worker, with 2 € of open work, where each needs 10 €."""
    settings.ADMISSION, settings.ADMISSION_LEAST_WORKERS = True, 1
    batch = market.open_batch(atelier, alice, rows=3, reward_micros=EUR)
    market.submitted(bob, batch)
    counted()
    return batch


def counted():
    aggregation.refresh_all()
    return admissions.turn()


def newcomer(name, clock=None):
    if clock is not None:
        clock.forward(minutes=1)
    user = User.objects.create(email=f"{name}@example.org")
    return joins(user)


def joins(user):
    onboarding.save_profile(
        user=user, country="FR", languages=["fr"], birth_date=BORN, time_zone="Europe/Paris"
    )
    return user


def waits(user):
    return WorkerProfile.objects.get(user=user).admitted_at is None


def more_work(atelier, alice, euros):
    batch = market.open_batch(atelier, alice, rows=euros, reward_micros=EUR)
    aggregation.refresh_all()
    return batch


def test_C4_who_joins_while_there_is_little_work_waits_and_can_claim_nothing_open(door):
    carl = newcomer("carl")
    assert waits(carl)
    with pytest.raises(NotLetInYet, match="in the order in which they came"):
        claims.claim(worker=carl, batch=door)
    assert not Assignment.objects.filter(worker=carl).exists()


def test_C4_the_database_refuses_the_claim_too(door):
    carl = newcomer("carl")
    who = eligibility.standing(carl)
    assert who.waits
    with pytest.raises(NotLetInYet):
        claims.take(who, door, None)
    with pytest.raises(NotLetInYet):
        claims.take(who, door, door.tasks.first().pk)


def test_C4_as_work_grows_people_are_let_in_in_the_order_in_which_they_came(door, atelier, alice, clock):
    first, second, third = (newcomer(name, clock) for name in ("carl", "cleo", "cora"))
    assert counted()["let_in"] == 0
    more_work(atelier, alice, 30)  # 32 € for bob and two more
    assert admissions.turn()["let_in"] == 2
    assert [waits(each) for each in (first, second, third)] == [False, False, True]
    assert [row.user for row in Notice.objects.filter(kind="let_in").order_by("pk")] == [first, second]
    market.submitted(first, door)
    assert admissions.turn()["let_in"] == 0  # who was let in and has not begun counts as well
    more_work(atelier, alice, 10)
    assert admissions.turn()["let_in"] == 1
    market.assert_sound()


def test_C4_whoever_lets_somebody_in_out_of_order_is_stopped_by_the_database(door, clock):
    first, second = newcomer("carl", clock), newcomer("cleo", clock)
    now = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    with pytest.raises(IntegrityError, match="somebody came before"), transaction.atomic():
        WorkerProfile.objects.filter(user=second).update(admitted_at=now)
    WorkerProfile.objects.filter(user__in=[first, second]).update(admitted_at=now)
    with pytest.raises(IntegrityError, match="was let in before"), transaction.atomic():
        WorkerProfile.objects.filter(user=second).update(admitted_at=None)


def test_a_closed_account_holds_nobody_up(door, atelier, alice, clock):
    first, second = newcomer("carl", clock), newcomer("cleo", clock)
    User.objects.filter(pk=first.pk).update(is_active=False)
    assert admission.place(second).number == 1
    more_work(atelier, alice, 20)
    admissions.turn()
    assert not waits(second)


def test_C4_it_is_off_in_a_market_of_few_people_and_lets_everybody_in(door, settings, clock):
    carl = newcomer("carl", clock)
    settings.ADMISSION_LEAST_WORKERS = 200
    assert admissions.turn()["let_in"] == 1
    assert not waits(carl)
    assert not waits(newcomer("cleo"))


def test_who_joins_when_there_is_room_takes_a_place_and_begins_at_once(door, atelier, alice):
    more_work(atelier, alice, 20)
    admissions.turn()
    assert Gate.objects.get().room == 1
    assert not waits(newcomer("carl"))
    assert waits(newcomer("cleo"))
    with pytest.raises(IntegrityError, match="gate_is_one"), transaction.atomic():
        Gate.objects.create(pk=2)
    with pytest.raises(IntegrityError, match="gate_work_not_negative"), transaction.atomic():
        Gate.objects.update(open_micros=-1)


def test_changing_ones_profile_moves_nobody_in_line(door, clock):
    first, second = newcomer("carl", clock), newcomer("cleo", clock)
    clock.forward(days=1)
    joins(first)
    assert waits(first)
    assert (admission.place(first).number, admission.place(second).number) == (1, 2)


def test_who_was_here_before_goes_on(door, bob):
    joins(bob)
    assert not waits(bob)
    market.claimed(bob, door)


def test_C4_who_is_invited_works_on_that_batch_and_on_no_other(door, atelier, alice):
    carl = newcomer("carl")
    private = crowds.private(atelier, alice, "link")
    crowd_links.join(token=crowds.token(private), worker=carl)
    market.submitted(carl, private)
    with pytest.raises(NotLetInYet):
        claims.claim(worker=carl, batch=door)
    market.assert_sound()


def test_the_line_says_one_s_place_the_rule_and_the_figure(door, client, clock):
    newcomer("carl", clock)
    cleo = newcomer("cleo", clock)
    client.force_login(cleo)
    page = client.get(reverse("board")).content.decode()
    assert "You are number 2 of 2 in line" in page
    assert "€10.00 of open work for each of the 1 people" in page and "now it is €2.00" in page
    assert door.title in page
    assert board.board(cleo).offers == []
    assert "see your place" in client.get(reverse("worker-profile")).content.decode()


def test_programs_read_the_same_refusal(door, client):
    carl = newcomer("carl")
    client.force_login(carl)
    found = client.post("/api/v1/work/claims/", {"batch": door.public_id}, content_type="application/json")
    assert (found.status_code, found.json()["code"]) == (409, "not_let_in_yet")
    blocked = client.get("/api/v1/work/").json()["blocked"]
    assert [(each["batch"], each["code"]) for each in blocked] == [(door.public_id, "not_let_in_yet")]


def test_off_by_setting_nobody_waits(door, settings):
    settings.ADMISSION = False
    assert not waits(newcomer("carl"))


def test_selfcheck_finds_who_claimed_before_being_let_in(door, bob):
    WorkerProfile.objects.filter(user=bob).delete()
    WorkerProfile.objects.create(user=bob, country="FR", languages=["fr"], birth_date=BORN, admitted_at=None)
    found = {check.name: check.ids for check in checks.run()}
    assert len(found["nobody_claims_in_open_work_before_they_are_let_in"]) == 1


def test_the_place_in_line_is_read_from_its_index(door):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT user_id FROM workers_workerprofile WHERE admitted_at IS NULL ORDER BY created_at, user_id"
        )
        assert "worker_waiting" in "\n".join(line for (line,) in cursor.fetchall())
