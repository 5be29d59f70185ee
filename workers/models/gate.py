"""Whether people who join may begin at once: how much work there is for each who works here (charter C4)."""

from django.db import models
from django.db.models import Q

from marketplace.base import clock


class Gate(models.Model):
    """One row, counted anew every few minutes (docs/adr/0063). Who may begin is told by `WorkerProfile.admitted_at`."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    at = models.DateTimeField(default=clock.now)
    open_micros = models.BigIntegerField(default=0)  # rewards of the answers that anybody may still give
    active_workers = models.PositiveIntegerField(default=0)  # who took a task in the last ADMISSION_DAYS
    room = models.PositiveIntegerField(null=True)  # who may begin before the next count; null: all

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(id=1), name="gate_is_one"),
            models.CheckConstraint(condition=Q(open_micros__gte=0), name="gate_work_not_negative"),
        ]
