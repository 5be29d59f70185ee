from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock, ids
from marketplace.base.models import Organisation, User


class FormTemplate(models.Model):
    """A form with its words that an organisation kept, to start batches from."""

    organisation = models.ForeignKey(Organisation, on_delete=models.CASCADE, related_name="form_templates")
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(max_length=40, blank=True)  # the kind it came from, for its example rows
    title = models.CharField(_("title"), max_length=120, blank=True)
    purpose = models.CharField(_("what it is for"), max_length=400, blank=True)
    instructions = models.TextField(_("instructions"), blank=True, help_text="Markdown")
    form = models.JSONField()
    estimated_seconds = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint("organisation", Lower("name"), name="template_name_once_in_organisation"),
            models.CheckConstraint(condition=~Q(name=""), name="template_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.public_id

    @property
    def public_id(self) -> str:
        return ids.encode("tpl", self.pk)
