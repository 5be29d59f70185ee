"""What people read about reports: the queue, one case, and how far a report is."""

from dataclasses import dataclass

from django.db.models import Count, Min, Q, QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from marketplace.base.errors import Refusal
from marketplace.base.models import User
from tasks import markdown
from tasks.models import Report, ReportComplaint
from tasks.services import reports

from .moderation import Queue
from .story import DONE, NEXT, NOW, Event

# What waits for a moderator beside what was never decided: a batch that was changed.
_CHANGED = Q(changed_at__isnull=False, reopened_at__isnull=True)


def by_secret(key: str) -> Report | None:
    """The report whose link holds this secret."""
    found = Report.objects.select_related("batch__organisation", "decided_by")
    return found.filter(secret=reports.hashed(key)).first()


def waiting() -> QuerySet[Report]:
    """Undecided reports, and those whose batch was changed, the one promised first on top."""
    rows = Report.objects.select_related("batch__organisation", "organisation", "taken_by")
    rows = rows.prefetch_related("complaints")
    return rows.filter(Q(outcome="") | _CHANGED).order_by("decide_by", "pk")


def waiting_complaints() -> QuerySet[ReportComplaint]:
    """Undecided complaints, the one promised first on top."""
    rows = ReportComplaint.objects.select_related("report__batch__organisation", "report__organisation")
    return rows.filter(outcome="").order_by("decide_by", "pk")


def decided() -> QuerySet[Report]:
    """Decided reports, for pages by cursor."""
    rows = Report.objects.select_related("batch__organisation", "organisation", "decided_by")
    return rows.prefetch_related("complaints").exclude(outcome="")


def queue() -> Queue:
    """Reports and complaints that wait, together."""
    first = waiting().aggregate(n=Count("pk"), oldest=Min("received_at"), due=Min("decide_by"))
    second = waiting_complaints().aggregate(n=Count("pk"), oldest=Min("made_at"), due=Min("decide_by"))
    pairs = (first, second)
    return Queue(
        sum(each["n"] for each in pairs),
        min((each["oldest"] for each in pairs if each["oldest"]), default=None),
        min((each["due"] for each in pairs if each["due"]), default=None),
    )


@dataclass(frozen=True)
class Case:
    """Everything a moderator reads before deciding a report, or a complaint about one."""

    report: Report
    complaint: ReportComplaint | None  # undecided
    complaints: list[ReportComplaint]
    others: list[Report]  # of the same batch
    instructions: SafeString | None
    in_hand: int
    changed: bool  # the requester has changed the batch, and it rests
    hindrance: str  # why this moderator may not decide it; empty when they may


def case(report: Report, moderator: User) -> Case:
    """The whole case, for `moderator`."""
    batch = report.batch
    complaints = list(report.complaints.order_by("made_at"))
    open_ = next((each for each in complaints if not each.outcome), None)
    others = Report.objects.filter(batch=batch).exclude(pk=report.pk) if batch else Report.objects.none()
    return Case(
        report=report,
        complaint=open_,
        complaints=complaints,
        others=list(others.order_by("-received_at")[:20]),
        instructions=markdown.render(batch.instructions) if batch else None,
        in_hand=batch.assignments.filter(state="claimed").count() if batch else 0,
        changed=Report.objects.filter(_CHANGED, pk=report.pk).exists(),
        hindrance=_hindrance(report, open_, moderator),
    )


def _hindrance(report: Report, complaint: ReportComplaint | None, moderator: User) -> str:
    try:
        reports.check_moderator(report, moderator)
    except Refusal as refusal:
        return refusal.message
    if complaint is not None and complaint.first_decided_by_id == moderator.pk:
        return _("You decided this report, so somebody else looks at the complaint.")
    return ""


def events(report: Report) -> list[Event]:
    """How far a report is: received, being looked at, decided."""
    found = [Event(_("Received"), report.received_at)]
    if report.outcome:
        found.append(Event(_("Decided"), report.decided_at, report.get_outcome_display(), DONE))
    else:
        if report.taken_at:
            found.append(Event(_("Being looked at"), report.taken_at, "", NOW))
        found.append(Event(_("Decided"), report.decide_by, "", NEXT))
    if report.changed_at:
        found.append(Event(_("Changed by the requester"), report.changed_at))
    if report.reopened_at:
        found.append(Event(_("Opened again by a moderator"), report.reopened_at))
    return found
