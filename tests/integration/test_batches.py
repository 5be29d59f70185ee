"""Publishing sets the money aside, screening returns it on refusal, closing gives back what nobody needs."""

import pytest

from marketplace.base.errors import Invalid
from payments.errors import InsufficientFunds
from payments.services import holdings
from tasks.errors import (
    BelowFloor,
    ConflictOfInterest,
    IllegalMove,
    NotADraft,
    NothingToPublish,
    NotReady,
    PriceNotRaised,
)
from tasks.models import Batch
from tasks.services import batches, claims, closing, prices, reviews, screening
from tests import market

EUR = market.EUR


def test_P4_publishing_sets_the_whole_price_aside_first(atelier, alice):
    market.fund(atelier, 10)
    atelier.trusted_at = alice.date_joined
    atelier.save()
    batch = market.draft(atelier, alice, rows=4, overlap=2, reward_micros=EUR, estimated_seconds=60)
    quote = prices.quote(batch)
    assert (quote.rewards, quote.reserve, quote.fee, quote.vat) == (8 * EUR, 1_600_000, 1_600_000, 320_000)
    with pytest.raises(InsufficientFunds):
        batches.publish(batch=batch, actor=alice)
    batch.refresh_from_db()
    assert batch.state == Batch.State.DRAFT and holdings.held(batch.public_id) == 0
    market.fund(atelier, 2)
    batch = batches.publish(batch=batch, actor=alice)
    assert batch.state == Batch.State.PUBLISHED
    assert holdings.held(batch.public_id) == quote.total == 11_520_000
    assert holdings.available(atelier) == 12 * EUR - quote.total
    with pytest.raises(NotADraft):
        batches.publish(batch=batch, actor=alice)
    market.assert_sound()


def test_a_draft_that_lacks_something_says_what(atelier, alice):
    batch = batches.create_draft(organisation=atelier, actor=alice, title="", purpose=" ")
    with pytest.raises(NotReady) as refused:
        batches.publish(batch=batch, actor=alice)
    assert {
        "title",
        "purpose",
        "form",
        "instructions",
        "reward",
        "estimated_seconds",
    } <= refused.value.fields.keys()
    with pytest.raises(NothingToPublish):
        batches.publish(batch=market.draft(atelier, alice, rows=0), actor=alice)


def test_values_that_cannot_stand_are_refused_by_field(atelier, alice):
    for values, name in (
        ({"reward_micros": -1}, "reward"),
        ({"overlap": 0}, "overlap"),
        ({"overlap": 101}, "overlap"),
        ({"time_limit_seconds": 10}, "time_limit_seconds"),
        ({"estimated_seconds": 100_000}, "estimated_seconds"),
        ({"title": "x" * 121}, "title"),
        ({"instructions": "x" * 30_000}, "instructions"),
    ):
        with pytest.raises(Invalid) as refused:
            batches.create_draft(organisation=atelier, actor=alice, **values)
        assert name in refused.value.fields


def test_P1_a_price_under_the_absolute_floor_is_not_published(atelier, alice):
    market.fund(atelier)
    batch = market.draft(atelier, alice, reward_micros=100_000, estimated_seconds=180)  # 2 €/h
    with pytest.raises(BelowFloor):
        batches.publish(batch=batch, actor=alice)
    batches.update_draft(batch=batch, actor=alice, reward_micros=120_000)
    batches.publish(batch=batch, actor=alice)


def test_P1_a_price_that_meets_no_asked_country_is_not_published(atelier, alice):
    market.fund(atelier)
    batch = market.draft(atelier, alice, reward_micros=640_000, countries=["FR"])
    with pytest.raises(BelowFloor) as refused:
        batches.publish(batch=batch, actor=alice)
    assert "0.65" in refused.value.message


def test_the_first_batch_of_an_organisation_waits_for_a_moderator(atelier, alice, bob, dana):
    market.fund(atelier)
    batch = batches.publish(batch=market.draft(atelier, alice), actor=alice)
    assert (batch.state, batch.screening_reasons) == ("screening", ["no_history"])
    assert holdings.held(batch.public_id) > 0
    with pytest.raises(Exception, match="no new work"):
        claims.claim(worker=bob, batch=batch)
    batch = screening.pass_(batch=batch, moderator=dana)
    assert batch.state == "published" and batch.screened_by == dana
    claims.claim(worker=bob, batch=batch)
    atelier.refresh_from_db()
    assert batches.publish(batch=market.draft(atelier, alice), actor=alice).state == "published"
    market.assert_sound()


def test_a_refused_batch_is_a_draft_again_with_its_money_back_and_can_be_published_anew(atelier, alice, dana):
    market.fund(atelier)
    before = holdings.available(atelier)
    batch = batches.publish(batch=market.draft(atelier, alice), actor=alice)
    with pytest.raises(Invalid):
        screening.refuse(batch=batch, moderator=dana, reason=" ")
    batch = screening.refuse(batch=batch, moderator=dana, reason="The purpose is not clear.")
    assert batch.state == "draft" and holdings.available(atelier) == before
    assert not batch.tasks.filter(is_open=True).exists()
    batch = batches.publish(batch=batch, actor=alice)
    assert batch.state == "screening"
    market.assert_sound()


def test_a_moderator_does_not_screen_their_own_organisation(atelier, alice, dana):
    from tests.personas import join

    market.fund(atelier)
    batch = batches.publish(batch=market.draft(atelier, alice), actor=alice)
    join(atelier, dana, "viewer")
    with pytest.raises(ConflictOfInterest):
        screening.pass_(batch=batch, moderator=dana)


def test_a_price_only_goes_up_and_the_difference_is_set_aside(atelier, alice, bob):
    batch = market.open_batch(atelier, alice, rows=4, reward_micros=EUR)
    market.claimed(bob, batch)
    before = holdings.held(batch.public_id)
    with pytest.raises(PriceNotRaised):
        batches.raise_price(batch=batch, actor=alice, reward_micros=EUR)
    batch = batches.raise_price(batch=batch, actor=alice, reward_micros=2 * EUR)
    assert holdings.held(batch.public_id) - before == 4 * 1_440_000  # three open ones, one in hand
    assert market.claimed(bob, batch).reward_micros == 2 * EUR
    market.assert_sound()


def test_a_raise_without_funds_changes_nothing(atelier, alice):
    batch = market.open_batch(atelier, alice, rows=1, funds=1)
    with pytest.raises(InsufficientFunds):
        batches.raise_price(batch=batch, actor=alice, reward_micros=100 * EUR)
    batch.refresh_from_db()
    assert batch.reward_micros == 650_000
    market.assert_sound()


def test_closing_early_gives_back_what_nobody_holds_and_pays_what_is_in_hand(atelier, alice, bob, bea):
    batch = market.open_batch(atelier, alice, rows=10, reward_micros=EUR)
    approved, waiting, in_hand = (
        market.submitted(bob, batch),
        market.submitted(bea, batch),
        market.claimed(bob, batch),
    )
    reviews.approve(batch=batch, assignments=[approved.pk], actor=alice)
    batch = closing.close(batch=batch, actor=alice)
    assert batch.state == "cancelled" and batch.settled_at is None
    assert holdings.held(batch.public_id) == 2 * 1_440_000
    from tasks.services import submissions

    submissions.submit(assignment=in_hand, worker=bob, answer={"same": "1"})
    reviews.approve(batch=batch, assignments=[waiting.pk, in_hand.pk], actor=alice)
    closing.complete_finished()
    batch.refresh_from_db()
    assert batch.settled_at is not None and holdings.held(batch.public_id) == 0
    assert holdings.available(atelier) == 1000 * EUR - 3 * 1_240_000
    with pytest.raises(IllegalMove):
        closing.close(batch=batch, actor=alice)
    market.assert_sound()


def test_a_slot_that_comes_back_after_closing_is_not_offered_and_its_money_returns(atelier, alice, bob):
    batch = market.open_batch(atelier, alice, rows=2, reward_micros=EUR)
    in_hand = market.claimed(bob, batch)
    closing.close(batch=batch, actor=alice)
    claims.release(assignment=in_hand, worker=bob)
    assert not batch.tasks.filter(is_open=True).exists()
    closing.complete_finished()
    assert holdings.available(atelier) == 1000 * EUR
    market.assert_sound()


def test_a_batch_completes_by_itself_when_all_is_decided(atelier, alice, bob):
    batch = market.open_batch(atelier, alice, rows=1)
    assignment = market.submitted(bob, batch)
    assert closing.complete_finished() == 0
    reviews.approve(batch=batch, assignments=[assignment.pk], actor=alice)
    assert closing.complete_finished() == 1
    batch.refresh_from_db()
    assert batch.state == "completed" and batch.settled_at
    market.assert_sound()


def test_a_duplicate_is_a_draft_with_the_same_form_and_no_rows(atelier, alice):
    copy = batches.duplicate(batch=market.open_batch(atelier, alice), actor=alice)
    assert (copy.state, copy.tasks.count(), copy.title) == ("draft", 0, "Is it the same?")


def test_a_discarded_draft_is_gone_and_a_published_batch_stays(atelier, alice):
    draft = market.draft(atelier, alice)
    batches.discard(batch=draft, actor=alice)
    assert not Batch.objects.filter(pk=draft.pk).exists()
    with pytest.raises(NotADraft):
        batches.discard(batch=market.open_batch(atelier, alice), actor=alice)
