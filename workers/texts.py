"""What people read about restrictions and qualifications."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from marketplace.base import formats, ids
from marketplace.base.errors import NotFound
from marketplace.base.texts import Text, Things, contest_line, loads, of

from . import texts_centres  # noqa: F401 - registers its own kinds
from .models import Award, Restriction


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


@loads("awd")
def _awards(public_ids: set[str]) -> dict[str, Any]:
    numbers = {}
    for public_id in public_ids:
        try:
            numbers[ids.decode("awd", public_id)] = public_id
        except NotFound:
            continue
    rows = Award.objects.select_related("qualification__organisation", "contest").filter(pk__in=numbers)
    return {numbers[row.pk]: row for row in rows}


def _to_award(row: Award) -> dict[str, str]:
    return {"url": reverse("award", args=[row.public_id]), "action": _("See the qualification")}


def _names(row: Award) -> dict[str, str]:
    by = row.qualification.organisation
    return {"name": row.qualification.name, "organisation": by.name if by else "Tessera"}


@of("award_granted")
def award_granted(data: dict[str, Any], things: Things) -> Text:
    row = things[data["award"]]
    return Text(
        _("You have the qualification “%(name)s”") % _names(row),
        (
            _("%(organisation)s has given it to you.") % _names(row),
            _("The reason: “%(reason)s”") % {"reason": row.reason},
            _("Work that asks for it is open to you now."),
        ),
        **_to_award(row),
    )


@of("award_revoked")
def award_revoked(data: dict[str, Any], things: Things) -> Text:
    row = things[data["award"]]
    return Text(
        _("Your qualification “%(name)s” was taken back") % _names(row),
        (
            _("%(organisation)s has taken it back.") % _names(row),
            _("The reason: “%(reason)s”") % {"reason": row.revoked_because} if row.revoked_because else "",
            _("What you earned stays yours, and what you hold you may finish."),
            _(
                "If you think this is wrong, say so on its page: a moderator looks at it and answers in writing."
            ),
        ),
        **_to_award(row),
    )


@of("award_decided")
def award_decided(data: dict[str, Any], things: Things) -> Text:
    row = things[data["award"]]
    restored = row.revoked_at is None
    subject = (
        _("Given back to you: the qualification “%(name)s”")
        if restored
        else _("A moderator has looked: “%(name)s” stays taken back")
    )
    reason = row.contest.reason if hasattr(row, "contest") else ""
    return Text(
        subject % _names(row),
        (
            _("The reason: “%(reason)s”") % {"reason": reason} if reason else "",
            _("It is as if it had never been taken back.") if restored else contest_line(),
        ),
        **_to_award(row),
    )


@of("let_in")
def let_in(data: dict[str, Any], things: Things) -> Text:
    return Text(
        _("You can begin to work"),
        (
            _("There is enough work for one more: it is your turn, in the order in which people came."),
            _("Nothing runs out: the work is there whenever you come."),
        ),
        reverse("board"),
        _("See the work"),
    )
