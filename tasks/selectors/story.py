"""The story of one answer, as its worker reads it: what happened, whose turn it is, what comes next and by when."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from marketplace.base import clock, formats
from tasks.models import Assignment, Contest, Dispute
from tasks.services import screenouts

DONE, NOW, NEXT = "done", "now", "next"


@dataclass(frozen=True)
class Event:
    """A line of `_components/timeline.html`."""

    title: Any
    at: dt.datetime | None = None
    text: Any = ""
    state: str = DONE


@dataclass(frozen=True)
class Case:
    """An assignment with the objection and the decisions it met, where there were any."""

    assignment: Assignment
    contest: Contest | None
    dispute: Dispute | None
    appeal: Dispute | None

    @property
    def appeal_until(self) -> dt.datetime | None:
        """Until when a refusal can be appealed; None where it can't, or was."""
        row = self.assignment
        if row.state != Assignment.State.REJECTED or self.appeal or row.reviewed_at is None:
            return None
        until = row.reviewed_at + dt.timedelta(days=settings.APPEAL_DAYS)
        return until if clock.now() <= until else None


def case(assignment: Assignment) -> Case:
    """Two queries."""
    contest = Contest.objects.filter(assignment=assignment).first()
    disputes = Dispute.objects.filter(assignment=assignment).select_related("decided_by") if contest else ()
    by_kind = {row.is_appeal: row for row in disputes}
    return Case(assignment, contest, by_kind.get(False), by_kind.get(True))


def timeline(of: Case) -> list[Event]:
    """What happened so far, in its order, then what comes next."""
    row = of.assignment
    events = [Event(_("You took the task"), row.claimed_at)]
    if row.submitted_at:
        events.append(Event(_("You submitted your answer"), row.submitted_at))
    events += _objection(of.contest) if of.contest else []
    events += _decision(of.dispute, _("A moderator looks at it")) if of.dispute else []
    events += _appeal(of.appeal) if of.appeal else []
    return events + _outcome(of)


def _objection(contest: Contest) -> list[Event]:
    events = [Event(_("The requester objected"), contest.opened_at, contest.get_reason_display())]
    if contest.redone_at:
        events.append(Event(_("You did it again"), contest.redone_at))
    if contest.replied_at:
        events.append(Event(_("You stood by your answer"), contest.replied_at))
    if contest.withdrawn_at:
        events.append(Event(_("The requester took the objection back"), contest.withdrawn_at))
    return events


def _appeal(appeal: Dispute) -> list[Event]:
    return [
        Event(_("You appealed"), appeal.opened_at),
        *_decision(appeal, _("Another moderator looks at it")),
    ]


def _decision(dispute: Dispute, waiting: str) -> list[Event]:
    if dispute.decided_at is None:
        text = _("You are told as soon as it is decided. There is nothing you need to do.")
        return [Event(waiting, state=NOW), Event(_("It is decided"), dispute.decide_by, text, NEXT)]
    who = dispute.decided_by.name if dispute.decided_by else ""
    values = {"who": who or _("A moderator")}
    paid = dispute.outcome == Dispute.Outcome.APPROVE
    title = _("%(who)s decided: you are paid") if paid else _("%(who)s decided: the answer is refused")
    return [Event(title % values, dispute.decided_at, dispute.reason)]


def _outcome(of: Case) -> list[Event]:
    row, state = of.assignment, of.assignment.state
    if state == Assignment.State.CLAIMED:
        return [
            Event(_("It is in your hands"), state=NOW),
            Event(_("It goes back"), row.lease_until, state=NEXT),
        ]
    if state == Assignment.State.SUBMITTED:
        text = _("Unless the requester approves it before. Silence pays.")
        return [
            Event(
                _("The requester reviews it"),
                text=_("Until then you can still change your answer."),
                state=NOW,
            ),
            Event(_("It is approved by itself"), row.review_due_at, text, NEXT),
        ]
    if state == Assignment.State.CONTESTED and of.contest:
        text = _("If you do nothing, a moderator decides with what is here. Silence is not held against you.")
        return [
            Event(_("Your turn"), text=_("Do it again, or stand by your answer."), state=NOW),
            Event(_("A moderator looks at it"), of.contest.reply_due_at, text, NEXT),
        ]
    if state == Assignment.State.APPROVED:
        money = {"amount": formats.eur(row.reward_micros)}
        return [Event(_("Approved: %(amount)s are yours") % money, row.reviewed_at)]
    if state == Assignment.State.REJECTED and of.appeal_until:
        return [Event(_("You can appeal"), of.appeal_until, _("Another moderator then decides."), NEXT)]
    return _ended(row)


def _ended(row: Assignment) -> list[Event]:
    titles = {
        Assignment.State.RELEASED: _("You gave it back"),
        Assignment.State.EXPIRED: _("The time ran out, and it went back"),
        Assignment.State.COMPENSATED: _("It ended without your doing; your time is paid"),
    }
    if row.state == Assignment.State.COMPENSATED:
        micros = screenouts.paid([row]).get(row.public_id, 0)
        told = _("%(amount)s for the time you gave it. They are yours.") % {"amount": formats.eur(micros)}
        return [Event(titles[Assignment.State.COMPENSATED], row.ended_at, told)]
    title = titles.get(Assignment.State(row.state))
    return [Event(title, row.ended_at)] if title else []
