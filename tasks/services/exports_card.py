"""The data card: who was asked what, when, at what pay, and how the answers became results (docs/adr/0044).

`facts` are for programs and for the page, `exports_card_text.markdown` for readers. No person is in it: groups of fewer
than FEW people are not told apart, and neither is what could be reckoned from the rest.
"""

import tomllib
from collections.abc import Sequence
from functools import cache
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import Count, Max, Min, Sum

from marketplace.base import clock, money
from payments.services import floor
from tasks.forms import compile_form
from tasks.models import Assignment, Batch, BatchModel, Gold, GoldScore, Task
from tasks.selectors import figures

from .exports_card_text import markdown, rule

__all__ = ["FEW", "facts", "markdown"]
FEW = 5  # people; as of the figures of the market
Facts = dict[str, Any]

_PAY = """
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY worked_seconds),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY (reward_micros + topped_up_micros) * 3600.0
                                                       / greatest(worked_seconds, 1)),
           min(reward_micros), max(reward_micros)
    FROM tasks_assignment WHERE batch_id = %s AND state = 'approved'
"""
# How many tasks have how many approved answers.
_USED = """
    SELECT n, count(*) FROM (
        SELECT count(a.id) AS n FROM tasks_task t
        LEFT JOIN tasks_assignment a ON a.task_id = t.id AND a.state = 'approved'
        WHERE t.batch_id = %s AND t.funded AND NOT t.is_gold GROUP BY t.id
    ) counted GROUP BY n ORDER BY n
"""
_PEOPLE = """
    SELECT country, count(*) FROM (
        SELECT worker_id, max(country) AS country FROM tasks_assignment
        WHERE batch_id = %s AND state = 'approved' GROUP BY worker_id
    ) people GROUP BY country ORDER BY count(*) DESC, country
"""


def facts(batch: Batch) -> Facts:
    """Everything the card says, as JSON: amounts are decimal strings in euros, shares go from 0 to 1, times are UTC.

    What fewer than FEW people stand behind is null.
    """
    with connection.cursor() as cursor:
        cursor.execute(_PEOPLE, [batch.pk])
        people = [(str(country), int(number)) for country, number in cursor.fetchall()]
    workers = sum(number for _country, number in people)
    return {
        "card": 1,
        "made_at": _moment(clock.now()),
        "made_with": f"Tessera {version()}",
        "batch": _batch(batch),
        "asked": _asked(batch),
        "people": _people(people, workers),
        "when": _when(batch),
        "pay": _pay(batch, workers),
        "answers": _used(batch),
        "agreement": _agreement(batch),
        "check_questions": _checks(batch, workers),
        "left_out": _left_out(batch),
    }


@cache
def version() -> str:
    """The version of this Tessera."""
    with (settings.BASE_DIR / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def _moment(value: Any) -> str | None:
    return value.isoformat(timespec="seconds") if value else None


def _batch(batch: Batch) -> Facts:
    return {
        "id": batch.public_id,
        "title": batch.title,
        "asked_by": batch.organisation.name,
        "purpose": batch.purpose,
        "instructions": batch.instructions,
        "kind": batch.kind,
        "role": batch.role,
        "columns": batch.columns,
        "form": compile_form(batch.form).public_spec,
    }


def _asked(batch: Batch) -> Facts:
    return {
        "audience": batch.audience,
        "countries": batch.countries,
        "conditions": batch.conditions or None,
        "answers_least": batch.overlap,
        "answers_most": batch.most_answers,
        "confidence": batch.confidence,
    }


def _people(people: Sequence[tuple[str, int]], workers: int) -> Facts:
    """Countries of at least FEW people; the rest together, where they are as many."""
    told = [(country, number) for country, number in people if number >= FEW]
    rest = workers - sum(number for _country, number in told)
    if told and 0 < rest < FEW:  # else the total would tell of these few
        rest += told.pop()[1]
    return {
        "workers": workers if workers >= FEW else None,
        "fewer_than": FEW,
        "countries": [
            {"country": country, "workers": number, "floor_an_hour": _floor(country)}
            for country, number in told
        ],
        "in_other_countries": rest if workers >= FEW else None,
    }


def _floor(country: str) -> str:
    return money.to_string(floor.floor_micros_per_hour(country))


def _when(batch: Batch) -> Facts:
    approved = Assignment.objects.filter(batch=batch, state=Assignment.State.APPROVED)
    found = approved.aggregate(first=Min("submitted_at"), last=Max("submitted_at"))
    return {
        "first_answer": _moment(found["first"]),
        "last_answer": _moment(found["last"]),
        "opened": _moment(batch.published_at),
        "closed": _moment(batch.closed_at),
    }


def _pay(batch: Batch, workers: int) -> Facts:
    """Pay of approved answers. An hour counts what people needed, top-ups included; the floor is that of where they
    live, and never under the absolute one."""
    with connection.cursor() as cursor:
        cursor.execute(_PAY, [batch.pk])
        seconds, hourly, least, most = cursor.fetchone()
    enough = workers >= FEW
    asked = floor.reach(batch.reward_micros, batch.seconds, batch.countries)
    floors = sorted(floor.floor_micros_per_hour(country) for country in asked) or [floor.absolute_floor()]
    return {
        "currency": "EUR",
        "reward": money.to_string(batch.reward_micros),
        "reward_paid_least": None if least is None else money.to_string(least),
        "reward_paid_most": None if most is None else money.to_string(most),
        "median_seconds": round(seconds) if enough else None,
        "median_an_hour": _cents(hourly) if enough else None,
        "estimated_an_hour": _cents(floor.hourly(batch.reward_micros, batch.seconds))
        if batch.seconds
        else None,
        "floor_an_hour_least": money.to_string(floors[0]),
        "floor_an_hour_most": money.to_string(floors[-1]),
    }


def _cents(micros: float) -> str:
    return money.to_string(money.whole_cents(int(micros)))


def _used(batch: Batch) -> Facts:
    with connection.cursor() as cursor:
        cursor.execute(_USED, [batch.pk])
        spread = {int(number): int(tasks) for number, tasks in cursor.fetchall()}
    tasks, used = sum(spread.values()), sum(number * count for number, count in spread.items())
    answered = tasks - spread.get(0, 0)
    asked = Task.objects.filter(batch=batch, funded=True, is_gold=False).aggregate(n=Sum("overlap"))["n"] or 0
    return {
        "tasks": tasks,
        "tasks_with_a_result": answered,
        "asked": asked,
        "used": used,
        "used_a_task": round(used / answered, 2) if answered else None,
        "tasks_by_answers": {str(number): count for number, count in spread.items()},
    }


def _agreement(batch: Batch) -> Facts:
    """How each field became a result. `alpha` is Krippendorff's, where a fit over the batch has measured it.

    `mean_agreement` is the share of a task's answers that say the same as its result, over tasks with two or more.
    """
    fits = {row.field: row for row in BatchModel.objects.filter(batch=batch).defer("params")}
    fields = []
    for widget in compile_form(batch.form).fields:
        fit = fits.get(widget.name)
        fields.append(
            {
                "field": widget.name,
                "question": widget.label,
                "widget": widget.key,
                "rule": rule(widget, fit.method if fit else None),
                "method": fit.method if fit else None,
                "why": fit.why if fit else "",
                "alpha": None if fit is None or fit.alpha is None else round(fit.alpha, 4),
            }
        )
    mean = figures.of(batch).agreement
    return {"mean_agreement": None if mean is None else round(mean, 4), "fields": fields}


def _checks(batch: Batch, workers: int) -> Facts | None:
    """Check questions mixed in; None where there were none. A share counts the first answers of all people."""
    questions = Gold.objects.filter(batch=batch, aside="", task__is_gold=True).count()
    if not questions:
        return None
    counted = GoldScore.objects.filter(batch=batch, gold__aside="", gold__task__is_gold=True)
    by_outcome = dict(counted.values_list("right").annotate(n=Count("pk")))
    answers, right = sum(by_outcome.values()), by_outcome.get(True, 0)
    return {
        "rate": batch.gold_rate,
        "questions": questions,
        "answers": answers,
        "right_share": round(right / answers, 4) if answers and workers >= FEW else None,
    }


def _left_out(batch: Batch) -> Facts:
    """How many answers are in none of the files: refused by a moderator, and not decided yet."""
    state = Assignment.State
    rows = Assignment.objects.filter(batch=batch, state__in=[state.REJECTED, *Assignment.UNDECIDED])
    counts = dict(rows.values_list("state").annotate(n=Count("pk")))
    refused = counts.pop(state.REJECTED, 0)
    return {"refused": refused, "undecided": sum(counts.values())}
