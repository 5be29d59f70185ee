"""The last mail that somebody gets: it leaves before their address is gone, and nothing keeps it."""

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import translation
from django.utils.translation import gettext as _

from marketplace.base.models import User

from . import vault


def letter(user: User) -> EmailMessage:
    """In the person's language. What it says of the sealed archive is there only for who has one."""
    with translation.override(user.locale):
        parts = [
            _("Hello,"),
            _("Your account here is erased now, as you asked. This is our last mail."),
            _("Your name, addresses, bank and profile details, messages, files and your words in cases are gone. The"
              " books keep amounts under a number that leads to nobody, and answers that were paid stay with who asked"
              " for them, without a link to you."),
        ]  # fmt: skip
        if vault.is_needed(user):
            parts.append(
                _(
                    "Tax law has us keep who was paid what for %(years)s years after the last payment. That is sealed:"
                    " this site can't read it. Then it is destroyed."
                )
                % {"years": settings.TAX_KEEP_YEARS}
            )
            parts.append(
                _(
                    "Should your bank send our last payment back, it stays due to you as long as that is kept: write to"
                    " us."
                )
            )
        parts.append(
            _("Questions about it reach a person at %(contact)s.") % {"contact": settings.CONTACT_EMAIL}
        )
        return EmailMessage(
            subject=_("Your account is erased"),
            body="\n\n".join(parts) + "\n",
            to=[user.email],
            reply_to=[settings.CONTACT_EMAIL],
            headers={"Auto-Submitted": "auto-generated"},
        )
