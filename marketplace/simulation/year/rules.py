"""The market's rules as a year needs them, and the same year without one of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from django.conf import settings

from payments.services import floor

from .plan import Plan

CAP_TIMES_MEAN = 2  # the cap, as so many times what a worker earns on average: some reach it
MEAN_REWARD = Decimal("0.15")  # euros of an answer, about


@contextmanager
def set_for(plan: Plan) -> Iterator[None]:
    """Settings for one year: a cap that some reach, rotation also among few, and nobody to look at large batches
    first. What `plan.without` names is off."""
    changed = _changed(plan)
    before = {name: getattr(settings, name) for name in changed}
    _set(changed)
    try:
        yield
    finally:
        _set(before)


def _changed(plan: Plan) -> dict[str, Any]:
    mean = MEAN_REWARD * plan.submissions / plan.workers
    changed: dict[str, Any] = {
        "CAP_EUR": max(Decimal(2), (mean * CAP_TIMES_MEAN).quantize(Decimal(1))),
        "SCREENING_LARGE_EUR": Decimal(1_000_000_000),
        "ROTATION": "rotation" not in plan.without,
        "ROTATION_LEAST_WORKERS": 0,
    }
    if "cap" in plan.without:
        changed["CAP_EUR"] = Decimal(1_000_000)
    if "floor" in plan.without:
        changed |= {
            "FLOOR_ABSOLUTE_EUR": Decimal(0),
            "FLOOR_MULTIPLIER_HOME": Decimal(0),
            "FLOOR_MULTIPLIER_ELSEWHERE": Decimal(0),
            "FLOOR_OVERRIDES": {},
        }
    return changed


def _set(values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(settings, name, value)
    floor.explain.cache_clear()
