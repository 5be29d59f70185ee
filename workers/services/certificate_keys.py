"""The key that signs certificates, and how the world gets its public half (docs/adr/0045).

Ed25519 (RFC 8032) as a JSON Web Key (RFC 8037). A key is known by its thumbprint (RFC 7638), so that nobody has to
choose names. Former public keys stay listed: what they signed stays true.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings
from django.utils.translation import gettext_lazy

from marketplace.base.errors import Refusal

SEED = 32  # bytes, of a private key as of a public one


class NoKey(Refusal):
    """This deployment has no key to sign with."""

    code = "certificates_not_set_up"
    detail = gettext_lazy(
        "Certificates are not set up here yet. What you hold stays yours: ask again later, or write to us."
    )
    status = 503


class BadKey(ValueError):
    """A key that is set can't be read; the sentence says what one looks like."""


@dataclass(frozen=True)
class Key:
    """A public key, and its thumbprint: 43 letters of base64url."""

    public: Ed25519PublicKey
    thumbprint: str

    @property
    def address(self) -> str:
        """Where anybody gets it: the `kid` of what it signed."""
        return f"{base_url()}/certificates/keys/{self.thumbprint}/"

    def jwk(self) -> dict[str, str]:
        """The key as others read it (RFC 8037)."""
        return {**_bare(self.public), "alg": "EdDSA", "use": "sig", "kid": self.address}


def base_url() -> str:
    """The address of this site without a slash at its end."""
    return settings.BASE_URL.rstrip("/")


def issuer() -> str:
    """The id of who issues, an address that tells who that is."""
    return f"{base_url()}/certificates/issuer/"


def private_key() -> Ed25519PrivateKey:
    """The key that signs. Raises NoKey where none is set, BadKey for one that can't be read."""
    if not settings.CERTIFICATE_KEY:
        raise NoKey
    return read_private(settings.CERTIFICATE_KEY)


def signing() -> Key:
    """The public half of the key that signs. Raises as `private_key`."""
    return _named(private_key().public_key())


def public_keys() -> list[Key]:
    """Every key whose signatures count, the present one first; none where no key was ever set. Raises BadKey."""
    present = [signing()] if settings.CERTIFICATE_KEY else []
    former = [_named(read_public(text)) for text in settings.CERTIFICATE_OLD_KEYS]
    return list({key.thumbprint: key for key in [*present, *former]}.values())


def find(thumbprint: str) -> Key | None:
    """The key of this thumbprint, if its signatures count."""
    return next((key for key in public_keys() if key.thumbprint == thumbprint), None)


def thumbprint(public: Ed25519PublicKey) -> str:
    """What a public key is known by."""
    return _named(public).thumbprint


def thumbprint_of(address: str) -> str:
    """The thumbprint in a `kid` of ours; '' for any other."""
    head = f"{base_url()}/certificates/keys/"
    return address[len(head) :].rstrip("/") if address.startswith(head) else ""


def did() -> str:
    """This site as a decentralised identifier (the did:web method): its host, a port with its colon escaped."""
    return f"did:web:{urlsplit(base_url()).netloc.replace(':', '%3A')}"


def did_document(keys: Sequence[Key]) -> dict[str, Any]:
    """What /.well-known/did.json says."""
    name = did()
    methods = [
        {
            "id": f"{name}#{key.thumbprint}",
            "type": "JsonWebKey",
            "controller": name,
            "publicKeyJwk": key.jwk(),
        }
        for key in keys
    ]
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/jwk/v1"],
        "id": name,
        "alsoKnownAs": [issuer()],
        "verificationMethod": methods,
        "assertionMethod": [method["id"] for method in methods],
    }


# --- Reading keys ---------------------------------------------------------------------------------------------------


@lru_cache(maxsize=8)
def read_private(text: str) -> Ed25519PrivateKey:
    """A private key in PEM (PKCS #8; line ends may be written as \\n), or 32 bytes in base64. Raises BadKey."""
    if "-----BEGIN" in text:
        try:
            key = load_pem_private_key(text.replace("\\n", "\n").encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise BadKey("This PEM can't be read; it must hold an Ed25519 key without a password.") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise BadKey(
                "This PEM holds a key of another kind: make one with openssl genpkey -algorithm ed25519."
            )
        return key
    return Ed25519PrivateKey.from_private_bytes(_bytes(text))


@lru_cache(maxsize=64)
def read_public(text: str) -> Ed25519PublicKey:
    """A public key: its 32 bytes in base64, as `x` of a JWK has them. Raises BadKey."""
    return Ed25519PublicKey.from_public_bytes(_bytes(text))


def _bytes(text: str) -> bytes:
    plain = text.strip().rstrip("=").replace("+", "-").replace("/", "_")
    try:
        found = base64.urlsafe_b64decode(plain + "=" * (-len(plain) % 4))
    except (ValueError, binascii.Error):
        found = b""
    if len(found) != SEED:
        raise BadKey("A key is PEM, or 32 bytes in base64: make one with openssl rand -base64 32.")
    return found


def _named(public: Ed25519PublicKey) -> Key:
    """With its thumbprint: SHA-256 over the required members in their order (RFC 7638, RFC 8037 appendix A.3)."""
    bare = _bare(public)
    text = json.dumps({name: bare[name] for name in ("crv", "kty", "x")}, separators=(",", ":"))
    return Key(public, _base64(hashlib.sha256(text.encode()).digest()))


def _bare(public: Ed25519PublicKey) -> dict[str, str]:
    return {"kty": "OKP", "crv": "Ed25519", "x": _base64(public.public_bytes_raw())}


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
