"""What is paid because of a promise of ours, and what tells us that one may be broken."""

import datetime as dt

from django.urls import reverse
from django.utils.translation import gettext as _

from marketplace.base import formats
from marketplace.base.texts import Text, Things, of

from .things import Data, title_of


@of("topped_up")
def topped_up(data: Data, things: Things) -> Text:
    words = {"title": title_of(things[data["batch"]]), "amount": formats.eur(data["micros"])}
    return Text(
        _("%(amount)s more for your work on “%(title)s”") % words,
        (
            _(
                "Measured over everybody, this work takes longer than was said: its price was under your floor."
            ),
            _("The difference is paid to you at once. You need not do anything."),
        ),
        reverse("earnings"),
        _("See your earnings"),
    )


@of("week_guaranteed")
def week_guaranteed(data: Data, things: Things) -> Text:
    words = {
        "amount": formats.eur(data["micros"]),
        "monday": formats.day(dt.date.fromisoformat(data["monday"])),
        "time": formats.duration(data["seconds"]),
    }
    return Text(
        _("%(amount)s more for your week from %(monday)s") % words,
        (
            _("You worked %(time)s in that week, and all of it together was paid under your floor.") % words,
            _("We pay the difference ourselves. You need not do anything."),
        ),
        reverse("earnings"),
        _("See your earnings"),
    )


@of("interrupted_paid")
def interrupted_paid(data: Data, things: Things) -> Text:
    words = {"title": title_of(things[data["batch"]]), "amount": formats.eur(data["micros"])}
    return Text(
        _("%(amount)s for a task that our failure interrupted") % words,
        (
            _("You had a task of “%(title)s” in hand when this site stopped working.") % words,
            _("The time you had spent on it is paid by us. You need not do anything."),
        ),
        reverse("earnings"),
        _("See your earnings"),
    )


@of("selfcheck_broken")
def selfcheck_broken(data: Data, things: Things) -> Text:
    return Text(
        _("The nightly check found something broken"),
        (
            _("Broken: %(checks)s.") % {"checks": ", ".join(data["checks"])},
            _(
                "Payouts wait while the books do not add up. Run `manage.py selfcheck` to see which rows it is."
            ),
        ),
    )
