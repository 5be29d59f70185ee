"""The signature of an export: a JSON Web Signature with detached content over its manifest (RFC 7515, appendix F).

The key is the one that signs certificates (Ed25519, RFC 8037); its public half is at /.well-known/jwks.json and at the
address in `kid`.
"""

import base64
import json
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from django.conf import settings

from marketplace.base import clock
from marketplace.base.models import User
from workers.services import certificate_keys as keys

from .lists import VERSION

TYPE = "tessera-my-data+jws"


class BadSignature(ValueError):
    """It can't be read, or is not of this key over these bytes."""


def here() -> str:
    """The address of this site, as exports name who made them."""
    return keys.base_url()


def manifest(user: User, files: dict[str, tuple[str, int]]) -> bytes:
    """The bytes that are signed: who it is about, who made it and when, and of each file its SHA-256 and its size."""
    found = {
        "schema": "tessera-my-data",
        "version": VERSION,
        "person": user.public_id,
        "made_by": here(),
        "made_at": clock.now().isoformat(timespec="seconds"),
        "sha256": {name: digest for name, (digest, _size) in sorted(files.items())},
        "bytes": {name: size for name, (_digest, size) in sorted(files.items())},
    }
    return json.dumps(found, indent=1, ensure_ascii=False).encode()


def signed(content: bytes) -> str:
    """The signature over `content`; '' where this deployment has no key."""
    if not settings.CERTIFICATE_KEY:
        return ""
    head = {"alg": "EdDSA", "kid": keys.signing().address, "typ": TYPE}
    first = _packed(json.dumps(head, separators=(",", ":")).encode())
    signature = keys.private_key().sign(_signed_bytes(first, content))
    return f"{first}..{_packed(signature)}"


def head_of(signature: str) -> dict[str, Any]:
    """What a signature says of itself, `kid` above all; nothing of it is proved yet. Raises BadSignature."""
    try:
        first, middle, _last = signature.strip().split(".")
        head = json.loads(_unpacked(first))
    except ValueError:
        raise BadSignature from None
    if middle or not isinstance(head, dict) or head.get("alg") != "EdDSA":
        raise BadSignature
    return head


def check(signature: str, content: bytes, public: Ed25519PublicKey) -> None:
    """Raises BadSignature unless this key signed exactly these bytes."""
    head_of(signature)
    first, _middle, last = signature.strip().split(".")
    try:
        public.verify(_unpacked(last), _signed_bytes(first, content))
    except (InvalidSignature, ValueError):
        raise BadSignature from None


def _signed_bytes(first: str, content: bytes) -> bytes:
    return first.encode() + b"." + _packed(content).encode()


def _packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _unpacked(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
