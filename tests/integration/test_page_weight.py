"""The page of a task stays light: many workers pay for each megabyte (DESIGN: under 60 kB compressed, media apart)."""

import gzip
import html
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders

from tasks import kinds
from tasks.models import Batch, Task
from tasks.services import batches, claims, media, media_work
from tests import market

MOST = 60_000  # bytes
LINKED = re.compile(r"""<(?:script|link)\b[^>]*?(?:src|href)="([^"]+\.(?:js|css))\"""")
LISTED = re.compile(r"""data-(?:scripts|styles)="([^"]*)\"""")

pytestmark = pytest.mark.django_db


def weight(page: str) -> int:
    """Bytes of a page with the scripts and styles it names, compressed as every browser takes them; Brotli is less."""
    named = {*LINKED.findall(page), *(path for found in LISTED.findall(page) for path in found.split())}
    total = len(gzip.compress(page.encode()))
    for path in {html.unescape(path).removeprefix(settings.STATIC_URL) for path in named}:
        total += _file(path)
    return total


@cache
def _file(path: str) -> int:
    file = finders.find(path)
    assert file, f"{path} is named by the page and not there"
    return len(gzip.compress(Path(file).read_bytes()))


def task_page(kind: Any, atelier: Any, alice: Any, bob: Any, client_of: Any) -> str:
    batch = batches.create_draft(
        organisation=atelier, actor=alice, title=str(kind.title), purpose="A test.", kind=kind.key, form=kind.form(),
        instructions=kind.words(), reward_micros=5_000_000, estimated_seconds=kind.seconds, distress=[],
    )  # fmt: skip
    rows = kind.example_rows() or [{"name": "x"}]
    Task.objects.bulk_create(
        Task(
            batch=batch, row_number=number, key=number, overlap=batch.overlap, open_slots=batch.overlap,
            is_open=False, data=dict(row),
        )
        for number, row in enumerate(rows, 1)
    )  # fmt: skip
    Batch.objects.filter(pk=batch.pk).update(columns=list(rows[0]))
    batch.refresh_from_db()
    media.collect(batch.pk)
    media_work.work()
    batch = batches.publish(batch=batch, actor=alice)
    taken = claims.claim(worker=bob, batch=batch)
    return str(client_of(bob).get(f"/work/assignments/{taken.public_id}/").content.decode())


@pytest.mark.parametrize("key", [kind.key for kind in kinds.all_kinds()])
def test_a_task_page_of_each_kind_is_light(
    key: str, atelier: Any, alice: Any, bob: Any, client_of: Any
) -> None:
    market.fund(atelier, 1000)
    atelier.trusted_at = atelier.created_at
    atelier.save()
    page = task_page(kinds.get(key), atelier, alice, bob, client_of)
    assert 'id="answer"' in page
    found = weight(page)
    assert found < MOST, f"{key}: {found}"
