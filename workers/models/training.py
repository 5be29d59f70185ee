from django.db import models
from django.db.models import Q

from marketplace.base import clock, ids
from marketplace.base.models import User

from .centre import Centre
from .qualification import Qualification


class TrainingPath(models.Model):
    """What somebody learns in which order, made by a centre for its members or (without one) by the platform's
    moderators for everybody. Who is how far is read from awards: nothing is kept about it here."""

    centre = models.ForeignKey(Centre, null=True, on_delete=models.PROTECT, related_name="paths")
    title = models.CharField(max_length=120)
    description = models.CharField(max_length=1000)
    opens = models.CharField(max_length=400, blank=True)  # what one can do at its end
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    retired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(title="") & ~Q(description=""), name="training_path_says_what_it_is"
            )
        ]

    @property
    def public_id(self) -> str:
        return ids.encode("pth", self.pk)


class TrainingStep(models.Model):
    """One step: a qualification to hold. Its open trainings and tests, which are paid (P11), are how one gets it."""

    path = models.ForeignKey(TrainingPath, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()  # from 1
    qualification = models.ForeignKey(Qualification, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["path", "position"], name="training_step_has_its_place"),
            models.UniqueConstraint(fields=["path", "qualification"], name="training_step_once_in_a_path"),
        ]
