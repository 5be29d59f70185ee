"""Why a message is not taken."""

from django.utils.translation import gettext_lazy as _

from marketplace.base.errors import Refusal


class ThreadClosed(Refusal):
    """The batch is over, everything was decided and paid out, and the time after it has passed."""

    code = "thread_closed"
    detail = _(
        "This conversation is closed: the batch has ended, and everything of it was paid out a while ago. What was"
        " written stays here to read."
    )


class Silenced(Refusal):
    """A moderator decided that this side may not write here any more."""

    code = "silenced"
    detail = _(
        "A moderator decided that you may not write in this conversation any more; the reasons are with you."
    )
    status = 403


class TooManyMessages(Refusal):
    """More messages in a day than a conversation needs."""

    code = "too_many_messages"
    detail = _("You wrote %(most)s messages within a day. What you typed is still here: send it tomorrow.")
    status = 429
