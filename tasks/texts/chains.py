"""What people read about chains: rows that wait."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from marketplace.base import formats
from marketplace.base.texts import Text, Things, of

from .things import title_of, to_batch


@of("chain_rows_wait")
def chain_rows_wait(data: dict[str, Any], things: Things) -> Text:
    batch = things[data["batch"]]
    words = {
        "n": formats.number(data["rows"]),
        "title": title_of(batch),
        "amount": formats.eur(data["amount"]),
    }
    link = (
        {"url": reverse("batch-chains", args=[batch.public_id]), "action": _("See what waits")}
        if batch
        else to_batch(None)
    )
    return Text(
        ngettext(
            "%(n)s row of “%(title)s” waits for %(amount)s",
            "%(n)s rows of “%(title)s” wait for %(amount)s",
            data["rows"],
        )
        % words,
        (
            _("They are results of another batch. Nobody sees them before their price is set aside."),
            _why_rows_wait(data["why"]) % words,
        ),
        **link,
    )


def _why_rows_wait(code: str) -> str:
    """What to do about it, by the code of the refusal that keeps them from opening."""
    why = {
        "insufficient_funds": _(
            "Your funds don't cover them. Put %(amount)s in, and they open by themselves within a minute; what is not "
            "needed comes back."
        ),
        "debt_outstanding": _(
            "We advanced top-ups to people who worked for you. Pay them back on the funds page, and the rows open by "
            "themselves."
        ),
        "limit_reached": _(
            "The spending limit of who set the chain up is used for this month. Once an owner raises it, or the next"
            " month begins, the rows open by themselves."
        ),
        "batch_limit_reached": _(
            "One batch may not cost more, by the limit that an owner set. Once it is raised, the rows open."
        ),
        "below_floor": _(
            "The price of this batch is under the floor by now. Raise it, and the rows open by themselves."
        ),
    }
    return why.get(code, why["insufficient_funds"])
