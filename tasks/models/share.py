"""How much of one batch one worker has taken, while rotation is on for the batch (charter C4)."""

from django.db import models
from django.db.models import Q

from marketplace.base.models import User

from .batch import Batch


class Share(models.Model):
    """Written by the claims of this one worker alone (tasks/sql/claims.sql); what is given back is taken off again.

    `run_tasks` and `run_from` tell the present run: tasks of this batch one after another, without a rest or a task of
    another batch between them.
    """

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="shares", db_index=False)
    worker = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    taken = models.PositiveIntegerField()
    run_tasks = models.PositiveIntegerField(default=0)
    run_from = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "worker"], name="share_once_per_worker"),
            models.CheckConstraint(
                condition=Q(taken__gte=0, run_tasks__gte=0), name="share_never_below_nothing"
            ),
        ]
