"""Public keys that somebody names to verify a file with: a text, a file, an address, or a site's did:web name."""

import json
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from workers.services import certificate_keys as keys

MOST_BYTES = 1_000_000
TIMEOUT = 20  # seconds


def named(text: str) -> tuple[list[Ed25519PublicKey], str]:
    """The keys that `text` names, and where they are from, in words.

    `text` is `x` of a JWK (32 bytes in base64), a path, an https address or did:web:…; there may stand a key as text, a
    JWK, a JWK set (/.well-known/jwks.json) or a DID document (/.well-known/did.json). Raises BadKey.
    """
    if text.startswith("did:web:"):
        text = _address(text)
    if text.startswith(("https://", "http://")):
        return _found(_fetched(text), text), text
    path = Path(text)
    if _is_file(path):
        with path.open("rb") as file:
            return _found(file.read(MOST_BYTES).decode("utf-8", "replace"), text), f"the file {text}"
    return [keys.read_public(text)], "the text of --key"


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name longer than names may be
        return False


def _address(did: str) -> str:
    """Where a did:web name has its document (W3C CCG, did:web method, section 3.2)."""
    host, *path = did.removeprefix("did:web:").split(":")
    place = "/".join(path) if path else ".well-known"
    return f"https://{unquote(host)}/{place}/did.json"


def _fetched(address: str) -> str:
    """What stands at an address. Without TLS only this very machine is asked. Raises BadKey."""
    if not address.startswith(("https://", "http://127.0.0.1:", "http://localhost:")):
        raise keys.BadKey(f"{address}: keys are only fetched by https.")
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT) as answer:  # noqa: S310 - the scheme is looked at above
            return str(answer.read(MOST_BYTES).decode("utf-8", "replace"))
    except (OSError, ValueError) as error:
        raise keys.BadKey(f"{address} could not be read: {error}") from None


def _found(text: str, where: str) -> list[Ed25519PublicKey]:
    try:
        read = json.loads(text)
    except ValueError:
        return [keys.read_public(text.strip())]
    found = [keys.read_public(each["x"]) for each in _jwks(read)]
    if not found:
        raise keys.BadKey(f"{where} holds no Ed25519 key: a JWK, a JWK set or a DID document does.")
    return found


def _jwks(read: Any) -> list[dict[str, str]]:
    if not isinstance(read, dict):
        return []
    methods = read.get("verificationMethod")
    listed = read.get("keys") or [
        each.get("publicKeyJwk") for each in methods or [] if isinstance(each, dict)
    ]
    there = [read, *(listed if isinstance(listed, list) else [])]
    return [
        each
        for each in there
        if isinstance(each, dict) and each.get("crv") == "Ed25519" and isinstance(each.get("x"), str)
    ]
