"""What people who were paid by a requester say of it (charter M11; ILO 9, 11), and what the requester answers."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock, ids
from marketplace.base.models import Organisation, User

from .assignment import Assignment


class Rating(models.Model):
    """Three marks from 1 to 5, and words if they like, of one worker about one organisation for half a year.

    `assignment` is an approved answer of theirs for the organisation: a trigger of the database holds that. Nobody is
    shown who wrote it. It can be changed until it is shown, and it is shown with others, on the first of a month.
    """

    class Hidden(models.TextChoices):
        NO = "", _("shown")
        WORDS = "words", _("its words are hidden")
        ALL = "all", _("hidden")

    MARKS = ("pay", "clarity", "fairness")
    MOST_WORDS = 1_000  # characters

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="ratings")
    worker = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    assignment = models.ForeignKey(Assignment, on_delete=models.PROTECT, related_name="+", db_index=False)
    half_year = models.PositiveSmallIntegerField()  # of Europe/Paris: 20262 is July to December 2026
    pay = models.PositiveSmallIntegerField()
    clarity = models.PositiveSmallIntegerField()
    fairness = models.PositiveSmallIntegerField()
    words = models.TextField(blank=True)
    written_at = models.DateTimeField(default=clock.now)
    changed_at = models.DateTimeField(default=clock.now)
    shown_in = models.DateField(null=True)  # the first of the month from which it is shown
    hidden = models.CharField(
        max_length=5, choices=Hidden.choices, default=Hidden.NO, db_default="", blank=True
    )
    answer = models.TextField(blank=True)  # the requester's, public, once
    answered_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "worker", "half_year"], name="rating_once_in_half_a_year"
            ),
            models.CheckConstraint(
                condition=Q(pay__range=(1, 5), clarity__range=(1, 5), fairness__range=(1, 5)),
                name="rating_marks_from_one_to_five",
            ),
            models.CheckConstraint(
                condition=Q(half_year__regex=r"^20\d\d[12]$"), name="rating_of_half_a_year"
            ),
            models.CheckConstraint(
                condition=Q(shown_in__isnull=True) | Q(shown_in__day=1), name="rating_shown_on_the_first"
            ),
            models.CheckConstraint(condition=Q(hidden__in=["", "words", "all"]), name="rating_hidden_known"),
            models.CheckConstraint(
                condition=Q(answer="", answered_by__isnull=True, answered_at__isnull=True)
                | ~Q(answer="")
                & Q(answered_by__isnull=False, answered_at__isnull=False, shown_in__isnull=False),
                name="rating_answered_once_shown_by_a_named_person",
            ),
        ]
        indexes = [
            models.Index(
                fields=["organisation", "shown_in"],
                condition=Q(shown_in__isnull=False),
                name="rating_shown",
            ),
            models.Index(fields=["written_at"], condition=Q(shown_in__isnull=True), name="rating_waiting"),
            models.Index(fields=["worker"], name="rating_of_worker"),
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("rtg", self.pk)
