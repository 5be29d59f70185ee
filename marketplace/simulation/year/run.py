"""The months of a simulated year, one after the other, with the clock of the house moved through them."""

import datetime as dt
import random
import time
from collections.abc import Callable

from django.db import connection

from marketplace.base import clock
from marketplace.base.errors import Refusal
from payments.services import floor, invoices, reconcile
from payments.services.months import Month
from tasks.models import Batch
from tasks.services import aggregation, batches, prices, rotation

from . import figures, promises, rules, town
from .money import Money
from .plan import Outcome, Plan
from .work import Work
from .world import World, standing_in

DECIDING = 0.4  # share of the days on which moderators sit down to disputes
Say = Callable[[str], None]


def run(plan: Plan, *, say: Say = lambda _line: None) -> Outcome:
    """Simulate a year on the (scratch, migrated, empty) database that this process uses."""
    began, outcome = time.monotonic(), Outcome()
    luck = random.Random(f"{plan.seed}:year")
    _seed(plan.seed)
    world = World(random.Random(f"{plan.seed}:world"), plan.faults)
    floors = {country: floor.floor_micros_per_hour(country) for country in town.COUNTRIES}
    with rules.set_for(plan), standing_in(world):
        clock.stand_at(plan.start)
        people = town.found(plan, random.Random(f"{plan.seed}:town"))
        say(f"{plan.workers} workers, {plan.organisations} organisations")
        year = Year(plan, people, world, luck, outcome)
        for number in range(plan.months):
            year.month(number)
            say(
                f"{outcome.months[-1]['month'] if outcome.months else '?'}: {year.work.figures['submissions']} answers"
            )
        year.end()
        promises.look_at_everything(people, outcome)
        promises.euros(outcome)
        outcome.charter = figures.count(floors)
    outcome.faults = dict(sorted(world.faults.items()))
    outcome.figures["gateway calls"] = world.calls.total()
    outcome.figures["faults"] = world.faults.total()
    outcome.seconds = time.monotonic() - began
    return outcome


def _seed(seed: int) -> None:
    """Chance of the market itself, in Python and in SQL: which task a claim gets, in which order jobs look at rows."""
    random.seed(f"{seed}:market")
    with connection.cursor() as cursor:
        cursor.execute("SELECT setseed(%s)", [random.random()])


class Year:
    """The state that goes from month to month."""

    def __init__(
        self, plan: Plan, people: town.Town, world: World, luck: random.Random, outcome: Outcome
    ) -> None:
        self.plan, self.town, self.luck, self.outcome = plan, people, luck, outcome
        self.work = Work(people, luck, outcome.figures)
        self.money = Money(people, world, luck, outcome.figures)
        self.live: list[tuple[town.House, Batch]] = []

    def month(self, number: int) -> None:
        """One month, and its close on the third of the next one."""
        start = self.plan.start + dt.timedelta(days=1)
        month = Month(self.plan.year + number // 12, number % 12 + 1)
        first = start.replace(year=month.year, month=month.month)
        wanted = (
            self.plan.submissions * (number + 1) // self.plan.months - self.outcome.figures["submissions"]
        )
        set_clock(first)
        self.money.decide_disputes()
        self.post(wanted)
        self.days_until(first + dt.timedelta(days=3))
        self.rotate()
        self.work.answer(self.live, wanted)
        self.days_until(first + dt.timedelta(days=6))
        self.work.measure()
        for house, batch in self.live:
            self.work.review(house, batch)
        self.days_until(first + dt.timedelta(days=8))
        self.work.reply()
        self.work.thank(self.money.fund)
        self.days_until(first + dt.timedelta(days=15))
        self.work.appeal()
        self.work.help()
        self.money.refund_some()
        self.money.dispute_some()
        self.days_until(first + dt.timedelta(days=18))
        self.pay_out()
        self.days_until(first + dt.timedelta(days=23))
        self.money.follow()
        self.close_some()
        self.close(month)

    def rotate(self) -> None:
        """What jobs do all the time: count the batches, and let shares and runs hold where they are large."""
        for _house, batch in self.live:
            aggregation.refresh(batch)
        self.outcome.figures["batches under rotation"] = max(
            self.outcome.figures["batches under rotation"], rotation.refresh().on
        )

    def days_until(self, moment: dt.datetime) -> None:
        """Let the days go by, with what the clock rings on each of them."""
        while clock.now() + dt.timedelta(days=1) <= moment:
            set_clock(clock.now() + dt.timedelta(days=1))
            self.work.by_the_clock()
            if self.luck.random() < DECIDING:
                self.work.decide()
        set_clock(moment)

    def post(self, wanted: int) -> None:
        """Each house posts a batch, pays for it, and opens it. A house with a disputed payment waits."""
        share = -(-wanted * 11 // 10 // len(self.town.houses))
        for house in self.town.houses:
            overlap = self.luck.choice((1, 2, 3))
            batch = town.draft(house, self.luck, rows=max(1, -(-share // overlap)), overlap=overlap)
            house.batches.append(batch)
            needed = prices.quote(batch).total
            if not self.money.repay(house) or not self.money.fund(house, needed):
                self.outcome.figures["batches not paid for"] += 1
                continue
            opened = self._publish(house, batch)
            if opened is not None:
                self.live.append((house, opened))

    def _publish(self, house: town.House, batch: Batch) -> Batch | None:
        try:
            opened = batches.publish(batch=batch, actor=house.owner)
        except Refusal as refusal:
            self.outcome.figures[f"batches refused: {refusal.code}"] += 1
            return None
        self.outcome.figures["batches published"] += 1
        return opened

    def pay_out(self) -> None:
        """Payouts, then news of them: within minutes, within days."""
        self.money.pay_out()
        for later in (dt.timedelta(minutes=5), dt.timedelta(hours=2), dt.timedelta(days=4)):
            set_clock(clock.now() + later)
            self.money.follow()

    def close_some(self) -> None:
        """Most batches end with their month; a third stays open into the next one."""
        kept = []
        for house, batch in self.live:
            batch.refresh_from_db()
            if batch.state not in Batch.LIVE:
                continue
            if self.luck.random() < 0.3:
                kept.append((house, batch))
            else:
                self.work.close(house, batch)
        self.live = kept

    def close(self, month: Month) -> None:
        """On the third: last news, invoices, the close."""
        self.days_until(month.end + dt.timedelta(days=2))
        self.money.follow()
        self.outcome.figures["invoices"] += invoices.issue_last_month()["issued"]
        promises.close_month(month, self.outcome)

    def end(self) -> None:
        """After the last month everything under way comes to its end."""
        for house, batch in self.live:
            self.work.close(house, batch)
        for days in (8, 8, 16):
            self.days_until(clock.now() + dt.timedelta(days=days))
            self.work.reply()
            self.work.decide()
            self.money.decide_disputes()
            self.money.follow()
        self.money.send()
        for _turn in range(4):
            set_clock(clock.now() + dt.timedelta(days=2))
            self.money.follow()
        report = _reconciled()
        for row in report:
            self.outcome.breach(f"at the end: {row}")


def _reconciled() -> list[str]:
    """What is not explained once every gateway has answered."""
    promises.reconciled()
    return [
        f"{row.kind} {row.gateway} {row.external_id} {row.transaction} {row.amount_micros}"
        for row in reconcile.open_differences()
    ]


def set_clock(moment: dt.datetime) -> None:
    """Move the clock of the house to a moment, if it is not past it; it stands still there."""
    clock.stand_at(max(moment, clock.now()))
