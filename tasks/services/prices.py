"""What a batch costs and whom its price reaches. Pure arithmetic lives in payments; here it meets the batch."""

import datetime as dt
import math
from dataclasses import dataclass

from django.conf import settings
from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from marketplace.base import clock, formats
from payments.services import billing, floor, pricing
from tasks.errors import BelowFloor, BelowYourFloor
from tasks.models import Assignment, Batch, Dispute, Gold, Task
from workers.models import WorkerProfile


@dataclass(frozen=True)
class Reach:
    """Which countries a price reaches, and how many of the people who signed up live there."""

    countries: list[str]
    workers: int
    all_workers: int


def rates(batch: Batch, today: pricing.Rates | None = None) -> pricing.Rates:
    """The rates of a batch: those fixed when its money was set aside; before that, today's of its organisation.

    Who prices many drafts of one organisation asks `billing.rates` once and hands them in as `today`.
    """
    if batch.fee_rate is None or batch.vat_rate is None or batch.reserve_rate is None:
        return today or billing.rates(batch.organisation)
    return pricing.Rates(
        fee=batch.fee_rate, vat=batch.vat_rate, reserve=batch.reserve_rate, help_fund=settings.HELP_FUND_RATE
    )


# Answers that are paid for at most: those asked for, and those that a disagreement may still ask for.
AT_MOST = Coalesce("most", "overlap")


def units(batch: Batch) -> int:
    """How many answers the rows of a batch ask for at most, check questions included."""
    if batch.state != Batch.State.DRAFT:
        return batch.tasks.aggregate(n=Sum(AT_MOST))["n"] or 0
    answers = batch.tasks.filter(is_gold=False).count() * batch.most_answers
    return answers + gold_answers(batch, answers)


def least_units(batch: Batch) -> int:
    """As `units`, when no disagreement asks for more: the other end of the range of the price.

    Of a draft, an estimate before anybody answered; of a batch that is under way, what is asked for by now.
    """
    if batch.state != Batch.State.DRAFT:
        return batch.tasks.aggregate(n=Sum("overlap"))["n"] or 0
    rows = batch.tasks.filter(is_gold=False).count()
    return rows * batch.overlap + gold_answers(batch, rows * batch.most_answers)


def gold_answers(batch: Batch, answers: int) -> int:
    """How many answers to check questions go with `answers` ordinary ones, at the batch's rate; 0 without any question.

    A share r of all claims is r / (1 - r) of the ordinary ones, rounded up; each question is asked at least once.
    """
    questions = Gold.objects.filter(batch=batch, aside="", task__is_gold=True).count()
    if not questions or not batch.gold_rate:
        return 0
    return max(questions, math.ceil(answers * batch.gold_rate / (1 - batch.gold_rate)))


def quote(batch: Batch, count: int | None = None, *, today: pricing.Rates | None = None) -> pricing.Quote:
    """The price of the whole batch, or of `count` answers at its present reward; `today` as for `rates`."""
    return pricing.quote(units(batch) if count is None else count, batch.reward_micros, rates(batch, today))


def price_of(batch: Batch, count: int, reward_micros: int) -> int:
    """Micros that `count` answers of a batch cost in all at another reward."""
    return pricing.quote(count, reward_micros, rates(batch)).total


def least_quote(batch: Batch, *, today: pricing.Rates | None = None) -> pricing.Quote:
    """The lower end of the price of a batch: `quote` when no disagreement asks for more."""
    return quote(batch, least_units(batch), today=today)


# One statement, hence one picture: claims and releases only move a slot between the two terms.
_UNANSWERED = """
SELECT (SELECT coalesce(sum(coalesce(most, overlap)), 0) FROM tasks_task WHERE batch_id = %(batch)s AND funded)
     - (SELECT count(*) FROM tasks_assignment WHERE batch_id = %(batch)s
        AND state NOT IN ('claimed', 'released', 'expired', 'compensated'))
"""


def unanswered(batch: Batch) -> int:
    """How many answers of the rows that are paid for may still be claimed: open slots, those that a
    disagreement may open, and tasks in hand, which open again when they are given back."""
    with connection.cursor() as cursor:
        cursor.execute(_UNANSWERED, {"batch": batch.pk})
        return int(cursor.fetchone()[0])


def unit_micros(batch: Batch, reward_micros: int) -> int:
    """Reward, fee and VAT of one answer: what must stay set aside until it is decided. Without the reserve."""
    fixed = rates(batch)
    fee = fixed.fee_of(reward_micros)
    return reward_micros + fee + fixed.vat_of(fee)


def refused_held(batch: Batch) -> QuerySet[Assignment]:
    """Refused answers whose reward stays set aside: for `settings.REJECTED_HOLD_DAYS` after the decision, and
    until an appeal that was made in these days is decided."""
    hold = dt.timedelta(days=settings.REJECTED_HOLD_DAYS)
    appeals = Dispute.objects.filter(
        assignment=OuterRef("pk"),
        is_appeal=True,
        decided_at__isnull=True,
        opened_at__lt=OuterRef("reviewed_at") + hold,
    )
    refused = Assignment.objects.filter(batch=batch, state=Assignment.State.REJECTED)
    return refused.filter(Q(reviewed_at__gt=clock.now() - hold) | Exists(appeals))


def check_floor(batch: Batch) -> None:
    """Raises BelowFloor when the price meets no asked country's floor, or not the absolute one (charter P1)."""
    least = floor.absolute_price_needed(batch.seconds)
    countries = floor.reach(batch.reward_micros, batch.seconds, batch.countries)
    if batch.countries and not countries:
        least = max(least, min(floor.price_needed(batch.seconds, country) for country in batch.countries))
    if batch.reward_micros < least or not countries:
        raise BelowFloor(
            reward=formats.eur(batch.reward_micros), seconds=batch.seconds, least=formats.eur(least)
        )


def check_worker_floor(batch: Batch, country: str) -> None:
    """Raises BelowYourFloor when the price does not reach the floor of the worker's country."""
    if not floor.reaches(batch.reward_micros, batch.seconds, country):
        raise BelowYourFloor(floor=formats.eur(floor.floor_micros_per_hour(country)))


def reach(reward_micros: int, seconds: int, countries: list[str] | None) -> Reach:
    """Whom a price of `reward_micros` for `seconds` of work reaches."""
    reached = floor.reach(reward_micros, seconds, countries)
    people = WorkerProfile.objects.filter(user__is_active=True)
    return Reach(
        countries=reached, workers=people.filter(country__in=reached).count(), all_workers=people.count()
    )


def task_count(batch: Batch) -> int:
    return Task.objects.filter(batch=batch).count()
