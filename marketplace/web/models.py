"""What the pages of the house keep: the history of the automated rules, and the terms with who agreed to them.

All of it only grows (triggers): a version that was shown to people stays as it was shown.
"""

import datetime as dt

from django.db import models
from django.db.models import F, Q

from marketplace.base import clock
from marketplace.base.models import User

NOTICE = dt.timedelta(days=30)  # of a change of the terms, at the least


class RuleVersion(models.Model):
    """An automated rule as it stood from `recorded_at` on: its words, the values of its parameters, and the digests of
    the functions that carry it out (charter M1)."""

    rule = models.CharField(max_length=40)
    number = models.PositiveIntegerField()
    recorded_at = models.DateTimeField(default=clock.now)
    fingerprint = models.CharField(max_length=64)  # SHA-256 of words, parameters and sources
    words = models.JSONField()  # name, what it does, reads, reads not, leads to …, in English
    parameters = models.JSONField()
    sources = models.JSONField()  # {dotted path: SHA-256 of its source}
    changed = models.JSONField(default=list)  # what differs from the version before
    lowers = models.BooleanField(default=False)  # somebody's position: people who work here are told

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["rule", "number"], name="rule_version_number_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="rule_version_counted_from_one"),
            models.CheckConstraint(
                condition=Q(number=1, lowers=False) | Q(number__gt=1) & ~Q(changed=[]),
                name="rule_version_says_what_changed",
            ),
        ]


class TermsVersion(models.Model):
    """The terms as they were published: `bodies` holds the text in each language, word for word (charter M12)."""

    number = models.PositiveSmallIntegerField(primary_key=True)
    slug = models.CharField(max_length=20, unique=True)  # year and month, such as 2026-11
    bodies = models.JSONField()
    digest = models.CharField(max_length=64)  # SHA-256 of the files it was made from
    published_at = models.DateTimeField(default=clock.now)
    in_force_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(number__gte=1), name="terms_counted_from_one"),
            models.CheckConstraint(
                condition=Q(number=1) | Q(in_force_at__gte=F("published_at") + NOTICE),
                name="terms_change_thirty_days_before",
            ),
        ]


class TermsAnswer(models.Model):
    """That a person agreed to a version of the terms, or said no to it, and when. The last answer counts."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="terms_answers")
    version = models.ForeignKey(TermsVersion, on_delete=models.PROTECT, related_name="answers")
    agrees = models.BooleanField()
    at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["user", "-at"], name="terms_answer_by_person")]
