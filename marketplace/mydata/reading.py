"""Reading an export, of this Tessera or of another: is it whole, who signed it, what does it say.

Who signed it comes first: whoever can't sign the list of files can't have us unpack any of them. That list says how
large each file is, and one of another size is not unpacked either.
"""

import hashlib
import json
import lzma
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import IO, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from workers.services import certificate_keys as keys

from . import signing, unpacking
from .lists import LISTS, PARTS, VERSION

# Whatever a file made to break the reader, or damaged on its way, can raise.
_BROKEN = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, KeyError, ValueError, TypeError, NotImplementedError, RuntimeError,
    EOFError, OSError, RecursionError,
)  # fmt: skip
_OUTER = ("manifest.json", "signature.jws")  # which the manifest doesn't list


class Standing(TextChoices):
    """What looking at a file found."""

    VALID = "valid", _("This file is as it was made, and signed by the site it names")
    CHANGED = "changed", _("This file is not what was signed")
    UNSIGNED = "unsigned", _("This file carries no signature")
    FOREIGN = "foreign", _("This file was signed by a key that we don't know")
    UNREADABLE = "unreadable", _("This is no file of data from a Tessera")
    TOO_LARGE = "too_large", _("This file is larger than what is looked at here")


@dataclass(frozen=True, slots=True)
class Found:
    """`manifest` is there as soon as it could be read; `data` only where the signature holds.

    `kid` is what the signature calls its key, `key` the thumbprint of the key that it was found to be of; `why` is a
    sentence about a file that is too large.
    """

    standing: Standing
    manifest: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)
    wrong: tuple[str, ...] = ()  # files that are changed, missing or too many
    kid: str = ""
    key: str = ""
    why: str = ""

    @property
    def holds(self) -> bool:
        return self.standing == Standing.VALID


def read(
    source: IO[bytes], *, known: Sequence[Ed25519PublicKey] | None = None, with_data: bool = True
) -> Found:
    """Look at a ZIP. Without `known` the keys of this site count; another site's are fetched there by whoever looks."""
    trusted = [key.public for key in keys.public_keys()] if known is None else list(known)
    try:
        unpacking.measured(source)
        with zipfile.ZipFile(source) as archive:
            return _read(archive, {keys.thumbprint(each): each for each in trusted}, with_data)
    except unpacking.TooLarge as refusal:
        return Found(Standing.TOO_LARGE, why=str(refusal))
    except _BROKEN:
        return Found(Standing.UNREADABLE)


def _read(archive: zipfile.ZipFile, known: dict[str, Ed25519PublicKey], with_data: bool) -> Found:
    infos = unpacking.listed(archive)
    raw = unpacking.small(archive, infos["manifest.json"], unpacking.MOST_MANIFEST)
    manifest = json.loads(raw)
    if not _is_manifest(manifest):
        return Found(Standing.UNREADABLE)
    standing, kid, key = _signature(archive, infos, raw, known)
    if standing != Standing.VALID:
        return Found(standing, manifest, kid=kid)
    wrong = _wrong(archive, infos, manifest)
    if wrong:
        return Found(Standing.CHANGED, manifest, wrong=wrong, kid=kid, key=key)
    data = json.loads(archive.read("data.json")) if with_data else {}
    return Found(standing, manifest, data, kid=kid, key=key)


def _is_manifest(found: Any) -> bool:
    """Whether it reads as a manifest; `bytes` came later than the first ones."""
    if not isinstance(found, dict) or found.get("schema") != "tessera-my-data":
        return False
    return isinstance(found.get("sha256"), dict) and isinstance(found.get("bytes", {}), dict)


def _wrong(
    archive: zipfile.ZipFile, infos: dict[str, zipfile.ZipInfo], manifest: dict[str, Any]
) -> tuple[str, ...]:
    """Files that are not as the manifest says. One of another size is not unpacked; a file made before manifests told
    sizes is bounded by the settings alone."""
    sums, sizes = manifest["sha256"], manifest.get("bytes", {})
    there = set(infos) - set(_OUTER)
    wrong = there ^ set(sums)
    for name in sorted(there & set(sums)):
        if sizes.get(name, infos[name].file_size) != infos[name].file_size:
            wrong.add(name)
            continue
        digest = hashlib.sha256()
        for piece in unpacking.pieces(archive, infos[name]):
            digest.update(piece)
        if digest.hexdigest() != sums[name]:
            wrong.add(name)
    return tuple(sorted(wrong))


def _signature(
    archive: zipfile.ZipFile,
    infos: dict[str, zipfile.ZipInfo],
    raw: bytes,
    known: dict[str, Ed25519PublicKey],
) -> tuple[Standing, str, str]:
    """What the signature is worth, what it calls its key, and the thumbprint of the key that it is of.

    The key is found by the thumbprint at the end of that name: which address a site had when it signed is no matter.
    """
    if "signature.jws" not in infos:
        return Standing.UNSIGNED, "", ""
    try:
        signature = unpacking.small(archive, infos["signature.jws"], unpacking.MOST_SIGNATURE).decode("ascii")
        kid = str(signing.head_of(signature).get("kid", ""))
    except (signing.BadSignature, UnicodeDecodeError):
        return Standing.CHANGED, "", ""
    named = kid.rstrip("/").rpartition("/")[2]
    if named not in known:
        return Standing.FOREIGN, kid, ""
    try:
        signing.check(signature, raw, known[named])
    except signing.BadSignature:
        return Standing.CHANGED, kid, named
    return Standing.VALID, kid, named


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
