"""Mails as plain text, in the reader's language and time zone; what is gathered into one also as HTML."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from marketplace.base import formats, mail, teams
from marketplace.base.mail_kinds import Topic
from marketplace.base.models import Invitation, Notice, User
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
        topic = mail.topic_of(row.kind)
        found = _letter(user.email, text, key=row.key, hello=_hello(user.name), foot=_foot(topic))
    return _stoppable(found, user, [topic]) if topic in mail.WAITING else found


def several(rows: Sequence[Notice]) -> EmailMessage:
    """What waited for one person, grouped by topic, in one mail; as text and as HTML. One alone is its own mail."""
    if len(rows) == 1:
        return notice(rows[0])
    user = rows[0].user
    with translation.override(user.locale), timezone.override(ZoneInfo(user.time_zone)):
        groups: dict[str, list[Text]] = {}
        for row, text in read(rows):
            groups.setdefault(mail.topic_of(row.kind), []).append(text)
        return _stoppable(_digest(user, rows, groups), user, list(groups))


def _digest(
    user: User, rows: Sequence[Notice], groups: Mapping[str, Sequence[Text]]
) -> EmailMultiAlternatives:
    topics = {**mail.WAITING, **{name: Topic(title, "") for name, title in mail.AT_ONCE.items()}}
    count = len(rows)
    subject = ngettext("%(n)s piece of news from Tessera", "%(n)s pieces of news from Tessera", count) % {
        "n": formats.number(count)
    }
    context = {
        "subject": subject,
        "hello": _hello(user.name),
        "groups": [
            (topics[name].title, texts, _stop_link(user, [name]) if name in mail.WAITING else "")
            for name, texts in groups.items()
        ],
        "notices": Text("", (), reverse("notices")).link,
        "settings": Text("", (), reverse("mail-settings")).link,
        "language": user.locale,
    }
    letter = EmailMultiAlternatives(
        subject=subject,
        body=render_to_string("mail/digest.txt", context).strip() + "\n",
        to=[user.email],
        reply_to=[settings.CONTACT_EMAIL],
        headers=_headers("notices:" + ",".join(str(row.pk) for row in rows)),
    )
    letter.attach_alternative(render_to_string("mail/digest.html", context), "text/html")
    return letter


def _stop_link(user: User, topics: Collection[str]) -> str:
    return Text("", (), reverse("mail-stop", args=[mail.stop_token(user, topics)])).link


def _stoppable(letter: EmailMessage, user: User, topics: Collection[str]) -> EmailMessage:
    """With what a mail program needs to stop mails of these topics by itself (RFC 8058)."""
    waiting = [name for name in topics if name in mail.WAITING]
    if waiting:
        letter.extra_headers["List-Unsubscribe"] = f"<{_stop_link(user, waiting)}>"
        letter.extra_headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return letter


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
    words = {
        "name": row.centre.name,
        "town": row.centre.town,
        "role": row.role,
        "person": row.invited_by.short_name,
    }
    text = Text(
        _("%(name)s invites you") % words,
        (
            _("On Tessera, people post small pieces of work and others do them for a fair price.") % words,
            _("%(person)s invites you to help run %(name)s, %(town)s, as: %(role)s.") % words
            if row.role
            else _(
                "%(person)s invites you to %(name)s, %(town)s, a work centre: it lends devices and offers training."
            )
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


def _foot(topic: str) -> str:
    foot = _("All your notices: %(url)s") % {"url": Text("", (), reverse("notices")).link}
    if topic in mail.WAITING:
        url = Text("", (), reverse("mail-settings")).link
        foot += "\n" + _("Choose which mails you get, and when: %(url)s") % {"url": url}
    return foot


def _letter(to: str, text: Text, *, key: str, hello: str, foot: str) -> EmailMessage:
    """`key` makes the Message-ID, so that a mail that is sent again after a doubtful failure is known as the same."""
    parts = [hello, " ".join(text.lines)]
    if text.url:
        parts.append(_("%(words)s:") % {"words": text.action} + f"\n{text.link}")
    parts.append(f"Tessera\n{foot}")
    return EmailMessage(
        subject=" ".join(text.subject.split()),
        body="\n\n".join(parts) + "\n",
        to=[to],
        reply_to=[settings.CONTACT_EMAIL],
        headers=_headers(key),
    )


def _headers(key: str) -> dict[str, str]:
    digest = hashlib.sha256(key.encode()).hexdigest()[:32]
    return {
        "Message-ID": f"<{digest}@{urlsplit(settings.BASE_URL).hostname}>",
        "Auto-Submitted": "auto-generated",
    }
