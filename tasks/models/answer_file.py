from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock, ids

from .assignment import Assignment


class AnswerFile(models.Model):
    """A photo or a recording that a worker sent with an answer: made harmless, kept under a name of ours."""

    class Kind(models.TextChoices):
        PHOTO = "photo", _("photo")
        SOUND = "sound", _("sound")

    assignment = models.ForeignKey(Assignment, on_delete=models.CASCADE, related_name="files")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    path = models.CharField(max_length=200)  # in the store of media; the name is ours
    size = models.PositiveIntegerField()  # bytes, as kept
    created_at = models.DateTimeField(default=clock.now)
    named_at = models.DateTimeField(
        null=True
    )  # when an answer first named it; until then it may be tidied away

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["photo", "sound"]), name="answer_file_kind_known"),
            models.CheckConstraint(condition=Q(size__gt=0), name="answer_file_not_empty"),
            models.UniqueConstraint(fields=["path"], name="answer_file_path_once"),
        ]
        indexes = [
            models.Index(
                fields=["created_at"], condition=Q(named_at__isnull=True), name="answer_file_unnamed"
            )
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        return ids.encode("fil", self.pk)
