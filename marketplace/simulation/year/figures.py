"""What the charter's numbers are in a simulated year: who earned what an hour, top-ups, waits, shares, disputes."""

from collections import defaultdict
from collections.abc import Sequence
from statistics import median
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, F, Max, Sum

from marketplace.base import money
from payments.models import Bonus, Cap, HelpGrant, Payout, PayoutState
from tasks.models import Assignment, Dispute, GuaranteedWeek

HOUR = 3600
LEAST_SLOTS = 30  # batches with fewer answers say little about shares
Floors = dict[str, int]  # micros an hour by country


def count(floors: Floors) -> dict[str, Any]:
    """All of them. `floors` are those of the law of the house, also for a year without a floor."""
    return {
        "countries": _countries(floors),
        "top_ups": _top_ups(),
        "waits": _waits(),
        "shares": _shares(),
        "disputes": _disputes(),
    }


def _countries(floors: Floors) -> list[dict[str, Any]]:
    """By country: who worked, what the middle one and the lowest tenth of them earned an hour, and how many stayed
    under the floor. Top-ups of an answer and of a week count."""
    weeks = dict(GuaranteedWeek.objects.values_list("worker").annotate(sum=Sum("added_micros")))
    people: dict[str, list[tuple[int, float]]] = defaultdict(list)
    rows = (
        Assignment.objects.filter(state=Assignment.State.APPROVED)
        .values("worker", "country")
        .annotate(micros=Sum(F("reward_micros") + F("topped_up_micros")), seconds=Sum("worked_seconds"))
    )
    for row in rows.order_by("country", "worker"):
        earned = row["micros"] + (weeks.get(row["worker"]) or 0)
        people[row["country"]].append((earned, max(row["seconds"], 1)))
    return [_country(country, people[country], floors[country]) for country in sorted(people)]


def _country(country: str, people: Sequence[tuple[int, float]], least: int) -> dict[str, Any]:
    hourly = sorted(micros * HOUR / seconds for micros, seconds in people)
    return {
        "country": country,
        "workers": len(people),
        "hours": round(sum(seconds for _micros, seconds in people) / HOUR, 1),
        "earned": money.to_string(sum(micros for micros, _seconds in people)),
        "floor": money.to_string(least),
        "median": money.to_string(money.whole_cents(int(median(hourly)))),
        "lowest_tenth": money.to_string(money.whole_cents(int(hourly[len(hourly) // 10]))),
        # A cent an hour is what rounding of whole seconds can make.
        "under_floor": sum(each + money.CENT < least for each in hourly),
    }


def _top_ups() -> dict[str, Any]:
    answers = Assignment.objects.filter(topped_up_micros__gt=0).aggregate(
        n=Count("pk"), sum=Sum("topped_up_micros")
    )
    weeks = GuaranteedWeek.objects.aggregate(n=Count("pk"), sum=Sum("added_micros"))
    helped = GuaranteedWeek.objects.filter(added_micros__gt=0).count()
    bonuses = Bonus.objects.aggregate(n=Count("pk"), sum=Sum("amount_micros"))
    grants = HelpGrant.objects.filter(granted_micros__gt=0).aggregate(
        n=Count("pk"), sum=Sum("granted_micros")
    )
    return {
        "answers": answers["n"],
        "answers_euros": money.to_string(answers["sum"] or 0),
        "weeks": weeks["n"],
        "weeks_topped_up": helped,
        "weeks_euros": money.to_string(weeks["sum"] or 0),
        "bonuses": bonuses["n"],
        "bonuses_euros": money.to_string(bonuses["sum"] or 0),
        "grants": grants["n"],
        "grants_euros": money.to_string(grants["sum"] or 0),
    }


def _waits() -> dict[str, float]:
    """Days, the middle and the longest: from an answer that nobody objected to, to the yes; from a payout's asking to
    its arrival."""
    rows = Assignment.objects.filter(state=Assignment.State.APPROVED, contest__isnull=True)
    approved = [
        (row.reviewed_at - row.submitted_at).total_seconds() / 86400
        for row in rows.only("reviewed_at", "submitted_at")
        if row.reviewed_at and row.submitted_at
    ]
    paid = [
        (row.paid_at - row.created_at).total_seconds() / 86400
        for row in Payout.objects.filter(state=PayoutState.PAID).only("paid_at", "created_at")
        if row.paid_at
    ]
    return {
        "approval_median": round(median(approved), 2) if approved else 0,
        "approval_longest": round(max(approved, default=0), 2),
        "payout_median": round(median(paid), 2) if paid else 0,
        "payout_longest": round(max(paid, default=0), 2),
    }


# Tasks of one batch in a row, without another batch or a rest between them: what C4 bounds.
_RUNS = """
WITH ordered AS (
  SELECT id, worker_id, batch_id, (
    batch_id IS DISTINCT FROM lag(batch_id) OVER mine
    OR claimed_at - lag(coalesce(submitted_at, claimed_at)) OVER mine >= make_interval(mins => %s)
  ) AS begins
  FROM tasks_assignment WINDOW mine AS (PARTITION BY worker_id ORDER BY id)
), counted AS (
  SELECT worker_id, count(*) FILTER (WHERE begins IS NOT FALSE) OVER (PARTITION BY worker_id ORDER BY id) AS run
  FROM ordered
)
SELECT max(n) FROM (SELECT count(*) AS n FROM counted GROUP BY worker_id, run) AS runs
"""


def _shares() -> dict[str, Any]:
    """How evenly work and money were spread."""
    batches: dict[int, list[int]] = defaultdict(list)
    rows = Assignment.objects.filter(state=Assignment.State.APPROVED).values("batch", "worker")
    for row in rows.annotate(n=Count("pk")):
        batches[row["batch"]].append(row["n"])
    large = [each for each in batches.values() if sum(each) >= LEAST_SLOTS]
    biggest = [max(each) / sum(each) for each in large]
    earned = sorted(Cap.objects.filter(earned_micros__gt=0).values_list("earned_micros", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(_RUNS, [settings.RUN_REST_MINUTES])
        longest = cursor.fetchone()[0] or 0
    return {
        "batches": len(large),
        "biggest_share_median": round(median(biggest), 3) if biggest else 0,
        "workers_per_batch_median": median(map(len, large)) if large else 0,
        "longest_run": longest,
        "workers_who_earned": len(earned),
        "most_earned": money.to_string(max(earned, default=0)),
        "gini": round(_gini(earned), 3),
        "at_the_cap": Cap.objects.filter(earned_micros__gte=F("cap_micros") * 95 / 100).count(),
    }


def _gini(sorted_values: Sequence[int]) -> float:
    """Gini's coefficient of what people earned: 0 all the same, 1 one has it all."""
    total, n = sum(sorted_values), len(sorted_values)
    if not total:
        return 0
    return sum((2 * place - n - 1) * value for place, value in enumerate(sorted_values, 1)) / (n * total)


def _disputes() -> dict[str, Any]:
    rows = Dispute.objects.values("is_appeal", "outcome").annotate(n=Count("pk"))
    found = {(row["is_appeal"], row["outcome"]): row["n"] for row in rows}
    longest = Dispute.objects.filter(decided_at__isnull=False).aggregate(
        most=Max(F("decided_at") - F("opened_at"))
    )
    return {
        "for_worker": found.get((False, "approve"), 0),
        "for_requester": found.get((False, "reject"), 0),
        "appeals_won": found.get((True, "approve"), 0),
        "appeals_lost": found.get((True, "reject"), 0),
        "longest_days": round(longest["most"].total_seconds() / 86400, 1) if longest["most"] else 0,
    }
