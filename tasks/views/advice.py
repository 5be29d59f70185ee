"""What a person can do about a refusal: a link beside the sentence that says why."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from marketplace.base.errors import Refusal
from tasks.errors import NotQualified
from tasks.models import Batch
from tasks.selectors import qualifications

# code of the refusal: (words of the link, name of the page)
_STEPS: dict[str, tuple[Any, str]] = {
    "profile_missing": (_("Fill in your profile"), "worker-profile"),
    "no_payout_way": (_("How we pay in each country"), "ways"),
    "country_not_asked": (_("If you have moved, change your country"), "worker-profile"),
    "below_your_floor": (_("How the floor is made"), "rights"),
    "restricted": (_("Read the reason and answer"), "notices"),
    "cap_reached": (_("See your limit and when it starts afresh"), "earnings"),
    "too_many_open": (_("See the tasks you hold"), "board"),
    "not_let_in_yet": (_("See your place in line"), "board"),
    "own_organisation": (_("See it as the requester"), "batches"),
    "resting": (_("See the check questions, and until when it rests"), "my-checks"),
    "distress_not_chosen": (_("See what you may choose"), "worker-distress"),
    "already_qualified": (_("See what you hold"), "qualifications"),
    "no_tries_left": (_("See other tests"), "qualifications"),
}
# What to expect where there is nothing to do.
_OUTLOOK: dict[str, Any] = {
    "below_your_floor": _("It opens by itself if the requester raises the price."),
    "not_open": _("It may open again; your other work is on the board."),
    "none_left": _("New batches appear on the board as they are published."),
    "too_soon": _("Until then you may read its instructions again. All other work is open."),
    "switched_off": _("What you have earned and what you hold is safe."),
}


@dataclass(frozen=True)
class Advice:
    """Why something is not possible, what to expect, and a page that helps ('' where there is none)."""

    code: str
    why: str
    outlook: Any
    words: Any
    url: str


def about(refusal: Refusal) -> Advice:
    if isinstance(refusal, NotQualified):
        return _opened_by_a_test(refusal)
    words, name = _STEPS.get(refusal.code, ("", ""))
    return Advice(
        refusal.code, refusal.message, _OUTLOOK.get(refusal.code, ""), words, reverse(name) if name else ""
    )


def _opened_by_a_test(refusal: NotQualified) -> Advice:
    """To the test or training that gives what is missing, where one is open; to what one holds otherwise."""
    asked = {name for lack in refusal.lacks for name in lack.qualifications}
    for test in qualifications.openers(asked):
        words = (
            _("Take the training “%(name)s”")
            if test.batch.role == Batch.Role.TRAINING
            else _("Take the test “%(name)s”")
        ) % {"name": test.qualification.name}
        return Advice(refusal.code, refusal.message, "", words, reverse("test", args=[test.batch.public_id]))
    outlook = _("No test for it is open just now.") if asked else _("It opens by itself once you have it.")
    return Advice(
        refusal.code, refusal.message, outlook, _("See your qualifications"), reverse("qualifications")
    )
