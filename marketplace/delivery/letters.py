"""Mails as plain text, in the reader's language and time zone."""

import hashlib
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from marketplace.base import formats, teams
from marketplace.base.models import Invitation, Notice
from marketplace.base.texts import Text, read
from payments.models import Invoice
from payments.texts import invoice_text
from tasks.models import BatchGuest
from workers.models import CentreInvitation
from workers.services import centre_members


def notice(row: Notice) -> EmailMessage:
    """A notice, to the person it is for."""
    user = row.user
    with translation.override(user.locale), timezone.override(ZoneInfo(user.time_zone)):
        ((_row, text),) = read([row])
        return _letter(user.email, text, key=row.key, hello=_hello(user.name), foot=_foot())


def invitation(row: Invitation) -> EmailMessage:
    """An invitation, to an address of which we know nothing else; in the active language."""
    words = {
        "organisation": row.organisation.name,
        "person": row.invited_by.short_name,
        "role": row.get_role_display(),
    }
    text = Text(
        _("%(person)s invites you to %(organisation)s on Tessera") % words,
        (
            _("On Tessera, people post small pieces of work and others do them for a fair price.") % words,
            _("You would join %(organisation)s with this role: %(role)s.") % words,
            _("The invitation stands until %(day)s.") % {"day": formats.day(row.expires_at)},
        ),
        reverse("invitation", args=[teams.token_of(row)]),
        _("Look at the invitation"),
    )
    foot = _("You don't know them? Ignore this mail; without your answer nothing happens.")
    return _letter(row.email, text, key=f"invitation:{row.pk}", hello=_("Hello,"), foot=foot)


def batch_invitation(row: BatchGuest) -> EmailMessage:
    """An invitation to a private batch, to an address of which we know nothing else; in the active language."""
    batch = row.batch
    words = {
        "organisation": batch.organisation.name,
        "title": batch.title,
        "reward": formats.eur(batch.reward_micros),
        "time": formats.duration(batch.seconds),
        "email": row.email,
    }
    text = Text(
        _("%(organisation)s invites you to “%(title)s”") % words,
        (
            _("On Tessera, people post small pieces of work and others do them for a fair price.") % words,
            _("This work is for invited people only. Each task pays %(reward)s and takes about %(time)s.")
            % words,
            _("Log in or sign up with %(email)s, look at it, and say yes if you like it.") % words,
        ),
        reverse("work-batch", args=[batch.public_id]),
        _("Look at the work"),
    )
    foot = _("You don't know them? Ignore this mail; without your answer nothing happens.")
    return _letter(row.email, text, key=f"guest:{row.pk}", hello=_("Hello,"), foot=foot)


def centre_invitation(row: CentreInvitation) -> EmailMessage:
    """An invitation of a work centre, to an address of which we know nothing else; in the active language."""
    words = {"name": row.centre.name, "town": row.centre.town, "role": row.role, "person": row.invited_by.short_name}
    text = Text(
        _("%(name)s invites you") % words,
        (
            _("On Tessera, people post small pieces of work and others do them for a fair price.") % words,
            _("%(person)s invites you to help run %(name)s, %(town)s, as: %(role)s.") % words
            if row.role
            else _("%(person)s invites you to %(name)s, %(town)s, a work centre: it lends devices and offers training.")
            % words,
            _("Before you answer you read what its people would see of you. To say no costs nothing."),
            _("The invitation stands until %(day)s.") % {"day": formats.day(row.expires_at)},
        ),
        reverse("centre-join", args=[centre_members.token_of(row)]),
        _("Look at the invitation"),
    )
    foot = _("You don't know them? Ignore this mail; without your answer nothing happens.")
    return _letter(row.email, text, key=f"centre:{row.pk}", hello=_("Hello,"), foot=foot)


def invoice(document: Invoice, email: str) -> EmailMessage:
    """The link of a new invoice or credit note, to the address for invoices; in the active language."""
    foot = _(
        "This address was given for the invoices of %(organisation)s. Reading them asks for an account there."
    ) % {"organisation": document.organisation.name}
    key = f"invoice:{document.public_id}"
    return _letter(email, invoice_text(document), key=key, hello=_("Hello,"), foot=foot)


def _hello(name: str) -> str:
    return _("Hello %(name)s,") % {"name": name} if name else _("Hello,")


def _foot() -> str:
    return _("All your notices: %(url)s") % {"url": Text("", (), reverse("notices")).link}


def _letter(to: str, text: Text, *, key: str, hello: str, foot: str) -> EmailMessage:
    """`key` makes the Message-ID, so that a mail that is sent again after a doubtful failure is known as the same."""
    parts = [hello, " ".join(text.lines)]
    if text.url:
        parts.append(_("%(words)s:") % {"words": text.action} + f"\n{text.link}")
    parts.append(f"Tessera\n{foot}")
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    return EmailMessage(
        subject=" ".join(text.subject.split()),
        body="\n\n".join(parts) + "\n",
        to=[to],
        reply_to=[settings.CONTACT_EMAIL],
        headers={
            "Message-ID": f"<{digest}@{urlsplit(settings.BASE_URL).hostname}>",
            "Auto-Submitted": "auto-generated",
        },
    )
