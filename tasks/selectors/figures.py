"""Figures of batches for the pages: the snapshot that a job keeps, never a count on the way."""

from collections.abc import Iterable

from tasks.models import Batch, BatchFigures
from tasks.services import aggregation


def of(batch: Batch) -> BatchFigures:
    """The latest snapshot; a batch that no job has counted yet is counted now, without storing."""
    found = BatchFigures.objects.filter(batch=batch).first()
    return found or aggregation.compute(batch)


def of_many(batches: Iterable[Batch]) -> dict[int, BatchFigures]:
    """Snapshots by batch number, in one query; an uncounted batch has an empty one."""
    known = {row.batch_id: row for row in BatchFigures.objects.filter(batch__in=batches)}
    return {
        batch.pk: known.get(batch.pk) or BatchFigures(batch=batch, at=batch.created_at) for batch in batches
    }
