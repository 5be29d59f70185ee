"""Many look at a pilot at the same moment, and a price is raised meanwhile: the rest opens once, and all of it."""

import threading

import pytest
from django.db import connection

from marketplace.base.models import AuditEvent, Notice
from tasks.models import Batch, Task
from tasks.services import batches, pilot
from tests import market

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def over(settings, atelier, alice, bob, bea, monkeypatch):
    """A batch whose pilot is answered, and not looked at yet."""
    settings.PILOT, settings.PILOT_TASKS, settings.PILOT_LEAST_SLOTS = True, 4, 6
    settings.FLOOR_MEASURE_SUBMISSIONS, settings.FLOOR_MEASURE_WORKERS = 4, 2
    monkeypatch.setattr(pilot, "FIRST", 3)
    monkeypatch.setattr(pilot, "PIECE", 4)
    batch = market.open_batch(atelier, alice, rows=40)
    for worker in (bob, bob, bea, bea):
        market.submitted(worker, Batch.objects.get(pk=batch.pk))
    return batch


def at_once(*acts):
    """Each act in a thread of its own, all let go at one moment; what one of them raised is raised."""
    ready, errors = threading.Barrier(len(acts)), []

    def run(act):
        try:
            ready.wait(30)
            act()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not errors, errors


def openings():
    return AuditEvent.objects.filter(tag="tasks:pilot:opening").count()


def open_rows(batch):
    return Task.objects.filter(batch=batch, is_open=True).count()


def test_W2_the_rest_is_opened_once_however_many_look(over, alice):
    at_once(*[lambda: pilot.look(batch_id=over.pk)] * 4)
    assert openings() == 1
    assert Notice.objects.filter(kind="pilot_opened").count() == 1
    at_once(*[pilot.run] * 3)
    assert (open_rows(over), Batch.objects.get(pk=over.pk).pilot) == (36, "over")
    market.assert_sound()


def test_a_raise_and_a_look_at_one_moment_open_it_once(over, alice):
    Batch.objects.filter(pk=over.pk).update(estimated_seconds=181)  # 0.65 is too little for it now
    Batch.objects.filter(pk=over.pk).update(pilot_countries=["FR"])
    at_once(
        lambda: pilot.look(batch_id=over.pk),
        lambda: batches.raise_price(batch=over, actor=alice, reward_micros=700_000),
    )
    pilot.run()
    assert openings() == 1
    pilot.run()
    assert open_rows(over) == 36
    market.assert_sound()


def test_without_the_lock_it_would_be_opened_more_than_once(over, monkeypatch):
    """The control: the race is there when the row is not held."""
    gate = threading.Barrier(2, timeout=30)

    def unlocked(batch_id):
        found = Batch.objects.get(pk=batch_id)
        gate.wait()
        return found

    monkeypatch.setattr(pilot, "_locked", unlocked)
    monkeypatch.setattr(pilot, "_open_piece", lambda batch, most: False)
    at_once(*[lambda: pilot.look(batch_id=over.pk)] * 2)
    assert openings() == 2
