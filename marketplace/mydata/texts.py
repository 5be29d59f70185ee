"""What people read about their data and about leaving."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from marketplace.base import formats
from marketplace.base.texts import Text, Things, of

Data = dict[str, Any]


def _here() -> dict[str, str]:
    return {"url": reverse("my-data"), "action": _("See your data")}


def _day(text: str) -> str:
    return formats.day(dt.datetime.fromisoformat(text))


@of("erasure_asked")
def asked(data: Data, things: Things) -> Text:
    return Text(
        _("You asked for your account to be erased"),
        (
            _(
                "First what is open is brought to its end, and what is due is paid to you; the page says how far it is."
            ),
            _(
                "Then you have %(days)s days to think again. If it was not you, take it back and change your password."
            )
            % {"days": settings.ERASURE_COOLING_DAYS},
        ),
        **_here(),
    )


@of("erasure_cooling")
def cooling(data: Data, things: Things) -> Text:
    return Text(
        _("Your account will be erased on %(day)s") % {"day": _day(data["until"])},
        (
            _("Nothing is open any more. Until then you can take it back; afterwards nobody can."),
            _("Take your data along before: the page makes a file of all of it."),
        ),
        **_here(),
    )


@of("erasure_withdrawn")
def withdrawn(data: Data, things: Things) -> Text:
    return Text(
        _("You took your erasure back"),
        (_("Everything stays as it was. If it was not you, change your password."),),
        **_here(),
    )


@of("erasure_files")
def files(data: Data, things: Things) -> Text:
    batch = things[data["batch"]]
    title = batch.title if batch else data["batch"]
    return Text(
        _("Photos or recordings of “%(title)s” will be removed on %(day)s")
        % {"title": title, "day": _day(data["until"])},
        (
            _("Somebody who sent some of them leaves, and what shows a face or a voice goes with them. Their other"
              " answers stay yours."),
            _("Keep now what you still need of them for the purpose that you told."),
        ),
        url=reverse("results", args=[data["batch"]]) if batch else "",
        action=_("See the results") if batch else "",
    )  # fmt: skip


@of("data_ready")
def ready(data: Data, things: Things) -> Text:
    return Text(
        _("Your data is ready to be taken along"),
        (
            _("The file is there until %(day)s; you can make another at any time.")
            % {"day": _day(data["until"])},
        ),
        **_here(),
    )
