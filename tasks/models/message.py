"""Messages between a worker and a requester about a task (ILO 11, 12; charter M11). Nobody else reads them unless one
of the two reports them, and no rule does (charter M6)."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock, ids
from marketplace.base.models import User

from .assignment import Assignment
from .batch import Batch
from .rating import Rating


class Side(models.TextChoices):
    WORKER = "worker", _("the worker")
    REQUESTER = "requester", _("the requester")


class Thread(models.Model):
    """What one worker and one requester write to each other about one batch."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="threads")
    worker = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField(default=clock.now)
    last_at = models.DateTimeField(default=clock.now)
    # The last message that each side has had on its screen, by its number.
    worker_read = models.BigIntegerField(default=0)
    requester_read = models.BigIntegerField(default=0)
    # The side that may not write here any more: only by a moderator's decision about a report (a trigger holds it).
    silenced = models.CharField(max_length=9, choices=Side.choices, default="", db_default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["batch", "worker"], name="thread_once_per_worker_and_batch"),
            models.CheckConstraint(
                condition=Q(silenced__in=["", "worker", "requester"]), name="thread_silenced_known"
            ),
        ]
        indexes = [models.Index(fields=["worker", "-last_at"], name="thread_of_worker")]

    @property
    def public_id(self) -> str:
        return ids.encode("thr", self.pk)

    @property
    def worker_public_id(self) -> str:
        """The worker, as the batch's organisation sees them."""
        return ids.worker_seen_by(self.worker_id, self.batch.organisation_id)


class Message(models.Model):
    """One message. It is never changed or removed; when its worker is erased, "[erased]" takes the place of words."""

    MOST = 2_000  # characters

    thread = models.ForeignKey(Thread, on_delete=models.PROTECT, related_name="messages", db_index=False)
    side = models.CharField(max_length=9, choices=Side.choices)
    author = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", db_index=False)
    assignment = models.ForeignKey(
        Assignment, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )  # the task or answer that it is about, where one was named
    text = models.TextField()
    sent_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(side__in=["worker", "requester"]), name="message_side_known"),
            models.CheckConstraint(condition=~Q(text=""), name="message_says_something"),
        ]
        indexes = [
            models.Index(fields=["thread", "id"], name="message_of_thread"),
            models.Index(fields=["author", "sent_at"], name="message_by_author"),
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("msg", self.pk)


class BatchQuestion(models.Model):
    """A question that came up, and its answer, which the requester shows to everybody who works on the batch."""

    batch = models.ForeignKey(Batch, on_delete=models.PROTECT, related_name="questions")
    thread = models.ForeignKey(
        Thread, null=True, on_delete=models.SET_NULL, related_name="+"
    )  # where it came up
    question = models.TextField()
    answer = models.TextField()
    published_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(question="") & ~Q(answer=""), name="batch_question_asks_and_answers"
            )
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("bqn", self.pk)


class Objection(models.Model):
    """Somebody objects to a rating, or to messages they got: a named moderator decides with reasons, and another one
    once more when who it weighs on complains (charter M2 to M4)."""

    class Reason(models.TextChoices):
        NAMES = "names_person", _("It names a person, or tells who somebody is")
        INSULT = "insult", _("It insults or threatens")
        NOT_WORK = "not_the_work", _("It is not about the work")
        DATA = "personal_data", _("It asks for personal data, or for contact outside this site")
        PRESSURE = "pressure", _("It puts somebody under pressure")

    class Outcome(models.TextChoices):
        STAYS = "stays", _("It stays as it is")
        WORDS = "words", _("Its words are hidden, its marks stay")
        HIDDEN = "hidden", _("It is hidden")
        NOTHING = "nothing", _("Nothing is wrong with it")
        WARNED = "warned", _("It was not right; who wrote it was told why")
        SILENCED = "silenced", _("Who wrote it may not write in this conversation any more")

    OF_RATING = (Outcome.STAYS, Outcome.WORDS, Outcome.HIDDEN)
    OF_THREAD = (Outcome.NOTHING, Outcome.WARNED, Outcome.SILENCED)
    REASONS_OF_RATING = (Reason.NAMES, Reason.INSULT, Reason.NOT_WORK)
    REASONS_OF_THREAD = (Reason.DATA, Reason.INSULT, Reason.PRESSURE, Reason.NOT_WORK)
    MILD = (Outcome.STAYS, Outcome.NOTHING)  # these weigh on who objected, the others on who wrote

    rating = models.ForeignKey(Rating, null=True, on_delete=models.PROTECT, related_name="objections")
    thread = models.ForeignKey(Thread, null=True, on_delete=models.PROTECT, related_name="objections")
    side = models.CharField(max_length=9, choices=Side.choices)  # that objects
    reason = models.CharField(max_length=13, choices=Reason.choices)
    text = models.TextField(blank=True)
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=clock.now)
    decide_by = models.DateTimeField()

    outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True)
    statement = models.TextField(blank=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)

    complaint = models.TextField(blank=True)
    complained_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    complained_at = models.DateTimeField(null=True)
    complaint_by = models.DateTimeField(null=True)  # promised then
    last_outcome = models.CharField(max_length=8, choices=Outcome.choices, blank=True)
    last_statement = models.TextField(blank=True)
    last_decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    last_decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(rating__isnull=False, thread__isnull=True)
                | Q(rating__isnull=True, thread__isnull=False),
                name="objection_to_a_rating_or_to_messages",
            ),
            models.CheckConstraint(
                condition=Q(side__in=["worker", "requester"]), name="objection_side_known"
            ),
            models.CheckConstraint(
                condition=Q(rating__isnull=False, reason__in=["names_person", "insult", "not_the_work"])
                | Q(
                    thread__isnull=False,
                    reason__in=["personal_data", "insult", "pressure", "not_the_work"],
                ),
                name="objection_reason_from_the_list",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", statement="", decided_by__isnull=True, decided_at__isnull=True)
                | (
                    Q(rating__isnull=False, outcome__in=["stays", "words", "hidden"])
                    | Q(thread__isnull=False, outcome__in=["nothing", "warned", "silenced"])
                )
                & ~Q(statement="")
                & Q(decided_by__isnull=False, decided_at__isnull=False),
                name="objection_decided_by_a_named_person_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("made_by")),
                name="objection_decided_by_somebody_else",
            ),
            models.CheckConstraint(
                condition=Q(complained_at__isnull=True, complained_by__isnull=True, complaint_by__isnull=True)
                | Q(complained_at__isnull=False, complained_by__isnull=False, complaint_by__isnull=False)
                & Q(decided_at__isnull=False),
                name="objection_complained_about_once_decided",
            ),
            models.CheckConstraint(
                condition=Q(
                    last_outcome="",
                    last_statement="",
                    last_decided_by__isnull=True,
                    last_decided_at__isnull=True,
                )
                | (
                    Q(rating__isnull=False, last_outcome__in=["stays", "words", "hidden"])
                    | Q(thread__isnull=False, last_outcome__in=["nothing", "warned", "silenced"])
                )
                & ~Q(last_statement="")
                & Q(
                    last_decided_by__isnull=False,
                    last_decided_at__isnull=False,
                    complained_at__isnull=False,
                ),
                name="objection_complaint_decided_by_a_named_person_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(last_decided_by__isnull=True)
                | ~Q(last_decided_by=F("decided_by")) & ~Q(last_decided_by=F("complained_by")),
                name="objection_complaint_decided_by_another",
            ),
            models.UniqueConstraint(
                fields=["rating", "side"],
                condition=Q(rating__isnull=False),
                name="objection_to_a_rating_once_per_side",
            ),
            models.UniqueConstraint(
                fields=["thread", "side"],
                condition=Q(thread__isnull=False, outcome=""),
                name="objection_to_messages_one_at_a_time",
            ),
        ]
        indexes = [
            models.Index(
                fields=["decide_by"],
                condition=Q(outcome="") | Q(complained_at__isnull=False, last_outcome=""),
                name="objection_waiting",
            )
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("obj", self.pk)

    @property
    def stands(self) -> str:
        """The outcome in force; empty before the first decision."""
        return self.last_outcome or self.outcome

    @property
    def stands_display(self) -> str:
        return str(Objection.Outcome(self.stands).label) if self.stands else ""

    @property
    def waits(self) -> bool:
        return not self.outcome or bool(self.complained_at and not self.last_outcome)
