"""Which accounts are one person's (charter C1, W6; docs/adr/0073): marks, what was found, and the group that follows.

No plain value is kept: a mark is a keyed digest (`payments.services.person_marks`). What is said of two accounts stands
in `PersonPair`; `PersonAccount` follows from it and is what the claim reads.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock, ids

# The reason of whoever took a decision back; what they wrote about it is for whom they answered alone.
PARTED = gettext_noop("A complaint against the earlier decision was right.")


class PersonMark(models.Model):
    """A keyed digest of something by which a person's payout details can be known again.

    `keep_until` is empty while the details are in use, and says when the mark goes once they are not (charter D3).
    """

    class Kind(models.TextChoices):
        TIN = "tin", _("tax number")
        NAMED = "account_and_name", _("account or mobile number, with the legal name")
        ACCOUNT = "account", _("account or mobile number")

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    digest = models.BinaryField(max_length=32)
    first_seen_at = models.DateTimeField(default=clock.now)
    last_seen_at = models.DateTimeField(default=clock.now)
    keep_until = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["digest"], name="person_mark_by_digest"),
            models.Index(
                fields=["keep_until"], name="person_mark_due", condition=Q(keep_until__isnull=False)
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["user", "kind", "digest"], name="person_mark_once"),
            models.CheckConstraint(
                condition=Q(kind__in=["tin", "account_and_name", "account"]), name="person_mark_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(last_seen_at__gte=F("first_seen_at")), name="person_mark_seen_in_order"
            ),
        ]


class PersonPair(models.Model):
    """Two accounts with a mark in common, the one that came first as `first`.

    Equal tax number, or equal account and name, counts as one person until somebody decides otherwise; an equal account
    alone counts as nothing, and holds payouts of the later account until `held_until` or a decision.
    """

    class Outcome(models.TextChoices):
        ONE = "one", _("one person")
        TWO = "two", _("two people")

    first = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    by_tin = models.BooleanField(default=False)
    by_name = models.BooleanField(default=False)  # the account, with the legal name
    by_account = models.BooleanField(default=False)
    found_at = models.DateTimeField(default=clock.now)
    changed_at = models.DateTimeField(default=clock.now)  # when something more was found equal
    held_until = models.DateTimeField(null=True)
    # What somebody says who is counted so, before a person has decided it.
    objection = models.TextField(blank=True, default="", db_default="")
    objected_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    objected_at = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=3, choices=Outcome.choices, blank=True, default="", db_default="")
    reason = models.TextField(blank=True, default="", db_default="")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)
    keep_until = models.DateTimeField(null=True)  # once one of the two is erased

    class Meta:
        indexes = [models.Index(fields=["second"], name="person_pair_by_second")]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="person_pair_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="person_pair_in_order"),
            models.CheckConstraint(
                condition=Q(by_tin=True) | Q(by_name=True) | Q(by_account=True),
                name="person_pair_has_something_equal",
            ),
            models.CheckConstraint(
                condition=Q(objected_at__isnull=True, objected_by__isnull=True, objection="")
                | Q(objected_at__isnull=False, objected_by__isnull=False) & ~Q(objection=""),
                name="person_pair_objection_is_somebodys",
            ),
            models.CheckConstraint(
                condition=Q(outcome="", decided_by__isnull=True, decided_at__isnull=True, reason="")
                | Q(outcome__in=["one", "two"], decided_by__isnull=False, decided_at__isnull=False)
                & ~Q(reason=""),
                name="person_pair_decided_by_a_named_person_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("first")) & ~Q(decided_by=F("second")),
                name="person_pair_decided_by_somebody_else",
            ),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        return ids.encode("prs", self.pk)

    @property
    def why(self) -> str:
        """The reason of the decision, in the reader's language where it is ours."""
        return gettext(PARTED) if self.reason == PARTED else self.reason

    @property
    def is_strong(self) -> bool:
        """Whether what is equal is one person's alone."""
        return self.by_tin or self.by_name

    @property
    def is_one(self) -> bool:
        """Whether the two count as one person now."""
        return self.outcome == self.Outcome.ONE or (not self.outcome and self.is_strong)


class PersonAccount(models.Model):
    """An account that counts together with others, and the first of them, which names the person.

    Written by `payments.services.persons` alone, as the pairs say; accounts that stand alone have no row. The claims of
    one person lock the row of the first account (`payments/sql/person.sql`).
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.PROTECT, related_name="+"
    )
    holder = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(holder__lte=F("user")), name="person_is_named_by_the_first_account"
            )
        ]
