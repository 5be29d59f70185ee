from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from marketplace.base import ids
from marketplace.base.models import User
from workers.models import Award, Qualification

from .assignment import Assignment
from .batch import Batch
from .task import Task


class QualificationTest(models.Model):
    """A batch of questions with known answers, paid like any work, whose passing gives a qualification."""

    batch = models.OneToOneField(Batch, on_delete=models.CASCADE, primary_key=True, related_name="test")
    qualification = models.ForeignKey(Qualification, on_delete=models.PROTECT, related_name="tests")
    questions = models.PositiveSmallIntegerField()  # drawn for one attempt
    pass_mark = models.FloatField()  # share of them to be right
    time_limit_seconds = models.PositiveIntegerField(null=True)  # for the whole attempt; null: no hurry
    attempts = models.PositiveSmallIntegerField(default=1)  # how often a person may try
    retry_after_hours = models.PositiveIntegerField(default=24)
    # Whether the end of a test shows each question with its known answers; a training always does.
    shows_answers = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(questions__gte=1, questions__lte=200), name="test_asks_something"
            ),
            models.CheckConstraint(
                condition=Q(pass_mark__gt=0, pass_mark__lte=1), name="test_pass_mark_in_range"
            ),
            models.CheckConstraint(
                condition=Q(attempts__gte=1, attempts__lte=20), name="test_attempts_in_range"
            ),
        ]


class Attempt(models.Model):
    """One person's try at a test: as many questions as the test asks, none of them seen before."""

    test = models.ForeignKey(QualificationTest, on_delete=models.PROTECT, related_name="tries")
    worker = models.ForeignKey(User, on_delete=models.PROTECT, related_name="attempts", db_index=False)
    number = models.PositiveSmallIntegerField()
    questions = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    right = models.PositiveSmallIntegerField(default=0)
    passed = models.BooleanField(default=False)
    # False: it was broken off by nobody's fault, such as a batch that closed, and is none of the person's tries.
    counts = models.BooleanField(default=True, db_default=True)
    award = models.ForeignKey(Award, null=True, on_delete=models.PROTECT, related_name="attempts")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["worker", "test", "number"], name="attempt_numbered"),
            models.UniqueConstraint(
                fields=["worker", "test"], condition=Q(finished_at__isnull=True), name="attempt_one_at_a_time"
            ),
            models.CheckConstraint(condition=Q(right__lte=F("questions")), name="attempt_counts"),
            models.CheckConstraint(
                condition=Q(passed=False) | Q(finished_at__isnull=False), name="attempt_passed_when_finished"
            ),
            models.CheckConstraint(
                condition=Q(award__isnull=True) | Q(passed=True), name="attempt_award_when_passed"
            ),
        ]
        indexes = [
            models.Index(
                fields=["ends_at"], condition=Q(finished_at__isnull=True), name="attempt_running_until"
            )
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("att", self.pk)


class AttemptQuestion(models.Model):
    """A question drawn for an attempt: its place in it, and how its first answer was. Its slot is kept for the person
    until the attempt ends."""

    attempt = models.ForeignKey(Attempt, on_delete=models.CASCADE, related_name="drawn", db_index=False)
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="drawn")
    position = models.PositiveSmallIntegerField()  # from 1
    assignment = models.OneToOneField(
        Assignment, null=True, on_delete=models.PROTECT, related_name="question"
    )
    answered_at = models.DateTimeField(null=True)  # in time; a later answer is paid and does not count
    right = models.BooleanField(null=True)
    wrong_fields = ArrayField(models.CharField(max_length=40), default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["attempt", "position"], name="attempt_question_place"),
            models.UniqueConstraint(fields=["attempt", "task"], name="attempt_question_once"),
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, right__isnull=True)
                | Q(answered_at__isnull=False, right__isnull=False, assignment__isnull=False),
                name="attempt_question_judged_when_answered",
            ),
        ]
