"""Leaving a task that distresses: at any time, without a reason and without loss (charter W3)."""

from django.conf import settings
from django.db import transaction

from marketplace.base.models import User
from tasks.errors import IllegalMove
from tasks.models import Assignment
from workers.models import WorkerProfile

from . import claims, screenouts


def leave(*, assignment: Assignment, worker: User) -> int:
    """Leave a task of a labelled batch, at any time and without a reason; micros paid.

    The time so far is paid at the worker's floor as for a screen-out (`screenouts.owed`: at most the reward, all leaves
    of a batch together), the first `settings.DISTRESS_LEAVES_PAID` times in a batch; after that it is given back as any
    task may be. Raises IllegalMove for a batch without labels, or a task that is not in hand.
    """
    if not assignment.batch.distress:
        raise IllegalMove(state=assignment.get_state_display())
    with transaction.atomic():
        WorkerProfile.objects.select_for_update(no_key=True).get(
            pk=worker.pk
        )  # two leaves at once count as two
        before = Assignment.objects.filter(
            batch_id=assignment.batch_id, worker=worker, state=Assignment.State.COMPENSATED
        ).count()
        if before < settings.DISTRESS_LEAVES_PAID:
            return screenouts.screen_out(assignment=assignment, worker=worker)
        claims.release(assignment=assignment, worker=worker)
        return 0
