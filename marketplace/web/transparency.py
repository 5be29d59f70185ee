"""Public figures, counted from the database by a job every ten minutes and kept with its run (charter D4).

The page only reads the last count. Figures about fewer than FEW people or cases are not told: they would say
something about single persons.
"""

import datetime as dt
from typing import Any

from django.db import connection
from django.db.models import Avg, Count, F, Q, Sum
from django.db.models.functions import Extract

from marketplace.base import clock
from marketplace.base.models import JobRun
from payments.models import Cap, Payout, PayoutState
from payments.services import floor
from tasks.models import Assignment, Batch, Dispute

FEW = 5
JOB = "transparency"
WINDOW_DAYS = 91  # a quarter: figures of pace and pay follow the present, sums are since the beginning
Figures = dict[str, Any]


def latest() -> tuple[Figures, dt.datetime]:
    """The last count and its moment; counted now, without keeping it, before the job has ever run."""
    run = (
        JobRun.objects.filter(name=JOB, finished_at__isnull=False, figures__has_key="workers")
        .order_by("-slot")
        .first()
    )
    if run is None or run.finished_at is None:
        return count(), clock.now()
    return run.figures, run.finished_at


def count() -> Figures:
    """All figures, None where too few stand behind one. Amounts in micros, times in hours or seconds."""
    since = clock.now() - dt.timedelta(days=WINDOW_DAYS)
    return {**_totals(), **_pay(since), **_times(since), **_disputes()}


def few(number: float | None, of: int) -> float | None:
    """`number`, unless fewer than FEW people or cases stand behind it."""
    return number if of >= FEW else None


def _totals() -> Figures:
    earned = Cap.objects.filter(Q(earned_micros__gt=0) | Q(extra_micros__gt=0)).aggregate(
        earned=Sum("earned_micros"), extra=Sum("extra_micros"), people=Count("user_id", distinct=True)
    )
    paid = Payout.objects.filter(state=PayoutState.PAID).aggregate(
        micros=Sum(F("amount_micros") - F("back_micros")), people=Count("user_id", distinct=True)
    )
    opened = Batch.objects.filter(published_at__isnull=False)
    organisations = opened.values("organisation_id").distinct().count()
    return {
        "workers": few(earned["people"], earned["people"]),
        "earned": few((earned["earned"] or 0) + (earned["extra"] or 0), earned["people"]),
        "paid_out": few(paid["micros"] or 0, paid["people"]),
        "organisations": few(organisations, organisations),
        "batches": opened.count(),
    }


def _pay(since: dt.datetime) -> Figures:
    """What people earned an hour, over all they did in the window, against the floor where they live."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT worker_id, max(country), sum(reward_micros + topped_up_micros), sum(worked_seconds), count(*)"
            " FROM tasks_assignment WHERE state = %s AND reviewed_at >= %s GROUP BY worker_id",
            [Assignment.State.APPROVED, since],
        )
        rows = cursor.fetchall()
    hourly = sorted(int(micros) * 3600 // max(1, int(seconds)) for _w, _c, micros, seconds, _n in rows)
    under = sum(
        int(micros) * 3600 // max(1, int(seconds)) < floor.floor_micros_per_hour(country)
        for _w, country, micros, seconds, _n in rows
    )
    people = len(rows)
    return {
        "active": few(people, people),
        "answers": few(sum(n for *_rest, n in rows), people),
        "hours": few(round(sum(int(seconds) for _w, _c, _m, seconds, _n in rows) / 3600), people),
        "median_hourly": few(hourly[people // 2], people) if hourly else None,
        "share_under_floor": few(round(under / people, 4), people) if people else None,
    }


def _times(since: dt.datetime) -> Figures:
    """The middle of the hours from an answer to its approval, and from a payout's making to its arrival."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(DISTINCT worker_id),"
            " percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM reviewed_at - submitted_at))"
            " FROM tasks_assignment WHERE state = %s AND reviewed_at >= %s",
            [Assignment.State.APPROVED, since],
        )
        people, to_approval = cursor.fetchone()
        cursor.execute(
            "SELECT count(DISTINCT user_id),"
            " percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM paid_at - created_at))"
            " FROM payments_payout WHERE state = %s AND paid_at >= %s",
            [PayoutState.PAID, since],
        )
        paid, to_account = cursor.fetchone()
    return {
        "seconds_to_approval": few(round(to_approval or 0), people),
        "seconds_to_account": few(round(to_account or 0), paid),
    }


def _disputes() -> Figures:
    """Cases since the beginning: how many, how they ended, and how long a decision took."""
    rows = Dispute.objects.values("is_appeal", "outcome").annotate(n=Count("pk"))
    cases = {(row["is_appeal"], row["outcome"]): row["n"] for row in rows}

    def number(*keys: tuple[bool, str]) -> int:
        return sum(cases.get(key, 0) for key in keys)

    decided = number((False, "approve"), (False, "reject"))
    appeals = number((True, "approve"), (True, "reject"))
    waited = Dispute.objects.filter(decided_at__isnull=False).aggregate(
        seconds=Avg(Extract("decided_at", "epoch") - Extract("opened_at", "epoch"))
    )["seconds"]
    answered = Assignment.objects.filter(
        state__in=[Assignment.State.APPROVED, Assignment.State.REJECTED]
    ).count()
    refused = Assignment.objects.filter(state=Assignment.State.REJECTED).count()
    return {
        "disputes": few(decided, decided),
        "for_worker": few(number((False, "approve")), decided),
        "for_requester": few(number((False, "reject")), decided),
        "appeals": few(appeals, appeals),
        "appeals_won": few(number((True, "approve")), appeals),
        "seconds_to_decision": few(round(waited or 0), decided + appeals),
        # A share of one or two refusals would tell of single cases; none at all tells of nobody.
        "refused_share": few(round(refused / answered, 5), refused or answered) if answered else None,
    }
