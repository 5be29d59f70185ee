"""What people read about restrictions and qualifications."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from marketplace.base import formats, ids
from marketplace.base.texts import Text, Things, complain_line, loads, numbers_of, of

from . import texts_centres  # noqa: F401 - registers its own kinds
from .models import Award, Complaint, Restriction


@of("restricted")
def restricted(data: dict[str, Any], things: Things) -> Text:
    """The statement of reasons: what, why, by whom, since and until when, and how to complain (charter M3)."""
    row = Restriction.objects.select_related("decided_by").filter(pk=data["restriction"]).first()
    if row is None:
        return Text(_("A moderator has paused your claims"), ())
    closed = row.scope == Restriction.Scope.ACCOUNT
    lines = [
        _("%(who)s decided it, after looking. It rests on: %(ground)s. What made us look: %(source)s.")
        % {
            "who": row.decided_by.short_name,
            "ground": row.get_ground_display(),
            "source": row.get_source_display(),
        },
        _("The reason: “%(reason)s”") % {"reason": row.reason},
        _("It ends by itself on %(day)s.") % {"day": formats.day(row.ends_at)}
        if row.ends_at
        else _("It lasts until a moderator lifts it."),
        _("What you earned stays yours. You can finish what you hold; payouts, replies, appeals and the export of your"
          " data stay open."),
        complain_line(),
    ]  # fmt: skip
    return Text(
        _("A moderator has closed your account, but for money, data and complaints")
        if closed
        else _("A moderator has paused your claims"),
        tuple(lines),
        reverse("decision", args=["restriction", row.public_id]),
        _("Read the reasons, or complain"),
    )


@of("restriction_lifted")
def restriction_lifted(data: dict[str, Any], things: Things) -> Text:
    return Text(
        _("You can claim tasks again"),
        (_("A moderator lifted the pause on your claims. It has no effect on what you are offered."),),
        reverse("board"),
        _("See the work"),
    )


@loads("cmp")
def _complaints(public_ids: set[str]) -> dict[str, Any]:
    rows = Complaint.objects.filter(pk__in=[ids.decode("cmp", public_id) for public_id in public_ids])
    return {row.public_id: row for row in rows.select_related("decided_by")}


# What a complaint takes back and keeps: other kinds have no page then.
_KEPT = frozenset({Complaint.About.RESTRICTION, Complaint.About.HOLD})


def _to_decision(row: Complaint) -> dict[str, str]:
    if row.outcome == Complaint.Outcome.UPHELD and row.about not in _KEPT:
        return {"url": reverse("decisions"), "action": _("Decisions about you")}
    url = reverse("decision", args=[row.about, row.subject])
    return {"url": url, "action": _("See the decision and your complaint")}


@of("complaint_received")
def complaint_received(data: dict[str, Any], things: Things) -> Text:
    row = things[data["complaint"]]
    return Text(
        _("Your complaint has arrived"),
        (
            _("Somebody who had nothing to do with the decision reads it, and answers in writing by %(day)s.")
            % {"day": formats.day(row.decide_by)},
            _("Until then the decision stays as it is. Complaining changes nothing of what you are offered."),
        ),
        **_to_decision(row),
    )


@of("complaint_decided")
def complaint_decided(data: dict[str, Any], things: Things) -> Text:
    row = things[data["complaint"]]
    upheld = row.outcome == Complaint.Outcome.UPHELD
    return Text(
        _("You were right: the decision is taken back")
        if upheld
        else _("Your complaint was answered: the decision stands"),
        (
            _("%(who)s decided, and writes: “%(why)s”")
            % {"who": row.decided_by.short_name, "why": row.statement},
            _("It counts in nothing any more, and what ran out because of it got the lost time back.")
            if upheld
            else _("That is the last word here. An out-of-court body or a court stays open to you."),
        ),
        **_to_decision(row),
    )


@of("promises_late")
def promises_late(data: dict[str, Any], things: Things) -> Text:
    return Text(
        ngettext("%(n)s answer is late", "%(n)s answers are late", data["count"]) % {"n": data["count"]},
        (
            _(
                "People were promised an answer by a date that has passed. Late ones stand on top of each queue."
            ),
            _("How many were late is counted in the public figures."),
        ),
        reverse("console"),
        _("Open the console"),
    )


@loads("awd")
def _awards(public_ids: set[str]) -> dict[str, Any]:
    numbers = numbers_of("awd", public_ids)
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
            _("It is as if it had never been taken back.")
            if restored
            else _("That is the last word here. An out-of-court body or a court stays open to you."),
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
