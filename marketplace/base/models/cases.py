"""How people share the deciding: who has a case, who keeps out of one, whom they asked, what they have begun to write.

A case is named by the prefix and the row number of what waits ("dis", 7): SQL can compare those, and rules about who
may decide are kept in SQL too (`base/sql/conflicts.sql`, docs/adr/0072).
"""

from django.db import models
from django.db.models import F, Q

from marketplace.base import clock, ids

from .organisations import Organisation
from .people import User


class FormerMembership(models.Model):
    """Who belonged to an organisation, and until when: for a year they decide nothing about it."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    ended_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [models.Index(fields=["user", "ended_at"], name="former_membership_by_person")]


class Stake(models.Model):
    """A moderator has said that a case touches them: it goes on without them."""

    kind = models.CharField(max_length=3)
    number = models.BigIntegerField()
    moderator = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    declared_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "number", "moderator"], name="stake_once_per_case")
        ]


class CaseLease(models.Model):
    """Who has a case at the moment. At most one row each; after `until` anybody may take it."""

    kind = models.CharField(max_length=3)
    number = models.BigIntegerField()
    moderator = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    taken_at = models.DateTimeField(default=clock.now)
    until = models.DateTimeField()
    left_at = models.DateTimeField(
        null=True
    )  # given back: "next" shows it to this moderator last for a while

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "number"], name="case_lease_one_per_case"),
            models.CheckConstraint(condition=Q(until__gte=F("taken_at")), name="case_lease_ends"),
        ]
        indexes = [models.Index(fields=["moderator", "until"], name="case_lease_by_person")]


class CaseDraft(models.Model):
    """What a moderator has begun to write about a case. Nobody else reads it; it goes with the decision."""

    kind = models.CharField(max_length=3)
    number = models.BigIntegerField()
    moderator = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    values = models.JSONField(default=dict)
    saved_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "number", "moderator"], name="case_draft_once_per_person")
        ]


class SecondOpinion(models.Model):
    """A moderator asks another what they think of a case, before deciding; both keep their words.

    `act` names what is meant to be done where a second person must agree to it (`base/opinions.py`), with its
    end, if it has one.
    """

    kind = models.CharField(max_length=3)
    number = models.BigIntegerField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    asked_of = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")  # null: anybody
    question = models.TextField()
    act = models.CharField(max_length=20, blank=True)
    act_until = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(default=clock.now)
    answered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True)
    agrees = models.BooleanField(null=True)  # only where an act was named
    answer = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(question=""), name="second_opinion_asks_something"),
            models.CheckConstraint(
                condition=Q(asked_of__isnull=True) | ~Q(asked_of=F("asked_by")),
                name="second_opinion_asked_of_somebody_else",
            ),
            models.CheckConstraint(
                condition=Q(
                    answered_by__isnull=True, answered_at__isnull=True, answer="", agrees__isnull=True
                )
                | Q(answered_by__isnull=False, answered_at__isnull=False) & ~Q(answer=""),
                name="second_opinion_answered_by_and_at_in_words",
            ),
            models.CheckConstraint(
                condition=Q(answered_by__isnull=True)
                | ~Q(answered_by=F("asked_by")) & (Q(asked_of__isnull=True) | Q(answered_by=F("asked_of"))),
                name="second_opinion_by_who_was_asked",
            ),
        ]
        indexes = [
            models.Index(fields=["kind", "number"], name="second_opinion_of_case"),
            models.Index(
                fields=["asked_at"], condition=Q(answered_at__isnull=True), name="second_opinion_open"
            ),
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("sop", self.pk)
