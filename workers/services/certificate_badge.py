"""What a certificate says: an Open Badge 3.0 as a Verifiable Credential (docs/adr/0045).

Sources: Open Badges Specification 3.0 (1EdTech, 2024): OpenBadgeCredential, AchievementSubject, Achievement, Result;
Verifiable Credentials Data Model 2.0 and Bitstring Status List 1.0 (W3C, 2025). As that data model wants it, the
credential itself is the payload of the JWT, with the registered claims beside it.
"""

import base64
import datetime as dt
import gzip
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import jwt
from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from marketplace.base import formats
from workers.models import Award

from . import certificate_keys as keys

CONTEXT = [
    "https://www.w3.org/ns/credentials/v2",
    "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json",
]
LIST_BITS = 131_072  # of one status list: the least that the recommendation allows, so that nobody stands out


@dataclass(frozen=True)
class Shown:
    """By what test something was shown; shares go from 0 to 1."""

    questions: int
    pass_mark: float


def address(certificate_id: Any) -> str:
    """The id of a credential: its public page."""
    return f"{keys.base_url()}/certificates/{certificate_id}/"


def credential(
    *,
    certificate_id: Any,
    award: Award,
    name: str,
    shown: Shown | None,
    issued_at: dt.datetime,
    status_index: int,
) -> dict[str, Any]:
    """The OpenBadgeCredential, in the active language. Of the person it holds the name they chose and nothing else."""
    about: dict[str, Any] = {
        "@context": CONTEXT,
        "id": address(certificate_id),
        "type": ["VerifiableCredential", "OpenBadgeCredential"],
        "name": award.qualification.name,
        "issuer": profile(),
        "validFrom": moment(issued_at),
        "credentialSubject": _subject(certificate_id, award, name, shown),
        "credentialStatus": _status(status_index),
    }
    if award.expires_at is not None:
        about["validUntil"] = moment(award.expires_at)
    return about


def profile() -> dict[str, Any]:
    """Who issues."""
    return {
        "id": keys.issuer(),
        "type": ["Profile"],
        "name": f"{settings.OPERATOR} (Tessera)" if settings.OPERATOR else "Tessera",
        "url": keys.base_url(),
        "email": settings.CONTACT_EMAIL,
    }


def _subject(certificate_id: Any, award: Award, name: str, shown: Shown | None) -> dict[str, Any]:
    result_id = f"{address(certificate_id)}#score"
    achievement: dict[str, Any] = {
        "id": f"{address(certificate_id)}#achievement",  # no id of ours: two certificates can't be put together
        "type": ["Achievement"],
        "achievementType": "Assessment" if award.score is not None else "Certification",
        "name": award.qualification.name,
        "description": award.qualification.description,
        "criteria": {"narrative": narrative(award, shown)},
        "inLanguage": get_language() or "en",
    }
    subject: dict[str, Any] = {
        "id": f"{address(certificate_id)}#holder",
        "type": ["AchievementSubject"],
        "identifier": [
            {"type": "IdentityObject", "identityHash": name, "identityType": "name", "hashed": False}
        ],
        "achievement": achievement,
        "activityEndDate": moment(award.granted_at),
    }
    if award.score is not None:
        described: dict[str, Any] = {
            "id": result_id, "type": ["ResultDescription"], "name": _("Share of right answers"),
            "resultType": "Percent", "valueMin": "0", "valueMax": "100",
        }  # fmt: skip
        if shown is not None:
            described["requiredValue"] = _percent(shown.pass_mark)
        achievement["resultDescription"] = [described]
        subject["result"] = [
            {
                "type": ["Result"],
                "resultDescription": result_id,
                "value": _percent(award.score),
                "status": "Completed",
            }
        ]
    return subject


def narrative(award: Award, shown: Shown | None) -> str:
    """How it was shown, in words."""
    who = award.qualification.organisation.name if award.qualification.organisation else "Tessera"
    if award.score is None:
        return _("Granted by a named person of %(who)s, who knows the work.") % {"who": who}
    if shown is None:
        return _("A test made by %(who)s was passed.") % {"who": who}
    return _(
        "A test made by %(who)s was passed: %(questions)s questions with known answers, of which %(mark)s "
        "had to be right."
    ) % {"who": who, "questions": shown.questions, "mark": formats.percent(shown.pass_mark)}


def _percent(share: float) -> str:
    """A share as hundredths, without needless decimals: "87.5"."""
    return format(round(share * 100, 2), "g")


def moment(at: dt.datetime) -> str:
    """As the data model writes a moment: whole seconds, UTC."""
    return at.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# --- Status ---------------------------------------------------------------------------------------------------------


def list_address(number: int) -> str:
    """Where the status list of this number is had."""
    return f"{keys.base_url()}/certificates/status/{number}/"


def _status(index: int) -> dict[str, str]:
    number, place = divmod(index, LIST_BITS)
    return {
        "id": f"{list_address(number)}#{place}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": str(place),
        "statusListCredential": list_address(number),
    }


def status_list(number: int, revoked: Iterable[int], at: dt.datetime) -> str:
    """The signed status list: a bit for each certificate, set (from the left) where it holds no more.

    `revoked` holds status indices of this list; `at` is now, UTC. Raises NoKey.
    """
    bits = bytearray(LIST_BITS // 8)
    for index in revoked:
        place = index % LIST_BITS
        bits[place // 8] |= 0x80 >> place % 8
    packed = base64.urlsafe_b64encode(gzip.compress(bytes(bits), mtime=0)).rstrip(b"=").decode()
    body = {
        "@context": CONTEXT[:1],
        "id": list_address(number),
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": keys.issuer(),
        "validFrom": moment(at),
        "credentialSubject": {
            "id": f"{list_address(number)}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": f"u{packed}",
        },
    }
    return signed(body, at, None)


# --- Signing --------------------------------------------------------------------------------------------------------


def signed(body: dict[str, Any], at: dt.datetime, until: dt.datetime | None) -> str:
    """The credential as a JWT, with the claims that Open Badges 3.0 asks for. Raises NoKey."""
    issuer = body["issuer"]
    claims = {
        **body,
        "iss": issuer["id"] if isinstance(issuer, dict) else issuer,
        "jti": body["id"],
        "sub": body["credentialSubject"]["id"],
        "nbf": int(at.timestamp()),
    }
    if until is not None:
        claims["exp"] = int(until.timestamp())
    headers = {"kid": keys.signing().address, "typ": "JWT"}
    return jwt.encode(claims, keys.private_key(), algorithm="EdDSA", headers=headers)
