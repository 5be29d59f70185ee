"""The addresses under which media are shown: signed, so that they need no look-up, and ending after a day or two.

A medium is known by its batch and the text of the cell that names it. So the address can be made from the row
alone, on the hot path, without asking the database.
"""

import hashlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.crypto import constant_time_compare, salted_hmac

from marketplace.base import clock, ids
from tasks.rows import Row

if TYPE_CHECKING:
    from tasks.models import Batch

DAY = 86_400  # seconds
SIZES = ("thumb", "page", "full")


def key_of(cell: str) -> str:
    """The name of the medium that a cell names, within its batch: 32 hexadecimal digits."""
    return hashlib.sha256(cell.strip().encode()).hexdigest()[:32]


def row(batch: "Batch", cells: Mapping[str, Any], who: Mapping[str, str] | None = None) -> Row:
    """The row with the addresses of its media, and who works on it (`Row.who`)."""
    return Row(cells, lambda cell, size: address(batch.public_id, key_of(cell), size), who)


def who(worker_id: int, assignment: str, batch: "Batch") -> dict[str, str]:
    """Who works on a row, as the batch's organisation may know it; `assignment` is a public id."""
    return {"worker": ids.worker_seen_by(worker_id, batch.organisation_id), "assignment": assignment}


def address(batch_public_id: str, key: str, size: str) -> str:
    """A signed address; the same all day long, so that a browser keeps what it has."""
    until = (int(clock.now().timestamp()) // DAY + 2) * DAY
    path = reverse("medium", args=[batch_public_id, key, size])
    return f"{path}?until={until}&sig={_signature(batch_public_id, key, size, until)}"


def valid(batch_public_id: str, key: str, size: str, until: str, signature: str) -> bool:
    """Whether an address was made here and has not ended."""
    if not until.isascii() or not until.isdigit() or len(until) > 12 or int(until) < clock.now().timestamp():
        return False
    return constant_time_compare(_signature(batch_public_id, key, size, int(until)), signature)


def _signature(*said: object) -> str:
    return salted_hmac("tasks.media", "/".join(map(str, said)), algorithm="sha256").hexdigest()[:32]
