"""A small simulated year: faults among the calls, months that close, promises that hold."""

import datetime as dt
import io
import json
import random

import pytest
from django.core.management import CommandError, call_command

from marketplace.base import clock as house_clock
from marketplace.simulation.year import promises, run, town
from marketplace.simulation.year.plan import Outcome, Plan
from marketplace.simulation.year.world import World, standing_in
from payments import gateways
from payments.gateways import GatewayUnreachable
from payments.models import Difference, Payout, Period
from payments.services import reconcile
from tests.payments_helpers import forget_behaviours

pytestmark = pytest.mark.django_db(transaction=True)
SMALL = Plan(workers=10, organisations=3, submissions=120, months=3, faults=0.15)


@pytest.fixture(autouse=True)
def ground(clock):
    """A gateway without a past; the clock is put back."""
    forget_behaviours()
    yield
    forget_behaviours()


def test_a_small_year_closes_every_month_and_breaks_no_promise():
    outcome = run.run(SMALL)
    assert outcome.breaches == []
    # Fewer where those who come have answered what is open, or are at their cap.
    assert 0.7 * SMALL.submissions <= outcome.figures["submissions"] <= SMALL.submissions
    assert [row["month"] for row in outcome.months] == ["2027-01", "2027-02", "2027-03"]
    assert Period.objects.count() == 3
    assert outcome.figures["faults"] > 0 and outcome.figures["batches published"] >= 6
    assert not reconcile.open_differences().exists()
    assert sum(outcome.euros[kind] for kind in promises.AccountKind.values) == 0
    assert isinstance(gateways.by_name("simulated"), gateways.Simulated)
    assert not isinstance(gateways.by_name("simulated"), World)


def told(*options):
    """What a short year of the command, on a database of its own, says."""
    out = io.StringIO()
    call_command(
        "simulate_year", *options, workers=12, organisations=3, submissions=150, months=1, json=True,
        stdout=out, stderr=io.StringIO(),
    )  # fmt: skip
    found = json.loads(out.getvalue())
    found.pop("seconds")
    return found


def test_the_same_seed_makes_the_same_year_and_each_rule_left_off_shows_what_it_was_for():
    """P1, C1 and C4 at work: without them somebody earns under the floor, passes the cap, has a batch to themselves."""
    whole = told()
    assert whole == told()
    assert whole["without"] == [] and whole["breaches"] == []
    assert sum(row["under_floor"] for row in whole["charter"]["countries"]) == 0
    freely = told("--without=floor", "--without=cap", "--without=rotation")
    assert freely["without"] == ["cap", "floor", "rotation"] and freely["breaches"] == []
    assert sum(row["under_floor"] for row in freely["charter"]["countries"]) > 0
    assert freely["charter"]["shares"]["at_the_cap"] == 0 < whole["charter"]["shares"]["at_the_cap"]
    under = [year["figures"]["batches under rotation"] for year in (whole, freely)]
    assert under[0] > 0 == under[1]
    assert freely["charter"]["shares"]["longest_run"] > whole["charter"]["shares"]["longest_run"]


def test_a_broken_promise_is_a_breach(clock):
    """The asserts bite: a difference, and a payout that never ended."""
    clock.set(dt.datetime(2027, 3, 1, tzinfo=dt.UTC))
    outcome = Outcome()
    people = town.found(Plan(workers=1, organisations=1), random.Random(1))
    Difference.objects.create(
        gateway="stripe", kind="only_outside", external_id="ch_1", amount_micros=1, found_at=house_clock.now()
    )
    Payout.objects.create(
        user=people.workers[0], amount_micros=10_000, gateway="simulated", asked_by="worker"
    )
    promises.close_month(promises.Month(2027, 1), outcome)
    promises.look_at_everything(people, outcome)
    told = " ".join(outcome.breaches)
    assert not outcome.ok
    for words in (
        "only_outside stripe ch_1",
        "2027-01 did not close",
        "payouts_in_transit",
        "still under way",
    ):
        assert words in told


def test_the_gateway_of_the_year_loses_calls_as_often_as_it_was_told(db):
    world = World(random.Random(1), share=0.5)
    with standing_in(world):
        lost = 0
        for _turn in range(200):
            try:
                gateways.by_name("simulated").payout_status(key="pay_x")
            except GatewayUnreachable:
                lost += 1
    assert world.faults.total() == lost and 60 < lost < 140


def test_it_never_runs_where_money_is_real(settings):
    settings.DEPOSIT_GATEWAYS = ["stripe"]
    with pytest.raises(CommandError, match="real"):
        call_command("simulate_year", stdout=io.StringIO())
    settings.DEPOSIT_GATEWAYS = ["simulated"]
    with pytest.raises(CommandError, match="months"):
        call_command("simulate_year", months=0, stdout=io.StringIO())
