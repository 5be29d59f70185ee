"""Where the files that browsers get are kept: Django's default storage, a folder here or a bucket of our own.

Everything passes through us, from a bucket too: then a worker's browser talks to nobody else, and neither the
content policy nor the bucket has to know of the other.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError
from django.core.files import File
from django.core.files.storage import default_storage

CHUNK = 1 << 18  # bytes handed on at a time


class Gone(Exception):
    """The storage has no such file."""


def folder(batch_public_id: str) -> str:
    """Under which name the storage keeps everything of a batch."""
    return f"media/{batch_public_id}"


def put(name: str, path: Path) -> str:
    """Store the file at `path` as `name`, in place of what an earlier try left there. Returns its name."""
    default_storage.delete(name)
    with path.open("rb") as file:
        return str(default_storage.save(name, File(file)))


def copy(name: str, new: str) -> str:
    """Store the file `name` once more as `new`, in place of what an earlier try left there. Returns its name."""
    default_storage.delete(new)
    with default_storage.open(name, "rb") as file:
        return str(default_storage.save(new, file))


def remove(names: Iterable[str]) -> None:
    """Remove files; those that are not there are passed over."""
    for name in names:
        default_storage.delete(name)


def remove_all(prefix: str) -> None:
    """Remove everything below a folder, as far as it is there."""
    if not in_bucket() and not default_storage.exists(prefix):
        return
    folders, files = default_storage.listdir(prefix)
    for each in folders:
        remove_all(f"{prefix}/{each}")
    remove(f"{prefix}/{each}" for each in files)
    if not in_bucket():
        default_storage.delete(prefix)  # the empty folder; a bucket has none


def exists(name: str) -> bool:
    return bool(default_storage.exists(name))


def pieces(name: str, start: int, length: int) -> Iterator[bytes]:
    """`length` bytes of a file from `start` on. Raises Gone at once, before the first piece is asked for."""
    if in_bucket():
        return _from_bucket(name, start, length)
    try:
        file = default_storage.open(name, "rb")
    except FileNotFoundError:
        raise Gone from None
    return _from_file(file, start, length)


def in_bucket() -> bool:
    """Whether the storage is a bucket: django-storages knows its name."""
    return bool(getattr(default_storage, "bucket_name", ""))


def _from_file(file: Any, start: int, length: int) -> Iterator[bytes]:
    with file:
        file.seek(start)
        while length > 0 and (piece := file.read(min(CHUNK, length))):
            length -= len(piece)
            yield piece


def _from_bucket(name: str, start: int, length: int) -> Iterator[bytes]:
    storage: Any = default_storage
    try:
        answer = storage.connection.meta.client.get_object(
            Bucket=storage.bucket_name,
            Key=storage._normalize_name(name),
            Range=f"bytes={start}-{start + length - 1}",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in {"NoSuchKey", "404"}:
            raise Gone from None
        raise
    return iter(answer["Body"].iter_chunks(CHUNK))
