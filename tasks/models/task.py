from django.db import models
from django.db.models import Q

from marketplace.base import ids

from .batch import Batch


class Task(models.Model):
    """One microtask: one row of input. Claims take slots; `key` is the random order in which tasks are offered."""

    # Both keys are checked by statement, in tasks/sql/keys.sql: row by row takes longer than the rows themselves.
    batch = models.ForeignKey(
        Batch, on_delete=models.CASCADE, related_name="tasks", db_index=False, db_constraint=False
    )
    source = models.ForeignKey(
        "tasks.Import", null=True, on_delete=models.PROTECT, related_name="tasks", db_constraint=False
    )
    row_number = models.PositiveIntegerField()  # of the input, from 1; unique over the batch
    key = models.IntegerField()
    overlap = models.PositiveSmallIntegerField()
    open_slots = models.SmallIntegerField()
    is_open = models.BooleanField()  # open_slots > 0 and funded: in the index that claims walk
    funded = models.BooleanField(default=False)  # rows added to a live batch wait for their money
    data = models.JSONField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(open_slots__gte=0), name="task_open_slots_not_negative"),
            models.CheckConstraint(
                condition=Q(open_slots__lte=models.F("overlap")), name="task_open_slots_within_overlap"
            ),
            models.CheckConstraint(
                condition=Q(is_open=False) | Q(open_slots__gt=0, funded=True),
                name="task_open_only_with_slot_and_money",
            ),
            models.UniqueConstraint(fields=["batch", "row_number"], name="task_once_per_row"),
        ]
        indexes = [models.Index(fields=["batch", "key"], condition=Q(is_open=True), name="task_open")]

    @property
    def public_id(self) -> str:
        return ids.encode("tsk", self.pk)
