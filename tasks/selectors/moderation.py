"""What moderators read: queues with their ages, and a case with everything that was said."""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.db.models import QuerySet
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from marketplace.base.errors import Refusal
from marketplace.base.models import AuditEvent, User
from tasks import markdown
from tasks.forms import Form, Line, compile_form
from tasks.media import links
from tasks.models import Assignment, Batch, Contest, Dispute, Import, Task
from tasks.services import disputes as service
from tasks.services import screening

from .story import DONE, NEXT, Event

SHOWN_TASKS = 3  # of a batch that waits


@dataclass(frozen=True)
class Queue:
    """How many wait, since when the oldest one does, and by when the first must be decided."""

    count: int
    oldest: dt.datetime | None
    first_due: dt.datetime | None = None


def waiting_disputes() -> QuerySet[Dispute]:
    """Undecided disputes and appeals, the one promised first on top."""
    return (
        Dispute.objects.filter(decided_at__isnull=True)
        .select_related("assignment__batch__organisation", "assignment__contest")
        .prefetch_related("assignment__disputes")
        .order_by("decide_by", "pk")
    )


def decided_disputes() -> QuerySet[Dispute]:
    """Decided ones, for pages by cursor."""
    rows = Dispute.objects.filter(decided_at__isnull=False).select_related(
        "assignment__batch__organisation", "assignment__contest", "decided_by"
    )
    return rows.prefetch_related("assignment__disputes")


@dataclass(frozen=True)
class Waiting:
    """A batch in screening, since when, and the rules that put it there, in words."""

    batch: Batch
    since: dt.datetime
    due: dt.datetime
    rules: list[str]


def screening_queue() -> list[Waiting]:
    """The batches that wait for a moderator, the longest-waiting first. Two queries."""
    batches = list(
        Batch.objects.filter(state=Batch.State.SCREENING)
        .select_related("organisation")
        .order_by("updated_at")[:200]
    )
    queued = dict(
        AuditEvent.objects.filter(tag="tasks:batch:queue", subject__in=[batch.public_id for batch in batches])
        .order_by("at")
        .values_list("subject", "at")
    )
    promise = dt.timedelta(days=settings.DECISION_DAYS)
    rows = []
    for batch in batches:
        since = queued.get(batch.public_id, batch.updated_at)
        rows.append(Waiting(batch, since, since + promise, rules_of(batch)))
    return sorted(rows, key=lambda row: row.since)


def waiting_rows() -> list[Import]:
    """Files of rows for open batches that wait for a moderator, the longest-waiting first."""
    rows = Import.objects.filter(state=Import.State.SCREENING).select_related("batch__organisation")
    return list(rows.order_by("queued_at", "pk")[:200])


def rules_of(found: Batch | Import) -> list[str]:
    """Why a batch, or a file of rows, was queued, in words."""
    return [str(screening.RULES.get(code, code)) for code in found.screening_reasons]


@dataclass(frozen=True)
class Met:
    """Words that a text rule met, for a moderator: the rule in words and its version, where, and the words in place."""

    rule: str
    version: int
    where: str
    before: str
    words: str
    after: str


def words_met(found: Batch | Import) -> list[Met]:
    """What the text rules met, rule by rule."""
    places = {
        "title": _("Title"), "purpose": _("Purpose"), "instructions": _("Instructions"), "form": _("Form"),
    }  # fmt: skip
    return [
        Met(
            rule=str(screening.RULES.get(hit["rule"], hit["rule"])),
            version=hit["version"],
            where=places.get(hit["where"]) or _("Row %(n)s") % {"n": hit["number"]},
            before=hit["before"],
            words=hit["words"],
            after=hit["after"],
        )
        for hit in found.screening_hits
    ]


@dataclass(frozen=True)
class Shown:
    """A task as a worker sees it."""

    row: int
    html: SafeString


def sample(batch: Batch, source: Import | None = None) -> list[Shown]:
    """The first tasks of a batch, as a worker sees them; of one file of rows, where it is given."""
    form = compile_form(batch.form)
    of = Task.objects.filter(batch=batch) if source is None else Task.objects.filter(source=source)
    rows = of.order_by("row_number")[:SHOWN_TASKS]
    return [Shown(task.row_number, form.render_shown(links.row(batch, task.data))) for task in rows]


def questions(batch: Batch) -> SafeString:
    """The questions of a batch's form, not to be answered."""
    return compile_form(batch.form).render_fields(None, prefix="preview-")


@dataclass(frozen=True)
class Other:
    """What somebody else answered to the same task."""

    assignment: Assignment
    lines: list[Line]
    same: bool


@dataclass(frozen=True)
class CaseFile:
    """Everything a moderator reads before deciding."""

    dispute: Dispute
    assignment: Assignment
    batch: Batch
    contest: Contest
    before: Dispute | None  # the decision that an appeal is against
    shown: SafeString
    instructions: SafeString
    answer: list[Line]
    contested: list[Line]  # the answer as it was when the requester objected, where it was redone since
    first: list[Line]  # the first answer, where the worker corrected it
    others: list[Other]
    together: list[Line]  # what the others' answers say together, with its confidence; empty without others
    events: list[Event]
    seconds: int  # that the worker counted for this answer
    median_seconds: int | None  # of the batch, where it was measured
    hindrance: str  # why this moderator may not decide it; empty when they may


def case_file(dispute: Dispute, moderator: User) -> CaseFile:
    """The whole case, for `moderator`."""
    row = dispute.assignment
    batch, contest = row.batch, row.contest
    data = links.row(batch, row.task.data)
    form = compile_form(batch.form)
    first = row.first_answer if row.first_answer not in (None, contest.contested_answer) else None
    before = Dispute.objects.filter(assignment=row, is_appeal=False).select_related("decided_by").first()
    return CaseFile(
        dispute=dispute,
        assignment=row,
        batch=batch,
        contest=contest,
        before=before if dispute.is_appeal else None,
        shown=form.render_shown(data),
        instructions=markdown.render(batch.instructions, data),
        answer=form.describe(row.answer or {}, data),
        contested=form.describe(contest.contested_answer, data) if contest.redone_at else [],
        first=form.describe(first, data) if first else [],
        others=_others(row, form),
        together=_together(row, form),
        events=_events(dispute, before),
        seconds=row.worked_seconds or 0,
        median_seconds=batch.measured_seconds,
        hindrance=_hindrance(dispute, moderator),
    )


def _others(row: Assignment, form: Form) -> list[Other]:
    rows = (
        Assignment.objects.filter(task_id=row.task_id, answer__isnull=False)
        .exclude(pk=row.pk)
        .order_by("submitted_at")[:20]
    )
    mine, data = row.answer or {}, links.row(row.batch, row.task.data)
    return [
        Other(other, form.describe(other.answer or {}, data), form.same(mine, other.answer or {}))
        for other in rows
    ]


def _together(row: Assignment, form: Form) -> list[Line]:
    answers = [
        answer
        for answer in Assignment.objects.filter(task_id=row.task_id, state__in=Assignment.ANSWERED)
        .exclude(pk=row.pk)
        .order_by("submitted_at")
        .values_list("answer", flat=True)
        if answer is not None
    ]
    if not answers:
        return []
    found = {name: each.value for name, each in form.consensus(answers).items() if each.value is not None}
    return form.describe(found, links.row(row.batch, row.task.data))


def _hindrance(dispute: Dispute, moderator: User) -> str:
    try:
        service.check_moderator(dispute, moderator)
    except Refusal as refusal:
        return refusal.message
    return ""


def _events(dispute: Dispute, before: Dispute | None) -> list[Event]:
    row, contest = dispute.assignment, dispute.assignment.contest
    events = [Event(_("Taken by the worker"), row.claimed_at), Event(_("Submitted"), row.submitted_at)]
    events.append(Event(_("The requester objected"), contest.opened_at, contest.get_reason_display()))
    if contest.redone_at:
        events.append(Event(_("The worker did it again"), contest.redone_at))
    if contest.replied_at:
        events.append(Event(_("The worker stands by the answer"), contest.replied_at))
    if before and dispute.is_appeal:
        events.append(Event(_("A moderator refused the answer"), before.decided_at, before.reason))
        events.append(Event(_("The worker appealed"), dispute.opened_at))
    if dispute.decided_at:
        events.append(Event(dispute.get_outcome_display(), dispute.decided_at, dispute.reason, DONE))
    else:
        events.append(Event(_("Decided"), dispute.decide_by, "", NEXT))
    return events
