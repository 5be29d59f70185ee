from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import ids
from marketplace.base.models import User

from .assignment import Assignment
from .batch import Batch


class BatchModel(models.Model):
    """What a fit over a whole batch learned about one field: how each worker answers it. Fitted once a minute at most.

    `params` is what tasks.consensus wrote, with row numbers of workers; never shown with a name.
    """

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="models", db_index=False)
    field = models.CharField(max_length=40)
    method = models.CharField(max_length=30)
    why = models.TextField(blank=True)
    params = models.JSONField()
    alpha = models.FloatField(null=True)  # Krippendorff's
    labels = models.PositiveIntegerField()
    answers = models.PositiveIntegerField(default=0, db_default=0)  # of the batch, when it was fitted
    fitted_at = models.DateTimeField()
    took_ms = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["batch", "field"], name="batch_model_once_per_field")]


class Signal(models.Model):
    """Something unusual about answers, with its evidence, for a moderator to look at. It does nothing else, ever.

    `evidence` holds figures and ids only (DESIGN law 8).
    """

    class Kind(models.TextChoices):
        TOO_FAST = "too_fast", _("much faster than the others")
        STRAIGHT_LINE = "straight_line", _("always the same answer")
        PASTED = "pasted", _("pasted text")
        COPIES = "copies", _("the same words as another's")

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="signals", db_index=False)
    worker = models.ForeignKey(User, on_delete=models.PROTECT, related_name="signals")
    kind = models.CharField(max_length=13, choices=Kind.choices)
    evidence = models.JSONField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    seen_at = models.DateTimeField(null=True)
    seen_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    note = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["batch", "worker", "kind"], name="signal_once_per_worker_and_kind"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["too_fast", "straight_line", "pasted", "copies"]),
                name="signal_kind_known",
            ),
        ]
        indexes = [models.Index(fields=["-last_at"], condition=Q(seen_at__isnull=True), name="signal_unseen")]

    @property
    def public_id(self) -> str:
        return ids.encode("sig", self.pk)


class Pasted(models.Model):
    """How many characters of an answer came from the clipboard, as the page told it with the answer."""

    assignment = models.OneToOneField(
        Assignment, on_delete=models.CASCADE, primary_key=True, related_name="pasted"
    )
    characters = models.PositiveIntegerField()


class Chain(models.Model):
    """Results of one batch become rows of another, by rule, and nobody checks what they themselves gave.

    `mapping`: {column of the target: column of the source's results}. `when`: which results go on.
    """

    class When(models.TextChoices):
        ALWAYS = "always", _("every result")
        UNSURE = "unsure", _("results under a confidence")
        VALUE = "value", _("results with this answer")

    source = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="chains_out")
    target = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="chains_in")
    mapping = models.JSONField(default=dict)
    when = models.CharField(max_length=6, choices=When.choices, default=When.ALWAYS)
    below = models.FloatField(null=True)  # confidence, for UNSURE
    field = models.CharField(max_length=40, blank=True)  # for VALUE
    value = models.CharField(max_length=200, blank=True)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(source=F("target")), name="chain_leads_elsewhere"),
            models.CheckConstraint(
                condition=Q(when="always", below__isnull=True, field="")
                | Q(when="unsure", below__gt=0, below__lte=1, field="")
                | Q(when="value", below__isnull=True) & ~Q(field=""),
                name="chain_rule_is_whole",
            ),
            models.UniqueConstraint(
                fields=["target"], condition=Q(ended_at__isnull=True), name="chain_one_source_per_batch"
            ),
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("chn", self.pk)


class ChainLink(models.Model):
    """That a task's result went on along a chain: the target's row came of it, once; none when it was left out."""

    chain = models.ForeignKey(Chain, on_delete=models.CASCADE, related_name="links", db_index=False)
    source_task = models.ForeignKey("tasks.Task", on_delete=models.PROTECT, related_name="+")
    # A row that is taken out before anybody saw it leaves null here: the key itself says so (ON DELETE SET NULL).
    target_task = models.OneToOneField(
        "tasks.Task", null=True, on_delete=models.DO_NOTHING, related_name="chain_link"
    )
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chain", "source_task"], name="chain_link_once_per_task")
        ]
