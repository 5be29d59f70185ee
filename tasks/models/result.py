from django.db import models

from .batch import Batch
from .task import Task


class Result(models.Model):
    """The consensus of a task so far, over the answers that nobody has refused.

    `values`: {field: {value, confidence}}.
    """

    task = models.OneToOneField(Task, on_delete=models.CASCADE, primary_key=True, related_name="result")
    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="results")
    values = models.JSONField()
    confidence = models.FloatField()  # the least over the fields, 0 to 1
    answers = models.PositiveSmallIntegerField()
    method = models.CharField(max_length=30)
    updated_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["batch", "confidence"], name="result_hardest_first")]


class BatchFigures(models.Model):
    """A snapshot of a batch's figures for the pages: recomputed by a job, never counted by the hot path."""

    batch = models.OneToOneField(Batch, on_delete=models.CASCADE, primary_key=True, related_name="figures")
    at = models.DateTimeField()
    took_ms = models.PositiveIntegerField(default=0)
    tasks = models.PositiveIntegerField(default=0)
    slots = models.PositiveIntegerField(default=0)  # answers asked for
    open_slots = models.PositiveIntegerField(default=0)
    open_tasks = models.PositiveIntegerField(default=0)
    claimed = models.PositiveIntegerField(default=0)
    submitted = models.PositiveIntegerField(default=0)
    contested = models.PositiveIntegerField(default=0)  # contested or disputed
    approved = models.PositiveIntegerField(default=0)
    rejected = models.PositiveIntegerField(default=0)
    workers = models.PositiveIntegerField(default=0)
    agreement = models.FloatField(null=True)
    median_seconds = models.PositiveIntegerField(null=True)
    spent_micros = models.BigIntegerField(default=0)
    topups_micros = models.BigIntegerField(default=0)
    answers_last_hour = models.PositiveIntegerField(default=0)
    median_hours_to_pay = models.FloatField(null=True)

    @property
    def counts(self) -> dict[str, int]:
        """The answers asked for, by the state of their tile: what the mosaic draws. Empty before the first count."""
        if not self.slots:
            return {}
        return {
            "open": self.open_slots,
            "claimed": self.claimed,
            "submitted": self.submitted,
            "approved": self.approved,
            "contested": self.contested,
        }
