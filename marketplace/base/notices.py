"""Notices: one call tells a person something, in the product and by mail (DESIGN §6.7)."""

from collections.abc import Sequence
from typing import Any

from . import clock, outbox
from .models import Membership, Notice, Role, User


def tell(user_id: int, kind: str, key: str, **data: Any) -> None:
    """Leave a notice for a person, once per (kind, key, person), and promise the mail.

    `kind` names the text in the `texts.py` of an app; `data` holds public ids and micros only.
    Must be called inside the transaction that makes the news true.
    """
    notice = Notice(
        user_id=user_id, kind=kind, key=f"{kind}:{key}:{user_id}", data=data, created_at=clock.now()
    )
    Notice.objects.bulk_create([notice], ignore_conflicts=True)
    outbox.emit("notice.mail", notice.key, notice_key=notice.key)


def tell_member(user_id: int, kind: str, key: str, *, organisation_id: int, **data: Any) -> None:
    """`tell`, for news of an organisation: who has left it hears nothing more, and its oldest owner does instead.

    Without an owner nobody is told.
    """
    members = Membership.objects.filter(organisation_id=organisation_id)
    if not members.filter(user_id=user_id).exists():
        owner = members.filter(role=Role.OWNER).order_by("pk").values_list("user_id", flat=True).first()
        if owner is None:
            return
        user_id = owner
    tell(user_id, kind, key, **data)


def unread(user: User) -> int:
    """How many notices the person has not opened, counted up to 100."""
    return Notice.objects.filter(user=user, read_at__isnull=True)[:100].count()


def mark_read(*, user_id: int, numbers: Sequence[int] | None = None) -> int:
    """Mark a person's notices as read: those with these row numbers, or all. Returns how many were not before."""
    rows = Notice.objects.filter(user_id=user_id, read_at__isnull=True)
    if numbers is not None:
        rows = rows.filter(pk__in=numbers)
    return rows.update(read_at=clock.now())
