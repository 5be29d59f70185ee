from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock, ids
from marketplace.base.models import User


class Complaint(models.Model):
    """Somebody says that a decision against them is wrong; another named person answers in writing, by a date
    (charter M3 to M5; Regulation (EU) 2022/2065, article 20; Directive (EU) 2024/2831, article 11).

    It names what it is about by kind and public id, since decisions live in several apps, and keeps who decided, when
    and why as that stood when the complaint was made. Answers that were refused, qualifications that were taken back,
    pauses after check questions and reports have contests of their own.
    """

    class About(models.TextChoices):
        RESTRICTION = "restriction", _("A restriction")
        HOLD = "hold", _("A held payout")
        GRANT = "grant", _("A request to the help fund")
        SCREENING = "screening", _("A batch that was handed back")
        PERSON = "person", _("Accounts counted as one person’s")

    class Outcome(models.TextChoices):
        UPHELD = "upheld", _("You are right: the decision is taken back")
        STANDS = "stands", _("The decision stands")

    about = models.CharField(max_length=11, choices=About.choices)
    subject = models.CharField(max_length=40)  # public id of what was decided about
    first_decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    first_decided_at = models.DateTimeField()
    first_reason = models.TextField()
    made_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="complaints")
    text = models.TextField()
    made_at = models.DateTimeField(default=clock.now)
    decide_by = models.DateTimeField()
    outcome = models.CharField(max_length=6, choices=Outcome.choices, blank=True, default="")
    statement = models.TextField(blank=True, default="")  # the reasons of the answer
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["about", "subject", "first_decided_at"], name="complaint_once_per_decision"
            ),
            models.CheckConstraint(
                condition=Q(about__in=["restriction", "hold", "grant", "screening", "person"]),
                name="complaint_about_known",
            ),
            models.CheckConstraint(
                condition=~Q(text="") & ~Q(first_reason=""), name="complaint_says_something"
            ),
            models.CheckConstraint(
                condition=Q(decide_by__gt=F("made_at")), name="complaint_is_promised_an_answer"
            ),
            models.CheckConstraint(
                condition=Q(outcome="", decided_by__isnull=True, decided_at__isnull=True, statement="")
                | Q(outcome__in=["upheld", "stands"], decided_by__isnull=False, decided_at__isnull=False)
                & ~Q(statement=""),
                name="complaint_decided_by_a_named_person_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True)
                | ~Q(decided_by=F("first_decided_by")) & ~Q(decided_by=F("made_by")),
                name="complaint_decided_by_another",
            ),
        ]
        indexes = [
            models.Index(fields=["decide_by"], condition=Q(outcome=""), name="complaint_waiting"),
            models.Index(fields=["made_by", "-made_at"], name="complaint_by_person"),
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("cmp", self.pk)


class LatePromise(models.Model):
    """An answer that a person was promised by a date and did not get by then: the administrators were told, and it is
    counted in public. `kind` and `subject` name what waited, whichever app it lives in."""

    kind = models.CharField(max_length=20)
    subject = models.CharField(max_length=40)
    due_at = models.DateTimeField()
    found_at = models.DateTimeField(default=clock.now)
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject", "due_at"], name="late_promise_once"),
            models.CheckConstraint(condition=Q(found_at__gte=F("due_at")), name="late_promise_is_late"),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(answered_at__isnull=True), name="late_promise_open")
        ]
