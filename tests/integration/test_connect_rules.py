"""What SQL says of payouts in parts and of workers' accounts: each rule has a test that fails without it."""

import datetime as dt

import pytest
from django.db import IntegrityError, transaction

from marketplace.base import clock as house_clock
from payments.models import (
    ConnectedAccount,
    Payout,
    PayoutPart,
    Refund,
)
from payments.services import parts
from tests.connect_market import EUR, broken


@pytest.fixture
def market(connect_market):
    return connect_market


class TestTheRules:
    @pytest.fixture
    def cut(self, market, bob):
        deposit = market.deposit(100)
        market.worker(bob)
        payout = market.payout(bob, 30)
        parts.allocate("stripe")
        return deposit, payout, payout.parts.get()

    def test_no_charge_gives_more_than_it_is(self, cut):
        deposit, payout, _part = cut
        with pytest.raises(IntegrityError, match="does not hold this"), transaction.atomic():
            PayoutPart.objects.create(payout=payout, position=2, deposit=deposit, amount_micros=71 * EUR)
        PayoutPart.objects.create(payout=payout, position=2, deposit=deposit, amount_micros=70 * EUR)
        assert any("parts_sum_to_their_payout" in name for name in broken())

    def test_nor_by_refunds(self, cut, market):
        deposit, _payout, _part = cut
        with pytest.raises(IntegrityError, match="does not hold this"), transaction.atomic():
            Refund.objects.create(
                organisation=market.organisation, deposit=deposit, amount_micros=71 * EUR, gateway="stripe",
                created_by=market.owner,
            )  # fmt: skip

    @pytest.mark.parametrize(
        ("name", "change"),
        [
            ("append-only", {"amount_micros": EUR}),
            ("append-only", {"position": 7}),
            ("payout_part_whole|whole_cents|append-only", {"amount_micros": 1}),
            ("payout_part_state_known|payout_part_sent|payout_part_ended", {"state": "lost"}),
            ("payout_part_sent_has_its_date", {"state": "sent"}),
            ("payout_part_ended_when_it_is_over", {"state": "refused"}),
            (
                "payout_part_done_has_its_transfer",
                {"state": "done", "sent_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
                 "ended_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)},
            ),
        ],
    )  # fmt: skip
    def test_a_part_that_can_not_be_is_refused(self, cut, name, change):
        with pytest.raises(Exception, match=name), transaction.atomic():
            PayoutPart.objects.update(**change)

    def test_parts_are_kept_and_numbered_once(self, cut):
        deposit, payout, part = cut
        with pytest.raises(Exception, match="append-only"), transaction.atomic():
            part.delete()
        with pytest.raises(IntegrityError, match="payout_part_once"), transaction.atomic():
            PayoutPart.objects.create(payout=payout, position=1, deposit=deposit, amount_micros=EUR)

    @pytest.mark.parametrize(
        ("name", "change"),
        [
            ("payout_waits_only_before_it_ends", {"waits_for": "rain"}),
            ("payout_gives_back_at_most_itself", {"back_micros": -1}),
            ("payout_gives_back_at_most_itself", {"back_micros": 30 * EUR}),
        ],
    )
    def test_a_payout_that_can_not_be_is_refused(self, cut, name, change):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Payout.objects.update(**change)

    @pytest.mark.parametrize(
        ("name", "change"),
        [
            ("connected_country_is_iso", {"country": "fr"}),
            ("connected_is_below_zero_or_not", {"below_zero_micros": -1}),
            ("connected_is_ready_only_when_it_exists", {"account_ref": None}),
        ],
    )
    def test_an_account_that_can_not_be_is_refused(self, cut, name, change):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            ConnectedAccount.objects.update(**change)

    def test_the_checks_name_a_part_whose_fact_is_missing(self, cut):
        _deposit, _payout, part = cut
        now = house_clock.now()
        PayoutPart.objects.update(state="done", sent_at=now, ended_at=now, external_ref="tr_made_up")
        assert any(part.key in name for name in broken())
