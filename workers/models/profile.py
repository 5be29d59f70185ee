from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock
from marketplace.base.models import User


class WorkerProfile(models.Model):
    """What the market must know of a person who works: where they live decides their floor."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="worker")
    country = models.CharField(_("country you live and work in"), max_length=2)
    languages = ArrayField(
        models.CharField(max_length=8), verbose_name=_("languages you read and write well")
    )
    # Labels of distressing content that the person chose to be offered (charter W3); none unless they say so.
    distress_chosen = ArrayField(models.CharField(max_length=10), default=list, db_default=[], blank=True)
    birth_date = models.DateField(_("date of birth"))
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)
    # Charter C4: null while the person waits in line, by `created_at`, for enough work; the database keeps the order.
    admitted_at = models.DateTimeField(null=True, default=clock.now)

    class Meta:
        indexes = [
            models.Index(fields=["created_at", "user"], condition=Q(admitted_at=None), name="worker_waiting"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(country__regex=r"^[A-Z]{2}$"), name="worker_country_is_iso"),
            models.CheckConstraint(condition=Q(languages__len__gt=0), name="worker_has_a_language"),
            models.CheckConstraint(
                condition=Q(
                    distress_chosen__contained_by=[
                        "violence",
                        "sexual",
                        "hate",
                        "self_harm",
                        "animals",
                        "medical",
                        "other",
                    ]
                ),
                name="worker_distress_from_the_list",
            ),
        ]
