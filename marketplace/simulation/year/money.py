"""Money in a simulated year: deposits that are paid, declined or left; refunds, disputed payments, payouts, faults."""

import random
from collections import Counter
from dataclasses import dataclass

from marketplace.base import clock, money
from marketplace.base.errors import Refusal
from payments.gateways import simulated
from payments.models import Chargeback, Deposit, DepositState, Payout, PayoutState, Refund
from payments.services import chargebacks, debts, deposits, events, holdings, payouts, refunds, sending

from .town import House, Town
from .world import World

EUR = money.MICROS


@dataclass
class Money:
    """What moves in the months of one year."""

    town: Town
    world: World
    luck: random.Random
    figures: Counter[str]

    def fund(self, house: House, needed: int) -> bool:
        """Pay in until `needed` micros are free; whether they are. Some payments are declined, late, or left."""
        for _try in range(12):
            missing = needed - holdings.available(house.organisation)
            if missing <= 0:
                return True
            amount = -(-missing // money.CENT) * money.CENT
            amount = min(max(amount, deposits.least()), deposits.most())
            self._deposit(house, amount)
        return holdings.available(house.organisation) >= needed

    def _deposit(self, house: House, amount: int) -> None:
        self.figures["deposits"] += 1
        try:
            row = deposits.start(organisation=house.organisation, amount_micros=amount, actor=house.owner)
        except Refusal as refusal:  # the page did not come: a person tries again
            self.figures[f"deposits refused: {refusal.code}"] += 1
            return
        way = self.luck.choices(("pay", "decline", "later", ""), (88, 5, 4, 3))[0]
        if way:
            simulated.press(row.public_id, way)
        deposits.refresh(row)

    def follow(self) -> None:
        """What jobs do every minute: ask about everything under way, at a gateway that does not always answer."""
        for _turn in range(3):
            deposits.refresh_started(limit=2_000)
            refunds.refresh_started(limit=2_000)
            events.poll()
            events.handle_waiting(limit=5_000)
            sending.reconcile(limit=5_000)

    def pay_out(self) -> None:
        """A few workers ask; the calendar pays the others."""
        for worker in self.luck.sample(self.town.workers, max(1, len(self.town.workers) // 10)):
            try:
                payouts.request(user=worker, actor=worker)
                self.figures["payouts asked for"] += 1
            except Refusal as refusal:
                self.figures[f"payouts refused: {refusal.code}"] += 1
        self.figures["payouts by the calendar"] += payouts.run_due()["made"]
        self._hold_one()
        self.send()

    def _hold_one(self) -> None:
        """A moderator looks at one payout, and lets it go again."""
        row = Payout.objects.filter(state=PayoutState.PENDING).order_by("pk").first()
        if row is not None:
            payouts.hold(payout=row, actor=self.town.moderators[0], reason="A second look at the account.")
            payouts.release_hold(payout=row, actor=self.town.moderators[0])
            self.figures["payouts held for a while"] += 1

    def send(self) -> None:
        """Hand over what waits."""
        payouts.release_expired()
        while Payout.objects.filter(state=PayoutState.PENDING).exists():
            sent = sending.send_pending(limit=2_000)
            self.figures["payouts sent"] += sent["sent"]
            if not sent["sent"]:
                return

    def refund_some(self) -> None:
        """A house asks for some of its free money back."""
        house = self.luck.choice(self.town.houses)
        most = refunds.most(house.organisation)
        amount = money.whole_cents(most * self.luck.randrange(10, 60) // 100)
        if amount < EUR:
            return
        try:
            refunds.start(organisation=house.organisation, amount_micros=amount, actor=house.owner)
            self.figures["refunds"] += 1
        except Refusal as refusal:
            self.figures[f"refunds refused: {refusal.code}"] += 1

    def dispute_some(self) -> None:
        """A bank disputes one of the month's payments; what it says comes twice."""
        disputed = Chargeback.objects.values("deposit")
        returned = Refund.objects.values("deposit")
        rows = Deposit.objects.filter(state=DepositState.SETTLED, gateway="simulated")
        row = rows.exclude(pk__in=disputed).exclude(pk__in=returned).order_by("-pk").first()
        if row is None:
            return
        said = self.world.open_dispute(row)
        for _again in range(2):
            chargebacks.follow(row, said)
        self.figures["disputed payments"] += 1

    def decide_disputes(self) -> None:
        """Banks decide what is open; a house that lost pays what it owes before it posts again."""
        for row in Chargeback.objects.filter(state="open").select_related("deposit__organisation"):
            said = self.world.decide_dispute(row.deposit, won=self.luck.random() < 0.5)
            for _again in range(2):
                chargebacks.follow(row.deposit, said)
            self.figures[f"disputed payments {said.state}"] += 1

    def repay(self, house: House) -> bool:
        """Pay what the house owes, so that it may post again; whether it may."""
        owed = debts.owed(house.organisation)
        if not owed:
            return True
        if not self.fund(house, owed):
            return False
        try:
            debts.repay(
                organisation=house.organisation,
                reference=f"{house.organisation.public_id}:{clock.today()}",
                actor=house.owner,
            )
        except Refusal as refusal:
            self.figures[f"debts refused: {refusal.code}"] += 1
            return False
        self.figures["debts repaid"] += 1
        return True
