"""Raising a price: how high, what a large sum asks, and nothing typed is lost (charter W2, DESIGN §5)."""

from decimal import Decimal

import pytest
from django.urls import reverse

from marketplace.base import clock
from marketplace.base.errors import Invalid
from marketplace.base.models import AuditEvent, Notice
from marketplace.base.texts import read
from payments.errors import InsufficientFunds
from payments.services import floor, holdings
from tasks.errors import FirstRunShared, IllegalMove
from tasks.models import Batch, Task
from tasks.services import aggregation, batches, claims, closing, pilot, rotation, submissions
from tasks.services.raising import LargeRaise
from tests import market
from tests.api_client import Program

pytestmark = pytest.mark.django_db
EUR = market.EUR


@pytest.fixture
def batch(atelier, alice):
    return market.open_batch(atelier, alice, rows=10, funds=200_000)


def fresh(batch):
    return Batch.objects.get(pk=batch.pk)


def raised(batch):
    return AuditEvent.objects.filter(tag="tasks:batch:raise", subject=batch.public_id).count()


def post(client, batch, **typed):
    return client.post(reverse("batch-raise", args=[batch.public_id]), typed)


# --- bounds -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answered", [False, True])
def test_no_price_passes_what_a_draft_may_have_also_when_nothing_is_left_to_answer(
    batch, alice, bob, answered, client_of
):
    if answered:
        for _time in range(10):
            market.submitted(bob, batch)
    with pytest.raises(Invalid) as refused:
        batches.raise_price(batch=batch, actor=alice, reward_micros=10_000 * EUR + 1, confirmed=True)
    assert "reward" in refused.value.fields
    page = post(client_of(alice), batch, reward="10000000")
    text = page.content.decode()
    assert page.status_code == 400 and "at most 10 000 €" in text and 'value="10000000"' in text
    assert fresh(batch).reward_micros == 650_000


def test_what_is_no_amount_comes_back_as_it_was_typed(batch, alice, client_of):
    for typed in ("a lot", "-5", "", "0.60", "9" * 20):
        page = post(client_of(alice), batch, reward=typed)
        assert page.status_code in (400, 409), typed
        assert f'value="{typed}"' in page.content.decode() or not typed
    assert fresh(batch).reward_micros == 650_000


# --- a large sum ----------------------------------------------------------------------------------------------------


@pytest.fixture
def small(settings):
    """From 100 € on a person looks at a batch."""
    settings.SCREENING_LARGE_EUR = Decimal(100)
    return settings


def test_W2_a_large_sum_is_asked_about_and_said_in_full_before_anything_is_set_aside(small, batch, alice):
    held = holdings.held(batch.public_id)
    with pytest.raises(LargeRaise) as refused:
        batches.raise_price(batch=batch, actor=alice, reward_micros=65 * EUR)  # a comma in the wrong place
    assert refused.value.code == "large_amount"
    # 10 × (65 + 20 % reserve + 20 % fee + VAT on it) = 936, of which 9.36 were there
    assert (
        "€926.64 more for the 10 answers" in refused.value.message
        and "€936.00 in all" in refused.value.message
    )
    assert (fresh(batch).reward_micros, holdings.held(batch.public_id)) == (650_000, held)
    batches.raise_price(batch=batch, actor=alice, reward_micros=65 * EUR, confirmed=True)
    assert fresh(batch).reward_micros == 65 * EUR
    market.assert_sound()


def test_small_sums_are_not_asked_about_and_what_a_moderator_saw_counts_as_seen(small, batch, alice, dana):
    batches.raise_price(batch=batch, actor=alice, reward_micros=2 * EUR)
    Batch.objects.filter(pk=batch.pk).update(screened_at=clock.now(), screened_by=dana)
    batches.raise_price(batch=batch, actor=alice, reward_micros=8 * EUR)  # 115 in all, 86 more
    with pytest.raises(LargeRaise):
        batches.raise_price(batch=batch, actor=alice, reward_micros=16 * EUR)


def test_the_page_asks_once_more_with_the_price_that_was_typed_and_takes_the_tick_for_that_price_alone(
    small, batch, alice, client_of
):
    client = client_of(alice)
    page = post(client, batch, reward="65")
    text = page.content.decode()
    assert page.status_code == 409 and 'value="65"' in text and "€936.00 in all" in text
    assert f'name="sure" value="{65 * EUR}"' in text and "I mean €65.00" in text
    assert 'name="sure"' not in client.get(reverse("batch", args=[batch.public_id])).content.decode()
    other = post(client, batch, reward="70", sure=str(65 * EUR))
    assert other.status_code == 409 and "I mean €70.00" in other.content.decode()
    assert raised(batch) == 0
    assert post(client, batch, reward="65", sure=str(65 * EUR)).status_code == 302
    assert fresh(batch).reward_micros == 65 * EUR


def test_a_price_many_times_the_present_one_is_asked_about_on_the_page_however_small_the_sum(
    batch, alice, client_of
):
    client, held = client_of(alice), holdings.held(batch.public_id)
    asked = post(client, batch, reward="3.25")
    assert asked.status_code == 409 and "I mean €3.25" in asked.content.decode()
    assert raised(batch) == 0 and holdings.held(batch.public_id) == held
    assert post(client, batch, reward="3.25", sure=str(3_250_000)).status_code == 302
    assert fresh(batch).reward_micros == 3_250_000
    assert post(client, batch, reward="5").status_code == 302  # not so much more


def test_what_the_funds_do_not_hold_is_said_before_anything_is_asked(small, atelier, alice, client_of):
    poor = market.open_batch(atelier, alice, rows=10, funds=20)
    page = post(client_of(alice), poor, reward="65")
    assert (
        'name="sure"' not in page.content.decode() and "your funds hold" in page.content.decode().casefold()
    )


def test_a_program_confirms_with_a_field(small, batch, alice, atelier):
    program = Program(alice, "read", "write", organisation=atelier)
    path = f"/batches/{batch.public_id}/raise/"
    assert program.post(path, {"reward": "65.00"}, 409)["code"] == "large_amount"
    assert program.post(path, {"reward": "65.00", "confirm": "yes"}, 400)["fields"].keys() == {"confirm"}
    assert program.post(path, {"reward": "10000.01", "confirm": True}, 400)["fields"].keys() == {"reward"}
    assert program.post(path, {"reward": "0.65"}, 409)["code"] == "price_not_raised"
    program.post(path, {"reward": "65.00", "confirm": True})
    assert fresh(batch).reward_micros == 65 * EUR


# --- a pilot that waits for a price, as its requester meets it ------------------------------------------------------


@pytest.fixture
def piloted(settings):
    settings.PILOT, settings.PILOT_TASKS, settings.PILOT_LEAST_SLOTS = True, 4, 6
    settings.FLOOR_MEASURE_SUBMISSIONS, settings.FLOOR_MEASURE_WORKERS = 4, 2
    return settings


@pytest.fixture
def held(piloted, atelier, alice, bob, bea, clock):
    """Four of twelve tasks took twice as long as was said: the rest waits for 1.29 €."""
    batch = market.open_batch(atelier, alice, rows=12, funds=100, countries=["FR"])
    for worker in (bob, bob, bea, bea):
        row = market.claimed(worker, fresh(batch))
        clock.forward(seconds=360)
        submissions.submit(assignment=row, worker=worker, answer={"same": "1"})
    pilot.run()
    assert fresh(batch).pilot == "held"
    return fresh(batch)


def open_rows(batch):
    return Task.objects.filter(batch=batch, is_open=True).count()


def test_W2_the_requester_reads_the_price_raises_to_it_and_the_rest_opens(
    held, alice, atelier, bob, client_of
):
    client = client_of(alice)
    page = client.get(reverse("batch", args=[held.public_id])).content.decode()
    assert "The rest waits for a price of €1.29" in page
    assert 'value="1.29"' in page  # the form is filled in with it
    below = post(client, held, reward="1.28")
    assert below.status_code == 302 and fresh(held).pilot == "held"
    assert post(client, held, reward="1.29").status_code == 302
    assert (fresh(held).pilot, fresh(held).reward_micros, open_rows(held)) == ("over", 1_290_000, 8)
    page = client.get(reverse("batch", args=[held.public_id])).content.decode()
    assert "The rest waits" not in page
    told = [f"{text.subject} {text.lines}" for _row, text in read(Notice.objects.filter(user=alice))]
    assert any("€0.65" in each and "€1.29" in each for each in told)
    assert any("is open now" in each for each in told)
    assert claims.claim(worker=bob, batch=fresh(held)).reward_micros == 1_290_000
    market.assert_sound()


def test_W2_money_that_does_not_reach_opens_nothing_and_keeps_what_was_typed(held, alice, client_of):
    with pytest.raises(InsufficientFunds):
        batches.raise_price(batch=held, actor=alice, reward_micros=20 * EUR)
    page = post(client_of(alice), held, reward="20.00")
    assert page.status_code == 409 and 'value="20.00"' in page.content.decode()
    assert (fresh(held).pilot, fresh(held).reward_micros) == ("held", 650_000)


def test_W2_when_the_floor_falls_the_rest_opens_by_itself_and_another_raise_still_works(
    held, alice, monkeypatch
):
    assert pilot.run()["opened"] == 0
    real = floor.price_needed
    monkeypatch.setattr(floor, "price_needed", lambda seconds, country: min(real(seconds, country), 600_000))
    page_price = pilot.needed(held)
    assert page_price <= 650_000
    assert pilot.run()["opened"] == 1
    assert (fresh(held).pilot, open_rows(held)) == ("over", 8)
    batches.raise_price(batch=held, actor=alice, reward_micros=700_000)
    assert fresh(held).pilot == "over"
    market.assert_sound()


def test_W2_a_raise_that_is_less_than_needed_opens_it_once_the_floor_falls_to_it(held, alice, monkeypatch):
    real = floor.price_needed
    batches.raise_price(batch=held, actor=alice, reward_micros=700_000)
    assert fresh(held).pilot == "held"
    monkeypatch.setattr(floor, "price_needed", lambda seconds, country: min(real(seconds, country), 700_000))
    assert pilot.run()["opened"] == 1
    market.assert_sound()


def test_W2_a_held_pilot_that_was_closed_stays_closed_whatever_the_floor_does(held, alice, monkeypatch):
    closing.close(batch=held, actor=alice)
    monkeypatch.setattr(floor, "price_needed", lambda seconds, country: 10_000)
    assert pilot.run()["opened"] == 0
    with pytest.raises(IllegalMove):
        batches.raise_price(batch=held, actor=alice, reward_micros=2 * EUR)
    assert open_rows(held) == 0
    market.assert_sound()


# --- shares after a pilot (charter C4) -------------------------------------------------------------------------------


def test_C4_who_did_their_part_of_a_pilot_goes_on_the_moment_it_is_over(
    piloted, atelier, alice, bob, bea, clock
):
    piloted.ROTATION_LEAST_WORKERS, piloted.ROTATION_LEAST_SLOTS = 0, 6
    batch = market.open_batch(atelier, alice, rows=12, countries=["FR"])
    aggregation.refresh_all()
    rotation.refresh()
    for worker in (bob, bob, bea):
        row = market.claimed(worker, fresh(batch))
        clock.forward(seconds=100)
        submissions.submit(assignment=row, worker=worker, answer={"same": "1"})
    with pytest.raises(FirstRunShared):
        claims.claim(worker=bob, batch=fresh(batch))
    market.submitted(bea, fresh(batch))
    assert pilot.look(batch_id=batch.pk)
    found = fresh(batch)
    assert found.rotation[0] == piloted.SHARE_LEAST and rotation.refusals(bob.pk, [found]) == {}
    market.claimed(bob, found)


def test_C4_a_refresh_that_looked_before_the_pilot_ended_changes_nothing_after(
    piloted, atelier, alice, monkeypatch
):
    piloted.ROTATION_LEAST_WORKERS, piloted.ROTATION_LEAST_SLOTS = 0, 6
    batch = market.open_batch(atelier, alice, rows=12)
    aggregation.refresh_all()
    looked = rotation._wanted

    def slow(row, active):
        found = looked(row, active)
        Batch.objects.filter(pk=row.pk).update(
            pilot="over", pilot_decided_at=clock.now(), rotation=[20, 50, 3600, 900]
        )
        return found

    monkeypatch.setattr(rotation, "_wanted", slow)
    rotation.refresh()
    assert fresh(batch).rotation[0] == 20
