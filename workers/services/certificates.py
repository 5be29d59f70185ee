"""Certificates: what a person holds, signed, to keep and to show elsewhere (docs/adr/0045).

One is made when its person asks for it and names themselves on it; before that nothing is public. The person can take
it back at any time. Anybody can have one verified, which asks nobody but our own books.
"""

import datetime as dt
import secrets
import unicodedata
import uuid
from dataclasses import dataclass
from typing import Any

import jwt
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.enums import TextChoices
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock
from marketplace.base.errors import Invalid, Lost, NotFound, Refusal
from marketplace.base.models import User
from workers.models import Award, Certificate

from . import awards, certificate_badge
from . import certificate_keys as keys
from .certificate_badge import Shown

MOST_NAME = 80
MOST_TOKEN = 20_000  # characters
MOST_A_DAY = 20  # of one person
FULL = certificate_badge.LIST_BITS // 2  # a list that is half full makes room for the next


class NotHeld(Refusal):
    """The award ended, was taken back, or a newer one took its place."""

    code = "not_held"
    detail = _("You don't hold this any more, so no certificate can be made of it.")


class HasOne(Refusal):
    """There is a certificate of this award already."""

    code = "has_a_certificate"
    detail = _("You have a certificate of this. To change the name on it, take it back first.")


class EnoughToday(Refusal):
    """More certificates in a day than anybody needs."""

    code = "enough_today"
    detail = _("You have made many certificates today. Make the next one tomorrow.")
    status = 429


class Standing(TextChoices):
    """What became of a certificate, or of something that looks like one."""

    VALID = "valid", _("This certificate is valid")
    EXPIRED = "expired", _("This certificate has run out")
    REVOKED = "revoked", _("This certificate does not hold any more")
    WITHDRAWN = "withdrawn", _("This certificate was taken back")
    CHANGED = "changed", _("This is not what was signed")
    FOREIGN = "foreign", _("This was not issued here")
    UNREADABLE = "unreadable", _("This is no certificate")


@dataclass(frozen=True)
class Verdict:
    """What verifying found. `claims` is what was signed, only where the signature is ours and the person lets it be
    seen; `certificate` our own row of it."""

    standing: Standing
    claims: dict[str, Any] | None = None
    certificate: Certificate | None = None

    @property
    def holds(self) -> bool:
        return self.standing == Standing.VALID


# --- The person -----------------------------------------------------------------------------------------------------


@transaction.atomic
def issue(*, award: Award, person: User, name: str, shown: Shown | None) -> Certificate:
    """Make the certificate of an award in force, in the active language, with the name that its person chose.

    `shown` is the test by which it was got. Raises NotFound for somebody else's award, NotHeld, HasOne, EnoughToday,
    Invalid (`name`), NoKey.
    """
    found = (
        Award.objects.select_for_update(no_key=True, of=("self",)).filter(pk=award.pk, user=person).first()
    )
    if found is None:
        raise NotFound
    now = clock.now()
    held = Award.objects.filter(awards.valid(now), pk=found.pk)
    if not held.exists():
        raise NotHeld
    mine = Certificate.objects.filter(award__user=person)
    if mine.filter(award=found, withdrawn_at__isnull=True).exists():
        raise HasOne
    if mine.filter(issued_at__gt=now - dt.timedelta(days=1)).count() >= MOST_A_DAY:
        raise EnoughToday
    return _make(held.select_related("qualification__organisation").get(), person, _name(name), shown, now)


def _make(award: Award, person: User, name: str, shown: Shown | None, now: dt.datetime) -> Certificate:
    number, issued_at, index = uuid.uuid4(), now.replace(microsecond=0), _free_index()
    body = certificate_badge.credential(
        certificate_id=number, award=award, name=name, shown=shown, issued_at=issued_at, status_index=index
    )
    row = Certificate.objects.create(
        id=number,
        award=award,
        name=name,
        token=certificate_badge.signed(body, issued_at, award.expires_at),
        key_id=keys.signing().thumbprint,
        status_index=index,
        issued_at=issued_at,
    )
    audit.record("workers:certificate:issue", award.public_id, actor=person)
    return row


def _free_index() -> int:
    """A place in a status list that nobody has, by chance: two neighbours say nothing about each other."""
    number = Certificate.objects.count() // FULL
    while True:
        index = number * certificate_badge.LIST_BITS + secrets.randbelow(certificate_badge.LIST_BITS)
        if not Certificate.objects.filter(status_index=index).exists():
            return index


def _name(text: str) -> str:
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not name or len(name) > MOST_NAME or not name.isprintable():
        raise Invalid(fields={"name": [_("Write the name that should stand on it, in at most 80 letters.")]})
    return name


def withdraw(*, certificate: Certificate, person: User) -> None:
    """Take a certificate back: its page is gone at once, and it counts as revoked. Raises NotFound, Lost."""
    if certificate.award.user_id != person.pk:
        raise NotFound
    moved = Certificate.objects.filter(pk=certificate.pk, withdrawn_at__isnull=True)
    if not moved.update(withdrawn_at=clock.now()):
        raise Lost
    audit.record("workers:certificate:withdraw", certificate.award.public_id, actor=person)


def of(person: User) -> QuerySet[Certificate]:
    """A person's certificates, the newest first, those taken back too."""
    rows = Certificate.objects.filter(award__user=person).select_related("award__qualification__organisation")
    return rows.order_by("-issued_at", "-pk")


def own(person: User, number: uuid.UUID) -> Certificate:
    """A certificate of this very person. Raises NotFound."""
    found = of(person).filter(pk=number).first()
    if found is None:
        raise NotFound
    return found


def without_one(person: User) -> list[Award]:
    """What a person holds and has no certificate of."""
    has = Certificate.objects.filter(award__user=person, withdrawn_at__isnull=True).values("award")
    held = awards.held(person.pk).exclude(pk__in=has)
    return list(held.select_related("qualification__organisation").order_by("-granted_at"))


def certified(award: Award) -> Certificate | None:
    """The certificate of an award that stands."""
    return Certificate.objects.filter(award=award, withdrawn_at__isnull=True).first()


# --- Anybody --------------------------------------------------------------------------------------------------------


def public(number: uuid.UUID) -> Verdict:
    """What became of the certificate of this public address, verified now. Raises NotFound where there was none."""
    row = _rows().filter(pk=number).first()
    if row is None:
        raise NotFound
    if _is_gone(row):
        return Verdict(Standing.WITHDRAWN, certificate=row)
    return verify(row.token)


def verify(token: str) -> Verdict:
    """Whether a token is a certificate of ours that holds: signature, issuer, dates, and our own books.

    Asks no address that the token names. Never raises for what was typed.
    """
    text = "".join(token.split())
    try:
        header = jwt.get_unverified_header(text) if len(text) <= MOST_TOKEN else None
        told = jwt.decode(text, options={"verify_signature": False}) if header else None
    except (jwt.InvalidTokenError, ValueError, RecursionError):
        header = told = None
    if header is None or not isinstance(told, dict):
        return Verdict(Standing.UNREADABLE)
    key = keys.find(keys.thumbprint_of(str(header.get("kid", ""))))
    if told.get("iss") != keys.issuer():
        return Verdict(Standing.FOREIGN)
    if key is None or header.get("alg") != "EdDSA":
        return Verdict(Standing.CHANGED)
    try:
        # Dates are looked at by the clock of the house.
        claims = jwt.decode(
            text, key.public, algorithms=["EdDSA"], options={"verify_exp": False, "verify_nbf": False}
        )
    except (jwt.InvalidTokenError, ValueError):
        return Verdict(Standing.CHANGED)
    return _in_our_books(claims)


def _in_our_books(claims: dict[str, Any]) -> Verdict:
    """What became of a certificate that we signed. One that was taken back shows nothing of its person any more."""
    try:
        number = uuid.UUID(str(claims.get("jti", "")).rstrip("/").rpartition("/")[2])
    except ValueError:
        return Verdict(Standing.UNREADABLE)  # another thing that we sign, such as a status list
    row = _rows().filter(pk=number).first()
    if row is None or _is_gone(row):
        return Verdict(Standing.WITHDRAWN, certificate=row)
    if row.award.revoked_at is not None:
        return Verdict(Standing.REVOKED, certificate=row)
    now = clock.now().timestamp()
    if "exp" in claims and claims["exp"] <= now:
        return Verdict(Standing.EXPIRED, claims, row)
    return Verdict(Standing.VALID, claims, row)


def _rows() -> QuerySet[Certificate]:
    return Certificate.objects.select_related("award__user", "award__qualification__organisation")


def _is_gone(row: Certificate) -> bool:
    return row.withdrawn_at is not None or not row.award.user.is_active


def status_list(number: int) -> str:
    """The signed list that says which certificates of a range hold no more. Raises NotFound, NoKey."""
    first = number * certificate_badge.LIST_BITS
    rows = Certificate.objects.filter(
        status_index__gte=first, status_index__lt=first + certificate_badge.LIST_BITS
    )
    if number and not rows.exists():
        raise NotFound
    over = (
        Q(withdrawn_at__isnull=False) | Q(award__revoked_at__isnull=False) | Q(award__user__is_active=False)
    )
    revoked = rows.filter(over).values_list("status_index", flat=True)
    return certificate_badge.status_list(number, revoked, clock.now())
