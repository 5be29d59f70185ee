from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.base import clock, ids
from marketplace.base.models import Organisation, User


class Batch(models.Model):
    """What a requester posts: a form, its rows, a price. One row of input is one task."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        SCREENING = "screening", _("being looked at")
        PUBLISHED = "published", pgettext_lazy("batch", "open")
        PAUSED = "paused", _("paused")
        COMPLETED = "completed", _("completed")
        CANCELLED = "cancelled", _("closed early")

    class PausedFor(models.TextChoices):
        PAYMENT = "payment", _("a payment is disputed")
        REPORT = "report", _("a moderator asked for a change")

    MOVES: dict[str, frozenset[str]] = {
        State.DRAFT: frozenset({State.SCREENING, State.PUBLISHED}),
        State.SCREENING: frozenset({State.PUBLISHED, State.DRAFT}),  # a refusal gives the draft back
        State.PUBLISHED: frozenset({State.PAUSED, State.COMPLETED, State.CANCELLED}),
        State.PAUSED: frozenset({State.PUBLISHED, State.COMPLETED, State.CANCELLED}),
        State.COMPLETED: frozenset(),
        State.CANCELLED: frozenset(),
    }

    class Audience(models.TextChoices):
        OPEN = "open", _("everybody")
        LIST = "list", _("people I name")
        LINK = "link", _("whoever has the link")

    class Distress(models.TextChoices):
        """What may weigh on who looks at it: said before a claim, offered only to those who chose it (charter W3)."""

        VIOLENCE = "violence", _("violence")
        SEXUAL = "sexual", _("sexual content")
        HATE = "hate", _("hate")
        SELF_HARM = "self_harm", _("self-harm")
        ANIMALS = "animals", _("cruelty to animals")
        MEDICAL = "medical", _("wounds and medical pictures")
        OTHER = "other", _("other distressing content")

    class Role(models.TextChoices):
        WORK = "work", _("work")
        TEST = "test", _("test")  # its rows are the questions of a qualification test
        TRAINING = "training", _("training")  # as a test, with the explanation after each answer

    class Pilot(models.TextChoices):
        """How far the first small run of a batch is (charter W2); empty: it has none (docs/adr/0062)."""

        RUNNING = "running", _("a first small run")
        HELD = "held", _("waiting for a higher price")
        OPENING = "opening", _("the rest is being opened")
        OVER = "over", _("all of it is open")
        STOPPED = "stopped", _("ended with the batch")

    LIVE = (State.PUBLISHED, State.PAUSED)
    ENDED = (State.COMPLETED, State.CANCELLED)
    SHUT = (Pilot.RUNNING, Pilot.HELD)  # the rows beyond the pilot are paid for and not offered
    PILOTED = (*SHUT, Pilot.OPENING)  # not all of them are offered yet

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="batches")
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    # Why it is paused, where no person of the organisation paused it: it opens again when the reason is gone.
    paused_for = models.CharField(
        max_length=10, choices=PausedFor.choices, default="", db_default="", blank=True
    )

    title = models.CharField(_("title"), max_length=120)
    purpose = models.CharField(_("what it is for"), max_length=400, blank=True)
    instructions = models.TextField(_("instructions"), blank=True, help_text="Markdown")
    kind = models.CharField(max_length=40, blank=True)
    form = models.JSONField(default=dict)
    columns = models.JSONField(default=list)  # names of the input columns, in the order of the first file

    reward_micros = models.BigIntegerField(default=0)
    estimated_seconds = models.PositiveIntegerField(default=0)
    overlap = models.PositiveSmallIntegerField(default=1)
    countries = ArrayField(models.CharField(max_length=2), null=True, blank=True)  # null: everywhere
    time_limit_seconds = models.PositiveIntegerField(default=1800)
    audience = models.CharField(
        max_length=4, choices=Audience.choices, default=Audience.OPEN, db_default="open"
    )

    # Answers one can trust (docs/adr/0041): how many more answers a disagreement may ask for, and until when.
    role = models.CharField(max_length=8, choices=Role.choices, default=Role.WORK, db_default="work")
    overlap_most = models.PositiveSmallIntegerField(null=True, blank=True)  # null: `overlap` answers, no more
    confidence = models.FloatField(
        null=True, blank=True
    )  # 0 to 1; a task that reaches it asks nobody further
    gold_rate = models.FloatField(default=0.0, db_default=0.0)  # share of claims that get a check question
    gold_pass = models.FloatField(
        default=0.6, db_default=0.6
    )  # share to be right, or claims of the batch pause
    conditions = models.JSONField(
        default=dict, db_default={}, blank=True
    )  # who may claim, as eligibility reads it

    # Labels of what may distress (charter W3); null: not said, empty: nothing of the kind.
    distress = ArrayField(models.CharField(max_length=10), null=True, blank=True)

    # Charter C4, set by `services.rotation` while it is on: the most tasks of one worker, tasks and seconds in a row
    # after which another batch comes first, and the seconds of rest that end such a run.
    rotation = ArrayField(models.PositiveIntegerField(), null=True, blank=True, size=4)

    # Charter W2: the last row that is open or was, the countries named whose floor the price met when it was published
    # (null: none named), and when it was decided about the rest. Who read the instructions as people see them.
    pilot = models.CharField(max_length=8, choices=Pilot.choices, default="", db_default="", blank=True)
    pilot_row = models.PositiveIntegerField(null=True)
    pilot_countries = ArrayField(models.CharField(max_length=2), null=True, blank=True)
    pilot_decided_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(null=True)

    # Fixed when the money is set aside; what was agreed does not move with a setting.
    fee_rate = models.DecimalField(max_digits=6, decimal_places=4, null=True)
    vat_rate = models.DecimalField(max_digits=6, decimal_places=4, null=True)
    reserve_rate = models.DecimalField(max_digits=6, decimal_places=4, null=True)

    measured_seconds = models.PositiveIntegerField(null=True)
    measured_at = models.DateTimeField(null=True)

    screening_reasons = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    screening_hits = models.JSONField(
        default=list, db_default=[], blank=True
    )  # what text rules met, and where
    screened_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    screened_at = models.DateTimeField(null=True)
    screening_note = models.TextField(blank=True)

    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)
    published_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)  # the remainder was given back

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=["draft", "screening", "published", "paused", "completed", "cancelled"]
                ),
                name="batch_state_known",
            ),
            models.CheckConstraint(
                condition=Q(paused_for="") | Q(paused_for__in=["payment", "report"], state="paused"),
                name="batch_paused_for_a_reason_when_paused",
            ),
            models.CheckConstraint(condition=Q(reward_micros__gte=0), name="batch_reward_not_negative"),
            models.CheckConstraint(
                condition=Q(overlap__gte=1, overlap__lte=100), name="batch_overlap_in_range"
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | ~Q(purpose=""), name="batch_says_what_it_is_for"
            ),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(reward_micros__gt=0, estimated_seconds__gt=0),
                name="batch_has_a_price",
            ),
            models.CheckConstraint(
                condition=Q(state="draft")
                | Q(fee_rate__isnull=False, vat_rate__isnull=False, reserve_rate__isnull=False),
                name="batch_rates_are_fixed",
            ),
            models.CheckConstraint(
                condition=Q(screened_by__isnull=True, screened_at__isnull=True)
                | Q(screened_by__isnull=False, screened_at__isnull=False),
                name="batch_screened_by_and_at",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["completed", "cancelled"], closed_at__isnull=False)
                | Q(closed_at__isnull=True) & ~Q(state__in=["completed", "cancelled"]),
                name="batch_closed_when_ended",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "screening"]) | Q(published_at__isnull=False),
                name="batch_published_at_when_open",
            ),
            models.CheckConstraint(
                condition=Q(audience__in=["open", "list", "link"]), name="batch_audience_known"
            ),
            models.CheckConstraint(
                condition=Q(role__in=["work", "test", "training"]), name="batch_role_known"
            ),
            models.CheckConstraint(
                condition=Q(distress__isnull=True)
                | Q(
                    distress__contained_by=[
                        "violence",
                        "sexual",
                        "hate",
                        "self_harm",
                        "animals",
                        "medical",
                        "other",
                    ]
                ),
                name="batch_distress_from_the_list",
            ),
            models.CheckConstraint(
                condition=Q(overlap_most__isnull=True, confidence__isnull=True)
                | Q(overlap_most__isnull=False, confidence__isnull=False)
                & Q(overlap_most__gt=models.F("overlap"), overlap_most__lte=100)
                & Q(confidence__gt=0, confidence__lt=1),
                name="batch_grows_to_a_confidence",
            ),
            models.CheckConstraint(
                condition=Q(pilot__in=["", "running", "held", "opening", "over", "stopped"]),
                name="batch_pilot_known",
            ),
            models.CheckConstraint(
                condition=Q(pilot="") | Q(pilot_row__isnull=False, reviewed_at__isnull=False),
                name="batch_pilot_after_a_review",
            ),
            models.CheckConstraint(
                condition=~Q(pilot__in=["running", "held", "opening"])
                | Q(state__in=["screening", "published", "paused"]),
                name="batch_pilot_ends_with_the_batch",
            ),
            models.CheckConstraint(
                condition=~Q(pilot__in=["held", "opening", "over"]) | Q(pilot_decided_at__isnull=False),
                name="batch_pilot_decided_at",
            ),
            models.CheckConstraint(
                condition=Q(reviewed_by__isnull=True, reviewed_at__isnull=True)
                | Q(reviewed_by__isnull=False, reviewed_at__isnull=False),
                name="batch_reviewed_by_and_at",
            ),
            models.CheckConstraint(
                condition=Q(gold_rate__gte=0, gold_rate__lte=0.5), name="batch_gold_rate_in_range"
            ),
            models.CheckConstraint(
                condition=Q(gold_pass__gt=0, gold_pass__lte=1), name="batch_gold_pass_in_range"
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "-created_at"], name="batch_of_organisation"),
            models.Index(fields=["published_at"], condition=Q(state="published"), name="batch_open"),
            models.Index(
                fields=["id"], condition=Q(pilot__in=["running", "held", "opening"]), name="batch_piloted"
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        return ids.encode("bat", self.pk)

    @property
    def is_private(self) -> bool:
        """Whether only people who were invited see it and may claim in it."""
        return self.audience != Batch.Audience.OPEN

    @property
    def most_answers(self) -> int:
        """Answers that one task may get at most: all of them are in the quote."""
        return self.overlap_most or self.overlap

    @property
    def seconds(self) -> int:
        """Seconds a task takes: what was measured when it is longer, the estimate before that."""
        return max(self.measured_seconds or 0, self.estimated_seconds)
