"""Screening: which batches a moderator looks at before they open, and what becomes of them (charter M2, W2, W5).

A rule only queues; a person passes or refuses, and a refusal gives everything back. Rows that come to an open batch
pass the same rules (`look_at_rows`, `screening_rows`); its words can't change while it is open.
"""

import datetime as dt
from dataclasses import asdict, dataclass, field
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max, Sum
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock, money, notices, outbox
from marketplace.base.errors import Forbidden, Invalid, Lost
from marketplace.base.models import Organisation, User
from payments.services import holdings
from tasks import screening_rules
from tasks.errors import IllegalMove
from tasks.models import Batch, Import, Task

from . import conflicts, pilot, prices, screening_text

# Code of the rule → what a moderator and the requester read.
RULES = {
    "no_history": _("It is the first batch of this organisation."),
    "large_amount": _("It sets aside more than a person has looked at here."),
    "fake_reviews": _("Some words read as if it asked for reviews or ratings written to order."),
    "likes": _("Some words read as if it asked for likes, follows, subscriptions or votes."),
    "accounts": _("Some words read as if it asked people to make accounts."),
    "captcha": _("Some words read as if CAPTCHAs were to be solved for somebody."),
    "clicks": _("Some words read as if advertising were to be clicked."),
    "personal_data": _("Some words read as if it gathered personal data, papers, passwords or codes."),
}


@dataclass(frozen=True)
class Found:
    """The rules that put something before a person, and what the text rules met: rule, version, where, the words."""

    reasons: list[str] = field(default_factory=list)
    hits: list[dict[str, Any]] = field(default_factory=list)


def look(batch: Batch) -> Found:
    """What the rules say of a draft; no reasons when it may open at once."""
    found = []
    if batch.organisation.trusted_at is None:
        found.append("no_history")
    elif prices.quote(batch).total > money.from_decimal(settings.SCREENING_LARGE_EUR):
        found.append("large_amount")
    return _read(batch, Task.objects.filter(batch=batch), found)


def look_at_rows(source: Import, price_micros: int) -> Found:
    """What the rules say of rows that came to an open batch and cost `price_micros`.

    Large is what came together since a person last looked at the batch, so that no pile grows in small steps.
    """
    batch = source.batch
    last = max(
        filter(None, [batch.screened_at, batch.imports.aggregate(at=Max("screened_at"))["at"]]), default=None
    )
    if last is None:
        unseen = prices.quote(batch).total
    else:
        later = batch.imports.filter(state=Import.State.DONE, finished_at__gt=last)
        unseen = price_micros + (later.aggregate(sum=Sum("set_aside_micros"))["sum"] or 0)
    large = unseen > money.from_decimal(settings.SCREENING_LARGE_EUR)
    return _read(batch, Task.objects.filter(source=source), ["large_amount"] if large else [])


def _read(batch: Batch, rows: Any, found: list[str]) -> Found:
    hits = screening_rules.find(screening_text.parts(batch, rows))
    return Found([*found, *dict.fromkeys(hit.rule for hit in hits)], [asdict(hit) for hit in hits])


def queue_rows(*, source: Import, found: Found, actor: User) -> Import:
    """Put loaded rows before a moderator; nothing is set aside for them yet. Raises IllegalMove."""
    changed = Import.objects.filter(pk=source.pk, state=Import.State.NEEDS_FUNDS).update(
        state=Import.State.SCREENING,
        screening_reasons=found.reasons,
        screening_hits=found.hits,
        queued_at=clock.now(),
    )
    source.refresh_from_db()
    if not changed:
        raise IllegalMove(state=source.get_state_display())
    audit.record(
        "tasks:import:queue", source.public_id, actor=actor, organisation_id=source.batch.organisation_id,
        batch=source.batch.public_id, reasons=found.reasons,
    )  # fmt: skip
    return source


def rows_due(source: Import) -> dt.datetime:
    """By when a moderator has promised to look at rows that wait."""
    return (source.queued_at or source.created_at) + dt.timedelta(days=settings.DECISION_DAYS)


@transaction.atomic
def pass_(*, batch: Batch, moderator: User, note: str = "") -> Batch:
    """Open a screened batch; the organisation's next ones open by themselves. Raises Lost, Forbidden."""
    check_moderator(batch, moderator)
    now = clock.now()
    changed = Batch.objects.filter(pk=batch.pk, state=Batch.State.SCREENING).update(
        state=Batch.State.PUBLISHED,
        published_at=now,
        screened_by=moderator,
        screened_at=now,
        screening_note=note,
    )
    if not changed:
        raise Lost
    Organisation.objects.filter(pk=batch.organisation_id, trusted_at__isnull=True).update(trusted_at=now)
    audit.record(
        "tasks:batch:screening_pass", batch.public_id, actor=moderator, organisation_id=batch.organisation_id
    )
    _tell(batch, "batch_passed", batch.public_id)
    outbox.emit("batch.published", batch.public_id, batch_id=batch.pk)
    batch.refresh_from_db()
    return batch


@transaction.atomic
def refuse(*, batch: Batch, moderator: User, reason: str) -> Batch:
    """Hand a screened batch back as a draft with the reason, and all its money. Raises Invalid, Lost, Forbidden."""
    check_moderator(batch, moderator)
    if not reason.strip():
        raise Invalid(fields={"reason": [_("Write the reason; the requester will read it.")]})
    now = clock.now()
    changed = Batch.objects.filter(pk=batch.pk, state=Batch.State.SCREENING).update(
        state=Batch.State.DRAFT,
        **pilot.NONE,
        screened_by=moderator,
        screened_at=now,
        screening_note=reason.strip(),
    )
    if not changed:
        raise Lost
    held = holdings.held(batch.public_id)
    if held:
        holdings.give_back(
            organisation=batch.organisation,
            batch_ref=batch.public_id,
            amount_micros=held,
            reference=f"{batch.public_id}:refused:{now.isoformat()}",
        )
    Task.objects.filter(batch=batch).update(is_open=False, funded=False)
    audit.record(
        "tasks:batch:screening_refuse",
        batch.public_id,
        actor=moderator,
        organisation_id=batch.organisation_id,
    )
    _tell(batch, "batch_refused", f"{batch.public_id}:{now.isoformat()}")
    batch.refresh_from_db()
    return batch


def _tell(batch: Batch, kind: str, key: str) -> None:
    notices.tell_member(
        batch.created_by_id, kind, key, organisation_id=batch.organisation_id, batch=batch.public_id
    )


def check_moderator(batch: Batch, moderator: User, source: Import | None = None) -> None:
    """Raises Forbidden for who does not moderate, ConflictOfInterest for who has a part in it. `source` are the rows
    that came to an open batch, where it is about those."""
    if not moderator.is_moderator:
        raise Forbidden
    of = source or batch
    conflicts.require_none(
        kind="imp" if source else "bat", number=of.pk, moderator=moderator, people=[of.created_by_id],
        organisation_id=batch.organisation_id,
    )  # fmt: skip
