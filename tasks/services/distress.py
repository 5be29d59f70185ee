"""What may distress: said by the requester, shown before a claim, offered to those who chose it (charter W3)."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from tasks.errors import DistressNotChosen
from tasks.models import Batch
from workers.models import WorkerProfile

# Kinds whose work is to look at what others complained about: their requesters must say what it shows.
ASKED = frozenset({"moderate_post"})


def chosen(user_id: int) -> frozenset[str]:
    """The labels that a person chose to be offered; none unless they said so. One query."""
    found = WorkerProfile.objects.filter(pk=user_id).values_list("distress_chosen", flat=True).first()
    return frozenset(found or ())


def require(user_id: int, batch: Batch, known: frozenset[str] | None = None) -> None:
    """Raises DistressNotChosen where the batch has a label that the person did not choose.

    A batch without labels asks the database nothing; `known` is what `chosen` has found before.
    """
    if not batch.distress:
        return
    missing = set(batch.distress) - (chosen(user_id) if known is None else known)
    if missing:
        raise DistressNotChosen(labels=words(missing))


def words(labels: Iterable[str]) -> str:
    """Labels as people read them, in the order of the list."""
    asked = set(labels)
    return ", ".join(str(label) for value, label in Batch.Distress.choices if value in asked)


def clean(labels: Any) -> list[str]:
    """Labels in the order of the list, each once. Raises ValueError for one that is not of the list."""
    asked = set(labels)
    if asked - set(Batch.Distress.values):
        raise ValueError(labels)
    return [value for value in Batch.Distress.values if value in asked]


def lacking(batch: Batch) -> list[str]:
    """What a draft must still say before it is published, as sentences."""
    if batch.kind in ASKED and batch.distress is None:
        return [_("Say what this work may show, or that it shows nothing that distresses.")]
    return []
