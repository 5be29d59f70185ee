"""What the export says of the account itself: who, where, which keys and memberships, what was told, who looked."""

from collections.abc import Iterator
from typing import Any

from allauth.account.models import EmailAddress
from django.db.models import Q

from marketplace.base.models import ApiKey, AuditEvent, Membership, Notice, User
from payments.services import payees
from workers.models import WorkerProfile

Row = dict[str, Any]
PAYEE = (
    "legal_name", "address", "postcode", "town", "country", "tax_residence", "tin", "account_holder", "iban",
    "mobile_number", "mobile_provider", "birth_date", "birth_place", "birth_country", "name_check", "name_checked_at",
    "destination_changed_at", "created_at", "updated_at",
)  # fmt: skip
PROFILE = ("country", "languages", "birth_date", "distress_chosen", "created_at", "updated_at", "admitted_at")


def account(user: User) -> Row:
    """The account; the password is kept scrambled, and is not in the file."""
    return {
        "id": user.public_id, "email": user.email, "name": user.name, "language": user.locale,
        "time_zone": user.time_zone, "joined_at": user.date_joined, "last_login": user.last_login,
        "works": user.works, "posts": user.posts, "moderates": user.is_moderator, "administers": user.is_admin,
        "closed_by_a_decision": user.is_suspended,
        "addresses": list(_emails(user)),
    }  # fmt: skip


def _emails(user: User) -> Iterator[Row]:
    for row in EmailAddress.objects.filter(user=user).values("email", "verified", "primary"):
        yield dict(row)


def profile(user: User) -> Row | None:
    """The profile of somebody who works, with what distressing work they chose to be offered."""
    return WorkerProfile.objects.filter(user=user).values(*PROFILE).first()


def payee(user: User) -> Row | None:
    """Where the money goes, and what tax law asks."""
    row = payees.of(user)
    return {name: getattr(row, name) for name in PAYEE} if row else None


def memberships(user: User) -> Iterator[Row]:
    for row in Membership.objects.filter(user=user).select_related("organisation").order_by("pk"):
        yield {
            "organisation": row.organisation.public_id, "name": row.organisation.name, "role": row.role,
            "since": row.created_at,
        }  # fmt: skip


def api_keys(user: User) -> Iterator[Row]:
    for row in ApiKey.objects.filter(user=user).order_by("pk"):
        yield {
            "id": row.public_id, "name": row.name, "begins_with": row.prefix, "scopes": row.scopes,
            "created_at": row.created_at, "expires_at": row.expires_at, "last_used_at": row.last_used_at,
            "revoked_at": row.revoked_at,
        }  # fmt: skip


def notices(user: User) -> Iterator[Row]:
    rows = Notice.objects.filter(user=user).order_by("pk")
    for row in rows.values("kind", "data", "created_at", "read_at", "mailed_at").iterator():
        yield dict(row)


def audit(user: User) -> Iterator[Row]:
    """What was written down about the account, and what the person did; others are named by their part only."""
    mine = Q(subject=user.public_id) | Q(actor_id=user.pk)
    for row in AuditEvent.objects.filter(mine).order_by("at", "pk").iterator(chunk_size=500):
        yield {
            "at": row.at, "what": row.tag, "about": row.subject,
            "by": "you" if row.actor_id == user.pk else "the clock" if row.actor_id is None else "somebody here",
        }  # fmt: skip
