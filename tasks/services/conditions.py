"""Conditions: what a batch asks of the people who may claim it, over a closed list of facts (docs/adr/0043).

The facts are what somebody did, can show or has told about where they live and what they read. None is a protected
trait (charter W4), and none depends on what was declined, skipped or complained about (C7, M8). A condition is

    {"all": [leaf or group, …]}  or  {"any": […]}      leaf: {"fact": …, "op": …, "value": …, "qualification"?: "qua_…"}

and an empty object asks nothing. Each leaf is a condition of SQL on worker profiles: what a person lacks and how many
people a batch reaches come from the same one.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from django.db.models import (
    Avg,
    BooleanField,
    Case,
    Count,
    Exists,
    ExpressionWrapper,
    OuterRef,
    Q,
    QuerySet,
    When,
)
from django.utils.translation import gettext as _

from marketplace.base import clock
from tasks.errors import Lack, NotQualified
from tasks.models import Assignment, Batch, GoldScore
from workers.models import Award, WorkerProfile
from workers.services import awards

from .conditions_form import FACTS, OPS, clean, leaves, number_of, qualifications_asked, readable, words

__all__ = [
    "FACTS", "LEAST_CASES", "OPS", "clean", "lacking", "leaves", "reached", "readable", "require", "words",
]  # fmt: skip

LEAST_CASES = 20  # check questions, before a share of right answers says anything
AT_ONCE = 500  # terms asked in one query
EVERYBODY = Q(pk__isnull=False)


def require(user_id: int, batch: Batch, known: Mapping[int, Sequence[Lack]] | None = None) -> None:
    """Raises NotQualified, with what is missing, for a person who does not meet the batch's conditions.

    `known` holds what `lacking` has found for several batches at once. One query otherwise.
    """
    missing = known[batch.pk] if known is not None else lacking(user_id, [batch])[batch.pk]
    if missing:
        raise NotQualified(missing)


def lacking(user_id: int, batches: Iterable[Batch]) -> dict[int, list[Lack]]:
    """What a person lacks for each of `batches` by its number: [] for one that is open to them. One query, or none.

    Somebody without a worker profile lacks everything.
    """
    asked = list(batches)
    terms: dict[str, Q] = {}
    for batch in asked:
        for leaf in leaves(batch.conditions):
            terms.setdefault(_key(leaf, batch), _term(leaf, batch))
    found = _answers(user_id, terms) if terms else {}
    return {batch.pk: _missing(batch.conditions, found, batch) for batch in asked}


def reached(batch: Batch, countries: Sequence[str]) -> int:
    """How many active people in `countries` meet the batch's conditions."""
    people = WorkerProfile.objects.filter(user__is_active=True, country__in=countries)
    return people.filter(_tree(batch.conditions, batch)).count()


def _answers(user_id: int, terms: Mapping[str, Q]) -> dict[str, bool]:
    if len(terms) > AT_ONCE:  # a query has at most 1664 columns
        keys = list(terms)
        return {
            key: met
            for start in range(0, len(keys), AT_ONCE)
            for key, met in _answers(
                user_id, {key: terms[key] for key in keys[start : start + AT_ONCE]}
            ).items()
        }
    names = {f"term_{place}": key for place, key in enumerate(terms)}
    row = (
        WorkerProfile.objects.filter(pk=user_id)
        .annotate(
            **{
                name: ExpressionWrapper(terms[key], output_field=BooleanField())
                for name, key in names.items()
            }
        )
        .values(*names)
        .first()
    )
    return {key: bool(row[name]) for name, key in names.items()} if row else {}


def _key(leaf: Mapping[str, Any], batch: Batch) -> str:
    """What tells two leaves of different batches apart: the leaf, and what of the batch its fact looks at."""
    scope = FACTS[leaf["fact"]].scope
    of_batch = {"organisation": batch.organisation_id, "kind": batch.kind if scope == "kind" else ""}
    return json.dumps([leaf, of_batch.get(scope)], sort_keys=True)


def _missing(node: Mapping[str, Any], met: Mapping[str, bool], batch: Batch) -> list[Lack]:
    """What of a condition is not met: each part of “all”; the whole of an “any” of which nothing is."""
    if "fact" in node:
        return [] if met.get(_key(node, batch)) else [_lack(node)]
    if "all" in node:
        return [lack for part in node["all"] for lack in _missing(part, met, batch)]
    parts = [_missing(part, met, batch) for part in node.get("any", [])]
    if not parts or not all(parts):
        return []
    flat = [lack for part in parts for lack in part]
    if len(flat) == 1:
        return flat
    text = _("one of these: %(list)s") % {"list": _(" or ").join(lack.text for lack in flat)}
    return [Lack(text, tuple(name for lack in flat for name in lack.qualifications))]


def _lack(leaf: Mapping[str, Any]) -> Lack:
    return Lack(words(leaf), tuple(sorted(qualifications_asked(leaf))))


# --- conditions of SQL -----------------------------------------------------------------------------------


def _tree(node: Mapping[str, Any], batch: Batch) -> Q:
    if "fact" in node:
        return _term(node, batch)
    found = EVERYBODY if "all" in node or not node.get("any") else ~EVERYBODY
    for part in node.get("all", []):
        found &= _tree(part, batch)
    for part in node.get("any", []):
        found |= _tree(part, batch)
    return found


def _term(leaf: Mapping[str, Any], batch: Batch) -> Q:
    """A leaf as a condition on worker profiles."""
    return _TERMS[leaf["fact"]](leaf, batch)


def _counted(rows: QuerySet[Assignment]) -> Callable[[int], Q]:
    """“At least n of these rows”, which reads no more than n of them."""
    return lambda least: Q(Exists(rows.order_by()[least - 1 : least])) if least > 0 else EVERYBODY


def _compared(at_least: Callable[[int], Q], op: str, value: int) -> Q:
    """A comparison of whole numbers, made of “at least”."""
    if op == "=":
        return at_least(value) & ~at_least(value + 1)
    if op == "!=":
        return ~at_least(value) | at_least(value + 1)
    above = at_least(value + (op in {">", "<="}))
    return above if op in {">", ">="} else ~above


def _approved(leaf: Mapping[str, Any], batch: Batch) -> Q:
    """Answers to tests and trainings are paid, and are no work of a kind: they don't count."""
    rows = Assignment.objects.filter(
        worker_id=OuterRef("user_id"), state=Assignment.State.APPROVED, batch__role=Batch.Role.WORK
    )
    if leaf["fact"] == "approved_here":
        rows = rows.filter(batch__organisation_id=batch.organisation_id)
    elif leaf["fact"] == "approved_kind":
        rows = rows.filter(batch__kind=batch.kind)
    return _compared(_counted(rows), leaf["op"], leaf["value"])


def _tenure(leaf: Mapping[str, Any], batch: Batch) -> Q:
    now = clock.now()
    return _compared(
        lambda days: Q(created_at__lte=now - dt.timedelta(days=min(days, 100_000))), leaf["op"], leaf["value"]
    )


def _language(leaf: Mapping[str, Any], batch: Batch) -> Q:
    return Q(languages__overlap=_listed(leaf["value"]))


def _country(leaf: Mapping[str, Any], batch: Batch) -> Q:
    asked = Q(country__in=_listed(leaf["value"]))
    return ~asked if leaf["op"] == "!=" else asked


def _qualification(leaf: Mapping[str, Any], batch: Batch) -> Q:
    return Q(Exists(_awards(_listed(leaf["value"]))))


def _score(leaf: Mapping[str, Any], batch: Batch) -> Q:
    """A grant by hand has no score, so it meets no comparison of one."""
    rows = _awards([leaf["qualification"]]).filter(score__isnull=False)
    return Q(Exists(_by_share(rows, "score", leaf)))


def _gold(leaf: Mapping[str, Any], batch: Batch) -> Q:
    rows = (
        GoldScore.objects.filter(
            worker_id=OuterRef("user_id"), batch__kind=batch.kind, batch__role=Batch.Role.WORK, gold__aside=""
        )
        .order_by()
        .values("worker_id")
        .annotate(cases=Count("pk"), share=Avg(Case(When(right=True, then=1.0), default=0.0)))
        .filter(cases__gte=LEAST_CASES)
    )
    return Q(Exists(_by_share(rows, "share", leaf)))


def _awards(qualifications: Sequence[str]) -> QuerySet[Award]:
    numbers = [number_of(each) for each in qualifications]
    return Award.objects.filter(
        awards.valid(clock.now()), user_id=OuterRef("user_id"), qualification__in=numbers
    )


def _by_share(rows: QuerySet[Any, Any], column: str, leaf: Mapping[str, Any]) -> QuerySet[Any, Any]:
    if leaf["op"] == "!=":
        return rows.exclude(**{column: leaf["value"]})
    lookup = {"=": "exact", "<": "lt", "<=": "lte", ">": "gt", ">=": "gte"}[leaf["op"]]
    return rows.filter(**{f"{column}__{lookup}": leaf["value"]})


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


_TERMS: dict[str, Callable[[Mapping[str, Any], Batch], Q]] = {
    "approved": _approved,
    "approved_here": _approved,
    "approved_kind": _approved,
    "tenure_days": _tenure,
    "language": _language,
    "country": _country,
    "qualification": _qualification,
    "score": _score,
    "gold_accuracy": _gold,
}
