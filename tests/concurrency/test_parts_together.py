"""Payouts that reach for one charge in the same instant: it never gives more than it is."""

import pytest
from django.db import IntegrityError, transaction

from payments.models import PayoutPart
from payments.services import parts, transfers
from tests.connect_market import EUR, Market, broken
from tests.payments_helpers import together, without

OFF = "ALTER TABLE payments_payoutpart DISABLE TRIGGER charge_holds_its_parts"
ON = "ALTER TABLE payments_payoutpart ENABLE TRIGGER charge_holds_its_parts"


@pytest.fixture
def market(transactional_db: None, connect_market: Market) -> Market:
    return connect_market


def given() -> int:
    return sum(PayoutPart.objects.exclude(state="refused").values_list("amount_micros", flat=True)) // EUR


def test_runs_at_once_cut_each_payout_once_and_no_charge_twice(market, bob, bea, ben):
    market.deposit(100)
    for worker in (bob, bea, ben):
        market.worker(worker)
        market.payout(worker, 30)
    done = together(4, lambda _number: parts.allocate("stripe"))
    assert sum(done) == 3
    assert (given(), PayoutPart.objects.count()) == (90, 3)
    runs = together(4, lambda _number: transfers.run("stripe"))
    assert sum(run["sent"] for run in runs) == 3
    assert market.world.effects("/v1/transfers") == 3
    assert broken() == []


def cut_blindly(market, workers):
    """What two runs would do that looked at the charge before either wrote: each takes 60 of the same 100."""
    market.deposit(100)
    market.deposit(200)  # pays for the work; nobody takes from it here
    wants = []
    for worker in workers:
        market.worker(worker)
        wants.append(parts.Want(market.payout(worker, 60), 60 * EUR))

    def cut(number: int) -> str:
        with transaction.atomic():
            parts._make([wants[number]], [parts.Pot(*first)])
        return "cut"

    first = (parts._pots("stripe")[0].deposit_id, 100 * EUR)
    return together(2, cut)


def test_the_law_of_the_charge_alone_refuses_the_second(market, bob, bea):
    done = cut_blindly(market, [bob, bea])
    assert sorted(type(each) for each in done if each != "cut") == [IntegrityError]
    assert "does not hold this" in str(next(each for each in done if each != "cut"))
    assert given() == 60
    assert broken() == []


def test_control_without_it_the_charge_gives_more_than_it_is_and_the_selfcheck_says_so(market, bob, bea):
    with without(OFF, ON):
        assert cut_blindly(market, [bob, bea]) == ["cut", "cut"]
    assert given() == 120
    assert any("charges_hold_what_left_them" in name for name in broken())
