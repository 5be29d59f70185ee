"""What the texts speak of, read at once for many of them, and how they name it and lead to it."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from marketplace.base.texts import loads, numbers_of
from tasks.models import Assignment, Batch, Dispute, Import

Data = dict[str, Any]


@loads("asg")
def _assignments(public_ids: set[str]) -> dict[str, Any]:
    numbers = numbers_of("asg", public_ids)
    rows = (
        Assignment.objects.select_related("batch", "contest")
        .prefetch_related("disputes")
        .filter(pk__in=numbers)
    )
    return {numbers[row.pk]: row for row in rows}


@loads("bat")
def _batches(public_ids: set[str]) -> dict[str, Any]:
    numbers = numbers_of("bat", public_ids)
    return {
        numbers[row.pk]: row for row in Batch.objects.select_related("organisation").filter(pk__in=numbers)
    }


@loads("imp")
def _imports(public_ids: set[str]) -> dict[str, Any]:
    numbers = numbers_of("imp", public_ids)
    return {numbers[row.pk]: row for row in Import.objects.filter(pk__in=numbers)}


@loads("dis")
def _disputes(public_ids: set[str]) -> dict[str, Any]:
    numbers = numbers_of("dis", public_ids)
    return {numbers[row.pk]: row for row in Dispute.objects.filter(pk__in=numbers)}


def title_of(batch: Batch | None) -> str:
    return batch.title if batch and batch.title else _("a batch that has been deleted")


def to_batch(batch: Batch | None) -> dict[str, str]:
    if batch is None:
        return {"url": reverse("batches"), "action": _("See your batches")}
    return {"url": reverse("batch", args=[batch.public_id]), "action": _("See the batch")}
