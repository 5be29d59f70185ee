"""The link by which people join a private batch: made, bounded, taken back, followed (docs/adr/0029)."""

import datetime as dt
import hashlib
from typing import Any

from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketplace.base import clock
from marketplace.base.errors import Invalid, NotFound, Refusal
from marketplace.base.models import User
from tasks.errors import NotInvited
from tasks.models import Batch, BatchGuest, BatchLink

from .audiences import changeable, check_person, is_in, one_at_a_time, record

MOST_USES, MOST_DAYS = 10_000, 365


class LinkOver(Refusal):
    """The link was taken back, ran out, or its batch ended."""

    code = "link_over"
    detail = gettext_lazy("This link no longer works. Ask the people who gave it to you for a new one.")
    status = 410


class LinkFull(Refusal):
    """As many people as the link is for have joined by it."""

    code = "link_full"
    detail = gettext_lazy("As many people as this link is for have joined. Ask for another one.")


class NotOpenYet(Refusal):
    """The batch behind the link is not published yet."""

    code = "not_open_yet"
    detail = gettext_lazy("This work is not open yet. The address stays the same: come back later.")


@transaction.atomic
def make_link(*, batch: Batch, actor: User, days: int | None = None, most: int | None = None) -> BatchLink:
    """A new link, for `most` people and `days` days (None: no bound); the one before it stops working.

    Raises Invalid with `fields`, IllegalMove.
    """
    batch = changeable(batch, Batch.Audience.LINK)
    fields: dict[str, list[Any]] = {}
    if days is not None and not 1 <= days <= MOST_DAYS:
        fields["days"] = [_("Between 1 and %(most)s days, or leave it empty.") % {"most": MOST_DAYS}]
    if most is not None and not 1 <= most <= MOST_USES:
        fields["most"] = [_("Between 1 and %(most)s people, or leave it empty.") % {"most": MOST_USES}]
    if fields:
        raise Invalid(fields=fields)
    now = clock.now()
    BatchLink.objects.filter(batch=batch, revoked_at__isnull=True).update(revoked_at=now)
    link = BatchLink(
        batch=batch,
        created_by=actor,
        created_at=now,
        expires_at=now + dt.timedelta(days=days) if days else None,
        max_uses=most,
    )
    link.token_hash = _hash(token_of(link))
    link.save()
    record("link", batch, actor, days=days, most=most)
    return link


@transaction.atomic
def revoke_link(*, batch: Batch, actor: User) -> None:
    """The link stops working; who joined by it stays in. Raises NotFound."""
    if not BatchLink.objects.filter(batch=batch, revoked_at__isnull=True).update(revoked_at=clock.now()):
        raise NotFound
    record("unlink", batch, actor)


def token_of(link: BatchLink) -> str:
    """The secret of a link, made again from its row and our key: its page shows it, no table keeps it."""
    value = f"{link.batch_id}:{link.created_at.isoformat()}"
    return salted_hmac("tasks.audiences.link", value, algorithm="sha256").hexdigest()


def url_of(link: BatchLink) -> str:
    """The whole address that the requester hands around."""
    return settings.BASE_URL.rstrip("/") + reverse("join", args=[token_of(link)])


def linked(token: str, *, lock: bool = False) -> BatchLink:
    """The link behind an address, with its batch. Raises NotFound, LinkOver, NotOpenYet."""
    rows = BatchLink.objects.select_related("batch__organisation").filter(token_hash=_hash(token))
    link = (rows.select_for_update(no_key=True, of=("self",)) if lock else rows).first()
    if link is None:
        raise NotFound
    batch, now = link.batch, clock.now()
    over = link.revoked_at or (link.expires_at and link.expires_at <= now) or batch.state in Batch.ENDED
    if over or batch.audience != Batch.Audience.LINK:
        raise LinkOver
    if batch.state not in Batch.LIVE:
        raise NotOpenYet
    return link


@transaction.atomic
def join(*, token: str, worker: User) -> Batch:
    """Say yes by a link; once more changes nothing. Joining by one link happens in turn, so its bound holds.

    Raises NotFound, LinkOver, NotOpenYet, LinkFull, NotInvited (removed before), and what ENDS_JOINING names.
    """
    link = linked(token, lock=True)
    batch = link.batch
    one_at_a_time(worker)
    if is_in(worker, batch):
        return batch
    if BatchGuest.objects.filter(batch=batch, worker=worker, removed_at__isnull=False).exists():
        raise NotInvited
    check_person(worker, batch)
    if link.max_uses is not None and link.uses >= link.max_uses:
        raise LinkFull
    now = clock.now()
    # An invitation declined before is no bar: whoever follows a link comes by themselves.
    BatchGuest.objects.filter(batch=batch, worker=worker).update(declined_at=None)
    BatchGuest.objects.update_or_create(
        batch=batch,
        worker=worker,
        email="",
        defaults={"link": link, "accepted_at": now},
        create_defaults={"link": link, "accepted_at": now, "invited_at": now, "told_at": now},
    )
    link.uses += 1
    link.save(update_fields=["uses"])
    record("join", batch, worker)
    return batch


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
