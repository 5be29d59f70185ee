"""What people read about their answers, contests, disputes and appeals."""

import datetime as dt

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from marketplace.base import formats
from marketplace.base.texts import Text, Things, of
from tasks.models import Assignment

from .things import Data, title_of, to_batch


def _mine(assignment: Assignment) -> dict[str, str]:
    """The link of a worker to their own answer."""
    return {"url": reverse("my-submission", args=[assignment.public_id]), "action": _("See the answer")}


def _theirs(assignment: Assignment) -> dict[str, str]:
    """The link of a requester to an answer they received."""
    return {
        "url": reverse("submission", args=[assignment.batch.public_id, assignment.public_id]),
        "action": _("See the answer"),
    }


def _decide_by(assignment: Assignment, *, appeal: bool = False) -> str:
    case = next((each for each in assignment.disputes.all() if each.is_appeal == appeal), None)
    return formats.day(case.decide_by) if case else formats.DASH


def _reason(assignment: Assignment, *, appeal: bool = False) -> str:
    case = next((each for each in assignment.disputes.all() if each.is_appeal == appeal), None)
    return _("The reason: “%(reason)s”") % {"reason": case.reason} if case and case.reason else ""


@of("contested")
def contested(data: Data, things: Things) -> Text:
    row = things[data["assignment"]]
    words = {"title": row.batch.title, "reason": row.contest.get_reason_display()}
    by = {"day": formats.day(row.contest.reply_due_at)}
    return Text(
        _("Your answer in “%(title)s” was contested") % words,
        (
            _("The requester gave this reason: %(reason)s.") % words,
            _(
                "Redo the answer, or stand by it and say why, until %(day)s. After that a moderator looks at it."
            )
            % by,
            _("Nothing is refused so far. Only a moderator can refuse to pay, with a written reason."),
        ),
        **_mine(row),
    )


@of("contest_withdrawn")
def contest_withdrawn(data: Data, things: Things) -> Text:
    row = things[data["assignment"]]
    words = {"title": row.batch.title, "amount": formats.eur(row.reward_micros)}
    return Text(
        _("The objection to your answer in “%(title)s” was taken back") % words,
        (_("Your answer is approved and %(amount)s is yours. You need not do anything.") % words,),
        **_mine(row),
    )


@of("redone")
def redone(data: Data, things: Things) -> Text:
    row = things[data["assignment"]]
    due = {"day": formats.day(row.review_due_at)}
    return Text(
        _("An answer you contested in “%(title)s” was redone") % {"title": row.batch.title},
        (
            _("Approve it, or hand it to a moderator, until %(day)s. After that it is approved by itself.")
            % due,
        ),
        **_theirs(row),
    )


@of("disputed", "disputed_requester")
def disputed(data: Data, things: Things) -> Text:
    row = things[data["assignment"]]
    side = _mine if data["kind"] == "disputed" else _theirs
    return Text(
        _("A moderator now looks at an answer in “%(title)s”") % {"title": row.batch.title},
        (
            _("They read the task, the instructions, the answer and what both sides wrote."),
            _("They decide by %(day)s, with a written reason. You need not do anything until then.")
            % {"day": _decide_by(row)},
        ),
        **side(row),
    )


@of("decided")
def decided(data: Data, things: Things) -> Text:
    row = things[data["assignment"]]
    words = {"title": row.batch.title, "amount": formats.eur(row.reward_micros)}
    if data["outcome"] == "approve":
        return Text(
            _("Decided for you: your answer in “%(title)s” is paid") % words,
            (_reason(row), _("%(amount)s is yours. The decision to pay is final.") % words),
            **_mine(row),
        )
    until = (
        formats.day(row.reviewed_at + dt.timedelta(days=settings.APPEAL_DAYS))
        if row.reviewed_at
        else formats.DASH
    )
    return Text(
        _("Your answer in “%(title)s” was refused by a moderator") % words,
        (
            _reason(row),
            _("If you think this is wrong, you can appeal until %(day)s. Another moderator then decides.")
            % {"day": until},
        ),
        **_mine(row),
    )


@of("decided_requester")
def decided_requester(data: Data, things: Things) -> Text:
    batch = things[data["batch"]]
    words = {"title": title_of(batch)}
    if data["outcome"] == "approve":
        line = _("The answer counts and is paid. The decision to pay is final.")
        subject = _("Decided: an answer in “%(title)s” is approved") % words
    else:
        line = ngettext(
            "The answer is refused and left out of your results. The worker may appeal; its price stays set aside for"
            " %(days)s day.",
            "The answer is refused and left out of your results. The worker may appeal; its price stays set aside for"
            " %(days)s days.",
            settings.REJECTED_HOLD_DAYS,
        ) % {"days": settings.REJECTED_HOLD_DAYS}
        subject = _("Decided: an answer in “%(title)s” is refused") % words
    return Text(subject, (_words_of(data, things), line), **to_batch(batch))


def _words_of(data: Data, things: Things) -> str:
    """The reason that the moderator wrote, for the requester, who may have no page of the answer any more."""
    case = things[data.get("dispute", "")]
    return _("The reason: “%(reason)s”") % {"reason": case.reason} if case else ""


@of("appealed", "appealed_requester")
def appealed(data: Data, things: Things) -> Text:
    row = things[data["assignment"]]
    words = {"title": row.batch.title, "day": _decide_by(row, appeal=True)}
    if data["kind"] == "appealed":
        return Text(
            _("Your appeal about “%(title)s” has arrived") % words,
            (_("Another moderator decides by %(day)s, with a written reason.") % words,),
            **_mine(row),
        )
    return Text(
        _("A worker appeals against a decision in “%(title)s”") % words,
        (
            _("Another moderator decides by %(day)s, with a written reason. You need not do anything.")
            % words,
        ),
        **to_batch(row.batch),
    )


@of("appeal_decided")
def appeal_decided(data: Data, things: Things) -> Text:
    row = things[data["assignment"]]
    words = {"title": row.batch.title, "amount": formats.eur(row.reward_micros)}
    if data["outcome"] == "approve":
        return Text(
            _("Your appeal about “%(title)s” was right: the answer is paid") % words,
            (_reason(row, appeal=True), _("%(amount)s is yours, and your record is put right.") % words),
            **_mine(row),
        )
    return Text(
        _("Your appeal about “%(title)s” was turned down") % words,
        (
            _reason(row, appeal=True),
            _(
                "Two moderators have looked at it. On Tessera this is the last step; the courts stay open to you."
            ),
        ),
        **_mine(row),
    )


@of("appeal_decided_requester")
def appeal_decided_requester(data: Data, things: Things) -> Text:
    batch = things[data["batch"]]
    words = {"title": title_of(batch)}
    if data["outcome"] == "approve":
        subject = _("Decided on appeal: an answer in “%(title)s” is approved after all") % words
        line = _("The worker is paid and the answer is part of your results again.")
    else:
        subject = _("Decided on appeal: an answer in “%(title)s” stays refused") % words
        line = _("It stays out of your results. You need not do anything.")
    return Text(subject, (_words_of(data, things), line), **to_batch(batch))
