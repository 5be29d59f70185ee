from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

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
    overlap = models.PositiveSmallIntegerField()  # answers asked for so far
    most = models.PositiveSmallIntegerField(null=True)  # how far `overlap` may still grow; null: not any more
    open_slots = models.SmallIntegerField()
    is_open = models.BooleanField()  # open_slots > 0 and funded: in the index that claims walk
    funded = models.BooleanField(default=False)  # rows added to a live batch wait for their money
    is_gold = models.BooleanField(
        default=False, db_default=False
    )  # mixed in at the batch's rate, claimed apart
    # Tasks whose answers became this one's input (a chain of batches): who gave those does not check them.
    lineage = ArrayField(models.BigIntegerField(), null=True)
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
            models.CheckConstraint(
                condition=Q(most__isnull=True) | Q(most__gt=F("overlap"), is_gold=False),
                name="task_grows_beyond_its_overlap",
            ),
            models.UniqueConstraint(fields=["batch", "row_number"], name="task_once_per_row"),
        ]
        indexes = [
            models.Index(fields=["batch", "key"], condition=Q(is_open=True, is_gold=False), name="task_open"),
            models.Index(
                fields=["batch", "key"], condition=Q(is_open=True, is_gold=True), name="task_gold_open"
            ),
            models.Index(fields=["batch"], condition=Q(most__isnull=False), name="task_growing"),
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("tsk", self.pk)
