"""What a person can't show yet, and why a test can't be taken now."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from marketplace.base.errors import Refusal


@dataclass(frozen=True)
class Lack:
    """Something that a batch asks for and a person can't show: in words, with the qualifications that would do."""

    text: str
    qualifications: tuple[str, ...] = ()  # public ids


class NotQualified(Refusal):
    """The batch asks for something that this person can't show yet (`lacks`)."""

    code = "not_qualified"
    detail = _("This work asks for: %(missing)s.")

    def __init__(self, lacks: Sequence[Lack]) -> None:
        super().__init__(missing="; ".join(lack.text for lack in lacks))
        self.lacks = list(lacks)


class NoAttempt(Refusal):
    """A question of a test or training is claimed outside of an attempt."""

    code = "no_attempt"
    detail = _(
        "Begin the test first: its page says how long it takes, what it pays and how often you may try."
    )


class QuestionInHand(Refusal):
    """One question of an attempt at a time."""

    code = "question_in_hand"
    detail = _("You have a question in hand. Answer it, or skip it, and the next one comes.")


class AttemptOver(Refusal):
    """Every question of the attempt was asked, or its time is over."""

    code = "attempt_over"
    detail = _("This attempt is over. Your answers are paid, and the result is on your qualifications page.")


class AttemptRunning(Refusal):
    """One attempt at a test at a time."""

    code = "attempt_running"
    detail = _("You have begun already. Go on with the attempt you have.")


class AlreadyQualified(Refusal):
    """The person holds what the test gives."""

    code = "already_qualified"
    detail = _("You hold this qualification. You can renew it from %(day)s on.")


class NoTriesLeft(Refusal):
    """All attempts of a person are used up."""

    code = "no_tries_left"
    detail = _(
        "You have used your tries (%(most)s) at this test. Other work and other tests are open as before."
    )


class TooSoonAgain(Refusal):
    """The time between two attempts has not passed."""

    code = "too_soon"
    detail = _("You can try again from %(moment)s on.")


class PoolUsedUp(Refusal):
    """Too few questions that the person has not seen, with a place that is paid for."""

    code = "pool_used_up"
    detail = _(
        "There are not enough questions left that you have not seen and that are paid for. The requester may open "
        "another test for it; you find it on your qualifications page."
    )
