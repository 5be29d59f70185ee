"""The registered rules that may hold a payout until a shown date, and what they say (charter M1, M2).

`payout_details_changed`: where the money goes was changed less than PAYOUT_CHANGE_HOLD_HOURS ago.
`tax_details_missing`: what the law wants to know of a worker was asked for three times and never given.
`same_account`: another account here is paid to the same bank account or mobile number, under another name (charter W6).
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock
from payments.models import Payee, Payout, PersonPair, TaxDiligence

CHANGED = "payout_details_changed"
TAX = "tax_details_missing"
SAME = "same_account"
DATED = (CHANGED, SAME)  # their end is a fixed day, so one takes over where another ends before it
WORDS: dict[str, Any] = {
    CHANGED: _(
        "Your payout details were changed. Payouts rest for a while after that, so that nobody who got into your "
        "account can take your money."
    ),
    TAX: _(
        "The law wants us to know some tax details of you, and we have not got them. Your payout leaves as soon as "
        "you give them."
    ),
    SAME: _(
        "Your payout goes to an account or number that another account here uses too. A person looks whether these are "
        "two people; then it leaves, or at the latest when this date has come."
    ),
}
Rests = dict[str, dt.datetime]  # rule: when what it holds now is let go


def words(payout: Payout) -> str:
    """Why a payout was held, in the reader's language: the rule's own sentence, or what a person wrote."""
    return str(WORDS.get(payout.held_rule) or payout.held_reason)


@dataclass(frozen=True, slots=True)
class Hold:
    """Who holds a payout, why, and until when (None: until a person lets it go)."""

    who: str
    why: str
    until: dt.datetime | None


def hold_of(payout: Payout) -> Hold | None:
    """The last hold of a payout, in the reader's language; in force while the payout is held. None when it had none."""
    if payout.held_at is None:
        return None
    by = payout.held_by
    who = by.short_name if by else str(_("a published rule"))
    return Hold(who, words(payout), payout.held_until)


def stored(rule: str) -> str:
    """What the row of a held payout keeps of a rule's sentence."""
    with translation.override("en"):
        return str(WORDS[rule])


def change_ends(payee: Payee) -> dt.datetime | None:
    """Until when payouts rest after the last change of the destination; None when they don't."""
    if payee.destination_changed_at is None:
        return None
    ends = payee.destination_changed_at + dt.timedelta(hours=settings.PAYOUT_CHANGE_HOLD_HOURS)
    return ends if ends > clock.now() else None


def in_force(user_ids: Iterable[int]) -> dict[int, Rests]:
    """The rules that hold payouts of these workers now, for those who have any."""
    found: dict[int, Rests] = {}
    user_ids = list(user_ids)
    since = clock.now() - dt.timedelta(hours=settings.PAYOUT_CHANGE_HOLD_HOURS)
    for payee in Payee.objects.filter(user_id__in=user_ids, destination_changed_at__gt=since):
        if ends := change_ends(payee):
            found.setdefault(payee.user_id, {})[CHANGED] = ends
    until = clock.now() + dt.timedelta(days=settings.TAX_HOLD_DAYS)
    for user_id in tax_missing(user_ids):
        found.setdefault(user_id, {})[TAX] = until
    for user_id, ends in same_account(user_ids).items():
        found.setdefault(user_id, {})[SAME] = ends
    return found


def same_account(user_ids: Iterable[int]) -> dict[int, dt.datetime]:
    """Whose payouts rest because another account is paid to the same place, and until when: those of the later account,
    or of the earlier one where the later is no longer in use. Ends by itself, or when somebody has decided (`persons`).
    """
    wanted = set(user_ids)
    rows = PersonPair.objects.filter(
        Q(second__in=wanted) | Q(first__in=wanted, second__is_active=False),
        outcome="", by_tin=False, by_name=False, held_until__gt=clock.now(),
    )  # fmt: skip
    found: dict[int, dt.datetime] = {}
    for row in rows.select_related("second"):
        number = row.second_id if row.second.is_active else row.first_id
        if number in wanted and row.held_until is not None:
            found[number] = max(row.held_until, found.get(number, row.held_until))
    return found


def tax_missing(user_ids: Iterable[int]) -> set[int]:
    """Whose payouts wait for tax details: asked for long enough ago, reminded twice, and not given (`diligence`)."""
    now = clock.now()
    rows = TaxDiligence.objects.filter(
        user_id__in=list(user_ids),
        complete_at__isnull=True,
        asked_at__lte=now - dt.timedelta(days=settings.TAX_HOLD_AFTER_DAYS),
        second_reminder_at__lte=now - dt.timedelta(days=settings.TAX_REMINDER_DAYS),
    )
    return set(rows.values_list("user_id", flat=True))
