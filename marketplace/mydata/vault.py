"""The sealed archive: what tax law has kept of somebody who is gone, written by the site and read by nobody on it.

A sealed box: a fresh X25519 key for each record meets the archive's public key (RFC 7748), HKDF-SHA-256 makes of what
they share the key of AES-256-GCM (RFC 5869; NIST SP 800-38D). The private half lies with the operator, off the site.
Kept: who was paid, where they live, their tax numbers, and what they earned and were paid by year, for TAX_KEEP_YEARS
after the last year with money (Council Directive (EU) 2021/514, Annex V, section IV(B)(3): five to ten years; in
France documents of the books for ten: Code de commerce, article L123-22).
"""

import base64
import binascii
import datetime as dt
import hashlib
import json
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder

from marketplace.base import audit, clock, ids, money
from marketplace.base.models import User
from payments.models import Account, AccountKind, Entry, Payee, Payout
from payments.services import dac7

from .models import SealedRecord

HEAD = b"tessera archive 1"
_NONCE = b"\0" * 12  # each record has a key of its own, which seals once
KEPT = (
    "legal_name", "address", "postcode", "town", "country", "tax_residence", "tin", "birth_date", "birth_place",
    "birth_country", "account_holder", "iban", "mobile_number", "mobile_provider",
)  # fmt: skip


class NoArchiveKey(Exception):
    """Tax law has something kept, and TESSERA_ARCHIVE_KEY names no key to seal it to."""


class NotOpened(Exception):
    """This key does not open the record, or the record was changed."""


def is_needed(user: User) -> bool:
    """Whether anything was ever due to the person: then the law has it kept who they were."""
    return Entry.objects.filter(
        account__user=user, account__kind=AccountKind.WORKER_PAYABLE, amount__gt=0
    ).exists()


def seal(user: User) -> SealedRecord | None:
    """Seal what the law has kept; None where it is nothing. Must be inside `atomic()`. Raises NoArchiveKey."""
    if not is_needed(user):
        return None
    if not settings.ARCHIVE_KEY:
        raise NoArchiveKey
    years = _years(user)
    public = _public(settings.ARCHIVE_KEY)
    text = json.dumps(_record(user, years), cls=DjangoJSONEncoder, ensure_ascii=False).encode()
    last = max(years, default=clock.year_of(clock.now()))
    return SealedRecord.objects.create(
        user=user,
        key_id=thumbprint(public),
        sealed=_box(text, public, user.pk),
        keep_until=dt.date(last + settings.TAX_KEEP_YEARS, 12, 31),
        made_at=clock.now(),
    )


def opened(record: SealedRecord, private: X25519PrivateKey) -> dict[str, Any]:
    """What a record holds. Raises NotOpened, also for one that was destroyed."""
    if record.sealed is None:
        raise NotOpened
    sealed = bytes(record.sealed)
    shared = private.exchange(X25519PublicKey.from_public_bytes(sealed[:32]))
    key = _derive(shared, sealed[:32], private.public_key())
    try:
        plain = AESGCM(key).decrypt(_NONCE, sealed[32:], HEAD + str(record.user_id).encode())
    except InvalidTag:
        raise NotOpened from None
    found: dict[str, Any] = json.loads(plain)
    return found


def payees(private: X25519PrivateKey) -> dict[int, Payee]:
    """Details of people who left, by number, for the tax office's file: rows that are never saved. What this key does
    not open is left out; that it was opened is written down."""
    found = {}
    for record in SealedRecord.objects.filter(sealed__isnull=False).order_by("pk"):
        try:
            kept = opened(record, private)["payee"]
        except NotOpened:
            continue
        if kept:
            born = kept.pop("birth_date")
            found[record.user_id] = Payee(
                **kept, user_id=record.user_id, birth_date=dt.date.fromisoformat(born) if born else None
            )
    audit.record("mydata:archive:declare", "archive", actor=None, records=len(found))
    return found


def destroy_due() -> int:
    """Destroy the records whose time is over; how many."""
    due = SealedRecord.objects.filter(sealed__isnull=False, keep_until__lt=clock.today())
    return due.update(sealed=None, destroyed_at=clock.now())


def read_private(text: str) -> X25519PrivateKey:
    """The archive's private key: 32 bytes in base64. Raises ValueError."""
    return X25519PrivateKey.from_private_bytes(_bytes(text))


def public_text(private: X25519PrivateKey) -> str:
    """The public half, as TESSERA_ARCHIVE_KEY takes it."""
    return base64.b64encode(private.public_key().public_bytes_raw()).decode()


def private_text(private: X25519PrivateKey) -> str:
    """The private half, as `read_private` takes it."""
    return base64.b64encode(private.private_bytes_raw()).decode()


def thumbprint(public: X25519PublicKey) -> str:
    """By which a record names its key: 43 letters."""
    digest = hashlib.sha256(public.public_bytes_raw()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def _box(text: bytes, public: X25519PublicKey, user_id: int) -> bytes:
    fresh = X25519PrivateKey.generate()
    head = fresh.public_key().public_bytes_raw()
    key = _derive(fresh.exchange(public), head, public)
    return head + AESGCM(key).encrypt(_NONCE, text, HEAD + str(user_id).encode())


def _derive(shared: bytes, head: bytes, public: X25519PublicKey) -> bytes:
    salt = head + public.public_bytes_raw()
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=HEAD).derive(shared)


def _public(text: str) -> X25519PublicKey:
    return X25519PublicKey.from_public_bytes(_bytes(text))


def _bytes(text: str) -> bytes:
    try:
        found = base64.b64decode(text.strip(), validate=True)
    except (ValueError, binascii.Error):
        found = b""
    if len(found) != 32:
        raise ValueError("A key of the archive is 32 bytes in base64: manage.py mydata new-key makes a pair.")
    return found


def _years(user: User) -> list[int]:
    """The years (Europe/Paris) in which anything was due or paid to the person."""
    first = Account.objects.filter(user=user, kind=AccountKind.WORKER_PAYABLE)
    moments = Entry.objects.filter(account__in=first).values_list("transaction__created_at", flat=True)
    return sorted({clock.year_of(moment) for moment in moments.iterator()})


def _record(user: User, years: list[int]) -> dict[str, Any]:
    payee = Payee.objects.filter(user=user).first()
    figures = {year: dac7.of_worker(user.pk, year) for year in years}
    return {
        "worker": ids.encode("usr", user.pk),
        "payee": {name: getattr(payee, name) for name in KEPT} if payee else None,
        "name": user.name,
        "email": user.email,
        "years": {
            str(year): {
                "consideration": [money.to_string(micros) for micros in row.consideration],
                "activities": list(row.activities),
            }
            for year, row in figures.items()
        },
        "payouts": [
            {
                "id": row.public_id, "amount": money.to_string(row.amount_micros), "state": row.state,
                "paid_at": row.paid_at, "by": row.gateway,
            }
            for row in Payout.objects.filter(user=user).order_by("pk").iterator()
        ],
    }  # fmt: skip
