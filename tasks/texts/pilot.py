"""What requesters read about the first small run of a batch (charter W2)."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from marketplace.base import formats
from marketplace.base.texts import Text, Things, of

from .things import title_of, to_batch


def _figures(data: dict[str, Any]) -> str:
    """What the run showed, in one sentence."""
    words = {
        "n": formats.number(data["answers"]),
        "people": formats.number(data["people"]),
        "time": formats.duration(data["seconds"]),
    }
    if not data["measured"]:
        return (
            ngettext(
                "%(n)s answer came in, too few to measure; your estimate of %(time)s holds.",
                "%(n)s answers came in, from too few people to measure; your estimate of %(time)s holds.",
                data["answers"],
            )
            % words
        )
    return (
        ngettext(
            "%(n)s answer by %(people)s people: a task counts as %(time)s.",
            "%(n)s answers by %(people)s people: a task counts as %(time)s.",
            data["answers"],
        )
        % words
    )


@of("pilot_opened")
def pilot_opened(data: dict[str, Any], things: Things) -> Text:
    batch = things[data["batch"]]
    return Text(
        _("All of “%(title)s” is open now") % {"title": title_of(batch)},
        (
            _("The first small run is over, and its price meets the floor."),
            _figures(data),
            _("Look at the first answers: a question that was misread now would be misread many times."),
        ),
        **to_batch(batch),
    )


@of("pilot_held")
def pilot_held(data: dict[str, Any], things: Things) -> Text:
    batch = things[data["batch"]]
    words = {"reward": formats.eur(data["reward"]), "needed": formats.eur(data["needed"])}
    return Text(
        _("The rest of “%(title)s” waits for a higher price") % {"title": title_of(batch)},
        (
            _figures(data),
            _("At %(reward)s for each answer that is under the floor. It would take %(needed)s.") % words,
            _(
                "Raise the price, and the rest opens at once; or close the batch, and what is left comes back to your"
                " funds. Whoever worked under the floor has been paid the difference."
            ),
        ),
        **to_batch(batch),
    )


@of("pilot_quiet")
def pilot_quiet(data: dict[str, Any], things: Things) -> Text:
    batch = things[data["batch"]]
    return Text(
        _("Nobody has come to “%(title)s” yet") % {"title": title_of(batch)},
        (
            _("For %(hours)s hours nobody has answered a task of its first small run.")
            % {"hours": formats.number(data["hours"])},
            _(
                "A higher price reaches more countries: the page of the batch says which. Or close it, and post it"
                " again for more countries, or with shorter instructions."
            ),
        ),
        **to_batch(batch),
    )
