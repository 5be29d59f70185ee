"""What a person does about a difference between the books and the world: take it on, note, end it with a reason."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from marketplace.base import audit, clock, errors
from marketplace.base.models import User
from payments.models import Difference, ExternalObject, Transaction

NOTE_CHARS = 400
_SAY_WHY = _("Write what you found: who comes after you must be able to follow it.")
_ADMINS = _("Only an administrator may do this.")


@dataclass(frozen=True, slots=True)
class Sides:
    """Both sides of a difference; either may be missing. Micros, as the money moved for us: plus came in."""

    outside: ExternalObject | None
    inside: Transaction | None
    inside_micros: int | None


def sides(difference: Difference) -> Sides:
    """What the gateway says and what the ledger says."""
    outside = ExternalObject.objects.filter(
        gateway=difference.gateway, external_id=difference.external_id
    ).first()
    inside = difference.transaction
    if difference.kind == Difference.Kind.ONLY_OUTSIDE or inside is None:
        return Sides(outside, None, None)
    found = outside if difference.external_id else None
    said = found.amount_micros if found else 0
    return Sides(found, inside, said - difference.amount_micros)


def own(*, difference: Difference, actor: User) -> Difference:
    """Take a difference on: the list shows whose it is. Raises Forbidden, or Lost for one that has ended."""
    _change(difference, actor, "own", owner=actor)
    return difference


def note(*, difference: Difference, actor: User, words: str) -> Difference:
    """Keep what was found so far. Raises Invalid without words, Forbidden, or Lost for one that has ended."""
    _change(difference, actor, "note", note=require_words(words))
    return difference


def end(*, difference: Difference, actor: User, reason: str, by: str = "end") -> Difference:
    """End one that will not go away by itself, with a reason; it comes back only with another amount. `by` is the act
    that the audit keeps.

    Raises Invalid without a reason, Forbidden, or Lost for one that has ended.
    """
    words = require_words(reason)
    _change(difference, actor, by, note=words, owner=actor, ended_at=clock.now(), ended_by=actor)
    return difference


def require_words(text: str) -> str:
    """What somebody wrote, as it is kept. Raises Invalid without words."""
    if not text.strip():
        raise errors.Invalid(fields={"note": [_SAY_WHY]})
    return text.strip()[:NOTE_CHARS]


@transaction.atomic
def _change(difference: Difference, actor: User, action: str, **columns: object) -> None:
    if not actor.is_admin:
        raise errors.Forbidden(_ADMINS)
    moved = Difference.objects.filter(pk=difference.pk, ended_at__isnull=True).update(**columns)
    difference.refresh_from_db()
    if not moved:
        raise errors.Lost
    audit.record(f"payments:difference:{action}", difference.public_id, actor=actor)
