"""Work in a simulated year: claims and answers, reviews, objections, disputes and appeals, all through the services."""

import datetime as dt
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from marketplace.base import clock, money
from marketplace.base.errors import Refusal
from marketplace.base.models import User
from payments.services import help_fund
from tasks.models import Assignment, Batch, Dispute
from tasks.services import (
    bonuses,
    claims,
    closing,
    disputes,
    eligibility,
    floors,
    guarantee,
    reviews,
    submissions,
)

from .town import FIELD, House, Town

OBJECTED = 0.03  # share of the answers that a requester objects to
LATE_REVIEW = 0.2  # share that nobody reviews, so that the clock approves them
SLOW = 0.2  # share of the batches whose tasks take longer than was said
TRIES = 3  # batches a worker tries before going home
BONUS = 500_000  # micros
LONGEST = 120  # tasks of one batch that somebody does in one sitting, if nothing ends it
EVIDENCE = "The second line shows another name than the one that was asked for."


@dataclass
class Work:
    """What is done in the months of one year."""

    town: Town
    luck: random.Random
    figures: Counter[str]

    def answer(self, live: list[tuple[House, Batch]], wanted: int) -> int:
        """Let workers come and sit down to a batch, those who are eager more often, until `wanted` answers are given
        or nobody finds anything; how many were given."""
        given, idle = 0, 0
        slow = {
            batch.pk: self.luck.uniform(1.1, 1.5) if self.luck.random() < SLOW else 1
            for _house, batch in live
        }
        standings = {worker.pk: eligibility.standing(worker) for worker in self.town.workers}
        while given < wanted and idle < len(self.town.workers) and live:
            (worker,) = self.luck.choices(self.town.workers, self.town.eager)
            done = 0
            for _house, batch in self.luck.sample(live, min(TRIES, len(live))):
                most = min(int(self.luck.paretovariate(0.9)), LONGEST, wanted - given - done)
                done += self._sit(worker, batch, slow[batch.pk], standings[worker.pk], most)
            given, idle = given + done, 0 if done else idle + 1
        return given

    def _sit(self, worker: User, batch: Batch, slow: float, standing: eligibility.Standing, most: int) -> int:
        """Up to `most` tasks of one batch, one after the other; how many were answered."""
        for done in range(most):
            seconds = batch.estimated_seconds * slow * self.town.pace[worker.pk] * self.luck.uniform(0.7, 1.3)
            if not self._one(worker, batch, seconds, standing):
                return done
        return most

    def _one(self, worker: User, batch: Batch, seconds: float, standing: eligibility.Standing) -> bool:
        try:
            claim = claims.claim(worker=worker, batch=batch, standing=standing)
        except Refusal as refusal:
            self.figures[f"claims refused: {refusal.code}"] += 1
            return False
        held = Assignment(pk=claim.assignment_id, worker=worker, batch=batch, task_id=claim.task_id)
        clock.stand_at(clock.now() + dt.timedelta(seconds=seconds))
        if self.luck.random() < 0.01:
            claims.release(assignment=held, worker=worker)
            self.figures["tasks given back"] += 1
            return False
        submissions.submit(
            assignment=held, worker=worker, answer={FIELD: "1" if self.luck.random() < 0.7 else "0"}
        )
        self.figures["submissions"] += 1
        return True

    def measure(self) -> None:
        """Hold what tasks really took against the floor; top-ups follow."""
        for name, value in floors.measure_all().items():
            self.figures[f"measured floor: {name}"] += value

    def review(self, house: House, batch: Batch) -> None:
        """Object to a few answers, approve most, leave some to the clock."""
        rows = Assignment.objects.filter(batch=batch, state=Assignment.State.SUBMITTED).order_by("pk")
        approved = []
        for row in rows.select_related("batch__organisation", "task", "worker"):
            chance = self.luck.random()
            if chance < OBJECTED:
                reviews.contest(assignment=row, actor=house.owner, reason="wrong_answer", evidence=EVIDENCE)
                self.figures["objections"] += 1
            elif chance > LATE_REVIEW:
                approved.append(row.pk)
        self.figures["approved by requesters"] += reviews.approve(
            batch=batch, assignments=approved, actor=house.owner
        )

    def reply(self) -> None:
        """Workers whose answer was objected to do it again, stand by it, or say nothing; some requesters give way."""
        rows = Assignment.objects.filter(
            state=Assignment.State.CONTESTED, contest__reply_due_at__gt=clock.now()
        ).order_by("pk")
        for row in rows.select_related("batch__organisation", "batch__created_by", "task", "worker"):
            chance = self.luck.random()
            if chance < 0.3:
                disputes.redo(assignment=row, worker=row.worker, answer={FIELD: "0"})
                self.figures["done again"] += 1
            elif chance < 0.7:
                disputes.reply(assignment=row, worker=row.worker, text="I looked twice, and it is as I said.")
            elif chance < 0.8:
                reviews.withdraw(assignment=row, actor=row.batch.created_by)
                self.figures["objections withdrawn"] += 1

    def decide(self) -> None:
        """Moderators decide disputes, and others appeals."""
        for row in Dispute.objects.filter(decided_at__isnull=True).order_by("pk"):
            moderator = self.town.moderators[1 if row.is_appeal else 0]
            outcome = "approve" if self.luck.random() < 0.5 else "reject"
            disputes.decide(
                dispute=row,
                moderator=moderator,
                outcome=outcome,
                reason="The instruction says so in its second line.",
            )
            self.figures[f"{'appeals' if row.is_appeal else 'disputes'}: {outcome}"] += 1

    def appeal(self) -> None:
        """Some of those who lost say why the decision is wrong."""
        lost = Assignment.objects.filter(state=Assignment.State.REJECTED).order_by("pk")
        for each in lost.select_related("worker"):
            assert each.reviewed_at is not None
            late = clock.now() > each.reviewed_at + dt.timedelta(days=settings.APPEAL_DAYS)
            if self.luck.random() < 0.3 and not late and not each.disputes.filter(is_appeal=True).exists():
                disputes.appeal(
                    assignment=each, worker=each.worker, text="The picture was not shown to me whole."
                )

    def by_the_clock(self) -> None:
        """What jobs do every minute and every week: approve what waits too long, hand over what nobody replied to,
        end what is finished, hold weeks against the floor."""
        self.figures["approved by the clock"] += reviews.auto_approve()
        self.figures["handed to moderators by the clock"] += disputes.escalate_overdue()
        closing.complete_finished()
        for name, value in guarantee.hold_weeks().items():
            self.figures[f"weeks held against the floor: {name}"] += value

    def thank(self, fund: Callable[[House, int], bool]) -> None:
        """Some houses give a bonus for an answer that they approved."""
        for house in self.luck.sample(self.town.houses, max(1, len(self.town.houses) // 4)):
            rows = Assignment.objects.filter(
                batch__organisation=house.organisation, state=Assignment.State.APPROVED
            )
            last = rows.select_related("batch__organisation").order_by("-pk").first()
            if last is None or not fund(house, BONUS):
                continue
            listed = bonuses.take(
                batch=last.batch, rows=[(last.public_id, money.to_string(BONUS), "Very careful notes.")]
            )
            try:
                given = bonuses.give(batch=last.batch, actor=house.owner, listed=listed)
            except Refusal as refusal:
                self.figures[f"bonuses refused: {refusal.code}"] += 1
                continue
            self.figures["bonuses"] += len(given.bonuses)

    def help(self) -> None:
        """Somebody asks the help fund, and a named person decides."""
        worker = self.luck.choice(self.town.workers)
        amount = money.whole_cents(max(0, help_fund.standing().left) // 4)
        if not amount:
            return
        try:
            asked = help_fund.ask(
                worker=worker, purpose="equipment", amount_micros=amount, words="A second-hand screen."
            )
            if self.luck.random() < 0.7:
                help_fund.grant(
                    request=asked,
                    actor=self.town.admin,
                    amount_micros=amount,
                    decision="It helps to work.",
                )
            else:
                help_fund.refuse(request=asked, actor=self.town.admin, decision="It was granted last month.")
        except Refusal as refusal:
            self.figures[f"help refused: {refusal.code}"] += 1
            return
        self.figures["requests to the help fund"] += 1

    def close(self, house: House, batch: Batch) -> None:
        """End a batch that is still open."""
        batch.refresh_from_db()
        if batch.state in Batch.LIVE:
            closing.close(batch=batch, actor=house.owner)
            self.figures["batches closed early"] += 1
