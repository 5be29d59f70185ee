"""The story of one submission, as the requester reads it: what happened, whose turn it is, what comes next and when."""

from django.utils.translation import gettext as _

from marketplace.base import formats
from tasks.models import Assignment, Contest, Dispute

from .story import DONE, NEXT, NOW, Event


def of_submission(row: Assignment, contest: Contest | None) -> list[Event]:
    """What happened so far, in its order, then what comes next."""
    events = [Event(_("Taken by the worker"), row.claimed_at), Event(_("Submitted"), row.submitted_at)]
    if contest:
        events += _objection(contest)
        events += _decisions(row)
    return events + _now(row, contest)


def _objection(contest: Contest) -> list[Event]:
    events = [Event(_("You objected"), contest.opened_at, contest.get_reason_display())]
    if contest.redone_at:
        events.append(Event(_("The worker did it again"), contest.redone_at))
    if contest.replied_at:
        events.append(Event(_("The worker stands by the answer"), contest.replied_at))
    if contest.withdrawn_at:
        events.append(Event(_("You took the objection back"), contest.withdrawn_at))
    return events


def _decisions(row: Assignment) -> list[Event]:
    """What moderators decided. A refused answer has no page: a refusal is told here once an appeal undid it."""
    events = []
    for dispute in Dispute.objects.filter(assignment=row).order_by("is_appeal"):
        if dispute.is_appeal and dispute.outcome == Dispute.Outcome.APPROVE:
            events.append(Event(_("The worker appealed"), dispute.opened_at))
            events.append(Event(_("The worker won the appeal"), dispute.decided_at, dispute.reason, DONE))
        elif dispute.outcome == Dispute.Outcome.APPROVE:
            title = _("A moderator decided: it is paid")
            events.append(Event(title, dispute.decided_at, dispute.reason, DONE))
        elif dispute.outcome == Dispute.Outcome.REJECT:
            title = _("A moderator refused the answer")
            events.append(Event(title, dispute.decided_at, dispute.reason, DONE))
        elif not dispute.is_appeal:
            text = _("You are told as soon as it is decided, with the reasons.")
            events.append(Event(_("A moderator looks at it"), state=NOW))
            events.append(Event(_("It is decided"), dispute.decide_by, text, NEXT))
    return events


def _now(row: Assignment, contest: Contest | None) -> list[Event]:
    if row.state == Assignment.State.APPROVED:
        values = {"amount": formats.eur(row.reward_micros)}
        who = (
            _("Approved: %(amount)s paid") if row.reviewed_by_id else _("Approved by itself: %(amount)s paid")
        )
        return [Event(who % values, row.reviewed_at)]
    if row.state == Assignment.State.SUBMITTED:
        turn = _("Approve it, or let a moderator decide.") if contest else _("Approve it, or object once.")
        text = _("If you do nothing, it is approved and paid. Silence pays.")
        due = Event(_("Approved by itself"), row.review_due_at, text, NEXT)
        return [Event(_("Your turn"), text=turn, state=NOW), due]
    if row.state == Assignment.State.CONTESTED and contest:
        text = _("If the worker does nothing, a moderator decides with what is here.")
        return [
            Event(_("The worker's turn"), text=_("To do it again, or to stand by the answer."), state=NOW),
            Event(_("A moderator looks at it"), contest.reply_due_at, text, NEXT),
        ]
    return []
