"""Files that rows of a chain name: what is ready in the source is ready in the target, without being fetched again.

The target gets files of its own: a batch removes its files when no row names them any more, and may not remove those
of another.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from marketplace.base import clock
from tasks.media import links, shelf
from tasks.models import Batch, Chain, Medium

from . import media

READY = """
    SELECT t.id FROM tasks_task t JOIN tasks_chainlink l ON l.target_task_id = t.id
    WHERE t.batch_id = %(batch)s AND l.chain_id = %(chain)s AND NOT t.funded AND NOT EXISTS (
        SELECT 1 FROM unnest(%(columns)s::text[]) AS c(name)
        WHERE btrim(t.data ->> c.name, %(white)s) <> '' AND btrim(t.data ->> c.name, %(white)s) NOT LIKE 'example:%%'
          AND NOT EXISTS (
              SELECT 1 FROM tasks_medium m WHERE m.batch_id = t.batch_id AND m.state = 'ready'
              AND m.source = btrim(t.data ->> c.name, %(white)s)))
    ORDER BY t.row_number LIMIT %(most)s
"""


@dataclass(frozen=True)
class Carried:
    """A medium of the source, and the copies of its files that belong to the target."""

    medium: Medium
    files: dict[str, Any]


def copied(chain: Chain, rows: Sequence[dict[str, str]]) -> list[Carried]:
    """Copy the files that these rows name and that the target lacks. Safe to repeat: a copy is written over."""
    columns = media.columns(chain.target)
    keys = {links.key_of(row.get(name, "")) for row in rows for name in columns if row.get(name, "").strip()}
    keys -= set(Medium.objects.filter(batch=chain.target, key__in=keys).values_list("key", flat=True))
    found = Medium.objects.filter(batch=chain.source, key__in=keys, state=Medium.State.READY)
    return [Carried(medium, _copies(chain.target, medium)) for medium in found]


def _copies(target: Batch, medium: Medium) -> dict[str, Any]:
    files = {}
    for size, each in medium.files.items():
        name = f"{shelf.folder(target.public_id)}/{medium.key}/{each['name'].rsplit('/', 1)[-1]}"
        files[size] = {**each, "name": shelf.copy(each["name"], name)}
    return files


def store(target: Batch, carried: Sequence[Carried]) -> None:
    """Make the copies media of the target. In the transaction that writes the rows, which holds the batch."""
    now = clock.now()
    Medium.objects.bulk_create(
        (
            Medium(
                batch=target, key=one.medium.key, source=one.medium.source, base=one.medium.base,
                state=Medium.State.READY, kind=one.medium.kind, meta=one.medium.meta, files=one.files,
                bytes=one.medium.bytes, created_at=now, finished_at=now,
            )
            for one in carried
        ),
        ignore_conflicts=True,
    )  # fmt: skip


def ready(target: Batch, chain: int, most: int) -> list[int]:
    """Tasks that came along a chain, wait for their price, and name no file that is not ready; by row."""
    values: dict[str, Any] = {
        "batch": target.pk,
        "chain": chain,
        "columns": media.columns(target),
        "white": media.WHITE,
        "most": most,
    }
    with connection.cursor() as cursor:
        cursor.execute(READY, values)
        return [number for (number,) in cursor.fetchall()]
