"""What a person must have answered before they take or post new work (charter M12, docs/adr/0065).

The services that begin something new ask here, so that every face does, a page as well as a key. Whoever keeps such a
question registers it, since the arrows point down. What was begun is never asked about: work in hand, money, data,
replies and complaints go on (charter M4).
"""

from collections.abc import Callable

from django.utils.translation import gettext_lazy as _

from .errors import Forbidden, Refusal
from .models import User


class TermsUnanswered(Forbidden):
    """The terms in force wait for this person's yes."""

    code = "terms_unanswered"
    detail = _(
        "You take and post no new work until you agree to the terms in force: read and answer them at %(address)s."
        " What you hold goes on, and your money and data stay open to you."
    )


Question = Callable[[User], Refusal | None]  # the refusal of somebody who owes an answer, else None
_questions: list[Question] = []


def register(question: Question) -> None:
    """Ask this, too. It costs nothing where the person's own row says that nothing is owed: claims ask it."""
    if question not in _questions:
        _questions.append(question)


def owed(user: User) -> Refusal | None:
    """Why this person begins nothing new now, None when nothing is owed."""
    return next(filter(None, (question(user) for question in _questions)), None)


def require_none(user: User) -> None:
    """Raises what `owed` finds."""
    refused = owed(user)
    if refused is not None:
        raise refused
