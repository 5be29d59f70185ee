"""Why an answer can't be given, judged or decided about any more, and what does not count as an outage."""

from django.utils.translation import gettext_lazy as _

from marketplace.base.errors import Forbidden, Refusal


class LeaseOver(Refusal):
    """The time ran out and the task could not be claimed again."""

    code = "lease_over"
    detail = _(
        "The time for this task ran out and somebody else has it now. What you typed is kept on this page."
    )


class NotEditable(Refusal):
    """The answer was reviewed; it can't be changed any more."""

    code = "not_editable"
    detail = _("This answer has been reviewed and can't be changed any more.")


class IllegalMove(Refusal):
    """The thing is not in a state from which this can be done."""

    code = "illegal_move"
    detail = _("This can't be done any more: its state is now “%(state)s”.")


class AlreadyContested(Refusal):
    """One contest per assignment (DESIGN §5)."""

    code = "already_contested"
    detail = _("You objected to this answer once. Approve it, or hand it to a moderator.")


class TooManyTries(Refusal):
    """So many completion codes were wrong that more tries would be guessing."""

    code = "too_many_tries"
    detail = _(
        "%(most)s codes were wrong, so no more can be tried for this task. What you typed is kept. Give the task back:"
        " that costs nothing."
    )


class TooFastNotShown(Refusal):
    """'Too fast' needs the batch's own distribution behind it (charter P6)."""

    code = "too_fast_not_shown"
    detail = _(
        "“Too fast” holds only below three standard deviations of this batch's times, from 30 answers on. "
        "This one is not."
    )


class AnotherModerator(Forbidden):
    """The one who decided the dispute does not decide the appeal."""

    code = "another_moderator"
    detail = _("You decided the dispute, so another moderator decides the appeal.")


class TooLate(Refusal):
    """A deadline has passed."""

    code = "too_late"
    detail = _("The time for this has passed.")


class NoSuchOutage(Refusal):
    """What is declared as an outage is not over, ends before it begins, or lies too far back."""

    code = "no_such_outage"
    detail = _("Give a time that is over, began before it ended, and lies at most %(days)s days back.")
    status = 400
