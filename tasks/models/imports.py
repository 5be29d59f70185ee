from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock, ids
from marketplace.base.models import User

from .batch import Batch


class Import(models.Model):
    """One file of rows on its way into a batch: streamed by a job, visible only when whole."""

    class State(models.TextChoices):
        QUEUED = "queued", _("waiting its turn")
        RUNNING = "running", _("being read")
        NEEDS_DECISION = "needs_decision", _("some rows can't be used: your decision")
        NEEDS_FUNDS = "needs_funds", _("loaded; waiting for its price to be set aside")
        SCREENING = "screening", _("loaded; a person looks at the rows first")
        DONE = "done", _("loaded")
        FAILED = "failed", _("not loaded")
        CANCELLED = "cancelled", _("given up")

    MOVES: dict[str, frozenset[str]] = {
        State.QUEUED: frozenset({State.RUNNING, State.CANCELLED}),
        State.RUNNING: frozenset(
            {State.QUEUED, State.NEEDS_DECISION, State.NEEDS_FUNDS, State.DONE, State.FAILED}
        ),
        State.NEEDS_DECISION: frozenset({State.QUEUED, State.CANCELLED}),
        State.NEEDS_FUNDS: frozenset({State.SCREENING, State.DONE, State.CANCELLED}),
        State.SCREENING: frozenset({State.NEEDS_FUNDS, State.CANCELLED}),  # passed, or refused or given up
        State.DONE: frozenset({State.CANCELLED}),  # its rows were taken out of the draft
        State.FAILED: frozenset(),
        State.CANCELLED: frozenset(),
    }

    class BadRows(models.TextChoices):
        STOP = "stop", _("stop and ask me")
        SKIP = "skip", _("leave them out and go on")

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="imports")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=14, choices=State.choices, default=State.QUEUED)
    path = models.CharField(max_length=200)  # below MEDIA_ROOT/imports; the name is ours
    filename = models.CharField(max_length=200)  # as the person called it
    format = models.CharField(max_length=5)  # csv, xlsx, jsonl
    size = models.BigIntegerField()  # bytes
    mapping = models.JSONField(default=dict)  # {column of the form: header of the file}
    bad_rows = models.CharField(max_length=4, choices=BadRows.choices, default=BadRows.STOP)
    done = models.PositiveIntegerField(default=0)  # rows read so far
    total = models.PositiveIntegerField(null=True)  # estimated while running, exact when done
    good = models.PositiveIntegerField(default=0)
    bad = models.PositiveIntegerField(default=0)
    failure = models.TextField(blank=True)  # the sentence why nothing was loaded
    created_at = models.DateTimeField(default=clock.now)
    lease_until = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    # Rows that come to a live batch pass screening as a batch does (docs/adr/0060).
    set_aside_micros = models.BigIntegerField(default=0, db_default=0)
    screening_reasons = ArrayField(models.CharField(max_length=40), default=list, db_default=[], blank=True)
    screening_hits = models.JSONField(default=list, db_default=[], blank=True)
    queued_at = models.DateTimeField(null=True)
    screened_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    screened_at = models.DateTimeField(null=True)
    screening_note = models.TextField(default="", db_default="", blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "queued",
                        "running",
                        "needs_decision",
                        "needs_funds",
                        "screening",
                        "done",
                        "failed",
                        "cancelled",
                    ]
                ),
                name="import_state_known",
            ),
            models.CheckConstraint(
                condition=Q(format__in=["csv", "xlsx", "jsonl"]), name="import_format_known"
            ),
            models.CheckConstraint(
                condition=Q(screened_by__isnull=True, screened_at__isnull=True)
                | Q(screened_by__isnull=False, screened_at__isnull=False),
                name="import_screened_by_and_at",
            ),
            models.UniqueConstraint(
                fields=["batch"], condition=Q(state__in=["queued", "running"]), name="import_one_at_a_time"
            ),
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("imp", self.pk)


class BadRow(models.Model):
    """A row that can't become a task, with the column and the reason (kept up to a limit)."""

    source = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="bad_row_set")
    row = models.PositiveIntegerField()
    column = models.CharField(max_length=100, blank=True)
    reason = models.CharField(max_length=300)

    class Meta:
        ordering = ["row", "pk"]
