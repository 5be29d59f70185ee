"""Reports: somebody says that something should not be asked here, a person decides, and both sides may complain
(charter W7; Regulation (EU) 2022/2065, articles 16, 17 and 20)."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock, ids
from marketplace.base.models import Organisation, User

from .batch import Batch


class Report(models.Model):
    """One report of a batch, of who posts it, or of a page; from a person of ours or from a stranger."""

    class Reason(models.TextChoices):
        BANNED = "banned", _("It asks for something banned: fake reviews, likes, accounts, CAPTCHAs, clicks")
        PERSONAL = "personal_data", _("It gathers people's personal data, or asks for mine")
        DISTRESS = "distress", _("It shows distressing content without saying so")
        ILLEGAL = "illegal", _("I think it is against the law")
        UNFAIR = "unfair", _("It treats some people worse than others")
        PAY = "pay", _("It takes longer or pays less than it says")
        UNCLEAR = "unclear", _("It can't be done as it is described")
        OTHER = "other", _("Something else")

    class Outcome(models.TextChoices):
        NOTHING = "nothing", _("Nothing is wrong with it")
        CHANGE = "change", _("It rests until the requester has changed it")
        STOPPED = "stopped", _("It was stopped")

    batch = models.ForeignKey(Batch, null=True, on_delete=models.PROTECT, related_name="reports")
    organisation = models.ForeignKey(Organisation, null=True, on_delete=models.PROTECT, related_name="+")
    page = models.CharField(max_length=200, blank=True)  # the address it was made from
    reporter = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    secret = models.CharField(max_length=64, unique=True)  # SHA-256 of what the link of the reporter holds
    reason = models.CharField(max_length=13, choices=Reason.choices)
    text = models.TextField()
    received_at = models.DateTimeField(default=clock.now)
    decide_by = models.DateTimeField()

    taken_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=7, choices=Outcome.choices, blank=True)
    statement = models.TextField(blank=True)  # the reasons, which both sides read
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    # After "change": the requester handed new words over, and a moderator opened the batch again.
    changed_at = models.DateTimeField(null=True)
    reopened_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    reopened_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    reason__in=[
                        "banned",
                        "personal_data",
                        "distress",
                        "illegal",
                        "unfair",
                        "pay",
                        "unclear",
                        "other",
                    ]
                ),
                name="report_reason_from_the_list",
            ),
            models.CheckConstraint(condition=~Q(text=""), name="report_says_something"),
            models.CheckConstraint(
                condition=Q(taken_by__isnull=True, taken_at__isnull=True)
                | Q(taken_by__isnull=False, taken_at__isnull=False),
                name="report_taken_by_and_at",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", decided_by__isnull=True, decided_at__isnull=True, statement="")
                | Q(outcome__in=["nothing", "change", "stopped"])
                & Q(decided_by__isnull=False, decided_at__isnull=False)
                & ~Q(statement=""),
                name="report_decided_by_a_named_person_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True)
                | Q(reporter__isnull=True)
                | ~Q(decided_by=F("reporter")),
                name="report_decided_by_somebody_else",
            ),
            models.CheckConstraint(
                condition=Q(batch__isnull=False) | Q(outcome__in=["", "nothing"]),
                name="report_acts_on_a_batch",
            ),
            models.CheckConstraint(
                condition=Q(reopened_by__isnull=True, reopened_at__isnull=True)
                | Q(reopened_by__isnull=False, reopened_at__isnull=False),
                name="report_reopened_by_and_at",
            ),
        ]
        indexes = [
            models.Index(fields=["decide_by"], condition=Q(outcome=""), name="report_waiting"),
            models.Index(fields=["batch"], name="report_of_batch"),
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("rep", self.pk)


class ReportComplaint(models.Model):
    """Who reported, or who was reported, does not agree with a decision: another moderator decides once more."""

    class Side(models.TextChoices):
        REPORTER = "reporter", _("who reported it")
        REQUESTER = "requester", _("the requester")

    class Outcome(models.TextChoices):
        STANDS = "stands", _("The decision stands")
        NOTHING = "nothing", _("Nothing is wrong with it")
        CHANGE = "change", _("It rests until the requester has changed it")
        STOPPED = "stopped", _("It was stopped")

    report = models.ForeignKey(Report, on_delete=models.PROTECT, related_name="complaints")
    side = models.CharField(max_length=9, choices=Side.choices)
    made_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    text = models.TextField()
    made_at = models.DateTimeField(default=clock.now)
    decide_by = models.DateTimeField()
    first_decided_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=7, choices=Outcome.choices, blank=True)
    statement = models.TextField(blank=True)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["report", "side"], name="report_complaint_once_per_side"),
            models.CheckConstraint(
                condition=Q(side__in=["reporter", "requester"]), name="report_complaint_side_known"
            ),
            models.CheckConstraint(condition=~Q(text=""), name="report_complaint_says_something"),
            models.CheckConstraint(
                condition=Q(outcome="", decided_by__isnull=True, decided_at__isnull=True, statement="")
                | Q(outcome__in=["stands", "nothing", "change", "stopped"])
                & Q(decided_by__isnull=False, decided_at__isnull=False)
                & ~Q(statement=""),
                name="report_complaint_decided_by_a_named_person_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("first_decided_by")),
                name="report_complaint_decided_by_another",
            ),
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("rco", self.pk)
