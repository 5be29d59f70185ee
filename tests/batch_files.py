"""A batch and files of rows for it: for the tests of how they are loaded."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured

from marketplace.base.errors import Refusal
from tasks.models import Batch, Import
from tasks.services import imports
from tests import market

GOOD = b"name,town\nLamp,Lyon\nChair,Nantes\n"
BAD = b"name,town\nLamp,Lyon\nragged\nChair,Nantes\n"


def draft(organisation: Any, actor: Any) -> Batch:
    """A draft that has no rows yet and needs the column `name`."""
    made = market.draft(organisation, actor, rows=0)
    Batch.objects.filter(pk=made.pk).update(columns=[])
    made.refresh_from_db()
    return made


def start(batch: Batch, data: bytes, **options: Any) -> Import:
    return imports.start(
        batch=batch, actor=batch.created_by, upload=io.BytesIO(data), filename="rows.csv", **options
    )


def load(batch: Batch, data: bytes, **options: Any) -> Import:
    source = start(batch, data, **options)
    imports.run(source.pk)
    source.refresh_from_db()
    return source


def stored() -> list[Path]:
    folder = Path(configured.MEDIA_ROOT) / "imports"
    return list(folder.iterdir()) if folder.exists() else []


def refused(code: str, action: Callable[[], Any]) -> Refusal:
    with pytest.raises(Refusal) as caught:
        action()
    assert caught.value.code == code
    assert "%" not in caught.value.message
    return caught.value
