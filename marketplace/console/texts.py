"""What moderators read when a colleague asks, or answers."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from marketplace.base.texts import Text, Things, of


@of("opinion_asked")
def opinion_asked(data: dict[str, Any], things: Things) -> Text:
    return Text(
        _("A colleague asks what you think of a case"),
        (_("Read the case and answer at its top. The question and your answer stay with the case."),),
        reverse("console-opinions"),
    )


@of("opinion_answered")
def opinion_answered(data: dict[str, Any], things: Things) -> Text:
    return Text(
        _("A colleague has answered your question about a case"),
        (_("The answer stands at the top of the case. Deciding is still yours."),),
        reverse("console"),
    )
