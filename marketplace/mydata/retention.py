"""For how long what is kept: one clock for each kind of thing, shown on the page "My data", kept by a job.

A clock says what it is, why it is kept, which setting holds its days, and how what is due goes. What has no clock here
stays while the account does, as the page says too.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from marketplace.base import clock
from marketplace.base.models import ApiKey, Invitation, Notice, OutboxEvent, SentMail
from payments.models import BankLine, ExternalEvent
from payments.services import persons
from tasks.models import BatchGuest
from workers.models import CentreInvitation

from . import exporting, vault

MOST = 10_000  # rows of one kind in one run; the next run goes on
NAMED = Q(remittance="", counterparty="", counterparty_iban="")


@dataclass(frozen=True, slots=True)
class Clock:
    """`forget` takes the moment before which things are due and returns how many went; None: another job keeps it."""

    name: str
    what: Any
    why: Any
    setting: str
    unit: str  # days, years or hours of the setting
    forget: Callable[[dt.datetime], int] | None = None

    @property
    def number(self) -> int:
        return int(getattr(settings, self.setting))


def _gone(rows: Any) -> int:
    numbers = list(rows.values_list("pk", flat=True)[:MOST])
    return int(rows.model._default_manager.filter(pk__in=numbers).delete()[0])


def _notices(before: dt.datetime) -> int:
    return _gone(Notice.objects.filter(created_at__lt=before))


def _outbox(before: dt.datetime) -> int:
    return _gone(OutboxEvent.objects.filter(done_at__lt=before))


def _mailbox(before: dt.datetime) -> int:
    return _gone(SentMail.objects.filter(at__lt=before))


def _bank_names(before: dt.datetime) -> int:
    """Who paid: needed while a line waits to be explained, and for a refund to where the money came from."""
    old = (
        BankLine.objects.filter(created_at__lt=before)
        .exclude(NAMED)
        .exclude(taken_as=BankLine.Taken.SUSPENSE)
    )
    numbers = list(old.exclude(goes_back=True, run__isnull=True).values_list("pk", flat=True)[:MOST])
    return BankLine.objects.filter(pk__in=numbers).update(
        remittance="", counterparty="", counterparty_iban=""
    )


def _events(before: dt.datetime) -> int:
    return _gone(ExternalEvent.objects.filter(handled_at__lt=before))


def _invitations(before: dt.datetime) -> int:
    """Addresses of people who were invited and never came."""
    over = Q(accepted_at__isnull=False) | Q(revoked_at__isnull=False) | Q(expires_at__lt=before)
    gone = _gone(Invitation.objects.filter(over, created_at__lt=before))
    strangers = BatchGuest.objects.filter(
        worker__isnull=True, invited_at__lt=before, batch__settled_at__isnull=False
    )
    answered = Q(answered_at__isnull=False) | Q(revoked_at__isnull=False) | Q(expires_at__lt=before)
    centres = CentreInvitation.objects.filter(answered, created_at__lt=before).exclude(email="")
    return gone + _gone(strangers) + _gone(centres)


def _keys(before: dt.datetime) -> int:
    return _gone(ApiKey.objects.filter(Q(expires_at__lt=before) | Q(revoked_at__lt=before)))


def _marks(_before: dt.datetime) -> int:
    """Each mark says itself when it goes: a year's end, or later after a restriction (`persons.leave`)."""
    return persons.forget()


CLOCKS: tuple[Clock, ...] = (
    Clock("notices", _("What we told you"), _("So that you can read it again"), "KEEP_NOTICES_DAYS", "days", _notices),
    Clock("outbox", _("Notes that a mail is to be sent, by number"), _("So that each leaves once"), "KEEP_OUTBOX_DAYS",
          "days", _outbox),
    Clock("mailbox", _("Mails of a demonstration, which sends none"), _("So that you can read them"),
          "KEEP_MAILBOX_DAYS", "days", _mailbox),
    Clock("bank-names", _("Name and account of who paid in or was paid, on our bank's lines"),
          _("To explain a line, and to send money back where it came from"), "KEEP_BANK_NAMES_DAYS", "days",
          _bank_names),
    Clock("payout-files", _("Names and accounts in files for the bank"),
          _("Until the bank has carried them out, and for questions about it"), "RUN_KEEP_DAYS", "days"),
    Clock("gateway-events", _("Numbers of news from payment providers"), _("So that none counts twice"),
          "KEEP_EVENTS_DAYS", "days", _events),
    Clock("invitations", _("Addresses of people who were invited and never came"),
          _("So that an invitation can be taken up"), "KEEP_INVITATIONS_DAYS", "days", _invitations),
    Clock("keys", _("Keys of programs that have ended"), _("So that you see which there were"),
          "KEEP_KEYS_DAYS", "days", _keys),
    Clock("exports", _("Files with your data that you asked for"), _("So that you can fetch them"), "EXPORT_KEEP_DAYS",
          "days"),
    Clock("marks", _("Scrambled marks of payout details that you changed or left with: to the end of that year; if you"
          " were restricted when you left, for so long at least"),
          _("So that one person has one yearly limit, and a decision about you can still be contested"), "APPEAL_DAYS",
          "days", _marks),
    Clock("archive", _("After you left: who was paid what, sealed"), _("Tax law"), "TAX_KEEP_YEARS", "years"),
)  # fmt: skip


def run() -> dict[str, int]:
    """Delete what is due, of each clock; figures by its name, where there were any."""
    now = clock.now()
    figures = {"exports": exporting.forget(), "archive": vault.destroy_due()}
    for each in CLOCKS:
        if each.forget is not None:
            figures[each.name] = each.forget(now - dt.timedelta(days=each.number))
    return {name: count for name, count in figures.items() if count}
