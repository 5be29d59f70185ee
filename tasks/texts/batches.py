"""What people read about a batch: whether it is open, to whom, and when it is done."""

from django.urls import reverse
from django.utils.translation import gettext as _

from marketplace.base import countries, formats
from marketplace.base.texts import Text, Things, complain_line, of

from .things import Data, title_of, to_batch


@of("reach_lost")
def reach_lost(data: Data, things: Things) -> Text:
    batch = things[data["batch"]]
    lost = data["countries"]
    named = ", ".join(countries.name(code) for code in lost[:6]) + (" …" if len(lost) > 6 else "")
    return Text(
        _("“%(title)s” now reaches fewer countries") % {"title": title_of(batch)},
        (
            _("The work takes longer than estimated, so its price is now under the floor in: %(countries)s.")
            % {"countries": named},
            _("People there can't claim new tasks of this batch. Raise the price to reach them again."),
        ),
        **to_batch(batch),
    )


@of("batch_passed")
def batch_passed(data: Data, things: Things) -> Text:
    batch = things[data["batch"]]
    return Text(
        _("“%(title)s” is open for work") % {"title": title_of(batch)},
        (_("A moderator looked at it and opened it. Answers come in from now on."),),
        **to_batch(batch),
    )


@of("batch_refused")
def batch_refused(data: Data, things: Things) -> Text:
    batch = things[data["batch"]]
    note = batch.screening_note if batch else ""
    lines = [_("The reason: “%(reason)s”") % {"reason": note}] if note else []
    lines.append(
        _("It is a draft again and all its money is back in your funds. Change it and publish it once more.")
    )
    lines.append(complain_line())
    return Text(
        _("A moderator did not open “%(title)s”") % {"title": title_of(batch)},
        tuple(lines),
        **to_batch(batch),
    )


@of("batch_invitation")
def batch_invitation(data: Data, things: Things) -> Text:
    batch = things[data["batch"]]
    if batch is None:
        return Text(_("You were invited to a batch that has been deleted"), ())
    words = {
        "organisation": batch.organisation.name,
        "title": batch.title,
        "reward": formats.eur(batch.reward_micros),
        "time": formats.duration(batch.seconds),
    }
    return Text(
        _("%(organisation)s invites you to “%(title)s”") % words,
        (
            _("This work is for invited people only. Each task pays %(reward)s and takes about %(time)s.")
            % words,
            _("Look at it and say yes if you like it. Saying nothing costs nothing."),
        ),
        reverse("work-batch", args=[batch.public_id]),
        _("Look at the work"),
    )


@of("batch_uninvited")
def batch_uninvited(data: Data, things: Things) -> Text:
    return Text(
        _("You can take no new tasks of “%(title)s”") % {"title": title_of(things[data["batch"]])},
        (
            _("The requester has ended your part in this batch, which is for invited people only."),
            _("What you hold you may finish, and every answer of yours is reviewed and paid as always."),
        ),
        reverse("history"),
        _("See your answers"),
    )


@of("screen_outs_take_answers")
def screen_outs_take_answers(data: Data, things: Things) -> Text:
    batch = things[data["batch"]]
    return Text(
        _("“%(title)s” will bring fewer answers") % {"title": title_of(batch)},
        (
            _(
                "Many people are screened out by its first question, and the time of each is paid. That has used up"
                " the reserve, so now and then an open answer is given up to pay for it."
            ),
            _("Add rows if you need more, or say in the title and the purpose whom you look for."),
        ),
        **to_batch(batch),
    )


@of("batch_completed")
def batch_completed(data: Data, things: Things) -> Text:
    batch = things[data["batch"]]
    link = (
        {"url": reverse("results", args=[batch.public_id]), "action": _("See the results")} if batch else {}
    )
    return Text(
        _("“%(title)s” is complete") % {"title": title_of(batch)},
        (_("Every answer is decided and the results are ready. What was not needed is back in your funds."),),
        **link,
    )
