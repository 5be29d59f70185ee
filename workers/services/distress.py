"""Which distressing content a person chose to be offered: off until they say so, and taken back at any time."""

from collections.abc import Sequence

from django.db import transaction

from marketplace.base import audit, clock
from marketplace.base.errors import NotFound
from marketplace.base.models import User
from workers.models import WorkerProfile


@transaction.atomic
def choose(*, user: User, labels: Sequence[str]) -> None:
    """Replace what the person chose by `labels`, values of `tasks.models.Batch.Distress`. The choice itself is in no
    audit row. Raises NotFound without a profile."""
    changed = WorkerProfile.objects.filter(pk=user.pk).update(
        distress_chosen=list(dict.fromkeys(labels)), updated_at=clock.now()
    )
    if not changed:
        raise NotFound
    audit.record("workers:profile:distress", user.public_id, actor=user)
