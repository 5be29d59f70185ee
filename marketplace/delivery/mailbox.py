"""Where mails go when no SMTP server is named: into the database, for the page /demo/mail/ and for tests."""

from collections.abc import Sequence

from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage

from marketplace.base import clock
from marketplace.base.models import SentMail


class EmailBackend(BaseEmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Keep one row for each recipient; returns how many mails there were."""
        now = clock.now()
        SentMail.objects.bulk_create(
            SentMail(at=now, recipient=recipient, subject=message.subject[:300], body=str(message.body))
            for message in email_messages
            for recipient in message.recipients()
        )
        return len(email_messages)
