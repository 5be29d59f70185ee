"""What people read about restrictions."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from marketplace.base import formats
from marketplace.base.texts import Text, Things, contest_line, of

from .models import Restriction


@of("restricted")
def restricted(data: dict[str, Any], things: Things) -> Text:
    row = Restriction.objects.filter(pk=data["restriction"]).first()
    lines = []
    if row:
        lines.append(_("The reason: “%(reason)s”") % {"reason": row.reason})
    if row and row.ends_at:
        lines.append(_("It ends by itself on %(day)s.") % {"day": formats.day(row.ends_at)})
    else:
        lines.append(_("It lasts until a moderator lifts it."))
    lines.append(
        _("What you earned stays yours: payouts, replies, appeals and the export of your data stay open.")
    )
    lines.append(contest_line())
    return Text(
        _("A moderator has paused your claims"), tuple(lines), reverse("rights"), _("Read your rights")
    )


@of("restriction_lifted")
def restriction_lifted(data: dict[str, Any], things: Things) -> Text:
    return Text(
        _("You can claim tasks again"),
        (_("A moderator lifted the pause on your claims. It has no effect on what you are offered."),),
        reverse("board"),
        _("See the work"),
    )
