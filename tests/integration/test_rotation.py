"""Shares of a batch, and runs that end (charter C4): kept by the claim, off in small batches and small markets."""

import pytest

from marketplace.base import errors
from tasks.errors import Resting, ShareReached
from tasks.models import Batch, Share
from tasks.selectors import board
from tasks.services import aggregation, claims, rotation, submissions
from tests import market

pytestmark = pytest.mark.django_db


@pytest.fixture
def turning(settings):
    """Rotation for a market of one worker: 4 tasks each, runs of 3."""
    settings.ROTATION_LEAST_WORKERS = 0
    settings.SHARE_LEAST, settings.SHARE_PERCENT = 4, 1
    settings.RUN_TASKS = 3
    return settings


@pytest.fixture
def batch(atelier, alice):
    return counted(market.open_batch(atelier, alice, rows=40))


@pytest.fixture
def other(atelier, alice):
    return counted(market.open_batch(atelier, alice, rows=40))


def counted(batch):
    """With a snapshot of its figures, as the job makes it."""
    aggregation.refresh_all()
    return Batch.objects.get(pk=batch.pk)


def turn():
    return rotation.refresh()


def done(worker, batch, times=1):
    for _time in range(times):
        market.submitted(worker, Batch.objects.get(pk=batch.pk))


def refused(worker, batch):
    with pytest.raises(errors.Refusal) as found:
        claims.claim(worker=worker, batch=Batch.objects.get(pk=batch.pk))
    return found.value


def test_C4_one_worker_does_a_share_of_a_batch_and_the_rest_is_for_others(turning, batch, bob, bea):
    turning.RUN_TASKS = 100
    assert turn().on == 1
    done(bob, batch, 4)
    refusal = refused(bob, batch)
    assert isinstance(refusal, ShareReached)
    assert "4 tasks" in str(refusal)
    done(bea, batch)


def test_C4_the_share_is_a_tenth_and_at_least_twenty(settings):
    settings.ROTATION_LEAST_WORKERS = 0
    assert rotation.terms(30, 0)[0] == 20
    assert rotation.terms(1_001, 0)[0] == 101
    assert rotation.terms(29, 10_000) is None
    settings.ROTATION_LEAST_WORKERS = 200
    assert rotation.terms(1_000, 199) is None
    assert rotation.terms(1_000, 200) == [100, 50, 3600, 600]
    settings.ROTATION = False
    assert rotation.terms(1_000, 200) is None


def test_C4_after_many_tasks_in_a_row_another_batch_comes_first(turning, batch, other, bob):
    turning.SHARE_LEAST = 20
    turn()
    done(bob, batch, 3)
    assert isinstance(refused(bob, batch), Resting)
    done(bob, other)
    done(bob, batch, 3)
    assert isinstance(refused(bob, batch), Resting)


def test_C4_or_a_rest(turning, batch, bob, clock):
    turning.SHARE_LEAST = 20
    turn()
    done(bob, batch, 3)
    clock.forward(minutes=9)
    assert isinstance(refused(bob, batch), Resting)
    clock.forward(minutes=2)
    done(bob, batch)


def test_C4_an_hour_of_one_batch_is_a_run_too(turning, batch, bob, clock):
    turning.SHARE_LEAST, turning.RUN_TASKS = 20, 50
    turn()
    row = market.claimed(bob, batch)
    clock.forward(minutes=28)
    submissions.submit(assignment=row, worker=bob, answer={"same": "1"})
    row = market.claimed(bob, Batch.objects.get(pk=batch.pk))
    clock.forward(minutes=29)
    submissions.submit(assignment=row, worker=bob, answer={"same": "1"})
    row = market.claimed(bob, Batch.objects.get(pk=batch.pk))
    clock.forward(minutes=4)
    submissions.submit(assignment=row, worker=bob, answer={"same": "1"})
    assert isinstance(refused(bob, batch), Resting)


def test_C4_giving_a_task_back_takes_nothing_of_the_share_nor_of_the_run(turning, batch, bob):
    turn()
    for _time in range(6):
        row = market.claimed(bob, Batch.objects.get(pk=batch.pk))
        claims.release(assignment=row, worker=bob)
    share = Share.objects.get()
    assert (share.taken, share.run_tasks) == (0, 0)


def test_C4_a_lease_that_runs_out_gives_the_share_back(turning, batch, bob, clock):
    turn()
    market.claimed(bob, batch)
    clock.forward(hours=3)
    claims.expire()
    assert Share.objects.get().taken == 0


def test_C4_what_was_done_before_it_was_on_counts(turning, batch, bob):
    done(bob, batch, 4)
    assert not Share.objects.exists()
    turn()
    assert isinstance(refused(bob, batch), ShareReached)


def test_C4_it_goes_off_when_the_market_gets_small_and_nothing_is_in_the_way(turning, batch, bob):
    turn()
    done(bob, batch, 3)
    turning.ROTATION_LEAST_WORKERS = 200
    assert turn().on == 0
    done(bob, batch, 3)


def test_C4_submitting_says_why_the_next_one_is_refused_and_keeps_the_answer(turning, batch, bob):
    turning.SHARE_LEAST = 20
    turn()
    done(bob, batch, 2)
    row = market.claimed(bob, Batch.objects.get(pk=batch.pk))
    found = submissions.submit(assignment=row, worker=bob, answer={"same": "1"}, next=True)
    row.refresh_from_db()
    assert row.state == "submitted"
    assert isinstance(found.next_refused, Resting)


def test_C4_the_board_says_whose_turn_it_is(turning, batch, other, bob, client_of):
    turning.SHARE_LEAST = 20
    turn()
    done(bob, batch, 3)
    found = board.board(bob)
    assert [offer.batch.pk for offer in found.offers] == [other.pk]
    (closed,) = found.closed
    assert closed.refusal.code == "resting"
    assert "something else comes first" in client_of(bob).get("/work/").content.decode()


def test_C4_a_claim_and_the_board_agree_at_every_step(turning, batch, other, bob, clock):
    turn()
    for step, pick in enumerate([batch, batch, other, batch, batch, other, batch, batch, other, other]):
        now = {each.pk: each for each in Batch.objects.filter(pk__in=[batch.pk, other.pk])}
        said = rotation.refusals(bob.pk, now.values()).get(pick.pk)
        try:
            done(bob, pick)
            happened = None
        except errors.Refusal as refusal:
            happened = refusal
        assert type(said) is type(happened), step
        clock.forward(minutes=1)


def test_C4_the_last_task_of_a_worker_is_found_by_an_index_of_their_history():
    """A claim under rotation looks at one row of shares and the end of one history, however long that is."""
    from django.db import connection

    with connection.cursor() as cursor:
        # Of a handful of rows any index will do for the planner: what it will have for a million is looked at.
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'assignment_history'")
        (kept,) = cursor.fetchone()
    assert kept.endswith("(worker_id, id DESC)")
