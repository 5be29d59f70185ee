"""One open batch for each kind, made by the services; run inside the demonstration, which the browser tests visit."""

import json
import random
import sys
from typing import Any


def prepare() -> None:
    """Write {kind: id of its batch}. Each batch has the example rows of its kind, in English."""
    from django.utils import translation

    from marketplace.base import clock
    from marketplace.base.models import Organisation
    from tasks import kinds
    from tasks.services import batches, media, media_work
    from tests import market

    organisation = Organisation.objects.get(name="Atelier Nord")
    organisation.trusted_at = clock.now()
    organisation.save(update_fields=["trusted_at"])
    market.fund(organisation, 1000)
    with translation.override("en"):
        made = {kind.key: _draft(organisation, kind) for kind in kinds.all_kinds()}
    for batch in made.values():
        media.collect(batch.pk)
    media_work.work()
    for batch in made.values():
        batches.publish(batch=batch, actor=batch.created_by)
    sys.stdout.write(json.dumps({key: batch.public_id for key, batch in made.items()}) + "\n")


def _draft(organisation: Any, kind: Any) -> Any:
    from tasks.models import Batch, Task
    from tasks.services import batches

    actor = organisation.memberships.filter(role="owner").first().user
    batch = batches.create_draft(
        organisation=organisation,
        actor=actor,
        kind=kind.key,
        form=kind.form(),
        instructions=kind.words(),
        title=f"Kind: {kind.title}",
        purpose="To see that it can be done by keyboard.",
        estimated_seconds=kind.seconds,
        reward_micros=kind.seconds * 6_000,
    )
    Task.objects.bulk_create(
        Task(
            batch=batch, row_number=number, key=random.randint(-(2**31), 2**31 - 1), overlap=1, open_slots=1,
            is_open=False, funded=False, data=dict(row),
        )
        for number, row in enumerate(kind.example_rows(), start=1)
    )  # fmt: skip
    Batch.objects.filter(pk=batch.pk).update(columns=kind.columns)
    return batch
