"""What people read about their batches, answers, contests, disputes and appeals."""

import datetime as dt
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from marketplace.base import countries, formats, ids
from marketplace.base.errors import NotFound
from marketplace.base.texts import Text, Things, complain_line, loads, of

from .models import Assignment, Batch, Dispute, Import

Data = dict[str, Any]


def _numbers(prefix: str, public_ids: set[str]) -> dict[int, str]:
    found = {}
    for public_id in public_ids:
        try:
            found[ids.decode(prefix, public_id)] = public_id
        except NotFound:
            continue
    return found


@loads("asg")
def _assignments(public_ids: set[str]) -> dict[str, Any]:
    numbers = _numbers("asg", public_ids)
    rows = (
        Assignment.objects.select_related("batch", "contest")
        .prefetch_related("disputes")
        .filter(pk__in=numbers)
    )
    return {numbers[row.pk]: row for row in rows}


@loads("bat")
def _batches(public_ids: set[str]) -> dict[str, Any]:
    numbers = _numbers("bat", public_ids)
    return {
        numbers[row.pk]: row for row in Batch.objects.select_related("organisation").filter(pk__in=numbers)
    }


@loads("imp")
def _imports(public_ids: set[str]) -> dict[str, Any]:
    numbers = _numbers("imp", public_ids)
    return {numbers[row.pk]: row for row in Import.objects.filter(pk__in=numbers)}


@loads("dis")
def _disputes(public_ids: set[str]) -> dict[str, Any]:
    numbers = _numbers("dis", public_ids)
    return {numbers[row.pk]: row for row in Dispute.objects.filter(pk__in=numbers)}


def _title(batch: Batch | None) -> str:
    return batch.title if batch and batch.title else _("a batch that has been deleted")


def _mine(assignment: Assignment) -> dict[str, str]:
    """The link of a worker to their own answer."""
    return {"url": reverse("my-submission", args=[assignment.public_id]), "action": _("See the answer")}


def _theirs(assignment: Assignment) -> dict[str, str]:
    """The link of a requester to an answer they received."""
    return {
        "url": reverse("submission", args=[assignment.batch.public_id, assignment.public_id]),
        "action": _("See the answer"),
    }


def _to_batch(batch: Batch | None) -> dict[str, str]:
    if batch is None:
        return {"url": reverse("batches"), "action": _("See your batches")}
    return {"url": reverse("batch", args=[batch.public_id]), "action": _("See the batch")}


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
    words = {"title": _title(batch)}
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
    return Text(subject, (_words_of(data, things), line), **_to_batch(batch))


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
        **_to_batch(row.batch),
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
    words = {"title": _title(batch)}
    if data["outcome"] == "approve":
        subject = _("Decided on appeal: an answer in “%(title)s” is approved after all") % words
        line = _("The worker is paid and the answer is part of your results again.")
    else:
        subject = _("Decided on appeal: an answer in “%(title)s” stays refused") % words
        line = _("It stays out of your results. You need not do anything.")
    return Text(subject, (_words_of(data, things), line), **_to_batch(batch))


@of("topped_up")
def topped_up(data: Data, things: Things) -> Text:
    words = {"title": _title(things[data["batch"]]), "amount": formats.eur(data["micros"])}
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


@of("reach_lost")
def reach_lost(data: Data, things: Things) -> Text:
    batch = things[data["batch"]]
    lost = data["countries"]
    named = ", ".join(countries.name(code) for code in lost[:6]) + (" …" if len(lost) > 6 else "")
    return Text(
        _("“%(title)s” now reaches fewer countries") % {"title": _title(batch)},
        (
            _("The work takes longer than estimated, so its price is now under the floor in: %(countries)s.")
            % {"countries": named},
            _("People there can't claim new tasks of this batch. Raise the price to reach them again."),
        ),
        **_to_batch(batch),
    )


@of("batch_passed")
def batch_passed(data: Data, things: Things) -> Text:
    batch = things[data["batch"]]
    return Text(
        _("“%(title)s” is open for work") % {"title": _title(batch)},
        (_("A moderator looked at it and opened it. Answers come in from now on."),),
        **_to_batch(batch),
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
        _("A moderator did not open “%(title)s”") % {"title": _title(batch)}, tuple(lines), **_to_batch(batch)
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
        _("You can take no new tasks of “%(title)s”") % {"title": _title(things[data["batch"]])},
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
        _("“%(title)s” will bring fewer answers") % {"title": _title(batch)},
        (
            _(
                "Many people are screened out by its first question, and the time of each is paid. That has used up"
                " the reserve, so now and then an open answer is given up to pay for it."
            ),
            _("Add rows if you need more, or say in the title and the purpose whom you look for."),
        ),
        **_to_batch(batch),
    )


@of("batch_completed")
def batch_completed(data: Data, things: Things) -> Text:
    batch = things[data["batch"]]
    link = (
        {"url": reverse("results", args=[batch.public_id]), "action": _("See the results")} if batch else {}
    )
    return Text(
        _("“%(title)s” is complete") % {"title": _title(batch)},
        (_("Every answer is decided and the results are ready. What was not needed is back in your funds."),),
        **link,
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


from . import (  # noqa: E402, F401 - registers its own kinds
    texts_asked,
    texts_chains,
    texts_gold,
    texts_qualifications,
    texts_voice,
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
    words = {"title": _title(things[data["batch"]]), "amount": formats.eur(data["micros"])}
    return Text(
        _("%(amount)s for a task that our failure interrupted") % words,
        (
            _("You had a task of “%(title)s” in hand when this site stopped working.") % words,
            _("The time you had spent on it is paid by us. You need not do anything."),
        ),
        reverse("earnings"),
        _("See your earnings"),
    )


from . import texts_pilot  # noqa: E402, F401 - registers its own kinds
