"""Reading an export, of this Tessera or of another: is it whole, who signed it, what does it say."""

import hashlib
import json
import lzma
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import IO, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from workers.services import certificate_keys as keys

from . import signing
from .lists import LISTS, PARTS, VERSION

MOST_BYTES = 2_000_000_000  # unpacked, of all files together
MOST_FILES = 100_000
MOST_MANIFEST = 20_000_000
MOST_SIGNATURE = 10_000  # it is read into memory as a whole, whoever sends it


# Whatever a file made to break the reader, or damaged on its way, can raise.
_BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, KeyError, ValueError, TypeError, NotImplementedError, RuntimeError,
    EOFError, OSError,
)  # fmt: skip


class Standing(TextChoices):
    """What looking at a file found."""

    VALID = "valid", _("This file is as it was made, and signed by the site it names")
    CHANGED = "changed", _("This file is not what was signed")
    UNSIGNED = "unsigned", _("This file carries no signature")
    FOREIGN = "foreign", _("This file was signed by a key that we don't know")
    UNREADABLE = "unreadable", _("This is no file of data from a Tessera")


@dataclass(frozen=True, slots=True)
class Found:
    """`manifest` is there as soon as it could be read; `data` only where the signature holds."""

    standing: Standing
    manifest: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    wrong: tuple[str, ...] = ()  # files that are changed, missing or too many

    @property
    def holds(self) -> bool:
        return self.standing == Standing.VALID


def read(source: IO[bytes], *, key: Ed25519PublicKey | None = None, with_data: bool = True) -> Found:
    """Look at a ZIP. Without `key` the keys of this site count; another site's is taken from there by whoever looks."""
    try:
        with zipfile.ZipFile(source) as archive:
            return _read(archive, key, with_data)
    except _BROKEN:
        return Found(Standing.UNREADABLE)


def _read(archive: zipfile.ZipFile, key: Ed25519PublicKey | None, with_data: bool) -> Found:
    infos = {info.filename: info for info in archive.infolist()}
    too_much = sum(info.file_size for info in infos.values()) > MOST_BYTES or len(infos) > MOST_FILES
    signature = infos.get("signature.jws")
    too_much = too_much or (signature is not None and signature.file_size > MOST_SIGNATURE)
    if too_much or infos["manifest.json"].file_size > MOST_MANIFEST:
        return Found(Standing.UNREADABLE)
    raw = archive.read("manifest.json")
    manifest = json.loads(raw)
    if not isinstance(manifest, dict) or manifest.get("schema") != "tessera-my-data":
        return Found(Standing.UNREADABLE)
    wrong = _wrong(archive, manifest["sha256"], set(infos) - {"manifest.json", "signature.jws"})
    if wrong:
        return Found(Standing.CHANGED, manifest, wrong=wrong)
    standing = _signature(archive, infos, raw, key)
    if standing != Standing.VALID or not with_data:
        return Found(standing, manifest)
    return Found(standing, manifest, json.loads(archive.read("data.json")))


def _wrong(archive: zipfile.ZipFile, sums: dict[str, str], there: set[str]) -> tuple[str, ...]:
    wrong = there ^ set(sums)
    for name in there & set(sums):
        digest = hashlib.sha256()
        with archive.open(name) as file:
            while piece := file.read(1 << 18):
                digest.update(piece)
        if digest.hexdigest() != sums[name]:
            wrong.add(name)
    return tuple(sorted(wrong))


def _signature(archive: zipfile.ZipFile, infos: Any, raw: bytes, key: Ed25519PublicKey | None) -> Standing:
    if "signature.jws" not in infos:
        return Standing.UNSIGNED
    try:
        signature = archive.read("signature.jws").decode("ascii")
        kid = str(signing.head_of(signature).get("kid", ""))
        if key is None:
            known = keys.find(keys.thumbprint_of(kid))
            key = known.public if known else None
        if key is None:
            return Standing.FOREIGN
        signing.check(signature, raw, key)
    except (signing.BadSignature, UnicodeDecodeError):
        return Standing.CHANGED
    return Standing.VALID


def faults(data: dict[str, Any]) -> list[str]:
    """What in data.json is not as the schema of its version says; empty for what can be read elsewhere."""
    found = []
    if data.get("version") != VERSION:
        found.append(f"version {data.get('version')} is not {VERSION}")
    found += [f"{name} is no object" for name in PARTS if not isinstance(data.get(name), dict | None)]
    found += [f"{name} is no list of objects" for name in LISTS if not _is_rows(data.get(name, []))]
    return found


def _is_rows(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, dict) for row in value)


def schema() -> dict[str, Any]:
    """The JSON Schema of data.json (draft 2020-12), as docs/how-to/my-data.schema.json has it."""
    rows = {"type": "array", "items": {"type": "object"}}
    parts = {
        name: {"type": ["object", "null"], "description": str(what)} for name, (_part, what) in PARTS.items()
    }
    lists = {name: rows | {"description": str(what)} for name, (_rows, what) in LISTS.items()}
    head = {
        "schema": {"const": "tessera-my-data"},
        "version": {"const": VERSION},
        "made_at": {"type": "string", "format": "date-time"},
        "made_by": {"type": "string", "format": "uri"},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What a Tessera keeps of a person",
        "type": "object",
        "properties": head | parts | lists,
        "required": [*head, *PARTS, *LISTS],
    }
