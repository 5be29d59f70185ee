"""The invariants of the public figures, for `selfcheck`."""

import datetime as dt

from marketplace.base import clock
from marketplace.base.models import PublishedFigures
from tasks.services.checks import Check

from . import periods

LATE = dt.timedelta(days=2)


def run() -> list[Check]:
    """Each half-year of which something was published is counted for good once its time has come."""
    over = clock.now() - LATE
    running = set(PublishedFigures.objects.values_list("period", flat=True).distinct())
    running -= set(PublishedFigures.objects.filter(is_closed=True).values_list("period", flat=True))
    late = sorted(name for name in running if periods.named(name).closes < over)
    return [Check("half_years_that_are_over_are_counted_for_good", late)]
